"""One canonical text of any document: what digests are taken from."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.quantity import plain

_NOT_GIVEN: tuple[object, ...] = (None, (), {}, frozenset())


def canonical(value: object) -> str:
    """This function will give the one text of a document: equal documents give equal texts, others don't.

    10 and 10.0 are equal; what is not given is left out, so a new optional field changes no old text.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if is_dataclass(value):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: _plain(given) for name, given in pairs if given not in _NOT_GIVEN}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, (date, Fraction)) else value

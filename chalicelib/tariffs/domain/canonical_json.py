"""The canonical text of a document, from which digests are computed."""

import json
from collections.abc import Hashable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, cast

from chalicelib.kernel.quantity import plain


def canonical(document: object) -> str:
    """Return the canonical text of a document: the same for equal documents only.

    10 and 10.0 are equal; absent fields are left out, so a new optional field changes no old text.
    """
    return json.dumps(document, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (date, Fraction)):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    given = ((name, getattr(value, name)) for name in _field_names(cast("Hashable", type(value))))
    return {name: item for name, item in given if item or isinstance(item, (int, Decimal))}


@cache
def _field_names(kind: Hashable) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cast("type[Any]", kind)))

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

LEFT_OUT_AS_DEFAULT = {"left out as default": True}
"""The metadata of a field whose default is left out of the canonical text."""


def canonical(document: object) -> str:
    """Return the canonical text of a document: the same for equal documents only.

    10 and 10.0 are equal; absent fields are left out, so a new optional field changes no old text, and a new number
    or word changes none if it is `LEFT_OUT_AS_DEFAULT`.
    """
    return json.dumps(document, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (date, Fraction)):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    given = ((name, getattr(value, name), default) for name, default in _fields(cast("Hashable", type(value))))
    return {
        name: item
        for name, item, default in given
        if (item or isinstance(item, (int, Decimal))) and (default is _NEVER or item != default)
    }


_NEVER = object()


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, object], ...]:
    """Return the names of a class's fields, each with the value that is left out."""
    return tuple(
        (each.name, each.default if each.metadata == LEFT_OUT_AS_DEFAULT else _NEVER)
        for each in fields(cast("type[Any]", kind))
    )

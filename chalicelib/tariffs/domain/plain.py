"""Tariff documents and usages as plain JSON data and back: camelCase names, decimals and days as text.

This is the public form of a tariff, the form it is stored in, and what its digest is taken from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import TypeVar, get_args, get_origin, get_type_hints

from chalicelib.kernel.quantity import plain

T = TypeVar("T")


def to_plain(value: object) -> object:
    """This function will turn a document or any part of it into plain JSON data, leaving out what is not given."""
    if is_dataclass(value):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {camel(name): to_plain(given) for name, given in pairs if given not in _NOT_GIVEN}
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


_NOT_GIVEN: tuple[object, ...] = (None, (), {}, frozenset())


def canonical(value: object) -> str:
    """This function will give the one text of a document: equal documents give equal texts, others don't."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_plain(kind: type[T], data: Mapping[str, object]) -> T:
    """This function will read back what `to_plain` wrote. The data must have passed the public schema before."""
    given = {name: _read(hint, data[camel(name)]) for name, hint in get_type_hints(kind).items() if camel(name) in data}
    return kind(**given)


def camel(name: str) -> str:
    """This function will write a name as JSON does: valid_from -> validFrom."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _read(hint: object, value: object) -> object:
    """Reads a value by the type that the document's field declares."""
    inner = [each for each in get_args(hint) if each is not NoneType]
    if isinstance(value, Mapping):
        if get_origin(hint) is UnionType:
            hint = inner[0] if len(inner) == 1 else _of_kind(inner, value["kind"])
        if isinstance(hint, type) and is_dataclass(hint):
            return from_plain(hint, value)
        return {key: _read(inner[1], item) for key, item in value.items()}
    if isinstance(value, list):
        return frozenset(value) if get_origin(hint) is frozenset else tuple(_read(inner[0], item) for item in value)
    if isinstance(value, str):
        wanted = inner[0] if get_origin(hint) is UnionType else hint
        if wanted is Decimal:
            return Decimal(value)
        if wanted is date:
            return date.fromisoformat(value)
    return value


def _of_kind(choices: Sequence[object], kind: object) -> object:
    """Chooses by the `kind` that each of the dataclasses declares as its only value."""
    return next(each for each in choices if get_args(get_type_hints(each)["kind"]) == (kind,))

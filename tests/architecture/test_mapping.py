"""An item's attributes have the types of the fields that they are mapped to; mypy can't see that across names."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

import pytest
from pynamodb.attributes import Attribute

from chalicelib.platform.dynamo import DayAttribute, DecimalAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import own_attributes
from chalicelib.platform.schema import OutSchema
from tests.architecture.source import CODE, functions


class Pair(NamedTuple):
    """A dataclass and the item that it is read from; what is stated beside is the caller's to get right."""

    entity: type[Any]
    item: type[TableItem]
    stated: frozenset[str] = frozenset()


def mapped_pairs() -> Iterator[Pair]:
    """Find every call of `to_entity`, with the one item that its function speaks of."""
    for path in sorted(CODE.glob("*/repository*")):
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            module = importlib.import_module(".".join(file.relative_to(CODE.parent).with_suffix("").parts))
            for function in functions(file):
                words = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "to_entity":
                        (item,) = (word for word in words if word.endswith("Item"))
                        stated = frozenset(str(keyword.arg) for keyword in call.keywords)
                        yield Pair(getattr(module, ast.unparse(call.args[0])), getattr(module, item), stated)


PAIRS = list(mapped_pairs())


def misfits(pair: Pair) -> list[str]:
    """Name the fields that can't hold what their attribute gives."""
    hints, attributes, found = get_type_hints(pair.entity), own_attributes(pair.item), []
    for one in fields(pair.entity):
        if one.name in pair.stated:
            continue
        attribute, parts = attributes[one.name], {hints[one.name]}
        if type(None) in get_args(hints[one.name]):
            parts = {part for part in get_args(hints[one.name]) if part is not type(None)}
        may_be_absent = type(None) in get_args(hints[one.name]) or _has_default(one) or attribute.default is not None
        fits = _type_of(attribute) is Any or _type_of(attribute) in (*parts, hints[one.name])
        if not fits or (attribute.null and not may_be_absent):
            found.append(one.name)
    return found


def _type_of(attribute: Attribute[Any]) -> Any:  # noqa: ANN401
    (given,) = get_args(type(attribute).__orig_bases__[0])  # type: ignore[attr-defined]
    return getattr(attribute, "kind", given)


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.entity.__name__} of {pair.item.__name__}")
def test_each_field_can_hold_what_its_attribute_gives(pair: Pair) -> None:
    assert misfits(pair) == []


def test_every_entity_is_looked_at() -> None:
    calls = sum(path.read_text().count("to_entity(") for path in CODE.rglob("repository/*.py"))
    calls += sum(path.read_text().count("to_entity(") for path in CODE.glob("*/repository.py"))
    assert len(PAIRS) == calls > 20


@dataclass(frozen=True, slots=True)
class Stay:
    state: Literal["open", "done"]
    until: date
    nights: int | None = None


class FittingItem(TableItem):
    state = LiteralAttribute(Literal["open", "done"])
    until = DayAttribute()
    nights = IntAttribute(null=True)


class OtherWordsItem(TableItem):
    state = LiteralAttribute(Literal["open", "gone"])
    until = DayAttribute()
    nights = IntAttribute(null=True)


class OtherTypeItem(TableItem):
    state = LiteralAttribute(Literal["open", "done"])
    until = DayAttribute()
    nights = DecimalAttribute(null=True)


class AbsentItem(TableItem):
    state = LiteralAttribute(Literal["open", "done"])
    until = DayAttribute(null=True)
    nights = IntAttribute(null=True)


@pytest.mark.parametrize(
    ("item", "found"),
    [(FittingItem, []), (OtherWordsItem, ["state"]), (OtherTypeItem, ["nights"]), (AbsentItem, ["until"])],
)
def test_another_type_and_an_absence_that_the_field_does_not_allow_are_found(
    item: type[TableItem], found: list[str]
) -> None:
    assert misfits(Pair(Stay, item)) == found
    assert misfits(Pair(Stay, item, frozenset(found))) == []


def with_defaults(answer: type[OutSchema]) -> list[str]:
    """Name the fields of an answer that need not be found: what the domain lacks would go unseen."""
    return [name for name in inspect.get_annotations(answer) if not answer.model_fields[name].is_required()]


def answers(kind: type[OutSchema]) -> Iterator[type[OutSchema]]:
    """List the answers of all features that have been imported."""
    for one in kind.__subclasses__():
        yield from answers(one)
        if one.__module__.startswith("chalicelib."):
            yield one


def test_an_answer_has_no_defaults() -> None:
    importlib.import_module("app")
    assert [(one.__name__, with_defaults(one)) for one in answers(OutSchema) if with_defaults(one)] == []


class CarelessOut(OutSchema):
    note: str | None = None


def test_a_default_of_an_answer_is_found() -> None:
    assert with_defaults(CarelessOut) == ["note"]

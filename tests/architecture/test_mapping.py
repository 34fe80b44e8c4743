"""Items fit their dataclasses, and answers what they show: mypy can't see that, for they only share names."""

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import pytest
from pydantic import AliasPath, BaseModel, BeforeValidator, Field
from pynamodb.attributes import Attribute

from chalicelib.kernel.page import Page
from chalicelib.platform.dynamo import DayAttribute, DecimalAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import own_attributes
from chalicelib.platform.schema import OutSchema, Shows
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


def _has_default(one: dataclasses.Field[Any]) -> bool:
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
    own = {name: answer.model_fields[name] for name in inspect.get_annotations(answer)}
    return [name for name, one in own.items() if not one.is_required() and one.annotation is not type(None)]


def answers(kind: type[OutSchema]) -> Iterator[type[OutSchema]]:
    """List the answers of all features that have been imported."""
    for one in kind.__subclasses__():
        yield from answers(one)
        if one.__module__.startswith("chalicelib."):
            yield one


def test_an_answer_has_no_defaults() -> None:
    assert [(one.__name__, with_defaults(one)) for one in answers(OutSchema) if with_defaults(one)] == []


class CarelessOut(OutSchema):
    note: str | None = None


def test_a_default_of_an_answer_is_found() -> None:
    assert with_defaults(CarelessOut) == ["note"]


def not_found(answer: type[BaseModel], things: Sequence[Any]) -> list[str]:
    """Name the fields of an answer, and of the schemas within it, that none of the things it shows has."""
    missing: list[str] = []
    for name, one in answer.model_fields.items():
        alias = one.validation_alias
        path = list(map(str, alias.path)) if isinstance(alias, AliasPath) else [str(alias or name)]
        ways = [path] if issubclass(answer, OutSchema) else [path, [name]]  # a body may go by its own name too
        found = next((hint for way in ways if (hint := _at_the_end(things, way)) is not None), None)
        if found is None:
            missing.append(f"{answer.__name__}.{name}")
            continue
        if any(isinstance(step, BeforeValidator) for step in one.metadata):
            continue  # it is made of the value, not read from its attributes
        for within in _classes(one.annotation, BaseModel):
            shown = _classes(found, object)
            if within not in shown:  # else it is made already
                of_each = sorted((not_found(within, [each]) for each in shown), key=len)
                missing += of_each[0]
    return missing


def _at_the_end(things: Sequence[Any], path: list[str]) -> Any:  # noqa: ANN401
    """Give the type that a path of attributes leads to, from the first thing that has its first; or None."""
    found = next((hint for thing in things if (hint := _attribute(thing, path[0])) is not None), None)
    for step in path[1:]:
        found = None if found is None else _attribute(found, step)
    return found


def _attribute(thing: Any, name: str) -> Any:  # noqa: ANN401
    """Give the type of an attribute, or None; of `Page[Reading]`, items are `tuple[Reading, ...]`."""
    kind, given = get_origin(thing) or thing, get_args(thing)
    getter = inspect.getattr_static(kind, name, None)
    if isinstance(getter, property | cached_property):
        return get_type_hints(getter.fget if isinstance(getter, property) else getter.func)["return"]
    hint: Any = get_type_hints(kind).get(name)
    return hint[given] if given and getattr(hint, "__parameters__", ()) else hint


def _classes(hint: Any, base: type) -> list[Any]:  # noqa: ANN401
    """List the classes within a type: of `tuple[Reading, ...] | None`, Reading."""
    parts = [part for arg in get_args(hint) for part in _classes(arg, base)]
    return parts or ([hint] if isinstance(hint, type) and issubclass(hint, base) else [])


def shown_by(answer: type[BaseModel]) -> tuple[Any, ...]:
    """Give what an answer says that it shows; nothing, if it is only within others."""
    bases = getattr(answer, "__orig_bases__", ())
    return next((get_args(base) for base in bases if get_origin(base) is Shows), ())


importlib.import_module("app")
ANSWERS = sorted({one for one in answers(OutSchema) if shown_by(one)}, key=lambda one: (one.__module__, one.__name__))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_each_field_of_an_answer_is_found_in_what_it_shows(answer: type[BaseModel]) -> None:
    assert not_found(answer, shown_by(answer)) == []


def test_most_answers_are_looked_at() -> None:
    assert len(ANSWERS) > 40


class NightOut(OutSchema):
    price: str
    tax: str = Field(validation_alias=AliasPath("price", "tax"))


@dataclass(frozen=True, slots=True)
class Night:
    price: int


@dataclass(frozen=True, slots=True)
class Booking:
    stay: Stay
    rows: tuple[Night, ...] = ()

    @property
    def state(self) -> str:
        return self.stay.state


class BookingOut(OutSchema, Shows[Booking]):
    status: str = Field(validation_alias="state")
    until: date = Field(validation_alias=AliasPath("stay", "until"))
    next_cursor: str | None
    nights: tuple[NightOut, ...] = Field(validation_alias="rows")


def test_a_field_that_nothing_has_is_found_within_an_answer_too() -> None:
    assert not_found(BookingOut, shown_by(BookingOut)) == ["BookingOut.next_cursor", "NightOut.tax"]
    assert not_found(BookingOut, (Page[Night], Booking)) == ["NightOut.tax"]

"""Map a stored item to its dataclass and back, by field name.

The caller states what has another name or place in the item (a key, a sum, an amount in two attributes).
Everything else is copied, so a new field is one line in the dataclass and one in the item. The attribute types convert
the values. An attribute that may be absent (`null=True`) is absent while its field has the default.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pynamodb.attributes import Attribute

from chalicelib.platform.dynamo.table import Item, TableItem
from chalicelib.platform.keys import Key

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Entity = TypeVar("Entity", bound="DataclassInstance")


def to_entity(entity: type[Entity], item: TableItem, /, **stated: Any) -> Entity:  # noqa: ANN401 - as the fields are
    """Make a dataclass from an item: each field is the attribute of its name, or the stated value.

    :raises TypeError: if a field has neither.
    :raises LookupError: if the item lacks an attribute that it must have.
    """
    plan = _read_plan(entity, type(item), tuple(stated))
    values = item.attribute_values
    try:
        for name in plan.required:
            stated[name] = values[name]
    except KeyError:
        raise LookupError(f"{type(item).__name__} {item.pk} {item.sk} has no {name}") from None
    for name in plan.optional:
        stated[name] = values.get(name)
    for name in plan.defaulted:
        if (value := values.get(name)) is not None:
            stated[name] = value
    return entity(**stated)


def to_item(item: type[Item], key: Key, entity: "DataclassInstance", /, **stated: object) -> Item:
    """Make an item from a dataclass: each attribute is the field or property of its name, or the stated value.

    :raises TypeError: if an attribute has neither, or a stated name is not an attribute.
    """
    plan = _write_plan(item, type(entity), tuple(stated))
    made = item(*key)
    values = made.attribute_values
    values.update(zip(plan.copied, plan.read(entity), strict=True))
    for name, absent in plan.omitted:
        if values[name] == absent:
            values[name] = None
    values.update(stated)
    return made


def own_attributes(item: type[TableItem]) -> dict[str, Attribute[Any]]:
    """Return the attributes of an item without its keys and places in indexes, by name."""
    shared = TableItem.get_attributes()
    return {name: attribute for name, attribute in item.get_attributes().items() if name not in shared}


class _ReadPlan(NamedTuple):
    required: tuple[str, ...]
    optional: tuple[str, ...]  # None if the item lacks them
    defaulted: tuple[str, ...]  # the dataclass's default, if the item lacks them


class _WritePlan(NamedTuple):
    copied: tuple[str, ...]
    read: Callable[[object], tuple[Any, ...]]
    omitted: tuple[tuple[str, Any], ...]


@cache
def _read_plan(entity: type["DataclassInstance"], item: type[TableItem], stated: tuple[str, ...]) -> _ReadPlan:
    attributes = item.get_attributes()
    wanted = {field.name: field for field in fields(entity) if field.init and field.name not in stated}
    if lost := sorted(wanted.keys() - attributes.keys()):
        raise TypeError(f"{entity.__name__}: {', '.join(lost)} is no attribute of {item.__name__}, and not stated")
    nullable = [name for name in wanted if attributes[name].null]
    return _ReadPlan(
        required=tuple(name for name in wanted if name not in nullable),
        optional=tuple(name for name in nullable if _default_of(wanted[name]) is None),
        defaulted=tuple(name for name in nullable if _default_of(wanted[name]) is not None),
    )


@cache
def _write_plan(item: type[TableItem], entity: type["DataclassInstance"], stated: tuple[str, ...]) -> _WritePlan:
    attributes = own_attributes(item)
    known = {field.name: field for field in fields(entity)}
    if unknown := sorted(set(stated) - item.get_attributes().keys()):
        raise TypeError(f"{item.__name__} has no attribute {', '.join(unknown)}")
    own = [name for name in attributes if name not in stated]
    if lost := [name for name in own if name not in known and not hasattr(entity, name)]:
        raise TypeError(f"{item.__name__}: {', '.join(lost)} is no field of {entity.__name__}, and not stated")
    defaults = {name: _default_of(known[name]) for name in own if name in known and attributes[name].null}
    return _WritePlan(
        copied=tuple(own),
        read=_reader(own),
        omitted=tuple((name, default) for name, default in defaults.items() if default is not None),
    )


def _reader(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    if len(names) < 2:  # attrgetter returns a tuple only for two or more
        return lambda entity: tuple(getattr(entity, name) for name in names)
    return attrgetter(*names)


def _default_of(field: "Field[Any]") -> Any:  # noqa: ANN401
    """Return a field's default; None if it has none."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default

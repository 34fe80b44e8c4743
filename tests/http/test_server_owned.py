"""What the server keeps can't be set by sending it: every stored attribute, in every body, at every depth."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.http import Endpoint
from tests.support.bodies import body_schema, smallest
from tests.support.endpoints import ALL, name
from tests.support.fixture_world import World
from tests.support.table import everything

_WITH_BODY = [one for one in ALL if one.body]

# Where a part has one of several forms, a refusal says what each of them would need.
_OF_OTHER_FORMS = {"charges", "usage", "days", "month", "day"}


def _stored() -> set[str]:
    """Name every attribute that the table stores of anything: in the code, in the table, in JSON."""
    names: set[str] = set()
    kinds: list[type[TableItem]] = [TableItem, *TableItem.__subclasses__()]
    for kind in kinds:
        for code_name, attribute in kind.get_attributes().items():
            head, *rest = code_name.split("_")
            names |= {code_name, str(attribute.attr_name), head + "".join(part.capitalize() for part in rest)}
    return names | {"client", "tenant", "balance", "paid", "is_admin", "__proto__"}


def _objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401
    """Give the place of each object in a body."""
    if isinstance(value, dict) and value:  # an empty one is a table of the caller's own words, such as rates by size
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _objects(part, (*path, key))


def _at(body: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401
    for step in path:
        body = body[step]
    return body


@pytest.mark.covers("S0-046", "S2-217")
@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
def test_every_stored_attribute_is_refused_by_name_and_the_table_stays_byte_for_byte(
    world: World, document: dict[str, Any], one: Endpoint
) -> None:
    fitting = smallest(body_schema(document, one.method, one.path), document["components"]["schemas"])
    stored, before = _stored(), everything()
    assert len(stored) > 200
    for place in _objects(fitting):
        body = deepcopy(fitting)
        extra = {field: "x" for field in stored if field not in _at(body, place)}
        _at(body, place).update(extra)
        reply = world.someone_for(one.path).send(one.method, world.fill(one.path), body)
        assert reply.status == 400, (place, reply.body)
        named = {fault["where"].rpartition(".")[2] for fault in reply.json["errors"]}
        assert extra.keys() <= named, place
        assert named - extra.keys() <= _OF_OTHER_FORMS, place  # nothing else is wrong with the body
    assert everything() == before


def test_every_object_that_a_body_can_hold_refuses_what_it_does_not_know(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]
    waiting = [body_schema(document, one.method, one.path)["$ref"] for one in _WITH_BODY]
    seen: set[str] = set()
    while waiting:
        ref = waiting.pop()
        if ref in seen:
            continue
        seen.add(ref)
        schema = components[ref.rpartition("/")[2]]
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, ref
        waiting += _refs(schema)
    assert len(seen) > len({one.body for one in _WITH_BODY})


def _refs(schema: Any) -> list[str]:  # noqa: ANN401
    if isinstance(schema, dict):
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return own + [ref for part in schema.values() for ref in _refs(part)]
    return [ref for part in schema for ref in _refs(part)] if isinstance(schema, list) else []

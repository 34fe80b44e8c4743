"""What the server keeps can't be set by sending it: every stored attribute, in every body, at every depth."""

import json
import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from chalicelib.kernel.period import Period
from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.http import Endpoint
from chalicelib.platform.schema import Instant, Schema
from tests.support.bodies import body_schema, smallest
from tests.support.endpoints import ALL, name
from tests.support.fixture_world import World
from tests.support.table import everything

_WITH_BODY = [one for one in ALL if one.body]

# Where a part has one of several forms, a refusal says what each of them would need.
_OF_OTHER_FORMS = {"charges", "usage", "days", "month", "day"}
# No attribute has this name: how it is refused is how everything unknown is refused.
_STRANGER = "zzNobodyKnowsThis"
_ATTACKED = {"client", "tenant", "balance", "paid", "is_admin", "isAdmin", "passwordHash", "clientId", "__proto__"}

# What the table stores of things and people say in requests: each attribute with the operations whose bodies have it.
# Everything else is the server's own. A new field of a body is added here by hand, after a thought whose it is.
_SAID_BY_PEOPLE = Path(__file__).with_name("said_by_people.json")
# Facts of a thing that are in its key or counted from others: no item has an attribute of that name.
_IN_KEYS = {"account", "client", "month", "period", "project", "revision", "shard", "state"}

# A value of each type that attributes have; what is text is told apart by its name.
_TYPED: Mapping[object, Any] = {
    bool: True,
    date: "2025-11-05",
    datetime: "2025-11-05T02:30:00.000Z",
    Decimal: "10.5",
    int: 1,
    Any: {},
    Period: "2025-11",
}


def _stored() -> dict[str, Any]:
    """Name every attribute that the table stores, as code, table and JSON call it, with a value of its type."""
    values: dict[str, Any] = dict.fromkeys(sorted(_ATTACKED | _IN_KEYS), "x")
    kinds: list[type[TableItem]] = [TableItem, *TableItem.__subclasses__()]
    for kind in kinds:
        for code_name, attribute in kind.get_attributes().items():
            (of,) = get_args(type(attribute).__orig_bases__[0])  # type: ignore[attr-defined]
            is_id = code_name.endswith(("_id", "user", "account", "consumer"))
            value = _TYPED.get(of, "01ARYZ6S410000000000000000" if is_id else "active")
            values |= dict.fromkeys((code_name, str(attribute.attr_name), _camel(code_name)), value)
    return values


def _camel(code_name: str) -> str:
    head, *rest = code_name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _known_after_all(errors: list[dict[str, str]], sent: Mapping[str, Any]) -> set[str]:
    """Name what was sent and not refused like the stranger: taken, or only wrong in its value."""
    (unknown,) = {fault["message"] for fault in errors if (fault["field"] or "").rpartition(".")[2] == _STRANGER}
    refused = {(fault["field"] or "").rpartition(".")[2] for fault in errors if fault["message"] == unknown}
    return sent.keys() - refused


def _objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401
    """Return the place of each object in a body."""
    if isinstance(value, dict) and value:  # an empty one is a table of the caller's own words, such as rates by size
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _objects(part, (*path, key))


def _at(body: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401
    for step in path:
        body = body[step]
    return body


@pytest.mark.covers("S0-046", "S0-057", "S2-217")
@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
def test_every_stored_attribute_is_refused_by_name_and_the_table_stays_byte_for_byte(
    world: World, document: dict[str, Any], one: Endpoint
) -> None:
    fitting = smallest(body_schema(document, one.method, one.path), document["components"]["schemas"])
    stored, before = _stored(), everything()
    assert len(stored) > 200
    for place in _objects(fitting):
        body = deepcopy(fitting)
        extra = {field: value for field, value in stored.items() if field not in _at(body, place)}
        _at(body, place).update(extra | {_STRANGER: "x"})
        reply = world.someone_for(one.path).send(one.method, world.fill(one.path), body)
        assert reply.status == 400, (place, reply.body)
        errors = reply.json["errors"]
        assert _known_after_all(errors, extra) == set(), place
        named = {(fault["field"] or "").rpartition(".")[2] for fault in errors}
        assert named - extra.keys() - {_STRANGER} <= _OF_OTHER_FORMS, place  # nothing else is wrong with the body
    assert everything() == before


@pytest.mark.covers("S0-057")
@pytest.mark.parametrize("one", _WITH_BODY, ids=name)
def test_what_a_body_must_hold_is_named_where_it_is_missing_and_nothing_is_stored(
    world: World, document: dict[str, Any], one: Endpoint
) -> None:
    components = document["components"]["schemas"]
    schema = body_schema(document, one.method, one.path)
    fitting, before = smallest(schema, components), everything()
    for field in components[schema["$ref"].rpartition("/")[2]].get("required", []):
        body = {name: value for name, value in fitting.items() if name != field}
        refused = world.someone_for(one.path).send(one.method, world.fill(one.path), body).expect(400)
        assert [fault["field"] for fault in refused["errors"]] == [field]
    assert everything() == before


def test_each_attribute_is_sent_with_a_value_of_its_type() -> None:
    kinds = {type(value) for value in _stored().values()}
    assert kinds == {bool, int, str, dict}
    sample = {field: _stored()[field] for field in ("createdAt", "readOn", "version", "period", "userId", "usage")}
    assert list(sample.values()) == [
        "2025-11-05T02:30:00.000Z", "2025-11-05", 1, "2025-11", "01ARYZ6S410000000000000000", "10.5",
    ]  # fmt: skip


def test_a_stored_attribute_that_a_body_takes_on_the_quiet_is_seen() -> None:
    class Careless(Schema):
        name: str
        created_at: Instant | None = None
        active: bool = True

    def errors(**sent: Any) -> list[dict[str, str]]:  # noqa: ANN401
        with pytest.raises(ValidationError) as refused:
            Careless.model_validate({"name": "Ana", _STRANGER: "x", **sent})
        return [{"field": str(fault["loc"][-1]), "message": fault["msg"]} for fault in refused.value.errors()]

    typed = {field: _stored()[field] for field in ("createdAt", "active", "pk")}
    assert _known_after_all(errors(**typed), typed) == {"createdAt", "active"}
    wrong = dict.fromkeys(typed, "x")  # refused by name, and known all the same
    assert _known_after_all(errors(**wrong), wrong) == {"createdAt", "active"}


def test_requests_say_what_people_say_and_nothing_that_is_the_servers_own(document: dict[str, Any]) -> None:
    said = {field: sorted(where) for field, where in sorted(_said(document).items())}
    if os.environ.get("METERBOOK_WRITE_LOCK"):
        _SAID_BY_PEOPLE.write_text(json.dumps(said, indent=1) + "\n")
    assert said == json.loads(_SAID_BY_PEOPLE.read_text())


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/clients/{clientId}/consumers", "createdAt"),
        ("/api/clients/{clientId}/consumers", "role"),
        ("/api/clients/{clientId}/projects/{projectId}/readings", "source"),  # which a tariff's sheet does say
        ("/api/clients/{clientId}/projects/{projectId}/bills", "revision"),
    ],
)
def test_a_field_of_the_servers_own_in_a_schema_is_seen(document: dict[str, Any], path: str, field: str) -> None:
    spoilt = deepcopy(document)
    ref = body_schema(spoilt, "POST", path)["$ref"].rpartition("/")[2]
    spoilt["components"]["schemas"][ref]["properties"] |= {field: {}}
    before, after = _said(document), _said(spoilt)
    assert len(after[field] - before.get(field, set())) == 1


def _said(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """Name the stored attributes that requests may hold, each with the operations whose bodies do."""
    said: dict[str, set[str]] = {}
    components, stored = document["components"]["schemas"], _stored()
    for one in _WITH_BODY:
        short = one.path.removeprefix("/api/clients/{clientId}").replace("/projects/{projectId}/", ".../")
        for ref in _reached(body_schema(document, one.method, one.path)["$ref"], components):
            for field in components[ref.rpartition("/")[2]].get("properties", {}):
                if field in stored:
                    said.setdefault(field, set()).add(f"{one.method} {short}")
    return said


def test_every_object_that_a_body_can_hold_refuses_what_it_does_not_know(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]
    seen: set[str] = set()
    for one in _WITH_BODY:
        seen |= _reached(body_schema(document, one.method, one.path)["$ref"], components)
    for ref in seen:
        schema = components[ref.rpartition("/")[2]]
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, ref
    assert len(seen) > len({one.body for one in _WITH_BODY})


def _reached(start: str, components: Mapping[str, Any]) -> set[str]:
    """Return a schema and all that it refers to, directly or not."""
    waiting, seen = [start], set[str]()
    while waiting:
        ref = waiting.pop()
        if ref not in seen:
            seen.add(ref)
            waiting += _refs(components[ref.rpartition("/")[2]])
    return seen


def _refs(schema: Any) -> list[str]:  # noqa: ANN401
    if isinstance(schema, dict):
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return own + [ref for part in schema.values() for ref in _refs(part)]
    return [ref for part in schema for ref in _refs(part)] if isinstance(schema, list) else []

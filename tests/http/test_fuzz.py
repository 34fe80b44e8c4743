"""Requests made from the OpenAPI document, fitting and not: no answer is a mistake of ours, and all are as declared."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from chalice.app import Chalice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.platform.http import PUBLIC, Endpoint
from tests.support.contract import check_answer
from tests.support.endpoints import ALL, name
from tests.support.fixture_world import STAFF, World, open_world
from tests.support.http import Api
from tests.support.queues import drain

Strategy = st.SearchStrategy[Any]

# How many requests for each operation and role: few for every change, most of them as who may do it; many by hand
# (make fuzz).
_MANY = int(os.environ.get("METERBOOK_FUZZ_EXAMPLES", "0"))

_EVERYBODY = (*STAFF, "owner", "other consumer", "surveyor of another area", "other tenant's admin", "anonymous")

_ODD_TEXT = st.one_of(
    st.sampled_from(
        ["", " ", "\0", "#", "../", "null", "\u202e", "\ufeff", "ﷺ" * 60, "1e9", "NaN", "-0", "2025-02-30"]
    ),
    st.text(max_size=20),
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _ODD_TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ODD_TEXT, inner, max_size=3),
    max_leaves=6,
)


def _values(schema: dict[str, Any], components: dict[str, Any]) -> Strategy:
    """Return values that fit a schema of ours."""
    if "$ref" in schema:
        return _values(components[schema["$ref"].rpartition("/")[2]], components)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([_values(one, components) for one in choices])
    if fixed := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return st.sampled_from(fixed)
    kinds: dict[str, Callable[[], Strategy]] = {
        "object": lambda: _objects(schema, components),
        "integer": lambda: st.integers(schema.get("minimum", -100), schema.get("maximum", 10_000)),
        "number": lambda: st.integers(0, 100),
        "boolean": st.booleans,
        "array": lambda: st.lists(_values(schema.get("items", {"type": "null"}), components), max_size=2),
        "null": st.none,
        "string": lambda: _texts(schema),
    }
    return kinds[schema["type"]]() if "type" in schema else _JSON


def _objects(schema: dict[str, Any], components: dict[str, Any]) -> Strategy:
    if "properties" not in schema:
        more = schema.get("additionalProperties")
        return st.dictionaries(_ODD_TEXT, _values(more, components) if isinstance(more, dict) else _JSON, max_size=2)
    wanted = schema.get("required", [])
    parts = {field: _values(inner, components) for field, inner in schema["properties"].items()}
    return st.fixed_dictionaries(
        {field: part for field, part in parts.items() if field in wanted},
        optional={field: part for field, part in parts.items() if field not in wanted},
    )


def _texts(schema: dict[str, Any]) -> Strategy:
    examples = [st.sampled_from(schema["examples"])] if "examples" in schema else []
    if schema.get("format") == "date":
        return st.dates().map(str)
    if "pattern" in schema:
        return st.one_of(*examples, st.from_regex(schema["pattern"].removesuffix("$") + r"\Z"))
    texts = st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 40), 200))
    return st.one_of(*examples, texts)


def _requests(one: Endpoint, document: dict[str, Any], world: World) -> Strategy:
    """Return (path, body) for an operation: most parts fit, any may not."""
    operation = document["paths"][one.path][one.method.lower()]
    components = document["components"]["schemas"]
    path = {
        part["name"]: st.one_of(
            st.just(world.ids[part["name"]]), st.just(world.ids[part["name"]]), _ODD_TEXT.filter(bool)
        )
        for part in operation["parameters"]
        if part["in"] == "path" and part["name"] not in {"clientId", "projectId"}
    }
    query = {
        part["name"]: st.one_of(_values(part["schema"], components), _ODD_TEXT)
        for part in operation["parameters"]
        if part["in"] == "query"
    }
    body: Strategy = st.none()
    if "requestBody" in operation:
        fitting = _values(operation["requestBody"]["content"]["application/json"]["schema"], components)
        bent = st.tuples(fitting, st.dictionaries(st.sampled_from([*_fields(one), "pk"]), _JSON, max_size=2))
        body = st.one_of(fitting, bent.map(lambda pair: {**pair[0], **pair[1]}), _JSON)
    return st.tuples(st.fixed_dictionaries(path), st.fixed_dictionaries({}, optional=query), body)


def _fields(one: Endpoint) -> list[str]:
    assert one.body
    return [str(field.alias) for field in one.body.model_fields.values()]


@pytest.fixture(scope="module")
def world(app: Chalice, api: Api) -> Iterator[World]:
    """A world of its own: what is sent here may change everything in it."""
    yield open_world(app, api)
    drain(app)


@pytest.mark.parametrize("one", ALL, ids=name)
def test_no_request_makes_the_api_fall_over(world: World, document: dict[str, Any], one: Endpoint) -> None:
    if one.permission == PUBLIC:
        _ask(world, document, one, ["anonymous"], _MANY or 4)
        return
    strong = "owner" if one.path.startswith("/api/me/") else "admin"
    _ask(world, document, one, [strong], _MANY or 8)
    _ask(world, document, one, [who for who in _EVERYBODY if who != strong], _MANY or 2)


def _ask(world: World, document: dict[str, Any], one: Endpoint, everybody: Sequence[str], examples: int) -> None:
    """Send odd requests, each as everybody, and hold the answers against the document."""
    people = {who: world.fresh(who) if "logout" in one.path else world.people[who] for who in everybody}

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(_requests(one, document, world))
    def ask(request: tuple[dict[str, str], dict[str, Any], Any]) -> None:
        ids, query, body = request
        path = world.fill(one.path, {**world.ids, **{part: quote(text, safe="") for part, text in ids.items()}})
        sent = "&".join(f"{quote(key)}={quote(str(value))}" for key, value in query.items())
        raw = None if one.body is None else json.dumps(body).encode()
        for who, person in people.items():
            reply = person.send(one.method, f"{path}?{sent}" if sent else path, raw)
            assert reply.status < 500, (who, path, sent, body, reply.body)
            # The gateway itself answers to an id that makes another path, and needs no declaration.
            if reply.status not in {404, 405} or reply.headers["content-type"] != "application/problem+json":
                check_answer(document, one.method, one.path, reply)

    ask()

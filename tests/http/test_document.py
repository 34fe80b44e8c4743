"""The OpenAPI document is valid, says what the routes do, and the routes do what it says."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.platform.http import Endpoint
from tests.http.policy import POLICY, PUBLIC
from tests.support.contract import check_answer
from tests.support.endpoints import ALL, name
from tests.support.fixture_world import PERIOD, World

_GETS = [one for one in ALL if one.method == "GET"]


def test_the_document_is_valid_openapi_31(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_the_document_describes_every_route_and_no_other(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == POLICY.keys() - {("GET", "/api/openapi.json")}


def test_operations_have_names_of_their_own_and_say_what_they_do(document: dict[str, Any]) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


@pytest.mark.covers("S2-009")
def test_only_what_the_policy_calls_public_is_declared_without_a_token(document: dict[str, Any]) -> None:
    public = {
        (m.upper(), path) for path, item in document["paths"].items() for m, op in item.items() if not op["security"]
    }
    assert public == {row for row, asks in POLICY.items() if asks[0] == PUBLIC} - {("GET", "/api/openapi.json")}


def test_every_write_schema_refuses_what_it_does_not_know(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            if "requestBody" in operation:
                ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                assert document["components"]["schemas"][ref.rpartition("/")[2]]["additionalProperties"] is False


@pytest.mark.parametrize("one", _GETS, ids=name)
def test_an_answer_holds_exactly_what_is_declared(world: World, document: dict[str, Any], one: Endpoint) -> None:
    query = {name: PERIOD for name in ("period", "month") if one.query and name in one.query.model_fields}
    reply = world.people["owner" if one.path.startswith("/api/me/") else "admin"].get(world.fill(one.path), **query)
    check_answer(document, one.method, one.path, reply)
    if not one.path.endswith("/report"):  # the import still waits for its file
        assert reply.status == 200
        listed = reply.json.get("items", [reply.json])
        assert listed or one.path.endswith(("/exceptions", "/pending", "/unread", "/unbilled"))


@pytest.mark.covers("S2-214")
def test_no_answer_shows_what_is_secret_or_internal(document: dict[str, Any]) -> None:
    named = {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert not named & {"passwordHash", "requestPrint", "pk", "sk", "ttl", "lease"}

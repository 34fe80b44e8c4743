"""The OpenAPI document is valid, says what the routes do, and the routes do what it says."""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.platform import example_month, examples, openapi
from chalicelib.platform.http import Endpoint
from chalicelib.platform.schema import WholeList
from tests.support.catalogue import CATALOGUE, PAGES, PUBLIC
from tests.support.contract import check_answer
from tests.support.endpoints import ALL, name, needed_query
from tests.support.fixture_world import World

_GETS = [one for one in ALL if one.method == "GET"]


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from item.values()


def test_the_document_is_valid_openapi_31(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_the_document_describes_every_route_and_no_other(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == CATALOGUE.keys() - PAGES


def test_operations_have_names_of_their_own_and_say_what_they_do(document: dict[str, Any]) -> None:
    operations = list(_operations(document))
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)
    assert all(operation["description"].endswith(".") for operation in operations)


def test_schemas_have_plain_names_of_their_own(document: dict[str, Any]) -> None:
    # Pydantic tells two schemas of one name apart by their modules.
    names = document["components"]["schemas"]
    assert [name for name in names if not re.fullmatch("[A-Z][A-Za-z]+", name)] == []


def test_every_schema_is_used(document: dict[str, Any]) -> None:
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert document["components"]["schemas"].keys() - used == set()


def test_every_example_is_what_the_operation_takes_or_answers(document: dict[str, Any]) -> None:
    faults = []
    for operation in _operations(document):
        described = [*operation["responses"].values(), operation.get("requestBody", {"content": {}})]
        contents = [one["content"]["application/json"] for one in described if "application/json" in one["content"]]
        assert len(contents) == ("requestBody" in operation) + 1
        for content in contents:
            schema = content["schema"] | {"components": document["components"]}
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            faults += [
                f"{operation['operationId']}: {error.message}" for error in validator.iter_errors(content["example"])
            ]
    assert faults == []


@pytest.mark.parametrize("one", [one for one in ALL if one.body], ids=name)
def test_the_example_of_a_body_is_read_without_a_fault(document: dict[str, Any], one: Endpoint) -> None:
    content = document["paths"][one.path][one.method.lower()]["requestBody"]["content"]["application/json"]
    assert one.body
    read = one.body.model_validate_json(json.dumps(content["example"]), by_alias=True, by_name=False)
    assert read.model_fields_set


def test_every_parameter_that_is_needed_has_an_example(document: dict[str, Any]) -> None:
    needed = [one for operation in _operations(document) for one in operation["parameters"] if one.get("required")]
    assert [one["name"] for one in needed if not one.get("example")] == []


def test_every_example_value_is_of_a_field(document: dict[str, Any]) -> None:
    fields = {
        (owner, field)
        for owner, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", {})
    }
    fields |= {("", one["name"]) for operation in _operations(document) for one in operation["parameters"]}
    known = {f"{owner}.{field}" for owner, field in fields} | {field for _, field in fields}
    assert examples._VALUES.keys() - known == set()
    told = {(owner, field) for owner, some in example_month.OF_SCHEMA.items() for field in some}
    assert told - fields == set()
    operations = {operation["operationId"] for operation in _operations(document)}
    assert {*example_month.OF_ANSWER, *example_month.OF_ITEMS} - operations == set()


def test_every_parameter_and_refusal_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    """G2: the version in a path was text with a number as its example, and refusals had none."""
    faults: list[tuple[str, ...]] = []
    for operation in _operations(document):
        described = [(one["schema"], one["example"]) for one in operation["parameters"] if "example" in one]
        for status, answer in operation["responses"].items():
            if problem := answer["content"].get("application/problem+json"):
                described.append((problem["schema"], problem["example"]))
                if problem["example"]["code"] not in answer["x-codes"] or str(problem["example"]["status"]) != status:
                    faults.append((operation["operationId"], status, problem["example"]["code"]))
        for schema, example in described:
            validator = Draft202012Validator(schema | {"components": document["components"]})
            faults += [(operation["operationId"], error.message) for error in validator.iter_errors(example)]
    assert faults == []


def _objects(example: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    if isinstance(example, dict):
        yield example
    for one in example.values() if isinstance(example, dict) else example if isinstance(example, list) else ():
        yield from _objects(one)


def _examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operation in _operations(document):
        for answer in operation["responses"].values():
            if "application/json" in answer["content"]:
                for each in _objects(answer["content"]["application/json"]["example"]):
                    yield operation["operationId"], each


# What must hold of every example that has a field.
_HOLDS: list[tuple[str, str, Callable[[dict[str, Any]], bool]]] = [
    (
        "daysOverdue",
        "is the rest",
        lambda it: (
            _sum(it["paid"], it["amountDue"], it.get("waived", "0"), it.get("credited", "0"))
            == _sum(it["total"], it["lateCharge"])
        ),
    ),
    ("billedOn", "is due after it was billed", lambda it: it["billedOn"] is None or it["billedOn"] < it["dueOn"]),
    ("daysOverdue", "is overdue or not", lambda it: (it["status"] == "overdue") == (it["daysOverdue"] > 0)),
    ("daysOverdue", "has a bill's id", lambda it: it.get("id", it.get("billId")) == f"{it['period']}.2025110001.1"),
    (
        "change",
        "is the rest",
        lambda it: (
            not {"received", "amount"} <= it.keys() or _sum(it["amount"], it["change"]) == Decimal(it["received"])
        ),
    ),
    (
        "credit",
        "is what no bill took",
        lambda it: (
            not {"received", "deposit", "amount"} <= it.keys()
            or _sum(it["credit"], it["deposit"], *(share["paid"] for share in it["bills"])) == Decimal(it["amount"])
        ),
    ),
    ("reversedAt", "is reversed or not", lambda it: (_status(it) == "reversed") == (it["reversedAt"] is not None)),
    (
        "opening",
        "adds up",
        lambda it: _sum(it["opening"], *(line["change"] for line in it["lines"])) == Decimal(it["closing"]),
    ),
    (
        "lines",
        "add up",
        lambda it: (
            "opening" in it
            or _sum(*(line["amount"] for line in it["lines"])) == Decimal(it.get("total") or it["amount"])
        ),
    ),
    (
        "origin",
        "was made once",
        lambda it: "runId" not in it or [it["runId"], it["issuedBy"], it["importId"]].count(None) == 2,
    ),
    (
        "previousReading",
        "count up",
        lambda it: _sum(it["previousReading"], it["usage"]) == Decimal(it["currentReading"]),
    ),
    (
        "previousReading",
        "is of the days before its reading",
        lambda it: "firstDay" not in it or it["firstDay"] <= it["lastDay"] < it["readOn"],
    ),
    (
        "readingId",
        "closes with its reading",
        lambda it: "lines" not in it or it["readingId"] == f"{it['period']}.2025110001",
    ),
    ("since", "is of a round", lambda it: it["since"] < it["readOn"] and it["rounds"] == 1),
    ("deletedAt", "is deleted or not", lambda it: (it["status"] == "deleted") == (it["deletedAt"] is not None)),
    ("deletedAt", "is a consumer's", lambda it: (it.get("role") == "consumer") == bool(it.get("consumerId"))),
    ("decidedAt", "is decided or not", lambda it: (_status(it) in {"pending", "waiting"}) == (it["decidedAt"] is None)),
    ("confirmedAt", "says why", lambda it: (it["status"] in {"held", "withdrawn"}) == (it["reason"] is not None)),
    ("idleSince", "is idle or not", lambda it: (it["status"] == "active") == (it["idleSince"] is None)),
    (
        "confirmedAt",
        "is confirmed or not",
        lambda it: (it["status"] in {"pending", "held"}) == (it["confirmedAt"] is None),
    ),
    ("completedAt", "is complete or not", lambda it: (it["status"] == "complete") == bool(it["completedAt"])),
    ("finishedAt", "is finished or not", lambda it: (it["status"] == "awaiting_upload") == (it["finishedAt"] is None)),
    ("parent", "is of its level", lambda it: it["level"] == len(it["code"].split("."))),
]


def _status(shown: dict[str, Any]) -> str:
    return str(shown.get("status") or shown["state"])


def _sum(*amounts: str) -> Decimal:
    return sum(map(Decimal, amounts), Decimal(0))


def test_an_example_does_not_contradict_itself(document: dict[str, Any]) -> None:
    """G2: examples fitted their schemas and made no sense together."""
    faults = {
        (name, field, what)
        for name, shown in _examples(document)
        for field, what, holds in _HOLDS
        if field in shown and not holds(shown)
    }
    assert faults == set()
    for field, names in (("userId", "login"), ("consumerId", "consumerName"), ("id", "login")):
        named = {(shown[field], shown[names]) for _, shown in _examples(document) if field in shown and names in shown}
        assert len({one for one, _ in named}) == len(named), field


def test_the_examples_of_acts_show_what_the_act_brings_about(document: dict[str, Any]) -> None:
    """G2: a withdrawal answered `pending`, a closure `active`."""
    shown = {
        operation["operationId"]: answer["content"]["application/json"]["example"]
        for operation in _operations(document)
        for answer in operation["responses"].values()
        if "application/json" in answer["content"]
    }
    expected = {
        "withdraw_reading": "withdrawn",
        "withdraw_request": "withdrawn",
        "approve_request": "approved",
        "reject_request": "rejected",
        "close_connection": "closed",
        "disconnect": "disconnected",
        "reconnect": "active",
        "take_reading": "pending",
        "confirm_reading": "confirmed",
        "disable_device": "disabled",
        "delete_consumer": "deleted",
        "delete_user": "deleted",
        "start_run": "planned",
        "report_issue": "pending",
        "assign_bank_line": "assigned",
        "dismiss_bank_line": "dismissed",
        "record_payment": "completed",
        "reverse_payment": "reversed",
    }
    assert {name: shown[name]["status"] for name in expected} == expected
    assert shown["register_self"]["role"] == "consumer"
    assert "months[" not in json.dumps([shown["get_report"], shown["get_registry_report"]])


def test_every_list_is_paged_the_same_way(document: dict[str, Any]) -> None:
    """G1: a list answers `items` and `nextCursor`, and takes a cursor unless it always comes whole."""
    schemas, faults = document["components"]["schemas"], []
    for one in ALL:
        fields = schemas.get(one.returns.__name__, {}).get("properties", {})
        if "items" not in fields:
            continue
        taken = {each["name"] for each in document["paths"][one.path][one.method.lower()]["parameters"]}
        whole = issubclass(one.returns, WholeList)
        if "nextCursor" not in fields or taken & {"limit", "cursor"} != (set() if whole else {"limit", "cursor"}):
            faults.append(one.path)
    assert faults == []


def test_every_tag_is_told(document: dict[str, Any]) -> None:
    assert all(tag["description"].endswith(".") for tag in document["tags"])
    assert {tag["name"] for tag in document["tags"]} == {tag for one in _operations(document) for tag in one["tags"]}


def test_the_document_is_written_once_in_a_process() -> None:
    assert openapi.document_text() is openapi.document_text()


@pytest.mark.covers("S2-009")
def test_only_what_the_policy_calls_public_is_declared_without_a_token(document: dict[str, Any]) -> None:
    public = {
        (m.upper(), path) for path, item in document["paths"].items() for m, op in item.items() if not op["security"]
    }
    assert public == {row for row, operation in CATALOGUE.items() if operation.permission == PUBLIC} - PAGES


def test_every_write_schema_refuses_what_it_does_not_know(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            if "requestBody" in operation:
                ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                assert document["components"]["schemas"][ref.rpartition("/")[2]]["additionalProperties"] is False


@pytest.mark.parametrize("one", _GETS, ids=name)
def test_an_answer_holds_exactly_what_is_declared(world: World, document: dict[str, Any], one: Endpoint) -> None:
    reply = world.people["owner" if one.path.startswith("/api/me/") else "admin"].get(
        world.fill(one.path, world.ids_to_read), **needed_query(one)
    )
    check_answer(document, one.method, one.path, reply)
    assert reply.status == 200
    listed = reply.json.get("items", [reply.json])
    assert listed or one.path.endswith(("/exceptions", "/pending", "/unread", "/unbilled"))


def test_a_name_is_beside_each_id_of_somebody_who_did_something(document: dict[str, Any]) -> None:
    of_no_person = {"refundBy", "replacedBy", "supersededBy"}  # a method, and bills
    answers = {name: schema["properties"] for name, schema in document["components"]["schemas"].items()}
    nameless = {
        f"{schema}.{field}"
        for schema, fields in answers.items()
        for field in fields
        if field.endswith("By") and field not in of_no_person and f"{field}Name" not in fields
    }
    assert nameless == set()
    assert {schema for schema, fields in answers.items() if "startedByName" in fields} == {"OnlinePaymentOut", "RunOut"}


@pytest.mark.covers("S2-214")
def test_no_answer_shows_what_is_secret_or_internal(document: dict[str, Any]) -> None:
    named = {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert not named & {"passwordHash", "requestPrint", "pk", "sk", "ttl", "lease"}

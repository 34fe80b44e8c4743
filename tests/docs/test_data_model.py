"""docs/data-model.md names what the code has, all of it, and nothing else."""

import ast
import json
import re
from pathlib import Path

import pytest

from app import app
from chalicelib.platform import docs, keys
from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.http import ENDPOINTS
from tests.support.markdown import code_words, table_rows

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = _ROOT / "docs" / "data-model.md"
_ENTITIES = [row for row in table_rows(_PAGE, "## Entities") if len(row) == 6]
_ATTRIBUTES = table_rows(_PAGE, "### Attributes")
_ACCESSES = table_rows(_PAGE, "## Accesses")
_LOCK = _ROOT / "tests" / "costs" / "units.lock.json"
_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
# The routes whose cost is counted and locked, each with its step there.
_LOCKED = {
    "POST /api/auth/login": "sign in",
    "GET /api/me": "see who I am",
    "GET /api/me/bills": "list my bills",
    "POST /api/clients/{clientId}/consumers": "register a consumer",
    "POST /api/me/service-requests": "ask for a connection",
    "GET /api/me/service-requests": "list my requests",
    "POST /api/me/service-requests/{serviceRequestId}/withdrawal": "withdraw a request",
    "GET /api/clients/{clientId}/service-requests": "list requests that wait",
    "GET /api/clients/{clientId}/service-requests/{serviceRequestId}": "see a request",
    "POST /api/clients/{clientId}/service-requests/{serviceRequestId}/approval": "approve a request",
    "POST /api/clients/{clientId}/service-requests/{serviceRequestId}/rejection": "reject a request",
    "POST /api/me/issues": "report an issue",
    "GET /api/me/issues": "list my issues",
    "GET /api/clients/{clientId}/issues": "list issues that wait",
    "GET /api/clients/{clientId}/issues/{issueId}": "see an issue",
    "POST /api/clients/{clientId}/issues/{issueId}/responses": "respond to an issue",
    "PUT /api/clients/{clientId}/issues/{issueId}/status": "move an issue on",
    "POST /api/clients/{clientId}/consumers/{consumerId}/login": "let the consumer sign in",
    f"POST {_PROJECT}/connections": "register a connection",
    f"GET {_PROJECT}/connections": "list 50 connections",
    f"POST {_PROJECT}/connections/{{accountNumber}}/disconnection": "disconnect a connection",
    f"POST {_PROJECT}/connections/{{accountNumber}}/reconnection": "reconnect a connection",
    f"POST {_PROJECT}/connections/{{accountNumber}}/meter-exchanges": "exchange a meter",
    f"POST {_PROJECT}/connections/{{accountNumber}}/meter-installations": "install a first meter",
    f"POST {_PROJECT}/connections/{{accountNumber}}/handovers": "hand a connection over",
    f"POST {_PROJECT}/connections/{{accountNumber}}/closure": "close a connection",
    f"PUT {_PROJECT}/periods/{{period}}/factors": "enter a period's factors",
    f"POST {_PROJECT}/connections/{{accountNumber}}/prepaid-sales": "sell units in advance",
    f"GET {_PROJECT}/connections/{{accountNumber}}/prepaid": "see prepaid units",
    f"GET {_PROJECT}/periods/{{period}}/factors": "see a period's factors",
    f"GET {_PROJECT}/connections/{{accountNumber}}/history": "list what became of a connection",
    "GET /api/clients/{clientId}/consumers": "list 50 consumers",
    f"GET {_PROJECT}/connections/{{accountNumber}}/bills": "list a connection's bills",
    f"POST {_PROJECT}/readings": "take a reading",
    f"GET {_PROJECT}/readings": "list 50 readings of a period",
    f"GET {_PROJECT}/readings/pending": "list what is pending",
    f"GET {_PROJECT}/readings/unread": "list 50 connections that nobody read",
    f"POST {_PROJECT}/readings/visits": "note a visit",
    f"GET {_PROJECT}/readings/round": "see how far a round is",
    f"POST {_PROJECT}/readings/estimates": "estimate a reading",
    f"POST {_PROJECT}/readings/{{readingId}}/confirmation": "confirm a reading",
    f"POST {_PROJECT}/readings/{{readingId}}/withdrawal": "withdraw a reading",
    f"PUT {_PROJECT}/readings/import-mappings/{{mappingId}}": "save a column mapping",
    f"GET {_PROJECT}/readings/import-mappings": "list column mappings",
    f"POST {_PROJECT}/readings/imports": "ask for an upload",
    f"GET {_PROJECT}/readings/imports/{{importId}}": "see an import",
    f"GET {_PROJECT}/readings/imports/{{importId}}/report": "see its report",
    f"POST {_PROJECT}/registry/imports": "ask for a registry's upload",
    f"POST {_PROJECT}/history/imports": "ask for a history's upload",
    f"GET {_PROJECT}/bills/{{billId}}/payments": "list a bill's payments",
    f"GET {_PROJECT}/connections/{{accountNumber}}/payments": "list a connection's payments",
    f"GET {_PROJECT}/connections/{{accountNumber}}/entries": "list a connection's entries",
    f"GET {_PROJECT}/connections/{{accountNumber}}/statement": "see a statement",
    f"GET {_PROJECT}/inquiry": "see what is owed",
    f"GET {_PROJECT}/payments": "list a month's payments",
    f"POST {_PROJECT}/payments": "take a payment",
    f"POST {_PROJECT}/payments/batch": "take ten payments",
    f"POST {_PROJECT}/advances": "take money in advance",
    f"POST {_PROJECT}/connections/{{accountNumber}}/credit-uses": "use credit",
    f"POST {_PROJECT}/payments/{{paymentId}}/reversal": "reverse a payment",
    f"GET {_PROJECT}/payments/{{paymentId}}/receipt": "see a receipt",
    f"GET {_PROJECT}/payments/{{paymentId}}": "see a payment",
    f"GET {_PROJECT}/bills": "list 50 bills of a period",
    f"POST {_PROJECT}/bills": "bill one reading",
    f"GET {_PROJECT}/readings/unbilled": "list 50 readings without a bill",
    f"GET {_PROJECT}/bills/{{billId}}": "see a bill",
    f"POST {_PROJECT}/billing-runs": "start a run",
    f"GET {_PROJECT}/billing-runs/{{runId}}": "see a run",
}


def key_functions() -> set[str]:
    """List what keys.py can be asked for."""
    tree = ast.parse(Path(keys.__file__).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def items() -> dict[str, set[str]]:
    """Return each kind of item with its attributes, as `name` or `name:stored`."""
    shared = set(TableItem.get_attributes())
    return {
        kind.__name__: {
            name if attribute.attr_name == name else f"{name}:{attribute.attr_name}"
            for name, attribute in kind.get_attributes().items()
            if name not in shared
        }
        for kind in TableItem.__subclasses__()
        if kind.__module__.startswith("chalicelib.")  # tests have kinds of their own
    }


def test_every_key_is_drawn_and_no_other() -> None:
    indexes = {"account", "worklist"}
    named = {word for row in _ENTITIES for cell in row[2:5] for word in code_words(cell)}

    assert named - indexes == key_functions() - {"shard_name"}
    assert "shard_name" in code_words(_PAGE.read_text())


def test_every_kind_of_item_is_drawn_once() -> None:
    assert sorted(code_words(row[0])[0] for row in _ENTITIES) == sorted(items())


@pytest.mark.parametrize("kind", sorted(items()))
def test_an_item_is_drawn_with_its_attributes(kind: str) -> None:
    (row,) = [row for row in _ATTRIBUTES if code_words(row[0]) == [kind]]

    assert set(code_words(row[1])) == items()[kind]


def test_every_route_and_job_has_its_accesses_and_no_other() -> None:
    pages = {"GET /api/openapi.json", "GET /api/docs", f"GET /api/docs/redoc-{docs.VERSION}.js"}
    routes = {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS} | pages
    jobs = {source.name for source in app.event_sources}

    assert {code_words(row[0])[0] for row in _ACCESSES} == routes | jobs


def test_an_access_names_keys_that_exist() -> None:
    known = key_functions() | {"account", "worklist", "sealed", "READING#", "BILL#", "~DIRECTORY", "DIRECTORY"}
    used = {word for row in _ACCESSES for word in code_words(row[1])}

    assert used <= known, used - known


@pytest.mark.parametrize(("route", "step"), _LOCKED.items(), ids=_LOCKED.values())
def test_a_figure_that_is_counted_is_the_counted_one(route: str, step: str) -> None:
    (row,) = [row for row in _ACCESSES if code_words(row[0]) == [route]]
    counted = json.loads(_LOCK.read_text())[step]

    assert [_first_number(cell) for cell in row[2:4]] == [counted["write_units"], counted["read_units"]]


def _first_number(cell: str) -> str:
    found = re.match(r"[0-9.]+", cell)
    assert found, cell
    return found[0]

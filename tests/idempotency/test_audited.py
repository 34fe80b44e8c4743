"""Every operation that writes leaves its entry in the audit log: what was done and by whom, and no secret or name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.audit.domain import ACTIONS
from chalicelib.kernel.signatures import signature_of
from chalicelib.onboarding.service import write_ticket
from chalicelib.platform.http import PUBLIC
from chalicelib.tenancy import service as tenancy
from local.simulated_gateway import Outcome, Paid, callback_of
from tests.support import table
from tests.support.catalogue import CATALOGUE, CLIENT, PROJECT, Row, Sandbox, good_request
from tests.support.endpoints import ALL, status_of
from tests.support.engine import Engine
from tests.support.mails import mails_to, token_in
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, bring_file, bring_history, register_connection

_number = count(1)
_WRITING = sorted(row for row, operation in CATALOGUE.items() if operation.leaves)


def _enable(sandbox: Sandbox, _: Chalice) -> None:
    disabling = good_request(sandbox, ("PUT", CLIENT + "/users/{userId}/status"), next(_number))
    disabling.send().expect(200)
    disabling.send(body={"status": "active"}).expect(200)


def _estimate_an_area(sandbox: Sandbox, _: Chalice) -> None:
    good_request(sandbox, ("POST", PROJECT + "/readings/estimates"), next(_number))
    body = {"period": "2025-11", "area": "Poblacion"}
    assert sandbox.admin.post(f"{sandbox.utility.base}/readings/estimates", body).expect(200)["estimated"] == 1


def _bill_a_month(sandbox: Sandbox, app: Chalice) -> None:
    good_request(sandbox, ("POST", PROJECT + "/billing-runs"), next(_number)).send().expect(202)
    drain(app, "meterbook-billing")


def _import_readings(sandbox: Sandbox, _: Chalice) -> None:
    bring_file(sandbox.utility, sandbox.admin, "readings", b"meter_number,reading,read_on\nNOBODYS,10,2025-11-05\n")


def _import_history(sandbox: Sandbox, _: Chalice) -> None:
    account = register_connection(sandbox.admin, sandbox.utility, f"OLD-{next(_number)}")["accountNumber"]
    unit = {"prior": 0, "current": 0}
    month = {"year": 2025, "month": 10, "readingDate": "2025-10-05", "units": {account: unit}}
    bring_history(sandbox.utility, sandbox.admin, [month])


def _forget_a_password(sandbox: Sandbox, app: Chalice) -> None:
    login, address = f"user{next(_number)}z", f"{sandbox.utility.client}@example.com"
    body = {"login": login, "name": "Ana", "password": PASSWORD, "role": "viewer", "email": address}
    sandbox.admin.post(f"/api/clients/{sandbox.utility.client}/users", body).expect(201)
    api = sandbox.utility.api
    api.post("/api/auth/password-reset", {"clientId": sandbox.utility.client, "login": login}).expect(202)
    drain(app, "meterbook-mails")
    token = token_in(mails_to(address)[-1])
    api.post("/api/auth/password-reset/confirmation", {"token": token, "password": "Battery-staple-2"}).expect(200)


def _register_oneself(sandbox: Sandbox, _: Chalice) -> None:
    path = f"/api/clients/{sandbox.utility.client}/settings"
    shown = sandbox.admin.get(path).expect(200)
    settings = shown["settings"] | {"selfRegistration": True}
    sandbox.admin.patch(path, {"version": shown["version"], "settings": settings}).expect(200)
    body = {"clientId": sandbox.utility.client, "firstName": "Ana", "lastName": "Reyes", "password": PASSWORD}
    who = {"login": f"self{next(_number)}", "email": f"self{next(_number)}@example.com"}
    sandbox.utility.api.post("/api/auth/register", body | who).expect(201)


def _connect_who_registered(sandbox: Sandbox, _: Chalice) -> None:
    made = _as_strangers_sign_in_by_mail(sandbox, "ana")
    body = {
        "consumerId": made,
        "consumerClass": "residential",
        "meterNumber": f"SELF-{next(_number)}",
        "area": "Poblacion",
    }
    sandbox.admin.post(f"{sandbox.utility.base}/connections", body).expect(201)


def _take_a_strangers_login(sandbox: Sandbox, _: Chalice) -> None:
    _as_strangers_sign_in_by_mail(sandbox, "eva", taken=True)


def _as_strangers_sign_in_by_mail(sandbox: Sandbox, who: str, *, taken: bool = False) -> str:
    """Register somebody where people sign in by e-mail address, and give their login name to staff if it is `taken`."""
    client = tenancy.get_client(sandbox.utility.client_context())
    tenancy.open_client(client=replace(client, login_names="email", self_registration=True))
    login = f"{who}{next(_number)}@example.com"
    body = {"clientId": client.id, "firstName": "Ana", "lastName": "Reyes", "password": PASSWORD, "email": login}
    made = sandbox.utility.api.post("/api/auth/register", body).expect(201)["consumer"]["id"]
    if taken:
        staff = {"login": login, "name": "Ana", "password": PASSWORD, "role": "viewer"}
        sandbox.admin.post(f"/api/clients/{client.id}/users", staff).expect(201)
    tenancy.open_client(client=client)
    return str(made)


def _push_a_reading(sandbox: Sandbox, _: Chalice) -> None:
    account = register_connection(sandbox.admin, sandbox.utility, f"PUSHED-{next(_number)}")["accountNumber"]
    device = sandbox.admin.post(f"{sandbox.utility.base}/devices", {"title": "Collector"}).expect(201)["id"]
    secret = sandbox.admin.post(f"{sandbox.utility.base}/devices/{device}/keys").expect(201)["secret"]
    body = json.dumps({"accountNumber": account, "reading": "10", "readOn": "2025-11-05"}).encode()
    timestamp = str(int(NOVEMBER.timestamp()))
    headers = {
        "Meterbook-Device": f"{sandbox.utility.client}/{sandbox.utility.project}/{device}",
        "Meterbook-Timestamp": timestamp,
        "Meterbook-Signature": signature_of(secret, timestamp=timestamp, body=body),
    }
    sandbox.utility.api.send("POST", "/api/webhooks/readings", body, headers).expect(200)


def _hear_of_a_payment(sandbox: Sandbox, _: Chalice) -> None:
    request = good_request(sandbox, ("POST", PROJECT + "/online-payments"), next(_number))
    pay_at = request.send().expect(201)["payAt"]
    told: list[tuple[Outcome, str]] = [("failed", "T-1"), ("completed", "T-1"), ("completed", "T-2")]
    for outcome, transaction in told:
        paid = Paid(pay_at, outcome, "275.00", "PHP", NOVEMBER, transaction, "Declined")
        headers, body = callback_of(paid, sent_at=NOVEMBER)
        sandbox.utility.api.send("POST", "/api/gateway/callbacks", body, headers).expect(200)


def _take_over_older_dues(sandbox: Sandbox, _: Chalice) -> None:
    """Bill a connection twice where a new bill takes over what is owed on older ones."""
    admin, base = sandbox.admin, sandbox.utility.base
    version = admin.get(f"{base}/settings").expect(200)["version"]
    takes = {"version": version, "settings": {"payments": {"newBillsTake": "dues"}}}
    admin.patch(f"{base}/settings", takes).expect(200)
    account = register_connection(admin, sandbox.utility, f"TWICE-{next(_number)}")["accountNumber"]
    for month, shown in (("10", "10"), ("11", "20")):
        read = {"accountNumber": account, "reading": shown, "readOn": f"2025-{month}-05"}
        made = admin.post(f"{base}/readings", read).expect(201)["id"]
        admin.post(f"{base}/readings/{made}/confirmation").expect(200)
        billed = admin.post(f"{base}/bills", {"readingId": made}).expect(201)
    assert billed["carriedOver"] != "0.00"


def _import_transfers(sandbox: Sandbox, _: Chalice) -> None:
    request = good_request(sandbox, ("POST", PROJECT + "/bank-lines/{lineId}/dismissal"), next(_number))
    request.send().expect(200)


def _open_a_client(sandbox: Sandbox, _: Chalice) -> None:
    client = f"{sandbox.utility.client}new"
    administrator = {"login": "ana", "name": "Ana Reyes", "password": PASSWORD}
    body = {"ticket": write_ticket(client, now=NOVEMBER), "presetId": "balilihan", "administrator": administrator}
    sandbox.utility.api.post("/api/clients", body).expect(201)


# Of these the action says all, or the rest is personal or secret. The settings here are sent as they are: no change.
_ACTIONS_WITHOUT_FACTS = {
    "consumer.registered", "issue.reported", "project.changed", "project.closed", "user.password-changed",
    "user.password-reset", "user.reset-mailed",
}  # fmt: skip
# What strangers, devices and jobs do, and what comes of an operation only in some cases.
_BESIDES: Mapping[str, tuple[Callable[[Sandbox, Chalice], None], set[str]]] = {
    "somebody is let in again": (_enable, {"user.registered", "user.disabled", "user.enabled"}),
    "an area is estimated": (
        _estimate_an_area,
        {"consumer.registered", "connection.registered", "reading.taken", "reading.confirmed", "readings.estimated"},
    ),
    "a run completes": (_bill_a_month, {"billing-run.started", "billing-run.completed"}),
    "a file of readings is read": (_import_readings, {"import.announced", "import.finished"}),
    "a history is read": (
        _import_history,
        {"consumer.registered", "connection.registered", "import.announced", "history.migrated", "import.finished"},
    ),
    "POST /api/auth/password-reset": (
        _forget_a_password,
        {"user.registered", "user.reset-mailed", "user.password-reset"},
    ),
    "POST /api/auth/register": (_register_oneself, {"client.changed", "consumer.registered", "user.registered"}),
    "somebody who registered is connected": (
        _connect_who_registered,
        {"consumer.registered", "user.registered", "consumer.vouched-for", "connection.registered"},
    ),
    "somebody who registered gives way": (
        _take_a_strangers_login,
        {"consumer.registered", "user.registered", "user.gave-way"},
    ),
    "POST /api/webhooks/readings": (
        _push_a_reading,
        {"consumer.registered", "connection.registered", "device.registered", "device.key-issued", "reading.taken"},
    ),
    "POST /api/gateway/callbacks": (
        _hear_of_a_payment,
        {
            "connection.registered",
            "reading.taken",
            "reading.confirmed",
            "bill.issued",
            "online-payment.started",
            "online-payment.failed",
            "payment.recorded",
            "online-payment.flagged",
            "project.changed",
        },
    ),
    "a new bill takes over older dues": (
        _take_over_older_dues,
        {
            "project.changed",
            "consumer.registered",
            "connection.registered",
            "reading.taken",
            "reading.confirmed",
            "bill.issued",
            "bill.took-over",
        },
    ),
    "a bank's file is read": (
        _import_transfers,
        {
            "project.changed",
            "consumer.registered",
            "connection.registered",
            "reading.taken",
            "reading.confirmed",
            "bill.issued",
            "import.announced",
            "import.finished",
            "bank-line.dismissed",
        },
    ),
    "POST /api/clients": (_open_a_client, {"project.opened", "role.defined", "tariff.opened", "user.registered"}),
}


def _entries(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    items = table.items_of(sandbox.utility.client) | table.items_of(f"{sandbox.utility.client}new")
    return {key: item for key, item in items.items() if "#AUDIT#" in key and " | ENTRY#" in key}


@pytest.mark.covers("S2-022", "S2-136", "S2-137", "S2-138", "S2-139", "S2-140", "S3-114")
@pytest.mark.parametrize("row", _WRITING, ids=" ".join)
def test_an_operation_that_writes_leaves_its_entry(sandbox: Sandbox, row: Row) -> None:
    request = good_request(sandbox, row, next(_number))
    before, who = _entries(sandbox), request.by.get("/api/me").expect(200)["id"]
    request.send().expect(status_of(row))
    assert _check_new(sandbox, before, who) == CATALOGUE[row].leaves


@pytest.mark.parametrize("what", _BESIDES)
def test_what_strangers_devices_and_jobs_do_leaves_its_entry(
    sandbox: Sandbox, app: Chalice, engine: Engine, what: str
) -> None:
    engine.forget_messages()  # of runs that other tests started
    do, left = _BESIDES[what]
    before = _entries(sandbox)
    do(sandbox, app)
    assert _check_new(sandbox, before, None) == left


def test_every_operation_that_writes_is_walked_here() -> None:
    of_sessions = {("POST", "/api/auth/logout"), ("POST", "/api/auth/logout-everywhere")}  # login events tell of these
    stores_nothing = {("POST", PROJECT + "/tariffs/quote"), ("POST", PROJECT + "/readings/import-trials")}
    stores_nothing |= {(method, path) for method, path in CATALOGUE if path.endswith("/preview") and method == "POST"}
    writes = {(one.method, one.path) for one in ALL if one.method != "GET" and one.permission != PUBLIC}
    assert writes - of_sessions - stores_nothing == set(_WRITING)
    public = {f"{one.method} {one.path}" for one in ALL if one.method != "GET" and one.permission == PUBLIC}
    with_another = {"POST /api/auth/password-reset/confirmation"}
    assert public - with_another - {"POST /api/auth/login", "POST /api/auth/refresh"} == {
        what for what in _BESIDES if what.startswith("POST ")
    }


def test_every_action_of_the_log_is_seen_here() -> None:
    seen = set().union(*(CATALOGUE[row].leaves for row in _WRITING), *(left for _, left in _BESIDES.values()))
    assert seen == ACTIONS
    assert seen != ACTIONS | {"area.flooded"}  # nobody could write one more unnoticed


def _check_new(sandbox: Sandbox, before: Mapping[str, Any], who: str | None) -> set[str]:
    """Insist on new entries with who did it, when and by which request, and nothing personal; name their actions."""
    new = [item for key, item in _entries(sandbox).items() if key not in before]
    assert new, "put audit.entry_write(...) into the transaction that writes this"
    if who is not None:
        assert {item["by"]["S"] for item in new} == {who}
        assert all(item["rq"]["S"] for item in new)
    silent = {item["ac"]["S"] for item in new if not item.keys() & {"be", "af"}}
    assert silent <= _ACTIONS_WITHOUT_FACTS, "say in the entry what changed: before, after, or both"
    said = json.dumps(new)
    assert [word for word in (PASSWORD, "Reyes", "Cruz", "Purok", "Leak") if word in said] == []
    return {item["ac"]["S"] for item in new}

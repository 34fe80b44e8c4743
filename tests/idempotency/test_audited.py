"""Every deed leaves its entry of the audit log, which says what was done and by whom, and no secret or name."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.audit.domain import ACTIONS
from chalicelib.devices.domain import signature_of
from chalicelib.onboarding.service import write_ticket
from chalicelib.platform.http import PUBLIC
from tests.support import table
from tests.support.deeds import CLIENT, DEEDS, PROJECT, Ground
from tests.support.endpoints import ALL
from tests.support.engine import Engine
from tests.support.http import Api
from tests.support.mails import mails_to, token_in
from tests.support.mutations import CHANGES
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, bring_file, bring_history, register_connection

Row = tuple[str, str]

_number = count(1)
# What each operation leaves in the log.
_LEFT: Mapping[Row, set[str]] = {
    ("PATCH", "/api/me"): {"user.changed"},
    ("PUT", "/api/me/password"): {"user.password-changed"},
    ("PATCH", "/api/me/profile"): {"consumer.changed", "user.changed"},
    ("POST", "/api/me/service-requests"): {"request.made"},
    ("POST", "/api/me/service-requests/{request}/withdrawal"): {"request.withdrawn"},
    ("POST", "/api/me/issues"): {"issue.reported"},
    ("PUT", CLIENT + "/settings"): {"client.changed"},
    ("POST", CLIENT + "/projects"): {"project.opened"},
    ("POST", CLIENT + "/projects/adopt"): {"project.opened", "tariff.opened"},
    ("PUT", PROJECT + "/settings"): {"project.changed"},
    ("DELETE", PROJECT): {"project.closed"},
    ("POST", PROJECT + "/closure"): {"project.closed"},
    ("POST", CLIENT + "/areas"): {"area.opened"},
    ("PUT", CLIENT + "/areas/{area}"): {"area.renamed"},
    ("DELETE", CLIENT + "/areas/{area}"): {"area.deleted"},
    ("POST", CLIENT + "/meter-brands"): {"meter-brand.opened"},
    ("PUT", CLIENT + "/meter-brands/{brand}"): {"meter-brand.renamed"},
    ("DELETE", CLIENT + "/meter-brands/{brand}"): {"meter-brand.deleted"},
    ("POST", CLIENT + "/users"): {"user.registered"},
    ("PATCH", CLIENT + "/users/{user}"): {"user.changed"},
    ("DELETE", CLIENT + "/users/{user}"): {"user.deleted"},
    ("PUT", CLIENT + "/users/{user}/role"): {"user.role-changed"},
    ("PUT", CLIENT + "/users/{user}/status"): {"user.disabled"},
    ("PUT", CLIENT + "/users/{user}/password"): {"user.password-changed"},
    ("PUT", CLIENT + "/users/{user}/areas"): {"user.areas-changed"},
    ("POST", CLIENT + "/roles"): {"role.defined"},
    ("PUT", CLIENT + "/roles/{role}"): {"role.changed"},
    ("DELETE", CLIENT + "/roles/{role}"): {"role.deleted"},
    ("POST", CLIENT + "/billing-cycles"): {"billing-cycle.opened"},
    ("PUT", CLIENT + "/billing-cycles/{cycle}"): {"billing-cycle.changed"},
    ("DELETE", CLIENT + "/billing-cycles/{cycle}"): {"billing-cycle.deleted"},
    ("POST", CLIENT + "/consumers"): {"consumer.registered"},
    ("PATCH", CLIENT + "/consumers/{consumer}"): {"consumer.changed"},
    ("DELETE", CLIENT + "/consumers/{consumer}"): {"consumer.deleted"},
    ("POST", CLIENT + "/consumers/{consumer}/login"): {"user.registered"},
    ("POST", PROJECT + "/connections"): {"connection.registered"},
    ("PATCH", PROJECT + "/connections/{account}"): {"connection.changed"},
    ("DELETE", PROJECT + "/connections/{account}"): {"connection.deleted"},
    ("POST", PROJECT + "/connections/{account}/disconnection"): {"connection.disconnected"},
    ("POST", PROJECT + "/connections/{account}/reconnection"): {"connection.reconnected"},
    ("POST", PROJECT + "/connections/{account}/closure"): {"connection.closed"},
    ("POST", PROJECT + "/connections/{account}/meter-exchanges"): {"connection.meter-exchanged"},
    ("POST", PROJECT + "/connections/{account}/handovers"): {"connection.handed-over"},
    ("POST", CLIENT + "/service-requests"): {"request.made"},
    ("POST", CLIENT + "/service-requests/{request}/approval"): {"connection.registered", "request.approved"},
    ("POST", CLIENT + "/service-requests/{request}/rejection"): {"request.rejected"},
    ("POST", CLIENT + "/issues/{issue}/responses"): {"issue.answered"},
    ("PUT", CLIENT + "/issues/{issue}/status"): {"issue.moved-on"},
    ("POST", PROJECT + "/tariffs"): {"tariff.opened"},
    ("POST", PROJECT + "/tariffs/adopt"): {"tariff.opened"},
    ("POST", PROJECT + "/tariffs/{tariff}/versions"): {"tariff.succeeded"},
    ("PUT", PROJECT + "/tariffs/{tariff}/versions/{version}"): {"tariff.corrected"},
    ("DELETE", PROJECT + "/tariffs/{tariff}/versions/{version}"): {"tariff.deleted"},
    ("POST", PROJECT + "/readings"): {"reading.taken"},
    ("PUT", PROJECT + "/readings/{reading}"): {"reading.corrected"},
    ("POST", PROJECT + "/readings/{reading}/confirmation"): {"reading.confirmed"},
    ("POST", PROJECT + "/readings/confirmations"): {"readings.confirmed"},
    ("POST", PROJECT + "/readings/estimates"): {"reading.estimated"},
    ("POST", PROJECT + "/readings/imports"): {"import.announced"},
    ("POST", PROJECT + "/registry/imports"): {"import.announced"},
    ("POST", PROJECT + "/history/imports"): {"import.announced"},
    ("POST", PROJECT + "/devices"): {"device.registered"},
    ("PUT", PROJECT + "/devices/{device}/key"): {"device.key-issued"},
    ("DELETE", PROJECT + "/devices/{device}"): {"device.disabled"},
    ("POST", PROJECT + "/bills"): {"bill.issued"},
    ("POST", PROJECT + "/billing-runs"): {"billing-run.started"},
}


def _enable(ground: Ground, _: Chalice) -> None:
    path = CHANGES["PUT", CLIENT + "/users/{user}/status"](ground, next(_number))
    path.send().expect(200)
    ground.admin.put(path.path, {"status": "active"}).expect(200)


def _close_a_used_project(ground: Ground, _: Chalice) -> None:
    ground.admin.delete(ground.utility.base).expect(409)


def _estimate_an_area(ground: Ground, _: Chalice) -> None:
    CHANGES["POST", PROJECT + "/readings/estimates"](ground, next(_number))
    body = {"period": "2025-11", "area": "Poblacion"}
    assert ground.admin.post(f"{ground.utility.base}/readings/estimates", body).expect(200)["estimated"] == 1


def _bill_a_month(ground: Ground, app: Chalice) -> None:
    deed = DEEDS["POST", PROJECT + "/billing-runs"](ground, next(_number))
    ground.post(deed).expect(202)
    drain(app, "meterbook-billing")


def _import_readings(ground: Ground, _: Chalice) -> None:
    bring_file(ground.utility, ground.admin, "readings", b"meter_number,reading,read_on\nNOBODYS,10,2025-11-05\n")


def _import_history(ground: Ground, _: Chalice) -> None:
    account = register_connection(ground.admin, ground.utility, f"OLD-{next(_number)}")["accountNumber"]
    unit = {"prior": 0, "current": 0}
    month = {"year": 2025, "month": 10, "readingDate": "2025-10-05", "units": {account: unit}}
    bring_history(ground.utility, ground.admin, [month])


def _forget_a_password(ground: Ground, app: Chalice) -> None:
    login, address = f"user{next(_number)}z", f"{ground.utility.client}@example.com"
    body = {"login": login, "name": "Ana", "password": PASSWORD, "role": "viewer", "email": address}
    ground.admin.post(f"/api/clients/{ground.utility.client}/users", body).expect(201)
    api = ground.utility.api
    api.post("/api/auth/password-reset", {"client": ground.utility.client, "login": login}).expect(202)
    drain(app, "meterbook-mails")
    token = token_in(mails_to(address)[-1])
    api.post("/api/auth/password-reset/confirm", {"token": token, "password": "Battery-staple-2"}).expect(200)


def _register_oneself(ground: Ground, _: Chalice) -> None:
    path = f"/api/clients/{ground.utility.client}/settings"
    shown = ground.admin.get(path).expect(200)
    settings = shown["settings"] | {"selfRegistration": True}
    ground.admin.put(path, {"version": shown["version"], "settings": settings}).expect(200)
    body = {"client": ground.utility.client, "firstName": "Ana", "lastName": "Reyes", "password": PASSWORD}
    who = {"login": f"self{next(_number)}", "email": f"self{next(_number)}@example.com"}
    ground.utility.api.post("/api/auth/register", body | who).expect(201)


def _push_a_reading(ground: Ground, _: Chalice) -> None:
    account = register_connection(ground.admin, ground.utility, f"PUSHED-{next(_number)}")["accountNumber"]
    device = ground.admin.post(f"{ground.utility.base}/devices", {"title": "Collector"}).expect(201)["id"]
    secret = ground.admin.put(f"{ground.utility.base}/devices/{device}/key").expect(200)["secret"]
    body = json.dumps({"accountNumber": account, "reading": "10", "readOn": "2025-11-05"}).encode()
    timestamp = str(int(NOVEMBER.timestamp()))
    headers = {
        "Meterbook-Device": f"{ground.utility.client}/{ground.utility.project}/{device}",
        "Meterbook-Timestamp": timestamp,
        "Meterbook-Signature": signature_of(secret, timestamp=timestamp, body=body),
    }
    ground.utility.api.send("POST", "/api/webhooks/readings", body, headers).expect(200)


def _open_a_client(ground: Ground, _: Chalice) -> None:
    client = f"{ground.utility.client}new"
    administrator = {"login": "ana", "name": "Ana Reyes", "password": PASSWORD}
    body = {"ticket": write_ticket(client, now=NOVEMBER), "preset": "balilihan", "administrator": administrator}
    ground.utility.api.post("/api/clients", body).expect(201)


# What strangers, devices and jobs do, and what comes of an operation only in some cases.
_BESIDES: Mapping[str, tuple[Callable[[Ground, Chalice], None], set[str]]] = {
    "somebody is let in again": (_enable, {"user.registered", "user.disabled", "user.enabled"}),
    "a used project is not deleted": (_close_a_used_project, {"project.closed", "project.reopened"}),
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
    "POST /api/webhooks/readings": (
        _push_a_reading,
        {"consumer.registered", "connection.registered", "device.registered", "device.key-issued", "reading.taken"},
    ),
    "POST /api/clients": (_open_a_client, {"project.opened", "role.defined", "tariff.opened", "user.registered"}),
}


def _entries(ground: Ground) -> dict[str, dict[str, Any]]:
    items = table.items_of(ground.utility.client) | table.items_of(f"{ground.utility.client}new")
    return {key: item for key, item in items.items() if " | ENTRY#" in key}


@pytest.mark.covers("S2-022", "S2-137", "S2-138", "S2-140")
@pytest.mark.parametrize("row", sorted(DEEDS), ids=lambda row: row[1])
def test_a_deed_leaves_its_entry(ground: Ground, row: tuple[str, str]) -> None:
    deed = DEEDS[row](ground, next(_number))
    before = _entries(ground)
    ground.post(deed)
    who = ground.consumer if deed.path.startswith("/api/me") else ground.admin
    assert _check_new(ground, before, who) == _LEFT[row]


@pytest.mark.covers("S2-022", "S2-136", "S2-138", "S2-139")
@pytest.mark.parametrize("row", sorted(CHANGES), ids=" ".join)
def test_a_change_leaves_its_entry(ground: Ground, row: tuple[str, str]) -> None:
    change = CHANGES[row](ground, next(_number))
    before, who = _entries(ground), change.by.get("/api/me").expect(200)["id"]
    change.send().expect(200)
    assert _check_new(ground, before, who) == _LEFT[row]


@pytest.mark.parametrize("what", _BESIDES)
def test_what_strangers_devices_and_jobs_do_leaves_its_entry(
    ground: Ground, app: Chalice, engine: Engine, what: str
) -> None:
    engine.forget_messages()  # of runs that went with the deeds before
    do, left = _BESIDES[what]
    before = _entries(ground)
    do(ground, app)
    assert _check_new(ground, before, None) == left


def test_every_operation_that_writes_is_walked_here() -> None:
    of_sessions = {("POST", "/api/auth/logout"), ("POST", "/api/auth/logout-everywhere")}  # login events tell of these
    stores_nothing = {("POST", PROJECT + "/tariffs/quote")}
    writes = {(one.method, one.path) for one in ALL if one.method != "GET" and one.permission != PUBLIC}
    assert writes - of_sessions - stores_nothing == DEEDS.keys() | CHANGES.keys() == _LEFT.keys()
    public = {f"{one.method} {one.path}" for one in ALL if one.method != "GET" and one.permission == PUBLIC}
    with_another = {"POST /api/auth/password-reset/confirm"}
    assert public - with_another - {"POST /api/auth/login", "POST /api/auth/refresh"} == {
        what for what in _BESIDES if what.startswith("POST ")
    }


def test_every_action_of_the_log_is_seen_here() -> None:
    seen = set().union(*_LEFT.values(), *(left for _, left in _BESIDES.values()))
    assert seen == ACTIONS
    assert seen != ACTIONS | {"area.flooded"}  # nobody could write one more unnoticed


def _check_new(ground: Ground, before: Mapping[str, Any], who: Api | str | None) -> set[str]:
    """Insist on new entries with who did it, when and by which request, and nothing personal; name their actions."""
    new = [item for key, item in _entries(ground).items() if key not in before]
    assert new, "put audit.entry_write(...) into the transaction of this deed"
    if who is not None:
        actor = who if isinstance(who, str) else who.get("/api/me").expect(200)["id"]
        assert {item["by"]["S"] for item in new} == {actor}
        assert all(item["rq"]["S"] for item in new)
    said = json.dumps(new)
    assert [word for word in (PASSWORD, "Reyes", "Cruz", "Purok", "Leak") if word in said] == []
    return {item["ac"]["S"] for item in new}

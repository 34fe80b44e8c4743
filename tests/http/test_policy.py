"""Every route, asked by everybody, answers as the policy table has it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.identity.domain import PERMISSIONS, ROLES, roles
from chalicelib.platform import clock
from chalicelib.platform.http import ENDPOINTS
from tests.support.catalogue import (
    CATALOGUE,
    PAGES,
    PUBLIC,
    SIGNED_IN,
    Operation,
    Row,
    Sandbox,
    fitting_body,
    good_request,
    open_sandbox,
)
from tests.support.catalogue.roles import ENDS_AT_AREAS, GRANTS, OF_NO_AREA
from tests.support.contract import check_answer
from tests.support.endpoints import status_of
from tests.support.fixture_world import PERIOD, STAFF, World
from tests.support.http import Api, Reply
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD

_GUARDED = sorted(row for row, operation in CATALOGUE.items() if operation.permission != PUBLIC)
_WRITES = [row for row in _GUARDED if row[0] != "GET"]
_TENANTS = sorted(row for row in _GUARDED if "{clientId}" in row[1])
# What a tenant calls its things may be what another calls theirs; every other id is one tenant's alone.
_NAMES = {
    "accountNumber",
    "area",
    "billId",
    "brandId",
    "cycleId",
    "mappingId",
    "period",
    "projectId",
    "readingId",
    "role",
    "tariffId",
    "version",
}
_UNIQUE = sorted({name for _, path in CATALOGUE for name in re.findall(r"{(\w+)}", path)} - _NAMES)
_IMPORTS = {"bank", "registry", "history"}  # whose paths name them importId, too
_WITH_UNIQUE_IDS = [row for row in _TENANTS if any(f"{{{name}}}" in row[1] for name in _UNIQUE if name != "clientId")]
_AREA_ROWS = sorted(
    row
    for row, operation in CATALOGUE.items()
    if operation.permission in ENDS_AT_AREAS - OF_NO_AREA
    and not row[1].endswith(("/{brandId}", "/{mappingId}"))  # these lie in no area
)
_OF_AREAS = ("correctionId", "accountNumber", "area", "billId", "consumerId", "importId", "readingId")
_NOT_THERE = {
    "accountNumber": "7777777777", "area": "Nowhere", "billId": f"{PERIOD}.7777777777.1",
    "readingId": f"{PERIOD}.7777777777", "consumerId": "01ARYZ6S410000000000000000",
    "importId": "01ARYZ6S410000000000000000",
}  # fmt: skip
_QUERIES = {
    "/readings/balance": f"?period={PERIOD}",
    "/readings/round": f"?period={PERIOD}",
    "/readings/unread": f"?period={PERIOD}",
    "/readings/unbilled": f"?period={PERIOD}",
    "/readings": f"?period={PERIOD}",
    "/bills": f"?period={PERIOD}",
    "/payments": f"?month={PERIOD}",
    "/inquiry": "?accountNumber={accountNumber}",
    "/bills/{billId}/leak-allowance": "?usualUse=6",
}
# A consumer's profile is one that staff do not have, and a consumer changes name and mail there and nowhere else.
_STAFF_HAVE_NONE = {("GET", "/api/me/profile"), ("PATCH", "/api/me/profile")}
_CONSUMERS_HAVE_A_PROFILE = ("PATCH", "/api/me")
# Others than its cashier touch a session only with a further permission, and accept its cash only if it is for them.
_OF_ONE_CASHIER = "/cashier-sessions/{cashierSessionId}/"
_number = count(1)


@pytest.fixture(scope="module")
def sandbox(api: Api) -> Sandbox:
    """A waterworks in which permitted writes really happen, apart from the world of the other tests."""
    clock.use_time(lambda: NOVEMBER)
    return open_sandbox(api)


@pytest.fixture(scope="module")
def staff(sandbox: Sandbox) -> Mapping[str, Api]:
    """Somebody of each role of staff, signed in."""
    return {role: _newcomer(sandbox, role) for role in STAFF}


def _newcomer(sandbox: Sandbox, role: str) -> Api:
    login = f"newcomer{next(_number)}x"
    areas = ["Poblacion"] if role == "field_staff" else []
    body = {"login": login, "name": "Ana", "password": PASSWORD, "role": role, "areas": areas}
    superuser = sandbox.utility.as_staff("superuser")
    superuser.post(f"/api/clients/{sandbox.utility.client}/users", body).expect(201)
    return sandbox.utility.api.sign_in(sandbox.utility.client, login, PASSWORD)


def _send(world: World, who: str, method: str, path: str, ids: dict[str, str] | None = None) -> Reply:
    query = next((query for end, query in _QUERIES.items() if path.endswith("{projectId}" + end)), "")
    query = query.format(**world.ids) if method == "GET" else ""
    body = None if method == "GET" or path.endswith("confirmation") else b"{}"
    person = world.fresh(who) if path.startswith("/api/auth/logout") else world.people[who]
    if method == "GET" and ids is None:
        ids = world.ids_to_read
    return person.send(method, world.fill(path, ids) + query, body)


def _may(role: str, operation: Operation) -> bool:
    grants, permission = GRANTS[role], operation.permission
    own = operation.or_own and f"{permission}.own" in grants
    return permission == SIGNED_IN or permission in grants or own


@pytest.mark.covers("S0-069")
def test_every_route_has_its_row(app: Chalice) -> None:
    routes = {(method, path) for path, methods in app.routes.items() for method in methods if method != "OPTIONS"}
    # Permission to GET includes HEAD.
    assert routes == CATALOGUE.keys() | {("HEAD", path) for method, path in CATALOGUE if method == "GET"}


def test_the_endpoints_ask_for_what_the_table_says() -> None:
    asked = {(one.method, one.path): (one.permission, one.or_own) for one in ENDPOINTS}
    assert asked == {
        row: (operation.permission, operation.or_own) for row, operation in CATALOGUE.items() if row not in PAGES
    }


def test_every_permission_that_is_asked_for_is_known() -> None:
    assert {one.permission.removesuffix(".own") for one in ENDPOINTS} - {PUBLIC, SIGNED_IN} <= PERMISSIONS.keys()


def test_every_role_has_its_row() -> None:
    assert {role: set(permissions) for role, permissions in ROLES.items()} == GRANTS


@pytest.mark.covers("S0-043", "S0-044", "S0-058", "S2-005", "S2-008", "S2-213", "S3-115", "S2-382", "S2-420")
@pytest.mark.parametrize(("method", "path"), _GUARDED)
@pytest.mark.parametrize("who", ["anonymous", "garbage token", "expired token", "signed-out admin", "disabled admin"])
def test_without_a_good_token_there_is_a_401(
    world: World, document: dict[str, Any], who: str, method: str, path: str
) -> None:
    reply = _send(world, who, method, path)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    check_answer(document, method, path, reply)


@pytest.mark.covers("S1-129", "S3-003")
@pytest.mark.parametrize("role", ["superuser", "admin"])
def test_superusers_and_admins_get_in_everywhere(role: str) -> None:
    asked = {operation.permission.removesuffix(".own") for operation in CATALOGUE.values()} - {PUBLIC, SIGNED_IN}
    assert asked <= {permission.removesuffix(".own") for permission in GRANTS[role] | GRANTS["consumer"]}
    assert GRANTS[role] >= PERMISSIONS.keys() - {"requests.create", "issues.report"}


@pytest.mark.covers("S2-099")
@pytest.mark.parametrize("role", ["account_officer", "viewer"])
@pytest.mark.parametrize(("method", "path"), _WRITES)
def test_who_only_looks_changes_nothing(world: World, role: str, method: str, path: str) -> None:
    if CATALOGUE[method, path].permission != SIGNED_IN and not path.endswith("/quote"):  # a quote stores nothing
        assert _send(world, role, method, path).status == 403


@pytest.mark.covers("S3-014")
def test_field_staff_get_in_to_nothing_but_areas_and_what_lies_there(world: World) -> None:
    may = {row for row in _GUARDED if _may("field_staff", CATALOGUE[row]) and CATALOGUE[row].permission != SIGNED_IN}
    about = {
        path.removeprefix("/api/clients/{clientId}").removeprefix("/projects/{projectId}").split("/")[1]
        for _, path in may
    }
    assert about == {"api", "areas", "meter-brands", "connections", "consumers", "periods", "readings", "tariffs"}
    for refused in ("settings", "users", "logins", "audit-log"):
        assert world.people["field_staff"].get(f"/api/clients/{world.utility.client}/{refused}").status == 403


@pytest.mark.covers("S2-143", "S0-009", "S0-044", "S2-020", "S2-213", "S2-215", "S3-008", "S3-117", "S2-382", "S2-420")
@pytest.mark.covers("S1-129", "S3-003", "S4-052")
@pytest.mark.parametrize(("method", "path"), _GUARDED)
@pytest.mark.parametrize("role", STAFF)
def test_staff_get_in_exactly_where_their_role_says(
    world: World, document: dict[str, Any], role: str, method: str, path: str
) -> None:
    reply = _send(world, role, method, path)
    check_answer(document, method, path, reply)
    if not _may(role, CATALOGUE[method, path]):
        assert reply.json["code"] == "forbidden"
        assert reply.status == 403
    elif (method, path) in _STAFF_HAVE_NONE:
        assert world.people[role].send(method, path, {"version": 0} if method == "PATCH" else None).status == 404
    elif method == "GET":
        _check_let_in(reply, (method, path))


@pytest.mark.covers("S0-009", "S0-044", "S2-213", "S3-117", "S2-382", "S1-129", "S3-003", "S4-052")
@pytest.mark.parametrize(
    ("role", "row"),
    [(role, row) for role in STAFF for row in _WRITES if _may(role, CATALOGUE[row]) and row not in _STAFF_HAVE_NONE],
)
def test_staff_who_may_write_do_write(
    sandbox: Sandbox, staff: Mapping[str, Api], document: dict[str, Any], role: str, row: Row
) -> None:
    method, path = row
    leaves = path in {"/api/me/password", "/api/auth/logout", "/api/auth/logout-everywhere"}
    person = _newcomer(sandbox, role) if leaves else staff[role]
    if path.startswith("/api/auth"):
        reply = person.send(method, path)
    else:
        good = good_request(sandbox, row, next(_number))
        reply = person.send(method, good.path, good.body)
    check_answer(document, method, path, reply)
    supervises = "cashier_sessions.manage" in GRANTS[role] and not path.endswith("/acceptance")
    takes_back_own = path.endswith("/payments/{paymentId}/reversal") and "payments.reverse" not in GRANTS[role]
    if takes_back_own or (_OF_ONE_CASHIER in path and not supervises):
        assert reply.expect(403)["code"] == "forbidden"
    else:
        _check_let_in(reply, row)


@pytest.mark.parametrize("row", [row for row in _WRITES if _may("consumer", CATALOGUE[row])])
def test_consumers_who_may_write_do_write(sandbox: Sandbox, document: dict[str, Any], row: Row) -> None:
    login = f"consumer{next(_number)}x"
    made = sandbox.admin.post(sandbox.utility.consumers, {"firstName": "Eva", "lastName": login}).expect(201)
    body = {"login": login, "password": PASSWORD}
    sandbox.admin.post(f"{sandbox.utility.consumers}/{made['id']}/login", body).expect(201)
    person = sandbox.utility.api.sign_in(sandbox.utility.client, login, PASSWORD)
    sandbox = replace(sandbox, consumer=person, consumer_id=made["id"])
    good = None if row[1].startswith("/api/auth") else good_request(sandbox, row, next(_number))
    reply = person.send(row[0], good.path if good else row[1], good.body if good else None)
    check_answer(document, *row, reply)
    if row == _CONSUMERS_HAVE_A_PROFILE:
        assert reply.expect(400)["code"] == "consumer-profile"
    else:
        _check_let_in(reply, row)


def _check_let_in(reply: Reply, row: Row) -> None:
    """Insist on the operation's own success: a refusal of any kind would hide that somebody was kept out."""
    assert reply.status == status_of(row), reply.body


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_of_somebody_who_may_is_seen(status: int) -> None:
    with pytest.raises(AssertionError):
        _check_let_in(Reply(status, {}, b"{}"), ("PATCH", "/api/clients/{clientId}/settings"))


@pytest.mark.covers("S0-010", "S0-012", "S0-015", "S0-016", "S2-033", "S2-191")
@pytest.mark.parametrize(("method", "path"), _GUARDED)
@pytest.mark.parametrize("who", ["owner", "other consumer"])
def test_a_consumer_gets_in_only_to_what_is_theirs(
    world: World, document: dict[str, Any], who: str, method: str, path: str
) -> None:
    reply = _send(world, who, method, path)
    check_answer(document, method, path, reply)
    operation = CATALOGUE[method, path]
    if not _may("consumer", operation):
        assert reply.status == 403
    elif operation.or_own and path.endswith("-payments"):  # it names nothing of anybody: a list of one's own
        assert reply.status == (200 if method == "GET" else 400)
    elif who != "owner" and (operation.or_own or _is_mine(path)):
        assert reply.status == 404
        assert world.ids["consumerId"] not in reply.body.decode()
    elif method == "GET" or _is_mine(path):
        assert reply.status == 200
    if who != "owner":
        for name in ("billId", "onlinePaymentId", "announcedPaymentId"):
            assert world.ids[name] not in reply.body.decode()


def test_these_ids_are_one_tenants_alone(world: World) -> None:
    assert {name for name, id_ in world.ids.items() if id_ != world.foreign_ids[name]} == {
        *_UNIQUE, *_IMPORTS
    }  # fmt: skip


@pytest.mark.covers("S0-001", "S2-214")
@pytest.mark.parametrize(("method", "path"), _TENANTS)
@pytest.mark.parametrize("who", ["other tenant's admin", "other tenant's consumer"])
def test_another_tenants_address_is_a_404_that_gives_nothing_away(
    world: World, document: dict[str, Any], who: str, method: str, path: str
) -> None:
    reply = _send(world, who, method, path)
    assert reply.status == 404
    check_answer(document, method, path, reply)
    _gives_nothing_away(reply, world.ids)


@pytest.mark.covers("S0-001")
@pytest.mark.parametrize(("method", "path"), _WITH_UNIQUE_IDS)
def test_another_tenants_id_in_ones_own_address_is_a_404_that_gives_nothing_away(
    world: World, method: str, path: str
) -> None:
    mine = {"clientId": world.utility.client, "projectId": world.utility.project}
    body = fitting_body((method, path), consumer_id=_NOT_THERE["consumerId"])
    reply = world.people["admin"].send(method, world.fill(path, {**world.foreign_ids, **mine}), body)
    assert reply.status == 404
    _gives_nothing_away(reply, world.foreign_ids)


def test_nobody_is_told_anything_of_another_tenant_in_lists(world: World) -> None:
    for method, path in _TENANTS:
        if method == "GET":
            reply = _send(world, "admin", method, path)
            assert reply.status == 200
            _gives_nothing_away(reply, world.foreign_ids)


@pytest.mark.covers("S3-012", "S3-013")
@pytest.mark.parametrize(("method", "path"), _AREA_ROWS)
@pytest.mark.parametrize("who", ["surveyor of another area", "surveyor without areas"])
def test_whose_permissions_end_at_other_areas_meets_nothing(
    world: World, document: dict[str, Any], who: str, method: str, path: str
) -> None:
    person, before = world.people[who], items_of(world.utility.client) if method != "GET" else {}
    if "{" in path.removeprefix("/api/clients/{clientId}").removeprefix("/projects/{projectId}"):
        body = fitting_body((method, path), consumer_id=_NOT_THERE["consumerId"])
        reply = person.send(method, world.fill(path), body)
        nothing = person.send(method, world.fill(path, {**world.ids, **_NOT_THERE}), body)
        assert reply.status == nothing.status == 404
        assert [reply.json[key] for key in ("code", "detail")] == [nothing.json[key] for key in ("code", "detail")]
    elif method == "GET":
        reply = _send(world, who, method, path)
        assert reply.status == 200
    else:
        elsewhere = CATALOGUE[method, path].elsewhere
        assert elsewhere is not None, "say what a user of another area sends"
        sent, status = elsewhere
        reply = person.send(method, world.fill(path), sent)
        assert reply.status == status
    check_answer(document, method, path, reply)
    assert [key for key in _OF_AREAS if world.ids[key] in reply.body.decode()] == []
    if method != "GET" and not path.endswith("/imports"):
        assert items_of(world.utility.client) == before


@pytest.mark.parametrize(("method", "path"), [row for row in _AREA_ROWS if row[0] == "GET"])
def test_whose_permissions_end_where_things_lie_meets_them(world: World, method: str, path: str) -> None:
    reply = _send(world, "surveyor", method, path)
    if "{importId}" in path:  # somebody else's file may tell of any area
        assert reply.status == 404
    else:
        assert reply.status == 200
        shown = reply.body.decode()
        assert any(world.ids[key] in shown for key in _OF_AREAS) or path.endswith(
            (
                "/pending",
                "/unread",
                "/unbilled",
                "/balance",
                "/round",
                "/imports",
                "/import-mappings",
                "/meter-brands",
                "/history",
                "/corrections/{correctionId}",  # of another connection
            )
        )


def test_only_these_permissions_can_end_at_areas() -> None:
    assert ENDS_AT_AREAS == roles.ENDS_AT_AREAS
    assert GRANTS["field_staff"] <= ENDS_AT_AREAS


def _is_mine(path: str) -> bool:
    """Return whether a path names one of the caller's own things, so that nobody else's is there."""
    return path.startswith("/api/me/") and "{" in path


def _gives_nothing_away(reply: Reply, ids: Mapping[str, str]) -> None:
    text = reply.body.decode()
    # A project's and an account's name may be the same in both; the others are one tenant's alone.
    assert not [key for key in _UNIQUE if ids[key] in text]

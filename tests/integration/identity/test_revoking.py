"""F1: nobody can hold up what takes their rights away, however busy their sessions are."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from chalice.app import Chalice

from chalicelib.identity import service
from chalicelib.identity.domain.sessions import MAX_SESSIONS
from chalicelib.identity.repository import users
from chalicelib.platform import dynamo, transaction
from local.gateway import open_gateway
from tests.support.faults import _answer, just_before_writing
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, open_waterworks

NEW = "Another-horse-2"


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _sessions(utility: Utility, login: str) -> list[dict[str, Any]]:
    body = {"clientId": utility.client, "login": login, "password": PASSWORD}
    return [utility.api.post("/api/auth/login", body).expect(200) for _ in range(MAX_SESSIONS)]


@contextmanager
def _busy(app: Chalice, sessions: list[dict[str, Any]], path: str, change: dict[str, Any]) -> Iterator[list[int]]:
    """Let each session renew itself and change its own profile as fast as it can, until they may no more."""
    over, statuses = Event(), list[int]()

    def keep_busy(session: dict[str, Any]) -> None:
        mine, api = session, Api(open_gateway(app))
        while not over.is_set():
            renewed = api.post("/api/auth/refresh", {"refreshToken": mine["refreshToken"]})
            statuses.append(renewed.status)
            if renewed.status == 401:
                return
            mine = renewed.json if renewed.status == 200 else mine
            body = change
            if path == "/api/me/profile":
                shown = api.with_token(mine["accessToken"]).get(path)
                body = change | {"version": shown.json.get("version", 0)}
            api.with_token(mine["accessToken"]).patch(path, body)

    with ThreadPoolExecutor(len(sessions)) as threads:
        for session in sessions:
            threads.submit(keep_busy, session)
        while statuses.count(200) < 3 * len(sessions):
            over.wait(0.01)
        try:
            yield statuses
        finally:
            over.set()


def _alive(utility: Utility, sessions: list[dict[str, Any]]) -> int:
    """Count the sessions, of those that were begun, that are still listed."""
    _, access, _ = users.find_with_access(utility.client, sessions[0]["user"]["id"])
    assert access is not None
    return len(access.sessions)


def _revocations(utility: Utility, user: str) -> dict[str, Callable[[Api], Any]]:
    path = f"/api/clients/{utility.client}/users/{user}"
    return {
        "disable": lambda admin: admin.put(f"{path}/status", {"status": "disabled"}),
        "password": lambda admin: admin.put(f"{path}/password", {"password": NEW}),
        "role": lambda admin: admin.put(f"{path}/role", {"role": "manager"}),
        "areas": lambda admin: admin.put(f"{path}/areas", {"areas": ["Poblacion"]}),
        "delete": lambda admin: admin.delete(path),
    }


@pytest.mark.slow
@pytest.mark.parametrize("revocation", ["disable", "password", "role", "areas", "delete"])
def test_ten_sessions_that_keep_writing_do_not_hold_up_what_ends_them(
    app: Chalice, utility: Utility, revocation: str
) -> None:
    sessions = _sessions(utility, "viewer")
    admin = utility.as_staff()
    revoke = _revocations(utility, sessions[0]["user"]["id"])[revocation]
    with _busy(app, sessions, "/api/me", {"phone": "+63 917 555 0001"}) as statuses:
        answers = [revoke(admin).status for _ in range(1 if revocation == "delete" else 5)]
    assert set(answers) == {200}
    if revocation != "areas":
        assert _alive(utility, sessions) == 0
    assert statuses.count(200) >= 3 * len(sessions)
    user = service.get_user(utility.client_context(), user_id=sessions[0]["user"]["id"])
    assert user.phone == "+63 917 555 0001"  # what they wrote before is kept


@pytest.mark.slow
def test_consumers_who_keep_changing_themselves_do_not_hold_up_their_deletion(app: Chalice, utility: Utility) -> None:
    admin = utility.as_staff()
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz"}).expect(201)["id"]
    admin.post(f"{utility.consumers}/{consumer}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    sessions = _sessions(utility, "juan")
    with _busy(app, sessions, "/api/me/profile", {"phone": "+63 917 555 0001"}):
        assert admin.delete(f"{utility.consumers}/{consumer}").status == 200


@pytest.mark.slow
def test_staff_change_a_user_whose_ten_sessions_keep_changing_it(app: Chalice, utility: Utility) -> None:
    """F1: eight of eight changes of the address, to which a reset is mailed, were refused as `changed`."""
    sessions, admin = _sessions(utility, "viewer"), utility.as_staff()
    path = f"/api/clients/{utility.client}/users/{sessions[0]['user']['id']}"
    with _busy(app, sessions, "/api/me", {"phone": "+63 917 555 0001"}):
        answers = [admin.patch(path, {"email": f"vera{number}@example.com"}).status for number in range(8)]
    assert answers == [200] * 8
    shown = admin.get(path).expect(200)
    assert (shown["email"], shown["phone"]) == ("vera7@example.com", "+63 917 555 0001")


def test_what_users_change_between_reading_and_writing_stays_and_refuses_no_staff(utility: Utility) -> None:
    """F1: the same race, played once."""
    me, admin = utility.as_staff("viewer"), utility.as_staff()
    path = f"/api/clients/{utility.client}/users/{me.get('/api/me').json['id']}"
    with just_before_writing(lambda: me.patch("/api/me", {"phone": "+63 917 555 0001"}).expect(200)):
        admin.patch(path, {"email": "vera@example.com"}).expect(200)
    shown = admin.get(path).expect(200)
    assert (shown["email"], shown["phone"]) == ("vera@example.com", "+63 917 555 0001")


@pytest.mark.slow
def test_staff_change_a_consumer_who_keeps_changing_their_profile(app: Chalice, utility: Utility) -> None:
    """F1: eight of eight were refused, each with a version read just before."""
    admin = utility.as_staff()
    path = f"{utility.consumers}/{admin.post(utility.consumers, {'firstName': 'Juan', 'lastName': 'Cruz'}).json['id']}"
    admin.post(f"{path}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    with _busy(app, _sessions(utility, "juan"), "/api/me/profile", {"phone": "+63 917 555 0001"}):
        for number in range(8):
            version = admin.get(path).expect(200)["version"]
            admin.patch(path, {"version": version, "lastName": f"Cruz {number}"}).expect(200)
    shown = admin.get(path).expect(200)
    assert (shown["lastName"], shown["phone"]) == ("Cruz 7", "+63 917 555 0001")


def test_what_consumers_change_of_themselves_hides_no_change_of_other_staff(utility: Utility) -> None:
    """F1: only a change of the same phone number or address, or by other staff, is a conflict."""
    admin = utility.as_staff()
    path = f"{utility.consumers}/{admin.post(utility.consumers, {'firstName': 'Juan', 'lastName': 'Cruz'}).json['id']}"
    admin.post(f"{path}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    me = utility.as_staff("juan")
    own = {"version": 0, "phone": "+63 917 555 0001"}
    me.patch("/api/me/profile", own).expect(200)
    assert admin.patch(path, {"version": 0, "phone": None}).expect(409)["code"] == "changed"
    changed = admin.patch(path, {"version": 0, "lastName": "Reyes"}).expect(200)
    assert (changed["version"], changed["phone"]) == (2, "+63 917 555 0001")
    assert admin.patch(path, {"version": 1, "lastName": "Santos"}).expect(409)["code"] == "changed"
    assert admin.patch(path, {"version": 3, "lastName": "Santos"}).expect(409)["code"] == "changed"
    assert me.patch("/api/me/profile", own | {"version": 1}).expect(409)["code"] == "changed"


def test_a_thief_who_keeps_renewing_does_not_hold_up_signing_out_everywhere(app: Chalice, utility: Utility) -> None:
    mine, *stolen = _sessions(utility, "viewer")
    with _busy(app, stolen, "/api/me", {"phone": "+63 917 555 0001"}):
        me = utility.api.with_token(mine["accessToken"])
        assert me.post("/api/auth/logout-everywhere").expect(200) == {"sessions": MAX_SESSIONS}
    assert _alive(utility, [mine, *stolen]) == 0


def test_where_their_transactions_hold_the_user_the_sessions_end_first(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On AWS two transactions on one item refuse each other; the local engine never does, so it is said here."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    session = _sessions(utility, "viewer")[0]
    admin, left = utility.as_staff(), [transaction._ATTEMPTS]
    body = b'{"__type":"TransactionCanceledException","message":"","CancellationReasons":[%s]}'

    def conflict(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        sent = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        if "disabled" not in sent or not left[0]:
            return None
        left[0] -= 1
        reasons = ",".join(['{"Code":"TransactionConflict"}'] * sent.count('"TableName"'))
        return _answer(request, 400, body % reasons.encode())

    events = dynamo.client().meta.events
    events.register("before-send.dynamodb.TransactWriteItems", conflict)
    try:
        path = f"/api/clients/{utility.client}/users/{session['user']['id']}"
        assert admin.put(f"{path}/status", {"status": "disabled"}).expect(200)["status"] == "disabled"
    finally:
        events.unregister("before-send.dynamodb.TransactWriteItems", conflict)
    assert left == [0]
    logins = admin.get(f"/api/clients/{utility.client}/logins", userId=session["user"]["id"]).expect(200)["items"]
    assert {event["endReason"] for event in logins} == {"account_changed"}

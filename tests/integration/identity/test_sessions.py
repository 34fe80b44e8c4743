"""Sessions: renewed by a token that is good once, ended at once, and never opened by guessing."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.identity import service
from chalicelib.identity.domain.sessions import MAX_SESSIONS
from chalicelib.identity.service import signing_in
from chalicelib.kernel.errors import MeterbookError
from chalicelib.platform import dynamo, settings
from tests.support import table
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_condominium, open_waterworks

At = Callable[[datetime], None]


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks of its own: an access token and an idle session both end after an hour."""
    return open_waterworks(api)


def _sign_in(utility: Utility, login: str = "viewer", password: str = PASSWORD) -> dict[str, Any]:
    body = {"clientId": utility.client, "login": login, "password": password}
    session: dict[str, Any] = utility.api.post("/api/auth/login", body).expect(200)
    return session


def _refresh(utility: Utility, token: str, status: int = 200) -> dict[str, Any]:
    answer: dict[str, Any] = utility.api.post("/api/auth/refresh", {"refreshToken": token}).expect(status)
    return answer


def _sees_me(utility: Utility, session: dict[str, Any]) -> int:
    return utility.api.with_token(session["accessToken"]).get("/api/me").status


def _fail(utility: Utility, login: str, times: int) -> None:
    for _ in range(times):
        body = {"clientId": utility.client, "login": login, "password": "wrong"}
        utility.api.post("/api/auth/login", body).expect(401)


def _users(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/users"


def _id_of(utility: Utility, login: str) -> str:
    (user,) = service.list_users(utility.client_context(), text=login, limit=50, cursor=None).items
    return user.id


@pytest.mark.covers("S0-064")
def test_a_refresh_token_gives_new_tokens_and_the_session_goes_on(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    first = _sign_in(utility)
    at(NOVEMBER + timedelta(minutes=59))
    second = _refresh(utility, first["refreshToken"])
    at(NOVEMBER + timedelta(minutes=118))
    assert _sees_me(utility, first) == 401
    assert _sees_me(utility, second) == 200
    assert second["user"]["login"] == "viewer"


@pytest.mark.covers("S3-115")
def test_a_session_that_nobody_used_for_an_hour_is_over(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    first = _sign_in(utility)
    at(NOVEMBER + timedelta(minutes=60))
    assert _refresh(utility, first["refreshToken"], 401)["code"] == "bad-refresh-token"
    assert _sees_me(utility, first) == 401


def test_no_session_lives_longer_than_ninety_days_however_often_it_is_renewed(api: Api, at: At) -> None:
    utility = open_condominium(api)
    at(NOVEMBER)
    session = _sign_in(utility, "viewer@example.com")
    for days in range(10, 90, 10):
        at(NOVEMBER + timedelta(days=days))
        session = _refresh(utility, session["refreshToken"])
    at(NOVEMBER + timedelta(days=90))
    _refresh(utility, session["refreshToken"], 401)


@pytest.mark.covers("S0-064")
def test_a_used_up_refresh_token_ends_the_whole_session_at_once(utility: Utility) -> None:
    first = _sign_in(utility)
    other = _sign_in(utility)
    second = _refresh(utility, first["refreshToken"])
    _refresh(utility, first["refreshToken"], 401)
    assert _sees_me(utility, second) == 401
    _refresh(utility, second["refreshToken"], 401)
    assert _sees_me(utility, other) == 200
    (event,) = [
        event
        for event in utility.as_staff().get(f"/api/clients/{utility.client}/logins").expect(200)["items"]
        if event["endedAt"]
    ]
    assert event["endReason"] == "reused_token"


def test_two_who_renew_at_once_with_the_same_token_do_not_both_go_on(utility: Utility) -> None:
    token = _sign_in(utility)["refreshToken"]

    def renew(_: int) -> service.SignIn | None:
        try:
            return service.renew(utility.client_context(), refresh_token=token)
        except MeterbookError:
            return None

    with ThreadPoolExecutor(4) as threads:
        won = [one for one in threads.map(renew, range(4)) if one]
    assert len(won) <= 1
    for one in won:
        _refresh(utility, one.refresh_token, 401)


@pytest.mark.covers("S0-064")
def test_a_session_that_others_keep_changing_is_not_told_that_its_token_is_bad(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _sign_in(utility)["refreshToken"]
    with monkeypatch.context() as patched:
        patched.setattr(signing_in, "RACES", 0)
        assert _refresh(utility, token, 503)["code"] == "busy"
    _refresh(utility, token)


def test_a_made_up_refresh_token_is_refused_and_harms_nobody(utility: Utility) -> None:
    session = _sign_in(utility)
    client, user, sid, family, secret = session["refreshToken"].split(".")
    made_up = [
        f"{client}.{user}.{sid}.{secret}.{family}",
        f"{client}.{user}.{sid}.x.{secret}",
        f"{client}.{user}.01ARYZ6S410000000000000000.{family}.{secret}",
        f"{client}.01ARYZ6S410000000000000000.{sid}.{family}.{secret}",
        f"nobody.{user}.{sid}.{family}.{secret}",
        f"a#b.{user}.{sid}.{family}.{secret}",
        f"{client}.{user}#.{sid}.{family}.{secret}",
        session["accessToken"][:400],
        "x",
        "....",
    ]
    for token in made_up:
        _refresh(utility, token, 401)
    assert _sees_me(utility, session) == 200
    _refresh(utility, session["refreshToken"])


def test_a_refresh_token_is_no_access_token_nor_the_other_way_round(utility: Utility) -> None:
    session = _sign_in(utility)
    assert utility.api.with_token(session["refreshToken"]).get("/api/me").status == 401


@pytest.mark.covers("S0-064", "S0-066", "S2-006")
def test_no_token_nor_password_stands_in_the_table(utility: Utility) -> None:
    session = _sign_in(utility)
    items = table.items_of(utility.client, sessions=True)
    hashes = [item["password_hash"]["S"] for item in items.values() if "password_hash" in item]
    assert len(hashes) >= 5
    assert [one for one in hashes if not re.fullmatch(r"\$2b\$\d\d\$[./A-Za-z0-9]{53}", one)] == []
    assert [one for one in (PASSWORD, *hashes) if one in str(session)] == []
    stored = str(items)
    for secret in (session["accessToken"], *session["refreshToken"].split(".")[3:], PASSWORD):
        assert secret not in stored


@pytest.mark.covers("S3-085")
def test_signing_out_ends_this_session_and_says_when(utility: Utility) -> None:
    one, other = _sign_in(utility), _sign_in(utility)
    assert utility.api.with_token(one["accessToken"]).post("/api/auth/logout").expect(200) == {"sessions": 1}
    assert (_sees_me(utility, one), _sees_me(utility, other)) == (401, 200)
    _refresh(utility, one["refreshToken"], 401)
    logins = utility.as_staff().get(f"/api/clients/{utility.client}/logins", userId=one["user"]["id"]).expect(200)
    assert [(event["outcome"], event["endReason"]) for event in logins["items"]] == [
        ("signed_in", None),
        ("signed_in", "signed_out"),
    ]
    assert logins["items"][1]["endedAt"]


def test_signing_out_everywhere_ends_all_of_ones_own_sessions(utility: Utility) -> None:
    sessions = [_sign_in(utility) for _ in range(3)]
    somebody_else = utility.as_staff()
    me = utility.api.with_token(sessions[0]["accessToken"])
    assert me.post("/api/auth/logout-everywhere").expect(200) == {"sessions": 3}
    assert [_sees_me(utility, session) for session in sessions] == [401, 401, 401]
    assert somebody_else.get("/api/me").status == 200


def test_of_too_many_sessions_the_oldest_ends(utility: Utility) -> None:
    sessions = [_sign_in(utility) for _ in range(MAX_SESSIONS + 1)]
    assert [_sees_me(utility, session) for session in sessions] == [401] + [200] * MAX_SESSIONS


@pytest.mark.covers("S2-281", "S2-344")
def test_a_disabled_user_is_signed_out_at_once_and_can_sign_in_when_enabled(utility: Utility) -> None:
    session, admin = _sign_in(utility), utility.as_staff()
    status = f"{_users(utility)}/{session['user']['id']}/status"
    assert admin.put(status, {"status": "disabled"}).expect(200)["status"] == "disabled"
    assert _sees_me(utility, session) == 401
    _refresh(utility, session["refreshToken"], 401)
    body = {"clientId": utility.client, "login": "viewer", "password": PASSWORD}
    utility.api.post("/api/auth/login", body).expect(401)
    admin.put(status, {"status": "active"}).expect(200)
    assert _sees_me(utility, session) == 401
    assert _sees_me(utility, _sign_in(utility)) == 200


@pytest.mark.covers("S2-344")
def test_after_ten_wrong_passwords_everybody_waits_and_longer_each_time(utility: Utility, at: At) -> None:
    """Known and unknown login names alike, and the right password too."""
    for login, password in (("viewer", PASSWORD), ("nobody-here", "whatever")):
        body = {"clientId": utility.client, "login": login, "password": password}
        at(NOVEMBER)
        _fail(utility, login, 10)
        for waited, wait in ((0, "30"), (29, "1")):
            at(NOVEMBER + timedelta(seconds=waited))
            reply = utility.api.post("/api/auth/login", body)
            assert (reply.expect(429)["code"], reply.headers["retry-after"]) == ("too-many-tries", wait)
        at(NOVEMBER + timedelta(seconds=30))
        _fail(utility, login, 1)
        assert utility.api.post("/api/auth/login", body).headers["retry-after"] == "60"


def test_the_wait_is_bounded_and_a_good_sign_in_starts_the_count_anew(utility: Utility, at: At) -> None:
    now = NOVEMBER
    at(now)
    _fail(utility, "viewer", 10)
    for _ in range(8):
        now += timedelta(minutes=15)  # never longer: the owner of the name can sign in again
        at(now)
        _fail(utility, "viewer", 1)
    now += timedelta(minutes=15)
    at(now)
    _sign_in(utility)
    _fail(utility, "viewer", 9)
    _sign_in(utility)


def test_guesses_made_at_the_same_moment_are_counted_one_by_one(utility: Utility) -> None:
    def guess(_: int) -> str:
        try:
            service.sign_in(utility.client_context(), client_id=utility.client, login="viewer", password="wrong")
        except MeterbookError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(guess, range(24)))
    assert answers.count("bad-login") <= 10
    assert set(answers) <= {"bad-login", "too-many-tries", "busy"}


@pytest.mark.covers("S3-113", "S3-006", "S3-011", "S3-016")
def test_each_try_is_noted_with_time_address_agent_and_outcome(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    utility.api.send(
        "POST",
        "/api/auth/login",
        {"clientId": utility.client, "login": "viewer", "password": PASSWORD},
        {"User-Agent": "Mozilla/5.0 (a phone)\u200b"},
    ).expect(200)
    at(NOVEMBER + timedelta(days=1))
    _fail(utility, "viewer", 1)
    at(NOVEMBER + timedelta(days=1, seconds=1))
    _fail(utility, "s3cret-typed-in-the-wrong-field", 1)
    at(NOVEMBER + timedelta(days=1, seconds=2))
    admin, path = utility.as_staff(), f"/api/clients/{utility.client}/logins"
    latest, unknown, wrong, good = admin.get(path).expect(200)["items"]
    assert latest["login"] == "admin"
    assert (unknown["outcome"], unknown["userId"], unknown["login"]) == ("unknown", None, None)
    assert (wrong["outcome"], wrong["login"]) == ("wrong_password", "viewer")
    assert (good["agent"], good["address"]) == ("Mozilla/5.0 (a phone)", "127.0.0.1")
    assert good["at"] == "2025-11-11T01:00:00.000Z"
    by = {"userId": wrong["userId"], "outcome": "wrong_password", "day": "2025-11-12"}
    assert admin.get(path, **by).expect(200)["items"] == [wrong]
    assert admin.get(path, day="2025-11-11").expect(200)["items"] == [good]
    assert admin.get(path, userId=wrong["userId"], day="2025-11-13").expect(200)["items"] == []
    first = admin.get(path, limit=3).expect(200)
    rest = admin.get(path, limit=3, cursor=first["nextCursor"]).expect(200)
    assert [*first["items"], *rest["items"]] == [latest, unknown, wrong, good]
    assert "s3cret" not in str(table.items_of(utility.client, sessions=True))


def test_login_events_and_counts_go_away_by_themselves(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    _sign_in(utility)
    _fail(utility, "nobody-here", 1)
    items = table.items_of(utility.client, sessions=True)
    days = sorted(
        (key.split("#")[1], (int(item["ttl"]["N"]) - int(NOVEMBER.timestamp())) // 86_400)
        for key, item in items.items()
        if "ttl" in item
    )
    assert days == [("COUNT", 0), ("COUNT", 1), ("LOGINS", 30), ("LOGINS", 400), ("TRIES", 1)]


def test_an_unknown_tenant_leaves_nothing_behind(api: Api) -> None:
    """F11: tries for clients that do not exist were stored."""
    before = table.everything()
    api.post("/api/auth/login", {"clientId": "no-such-tenant", "login": "a", "password": "b"}).expect(401)
    assert table.everything() == before


def test_the_password_hash_is_in_no_index(utility: Utility) -> None:
    for index, key in (("account", "g1p"), ("worklist", "g2p")):
        found = dynamo.client().scan(TableName=settings.table_name(), IndexName=index)["Items"]
        assert not [item[key] for item in found if "password_hash" in item]


@pytest.mark.covers("S3-116")
def test_a_new_password_ends_every_session_and_must_fit_the_rule(utility: Utility) -> None:
    one, other = _sign_in(utility), _sign_in(utility)
    me = utility.api.with_token(one["accessToken"])
    assert (
        me.put("/api/me/password", {"current": PASSWORD, "new": "password123"}).expect(400)["code"] == "weak-password"
    )
    assert me.put("/api/me/password", {"current": "wrong", "new": "Abcdef1!"}).expect(400)["code"] == "wrong-password"
    me.put("/api/me/password", {"current": PASSWORD, "new": "Abcdef1!"}).expect(200)
    assert (_sees_me(utility, one), _sees_me(utility, other)) == (401, 401)
    _refresh(utility, other["refreshToken"], 401)
    utility.api.post("/api/auth/login", {"clientId": utility.client, "login": "viewer", "password": PASSWORD}).expect(
        401
    )
    _sign_in(utility, password="Abcdef1!")


def test_guessing_from_an_open_session_is_counted_like_signing_in(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    me = utility.api.with_token(_sign_in(utility)["accessToken"])
    for _ in range(10):
        me.put("/api/me/password", {"current": "wrong", "new": "Abcdef1!"}).expect(400)
    me.put("/api/me/password", {"current": PASSWORD, "new": "Abcdef1!"}).expect(429)
    body = {"clientId": utility.client, "login": "viewer", "password": PASSWORD}
    utility.api.post("/api/auth/login", body).expect(429)


def test_a_password_set_by_an_admin_ends_the_wait_and_the_sessions(utility: Utility, at: At) -> None:
    at(NOVEMBER)
    session, admin = _sign_in(utility), utility.as_staff()
    _fail(utility, "viewer", 10)
    path = f"{_users(utility)}/{session['user']['id']}/password"
    admin.put(path, {"password": "short"}).expect(400)
    admin.put(path, {"password": "Abcdef1!"}).expect(200)
    assert _sees_me(utility, session) == 401
    _sign_in(utility, password="Abcdef1!")


@pytest.mark.parametrize(
    "password", ["Aa1!" + "x" * n for n in (4, 60, 67, 68, 69, 96)] + ["Aa1!" + "x" * 67 + "é", "Aa1!xxxx\x00y"]
)
def test_a_password_of_any_length_is_never_cut(utility: Utility, password: str) -> None:
    path = f"{_users(utility)}/{_id_of(utility, 'viewer')}/password"
    utility.as_staff().put(path, {"password": password}).expect(200)
    _sign_in(utility, password=password)
    body = {"clientId": utility.client, "login": "viewer", "password": password[:-1]}
    utility.api.post("/api/auth/login", body).expect(401)

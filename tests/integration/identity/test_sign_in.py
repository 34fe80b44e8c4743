"""Signing in: a failed attempt reveals nothing, neither by the answer nor by the work it took."""

from dataclasses import replace

import bcrypt
import pytest

from chalicelib.identity import service
from chalicelib.identity.repository.users import AccessItem
from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Forbidden, Invalid
from chalicelib.platform import keys
from chalicelib.platform.auth import hash_password
from chalicelib.tenancy import service as tenancy
from local import presets
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks


@pytest.fixture(scope="module")
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers of bcrypt, one for each time that it was asked."""
    answers: list[bool] = []
    check = bcrypt.checkpw

    def counted(password: bytes, stored: bytes) -> bool:
        answers.append(check(password, stored))
        return answers[-1]

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return answers


def _disable(utility: Utility, login: str) -> None:
    """Disable somebody who may be disabled already."""
    admin, users = utility.as_staff(), f"/api/clients/{utility.client}/users"
    admin.put(f"{users}/{_id_of(utility, login)}/status", {"status": "disabled"}).expect(200)


def _id_of(utility: Utility, login: str) -> str:
    (user,) = service.list_users(utility.client_context(), text=login, limit=50, cursor=None).items
    return user.id


@pytest.mark.covers("S2-001", "S3-082", "S4-011", "S4-036", "S2-381")
@pytest.mark.parametrize(
    ("client", "login", "password", "matches"),
    [
        ("nobody", "admin", PASSWORD, False),
        ("{client}", "nobody", PASSWORD, False),
        ("{client}", "admin", "wrong", False),
        ("{client}", "viewer", PASSWORD, True),  # disabled
        ("{client}", "a#b", PASSWORD, False),
        ("{client}", "㌖" * 120, PASSWORD, False),
        ("{client}", "admin", "x" * 200, False),
        ("{client}", "admin", "\0", False),
    ],
    ids=["client", "user", "password", "disabled", "separator", "too long", "long password", "zero byte"],
)
def test_every_failed_sign_in_has_the_same_answer_and_costs_one_check(
    api: Api, utility: Utility, checks: list[bool], client: str, login: str, password: str, *, matches: bool
) -> None:
    _disable(utility, "viewer")
    checks.clear()
    body = {"clientId": client.format(client=utility.client), "login": login, "password": password}
    refusal = api.post("/api/auth/login", body).expect(401)
    assert (refusal["code"], refusal["detail"]) == ("bad-login", "Client, login name or password is wrong.")
    assert checks == [matches]


@pytest.mark.covers("S0-063", "S2-001", "S2-003", "S2-146", "S3-082", "S2-381", "S4-011")
def test_a_good_sign_in_costs_one_check_too_and_gives_a_token(api: Api, utility: Utility, checks: list[bool]) -> None:
    body = {"clientId": utility.client, "login": " ADMIN ", "password": PASSWORD}
    session = api.post("/api/auth/login", body).expect(200)
    assert checks == [True]
    assert (session["tokenType"], session["expiresIn"]) == ("Bearer", 3600)
    assert (session["user"]["login"], session["user"]["name"], session["user"]["role"]) == ("admin", "admin", "admin")
    assert "password" not in str(session).lower()
    me = api.with_token(session["accessToken"]).get("/api/me").expect(200)
    assert (me["login"], me["role"]) == ("admin", "admin")


def test_the_client_is_found_however_its_id_is_typed(api: Api, utility: Utility) -> None:
    """D17: login names could be typed in any case, and clients could not."""
    for typed in (utility.client.upper(), utility.client.title()):
        body = {"clientId": typed, "login": "ADMIN", "password": PASSWORD}
        token = api.post("/api/auth/login", body).expect(200)["accessToken"]
        assert api.with_token(token).get(f"/api/clients/{utility.client}").expect(200)["id"] == utility.client
        api.post("/api/auth/password-reset", {"clientId": typed, "login": "admin"}).expect(202)
    with pytest.raises(Invalid, match="no upper-case letters: abc"):
        tenancy.open_client(client=replace(presets.BALILIHAN, id="ABC"))


@pytest.mark.covers("S3-110")
def test_a_login_event_says_who_when_from_where_with_what_and_until_when(api: Api) -> None:
    utility = open_waterworks(api)
    body = {"clientId": utility.client, "login": "field_staff", "password": PASSWORD}
    api.post("/api/auth/login", {**body, "password": "wrong", "method": "web"}).expect(401)
    session = api.post("/api/auth/login", {**body, "method": "mobile"}).expect(200)
    api.with_token(session["accessToken"]).post("/api/auth/logout").expect(200)
    assert api.post("/api/auth/login", {**body, "method": "telex"}).expect(400)["code"] == "invalid-body"
    user = session["user"]["id"]
    good, bad = utility.as_staff().get(f"/api/clients/{utility.client}/logins", userId=user).expect(200)["items"]
    assert [(one["outcome"], one["method"]) for one in (bad, good)] == [
        ("wrong_password", "web"),
        ("signed_in", "mobile"),
    ]
    assert {good["login"], bad["login"]} == {"field_staff"}
    assert good["id"] != bad["id"]  # that of the session, where there is one
    assert all(one["at"].endswith("Z") and one["address"] == "127.0.0.1" and "agent" in one for one in (good, bad))
    assert (good["endedAt"] is not None, good["endReason"], bad["endedAt"]) == (True, "signed_out", None)


@pytest.mark.covers("S3-062")
def test_the_app_of_field_staff_lets_nobody_else_in_and_learns_their_areas(api: Api, utility: Utility) -> None:
    body = {"clientId": utility.client, "password": PASSWORD, "role": "field_staff", "method": "mobile"}
    reader = api.post("/api/auth/login", {**body, "login": "field_staff"}).expect(200)
    assert reader["user"]["areas"] == ["Poblacion"]
    assert api.post("/api/auth/login", {**body, "login": "manager"}).expect(401)["code"] == "bad-login"


@pytest.mark.covers("S3-084")
def test_the_password_rule_is_never_checked_at_sign_in(api: Api, utility: Utility) -> None:
    weak = AccessItem.password_hash.set(hash_password("password123"))
    AccessItem(*keys.access(utility.client, _id_of(utility, "field_staff"))).update(actions=[weak])
    api.sign_in(utility.client, "field_staff", "password123")
    body = {"login": "new", "name": "New", "password": "password123", "role": "viewer"}
    utility.as_staff().post(f"/api/clients/{utility.client}/users", body).expect(400)


@pytest.mark.covers("S2-011", "S2-012", "S2-021", "S2-149", "S2-275", "S2-278")
def test_a_login_name_belongs_to_one_person_however_it_is_typed(api: Api) -> None:
    utility = open_condominium(api)
    admin, users = utility.as_staff(), f"/api/clients/{utility.client}/users"
    body = {"login": "Ana@Example.com", "name": "Ana", "password": PASSWORD, "role": "viewer"}
    assert admin.post(users, body).expect(201)["login"] == "ana@example.com"
    assert admin.post(users, {**body, "login": "ＡＮＡ@example.com"}).expect(409)["code"] == "login-taken"
    other = open_condominium(api)
    other.as_staff().post(f"/api/clients/{other.client}/users", body).expect(201)


def test_nobody_gives_a_role_that_may_do_more_than_they(api: Api, utility: Utility) -> None:
    context = utility.client_context()
    limited = Actor("clerk", "clerk", frozenset({"users.manage", "bills.read", "payments.read", "settings.read"}))
    below = replace(context, actor=limited)
    with pytest.raises(Forbidden, match="admin"):
        service.register_staff(below, login="x1", name="X", password=PASSWORD, role="admin")
    service.register_staff(below, login="x2", name="X", password=PASSWORD, role="viewer")


def test_users_are_listed_page_by_page_without_gap_or_repetition(utility: Utility) -> None:
    admin, users = utility.as_staff(), f"/api/clients/{utility.client}/users"
    whole = [user["id"] for user in admin.get(users).expect(200)["items"]]
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = admin.get(users, limit=2, **cursor).expect(200)
        paged += [user["id"] for user in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert paged == whole
    assert len(set(paged)) == len(paged) >= 5

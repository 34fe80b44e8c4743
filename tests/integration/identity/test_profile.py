"""Staff see and change who they are; a new e-mail address, by which a password can be reset, asks for the password."""

import pytest

from chalicelib.identity import service
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _entries(utility: Utility, user: str) -> list[tuple[str, str]]:
    log = utility.as_staff().get(f"/api/clients/{utility.client}/audit-log", subjectKind="user", subjectId=user)
    return [(entry["action"], entry["actorId"]) for entry in log.expect(200)["items"]]


def test_somebody_changes_their_own_name_and_phone(utility: Utility) -> None:
    me = utility.as_staff("viewer")
    changed = me.patch("/api/me", {"name": "Vera Viewer", "phone": "+63 917 555 0001"}).expect(200)
    assert (changed["name"], changed["phone"], changed["login"]) == ("Vera Viewer", "+63 917 555 0001", "viewer")
    assert me.patch("/api/me", {"phone": None}).expect(200)["name"] == "Vera Viewer"
    shown = me.get("/api/me").expect(200)
    assert (shown["name"], shown["phone"]) == ("Vera Viewer", None)
    assert ("user.changed", shown["id"]) in _entries(utility, shown["id"])


@pytest.mark.covers("S2-150")
@pytest.mark.parametrize("more", [{"role": "admin"}, {"status": "active"}, {"login": "root"}, {"consumerId": "x"}])
def test_nobody_changes_what_they_may_do(utility: Utility, more: dict[str, str]) -> None:
    me = utility.as_staff("viewer")
    before = me.get("/api/me").expect(200)
    assert me.patch("/api/me", {"name": "Vera", **more}).expect(400)["code"] == "invalid-body"
    assert me.get("/api/me").expect(200) == before


def test_a_new_address_asks_for_the_password(utility: Utility) -> None:
    me = utility.as_staff("viewer")
    new = {"email": "vera@example.com"}
    for wrong in ({}, {"password": "wrong"}):
        refused = me.patch("/api/me", new | wrong).expect(400)
        assert (refused["code"], [one["field"] for one in refused["errors"]]) == ("wrong-password", ["password"])
    assert me.get("/api/me").expect(200)["email"] is None
    assert me.patch("/api/me", new | {"password": PASSWORD}).expect(200)["email"] == "vera@example.com"
    me.patch("/api/me", new | {"name": "Vera"}).expect(200)  # the same address is no new one


def test_guessing_the_password_there_is_counted_like_signing_in(utility: Utility) -> None:
    me = utility.as_staff("viewer")
    for _ in range(10):
        me.patch("/api/me", {"email": "vera@example.com", "password": "wrong"}).expect(400)
    me.patch("/api/me", {"email": "vera@example.com", "password": PASSWORD}).expect(429)


def test_where_people_sign_in_by_address_a_new_one_is_the_new_login_name_and_nobody_elses(api: Api) -> None:
    utility = open_condominium(api)
    me = utility.as_staff("viewer")
    taken = {"email": "Manager@example.com", "password": PASSWORD}
    assert me.patch("/api/me", taken).expect(409)["code"] == "login-taken"
    me.patch("/api/me", {"email": "Vera@example.com", "password": PASSWORD}).expect(200)
    assert me.get("/api/me").expect(200)["login"] == "vera@example.com"
    api.sign_in(utility.client, "vera@example.com", PASSWORD)
    body = {"clientId": utility.client, "login": "viewer@example.com", "password": PASSWORD}
    api.post("/api/auth/login", body).expect(401)


@pytest.mark.covers("S2-148")
def test_a_consumer_sees_their_own_user_and_no_other_and_leaves_the_name_to_the_utility(utility: Utility) -> None:
    admin = utility.as_staff()
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz"}).expect(201)["id"]
    login = {"login": "juan", "password": PASSWORD}
    user = admin.post(f"{utility.consumers}/{consumer}/login", login).expect(201)["userId"]
    juan = utility.api.sign_in(utility.client, "juan", PASSWORD)
    users = f"/api/clients/{utility.client}/users"

    assert (admin.get(f"{users}/{user}").expect(200)["login"], juan.get("/api/me").expect(200)["id"]) == ("juan", user)
    (viewer,) = service.list_users(utility.client_context(), text="viewer", limit=50, cursor=None).items
    juan.get(f"{users}/{viewer.id}").expect(403)
    assert juan.patch("/api/me", {"name": "Juana"}).expect(400)["code"] == "consumer-profile"
    assert juan.get("/api/me").expect(200)["name"] == "Juan Cruz"


@pytest.mark.covers("S0-038")
def test_signing_in_needs_every_field_and_then_gives_tokens(utility: Utility) -> None:
    login = "/api/auth/login"
    refused = utility.api.post(login, {"login": 7, "role": "viewer"}).expect(400)
    assert [fault["field"] for fault in refused["errors"]] == ["clientId", "login", "password"]
    body = {"clientId": utility.client, "login": "viewer", "password": PASSWORD}
    session = utility.api.post(login, body).expect(200)
    assert session["accessToken"]
    assert session["refreshToken"]


@pytest.mark.covers("S0-008", "S2-277", "S2-345")
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"role": "billing_officer"}, 201),
        ({"role": "manager"}, 201),
        ({"role": "boss"}, 400),
        ({"name": "N" * 100}, 201),
        ({"name": "N" * 101}, 400),
        ({"name": ""}, 400),
    ],
)
def test_staff_have_a_name_of_up_to_a_hundred_letters_and_a_role_that_there_is(
    utility: Utility, facts: dict[str, str], status: int
) -> None:
    body = {"login": "ana", "name": "Ana", "password": PASSWORD, "role": "viewer"}
    utility.as_staff().post(f"/api/clients/{utility.client}/users", body | facts).expect(status)

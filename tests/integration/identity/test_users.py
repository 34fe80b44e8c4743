"""Users and roles: who may make, change and delete whom."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.identity import service
from chalicelib.identity.domain import PERMISSIONS
from chalicelib.kernel.errors import MeterbookError
from chalicelib.tenancy import service as tenancy
from local import presets
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _users(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/users"


def _roles(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/roles"


def _make(utility: Utility, login: str, role: str = "viewer", **more: str) -> dict[str, Any]:
    body = {"login": login, "name": login.capitalize(), "password": PASSWORD, "role": role, **more}
    user: dict[str, Any] = utility.as_staff("superuser").post(_users(utility), body).expect(201)
    return user


@pytest.mark.covers("S0-039", "S2-013", "S2-147", "S4-031", "S2-151", "S2-400")
def test_users_are_found_by_role_status_and_words(utility: Utility) -> None:
    admin = utility.as_staff()
    ana = _make(utility, "ana", name="Ana Reyes", email="a.r@example.com")
    _make(utility, "ben", "manager", status="disabled")
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz"}).expect(201)["id"]
    admin.post(f"{utility.consumers}/{consumer}/login", {"login": "juan", "password": PASSWORD}).expect(201)

    def logins(**query: object) -> list[str]:
        return [user["login"] for user in admin.get(_users(utility), **query).expect(200)["items"]]

    assert logins(q="REYES ana") == ["ana"]
    assert logins(q="rey a.r") == ["ana"]
    assert logins(q="reyes ben") == logins(q="eyes") == []
    assert logins(role="consumer") == ["juan"]
    assert logins(role="manager") == ["manager", "ben"]
    assert logins(status="disabled") == ["ben"]
    everybody = admin.get(_users(utility)).expect(200)["items"]
    assert [(user["login"], user["role"], user["status"]) for user in everybody] == [
        *((role, role, "active") for role in ("superuser", "admin", "manager", "viewer", "field_staff")),
        ("ana", "viewer", "active"),
        ("ben", "manager", "disabled"),
        ("juan", "consumer", "active"),
    ]
    for role in ("manager", "viewer", "field_staff", "juan"):
        utility.as_staff(role).get(_users(utility)).expect(403)
    admin.get(f"{_users(utility)}/{ana['id']}").expect(200)
    assert not [key for key in ana if "assword" in key]


@pytest.mark.covers("S2-012", "S2-280")
def test_a_changed_role_holds_at_once_and_must_be_a_known_one(utility: Utility) -> None:
    admin = utility.as_staff()
    ana = _make(utility, "ana")
    session = utility.as_staff("ana")
    role = f"{_users(utility)}/{ana['id']}/role"
    assert admin.put(role, {"role": "manager"}).expect(200)["role"] == "manager"
    assert session.get("/api/me").status == 401
    assert "readings.confirm" in utility.as_staff("ana").get("/api/me").expect(200)["permissions"]
    for unknown in ("boss", "consumer", "device", "", "../admin"):
        assert admin.put(role, {"role": unknown}).expect(400)["code"] == "unknown-role"
    admin.put(role, {"role": ["viewer", "admin"]}).expect(400)


@pytest.mark.covers("S2-150", "S2-279", "S2-400")
def test_name_phone_and_address_change_and_nothing_else(utility: Utility) -> None:
    admin, ana = utility.as_staff(), _make(utility, "ana", phone="+63 1")
    path = f"{_users(utility)}/{ana['id']}"
    changed = admin.patch(path, {"name": "Ana Reyes", "email": "ana@example.com"}).expect(200)
    assert (changed["name"], changed["email"], changed["phone"]) == ("Ana Reyes", "ana@example.com", "+63 1")
    assert admin.patch(path, {"phone": None}).expect(200)["phone"] is None
    utility.as_staff("ana")
    admin.patch(path, {"role": "admin"}).expect(400)
    admin.patch(path, {"login": "bea"}).expect(400)
    assert admin.get(_users(utility), q="reyes").expect(200)["items"][0]["id"] == ana["id"]


@pytest.mark.covers("S2-275", "S2-278")
def test_a_change_that_changes_nothing_is_not_put_on_record(utility: Utility) -> None:
    admin, ana = utility.as_staff(), _make(utility, "ana", phone="+63 1")
    path = f"{_users(utility)}/{ana['id']}"
    for nothing in ({}, {"name": None}, {"name": ana["name"], "phone": "+63 1", "email": None}):
        assert admin.patch(path, nothing).expect(200) == ana
    admin.patch(path, {"name": "Ana Reyes", "phone": "+63 1"}).expect(200)
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="user.changed").expect(200)["items"]
    assert [entry["after"] for entry in log] == [{"changed": "name"}]


def test_where_people_sign_in_by_address_a_new_address_is_the_new_login_name(api: Api) -> None:
    utility = open_condominium(api)
    admin, ana = utility.as_staff(), _make(utility, "ana@example.com")
    path = f"{_users(utility)}/{ana['id']}"
    assert admin.patch(path, {"email": "viewer@Example.com"}).expect(409)["code"] == "login-taken"
    assert admin.patch(path, {"email": "Ana2@example.com"}).expect(200)["login"] == "ana2@example.com"
    api.sign_in(utility.client, "ana2@example.com", PASSWORD)
    body = {"clientId": utility.client, "login": "ana@example.com", "password": PASSWORD}
    api.post("/api/auth/login", body).expect(401)
    _make(utility, "ana@example.com")


def test_one_login_name_asked_for_by_many_at_once_is_given_once(utility: Utility) -> None:
    def register(number: int) -> str:
        try:
            service.register_staff(
                utility.client_context(), login="ana", name=f"Ana {number}", password=PASSWORD, role="viewer"
            )
        except MeterbookError as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(register, range(8)))
    assert answers.count("made") == 1
    assert set(answers) <= {"made", "login-taken", "busy"}


@pytest.mark.covers("S4-003", "S4-004", "S4-005", "S4-009", "S4-010")
def test_people_sign_in_by_address_or_number_where_the_client_has_it_so(api: Api) -> None:
    utility = open_condominium(api)
    tenancy.open_client(client=replace(presets.AVII, id=utility.client, login_names="email_or_number"))
    admin = utility.as_staff()
    one = {"login": "ravi@example.com", "name": "Ravi", "password": PASSWORD, "role": "viewer"}
    admin.post(_users(utility), {**one, "number": "EMP-7"}).expect(201)
    for name in ("ravi@example.com", "EMP-7", "emp-7"):
        for role, status in ((None, 200), ("viewer", 200), ("admin", 401)):
            body = {"clientId": utility.client, "login": name, "password": PASSWORD, "role": role}
            api.post("/api/auth/login", body).expect(status)
    taken = admin.post(_users(utility), {**one, "login": "b@example.com", "number": "emp-7"}).expect(409)
    assert taken["code"] == "login-taken"
    for other in ("c@example.com", "d@example.com"):
        admin.post(_users(utility), {**one, "login": other}).expect(201)


@pytest.mark.covers("S2-151", "S2-400")
def test_a_deleted_user_stays_on_record_and_never_signs_in_again(utility: Utility) -> None:
    admin, ana = utility.as_staff(), _make(utility, "ana")
    session = utility.as_staff("ana")
    path = f"{_users(utility)}/{ana['id']}"
    gone = admin.delete(path).expect(200)
    assert gone["status"] == "deleted"
    assert gone["deletedAt"]
    assert session.get("/api/me").status == 401
    utility.api.post("/api/auth/login", {"clientId": utility.client, "login": "ana", "password": PASSWORD}).expect(401)
    assert "ana" not in [user["login"] for user in admin.get(_users(utility)).expect(200)["items"]]
    assert admin.get(path).expect(200)["name"] == "Ana"
    assert [user["id"] for user in admin.get(_users(utility), status="deleted").expect(200)["items"]] == [ana["id"]]
    for again in (admin.delete(path), admin.put(f"{path}/status", {"status": "active"}), admin.patch(path, {})):
        again.expect(404)


def test_nobody_disables_deletes_or_promotes_themselves(utility: Utility) -> None:
    admin = utility.as_staff()
    me = f"{_users(utility)}/{admin.get('/api/me').expect(200)['id']}"
    for refusal in (
        admin.put(f"{me}/status", {"status": "disabled"}),
        admin.put(f"{me}/role", {"role": "viewer"}),
        admin.delete(me),
    ):
        assert refusal.expect(409)["code"] == "yourself"


def test_managers_of_users_change_their_own_address_and_password_only_with_the_present_one(utility: Utility) -> None:
    """F8: `/users/{own id}` took both without it."""
    admin = utility.as_staff()
    mine = admin.get("/api/me").expect(200)
    me = f"{_users(utility)}/{mine['id']}"
    assert admin.patch(me, {"email": "thief@example.com"}).expect(409)["code"] == "yourself"
    assert admin.put(f"{me}/password", {"password": "Battery-staple-2"}).expect(409)["code"] == "yourself"
    assert admin.get("/api/me").expect(200) == mine
    utility.as_staff()  # the password is what it was
    assert admin.patch(me, {"name": "Ana", "email": mine["email"]}).expect(200)["name"] == "Ana"
    admin.patch("/api/me", {"email": "ana@example.com", "password": PASSWORD}).expect(200)
    other = f"{_users(utility)}/{_make(utility, 'ana')['id']}"
    admin.patch(other, {"email": "other@example.com"}).expect(200)
    admin.put(f"{other}/password", {"password": "Battery-staple-2"}).expect(200)


def test_the_last_superuser_stays_however_many_others_try_at_once(utility: Utility) -> None:
    _make(utility, "second", "superuser")
    ids = [
        user.id for user in service.list_users(utility.client_context(), role="superuser", limit=50, cursor=None).items
    ]

    def disable(user_id: str) -> str:
        try:
            return service.change_status(utility.client_context(), user_id=user_id, status="disabled").status
        except MeterbookError as error:
            return error.code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(disable, ids)) == ["disabled", "last-superuser"]
    admin = utility.as_staff()
    left = admin.get(_users(utility), role="superuser", status="active").expect(200)["items"]
    assert len(left) == 1
    path = f"{_users(utility)}/{left[0]['id']}"
    assert admin.delete(path).expect(409)["code"] == "last-superuser"
    assert admin.put(f"{path}/role", {"role": "viewer"}).expect(409)["code"] == "last-superuser"


@pytest.mark.covers("S0-009", "S0-049", "S2-004")
def test_a_client_defines_roles_of_its_own_and_they_hold_from_the_next_request_on(utility: Utility) -> None:
    admin = utility.as_staff()
    clerk = {"name": "clerk", "permissions": ["bills.read", "settings.read"]}
    assert admin.post(_roles(utility), clerk).expect(201)["builtIn"] is False
    assert admin.post(_roles(utility), clerk).expect(409)["code"] == "role-exists"
    _make(utility, "ana", "clerk")
    ana = utility.as_staff("ana")
    ana.get(utility.consumers).expect(403)
    ana.get(f"{utility.base}/bills", period="2025-11").expect(200)
    admin.put(f"{_roles(utility)}/clerk", {"permissions": ["consumers.read"]}).expect(200)
    ana.get(utility.consumers).expect(200)
    ana.get(f"{utility.base}/bills", period="2025-11").expect(403)
    assert admin.delete(f"{_roles(utility)}/clerk").expect(409)["code"] == "role-used"
    admin.put(f"{_users(utility)}/{_id(utility, 'ana')}/role", {"role": "viewer"}).expect(200)
    admin.delete(f"{_roles(utility)}/clerk").expect(200)
    admin.delete(f"{_roles(utility)}/clerk").expect(404)
    names = [role["name"] for role in admin.get(_roles(utility)).expect(200)["items"]]
    assert "clerk" not in names
    assert "viewer" in names


@pytest.mark.covers("S3-004", "S3-117")
def test_a_client_may_let_only_superusers_manage_users(utility: Utility) -> None:
    admin, superuser = utility.as_staff(), utility.as_staff("superuser")
    less = sorted(PERMISSIONS.keys() - {"users.manage", "users.read", "roles.manage"})
    superuser.post(_roles(utility), {"name": "admin", "permissions": less}).expect(201)
    for login in ("admin", "field_staff"):
        staff = admin if login == "admin" else utility.as_staff(login)
        staff.get(_users(utility)).expect(403)
        body = {"login": "x", "name": "X", "password": PASSWORD, "role": "viewer"}
        staff.post(_users(utility), body).expect(403)
    _make(utility, "ana")
    admin.get(utility.consumers).expect(200)
    superuser.delete(f"{_roles(utility)}/admin").expect(200)
    admin.get(_users(utility)).expect(200)


@pytest.mark.parametrize("fixed", ["superuser", "consumer", "device"])
def test_what_superusers_consumers_and_devices_may_do_is_the_same_everywhere(utility: Utility, fixed: str) -> None:
    body = {"name": fixed, "permissions": ["bills.read"]}
    assert utility.as_staff().post(_roles(utility), body).expect(409)["code"] == "fixed-role"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "clerk", "permissions": ["bills.steal"]}, "unknown-permission"),
        ({"name": "clerk", "permissions": ["bills.read.own"]}, "unknown-permission"),
        ({"name": "Clerk!", "permissions": ["bills.read"]}, "bad-role"),
        ({"name": "a#b", "permissions": ["bills.read"]}, "bad-role"),
        ({"name": "clerk", "permissions": ["users.manage"], "scope": "area"}, "bad-role"),
        ({"name": "clerk", "permissions": []}, "invalid-body"),
        ({"name": "clerk", "permissions": ["bills.read"], "scope": "own"}, "invalid-body"),
    ],
)
def test_a_role_that_can_not_be_is_refused(utility: Utility, body: dict[str, Any], code: str) -> None:
    assert utility.as_staff().post(_roles(utility), body).expect(400)["code"] == code


def test_nobody_gives_changes_or_manages_what_may_do_more_than_they(utility: Utility) -> None:
    superuser = utility.as_staff("superuser")
    some = ["users.manage", "users.read", "roles.manage", "bills.read", "payments.read", "settings.read"]
    superuser.post(_roles(utility), {"name": "clerk", "permissions": some}).expect(201)
    superuser.post(_roles(utility), {"name": "big", "permissions": [*some, "tariffs.manage"]}).expect(201)
    _make(utility, "ana", "clerk")
    ana, roles, users = utility.as_staff("ana"), _roles(utility), _users(utility)
    other, viewer = f"{users}/{_id(utility, 'manager')}", f"{users}/{_id(utility, 'viewer')}"
    body = {"login": "x", "name": "X", "password": PASSWORD, "role": "manager"}
    for refused in (
        ana.post(users, body),
        ana.post(users, {**body, "role": "big"}),
        ana.put(f"{viewer}/role", {"role": "manager"}),
        ana.put(f"{other}/role", {"role": "viewer"}),
        ana.put(f"{other}/status", {"status": "disabled"}),
        ana.patch(other, {"email": "mine@example.com"}),
        ana.delete(other),
        ana.post(roles, {"name": "other", "permissions": ["tariffs.manage"]}),
        ana.put(f"{roles}/clerk", {"permissions": [*some, "tariffs.manage"]}),
        ana.put(f"{roles}/big", {"permissions": ["bills.read"]}),
        ana.delete(f"{roles}/big"),
        ana.post(roles, {"name": "manager", "permissions": ["bills.read"]}),
    ):
        assert refused.expect(403)["code"] == "role-too-high"
    ana.put(f"{viewer}/role", {"role": "clerk"}).expect(200)


def test_a_consumers_login_never_becomes_staffs(utility: Utility) -> None:
    admin = utility.as_staff()
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz"}).expect(201)["id"]
    made = admin.post(f"{utility.consumers}/{consumer}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    refusal = admin.put(f"{_users(utility)}/{made['userId']}/role", {"role": "viewer"}).expect(409)
    assert refusal["code"] == "consumer-login"


def test_there_is_one_first_superuser(api: Api) -> None:
    client = replace(presets.BALILIHAN, id="first-super")
    tenancy.open_client(client=client)
    utility = Utility(api, client.id, "none")
    ctx = utility.client_context()
    made = service.register_first_superuser(ctx, login="root", name="Root", password=PASSWORD)
    assert made.role == "superuser"
    with pytest.raises(MeterbookError) as refusal:
        service.register_first_superuser(utility.client_context(), login="root2", name="Root", password=PASSWORD)
    assert refusal.value.code == "superuser-exists"
    api.sign_in(client.id, "root", PASSWORD)


def _id(utility: Utility, login: str) -> str:
    (user,) = [
        one for one in service.list_users(utility.client_context(), limit=50, cursor=None).items if one.login == login
    ]
    return user.id

"""A consumer's login follows the consumer: opened once, kept while they are supplied, deleted with them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from chalicelib.consumers import service
from chalicelib.kernel.errors import MeterbookError
from tests.support.faults import MODES, Death, Mode, faults, just_before_writing
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks, register_connection


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _consumer(admin: Api, utility: Utility) -> str:
    made: str = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz"}).expect(201)["id"]
    return made


def _open(admin: Api, utility: Utility, consumer: str, login: str = "juan") -> str:
    body = {"login": login, "password": PASSWORD}
    made: str = admin.post(f"{utility.consumers}/{consumer}/login", body).expect(201)["userId"]
    return made


def _users(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/users"


def _try(utility: Utility, login: str = "juan") -> int:
    return utility.api.post(
        "/api/auth/login", {"clientId": utility.client, "login": login, "password": PASSWORD}
    ).status


@pytest.mark.covers("S2-346")
def test_a_deleted_consumer_is_signed_out_at_once_and_cannot_sign_in(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)
    user = _open(admin, utility, consumer)
    juan = utility.api.sign_in(utility.client, "juan", PASSWORD)
    admin.delete(f"{utility.consumers}/{consumer}").expect(200)

    assert juan.get("/api/me").expect(401)["code"] == "session-ended"
    assert _try(utility) == 401
    shown = admin.get(f"{_users(utility)}/{user}").expect(200)
    assert (shown["status"], bool(shown["deletedAt"])) == ("deleted", True)
    admin.put(f"{_users(utility)}/{user}/status", {"status": "active"}).expect(404)
    (event,) = [
        one for one in admin.get(f"/api/clients/{utility.client}/logins", userId=user).json["items"] if one["endReason"]
    ]
    assert event["endReason"] == "account_changed"
    entries = admin.get(f"/api/clients/{utility.client}/audit-log").expect(200)["items"]
    assert {"consumer.deleted", "user.deleted"} <= {entry["action"] for entry in entries}


def test_a_deleted_consumer_gets_no_login(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)
    admin.delete(f"{utility.consumers}/{consumer}").expect(200)
    body = {"login": "juan", "password": PASSWORD}
    assert admin.post(f"{utility.consumers}/{consumer}/login", body).expect(409)["code"] == "consumer-deleted"


def test_a_consumer_has_one_login_and_another_one_when_it_is_deleted(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)
    user = _open(admin, utility, consumer)
    path = f"{utility.consumers}/{consumer}/login"
    assert admin.post(path, {"login": "juan2", "password": PASSWORD}).expect(409)["code"] == "login-exists"
    assert admin.delete(f"{_users(utility)}/{user}").expect(200)["status"] == "deleted"
    assert _try(utility) == 401
    _open(admin, utility, consumer, "juan2")
    assert _try(utility, "juan2") == 200


@pytest.mark.covers("S2-366")
def test_the_login_of_a_consumer_who_is_supplied_is_not_deleted(utility: Utility, admin: Api) -> None:
    connection = register_connection(admin, utility, "SM-1")
    user = _open(admin, utility, connection["consumerId"])
    path = f"{_users(utility)}/{user}"
    assert admin.delete(path).expect(409)["code"] == "consumer-connected"
    assert _try(utility) == 200
    cut = f"{utility.base}/connections/{connection['accountNumber']}/disconnection"
    admin.post(cut, {"reason": "Moved away"}).expect(200)
    assert admin.delete(path).expect(200)["status"] == "deleted"
    admin.delete(path).expect(404)
    assert admin.get(f"{utility.consumers}/{connection['consumerId']}").expect(200)["status"] == "active"


def test_a_login_is_kept_if_a_connection_is_registered_at_the_last_moment(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)
    user = _open(admin, utility, consumer)
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "SM-1"}
    with just_before_writing(lambda: admin.post(f"{utility.base}/connections", body).expect(201)):
        refused = admin.delete(f"{_users(utility)}/{user}").expect(409)
    assert refused["code"] == "consumer-connected"
    assert _try(utility) == 200


def test_a_login_opened_at_the_last_moment_keeps_its_consumer_from_being_deleted_without_it(
    utility: Utility, admin: Api
) -> None:
    consumer = _consumer(admin, utility)
    path = f"{utility.consumers}/{consumer}"
    with just_before_writing(lambda: _open(admin, utility, consumer)):
        assert admin.delete(path).expect(409)["code"] == "changed"
    assert _try(utility) == 200
    admin.delete(path).expect(200)
    assert _try(utility) == 401


def test_of_logins_opened_at_the_moment_of_deletion_none_survives(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)

    def act(number: int) -> str:
        ctx = utility.client_context()
        try:
            if number == 3:
                return service.delete_consumer(ctx, consumer_id=consumer).status
            service.open_login(ctx, consumer_id=consumer, login=f"juan{number}", password=PASSWORD)
        except MeterbookError as error:
            return error.code
        return f"juan{number}"

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(act, range(6)))
    assert len([one for one in answers if one.startswith("juan")]) <= 1
    if answers[3] == "deleted":
        assert [_try(utility, f"juan{number}") for number in range(6)] == [401] * 6


def test_name_and_contacts_of_a_login_follow_the_consumer(utility: Utility, admin: Api) -> None:
    consumer = _consumer(admin, utility)
    user = f"{_users(utility)}/{_open(admin, utility, consumer)}"
    change = {"version": 0, "firstName": "Juana", "lastName": "Reyes", "email": "Juana@example.com"}
    admin.patch(f"{utility.consumers}/{consumer}", change).expect(200)
    shown = admin.get(user).expect(200)
    assert (shown["name"], shown["email"], shown["login"]) == ("Juana Reyes", "Juana@example.com", "juan")
    juan = utility.api.sign_in(utility.client, "juan", PASSWORD)
    juan.patch("/api/me/profile", {"version": 1, "phone": "+63 917 555 0002"}).expect(200)
    assert juan.get("/api/me").expect(200)["phone"] == "+63 917 555 0002"
    before = len(items_of(utility.client))
    juan.patch("/api/me/profile", {"version": 2, "phone": "+63 917 555 0002", "address": "Purok 2"}).expect(200)
    assert len(items_of(utility.client)) == before + 1  # the consumer's entry of the audit log, and none of the user


def test_where_people_sign_in_by_e_mail_address_that_stays_the_logins_own(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    consumer = _consumer(admin, utility)
    user = f"{_users(utility)}/{_open(admin, utility, consumer, 'juan@example.com')}"
    change = {"version": 0, "firstName": "Juana", "lastName": "Cruz", "email": "office@example.com"}
    admin.patch(f"{utility.consumers}/{consumer}", change).expect(200)
    shown = admin.get(user).expect(200)
    assert (shown["name"], shown["email"], shown["login"]) == ("Juana Cruz", "juan@example.com", "juan@example.com")


@pytest.mark.parametrize("mode", MODES)
def test_a_deletion_that_is_interrupted_anywhere_is_done_whole_or_not_at_all(
    utility: Utility, admin: Api, mode: Mode
) -> None:
    struck, at = True, 0
    while struck:
        consumer = _consumer(admin, utility)
        user = _open(admin, utility, consumer, f"juan{at}")
        with faults(strike_at=at, mode=mode) as fault, suppress(Death, Exception):
            service.delete_consumer(utility.client_context(), consumer_id=consumer)
        paths = f"{utility.consumers}/{consumer}", f"{_users(utility)}/{user}"
        assert len({admin.get(path).expect(200)["status"] for path in paths}) == 1
        service.delete_consumer(utility.client_context(), consumer_id=consumer)
        assert {admin.get(path).expect(200)["status"] for path in paths} == {"deleted"}
        struck, at = fault.struck, at + 1
    assert at > 3

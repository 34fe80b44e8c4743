"""Consumers: found by the words of their names, reachable by an address that they may share, deleted only when free."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD, Utility, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _register(admin: Api, utility: Utility, first: str, last: str, **more: str) -> dict[str, object]:
    made: dict[str, object] = admin.post(utility.consumers, {"firstName": first, "lastName": last, **more}).expect(201)
    return made


def _names(admin: Api, utility: Utility, **query: object) -> list[str]:
    page = admin.get(utility.consumers, **query).expect(200)
    return [f"{each['firstName']} {each['lastName']}" for each in page["items"]]


def test_a_consumer_is_found_by_the_beginnings_of_words_in_any_order(utility: Utility, admin: Api) -> None:
    for first, last in (("Juan", "Dela Cruz"), ("Juana", "Peña-Santos"), ("Pedro", "Santos"), ("Crisanto", "Cruz")):
        _register(admin, utility, first, last)

    assert set(_names(admin, utility, q="jua")) == {"Juan Dela Cruz", "Juana Peña-Santos"}
    assert set(_names(admin, utility, q="CRUZ")) == {"Juan Dela Cruz", "Crisanto Cruz"}
    assert _names(admin, utility, q="cru jua") == ["Juan Dela Cruz"]
    assert _names(admin, utility, q="pena") == ["Juana Peña-Santos"]
    assert _names(admin, utility, q="cr") == ["Crisanto Cruz", "Juan Dela Cruz"]  # once, though two words begin so
    assert _names(admin, utility, q="ruz") == []
    assert admin.get(utility.consumers, q="--").expect(400)["code"] == "nothing-to-find"


def test_a_search_goes_on_from_its_cursor(utility: Utility, admin: Api) -> None:
    for number in range(7):
        _register(admin, utility, f"Ana{number}", "Reyes")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"q": "reyes ana", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = admin.get(utility.consumers, **query).expect(200)
        found += [each["firstName"] for each in page["items"]]
        cursor = page["nextCursor"]
    assert sorted(found) == [f"Ana{number}" for number in range(7)]


def test_lists_are_by_registration_or_by_name_and_of_a_status(utility: Utility, admin: Api) -> None:
    ids = [_register(admin, utility, *name.split())["id"] for name in ("Zoe Abad", "Ana Cruz", "Ben Abad")]
    admin.patch(f"{utility.consumers}/{ids[0]}", _change("Zoe", "Abad", status="inactive")).expect(200)

    assert _names(admin, utility) == ["Zoe Abad", "Ana Cruz", "Ben Abad"]
    assert _names(admin, utility, sort="name") == ["Ben Abad", "Ana Cruz"]
    assert _names(admin, utility, status="inactive") == ["Zoe Abad"]


@pytest.mark.covers("S0-003", "S3-007")
def test_a_consumer_is_changed_and_found_under_the_new_name_only(utility: Utility, admin: Api) -> None:
    consumer = _register(admin, utility, "Maria", "Santos", email="maria@example.com")
    path = f"{utility.consumers}/{consumer['id']}"
    admin.patch(path, _change("Maria", "Reyes", address="Purok 2", email="m@example.com")).expect(200)

    shown = admin.get(path).expect(200)
    assert (shown["lastName"], shown["address"], shown["email"]) == ("Reyes", "Purok 2", "m@example.com")
    assert _names(admin, utility, q="reyes") == ["Maria Reyes"] == _names(admin, utility)
    assert _names(admin, utility, q="santos") == []


def test_what_a_change_of_a_consumer_leaves_out_stays_and_null_takes_it_away(utility: Utility, admin: Api) -> None:
    contacts = {"email": "maria@example.com", "phone": "+63 917 555 0001", "address": "Purok 2"}
    before = _register(admin, utility, "Maria", "Santos", **contacts)
    path = f"{utility.consumers}/{before['id']}"

    admin.patch(path, {"version": 0, "status": "inactive"}).expect(200)
    after = admin.patch(path, {"version": 1, "lastName": "Reyes"}).expect(200)
    assert after == before | {"name": "Maria Reyes", "lastName": "Reyes", "version": 2, "status": "inactive"}

    cleared = admin.patch(path, {"version": 2, "email": None, "status": None}).expect(200)
    assert cleared == after | {"version": 3, "email": None}


def test_who_changes_what_somebody_else_changed_meanwhile_is_told(utility: Utility, admin: Api) -> None:
    path = f"{utility.consumers}/{_register(admin, utility, 'Maria', 'Santos')['id']}"
    admin.patch(path, _change("Maria", "Reyes")).expect(200)
    assert admin.patch(path, _change("Marie", "Santos")).expect(409)["code"] == "changed"
    assert admin.patch(path, _change("Marie", "Santos", version=1)).expect(200)["version"] == 2
    assert _names(admin, utility, q="mari") == ["Marie Santos"]


def test_consumers_may_share_an_e_mail_address(utility: Utility, admin: Api) -> None:
    """B47: couples, landlords' agents. The address is a contact, however it is typed."""
    ana = _register(admin, utility, "Ana", "Cruz", email="home@example.com")
    ben = _register(admin, utility, "Ben", "Cruz", email="HOME@example.com")
    eva = _register(admin, utility, "Eva", "Luna")
    admin.patch(f"{utility.consumers}/{eva['id']}", {"version": 0, "email": "home@example.com"}).expect(200)
    shown = [admin.get(f"{utility.consumers}/{each['id']}").expect(200)["email"] for each in (ana, ben, eva)]
    assert shown == ["home@example.com", "HOME@example.com", "home@example.com"]
    assert not [key for key in items_of(utility.client) if "#EMAIL#" in key]


def test_an_organisation_or_a_person_with_one_name_has_only_a_name(utility: Utility, admin: Api) -> None:
    """B46: schools, chapels, shops; mononyms. They are found, listed and shown by it."""
    school = admin.post(utility.consumers, {"name": "Example School"}).expect(201)
    assert (school["name"], school["firstName"], school["lastName"]) == ("Example School", None, None)
    admin.post(utility.consumers, {"name": "Suharto"}).expect(201)
    _register(admin, utility, "Juan", "Fabella")

    listed = admin.get(utility.consumers, sort="name").expect(200)["items"]
    assert [each["name"] for each in listed] == ["Example School", "Juan Fabella", "Suharto"]
    for words, found in (("sch exa", "Example School"), ("suh", "Suharto")):
        assert [each["name"] for each in admin.get(utility.consumers, q=words).expect(200)["items"]] == [found]

    meter = {"consumerId": school["id"], "consumerClass": "residential", "meterNumber": "SM-1"}
    assert admin.post(f"{utility.base}/connections", meter).expect(201)["consumerName"] == "Example School"


def test_one_name_takes_the_place_of_two_and_two_of_one(utility: Utility, admin: Api) -> None:
    path = f"{utility.consumers}/{_register(admin, utility, 'Juan', 'Cruz')['id']}"
    shop = admin.patch(path, {"version": 0, "name": "Cruz Store"}).expect(200)
    assert (shop["name"], shop["firstName"], shop["lastName"]) == ("Cruz Store", None, None)
    assert admin.patch(path, {"version": 1, "phone": "+63 917"}).expect(200)["name"] == "Cruz Store"
    assert _names(admin, utility, q="juan") == []
    assert admin.patch(path, {"version": 2, "lastName": "Reyes"}).expect(400)["code"] == "name-missing"
    back = admin.patch(path, {"version": 2, "firstName": "Juan", "lastName": "Reyes"}).expect(200)
    assert (back["name"], back["firstName"], back["lastName"]) == ("Juan Reyes", "Juan", "Reyes")
    for wrong in ({"lastName": None}, {"name": "Shop", "firstName": "Eva"}, {"firstName": None, "lastName": None}):
        assert admin.patch(path, {"version": 3, **wrong}).expect(400)["code"] == "name-missing"
    assert _names(admin, utility, q="store") == []


def test_the_owner_of_a_shop_changes_how_to_be_reached_and_its_login_has_its_name(
    api: Api, utility: Utility, admin: Api
) -> None:
    shop = admin.post(utility.consumers, {"name": "Cruz Store"}).expect(201)
    admin.post(f"{utility.consumers}/{shop['id']}/login", {"login": "store", "password": PASSWORD}).expect(201)
    store = api.sign_in(utility.client, "store", PASSWORD)
    assert store.get("/api/me").expect(200)["name"] == "Cruz Store"
    changed = store.patch("/api/me/profile", {"version": 0, "phone": "+63 917"}).expect(200)
    assert (changed["name"], changed["phone"]) == ("Cruz Store", "+63 917")


@pytest.mark.covers("S2-346", "S2-366")
def test_a_consumer_is_deleted_only_without_active_connections_and_stays_on_record(
    utility: Utility, admin: Api
) -> None:
    consumer = _register(admin, utility, "Juan", "Cruz")
    path = f"{utility.consumers}/{consumer['id']}"
    body = {"consumerId": consumer["id"], "consumerClass": "residential", "meterNumber": "SM-1"}
    account = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]

    assert admin.get(path).expect(200)["connections"] == 1
    assert admin.delete(path).expect(409)["code"] == "consumer-connected"
    assert admin.patch(path, _change("Juan", "Cruz", status="inactive")).expect(409)["code"] == "consumer-connected"
    admin.post(f"{utility.base}/connections/{account}/disconnection", {"reason": "Unpaid"}).expect(200)
    deleted = admin.delete(path).expect(200)

    assert (deleted["status"], bool(deleted["deletedAt"])) == ("deleted", True)
    assert admin.get(path).expect(200) == deleted == admin.delete(path).expect(200)
    assert _names(admin, utility, q="juan") == [] == _names(admin, utility, sort="name")
    assert _names(admin, utility, status="deleted") == ["Juan Cruz"]
    again = admin.post(f"{utility.base}/connections/{account}/reconnection", {"reason": "Paid"})
    assert again.expect(409)["code"] == "consumer-not-active"
    assert admin.patch(path, _change("Juana", "Cruz", version=1)).expect(409)["code"] == "consumer-deleted"


def test_nobody_is_deleted_while_a_connection_of_theirs_is_being_registered(utility: Utility, admin: Api) -> None:
    consumer = _register(admin, utility, "Juan", "Cruz")

    def act(number: int) -> int:
        if number == 4:
            return admin.delete(f"{utility.consumers}/{consumer['id']}").status
        body = {"consumerId": consumer["id"], "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        return admin.post(f"{utility.base}/connections", body).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(act, range(8)))
    shown = admin.get(f"{utility.consumers}/{consumer['id']}").expect(200)
    connected = admin.get(f"{utility.base}/connections", consumerId=consumer["id"]).expect(200)["items"]
    assert shown["connections"] == len(connected) == statuses.count(201)
    assert (shown["status"] == "deleted") == (not connected)


@pytest.mark.covers("S0-010", "S2-025", "S2-026", "S2-383")
def test_a_consumer_sees_their_profile_and_changes_how_to_be_reached_only(
    api: Api, utility: Utility, admin: Api
) -> None:
    consumer = _register(admin, utility, "Juan", "Cruz", email="juan@example.com")
    admin.post(f"{utility.consumers}/{consumer['id']}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    juan = api.sign_in(utility.client, "juan", PASSWORD)

    assert juan.get("/api/me/profile").expect(200) == admin.get(f"{utility.consumers}/{consumer['id']}").json
    changed = juan.patch("/api/me/profile", {"version": 0, "phone": "+63 917 555 0002"}).expect(200)
    assert (changed["phone"], changed["firstName"], changed["email"]) == (
        "+63 917 555 0002",
        "Juan",
        "juan@example.com",
    )
    for more in ({"status": "inactive"}, {"role": "admin"}):
        assert juan.patch("/api/me/profile", {"version": 1, **more}).expect(400)["code"] == "invalid-body"
    admin.get("/api/me/profile").expect(404)


def _change(first: str, last: str, version: int = 0, **more: str) -> dict[str, object]:
    return {"firstName": first, "lastName": last, "version": version, **more}


@pytest.mark.covers("S3-096", "S0-057")
@pytest.mark.parametrize("left_out", ["firstName", "lastName"])
def test_a_person_has_a_first_and_a_last_name(utility: Utility, admin: Api, left_out: str) -> None:
    body = {"firstName": "Juan", "lastName": "Cruz"}
    del body[left_out]
    refused = admin.post(utility.consumers, body).expect(400)
    assert [each["field"] for each in refused["errors"]] == [left_out]
    assert admin.post(utility.consumers, {}).expect(400)["code"] == "name-missing"
    both = admin.post(utility.consumers, {"name": "Juan Cruz", **body}).expect(400)
    assert [each["field"] for each in both["errors"]] == ["name"]
    assert _names(admin, utility) == []

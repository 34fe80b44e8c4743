"""Consumers register themselves where the utility allows it: as consumers only, once each, and not by the hundred."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.consumers import service
from chalicelib.consumers.domain.registrations import FEW_OF_NETWORK, PER_CLIENT, PER_NETWORK
from chalicelib.identity import service as identity
from chalicelib.kernel.errors import TooMany
from chalicelib.onboarding import service as onboarding
from chalicelib.platform import keys
from chalicelib.tenancy import service as tenancy
from tests.support import table
from tests.support.faults import MODES, Death, Mode, faults
from tests.support.http import Api, Reply
from tests.support.mails import mails_to, token_in
from tests.support.meter import metered
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks

At = Callable[[datetime], None]
_JUAN = {"firstName": "Juan", "lastName": "Dela Cruz", "email": "juan@example.com", "password": PASSWORD}

_number = count(1)


def _open(api: Api, preset: str = "utility-billing-system", **changes: object) -> Utility:
    """Open a client as a preset has it, with an administrator."""
    model = onboarding.list_presets()[preset].client
    client = replace(model, id=f"self-{next(_number)}", **changes)  # type: ignore[arg-type]
    tenancy.open_client(client=client)
    utility = Utility(api, client.id, "none")
    login = "root" if client.login_names == "username" else "root@example.com"
    identity.register_first_superuser(utility.client_context(), login=login, name="Root", password=PASSWORD)
    return utility


@pytest.fixture
def utility(api: Api, at: At) -> Utility:
    at(NOVEMBER)
    return _open(api)


def _register(utility: Utility, *, key: str | None = None, **facts: Any) -> Reply:  # noqa: ANN401
    return utility.api.post("/api/auth/register", {**_JUAN, "clientId": utility.client, **facts}, key=key)


def _root(utility: Utility) -> Api:
    return utility.api.sign_in(utility.client, "root@example.com", PASSWORD)


def _people(utility: Utility) -> list[str]:
    return sorted(key for key in table.items_of(utility.client) if key.endswith(("| CONSUMER", "| USER")))


@pytest.mark.covers("S2-023", "S2-024", "S2-145", "S4-008", "S2-380", "S2-383", "S4-034")
def test_a_stranger_registers_and_signs_in_as_a_consumer_who_has_nothing_yet(utility: Utility) -> None:
    made = _register(utility, phone="+91 98765 43210", address="12 Lake Road").expect(201)
    assert (made["role"], made["login"]) == ("consumer", "juan@example.com")
    assert (made["consumer"]["phone"], made["consumer"]["address"]) == ("+91 98765 43210", "12 Lake Road")
    assert PASSWORD not in str(made)

    juan = utility.api.sign_in(utility.client, "Juan@Example.com", PASSWORD)
    me = juan.get("/api/me").expect(200)
    assert (me["id"], me["role"], me["consumerId"]) == (made["userId"], "consumer", made["consumer"]["id"])
    assert juan.get("/api/me/profile").expect(200) == made["consumer"]
    assert juan.get("/api/me/connections").expect(200)["items"] == []
    juan.get(utility.consumers).expect(403)
    assert [one["id"] for one in _root(utility).get(utility.consumers, q="cruz").expect(200)["items"]] == [
        made["consumer"]["id"]
    ]


@pytest.mark.covers("S2-024")
@pytest.mark.parametrize("more", [{"role": "admin"}, {"consumerId": "x"}, {"permissions": ["users.manage"]}])
def test_nobody_registers_as_anything_else(utility: Utility, more: dict[str, Any]) -> None:
    before = _people(utility)
    assert _register(utility, **more).expect(400)["code"] == "invalid-body"
    assert _people(utility) == before


@pytest.mark.covers("S2-274", "S2-275", "S2-276", "S4-008", "S2-380")
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"firstName": "J" * 100, "lastName": "C" * 100}, 201),
        ({"firstName": "J" * 101}, 400),
        ({"lastName": "C" * 101}, 400),
        ({"firstName": ""}, 400),
        ({"firstName": "  "}, 400),
        ({"email": "juan"}, 400),
        ({"email": "juan@example"}, 400),
        ({"email": None}, 400),
        ({"password": "12345"}, 400),
        ({"password": "123456"}, 201),
        ({"login": "juan"}, 400),
        ({"number": "SRV-1"}, 400),
    ],
)
def test_what_is_asked_for_is_checked(utility: Utility, facts: dict[str, Any], status: int) -> None:
    before = _people(utility)
    _register(utility, **facts).expect(status)
    assert len(_people(utility)) - len(before) == (2 if status == 201 else 0)


def test_where_consumers_are_registered_by_staff_nobody_registers_themselves(api: Api, utility: Utility) -> None:
    closed = _open(api, "balilihan")
    before = table.items_of(closed.client, sessions=True)
    answers = []
    for client in (closed.client, "no-such-client"):
        problem = _register(replace(utility, client=client)).expect(403)
        answers.append((problem["code"], problem["detail"]))
    assert answers == [("no-self-registration", "This utility has no self-registration; ask it for a login.")] * 2
    assert table.items_of(closed.client, sessions=True) == before
    assert table.items_of("no-such-client", sessions=True) == {}


@pytest.mark.covers("S2-145", "S2-275", "S2-342", "S2-380")
def test_an_address_is_registered_once_however_it_is_typed(utility: Utility) -> None:
    _register(utility).expect(201)
    before = _people(utility)
    assert _register(utility, email="JUAN@example.COM", firstName="Eva").expect(409)["code"] == "email-taken"
    assert _register(utility, email="root@example.com").expect(409)["code"] == "email-taken"
    assert _people(utility) == before


def test_of_many_who_register_one_address_at_once_one_does(utility: Utility) -> None:
    before = _people(utility)
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda n: _register(utility, firstName=f"Juan {n}").status, range(8)))
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 503}
    assert len(_people(utility)) == len(before) + 2


def test_sent_again_with_its_key_it_makes_nothing_new_and_says_the_same(utility: Utility) -> None:
    first = _register(utility, key="mine").expect(201)
    people = _people(utility)
    assert _register(utility, key="mine").expect(201) == first
    assert _register(utility, key="mine", password="Another-horse-1").expect(409)["code"] == "email-taken"
    assert _register(utility, key="yours").expect(409)["code"] == "email-taken"
    assert _register(utility).expect(409)["code"] == "email-taken"
    assert _people(utility) == people
    assert _register(utility, key="mine", email="eva@example.com").expect(201) != first


@pytest.mark.parametrize("mode", MODES)
def test_interrupted_anywhere_it_is_whole_when_it_is_sent_again(utility: Utility, mode: Mode) -> None:
    struck, at = True, 0
    while struck:
        before = _people(utility)
        facts = {"email": f"juan{at}@example.com", "key": f"key {at}"}
        with faults(strike_at=at, mode=mode) as fault, suppress(Death):
            _register(utility, **facts)
        assert len(_people(utility)) - len(before) in {0, 2}
        made = _register(utility, **facts).expect(201)
        assert len(_people(utility)) - len(before) == 2
        utility.api.sign_in(utility.client, made["login"], PASSWORD)
        struck, at = fault.struck, at + 1
    assert at > 3


def test_it_takes_one_read_and_two_transactions(utility: Utility) -> None:
    with metered() as meter:
        _register(utility).expect(201)
    assert meter.requests == {"GetItem": 1, "TransactWriteItems": 2}
    assert (meter.write_units, meter.read_units) == (Decimal(27), Decimal("0.5"))


def test_an_address_of_the_network_registers_no_hundreds_within_an_hour(utility: Utility, at: At) -> None:
    for number in range(PER_NETWORK):
        # What is refused by sight is not counted.
        _register(utility, email="juan", firstName=str(number)).expect(400)
        assert _register(utility, password=str(number)).expect(400)["code"] == "weak-password"
    _register(utility).expect(201)
    for number in range(PER_NETWORK - 1):
        _register(utility, firstName=f"Eva {number}").expect(409)
    at(NOVEMBER + timedelta(minutes=59, seconds=58))
    reply = _register(utility, email="eva@example.com")
    assert (reply.expect(429)["code"], reply.headers["retry-after"]) == ("too-many-registrations", "2")
    elsewhere = replace(utility.client_context(now=NOVEMBER), address="203.0.113.9")
    facts = {"first_name": "Eva", "last_name": "Luna", "email": "eva@example.com", "password": PASSWORD}
    service.register_self(elsewhere, client_id=utility.client, **facts)
    at(NOVEMBER + timedelta(hours=1))
    _register(utility, email="ana@example.com").expect(201)


def test_a_client_is_not_flooded_from_many_addresses_either(utility: Utility, at: At) -> None:
    """F14: and what one stranger uses up, with however many addresses, leaves each other network its few."""
    _register(utility).expect(201)
    pk, sk = keys.registrations(utility.client, "2025-11-11T01", "ALL")
    counted = table.items_of(utility.client)[f"{pk} | {sk}"]
    table.write({"counted": counted | {"tries": {"N": str(PER_CLIENT)}}})
    facts = {"first_name": "Eva", "last_name": "Luna", "password": PASSWORD}
    for number in range(FEW_OF_NETWORK + 1):
        # All addresses of an IPv6 network are one network.
        elsewhere = replace(utility.client_context(now=NOVEMBER), address=f"2001:db8:1:2::{number}")
        with pytest.raises(TooMany) if number == FEW_OF_NETWORK else nullcontext():
            service.register_self(elsewhere, client_id=utility.client, email=f"eva{number}@example.com", **facts)
    for number in range(FEW_OF_NETWORK - 1):
        _register(utility, email=f"ana{number}@example.com").expect(201)
    assert _register(utility, email="eva@example.com").expect(429)["code"] == "too-many-registrations"
    assert int(counted["ttl"]["N"]) == int((NOVEMBER + timedelta(hours=2)).timestamp())
    _register(_open(utility.api)).expect(201)
    at(NOVEMBER + timedelta(hours=1))
    _register(utility, email="eva@example.com").expect(201)


@pytest.mark.covers("S4-007")
def test_names_begin_with_a_capital(api: Api, at: At) -> None:
    at(NOVEMBER)
    utility = _open(api, "electricity")
    for number, (sent, kept) in enumerate((("ravi", "Ravi"), ("mcDonald", "McDonald"), ("élise", "Élise"))):
        email = f"ravi{number}@example.com"
        made = _register(utility, firstName=sent, lastName="kumar", email=email).expect(201)
        assert (made["consumer"]["firstName"], made["consumer"]["lastName"]) == (kept, "kumar")
        me = utility.api.sign_in(utility.client, email, PASSWORD).get("/api/me").expect(200)
        assert me["name"] == f"{kept} kumar"
    body = {**_JUAN, "clientId": utility.client}
    del body["firstName"]
    utility.api.post("/api/auth/register", body).expect(400)


def test_a_service_number_is_a_second_login_name_once_staff_confirm_it(api: Api, at: At) -> None:
    """F14: a number that somebody gave reserves nothing, opens nothing, and tells nobody whether it is somebody's."""
    at(NOVEMBER)
    utility = _open(api, "electricity")
    stranger = _register(utility, number="SRV-1001").expect(201)
    owner = _register(utility, email="eva@example.com", number="Srv-1001").expect(201)
    assert (stranger["number"], owner["number"]) == ("SRV-1001", "Srv-1001")
    _refused(utility, "srv-1001")

    root, path = _root(utility), f"/api/clients/{utility.client}/users"
    asking = root.get(path, q="srv-1001").expect(200)["items"]
    assert {(one["id"], one["number"]) for one in asking} == {(stranger["userId"], None), (owner["userId"], None)}
    confirmed = root.patch(f"{path}/{owner['userId']}", {"number": "SRV-1001"}).expect(200)
    assert (confirmed["number"], confirmed["askedNumber"]) == ("SRV-1001", None)
    eva = utility.api.sign_in(utility.client, "srv-1001", PASSWORD)
    assert eva.get("/api/me").expect(200)["id"] == owner["userId"]
    taken = root.patch(f"{path}/{stranger['userId']}", {"number": "SRV-1001"}).expect(409)
    assert taken["code"] == "login-taken"

    root.patch(f"{path}/{owner['userId']}", {"number": "SRV-1002"}).expect(200)
    _refused(utility, "srv-1001")
    utility.api.sign_in(utility.client, "srv-1002", PASSWORD)
    root.patch(f"{path}/{owner['userId']}", {"number": None}).expect(200)
    root.patch(f"{path}/{stranger['userId']}", {"number": "SRV-1002"}).expect(200)


def _refused(utility: Utility, login: str, password: str = PASSWORD) -> None:
    body = {"clientId": utility.client, "login": login, "password": password}
    utility.api.post("/api/auth/login", body).expect(401)


def test_what_a_stranger_registered_gives_way_to_the_consumer_whom_staff_register(utility: Utility) -> None:
    """F14: the owner of an address has it as a consumer and as a login name, whoever registered it before."""
    made = _register(utility, firstName="Mal").expect(201)
    stranger = utility.api.sign_in(utility.client, "juan@example.com", PASSWORD)
    root = _root(utility)
    person = {"firstName": "Juan", "lastName": "Dela Cruz", "email": "Juan@example.com"}
    juan = root.post(utility.consumers, person).expect(201)
    login = {"login": "juan@example.com", "password": "Another-horse-1"}
    opened = root.post(f"{utility.consumers}/{juan['id']}/login", login).expect(201)

    me = utility.api.sign_in(utility.client, "juan@example.com", "Another-horse-1").get("/api/me").expect(200)
    assert (me["id"], me["consumerId"]) == (opened["userId"], juan["id"])
    _refused(utility, "juan@example.com")
    stranger.get("/api/me").expect(401)
    users = f"/api/clients/{utility.client}/users"
    left = root.get(f"{users}/{made['userId']}").expect(200)
    assert (left["status"], left["email"], left["login"]) == ("disabled", None, made["userId"].lower())
    entries = root.get(f"/api/clients/{utility.client}/audit-log").expect(200)["items"]
    assert ("user.gave-way", made["userId"]) in {(one["action"], one["subject"]["id"]) for one in entries}
    # What is left of it can be deleted, and takes nothing from the owner.
    root.delete(f"{utility.consumers}/{made['consumer']['id']}").expect(200)
    utility.api.sign_in(utility.client, "juan@example.com", "Another-horse-1")


def test_an_address_of_another_consumer_gives_a_stranger_nothing_of_theirs(app: Chalice, utility: Utility) -> None:
    """B47 and F14: a contact is no key. The stranger gets a login without connections, and the mailbox decides."""
    root = _root(utility)
    person = {"firstName": "Ana", "lastName": "Reyes", "email": "ana@example.com"}
    ana = root.post(utility.consumers, person).expect(201)
    stranger = _register(utility, email="ana@example.com", firstName="Mal").expect(201)
    assert stranger["consumer"]["id"] != ana["id"]
    signed_in = utility.api.sign_in(utility.client, "ana@example.com", PASSWORD)
    assert signed_in.get("/api/me/connections").expect(200)["items"] == []
    assert signed_in.get("/api/me/profile").expect(200)["id"] == stranger["consumer"]["id"]

    asked = {"clientId": utility.client, "login": "ana@example.com"}
    utility.api.post("/api/auth/password-reset", asked).expect(202)
    drain(app, "meterbook-mails")
    token = token_in(mails_to("ana@example.com")[-1])
    utility.api.post("/api/auth/password-reset/confirmation", {"token": token, "password": "Another-horse-1"}).expect(
        200
    )
    _refused(utility, "ana@example.com")
    signed_in.get("/api/me").expect(401)


def test_an_organisation_registers_itself_by_one_name(utility: Utility) -> None:
    """B46; S4-007 for its first letter."""
    body = {"firstName": None, "lastName": None, "name": "example School"}
    made = _register(utility, **body).expect(201)
    assert (made["consumer"]["name"], made["consumer"]["lastName"]) == ("Example School", None)
    half = _register(utility, email="eva@example.com", lastName=None).expect(400)
    assert (half["code"], half["errors"][0]["field"]) == ("name-missing", "lastName")


def test_staff_take_a_login_name_that_a_stranger_registered(utility: Utility) -> None:
    """F14: as the login of a new user of staff, and as the address of one who is there."""
    root, users = _root(utility), f"/api/clients/{utility.client}/users"
    staff = {"name": "Ana", "password": "Another-horse-1", "role": "admin"}
    for email in ("ana@example.com", "eva@example.com"):
        _register(utility, email=email).expect(201)
    ana = root.post(users, staff | {"login": "ana@example.com"}).expect(201)
    utility.api.sign_in(utility.client, "ana@example.com", "Another-horse-1")
    root.patch(f"{users}/{ana['id']}", {"email": "eva@example.com"}).expect(200)
    utility.api.sign_in(utility.client, "eva@example.com", "Another-horse-1")
    _refused(utility, "ana@example.com", "Another-horse-1")


def test_a_deleted_strangers_address_is_free_again(utility: Utility) -> None:
    """F14: staff delete what is not the owner's, and the owner registers."""
    made = _register(utility, firstName="Mal").expect(201)
    _root(utility).delete(f"{utility.consumers}/{made['consumer']['id']}").expect(200)
    again = _register(utility, password="Another-horse-1").expect(201)
    me = utility.api.sign_in(utility.client, "juan@example.com", "Another-horse-1").get("/api/me").expect(200)
    assert me["id"] == again["userId"]


def test_who_has_a_connection_or_a_proven_mailbox_gives_way_to_nobody(app: Chalice, api: Api, at: At) -> None:
    """F14: whom staff connected, and who reset the password by mail, keep address and login name."""
    at(NOVEMBER)
    utility = open_waterworks(api)
    client = tenancy.get_client(utility.client_context())
    tenancy.open_client(client=replace(client, login_names="email", self_registration=True))
    admin = utility.as_staff()
    connected, _ = (_register(utility, email=f"{who}@example.com").expect(201) for who in ("juan", "eva"))
    connection = {"consumerClass": "residential", "meterNumber": "SM-1", "consumerId": connected["consumer"]["id"]}
    admin.post(f"{utility.base}/connections", connection).expect(201)
    api.post("/api/auth/password-reset", {"clientId": utility.client, "login": "eva@example.com"}).expect(202)
    drain(app, "meterbook-mails")
    token = token_in(mails_to("eva@example.com")[-1])
    api.post("/api/auth/password-reset/confirmation", {"token": token, "password": "Another-horse-1"}).expect(200)

    other = admin.post(utility.consumers, {"firstName": "Other", "lastName": "One"}).expect(201)["id"]
    for who in ("juan", "eva"):
        login = {"login": f"{who}@example.com", "password": PASSWORD}
        assert admin.post(f"{utility.consumers}/{other}/login", login).expect(409)["code"] == "login-taken"
    utility.api.sign_in(utility.client, "juan@example.com", PASSWORD)
    utility.api.sign_in(utility.client, "eva@example.com", "Another-horse-1")


@pytest.mark.parametrize("mode", MODES)
def test_interrupted_anywhere_a_registration_gives_way_whole_or_not_at_all(utility: Utility, mode: Mode) -> None:
    """F14: the login name is always exactly one user's who can sign in."""
    root, struck, at = _root(utility), True, 0
    while struck:
        email = f"juan{at}@example.com"
        _register(utility, email=email).expect(201)
        juan = root.post(utility.consumers, {"firstName": "Juan", "lastName": "Cruz", "email": email}).expect(201)
        path, login = f"{utility.consumers}/{juan['id']}/login", {"login": email, "password": "Another-horse-1"}
        with faults(strike_at=at, mode=mode) as fault, suppress(Death):
            root.post(path, login)
        body = {"clientId": utility.client, "login": email}
        statuses = [
            utility.api.post("/api/auth/login", body | {"password": password}).status
            for password in (PASSWORD, "Another-horse-1")
        ]
        assert sorted(statuses) == [200, 401]
        assert root.post(path, login).status in {201, 409}  # 409 once it is there
        utility.api.sign_in(utility.client, email, "Another-horse-1")
        struck, at = fault.struck, at + 1
    assert at > 3


def test_where_people_sign_in_by_user_name_one_is_given(api: Api, at: At) -> None:
    at(NOVEMBER)
    utility = _open(api, "balilihan", self_registration=True)
    assert _register(utility).expect(400)["code"] == "bad-login"
    assert _register(utility, login="juan").expect(201)["login"] == "juan"
    utility.api.sign_in(utility.client, "juan", PASSWORD)


def test_it_is_on_record_as_a_strangers_deed(utility: Utility) -> None:
    made = _register(utility).expect(201)
    entries = _root(utility).get(f"/api/clients/{utility.client}/audit-log").expect(200)["items"]
    said = {(one["action"], one["subject"]["id"]) for one in entries if one["actorId"] == "anonymous"}
    assert said == {("consumer.registered", made["consumer"]["id"]), ("user.registered", made["userId"])}


def test_who_registered_is_deleted_with_their_login(utility: Utility) -> None:
    made = _register(utility).expect(201)
    _root(utility).delete(f"{utility.consumers}/{made['consumer']['id']}").expect(200)
    body = {"clientId": utility.client, "login": "juan@example.com", "password": PASSWORD}
    utility.api.post("/api/auth/login", body).expect(401)


def test_another_clients_consumers_are_unrelated(api: Api, utility: Utility) -> None:
    _register(utility).expect(201)
    _register(_open(api)).expect(201)
    staffs = open_waterworks(api)
    staffs.as_staff().post(staffs.consumers, {k: v for k, v in _JUAN.items() if k != "password"}).expect(201)

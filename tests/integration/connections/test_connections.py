"""Consumers and connections: numbers that never collide, and requests that may be sent twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chalicelib.connections import service as connections
from chalicelib.consumers import service as consumers
from chalicelib.kernel.errors import Conflict
from chalicelib.onboarding import service as onboarding
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_condominium, open_waterworks, register_connection


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _connect(utility: Utility, consumer_id: str, meter: str, now: datetime = NOVEMBER) -> str:
    made = connections.register_connection(
        utility.context(now=now),
        consumer_id=consumer_id,
        account=None,
        consumer_class="residential",
        meter_number=meter,
        area="Poblacion",
        initial_reading=Decimal(0),
    )
    return made.account


def _consumer(utility: Utility) -> str:
    made = consumers.register_consumer(
        utility.context(), first_name="Juan", last_name="Dela Cruz", email=None, phone=None, address=None
    )
    return made.id


@pytest.mark.covers("S3-072")
def test_account_numbers_count_up_from_1_in_each_month_of_the_clients_own_calendar(utility: Utility) -> None:
    consumer = _consumer(utility)
    assert _connect(utility, consumer, "A") == "2025110001"
    assert _connect(utility, consumer, "B") == "2025110002"
    # Still November in UTC, already December in Manila.
    assert _connect(utility, consumer, "C", datetime(2025, 11, 30, 16, 0, tzinfo=UTC)) == "2025120001"
    assert _connect(utility, consumer, "D") == "2025110003"


@pytest.mark.covers("S3-072", "S2-299", "S2-384")
def test_of_16_who_register_the_same_meter_at_once_one_wins(utility: Utility) -> None:
    consumer = _consumer(utility)

    def register(_: int) -> str | None:
        try:
            return _connect(utility, consumer, "SM-1")
        except Conflict:
            return None

    with ThreadPoolExecutor(16) as threads:
        accounts = [account for account in threads.map(register, range(16)) if account]
    assert len(accounts) == 1
    stored = [key for key in items_of(utility.client) if "| CONNECTION#2025" in key]
    assert len(stored) == 1


@pytest.mark.covers("S3-072")
def test_16_connections_registered_at_once_have_16_account_numbers(utility: Utility) -> None:
    consumer = _consumer(utility)
    with ThreadPoolExecutor(16) as threads:
        accounts = list(threads.map(lambda number: _connect(utility, consumer, f"SM-{number}"), range(16)))
    assert sorted(accounts) == [f"20251100{number:02}" for number in range(1, 17)]


@pytest.mark.covers("S0-017", "S0-019", "S0-020", "S2-029", "S2-348")
def test_a_consumer_may_have_many_connections_and_sees_them_all(api: Api, utility: Utility) -> None:
    admin = utility.as_staff()
    consumer = _consumer(utility)
    accounts = [_connect(utility, consumer, meter) for meter in "ABC"]
    _connect(utility, _consumer(utility), "D")  # somebody else's
    admin.post(f"{utility.consumers}/{consumer}/login", {"login": "juan", "password": PASSWORD}).expect(201)
    mine = api.sign_in(utility.client, "juan", PASSWORD).get("/api/me/connections").expect(200)["items"]
    assert [one["connection"]["accountNumber"] for one in mine] == accounts
    assert {one["connection"]["consumerId"] for one in mine} == {consumer}


@pytest.mark.covers("S0-020", "S2-296")
@pytest.mark.parametrize(("consumer", "status"), [(None, 400), ("", 400), ("x", 404), ("0" * 26, 404)])
def test_a_connection_without_a_known_consumer_is_refused(utility: Utility, consumer: str | None, status: int) -> None:
    before = {key for key in items_of(utility.client) if "#SEQUENCES" not in key}
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "A", "area": "P"}
    utility.as_staff().post(f"{utility.base}/connections", body).expect(status)
    assert {key for key in items_of(utility.client) if "#SEQUENCES" not in key} == before


@pytest.mark.covers("S1-018", "S1-019")
def test_a_unit_keeps_its_given_number_and_nobody_else_gets_it(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    body = {"accountNumber": "101", "consumerClass": "unit", "meterNumber": "WM-101-2025", "area": "Tower"}
    made = admin.post(f"{utility.base}/connections", body).expect(201)
    assert (made["accountNumber"], made["meterNumber"]) == ("101", "WM-101-2025")
    again = admin.post(f"{utility.base}/connections", {**body, "meterNumber": "WM-2"}).expect(409)
    assert again["code"] == "account-taken"
    taken = admin.post(f"{utility.base}/connections", {**body, "accountNumber": "102"}).expect(409)
    assert taken["code"] == "meter-taken"


def test_a_meter_number_may_be_used_again_by_another_tenant(api: Api, utility: Utility) -> None:
    other = open_waterworks(api)
    for each in (utility, other):
        assert register_connection(each.as_staff(), each, "SM-1")["accountNumber"].endswith("0001")


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("{consumers}", {"firstName": "A", "lastName": "B"}, {"firstName": "A", "lastName": "C"}),
        (
            "/api/clients/{client}/users",
            {"login": "u1", "name": "U", "password": PASSWORD, "role": "viewer"},
            {"login": "u2", "name": "U", "password": PASSWORD, "role": "viewer"},
        ),
        ("{base}/readings/imports", {"fileName": "a.csv"}, {"fileName": "b.csv"}),
        ("{base}/billing-runs", {"period": "2025-10"}, {"period": "2025-09"}),
    ],
    ids=["consumers", "users", "imports", "runs"],
)
def test_a_request_sent_again_with_its_key_makes_nothing_new(
    api: Api, utility: Utility, path: str, body: dict[str, str], other: dict[str, str]
) -> None:
    admin = utility.as_staff()
    address = path.format(consumers=utility.consumers, client=utility.client, base=utility.base)
    first = admin.post(address, body, key="k-1")
    assert first.status in {201, 202}
    before = items_of(utility.client)
    again = admin.post(address, body, key="k-1")
    assert again.status == first.status
    assert again.json["id"] == first.json["id"]
    assert items_of(utility.client) == before
    assert admin.post(address, other, key="k-1").expect(422)["code"] == "key-reused"
    assert items_of(utility.client) == before
    neighbour = open_waterworks(api)
    theirs = path.format(consumers=neighbour.consumers, client=neighbour.client, base=neighbour.base)
    assert neighbour.as_staff().post(theirs, other, key="k-1").json["id"] != first.json["id"]


def test_a_connection_registered_again_with_its_key_is_the_same(utility: Utility) -> None:
    admin = utility.as_staff()
    body = {"consumerId": _consumer(utility), "consumerClass": "residential", "meterNumber": "A", "area": "P"}
    first = admin.post(f"{utility.base}/connections", body, key="k").expect(201)
    assert admin.post(f"{utility.base}/connections", body, key="k").expect(201) == first
    assert admin.post(f"{utility.base}/connections", {**body, "area": "Q"}, key="k").status in {409, 422}
    assert admin.post(f"{utility.base}/connections", body).expect(409)["code"] == "meter-taken"


@pytest.mark.covers("S4-013")
@pytest.mark.parametrize(
    ("consumer_class", "status"),
    [("household", 201), ("commercial", 201), ("industrial", 201), ("Household", 400), ("farm", 400), ("", 400)],
)
def test_a_connection_is_of_a_class_that_the_source_has(api: Api, consumer_class: str, status: int) -> None:
    model = onboarding.list_presets()["electricity"].projects[0].settings
    utility = open_waterworks(api, settings=model, rates={})
    admin = utility.as_staff()
    consumer = admin.post(utility.consumers, {"firstName": "Asha", "lastName": "Rao"}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": consumer_class, "meterNumber": "M-1", "accountNumber": "SRV-1"}
    admin.post(f"{utility.base}/connections", body).expect(status)

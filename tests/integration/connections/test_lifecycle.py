"""What becomes of a connection: cut off, supplied again, given another meter, handed over, closed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import (
    NOVEMBER,
    PASSWORD,
    Utility,
    open_condominium,
    open_waterworks,
    register_connection,
)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _read(admin: Api, utility: Utility, meter: str, value: str, read_on: str = "2025-11-05") -> str:
    body = {"meterNumber": meter, "reading": value, "readOn": read_on}
    reading: str = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    return reading


def _bill(app: Chalice, admin: Api, utility: Utility, period: str = "2025-11") -> list[dict[str, object]]:
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    admin.post(f"{utility.base}/billing-runs", {"period": period}).expect(202)
    drain(app, "meterbook-billing")
    return whole_bills(admin, utility.base, period)


@pytest.mark.covers("S3-074", "S3-099", "S3-124")
def test_a_connection_is_cut_off_and_supplied_again_with_reasons_that_are_shown(utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    path = f"{utility.base}/connections/{account}"

    admin.post(f"{path}/disconnection", {}).expect(400)
    cut = admin.post(f"{path}/disconnection", {"reason": "Three bills unpaid", "on": "2025-11-06"}).expect(200)
    assert cut["status"] == "disconnected"
    assert admin.post(f"{path}/disconnection", {"reason": "Again"}).expect(409)["code"] == "wrong-status"
    refused = admin.post(f"{utility.base}/readings", {"meterNumber": "SM-1", "reading": "9", "readOn": "2025-11-07"})
    assert refused.expect(409)["code"] == "not-active"
    listed = admin.get(f"{utility.base}/connections", status="disconnected").expect(200)["items"]
    assert [each["accountNumber"] for each in listed] == [account]
    assert admin.get(f"{utility.base}/connections", status="active").expect(200)["items"] == []

    early = admin.post(f"{path}/reconnection", {"reason": "Paid", "on": "2025-11-05"}).expect(400)
    assert (early["code"], "was disconnected on 2025-11-06" in early["detail"]) == ("wrong-order", True)
    again = admin.post(f"{path}/reconnection", {"reason": "Paid", "on": "2025-11-11"}).expect(200)
    assert again["status"] == "active"
    _read(admin, utility, "SM-1", "9")
    history = admin.get(f"{path}/history").expect(200)["items"]
    assert {each["reason"] for each in history} == {"Three bills unpaid", "Paid"}
    assert {each["recordedByName"] for each in history} == {"admin"}
    assert {(each["kind"], each["happenedOn"]) for each in history} == {
        ("disconnected", "2025-11-06"),
        ("reconnected", "2025-11-11"),
    }
    assert admin.get(f"{utility.base}/connections", status="disconnected").expect(200)["items"] == []


@pytest.mark.parametrize("act", ["disconnection", "reconnection", "closure", "handovers"])
def test_nothing_is_done_to_a_connection_on_a_day_that_is_still_to_come(utility: Utility, admin: Api, act: str) -> None:
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
    path = f"{utility.base}/connections/{register_connection(admin, utility, 'SM-1')['accountNumber']}"
    if act == "reconnection":
        admin.post(f"{path}/disconnection", {"reason": "Asked"}).expect(200)
    before = admin.get(path).expect(200)
    asked = {"reason": "Asked"} | ({"consumerId": heir} if act == "handovers" else {})
    asked |= {"finalReading": "0"} if act in {"closure", "handovers"} else {}

    tomorrow = admin.post(f"{path}/{act}", asked | {"on": "2025-11-12"}).expect(400)
    assert (tomorrow["code"], tomorrow["detail"].partition(":")[0]) == ("future-date", "on")
    assert admin.get(path).expect(200) == before
    admin.post(f"{path}/{act}", asked | {"on": "2025-11-11"}).expect(200)


def test_no_meter_was_installed_on_a_day_that_is_still_to_come(utility: Utility, admin: Api) -> None:
    made = register_connection(admin, utility, "SM-1")
    meter = {"meterNumber": "SM-2", "installedOn": "2025-11-12"}
    known = {name: made[name] for name in ("consumerId", "consumerClass", "area")}
    assert admin.post(f"{utility.base}/connections", known | meter).expect(400)["code"] == "future-date"
    change = {"version": 0, "consumerClass": "residential", "installedOn": "2025-11-12"}
    path = f"{utility.base}/connections/{made['accountNumber']}"
    assert admin.patch(path, change).expect(400)["code"] == "future-date"
    admin.patch(path, change | {"installedOn": "2025-11-11"}).expect(200)


def test_a_connection_is_handed_to_nobody_who_is_set_aside(utility: Utility, admin: Api) -> None:
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
    admin.delete(f"{utility.consumers}/{heir}").expect(200)
    path = f"{utility.base}/connections/{register_connection(admin, utility, 'SM-1')['accountNumber']}"
    admin.post(f"{path}/disconnection", {"reason": "Empty"}).expect(200)
    asked = {"consumerId": heir, "reason": "Sold", "finalReading": "0"}
    refused = admin.post(f"{path}/handovers", asked).expect(409)
    assert refused["code"] == "consumer-not-active"


def test_a_buildings_meter_is_handed_to_no_consumer(utility: Utility, admin: Api) -> None:
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
    building = {"consumerClass": "residential", "meterNumber": "SM-1", "purpose": "building"}
    path = f"{utility.base}/connections"
    made = admin.post(path, building).expect(201)["accountNumber"]
    refused = admin.post(f"{path}/{made}/handovers", {"consumerId": heir, "reason": "Sold"}).expect(400)
    assert refused["code"] == "consumer-given"


@pytest.mark.covers("S2-300", "S1-023")
def test_a_closed_connection_is_read_no_more_and_its_meter_number_is_free(utility: Utility, admin: Api) -> None:
    first = register_connection(admin, utility, "SM-1")
    path = f"{utility.base}/connections/{first['accountNumber']}"
    assert admin.post(f"{path}/closure", {"reason": "Demolished"}).expect(400)["code"] == "reading-missing"
    closing = {"reason": "Demolished", "finalReading": "0"}
    assert admin.post(f"{path}/closure", closing).expect(200)["status"] == "closed"
    for verb in ("closure", "disconnection", "reconnection"):
        assert admin.post(f"{path}/{verb}", {"reason": "?"}).expect(409)["code"] == "wrong-status"
    second = register_connection(admin, utility, "SM-1")
    found = admin.get(f"{utility.base}/connections", meterNumber="sm-1").expect(200)["items"]
    assert [each["accountNumber"] for each in found] == [second["accountNumber"]]
    closed = admin.get(f"{utility.base}/connections", status="closed").expect(200)["items"]
    assert [each["accountNumber"] for each in closed] == [first["accountNumber"]]
    assert admin.get(path).expect(200)["meterNumber"] == "SM-1"


def test_after_an_exchange_the_bill_takes_the_use_of_both_meters(app: Chalice, utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    path = f"{utility.base}/connections/{account}"
    exchange = {
        "meterNumber": "SM-2",
        "finalReading": "104",
        "firstReading": "3",
        "on": "2025-11-02",
        "reason": "Stuck",
    }
    after = admin.post(f"{path}/meter-exchanges", exchange).expect(200)
    assert (after["meterNumber"], after["lastReading"], after["useBroughtForward"]) == ("SM-2", "3", "4")
    refused = admin.post(f"{utility.base}/readings", {"meterNumber": "SM-1", "reading": "9", "readOn": "2025-11-05"})
    refused.expect(404)

    reading = _read(admin, utility, "SM-2", "9")
    assert admin.get(f"{utility.base}/readings/{reading}").expect(200)["usage"] == "10"
    (bill,) = _bill(app, admin, utility)

    assert (bill["previousReading"], bill["currentReading"], bill["useBroughtForward"], bill["usage"]) == (
        "3",
        "9",
        "4",
        "10",
    )
    assert bill["total"] == "275.00"
    assert admin.get(path).expect(200)["useBroughtForward"] is None
    (event,) = admin.get(f"{path}/history").expect(200)["items"]
    assert event["facts"] == {"oldMeter": "SM-1", "finalReading": "104", "newMeter": "SM-2", "firstReading": "3"}


def test_a_meter_exchanged_twice_between_two_readings_loses_nothing(utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    path = f"{utility.base}/connections/{account}/meter-exchanges"
    stuck = {"meterNumber": "SM-2", "finalReading": "104", "on": "2025-11-02", "reason": "Stuck"}
    admin.post(path, stuck).expect(200)
    admin.post(path, {"meterNumber": "SM-3", "finalReading": "2.5", "on": "2025-11-03", "reason": "Leaks"}).expect(200)
    reading = _read(admin, utility, "SM-3", "1")
    assert admin.get(f"{utility.base}/readings/{reading}").expect(200)["usage"] == "7.5"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"finalReading": "99"}, "below-previous"),
        ({"firstReading": "-1"}, "bad-number"),
        ({"on": "2025-11-12"}, "future-date"),
        ({"meterNumber": "SM-1"}, "same-meter"),
        ({"meterBrand": "nobody"}, "unknown-brand"),
    ],
)
def test_an_exchange_that_can_not_have_been_is_refused(
    utility: Utility, admin: Api, change: dict[str, str], code: str
) -> None:
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    exchange = {"meterNumber": "SM-2", "finalReading": "104", "reason": "Stuck", **change}
    path = f"{utility.base}/connections/{account}"
    assert admin.post(f"{path}/meter-exchanges", exchange).expect(400)["code"] == code
    assert admin.get(path).expect(200)["version"] == 0


def test_a_reading_of_the_old_meter_can_not_be_confirmed_after_the_exchange(utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    reading = _read(admin, utility, "SM-1", "110")
    exchange = {"meterNumber": "SM-2", "finalReading": "112", "reason": "Stuck", "on": "2025-11-06"}
    admin.post(f"{utility.base}/connections/{account}/meter-exchanges", exchange).expect(200)

    refused = admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(409)
    assert refused["code"] == "meter-exchanged"
    corrected = admin.put(f"{utility.base}/readings/{reading}", {"reading": "1", "readOn": "2025-11-06"}).expect(200)
    assert (corrected["usage"], corrected["meterNumber"]) == ("13", "SM-2")
    assert admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)["usage"] == "13"


def test_a_confirmed_reading_stands_once_its_meter_is_exchanged(utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    reading = _read(admin, utility, "SM-1", "10")
    admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    exchange = {"meterNumber": "SM-2", "finalReading": "12", "reason": "Stuck"}
    admin.post(f"{utility.base}/connections/{account}/meter-exchanges", exchange).expect(200)
    refused = admin.put(f"{utility.base}/readings/{reading}", {"reading": "11", "readOn": "2025-11-05"}).expect(409)
    assert refused["code"] == "meter-exchanged"


def test_a_closure_bills_what_an_exchanged_meter_used(utility: Utility, admin: Api) -> None:
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    reading = _read(admin, utility, "SM-1", "10")
    admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    path = f"{utility.base}/connections/{account}"
    exchange = {"meterNumber": "SM-2", "finalReading": "12", "on": "2025-11-05", "reason": "Stuck"}
    admin.post(f"{path}/meter-exchanges", exchange).expect(200)
    unread = admin.post(f"{path}/closure", {"reason": "Gone", "on": "2025-11-05"}).expect(400)
    assert unread["code"] == "reading-missing"
    closed = admin.post(f"{path}/closure", {"reason": "Gone", "finalReading": "1"}).expect(200)
    bill = admin.get(f"{utility.base}/bills/{closed['finalBillId']}").expect(200)
    assert (bill["usage"], bill["kind"]) == ("13", "final")


@pytest.mark.covers("S2-299")
def test_of_64_who_want_one_meter_number_at_once_one_gets_it(utility: Utility, admin: Api) -> None:
    accounts = [register_connection(admin, utility, f"SM-{number}")["accountNumber"] for number in range(8)]
    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]

    def act(number: int) -> int:
        if number < len(accounts):
            exchange = {"meterNumber": "WANTED", "finalReading": "0", "reason": "New"}
            path = f"{utility.base}/connections/{accounts[number]}/meter-exchanges"
            return admin.post(path, exchange).status
        body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "wanted"}
        return admin.post(f"{utility.base}/connections", body).status

    with ThreadPoolExecutor(64) as threads:
        statuses = list(threads.map(act, range(64)))
    assert sorted(set(statuses)) in ([200, 409], [201, 409])
    assert statuses.count(409) == 63
    assert len(admin.get(f"{utility.base}/connections", meterNumber="WANTED").expect(200)["items"]) == 1


def test_what_was_read_before_a_handover_is_billed_to_the_former_consumer(
    app: Chalice, api: Api, utility: Utility, admin: Api
) -> None:
    connection = register_connection(admin, utility, "SM-1")
    _read(admin, utility, "SM-1", "10")
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{connection['accountNumber']}/handovers"
    ahead = admin.post(path, {"consumerId": heir, "reason": "Sold", "on": "2025-11-12"}).expect(400)
    assert ahead["code"] == "future-date"
    sold = {"consumerId": heir, "reason": "Sold", "on": "2025-11-05"}
    waits = admin.post(path, sold | {"finalReading": "10"}).expect(409)
    assert (waits["code"], "2025-11." in waits["detail"]) == ("reading-waits", True)
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    handed = admin.post(path, sold).expect(200)
    assert handed["finalReadingId"] is None  # it was read on that day

    (bill,) = _bill(app, admin, utility)
    assert bill["id"] == handed["finalBillId"]
    assert (bill["consumerId"], bill["consumerName"]) == (connection["consumerId"], connection["consumerName"])
    admin.post(f"{utility.consumers}/{connection['consumerId']}/login", {"login": "old", "password": PASSWORD})
    earlier = api.sign_in(utility.client, "old", PASSWORD)
    assert [each["id"] for each in earlier.get("/api/me/bills").expect(200)["items"]] == [bill["id"]]
    assert earlier.get("/api/me/connections").expect(200)["items"] == []
    clock.use_time(lambda: NOVEMBER + timedelta(days=30))
    admin = utility.as_staff()
    _read(admin, utility, "SM-1", "15", "2025-12-05")
    (later,) = _bill(app, admin, utility, "2025-12")
    assert (later["consumerId"], later["consumerName"]) == (heir, "Ana Reyes")
    earlier = api.sign_in(utility.client, "old", PASSWORD)
    assert [each["id"] for each in earlier.get("/api/me/bills", limit=1).expect(200)["items"]] == [bill["id"]]


def test_an_unbilled_reading_stays_whose_it_was_however_often_the_connection_is_handed_over(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    """F13: six handovers and more after a reading, each with a final bill of its own."""
    connection = register_connection(admin, utility, "SM-1")
    juan = connection["consumerId"]
    ana = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    _read(admin, utility, "SM-1", "10", "2025-11-02")
    path = f"{utility.base}/connections/{connection['accountNumber']}/handovers"
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    for day in range(4, 12):
        taker = juan if day % 2 else ana
        sold = {"consumerId": taker, "reason": "Sold", "on": f"2025-11-{day:02}", "finalReading": str(6 + day)}
        admin.post(path, sold).expect(200)

    bills = sorted(_bill(app, admin, utility), key=lambda bill: str(bill["readOn"]))
    assert [bill["consumerId"] for bill in bills] == [juan, ana] * 4
    assert [(bill["readOn"], bill["usage"]) for bill in bills[:2]] == [("2025-11-04", "10"), ("2025-11-05", "1")]


def test_a_connection_handed_over_is_the_new_consumers_and_its_old_bills_stay_the_old_ones(
    app: Chalice, api: Api, utility: Utility, admin: Api
) -> None:
    connection = register_connection(admin, utility, "SM-1")
    _read(admin, utility, "SM-1", "10")
    (bill,) = _bill(app, admin, utility)
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    sold = {"consumerId": heir, "reason": "Sold", "finalReading": "10"}
    handed = admin.post(f"{path}/handovers", sold).expect(200)

    assert (handed["consumerId"], handed["consumerName"]) == (heir, "Ana Reyes")
    before, after = (admin.get(f"{utility.consumers}/{each}").json for each in (connection["consumerId"], heir))
    assert (before["connections"], after["connections"]) == (0, 1)
    admin.post(f"{utility.consumers}/{heir}/login", {"login": "ana", "password": PASSWORD}).expect(201)
    ana = api.sign_in(utility.client, "ana", PASSWORD)
    assert [each["connection"]["accountNumber"] for each in ana.get("/api/me/connections").json["items"]] == [
        connection["accountNumber"]
    ]
    ana.get(f"{utility.base}/bills/{bill['id']}").expect(404)
    again = admin.post(f"{path}/handovers", sold).expect(409)
    assert again["code"] == "wrong-status"
    owes = admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(409)
    assert (owes["code"], bill["id"] in owes["detail"]) == ("consumer-owes", True)


def test_each_consumer_reads_the_history_of_their_own_time_only(api: Api, utility: Utility, admin: Api) -> None:
    """F3: of the days that were theirs, the last one included; nobody reads the id of who came after or before."""
    connection = register_connection(admin, utility, "SM-1")
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    juan, ana = connection["consumerId"], admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"})
    ana_id = ana.expect(201)["id"]
    people = {}
    for login, consumer in (("juan", juan), ("ana", ana_id)):
        admin.post(f"{utility.consumers}/{consumer}/login", {"login": login, "password": PASSWORD}).expect(201)
        people[login] = api.sign_in(utility.client, login, PASSWORD)

    def read(who: Api) -> list[str]:
        return [each["reason"] for each in who.get(f"{path}/history").expect(200)["items"]]

    admin.post(f"{path}/disconnection", {"reason": "Juan owes", "on": "2025-11-03"}).expect(200)
    sold = {"consumerId": ana_id, "reason": "Sold", "on": "2025-11-05", "finalReading": "0"}
    admin.post(f"{path}/handovers", sold).expect(200)
    assert read(people["ana"]) == []
    # Put down afterwards: of a day that was still Juan's, and of one that was hers.
    exchange = {"meterNumber": "SM-2", "finalReading": "0", "reason": "Broken in Juan's time", "on": "2025-11-05"}
    admin.post(f"{path}/meter-exchanges", exchange).expect(200)
    admin.post(f"{path}/reconnection", {"reason": "Ana moved in", "on": "2025-11-06"}).expect(200)
    assert read(people["ana"]) == ["Ana moved in"]
    people["juan"].get(f"{path}/history").expect(404)
    bought = {"consumerId": juan, "reason": "Bought back", "on": "2025-11-10", "finalReading": "0"}
    admin.post(f"{path}/handovers", bought).expect(200)
    admin.post(f"{path}/disconnection", {"reason": "Juan asked"}).expect(200)

    # All at one moment of the test, so in no order.
    assert set(read(people["juan"])) == {"Juan asked", "Broken in Juan's time", "Sold", "Juan owes"}
    (sold,) = (each for each in people["juan"].get(f"{path}/history").json["items"] if each["reason"] == "Sold")
    assert sold["facts"] == {"from": juan}
    people["ana"].get(f"{path}/history").expect(404)
    assert len(read(admin)) == 6


@pytest.mark.covers("S0-004", "S2-018", "S2-171", "S2-172", "S2-373", "S2-377", "S2-384")
def test_a_connection_is_changed_and_deleted_only_while_it_was_never_read(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    read, unread = (register_connection(admin, utility, meter) for meter in ("SM-1", "SM-2"))
    _read(admin, utility, "SM-1", "10")
    change = {"version": 0, "consumerClass": "commercial", "area": "North", "installedOn": "2020-01-15"}
    path = f"{utility.base}/connections/{unread['accountNumber']}"
    changed = admin.patch(path, change).expect(200)
    assert (changed["consumerClass"], changed["area"], changed["installedOn"]) == ("commercial", "North", "2020-01-15")
    assert admin.patch(path, change).expect(409)["code"] == "changed"
    _bill(app, admin, utility)

    assert admin.delete(f"{utility.base}/connections/{read['accountNumber']}").expect(409)["code"] == "connection-used"
    admin.delete(path).expect(200)
    admin.get(path).expect(404)
    assert admin.get(f"{utility.consumers}/{unread['consumerId']}").expect(200)["connections"] == 0
    register_connection(admin, utility, "SM-2")


@pytest.mark.covers("S2-377")
def test_a_connection_whose_first_reading_still_waits_is_not_deleted_either(utility: Utility, admin: Api) -> None:
    accounts = [register_connection(admin, utility, meter)["accountNumber"] for meter in ("SM-1", "SM-2")]
    _read(admin, utility, "SM-1", "10")
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "f.csv"}).expect(201)
    key, file = announced["upload"]["fields"]["key"], b"meter_number,reading,read_on\nSM-2,10,2025-11-05\n"
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)
    readings.run_import(utility.context(now=NOVEMBER), import_id=announced["id"])
    for account in accounts:
        path = f"{utility.base}/connections/{account}"
        assert admin.delete(path).expect(409)["code"] == "connection-used"
    confirmed = admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    assert (confirmed["confirmed"], confirmed["left"]) == (2, [])
    assert admin.delete(f"{utility.base}/connections/{accounts[0]}").expect(409)["code"] == "connection-used"


def test_of_a_first_reading_and_a_deletion_at_once_one_wins_and_nothing_is_left_behind(
    utility: Utility, admin: Api
) -> None:
    for number in range(8):
        account = register_connection(admin, utility, f"SM-{number}")["accountNumber"]
        body = {"accountNumber": account, "reading": "10", "readOn": "2025-11-05"}
        with ThreadPoolExecutor(2) as threads:
            taken = threads.submit(admin.post, f"{utility.base}/readings", body)
            deleted = threads.submit(admin.delete, f"{utility.base}/connections/{account}")
        assert (taken.result().status, deleted.result().status) in {(201, 409), (404, 200), (409, 200)}
        left = admin.get(f"{utility.base}/readings/2025-11.{account}").status
        assert left == admin.get(f"{utility.base}/connections/{account}").status


def test_a_connection_has_no_part_in_what_became_of_a_deleted_one_of_its_number(api: Api) -> None:
    unit = {"accountNumber": "101", "consumerClass": "unit", "meterNumber": "WM-101", "area": "A"}
    utility = open_condominium(api)
    admin = utility.as_staff()
    path = f"{utility.base}/connections"
    admin.post(path, unit).expect(201)
    admin.post(f"{path}/101/disconnection", {"reason": "Wrong unit"}).expect(200)
    admin.delete(f"{path}/101").expect(200)

    clock.use_time(lambda: NOVEMBER + timedelta(minutes=1))
    admin.post(path, unit).expect(201)
    assert admin.get(f"{path}/101/history").expect(200)["items"] == []
    for verb in ("disconnection", "reconnection", "disconnection"):
        admin.post(f"{path}/101/{verb}", {"reason": "Works"}).expect(200)
    page = admin.get(f"{path}/101/history", limit=2).expect(200)
    rest = admin.get(f"{path}/101/history", limit=2, cursor=page["nextCursor"]).expect(200)
    assert (len(page["items"]), len(rest["items"]), rest["nextCursor"]) == (2, 1, None)


def test_what_a_change_of_a_connection_leaves_out_stays_and_null_takes_it_away(utility: Utility, admin: Api) -> None:
    brand = {"id": "itron", "name": "Itron"}
    admin.post(f"/api/clients/{utility.client}/meter-brands", brand).expect(201)
    facts: dict[str, object] = {"meterSize": "3/4", "dwellingUnits": "2", "winterAverage": "8", "flags": ["senior"]}
    facts |= {"persons": 4, "placeFlags": ["floodZone"], "measures": {"contractedKw": "5"}}
    meter = {"meterBrand": "itron", "meterDigits": 5, "installedOn": "2020-01-15"}
    path = f"{utility.base}/connections/{register_connection(admin, utility, 'SM-1')['accountNumber']}"
    known = {"version": 0, "consumerClass": "residential", "area": "North", "facts": facts} | meter
    before = admin.patch(path, known).expect(200)

    after = admin.patch(path, {"version": 1, "consumerClass": "commercial", "facts": {"meterSize": "1"}}).expect(200)
    changed = {"consumerClass": "commercial", "facts": facts | {"meterSize": "1"}, "version": 2}
    assert after == before | changed

    none = dict.fromkeys(meter)
    taken = {"version": 2, "facts": {"meterSize": None, "flags": []}} | none
    assert admin.patch(path, taken).expect(200) == after | none | {
        "facts": facts | {"meterSize": None, "flags": []},
        "version": 3,
    }


def test_a_connection_keeps_a_class_that_its_project_gave_up_and_no_other_takes_it(
    utility: Utility, admin: Api
) -> None:
    path = f"{utility.base}/connections/{register_connection(admin, utility, 'SM-1')['accountNumber']}"
    shown = admin.get(f"{utility.base}/settings").expect(200)
    fewer = {"version": shown["version"], "settings": shown["settings"] | {"classes": ["commercial"]}}
    admin.patch(f"{utility.base}/settings", fewer).expect(200)

    moved = admin.patch(path, {"version": 0, "consumerClass": "residential", "area": "North"}).expect(200)
    assert (moved["consumerClass"], moved["area"]) == ("residential", "North")
    admin.patch(path, {"version": 1, "consumerClass": "commercial"}).expect(200)
    back = admin.patch(path, {"version": 2, "consumerClass": "residential"}).expect(400)
    assert back["code"] == "unknown-class"


@pytest.mark.covers("S3-098")
def test_another_class_counts_from_the_first_bill_whose_days_begin_with_it(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    connection = register_connection(admin, utility, "SM-1")
    _read(admin, utility, "SM-1", "10")
    (bill,) = _bill(app, admin, utility)
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    shown = admin.get(path).expect(200)
    admin.patch(path, {"version": shown["version"], "consumerClass": "commercial"}).expect(200)
    assert admin.get(f"{utility.base}/bills/{bill['id']}").expect(200)["total"] == "275.00" == bill["total"]
    clock.use_time(lambda: datetime.fromisoformat("2025-12-06T01:00:00+00:00"))
    late = utility.as_staff()
    _read(late, utility, "SM-1", "20", "2025-12-05")
    (next_bill,) = _bill(app, late, utility, "2025-12")
    assert next_bill["total"] == "275.00"  # it was a home on the first of its days, 5 November
    clock.use_time(lambda: datetime.fromisoformat("2026-01-06T01:00:00+00:00"))
    later = utility.as_staff()
    _read(later, utility, "SM-1", "30", "2026-01-05")
    (last_bill,) = _bill(app, later, utility, "2026-01")
    assert last_bill["total"] == "300.00"  # 10 at 25.00, and 50.00


@pytest.mark.covers("S1-030", "S1-031", "S1-048")
def test_a_buildings_own_meters_are_read_and_compared_and_never_billed(
    app: Chalice, api: Api, at: Callable[[datetime], None]
) -> None:
    at(datetime.fromisoformat("2025-08-01T18:00:00+00:00"))
    utility = open_condominium(api)
    admin = utility.as_staff()
    meters = [("101", "service", 1774, 1785), ("102", "service", 30, 104), ("common", "common_area", 1730, 1750)]
    balance = f"{utility.base}/readings/balance"
    for account, purpose, before, after in (*meters, ("building", "building", 12985, 13090)):
        body = {"accountNumber": account, "consumerClass": "unit", "meterNumber": f"WM-{account}", "purpose": purpose}
        admin.post(f"{utility.base}/connections", {**body, "initialReading": str(before)}).expect(201)
        if account == "building":  # not read yet: its use is calculated
            shown = admin.get(balance, period="2025-07").expect(200)
            assert (shown["building"], shown["calculated"], shown["loss"]) == ("105", True, "0")
        _read(admin, utility, f"WM-{account}", str(after), "2025-08-01")

    shown = admin.get(balance, period="2025-07").expect(200)
    assert (shown["units"], shown["commonArea"], shown["building"]) == ("85", "20", "105")
    assert (shown["calculated"], shown["loss"]) == (False, "0")
    assert {bill["accountNumber"] for bill in _bill(app, admin, utility, "2025-07")} == {"101", "102"}
    (run,) = admin.get(f"{utility.base}/billing-runs").expect(200)["items"]
    assert admin.get(f"{utility.base}/billing-runs/{run['id']}/exceptions").expect(200)["items"] == []

"""A consumer is deleted only once nothing is owed, by them or to them (D12)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.bills import repository
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.platform.transaction import transact
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.utilities import NOVEMBER, Utility, bring_history, open_waterworks, register_connection


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


def _billed(utility: Utility, admin: Api, account: str, *paid: str) -> None:
    """Bring a bill of 275.00 for September in, and what was paid of it."""
    payments = [{"paymentDate": "2025-10-20", "amount": amount, "method": "cash"} for amount in paid]
    unit = {"prior": 0, "current": 10, "payments": payments}
    month = {"year": 2025, "month": 9, "readingDate": "2025-09-05", "units": {account: unit}}
    bring_history(utility, admin, [month])


@pytest.mark.parametrize(("paid", "owed"), [([], "275.00"), (["200.00"], "75.00"), (["200.00", "75.00"], None)])
def test_a_consumer_who_owes_anything_is_not_deleted(
    utility: Utility, admin: Api, paid: list[str], owed: str | None
) -> None:
    connection = register_connection(admin, utility, "SM-1")
    account, consumer = connection["accountNumber"], f"{utility.consumers}/{connection['consumerId']}"
    _billed(utility, admin, account, *paid)
    path = f"{utility.base}/connections/{account}"
    assert admin.delete(consumer).expect(409)["code"] == "consumer-connected"
    admin.post(f"{path}/closure", {"reason": "Moved away"}).expect(200)
    if owed is None:
        admin.delete(consumer).expect(200)
        admin.delete(consumer).expect(200)
    else:
        refused = admin.delete(consumer).expect(409)
        assert refused["code"] == "consumer-owes"
        assert f"{owed} is to be paid for bill 2025-09.{account}.1" in refused["detail"]
        assert admin.get(consumer).expect(200)["status"] == "active"


def test_what_a_former_consumer_owes_counts_and_what_the_next_one_owes_does_not(utility: Utility, admin: Api) -> None:
    connection = register_connection(admin, utility, "SM-1")
    former = f"{utility.consumers}/{connection['consumerId']}"
    _billed(utility, admin, connection["accountNumber"])
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    admin.post(f"{path}/handovers", {"consumerId": heir, "reason": "Sold"}).expect(200)
    admin.post(f"{path}/closure", {"reason": "Burnt down"}).expect(200)
    assert admin.delete(former).expect(409)["code"] == "consumer-owes"
    admin.delete(f"{utility.consumers}/{heir}").expect(200)


def test_a_consumer_who_is_owed_something_is_not_deleted(utility: Utility, admin: Api) -> None:
    connection = register_connection(admin, utility, "SM-1")
    account, project = connection["accountNumber"], utility.context().project
    _billed(utility, admin, account, "275.00")
    paid = repository.find_bill(project, Period(2025, 9), account, 1)
    assert paid is not None
    credited = replace(paid, revision=2, total=Money(-500, "PHP"), paid_minor=0)
    transact([repository.bill_insert_write(project, credited)])
    admin.post(f"{utility.base}/connections/{account}/closure", {"reason": "Moved away"}).expect(200)
    refused = admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(409)
    assert (refused["code"], "5.00 is to be paid back" in refused["detail"]) == ("consumer-owes", True)


def _read(utility: Utility, admin: Api, account: str, *, confirmed: bool) -> str:
    taken = {"accountNumber": account, "reading": "15", "readOn": "2025-11-05"}
    reading = str(admin.post(f"{utility.base}/readings", taken).expect(201)["id"])
    if confirmed:
        admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    return reading


def _hand_over(utility: Utility, admin: Api, account: str) -> str:
    heir = str(admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"])
    path = f"{utility.base}/connections/{account}/handovers"
    admin.post(path, {"consumerId": heir, "reason": "Sold", "on": "2025-11-05"}).expect(200)
    return heir


@pytest.mark.parametrize("way", ["closed", "handed over", "handed over while it waits"])
def test_d12_a_consumer_with_use_that_is_not_billed_is_not_deleted(utility: Utility, admin: Api, way: str) -> None:
    connection = register_connection(admin, utility, "SM-1")
    account, consumer = connection["accountNumber"], f"{utility.consumers}/{connection['consumerId']}"
    waits = way.endswith("waits")
    reading = _read(utility, admin, account, confirmed=not waits)
    if way == "closed":
        admin.post(f"{utility.base}/connections/{account}/closure", {"reason": "Moved away"}).expect(200)
    else:
        _hand_over(utility, admin, account)
    refused = admin.delete(consumer).expect(409)
    assert (refused["code"], f"Reading {reading} in " in refused["detail"]) == ("consumer-owes", True)
    assert ("confirm and bill it" in refused["detail"]) == waits
    if waits:
        admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    bill = admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)
    assert (bill["consumerId"], bill["total"]) == (connection["consumerId"], "387.50")
    assert bill["id"] in admin.delete(consumer).expect(409)["detail"]


def test_d12_a_reading_that_is_somebody_elses_or_can_never_count_holds_nobody(utility: Utility, admin: Api) -> None:
    """Of a later holder's day; or pending when the connection was closed, so that nobody can confirm it any more."""
    sold, closed = (register_connection(admin, utility, f"SM-{n}") for n in (1, 2))
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{sold['accountNumber']}/handovers"
    admin.post(path, {"consumerId": heir, "reason": "Sold", "on": "2025-11-04"}).expect(200)
    _read(utility, admin, sold["accountNumber"], confirmed=True)
    pending = _read(utility, admin, closed["accountNumber"], confirmed=False)
    admin.post(f"{utility.base}/connections/{closed['accountNumber']}/closure", {"reason": "Torn down"}).expect(200)
    assert admin.post(f"{utility.base}/readings/{pending}/confirmation").expect(409)["code"] == "not-active"
    for connection in (sold, closed):
        admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(200)


def test_d12_the_readings_of_five_years_take_one_request_a_connection(utility: Utility, admin: Api) -> None:
    costs = []
    for number in (1, 3):
        consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
        for each in range(number):
            body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}-{each}"}
            made = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]
            _read(utility, admin, made, confirmed=False)
            admin.post(f"{utility.base}/connections/{made}/closure", {"reason": "End"}).expect(200)
        with metered() as meter:
            admin.delete(f"{utility.consumers}/{consumer}").expect(200)
        costs.append((meter.requests["Query"], meter.requests["BatchGetItem"], str(meter.read_units)))
    assert costs == [(2, 3, "67.0"), (4, 5, "190.0")]


def test_it_takes_a_request_for_each_connection_that_is_or_was_theirs(utility: Utility, admin: Api) -> None:
    costs = []
    for number in (1, 3):
        consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
        for each in range(number):
            body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}-{each}"}
            made = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]
            admin.post(f"{utility.base}/connections/{made}/closure", {"reason": "End"}).expect(200)
        with metered() as meter:
            admin.delete(f"{utility.consumers}/{consumer}").expect(200)
        costs.append(meter.requests["Query"])
    assert costs == [2, 4]

"""A consumer is deleted only once nothing is owed, by them or to them (D12)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.bills import repository
from chalicelib.bills.domain import Balance
from chalicelib.kernel.money import Money
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
    admin.post(f"{path}/closure", {"reason": "Moved away", "on": "2025-09-05"}).expect(200)
    if owed is None:
        admin.delete(consumer).expect(200)
        admin.delete(consumer).expect(200)
    else:
        refused = admin.delete(consumer).expect(409)
        assert refused["code"] == "consumer-owes"
        assert f"{owed} is to be paid for bill 2025-09.{account}.1" in refused["detail"]
        assert admin.get(consumer).expect(200)["status"] == "active"


@pytest.mark.parametrize("paid", [[], ["275.00"]])
def test_what_a_former_consumer_owes_counts_and_what_the_next_one_owes_does_not(
    utility: Utility, admin: Api, paid: list[str]
) -> None:
    connection = register_connection(admin, utility, "SM-1")
    former = f"{utility.consumers}/{connection['consumerId']}"
    _billed(utility, admin, connection["accountNumber"], *paid)
    heir = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    admin.post(f"{path}/handovers", {"consumerId": heir, "reason": "Sold", "on": "2025-09-05"}).expect(200)
    closed = admin.post(f"{path}/closure", {"reason": "Burnt down", "finalReading": "10"}).expect(200)
    if paid:
        admin.delete(former).expect(200)
    else:
        assert f"2025-09.{connection['accountNumber']}.1" in admin.delete(former).expect(409)["detail"]
    assert closed["finalBillId"] in admin.delete(f"{utility.consumers}/{heir}").expect(409)["detail"]


def test_a_consumer_who_is_owed_something_is_not_deleted(utility: Utility, admin: Api) -> None:
    connection = register_connection(admin, utility, "SM-1")
    account, project = connection["accountNumber"], utility.context().project
    _billed(utility, admin, account, "275.00")
    paid = repository.find_bill(project, f"2025-09.{account}.1")
    assert paid is not None
    credited = replace(paid, number=2, total=Money(-500, "PHP"), balance=Balance())
    transact([repository.bill_insert_write(project, credited)])
    closing = {"reason": "Moved away", "on": "2025-09-05"}
    admin.post(f"{utility.base}/connections/{account}/closure", closing).expect(200)
    refused = admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(409)
    assert (refused["code"], "5.00 is to be paid back" in refused["detail"]) == ("consumer-owes", True)


@pytest.fixture
def free(api: Api) -> tuple[Utility, Api]:
    """A waterworks without fixed charges: a final bill without use is of nothing, so nobody owes it."""
    utility = open_waterworks(api, rates={})
    admin = utility.as_staff()
    charges = [{"kind": "usage", "code": "use", "label": "Use", "rate": "22.50"}]
    sheet = {"name": "Use", "currency": "PHP", "unit": "m3", "validFrom": "2020-01-01", "charges": charges}
    admin.post(f"{utility.base}/tariffs", {"id": "use", "sheet": sheet}).expect(201)
    return utility, admin


def _read(utility: Utility, admin: Api, account: str, *, confirmed: bool, read_on: str = "2025-11-05") -> str:
    taken = {"accountNumber": account, "reading": "15", "readOn": read_on}
    reading = str(admin.post(f"{utility.base}/readings", taken).expect(201)["id"])
    if confirmed:
        admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    return reading


def _hand_over(utility: Utility, admin: Api, account: str, final: str, on: str = "2025-11-05") -> None:
    heir = str(admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"])
    path = f"{utility.base}/connections/{account}/handovers"
    sold = {"consumerId": heir, "reason": "Sold", "on": on, "finalReading": final}
    admin.post(path, sold).expect(200)


def _close(utility: Utility, admin: Api, account: str, final: str) -> None:
    path = f"{utility.base}/connections/{account}/closure"
    admin.post(path, {"reason": "Moved away", "finalReading": final}).expect(200)


@pytest.mark.parametrize("way", ["closed", "handed over"])
def test_d12_a_consumer_with_use_that_is_not_billed_is_not_deleted(free: tuple[Utility, Api], way: str) -> None:
    """The final bill is of its own month; a month before it may still have to be billed."""
    utility, admin = free
    connection = register_connection(admin, utility, "SM-1")
    account, consumer = connection["accountNumber"], f"{utility.consumers}/{connection['consumerId']}"
    reading = _read(utility, admin, account, confirmed=True, read_on="2025-10-05")
    if way == "closed":
        _close(utility, admin, account, "15")
    else:
        _hand_over(utility, admin, account, "15")
    refused = admin.delete(consumer).expect(409)
    assert (refused["code"], f"Reading {reading} in " in refused["detail"]) == ("consumer-owes", True)
    bill = admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)
    assert (bill["consumerId"], bill["total"]) == (connection["consumerId"], "337.50")
    assert bill["id"] in admin.delete(consumer).expect(409)["detail"]


@pytest.mark.covers("S3-099")
@pytest.mark.parametrize("act", ["closure", "handovers"])
def test_d1_nothing_ends_while_a_reading_of_its_time_waits(free: tuple[Utility, Api], act: str) -> None:
    utility, admin = free
    connection = register_connection(admin, utility, "SM-1")
    account = connection["accountNumber"]
    reading = _read(utility, admin, account, confirmed=False)
    heir = str(admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"])
    asked = {"reason": "Moved", "finalReading": "15"} | ({"consumerId": heir} if act == "handovers" else {})
    path = f"{utility.base}/connections/{account}"
    refused = admin.post(f"{path}/{act}", asked).expect(409)
    assert (refused["code"], reading in refused["detail"]) == ("reading-waits", True)
    admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    done = admin.post(f"{path}/{act}", asked).expect(200)
    bill = admin.get(f"{utility.base}/bills/{done['finalBillId']}").expect(200)
    assert (bill["usage"], bill["total"]) == ("15", "337.50")
    assert done["finalBillId"] in admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(409)["detail"]


def test_d12_a_reading_that_is_somebody_elses_or_can_never_count_holds_nobody(free: tuple[Utility, Api]) -> None:
    """Of a later holder's day, or withdrawn."""
    utility, admin = free
    sold, closed = (register_connection(admin, utility, f"SM-{n}") for n in (1, 2))
    _hand_over(utility, admin, sold["accountNumber"], "0", on="2025-11-04")
    _read(utility, admin, sold["accountNumber"], confirmed=True)
    taken = _read(utility, admin, closed["accountNumber"], confirmed=False)
    admin.post(f"{utility.base}/readings/{taken}/withdrawal", {"reason": "The neighbour's"}).expect(200)
    _close(utility, admin, closed["accountNumber"], "0")
    for connection in (sold, closed):
        admin.delete(f"{utility.consumers}/{connection['consumerId']}").expect(200)


def test_d12_the_readings_of_five_years_take_two_requests_a_connection(free: tuple[Utility, Api]) -> None:
    utility, admin = free
    costs = []
    for number in (1, 3):
        consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Cruz"}).expect(201)["id"]
        for each in range(number):
            body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}-{each}"}
            made = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]
            _close(utility, admin, made, "0")
        with metered() as meter:
            admin.delete(f"{utility.consumers}/{consumer}").expect(200)
        costs.append((meter.requests["Query"], meter.requests["BatchGetItem"], str(meter.read_units)))
    assert costs == [(2, 5, "128.0"), (4, 9, "373.0")]

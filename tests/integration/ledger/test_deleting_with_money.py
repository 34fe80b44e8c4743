"""Nobody is deleted who is owed money, and no connection at which money was entered."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.faults import just_before_writing
from tests.support.http import Api
from tests.support.office import FLAT, Office


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Counter(Office):
    """An office with Ana at A1, which was never read."""

    def __init__(self, app: Chalice, api: Api) -> None:
        super().__init__(app, api, FLAT, today="2025-11-05")
        self.ana = self.consumer("Ana")
        self.connect("A1", consumer=self.ana)

    def advance(self, **more: str) -> str:
        body = {"accountNumber": "A1", "amount": "20.00", "method": "cash"} | more
        return str(self.staff.post(f"{self.base}/advances", body).expect(201)["id"])

    def reverse(self, payment: str) -> None:
        self.staff.post(f"{self.base}/payments/{payment}/reversal", {"reason": "typing_error"}).expect(200)


@pytest.fixture
def counter(app: Chalice, api: Api) -> Counter:
    return Counter(app, api)


def test_a_consumer_with_credit_is_not_deleted_until_it_is_gone(counter: Counter) -> None:
    ana = f"{counter.utility.consumers}/{counter.ana}"
    advance = counter.advance()
    counter.staff.post(f"{counter.path('A1')}/closure", {"reason": "Moved", "finalReading": "0"}).expect(200)
    bill = counter.bills_of("A1")[0]
    body = {"method": "cash", "bills": [{"billId": bill["id"]}]}
    counter.staff.post(f"{counter.base}/payments", body).expect(201)
    refused = counter.staff.delete(ana).expect(409)
    assert refused["code"] == "consumer-owes"
    assert "redit of 20.00 is left at A1" in refused["detail"]
    counter.reverse(advance)
    counter.staff.delete(ana).expect(200)


def test_a_consumer_for_whom_a_deposit_is_held_is_not_deleted(counter: Counter) -> None:
    ana = f"{counter.utility.consumers}/{counter.ana}"
    body = {"accountNumber": "A1", "amount": "500.00", "method": "cash"}
    deposit = counter.staff.post(f"{counter.base}/deposits", body).expect(201)["id"]
    done = counter.hand_over("A1", "2025-11-06", counter.consumer("Ben"), finalReading="0")
    if final := done["finalBillId"]:
        paid = {"method": "cash", "bills": [{"billId": final}]}
        counter.staff.post(f"{counter.base}/payments", paid).expect(201)
    assert "deposit of 500.00 is left at A1" in counter.staff.delete(ana).expect(409)["detail"]
    counter.reverse(deposit)
    counter.staff.delete(ana).expect(200)


def test_the_credit_of_the_next_consumer_holds_no_former_one(counter: Counter) -> None:
    ben = counter.consumer("Ben")
    done = counter.hand_over("A1", "2025-11-06", ben, finalReading="0")
    counter.advance()
    if final := done["finalBillId"]:
        body = {"method": "cash", "bills": [{"billId": final}]}
        counter.staff.post(f"{counter.base}/payments", body).expect(201)
    counter.staff.delete(f"{counter.utility.consumers}/{counter.ana}").expect(200)


def test_a_connection_with_payments_is_not_deleted_even_if_they_were_reversed(counter: Counter) -> None:
    advance = counter.advance()
    refused = counter.staff.delete(counter.path("A1")).expect(409)
    assert refused["code"] == "connection-used"
    counter.reverse(advance)
    assert counter.staff.delete(counter.path("A1")).expect(409)["code"] == "connection-used"
    counter.staff.get(counter.path("A1")).expect(200)


def test_a_connection_with_a_bill_without_a_reading_is_not_deleted(counter: Counter) -> None:
    counter.connect("A2", meter=None, consumer=counter.ana)
    counter.on("2025-11-30")
    assert "A2" in [bill["accountNumber"] for bill in counter.run("2025-11")]
    assert counter.staff.delete(counter.path("A2")).expect(409)["code"] == "connection-used"


def test_money_that_comes_at_the_last_moment_keeps_a_connection(counter: Counter) -> None:
    with just_before_writing(counter.advance):
        refused = counter.staff.delete(counter.path("A1")).expect(409)
    assert refused["code"] == "connection-used"
    counter.staff.get(counter.path("A1")).expect(200)


def test_no_money_is_taken_for_a_connection_that_is_deleted_at_the_last_moment(counter: Counter) -> None:
    body = {"accountNumber": "A1", "amount": "20.00", "method": "cash"}
    with just_before_writing(lambda: counter.staff.delete(counter.path("A1")).expect(200)):
        counter.staff.post(f"{counter.base}/advances", body).expect(404)
    assert counter.staff.get(f"{counter.base}/payments").expect(200)["items"] == []

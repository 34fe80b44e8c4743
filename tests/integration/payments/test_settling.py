"""Deposits, bills below zero, accounts that are settled, and months that are closed in the books."""

from collections.abc import Callable, Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.counter import PARTS, S3, Counter
from tests.support.faults import just_before_writing
from tests.support.http import Api
from tests.support.meter import metered


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Counter:
    return Counter(app, api, late=S3["lateCharge"], payments=PARTS).on("2025-11-10")


def _deposit(office: Counter, amount: str, account: str = "A1") -> dict[str, str]:
    body = {"accountNumber": account, "amount": amount, "method": "cash"}
    made: dict[str, str] = office.staff.post(f"{office.base}/deposits", body, key=f"deposit {amount}").expect(201)
    return made


def _money(office: Counter) -> tuple[str, str, str]:
    owed = office.owed()
    return owed["amountDue"], owed["credit"], owed["deposit"]


def test_a_deposit_pays_nothing_before_the_account_is_settled(office: Counter) -> None:
    made = _deposit(office, "400.00")
    assert _deposit(office, "400.00") == made
    assert (made["kind"], made["deposit"], made["credit"]) == ("deposit", "400.00", "0.00")
    assert _money(office) == ("275.00", "0.00", "400.00")
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(409)
    statement = office.staff.get(f"{office.path('A1')}/statement").expect(200)
    assert statement["closing"] == "275.00", "a deposit is neither credit nor revenue"
    refused = office.staff.post(f"{office.path('A1')}/settlement", {"refundBy": "cash"}).expect(409)
    assert refused["code"] == "still-served"


def test_a_closed_account_is_settled_by_its_deposit_and_the_rest_is_paid_back(office: Counter) -> None:
    _deposit(office, "500.00")
    office.close("A1", "2025-11-12", finalReading="12")
    assert _money(office)[0] == "320.00", "275.00 and a final bill of 2 m3 without the fixed amount"
    body = {"refundBy": "cash"}
    settled = office.staff.post(f"{office.path('A1')}/settlement", body, key="settle").expect(200)
    assert (settled["amountDue"], settled["credit"], settled["deposit"]) == ("0.00", "0.00", "0.00")
    assert office.staff.post(f"{office.path('A1')}/settlement", body, key="settle").expect(200) == settled
    entries = office.staff.get(f"{office.path('A1')}/entries").expect(200)["items"]
    assert [(each["kind"], each["credit"], each["deposit"]) for each in entries] == [
        ("refund", "-180.00", "0.00"),
        ("credit_used", "-320.00", "0.00"),
        ("deposit_applied", "500.00", "-500.00"),
        ("deposit", "0.00", "500.00"),
    ]
    assert {bill["status"] for bill in office.bills_of("A1")} == {"paid"}


def test_what_is_left_moves_to_another_connection_of_the_same_consumer_only(office: Counter) -> None:
    _deposit(office, "300.00")
    office.connect("A2", consumer=office.ana, initialReading="0")
    office.connect("B1", consumer=office.consumer("Ben"), initialReading="0")
    office.hand_over("A1", "2025-11-12", office.consumer("Cleo"), finalReading="10")
    path, whose = f"{office.path('A1')}/settlement", {"consumerId": office.ana}
    assert office.staff.post(path, whose | {"moveTo": "B1"}).expect(400)["code"] == "other-holder"
    settled = office.staff.post(path, whose | {"moveTo": "A2"}).expect(200)
    assert (settled["amountDue"], settled["credit"], settled["deposit"]) == ("0.00", "0.00", "0.00")
    assert office.owed(accountNumber="A2")["credit"] == "25.00"


def test_a_deposit_that_was_applied_can_not_be_taken_back(office: Counter) -> None:
    made = _deposit(office, "500.00")
    office.close("A1", "2025-11-12", finalReading="10")
    office.staff.post(f"{office.path('A1')}/settlement", {"refundBy": "cash"}).expect(200)
    path = f"{office.base}/payments/{made['id']}/reversal"
    assert office.staff.post(path, {"reason": "typing_error"}).expect(409)["code"] == "already-used"


def test_a_closed_month_takes_no_payment_and_a_reversal_counts_after_it(office: Counter) -> None:
    paid = office.pay(amount="100.00").expect(201)
    office.on("2025-12-02")
    path = f"{office.base}/closed-months"
    assert office.staff.post(path, {"month": "2025-12"}).expect(400)["code"] == "month-not-over"
    office.utility.as_staff("manager").post(path, {"month": "2025-11"}).expect(403)
    for _ in range(2):
        closed = office.staff.post(path, {"month": "2025-11"}).expect(200)
        assert closed["booksClosedUntil"] == "2025-11-30"
    refused = office.pay(amount="50.00", paidOn="2025-11-30").expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("month-closed", "paidOn")
    office.pay(amount="50.00", paidOn="2025-12-01").expect(201)
    office.on("2025-12-03")
    office.staff.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    newest = office.staff.get(f"{office.path('A1')}/entries").expect(200)["items"][0]
    assert (newest["kind"], newest["valueOn"], newest["bookedOn"]) == ("reversal", "2025-12-01", "2025-12-03")


def _closing(office: Counter) -> Callable[[], object]:
    return lambda: office.staff.post(f"{office.base}/closed-months", {"month": "2025-11"}).expect(200)


@pytest.mark.parametrize("amount", ["50.00", None])
def test_a_month_that_is_closed_while_a_payment_is_under_way_takes_it_no_more(
    office: Counter, amount: str | None
) -> None:
    office.on("2025-12-02")
    more = {"amount": amount} if amount else {}
    with just_before_writing(_closing(office)), metered() as meter:
        refused = office.pay(paidOn="2025-11-28", **more).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("month-closed", "paidOn")
    assert "2025-12-01" in refused["detail"]
    assert meter.requests["TransactWriteItems"] == 2, "one of the payment, one of the closing"


def test_a_month_that_is_closed_while_an_advance_is_under_way_takes_it_no_more(office: Counter) -> None:
    office.on("2025-12-02")
    body = {"accountNumber": "A1", "amount": "50.00", "method": "cash", "paidOn": "2025-11-28"}
    with just_before_writing(_closing(office)):
        refused = office.staff.post(f"{office.base}/advances", body).expect(400)
    assert refused["code"] == "month-closed"


def test_a_reversal_that_is_under_way_when_its_month_is_closed_counts_after_it(office: Counter) -> None:
    paid = office.pay(amount="100.00").expect(201)
    office.on("2025-12-02")
    path = f"{office.base}/payments/{paid['id']}/reversal"
    with just_before_writing(_closing(office)):
        office.staff.post(path, {"reason": "typing_error"}).expect(200)
    newest = office.staff.get(f"{office.path('A1')}/entries").expect(200)["items"][0]
    assert (newest["kind"], newest["valueOn"]) == ("reversal", "2025-12-01")

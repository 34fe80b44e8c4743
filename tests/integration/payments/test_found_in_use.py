"""What a newcomer found at the counter: refunds and drawers, second persons, names of fees, long lists."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.counter import PARTS, Counter
from tests.support.http import Api
from tests.support.office import Office


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Counter:
    payments = PARTS | {"approvalAbove": "200.00", "returnedCheckFee": "25.00"}
    payments["methods"] = [{"name": "cash"}, {"name": "check", "needs": ["checkNumber"]}]
    return Counter(app, api, late=None, payments=payments).on("2025-11-10")


def _drawer(office: Counter) -> dict[str, Any]:
    [session] = office.staff.get(f"{office.base}/cashier-sessions", open="true").expect(200)["items"]
    return dict(session)


def _take(office: Counter, what: str, amount: str) -> None:
    body = {"accountNumber": "A1", "amount": amount, "method": "cash"}
    office.staff.post(f"{office.base}/{what}", body).expect(201)


def test_cash_that_is_paid_back_is_taken_out_of_the_drawer(office: Counter) -> None:
    office.staff.post(f"{office.base}/cashier-sessions", {"desk": "MAIN", "float": "500.00"}).expect(201)
    _take(office, "advances", "100.00")
    assert _drawer(office)["expected"] == "600.00"
    refund = {"amount": "30.00", "method": "cash", "reason": "Moving out"}
    office.staff.post(f"{office.path('A1')}/refunds", refund).expect(201)
    assert _drawer(office)["expected"] == "570.00"
    _take(office, "deposits", "300.00")
    office.close("A1", "2025-11-12", finalReading="10")
    office.staff.post(f"{office.path('A1')}/settlement", {"refundBy": "cash"}).expect(200)
    assert _drawer(office)["expected"] == "775.00", "570.00, 300.00 as a deposit, and 95.00 paid back after 275.00"


def test_a_refund_is_paid_by_a_method_of_the_project(office: Counter) -> None:
    _take(office, "advances", "100.00")
    refund = {"amount": "30.00", "method": "gold", "reason": "Moving out"}
    assert office.staff.post(f"{office.path('A1')}/refunds", refund).expect(400)["code"] == "bad-method"
    office.close("A1", "2025-11-12", finalReading="10")
    refused = office.staff.post(f"{office.path('A1')}/settlement", {"refundBy": "gold"}).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("bad-method", "refundBy")


def test_a_settlement_pays_no_more_back_than_one_person_may(office: Counter) -> None:
    _take(office, "deposits", "500.00")
    office.close("A1", "2025-11-12", finalReading="10")
    path = f"{office.path('A1')}/settlement"
    refused = office.staff.post(path, {"refundBy": "cash"}).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("bad-settlement", "refundBy")
    assert office.staff.post(path, {}).expect(200)["credit"] == "225.00"


def test_a_leak_is_allowed_once(office: Counter) -> None:
    path = f"{office.base}/bills/{office.first['id']}/leak-allowances"
    first = office.staff.post(path, {"usualUse": "6", "reason": "A burst pipe"}, key="leak").expect(201)
    assert office.staff.post(path, {"usualUse": "6", "reason": "A burst pipe"}, key="leak").expect(201) == first
    assert office.staff.post(path, {"usualUse": "6", "reason": "Again"}).expect(409)["code"] == "nothing-due"


def test_a_fee_is_named_on_the_receipt_and_in_the_inquiry(office: Counter) -> None:
    paid = office.pay(method="check", checkNumber="1234").expect(201)
    office.staff.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "returned_check"}).expect(200)
    owed = office.owed()["bills"]
    assert [(bill["kind"], bill["periodLabel"]) for bill in owed if bill["kind"] == "charge"] == [
        ("charge", "Returned check fee")
    ]
    body = {"method": "cash", "accountNumber": "A1"}
    paid = office.staff.post(f"{office.base}/payments", body).expect(201)
    lines = office.staff.get(f"{office.base}/payments/{paid['id']}/receipt").expect(200)["lines"]
    labels = [line["label"] for line in lines]
    fee = next(bill for bill in owed if bill["kind"] == "charge")
    assert any(fee["periodLabel"] in label for label in labels)
    assert sum("November 2025" in label for label in labels) == 1


def test_a_name_that_finds_too_many_is_refused_instead_of_cut(office: Counter) -> None:
    for number in range(21):
        office.connect(f"N{number}", consumer=office.consumer(f"Nora{number}"), initialReading="0")
    refused = office.staff.get(f"{office.base}/inquiry", q="nora").expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("bad-filter", "q")
    assert office.owed(q="nora20")["accountNumber"] == "N20"


def test_an_amount_of_a_batch_that_is_none_stops_no_other_payment(office: Counter) -> None:
    good = {"accountNumber": "A1", "amount": "75.00", "method": "cash"}
    sent = {"payments": [good | {"amount": "1.005"}, good, {"method": "cash"}]}
    done = office.staff.post(f"{office.base}/payments/batch", sent).expect(200)
    assert (done["taken"], done["refused"]) == (1, 2)
    refusals = [each["refusal"] and (each["refusal"]["status"], each["refusal"]["field"]) for each in done["results"]]
    assert refusals == [(400, "amount"), None, (400, "bills")]


def test_a_bill_below_zero_becomes_credit_that_can_be_paid_back(app: Chalice, api: Api) -> None:
    items = [
        {"kind": "usage", "code": "use", "label": "Use", "rate": "10"},
        {"kind": "adjustment", "code": "subsidy", "label": "Subsidy", "amount": "-500"},
    ]
    office = Office(app, api, items, today="2025-10-01")
    office.connect("A1", consumer=office.consumer("Ana"), initialReading="0")
    office.read("A1", "2025-11-05", "1")
    assert [bill["total"] for bill in office.run("2025-11")] == ["-490.00"]
    refund = {"amount": "490.00", "method": "cash", "reason": "Has solar panels"}
    refused = office.staff.post(f"{office.path('A1')}/refunds", refund).expect(400)
    assert "use the credit first" in refused["detail"]
    owed = office.staff.post(f"{office.path('A1')}/credit-uses", {}, key="use").expect(200)
    assert (owed["credit"], owed["bills"]) == ("490.00", [])
    assert office.staff.post(f"{office.path('A1')}/credit-uses", {}, key="use").expect(200)["credit"] == "490.00"
    office.staff.post(f"{office.path('A1')}/refunds", refund).expect(201)
    owed = office.staff.get(f"{office.base}/inquiry", accountNumber="A1").expect(200)["items"][0]
    assert (owed["credit"], owed["amountDue"]) == ("0.00", "0.00")


def test_no_advance_is_above_the_largest_bill(office: Counter) -> None:
    body = {"accountNumber": "A1", "amount": "10000000000000.00", "method": "cash"}
    refused = office.staff.post(f"{office.base}/advances", body).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("bad-amount", "amount")
    _take(office, "advances", "9999999999999.99")

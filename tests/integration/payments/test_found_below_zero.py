"""What a reviewer found of bills below zero, and of credit that a bill brought before it turned out to be wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import BillingGroup
from tests.support.corrected import PAYMENTS, Corrected
from tests.support.http import Api
from tests.support.office import FLAT

SOLAR: list[dict[str, Any]] = [
    {"kind": "usage", "code": "use", "label": "Use", "rate": "10"},
    {"kind": "adjustment", "code": "solar", "label": "Fed in", "amount": "-500"},
]
"""10.00 per m3, less 500.00."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _taking_dues(office: Corrected) -> Corrected:
    version = office.staff.get(office.base).expect(200)["version"]
    settings = {"payments": PAYMENTS | {"newBillsTake": "dues"}}
    office.staff.patch(f"{office.base}/settings", {"version": version, "settings": settings}).expect(200)
    return office


def _office(app: Chalice, api: Api, *, charges: list[dict[str, Any]] = SOLAR) -> Corrected:
    office = Corrected(app, api, charges=charges, misread=False)
    for account in ("A1", "A2"):
        office.connect(account, consumer=office.ana, initialReading="0")
    return office


def _due(office: Corrected, account: str = "A1") -> list[tuple[str, str]]:
    return [(bill["total"], bill["amountDue"]) for bill in office.bills_of(account)]


def test_a_bill_below_zero_takes_no_dues_over_and_stops_no_run(app: Chalice, api: Api) -> None:
    office = _taking_dues(_office(app, api))
    for account in ("A1", "A2"):
        office.read(account, "2025-11-05", "100")
    office.run("2025-11")
    office.read("A1", "2025-12-05", "101")
    office.read("A2", "2025-12-05", "200")
    office.run("2025-12")
    [run, _] = office.staff.get(f"{office.base}/billing-runs").expect(200)["items"]
    assert run["status"] == "complete"
    assert _due(office) == [("500.00", "10.00"), ("-490.00", "0.00")], "490.00 of November are paid"
    assert _due(office, "A2") == [("500.00", "0.00"), ("500.00", "1000.00")], "December took November over"
    assert (office.owed(), office.owed("A2")) == (("10.00", "0.00"), ("1000.00", "0.00"))
    assert office.broken("A1", "A2") == []


def test_a_single_bill_below_zero_leaves_its_rest_as_credit(app: Chalice, api: Api) -> None:
    office = _taking_dues(_office(app, api))
    office.read("A1", "2025-11-05", "70")
    office.run("2025-11")
    reading = office.read("A1", "2025-12-05", "71")
    office.staff.post(f"{office.base}/bills", {"readingId": reading["id"]}).expect(201)
    assert _due(office) == [("200.00", "0.00"), ("-490.00", "0.00")]
    assert office.owed() == ("0.00", "290.00")
    office.read("A1", "2026-01-05", "171")
    office.run("2026-01")
    assert office.owed() == ("500.00", "290.00"), "this project uses credit when somebody says so"
    assert office.broken() == []


def test_a_closure_gives_advances_back_although_older_ones_are_due(app: Chalice, api: Api) -> None:
    yearly = BillingGroup(id="yearly", name="Yearly", classes=("commercial",), months=12, advances="monthly")
    charges = [{**FLAT[1], "times": "months", "prorated": True}]
    office = Corrected(app, api, charges=charges, misread=False, billing_groups=(yearly,))
    _taking_dues(office).on("2025-09-01")
    office.connect("A1", consumer=office.ana, initialReading="0", consumerClass="commercial", installedOn="2025-09-01")
    for month in ("2025-09", "2025-10", "2025-11"):
        office.on(f"{month}-28").run(month)
    assert _due(office) == [("50.00", "0.00"), ("50.00", "0.00"), ("50.00", "150.00")]
    office.close("A1", "2025-12-01", finalReading="10")
    assert _due(office)[2:] == [("50.00", "149.59"), ("-0.41", "0.00")]
    assert office.broken() == []


def _charge(office: Corrected, amount: str) -> None:
    body = {"code": "fee", "label": "Fee", "amount": amount, "reason": "New meter"}
    office.staff.post(f"{office.path('A1')}/charges", body).expect(201)


def _use_credit(office: Corrected) -> None:
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)


def _below_zero(app: Chalice, api: Api) -> tuple[Corrected, dict[str, Any], dict[str, Any]]:
    """Return an office with a bill of -490.00, and its reading."""
    office = _office(app, api)
    reading = office.read("A1", "2025-11-05", "1")
    [bill] = office.run("2025-11")
    assert bill["total"] == "-490.00"
    return office, reading, bill


def test_voiding_a_bill_below_zero_takes_its_credit_back(app: Chalice, api: Api) -> None:
    """The bill that the credit paid is open again; and issued again, it gives its credit once."""
    office, reading, bill = _below_zero(app, api)
    _charge(office, "100.00")
    _use_credit(office)
    assert office.owed() == ("0.00", "390.00")
    office.void(bill["id"], key="once").expect(200)
    office.void(bill["id"], key="once").expect(200)
    assert office.owed() == ("100.00", "0.00")
    office.staff.post(f"{office.base}/bills", {"readingId": reading["id"]}).expect(201)
    _use_credit(office)
    assert office.owed() == ("0.00", "390.00")
    assert office.broken() == []


def test_a_corrected_bill_below_zero_gives_the_difference_only(app: Chalice, api: Api) -> None:
    office, reading, _ = _below_zero(app, api)
    _charge(office, "480.00")
    _use_credit(office)
    assert office.owed() == ("0.00", "10.00")
    seen = office.preview((reading["id"], "2")).expect(200)
    assert (seen["difference"], seen["credit"]) == ("10.00", "-10.00")
    office.correct((reading["id"], "2")).expect(201)
    assert office.owed() == ("0.00", "0.00"), "480.00 still pay the fee"
    office.correct((reading["id"], "12")).expect(201)
    assert office.owed() == ("480.00", "380.00"), "the use of 480.00 is taken back whole, as when a payment is reversed"
    assert office.broken() == []


def test_a_bill_below_zero_can_become_one_above(app: Chalice, api: Api) -> None:
    office, reading, _ = _below_zero(app, api)
    _charge(office, "480.00")
    _use_credit(office)
    office.correct((reading["id"], "60")).expect(201)
    assert office.owed() == ("580.00", "0.00"), "the fee of 480.00, and 600.00 less 500.00"
    assert office.broken() == []


def test_credit_that_was_paid_back_keeps_its_bill_from_being_voided(app: Chalice, api: Api) -> None:
    office, reading, bill = _below_zero(app, api)
    _charge(office, "100.00")
    _use_credit(office)
    refund = {"amount": "390.00", "method": "cash", "reason": "Asked for"}
    office.staff.post(f"{office.path('A1')}/refunds", refund).expect(201)
    assert office.void(bill["id"]).expect(409)["code"] == "already-used"
    assert office.preview((reading["id"], "60")).expect(409)["code"] == "already-used"
    assert office.owed() == ("0.00", "0.00")
    assert office.broken() == []


def test_a_bill_whose_rest_moved_on_keeps_the_credit_that_paid_it(app: Chalice, api: Api) -> None:
    office = _taking_dues(_office(app, api))
    office.read("A1", "2025-11-05", "100")
    office.run("2025-11")
    office.read("A1", "2025-12-05", "101")
    below = office.run("2025-12")[0]
    office.read("A1", "2026-01-05", "201")
    office.run("2026-01")
    assert _due(office)[2] == ("500.00", "510.00"), "with 10.00 of November"
    assert office.void(below["id"]).expect(409)["code"] == "already-used"
    assert office.broken() == []


def _noted(office: Corrected, amount: str, *, fee: str = "") -> None:
    """Pay the misread bill, credit a part of it, perhaps use that for a fee, and take the payment back."""
    office.on("2025-10-10")
    paid = office.pay(office.first["id"], "1950.00").expect(201)
    note = {"amount": amount, "reasonCode": "goodwill", "reason": "Dirty water"}
    office.staff.post(f"{office.base}/bills/{office.first['id']}/credit-notes", note).expect(201)
    assert office.owed() == ("0.00", amount)
    if fee:
        _charge(office, fee)
        _use_credit(office)
    office.staff.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)


def test_a_note_that_became_credit_is_not_doubled_by_a_correction(app: Chalice, api: Api) -> None:
    office = Corrected(app, api)
    _noted(office, "1000.00")
    assert office.owed() == ("1950.00", "1000.00")
    office.correct((office.reading["id"], "1680")).expect(201)
    assert office.owed() == ("850.00", "0.00"), "1850.00 less the note of 1000.00"
    assert office.broken() == []


def test_a_note_that_became_credit_goes_with_its_voided_bill(app: Chalice, api: Api) -> None:
    office = Corrected(app, api)
    _noted(office, "75.00")
    office.void(office.first["id"]).expect(200)
    assert office.owed() == ("0.00", "0.00")
    assert office.broken() == []


def test_a_note_that_paid_a_fee_opens_it_again(app: Chalice, api: Api) -> None:
    office = Corrected(app, api)
    _noted(office, "75.00", fee="50.00")
    assert office.owed() == ("1950.00", "25.00")
    office.void(office.first["id"]).expect(200)
    assert office.owed() == ("50.00", "0.00")
    assert office.broken() == []


def test_a_note_whose_credit_paid_its_own_bill_is_no_use_to_undo(app: Chalice, api: Api) -> None:
    office = Corrected(app, api)
    _noted(office, "75.00")
    _use_credit(office)
    assert office.owed() == ("1875.00", "0.00")
    office.correct((office.reading["id"], "1680")).expect(201)
    assert office.owed() == ("1775.00", "0.00")
    office.void("2025-10.A1.1r2").expect(200)
    assert office.owed() == ("0.00", "0.00")
    assert office.broken() == []

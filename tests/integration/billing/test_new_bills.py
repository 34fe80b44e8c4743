"""New bills that take over older dues, as at S4, or are paid from credit."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Effect
from chalicelib.platform import clock
from chalicelib.platform.transaction import transact
from tests.support.counter import PARTS, Counter
from tests.support.http import Api

FINE: dict[str, Any] = {"kind": "fixed", "amount": "150.00"}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def electricity(app: Chalice, api: Api) -> Counter:
    """A bill of 275.00 of November is due on the 20th; a late one costs 150.00."""
    return Counter(app, api, late=FINE, payments=PARTS | {"newBillsTake": "dues"})


def _second(office: Counter) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bill 10 more on 5 December; return the older and the newer bill."""
    office.read("A1", "2025-12-05", "20")
    [new] = office.run("2025-12")
    return office.bill_now(), new


@pytest.mark.covers("S4-020", "S4-021")
def test_a_new_bill_takes_over_older_dues_with_their_fine(electricity: Counter) -> None:
    old, new = _second(electricity)
    assert (new["total"], new["carriedOver"], new["amountDue"]) == ("275.00", "425.00", "700.00")
    assert (old["status"], old["supersededBy"], old["amountDue"], old["movedOn"]) == (
        "superseded", new["id"], "0.00", "425.00",
    )  # fmt: skip
    refused = electricity.pay().expect(409)
    assert (refused["code"], new["id"] in refused["detail"]) == ("superseded", True)
    owed = electricity.owed()
    assert (owed["amountDue"], [bill["billId"] for bill in owed["bills"]]) == ("700.00", [new["id"]])
    electricity.pay(new["id"], amount="700.00").expect(201)
    assert electricity.bill(new["id"])["status"] == "paid"
    assert [bill["status"] for bill in electricity.bills_of("A1")] == ["superseded", "paid"]


def test_only_the_rest_of_a_bill_that_was_paid_in_part_moves(electricity: Counter) -> None:
    electricity.on("2025-11-15").pay(amount="75.00").expect(201)
    old, new = _second(electricity)
    assert (old["paid"], old["movedOn"]) == ("75.00", "350.00")
    assert new["amountDue"] == "625.00"


def test_a_reversed_payment_of_a_superseded_bill_is_owed_on_its_successor(electricity: Counter) -> None:
    paid = electricity.on("2025-11-15").pay(amount="75.00").expect(201)
    _, new = _second(electricity)
    electricity.on("2025-12-06")
    electricity.staff.post(f"{electricity.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert electricity.bill(new["id"])["amountDue"] == "700.00"
    assert electricity.bill_now()["amountDue"] == "0.00"
    statement = electricity.staff.get(f"{electricity.path('A1')}/statement").expect(200)
    assert statement["closing"] == "700.00"


def test_a_payment_of_a_superseded_bill_is_reversed_after_its_month_was_closed(electricity: Counter) -> None:
    paid = electricity.on("2025-11-15").pay(amount="75.00").expect(201)
    _, new = _second(electricity)
    electricity.on("2025-12-06")
    electricity.staff.post(f"{electricity.base}/closed-months", {"month": "2025-11"}).expect(200)
    electricity.staff.post(f"{electricity.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert (electricity.bill(new["id"])["amountDue"], electricity.bill_now()["amountDue"]) == ("700.00", "0.00")
    entries = electricity.staff.get(f"{electricity.path('A1')}/entries").expect(200)["items"]
    days = {each["kind"]: each["valueOn"] for each in entries if each["bookedOn"] == "2025-12-06"}
    assert days == {"reversal": "2025-12-01", "superseded": "2025-12-01"}


def _adjust(office: Counter, what: str, **body: str) -> str:
    """Adjust the older bill; return the adjustment's id."""
    path = f"{office.base}/bills/{office.first['id']}/{what}"
    return str(office.staff.post(path, {"reason": "Complaint"} | body).expect(201)["id"])


def _take_back(office: Counter, adjustment: str) -> None:
    office.staff.post(f"{office.base}/adjustments/{adjustment}/reversal", {"reason": "Wrong"}).expect(200)


def test_a_credit_note_taken_back_on_a_superseded_bill_is_owed_on_its_successor(electricity: Counter) -> None:
    note = _adjust(electricity.on("2025-11-10"), "credit-notes", amount="50.00", reasonCode="goodwill")
    _, new = _second(electricity)
    assert new["amountDue"] == "650.00"
    _take_back(electricity, note)
    assert (electricity.bill_now()["amountDue"], electricity.bill(new["id"])["amountDue"]) == ("0.00", "700.00")
    body = {"method": "cash", "accountNumber": "A1", "amount": "700.00"}
    assert electricity.staff.post(f"{electricity.base}/payments", body).expect(201)["amount"] == "700.00"
    assert electricity.owed()["amountDue"] == "0.00"


def test_a_waiver_taken_back_on_a_superseded_bill_is_owed_on_its_successor(electricity: Counter) -> None:
    waiver = _adjust(electricity.on("2025-11-25"), "waivers", amount="50.00")
    _, new = _second(electricity)
    assert new["amountDue"] == "650.00"
    _take_back(electricity, waiver)
    assert (electricity.bill_now()["amountDue"], electricity.bill(new["id"])["amountDue"]) == ("0.00", "700.00")
    assert electricity.owed()["bills"][0]["lateCharge"] == "150.00"


def test_dues_that_were_left_on_a_superseded_bill_never_block_paying_by_account(electricity: Counter) -> None:
    _adjust(electricity.on("2025-11-10"), "credit-notes", amount="50.00", reasonCode="goodwill")
    old, new = _second(electricity)
    ctx = electricity.utility.context()
    left = ledger.EntryDraft(
        account="A1",
        holder=old["consumerId"],
        kind="reversal",
        value_on=date(2025, 12, 5),
        effects=(Effect(bill_id=old["id"], credited=-50_00),),
    )
    books = ledger.open_books(ctx.project, bill_ids=[old["id"]])
    transact(ledger.entry_writes(ctx.project, books, ledger.entries_of_act(ctx, ctx.new_id(), [left])))
    assert electricity.bill_now()["amountDue"] == "50.00"
    paid = electricity.staff.post(f"{electricity.base}/payments", {"method": "cash", "accountNumber": "A1"}).expect(201)
    assert [(each["billId"], each["paid"]) for each in paid["bills"]] == [(new["id"], "650.00")]


def test_credit_of_a_note_taken_back_reopens_the_last_successor_of_the_bill_it_paid(app: Chalice, api: Api) -> None:
    settings = PARTS | {"newBillsTake": "dues", "overpayment": "credit"}
    office = Counter(app, api, late=FINE, payments=settings)
    office.pay().expect(201)
    note = _adjust(office, "credit-notes", amount="75.00", reasonCode="goodwill")
    _, december = _second(office)
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    office.read("A1", "2026-01-05", "30")
    [january] = office.run("2026-01")
    assert (january["carriedOver"], office.bill(december["id"])["amountDue"]) == ("350.00", "0.00")
    _take_back(office, note)
    assert office.bill(december["id"])["amountDue"] == "0.00"
    assert office.bill(january["id"])["amountDue"] == "700.00"


def test_what_is_taken_back_of_a_closed_month_is_owed_on_the_successor_in_open_books(electricity: Counter) -> None:
    paid = electricity.on("2025-11-15").pay(amount="75.00").expect(201)
    _, new = _second(electricity)
    electricity.staff.post(f"{electricity.base}/closed-months", {"month": "2025-11"}).expect(200)
    electricity.staff.post(f"{electricity.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert electricity.bill(new["id"])["amountDue"] == "700.00"


def test_late_charges_of_a_bill_count_the_principal_that_it_took_over(app: Chalice, api: Api) -> None:
    percent = {"kind": "percent", "percent": "10"}
    office = Counter(app, api, late=percent, payments=PARTS | {"newBillsTake": "dues"})
    _, new = _second(office)
    assert (new["carriedOver"], new["dueOn"]) == ("302.50", "2025-12-20")
    office.on("2025-12-21")
    assert office.owed()["bills"][0]["lateCharge"] == "82.50", "27.50 that moved, and 10 % of 275.00 + 275.00"
    office.read("A1", "2026-01-05", "30")
    [third] = office.run("2026-01")
    assert (third["carriedOver"], third["amountDue"]) == ("632.50", "907.50")
    office.on("2026-01-21")
    assert office.owed()["bills"][0]["lateCharge"] == "165.00", "82.50 that moved, and 10 % of three times 275.00"
    office.pay(third["id"], amount="200.00").expect(201)
    [owed] = office.owed()["bills"]
    assert (owed["lateCharge"], owed["principalDue"]) == ("0.00", "790.00"), "late charges are paid first"


def test_a_late_charge_that_a_bill_took_over_can_be_waived_there(electricity: Counter) -> None:
    _, new = _second(electricity)
    path = f"{electricity.base}/bills/{new['id']}/waivers"
    waiver = electricity.staff.post(path, {"reason": "Complaint", "amount": "100.00"}).expect(201)
    assert electricity.bill(new["id"])["amountDue"] == "600.00"
    _take_back(electricity, waiver["id"])
    paid = electricity.pay(new["id"], waiveLateCharges="Hardship").expect(201)
    assert (paid["amount"], paid["bills"][0]["waived"]) == ("550.00", "150.00")
    assert electricity.bill(new["id"])["status"] == "paid"


def test_a_bill_whose_due_day_is_extended_stays_open_until_then(electricity: Counter) -> None:
    _adjust(electricity.on("2025-11-15"), "due-day", dueOn="2025-12-31")
    old, new = _second(electricity)
    assert (old["status"], old["amountDue"]) == ("open", "275.00")
    assert (new["carriedOver"], new["amountDue"]) == ("0.00", "275.00")
    electricity.read("A1", "2026-01-05", "30")
    [third] = electricity.run("2026-01")
    assert third["carriedOver"] == "850.00", "both bills with their fines"
    assert electricity.bill_now()["supersededBy"] == third["id"]


def test_one_reading_billed_at_once_takes_over_dues_as_a_run_does(electricity: Counter) -> None:
    taken = electricity.read("A1", "2025-12-05", "20")
    body = {"readingId": taken["id"]}
    for _ in range(2):
        new = electricity.staff.post(f"{electricity.base}/bills", body, key="bill").expect(201)
        assert (new["carriedOver"], new["amountDue"]) == ("425.00", "700.00")


def test_a_new_bill_is_paid_from_credit(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=None, payments=PARTS | {"newBillsTake": "credit"})
    office.on("2025-11-10").pay().expect(201)
    body = {"accountNumber": "A1", "amount": "300.00", "method": "cash"}
    office.staff.post(f"{office.base}/advances", body).expect(201)
    _, new = _second(office)
    assert (new["status"], new["paid"], new["amountDue"]) == ("paid", "275.00", "0.00")
    assert office.owed()["credit"] == "25.00"

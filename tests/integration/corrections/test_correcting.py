"""Readings that were billed are corrected, over HTTP and with a moved clock: bills and money follow."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.corrected import Corrected
from tests.support.http import Api

LATE = {"kind": "percent", "percent": "10"}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Corrected:
    return Corrected(app, api)


def _shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def test_a_misread_bill_that_was_paid_leaves_a_credit(office: Corrected) -> None:
    """B12: 1690 for 1590. October is 950.00, 1000.00 are credit, and November is 10 m3."""
    office.on("2025-10-10")
    office.pay(office.first["id"], "1950.00").expect(201)
    office.on("2025-10-12")
    seen = office.preview((office.reading["id"], "1590")).expect(200)
    [bill] = seen["bills"]
    assert _shown(bill["old"], "billId", "total", "usage") == ("2025-10.A1.1", "1950.00", "190")
    assert _shown(bill["new"], "billId", "total", "usage", "paid", "amountDue") == (
        "2025-10.A1.1r2", "950.00", "90", "950.00", "0.00",
    )  # fmt: skip
    assert [_shown(line, "code", "amount") for line in bill["new"]["lines"]] == [("use", "900.00"), ("base", "50.00")]
    assert _shown(seen, "difference", "credit") == ("-1000.00", "1000.00")
    assert office.bill("2025-10.A1.1")["status"] == "paid", "a preview changes nothing"

    done = office.correct((office.reading["id"], "1590"), key="once").expect(201)
    assert office.staff.get(f"{office.base}/corrections/{done['id']}").expect(200) == done
    assert _shown(office.bill("2025-10.A1.1"), "status", "replacedBy", "paid") == ("voided", "2025-10.A1.1r2", "0.00")
    again = office.bill("2025-10.A1.1r2")
    assert _shown(again, "status", "total", "paid", "replaces") == ("paid", "950.00", "950.00", "2025-10.A1.1")
    assert office.owed() == ("0.00", "1000.00")
    reading = office.staff.get(f"{office.base}/readings/{office.reading['id']}").expect(200)
    assert _shown(reading, "reading", "usage", "billed") == ("1590", "90", True)
    [former] = reading["formerValues"]
    assert _shown(former, "reading", "reason", "correctionId") == ("1690", "Misread", done["id"])

    office.read("A1", "2025-11-05", "1600")
    [november] = office.run("2025-11")
    assert _shown(november, "usage", "total") == ("10", "150.00")


def test_a_repeated_correction_is_made_once(office: Corrected) -> None:
    office.on("2025-10-12")
    digest = office.preview((office.reading["id"], "1590")).expect(200)["digest"]
    body = {
        "readings": [{"readingId": office.reading["id"], "reading": "1590"}],
        "reason": "Misread",
        "digest": digest,
    }
    first = office.staff.post(f"{office.base}/corrections", body, key="same").expect(201)
    assert office.staff.post(f"{office.base}/corrections", body, key="same").expect(201) == first
    assert office.staff.post(f"{office.base}/corrections", body).expect(400)["code"] == "nothing-to-correct"
    assert [bill["status"] for bill in office.bills_of("A1")] == ["voided", "open"]


def test_a_correction_is_refused_if_anything_changed_since_it_was_seen(office: Corrected) -> None:
    office.on("2025-10-10")
    digest = office.preview((office.reading["id"], "1590")).expect(200)["digest"]
    office.pay(office.first["id"], "100.00").expect(201)
    body = {
        "readings": [{"readingId": office.reading["id"], "reading": "1590"}],
        "reason": "Misread",
        "digest": digest,
    }
    assert office.staff.post(f"{office.base}/corrections", body).expect(409)["code"] == "changed"
    assert office.bill(office.first["id"])["status"] == "partial"


def test_a_chain_is_corrected_as_far_as_anything_changes(app: Chalice, api: Api) -> None:
    """B17: 15100 read for 15000; both months are 1000 kWh. December's bill stays."""
    blocks = {
        "kind": "blocks",
        "code": "use",
        "label": "Use",
        "blocks": [{"over": "0", "upTo": "1000", "rate": "0.10"}, {"over": "1000", "upTo": None, "rate": "0.30"}],
    }
    office = Corrected(app, api, charges=[blocks], misread=False)
    office.connect("A1", consumer=office.ana, initialReading="14000")
    first = office.read("A1", "2025-09-05", "15100")
    office.staff.post(f"{office.base}/readings/{first['id']}/confirmation").expect(200)
    office.run("2025-09")
    office.read("A1", "2025-10-05", "16000")
    office.run("2025-10")
    office.read("A1", "2025-11-05", "16500")
    office.run("2025-11")
    assert [bill["total"] for bill in office.bills_of("A1")] == ["130.00", "90.00", "50.00"]
    office.pay("2025-10.A1.1", "90.00").expect(201)
    done = office.correct((first["id"], "15000")).expect(201)
    assert [_shown(bill, "replacedBy", "oldTotal", "newTotal", "difference") for bill in done["bills"]] == [
        ("2025-09.A1.1r2", "130.00", "100.00", "-30.00"),
        ("2025-10.A1.1r2", "90.00", "100.00", "10.00"),
    ]
    assert done["difference"] == "-20.00"
    standing = [_shown(bill, "total", "status", "paid") for bill in office.bills_of("A1") if bill["status"] != "voided"]
    assert standing == [("100.00", "overdue", "0.00"), ("100.00", "partial", "90.00"), ("50.00", "open", "0.00")]


def test_a_bill_that_rises_is_due_anew_and_one_that_falls_keeps_its_day(app: Chalice, api: Api) -> None:
    office = Corrected(app, api, late=LATE)
    office.on("2025-10-25")
    office.pay(office.first["id"], "500.00").expect(201)
    assert _shown(office.bill(office.first["id"]), "lateCharge", "amountDue") == ("195.00", "1645.00")
    office.correct((office.reading["id"], "1590")).expect(201)
    falls = office.bill("2025-10.A1.1r2")
    assert _shown(falls, "total", "dueOn", "lateCharge", "paid", "amountDue", "status") == (
        "950.00", "2025-10-20", "95.00", "500.00", "545.00", "overdue",
    )  # fmt: skip
    office.on("2025-10-28")
    office.correct((office.reading["id"], "1600")).expect(201)
    rises = office.bill("2025-10.A1.1r3")
    assert _shown(rises, "total", "dueOn", "lateCharge", "paid", "amountDue", "status") == (
        "1050.00", "2025-11-20", "95.00", "500.00", "645.00", "partial",
    )  # fmt: skip
    assert office.owed() == ("645.00", "0.00")
    office.pay(rises["id"], "645.00").expect(201)
    assert office.owed() == ("0.00", "0.00")
    assert office.staff.get(f"{office.path('A1')}/statement").expect(200)["closing"] == "0.00"


@pytest.mark.parametrize("late", [LATE, LATE | {"minimum": "50.00"}])
@pytest.mark.parametrize("paid", ["195.00", "2145.00"])
def test_a_one_time_late_charge_is_due_on_the_difference_only(
    app: Chalice, api: Api, late: dict[str, Any], paid: str
) -> None:
    """10 % of 1950.00 are charged; what it rises by 10.00 costs 1.00 more, when that is late, too."""
    office = Corrected(app, api, late=late)
    office.on("2025-10-25")
    office.pay(office.first["id"], paid).expect(201)
    office.correct((office.reading["id"], "1691")).expect(201)
    before = Decimal(office.owed()[0])
    assert before == Decimal("2155.00") - Decimal(paid)
    office.on("2025-11-28")
    assert Decimal(office.owed()[0]) == before + 1
    rest = office.pay("2025-10.A1.1r2", str(before), paidOn="2025-11-15").expect(201)
    assert office.owed() == ("0.00", "0.00"), "it was paid in time"
    office.staff.post(f"{office.base}/payments/{rest['id']}/reversal", {"reason": "typing_error"}).expect(200)
    office.pay("2025-10.A1.1r2", str(before + 1)).expect(201)
    assert office.owed() == ("0.00", "0.00")
    office.correct((office.reading["id"], "1692")).expect(201)
    assert office.owed() == ("10.00", "0.00")
    office.on("2026-02-28")
    assert office.owed() == ("11.00", "0.00")
    office.correct((office.reading["id"], "1590")).expect(201)
    assert office.bill("2025-10.A1.1r4")["lateCharge"] == "95.00"
    assert office.broken() == []


def test_a_fixed_late_charge_is_due_once_on_a_bill_that_rises(app: Chalice, api: Api) -> None:
    office = Corrected(app, api, late={"kind": "fixed", "amount": "150.00"})
    office.on("2025-10-25")
    office.pay(office.first["id"], "150.00").expect(201)
    office.correct((office.reading["id"], "1691")).expect(201)
    office.on("2025-12-28")
    assert office.owed() == ("1960.00", "0.00")
    assert office.broken() == []


def test_an_estimate_in_a_dear_block_is_spread_over_its_months(app: Chalice, api: Api) -> None:
    """B15: 40 estimated, then 40 over both months; corrected to 20 and 20, each month is 250.00."""
    blocks = {
        "kind": "blocks",
        "code": "use",
        "label": "Use",
        "blocks": [{"over": "0", "upTo": "20", "rate": "10"}, {"over": "20", "upTo": None, "rate": "20"}],
    }
    fixed = {"kind": "fixed", "code": "base", "label": "Base", "amount": "50"}
    office = Corrected(app, api, charges=[blocks, fixed], misread=False)
    office.on("2025-05-06")
    office.connect("A1", consumer=office.ana, initialReading="0", installedOn="2025-05-05")
    for month, value in (("06", "40"), ("07", "80"), ("08", "120")):
        office.read("A1", f"2025-{month}-05", value)
        office.run(f"2025-{month}")
    office.on("2025-09-05")
    office.staff.post(f"{office.base}/readings/estimates", {"period": "2025-09"}).expect(200)
    office.run("2025-09")
    office.read("A1", "2025-10-05", "160")
    office.run("2025-10")
    assert [bill["total"] for bill in office.bills_of("A1")[-2:]] == ["650.00", "50.00"]
    office.correct(("2025-09.A1", "140")).expect(201)
    standing = [bill["total"] for bill in office.bills_of("A1") if bill["status"] != "voided"]
    assert standing[-2:] == ["250.00", "250.00"]


def test_a_payment_of_a_corrected_bill_is_reversed_on_the_one_in_its_place(office: Corrected) -> None:
    office.on("2025-10-10")
    paid = office.pay(office.first["id"], "1950.00").expect(201)
    office.correct((office.reading["id"], "1590")).expect(201)
    office.staff.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "returned_check"}).expect(200)
    assert _shown(office.bill("2025-10.A1.1r2"), "status", "paid", "amountDue") == ("open", "0.00", "950.00")
    assert office.owed() == ("950.00", "0.00")
    receipt = office.staff.get(f"{office.base}/payments/{paid['id']}/receipt").expect(200)
    assert receipt["void"]


def test_an_impossible_value_is_refused(office: Corrected) -> None:
    office.on("2025-10-12")
    assert office.preview((office.reading["id"], "1490")).expect(400)["code"] == "below-previous"
    assert office.preview(("2025-10.A1:2", "1590")).expect(404)["code"] == "not-found"
    assert office.preview((office.reading["id"], "1690")).expect(400)["code"] == "nothing-to-correct"
    office.read("A1", "2025-11-05", "1700")
    assert office.preview((office.reading["id"], "1800")).expect(400)["code"] == "below-previous"


def test_a_credit_note_moves_along_and_is_not_given_twice(office: Corrected) -> None:
    """1950.00 paid, and 500.00 credited since: the bill in its place is 450.00, and 1500.00 are credit in all."""
    office.on("2025-10-10")
    office.pay(office.first["id"], "1950.00").expect(201)
    notes = f"{office.base}/bills/{office.first['id']}/credit-notes"
    note = office.staff.post(notes, {"amount": "500.00", "reasonCode": "other", "reason": "Leak"}).expect(201)
    assert office.owed() == ("0.00", "500.00")
    office.correct((office.reading["id"], "1590")).expect(201)
    again = office.bill("2025-10.A1.1r2")
    assert _shown(again, "total", "credited", "paid", "amountDue") == ("950.00", "500.00", "450.00", "0.00")
    assert office.owed() == ("0.00", "1500.00")
    assert office.broken() == []
    asked = {"amount": "1.00", "reasonCode": "other", "reason": "More"}
    assert office.staff.post(notes, asked).expect(409)["code"] == "bill-voided"
    path = f"{office.base}/adjustments/{note['id']}/reversal"
    assert office.staff.post(path, {"reason": "Wrong"}).expect(409)["code"] == "bill-voided"


def test_a_due_day_that_was_extended_stays_extended(office: Corrected) -> None:
    office.on("2025-10-10")
    path = f"{office.base}/bills/{office.first['id']}/due-day"
    office.staff.post(path, {"dueOn": "2025-10-31", "reason": "Asked for time"}).expect(201)
    office.correct((office.reading["id"], "1590")).expect(201)
    assert _shown(office.bill("2025-10.A1.1r2"), "dueOn", "originalDueOn") == ("2025-10-31", "2025-10-20")


def test_money_of_a_closed_month_moves_with_the_first_open_day(office: Corrected) -> None:
    office.on("2025-10-10")
    office.pay(office.first["id"], "1950.00").expect(201)
    office.on("2025-11-10")
    office.staff.post(f"{office.base}/closed-months", {"month": "2025-10"}).expect(200)
    office.correct((office.reading["id"], "1590")).expect(201)
    assert office.owed() == ("0.00", "1000.00")
    assert office.broken() == []


def test_the_use_of_an_exchanged_meter_follows_a_corrected_reading(office: Corrected) -> None:
    """1590 read as 1690, the meter taken off at 1700: November has 110 of the old meter and 20 of the new one."""
    office.on("2025-10-20")
    exchange = {"meterNumber": "NEW-1", "finalReading": "1700", "reason": "Worn"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    office.read("A1", "2025-11-05", "20")
    [november] = office.run("2025-11")
    assert (november["usage"], november["total"]) == ("30", "350.00")
    done = office.correct((office.reading["id"], "1590")).expect(201)
    assert [bill["newTotal"] for bill in done["bills"]] == ["950.00", "1350.00"]
    assert office.preview((office.reading["id"], "1710")).expect(409)["code"] == "below-previous"


def test_a_correction_before_the_meter_is_read_again_is_counted_on_from(office: Corrected) -> None:
    office.on("2025-10-20")
    office.correct((office.reading["id"], "1590")).expect(201)
    connection = office.staff.get(office.path("A1")).expect(200)
    assert connection["lastReading"] == "1590"
    with_estimate = office.on("2025-11-06").staff
    with_estimate.post(f"{office.base}/readings/estimates", {"period": "2025-11"}).expect(200)
    [november] = office.run("2025-11")
    assert (november["previousReading"], november["estimated"]) == ("1590", True)
    office.read("A1", "2025-12-05", "1800")
    office.run("2025-12")
    before = [bill["total"] for bill in office.bills_of("A1") if bill["status"] != "voided"]
    office.correct((office.reading["id"], "1580")).expect(201)
    after = [bill["total"] for bill in office.bills_of("A1") if bill["status"] != "voided"]
    assert (before[0], after[0]) == ("950.00", "850.00")
    assert before[1] == after[1], "an estimate keeps its use"
    assert sum(map(Decimal, after)) == sum(map(Decimal, before)), "the year's use is the same"

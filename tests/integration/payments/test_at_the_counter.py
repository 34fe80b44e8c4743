"""Money at the counter over HTTP, with the figures of the sources and a moved clock."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.counter import PARTS, S3, S3_PAYMENTS, Counter
from tests.support.http import Api


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


@pytest.fixture
def waterworks(app: Chalice, api: Api) -> Counter:
    """S3: 10 % once from the day after the due day, exact amounts, change."""
    return Counter(app, api, late=S3["lateCharge"], payments=S3_PAYMENTS)


@pytest.mark.covers("S3-034", "S3-036", "S3-037", "S3-080", "S3-081", "S3-106")
def test_300_received_for_275_give_25_change_and_a_receipt(waterworks: Counter) -> None:
    waterworks.on("2025-11-18")
    paid = waterworks.pay(received="300.00").expect(201)
    assert _shown(paid, "amount", "received", "change", "status", "paidOn") == (
        "275.00", "300.00", "25.00", "completed", "2025-11-18",
    )  # fmt: skip
    receipt = waterworks.staff.get(f"{waterworks.base}/payments/{paid['id']}/receipt").expect(200)
    assert receipt["receiptNumber"].startswith("OR-20251118-")
    assert _shown(receipt, "amount", "change", "amountInWords") == (
        "275.00", "25.00", "Two hundred seventy-five and 00/100 PHP",
    )  # fmt: skip
    assert _shown(waterworks.bill_now(), "status", "paid", "amountDue") == ("paid", "275.00", "0.00")
    assert waterworks.pay(received="300.00").expect(409)["code"] == "nothing-due"


@pytest.mark.covers("S3-035", "S3-054")
def test_the_inquiry_shows_the_late_charge_of_the_day_and_the_payment_posts_it(waterworks: Counter) -> None:
    waterworks.on("2025-11-25")
    owed = waterworks.owed(q="Ana")
    assert owed["amountDue"] == "302.50"
    [bill] = owed["bills"]
    assert _shown(bill, "principalDue", "lateCharge", "amountDue", "daysOverdue") == ("275.00", "27.50", "302.50", 5)
    assert _shown(waterworks.bill_now(), "lateCharge", "amountDue") == ("0.00", "275.00")

    refused = waterworks.pay(received="302.49").expect(400)
    assert refused["code"] == "received-too-little"
    paid = waterworks.pay(received="310.00").expect(201)
    assert _shown(paid, "amount", "change") == ("302.50", "7.50")
    assert _shown(paid["bills"][0], "lateCharge", "lateChargePaid") == ("27.50", "27.50")
    assert _shown(waterworks.bill_now(), "status", "lateCharge", "paid") == ("paid", "27.50", "302.50")


@pytest.mark.covers("S3-058", "S3-059", "S3-060", "S3-114")
def test_a_waived_late_charge_stays_on_record(waterworks: Counter) -> None:
    waterworks.on("2025-11-25")
    cashier = waterworks.utility.as_staff("manager")
    body = {"method": "cash", "bills": [{"billId": waterworks.first["id"]}], "waiveLateCharges": "Hardship"}
    cashier.post(f"{waterworks.base}/payments", body).expect(403)

    paid = waterworks.pay(waiveLateCharges="Financial hardship").expect(201)
    assert _shown(paid, "amount", "waiverReason") == ("275.00", "Financial hardship")
    assert _shown(paid["bills"][0], "lateCharge", "lateChargeWaived", "waived") == ("27.50", True, "27.50")
    assert _shown(waterworks.bill_now(), "status", "lateCharge", "waived", "paid") == (
        "paid", "27.50", "27.50", "275.00",
    )  # fmt: skip
    receipt = waterworks.staff.get(f"{waterworks.base}/payments/{paid['id']}/receipt").expect(200)
    lines = [_shown(line, "label", "amount", "original") for line in receipt["lines"]]
    assert lines[1] == ("Late charge (waived)", "0.00", "27.50")
    assert receipt["waivedByName"]

    log = waterworks.staff.get(f"/api/clients/{waterworks.utility.client}/audit-log", action="payment.recorded")
    (entry,) = log.expect(200)["items"]
    assert (entry["after"]["waiver"], entry["at"][:10]) == ("Financial hardship", "2025-11-25")


def test_a_payment_says_nothing_of_a_waiver_where_there_was_nothing_to_waive(waterworks: Counter) -> None:
    paid = waterworks.on("2025-11-20").pay(waiveLateCharges="Financial hardship").expect(201)
    assert _shown(paid, "amount", "waiverReason") == ("275.00", None)
    receipt = waterworks.staff.get(f"{waterworks.base}/payments/{paid['id']}/receipt").expect(200)
    assert (receipt["waiverReason"], receipt["waivedByName"]) == (None, None)


@pytest.mark.covers("S4-027", "S4-028", "S4-042")
def test_a_late_bill_has_a_fixed_fine_and_takes_parts(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late={"kind": "fixed", "amount": "150.00"}, payments=PARTS)
    office.on("2025-11-21")
    assert office.owed()["amountDue"] == "425.00"
    assert office.pay(amount="425.01").expect(400)["code"] == "above-due"
    paid = office.pay(amount="275.00").expect(201)
    assert paid["receiptNumber"] == "OR-MAIN-000001"
    assert _shown(office.bill_now(), "status", "amountDue") == ("overdue", "150.00")
    assert office.pay().expect(201)["amount"] == "150.00"
    assert office.bill_now()["status"] == "paid"


@pytest.mark.covers("S1-134")
def test_parts_add_up_to_what_is_due_and_not_a_cent_more(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=None, payments=PARTS).on("2025-11-10")
    office.pay(amount="10.00").expect(201)
    assert office.pay(amount="265.01").expect(400)["code"] == "above-due"
    office.on("2025-11-11")
    office.pay(amount="265.00").expect(201)
    listed = office.staff.get(f"{office.base}/bills/{office.first['id']}/payments").expect(200)["items"]
    assert [(each["amount"], each["receiptNumber"]) for each in listed] == [
        ("265.00", "OR-MAIN-000002"),
        ("10.00", "OR-MAIN-000001"),
    ]
    [found] = office.staff.get(f"{office.base}/payments", receiptNumber="or-main-000002").expect(200)["items"]
    assert found["amount"] == "265.00"


def test_an_amount_is_what_its_parts_add_up_to(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=None, payments=PARTS | {"overpayment": "credit"})
    office.read("A1", "2025-12-05", "20")
    [second] = office.run("2025-12")
    parts = {"bills": [{"billId": office.first["id"], "amount": "100.00"}, {"billId": second["id"], "amount": "50.00"}]}
    for amount in ("120.00", "200.00"):
        refused = office.pay(amount=amount, **parts).expect(400)
        assert (refused["code"], refused["errors"][0]["field"]) == ("bad-amount", "amount")
    paid = office.pay(amount="150.00", **parts).expect(201)
    assert [each["paid"] for each in paid["bills"]] == ["100.00", "50.00"]


def test_a_reversed_payment_leaves_its_bill_open_and_its_receipt_void(waterworks: Counter) -> None:
    """B22: a cheque of the bill's amount is returned."""
    waterworks.on("2025-11-18")
    paid = waterworks.pay(method="check", checkNumber="1234").expect(201)
    path = f"{waterworks.base}/payments/{paid['id']}/reversal"
    waterworks.utility.as_staff("manager").post(path, {"reason": "returned_check"}).expect(403)
    body = {"reason": "returned_check", "note": "No funds"}
    done = waterworks.staff.post(path, body, key="returned").expect(200)
    assert _shown(done, "status", "reversalReason", "receiptNumber") == (
        "reversed", "returned_check", paid["receiptNumber"],
    )  # fmt: skip
    assert waterworks.staff.post(path, body, key="returned").expect(200) == done
    assert waterworks.staff.post(path, body).expect(409)["code"] == "already-reversed"
    assert _shown(waterworks.bill_now(), "status", "paid", "amountDue") == ("open", "0.00", "275.00")
    receipt = waterworks.staff.get(f"{waterworks.base}/payments/{paid['id']}/receipt").expect(200)
    assert receipt["void"]
    waterworks.on("2025-11-25")
    assert waterworks.owed()["amountDue"] == "302.50", "as if it had never been paid"


def test_a_payment_dated_back_takes_back_the_late_charge_after_its_day(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=S3["lateCharge"], payments=PARTS)
    office.on("2025-11-25")
    office.pay(amount="100.00").expect(201)
    assert _shown(office.bill_now(), "lateCharge", "amountDue") == ("27.50", "202.50")
    office.on("2025-11-28")
    office.pay(amount="175.00", paidOn="2025-11-20").expect(201)
    assert _shown(office.bill_now(), "status", "lateCharge", "paid", "amountDue") == (
        "overdue",
        "10.00",
        "275.00",
        "10.00",
    )


def test_an_advance_is_credit_until_a_bill_takes_it(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=S3["lateCharge"], payments=PARTS)
    office.on("2025-11-10")
    body = {"accountNumber": "A1", "amount": "100.00", "method": "cash"}
    advance = office.staff.post(f"{office.base}/advances", body, key="ahead").expect(201)
    assert office.staff.post(f"{office.base}/advances", body, key="ahead").expect(201) == advance
    assert _shown(advance, "kind", "credit", "bills") == ("advance", "100.00", [])
    assert _shown(office.owed(), "amountDue", "credit") == ("275.00", "100.00")
    used = office.staff.post(f"{office.path('A1')}/credit-uses", {}, key="use").expect(200)
    assert _shown(used, "amountDue", "credit") == ("175.00", "0.00")
    assert office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(409)["code"] == "no-credit"

    done = office.staff.post(f"{office.base}/payments/{advance['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert done["status"] == "reversed"
    assert _shown(office.owed(), "amountDue", "credit") == ("275.00", "0.00")


def test_the_statement_tells_the_year(waterworks: Counter) -> None:
    waterworks.on("2025-11-25")
    waterworks.pay().expect(201)
    statement = waterworks.staff.get(f"{waterworks.path('A1')}/statement").expect(200)
    assert [_shown(line, "kind", "change", "balance") for line in statement["lines"]] == [
        ("bill", "275.00", "275.00"),
        ("late_charge", "27.50", "302.50"),
        ("payment", "-302.50", "0.00"),
    ]
    assert _shown(statement, "opening", "closing") == ("0.00", "0.00")
    entries = waterworks.staff.get(f"{waterworks.path('A1')}/entries").expect(200)["items"]
    assert [entry["kind"] for entry in entries] == ["payment", "late_charge"]


def test_quick_pay_tells_each_result(waterworks: Counter) -> None:
    waterworks.on("2025-11-18")
    waterworks.connect("A2", consumer=waterworks.ana, initialReading="0")
    one = {"method": "cash", "bills": [{"billId": waterworks.first["id"]}]}
    unknown = {"method": "cash", "bills": [{"billId": "2025-11.A2.1"}]}
    body = {"payments": [one, one, unknown]}
    done = waterworks.staff.post(f"{waterworks.base}/payments/batch", body, key="many").expect(200)
    assert _shown(done, "taken", "refused") == (1, 2)
    assert [each["refusal"] and each["refusal"]["code"] for each in done["results"]] == [
        None,
        "nothing-due",
        "not-found",
    ]


def test_the_log_of_a_payment_is_found_by_its_id(waterworks: Counter) -> None:
    waterworks.on("2025-11-18")
    paid = waterworks.pay().expect(201)
    why = {"reason": "typing_error"}
    waterworks.staff.post(f"{waterworks.base}/payments/{paid['id']}/reversal", why).expect(200)
    query = {"subjectKind": "payment", "subjectId": paid["id"], "projectId": waterworks.utility.project}
    log = waterworks.staff.get(f"/api/clients/{waterworks.utility.client}/audit-log", **query).expect(200)["items"]
    assert {each["action"] for each in log} == {"payment.recorded", "payment.reversed"}

"""A wrong bill is voided and issued again, over HTTP and with a moved clock."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.corrected import Corrected
from tests.support.http import Api


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Corrected:
    return Corrected(app, api)


def test_a_misread_bill_is_voided_and_issued_again(office: Corrected) -> None:
    """B12: 1690 for 1590; October is 950.00, and what was paid is credit."""
    office.on("2025-10-10")
    office.pay(office.first["id"], "1950.00").expect(201)
    office.on("2025-10-12")
    assert office.staff.post(f"{office.base}/bills/2025-10.A1.9/void", {"reason": "No such"}).status == 404
    voided = office.void(office.first["id"], key="void").expect(200)
    assert office.void(office.first["id"], key="void").expect(200) == voided
    assert office.void(office.first["id"]).expect(409)["code"] == "bill-voided"
    assert (voided["status"], voided["amountDue"], voided["paid"], voided["credited"]) == (
        "voided", "0.00", "0.00", "1950.00",
    )  # fmt: skip
    assert (voided["voidedOn"], voided["voidReason"], voided["total"]) == ("2025-10-12", "Misread", "1950.00")
    assert office.owed() == ("0.00", "1950.00")
    assert office.pay(office.first["id"], "10.00").expect(409)["code"] == "bill-voided"

    office.put_right(office.reading["id"], "1590")
    [old, again] = office.run("2025-10")
    assert (old["id"], again["id"], again["replaces"], again["revision"]) == (
        "2025-10.A1.1", "2025-10.A1.1r2", "2025-10.A1.1", 2,
    )  # fmt: skip
    assert (again["total"], again["status"], again["previousReading"], again["currentReading"]) == (
        "950.00", "open", "1500", "1590",
    )  # fmt: skip
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    assert office.owed() == ("0.00", "1000.00")
    office.read("A1", "2025-11-05", "1600")
    [november] = office.run("2025-11")
    assert november["total"] == "150.00"
    assert [bill["status"] for bill in office.bills_of("A1")] == ["voided", "paid", "open"]


def test_a_voided_bill_is_in_lists_and_counts_nowhere(office: Corrected) -> None:
    office.on("2025-10-12")
    office.void(office.first["id"]).expect(200)
    listed = office.staff.get(f"{office.base}/bills", period="2025-10", status="voided").expect(200)["items"]
    assert [bill["id"] for bill in listed] == [office.first["id"]]
    unbilled = office.staff.get(f"{office.base}/readings/unbilled", period="2025-10").expect(200)["items"]
    assert [each["readingId"] for each in unbilled] == [office.reading["id"]]
    assert not office.staff.get(f"{office.base}/readings/{office.reading['id']}").expect(200).get("billed")
    statement = office.staff.get(f"{office.path('A1')}/statement").expect(200)
    assert [(line["kind"], line["balance"]) for line in statement["lines"]] == [
        ("bill", "1950.00"),
        ("voided", "0.00"),
    ]
    again = office.staff.post(f"{office.base}/bills", {"readingId": office.reading["id"]}).expect(201)
    assert (again["id"], again["total"]) == ("2025-10.A1.1r2", "1950.00")
    assert office.staff.post(f"{office.base}/bills", {"readingId": office.reading["id"]}).status == 409
    assert office.void(again["id"]).expect(200)["status"] == "voided"
    third = office.staff.post(f"{office.base}/bills", {"readingId": office.reading["id"]}).expect(201)
    assert third["id"] == "2025-10.A1.1r3"
    mine = office.staff.get(f"{office.path('A1')}/bills", limit=1).expect(200)
    assert mine["items"][0]["id"] == third["id"]


def test_late_charges_of_a_voided_bill_are_taken_back(app: Chalice, api: Api) -> None:
    office = Corrected(app, api, late={"kind": "percent", "percent": "10"})
    office.on("2025-10-25")
    office.pay(office.first["id"], "500.00").expect(201)
    assert office.owed() == ("1645.00", "0.00")
    voided = office.void(office.first["id"]).expect(200)
    assert (voided["lateCharge"], voided["paid"], voided["daysOverdue"]) == ("0.00", "0.00", 0)
    assert office.owed() == ("0.00", "500.00")
    statement = office.staff.get(f"{office.path('A1')}/statement").expect(200)
    assert statement["closing"] == "-500.00"


def test_a_payment_of_a_voided_bill_can_be_reversed(office: Corrected) -> None:
    """The credit that its money became is taken back, also from the bill that it was used for."""
    office.on("2025-10-10")
    paid = office.pay(office.first["id"], "1950.00").expect(201)
    office.void(office.first["id"]).expect(200)
    office.put_right(office.reading["id"], "1590")
    again = office.staff.post(f"{office.base}/bills", {"readingId": office.reading["id"]}).expect(201)
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    assert office.owed() == ("0.00", "1000.00")
    office.staff.post(f"{office.base}/payments/{paid['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert office.owed() == ("950.00", "0.00")
    assert office.bill(again["id"])["status"] == "open"


def test_what_was_paid_on_a_voided_bill_goes_to_the_one_in_its_place_first(office: Corrected) -> None:
    """October, 1950.00, stays open; November was paid, voided and is issued again with less: the rest pays October."""
    reading = office.read("A1", "2025-11-05", "1700")
    [november] = office.run("2025-11")
    office.pay(november["id"], "150.00").expect(201)
    office.void(november["id"]).expect(200)
    office.put_right(reading["id"], "1698")
    again = office.staff.post(f"{office.base}/bills", {"readingId": reading["id"]}).expect(201)
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    assert (again["total"], office.bill(again["id"])["status"]) == ("130.00", "paid")
    assert office.bill(office.first["id"])["amountDue"] == "1930.00"
    body = {"accountNumber": "A1", "amount": "100.00", "method": "cash"}
    office.staff.post(f"{office.base}/advances", body).expect(201)
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    assert office.bill(office.first["id"])["amountDue"] == "1830.00"
    assert office.broken() == []


def test_a_bill_in_the_place_of_an_unpaid_one_waits_for_older_ones(office: Corrected) -> None:
    reading = office.read("A1", "2025-11-05", "1700")
    [november] = office.run("2025-11")
    office.void(november["id"]).expect(200)
    again = office.staff.post(f"{office.base}/bills", {"readingId": reading["id"]}).expect(201)
    body = {"accountNumber": "A1", "amount": "150.00", "method": "cash"}
    office.staff.post(f"{office.base}/advances", body).expect(201)
    office.staff.post(f"{office.path('A1')}/credit-uses", {}).expect(200)
    assert office.bill(again["id"])["status"] == "open"
    assert office.bill(office.first["id"])["amountDue"] == "1800.00"


def test_only_who_may_adjust_voids(office: Corrected) -> None:
    office.on("2025-10-10")
    path = f"{office.base}/bills/{office.first['id']}/void"
    office.utility.as_staff("viewer").post(path, {"reason": "Misread"}).expect(403)
    office.utility.as_staff("manager").post(path, {"reason": "Misread"}).expect(200)

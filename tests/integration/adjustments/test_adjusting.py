"""Waivers, credit notes, write-offs, due days, refunds and charges over HTTP, with a moved clock."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.office import FLAT, Office
from tests.support.utilities import PASSWORD

LATE = {"kind": "percent", "percent": "10", "cap": "500.00"}
PAYMENTS: dict[str, Any] = {
    "methods": [{"name": "cash"}, {"name": "check", "needs": ["checkNumber"]}],
    "partPayments": True,
    "overpayment": "refuse",
    "receipts": {"form": "series", "prefix": "OR"},
    "returnedCheckFee": "25.00",
    "approvalAbove": "1000.00",
}
WHY = {"reason": "Financial hardship"}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Desk(Office):
    """An office with a connection whose bill of 10 m3, 275.00, is due on 20 November 2025; lateness costs 10 %."""

    def __init__(self, app: Chalice, api: Api, *, rate: str = "22.50", used: str = "10", **payments: Any) -> None:  # noqa: ANN401
        charges = [{"kind": "usage", "code": "use", "label": "Use", "rate": rate}, FLAT[1]]
        super().__init__(app, api, charges, today="2025-10-01")
        project = self.staff.get(self.base).expect(200)
        changes = {"lateCharge": LATE, "payments": PAYMENTS | payments, "due": {"day": 20, "month": "period"}}
        self.staff.patch(f"{self.base}/settings", {"version": project["version"], "settings": changes}).expect(200)
        self.ana = self.consumer("Ana")
        self.connect("A1", consumer=self.ana, initialReading="0")
        self.read("A1", "2025-11-05", used)
        [self.first] = self.run("2025-11")
        assert self.first["dueOn"] == "2025-11-20"
        body = {"login": "boss", "name": "Boss", "password": PASSWORD, "role": "manager"}
        self.staff.post(f"/api/clients/{self.utility.client}/users", body).expect(201)

    @property
    def at(self) -> str:
        return f"{self.base}/bills/{self.first['id']}"

    @property
    def manager(self) -> Api:
        return self.utility.as_staff("boss")

    def bill_now(self) -> dict[str, Any]:
        return self.bill(self.first["id"])

    def adjust(self, what: str, body: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401
        return self.staff.post(f"{self.at}/{what}", body, **more)

    def credit(self, amount: str, **more: Any) -> Any:  # noqa: ANN401
        body = {"amount": amount, "reasonCode": "goodwill", "reason": "Dirty water"}
        return self.adjust("credit-notes", body | more)

    def pay(self, **more: Any) -> Any:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": self.first["id"]}]}
        return self.staff.post(f"{self.base}/payments", body | more)

    def owed(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        [found] = self.staff.get(f"{self.base}/inquiry", accountNumber="A1", **more).expect(200)["items"]
        return dict(found)

    def decide(self, adjustment: dict[str, Any], act: str, *, by: Api | None = None, **more: Any) -> Any:  # noqa: ANN401
        body = None if act == "approval" else WHY
        return (by or self.staff).post(f"{self.base}/adjustments/{adjustment['id']}/{act}", body, **more)

    def entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.staff.get(f"{self.at}/entries").expect(200)["items"]
        return found


def shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


@pytest.fixture
def desk(app: Chalice, api: Api) -> Desk:
    return Desk(app, api)


@pytest.mark.covers("S3-056", "S3-057", "S3-058")
def test_an_administrator_waives_a_late_charge_with_a_reason_that_the_bill_keeps(desk: Desk) -> None:
    desk.on("2025-11-25")
    desk.manager.post(f"{desk.at}/waivers", WHY).expect(403)
    for reason in ({}, {"reason": ""}, {"reason": "   "}):
        desk.adjust("waivers", reason).expect(400)
    assert desk.bill_now()["lateCharge"] == "0.00", "a refusal posts nothing"

    done = desk.adjust("waivers", WHY, key="waive").expect(201)
    assert shown(done, "kind", "state", "amount", "reason") == ("waiver", "posted", "27.50", "Financial hardship")
    assert desk.adjust("waivers", WHY, key="waive").expect(201) == done
    assert shown(desk.bill_now(), "lateCharge", "waived", "amountDue") == ("27.50", "27.50", "275.00")
    facts = ("waivedBy", "waivedByName", "waivedReason", "waivedAt")
    assert shown(desk.bill_now(), *facts) == (
        done["askedBy"], done["askedByName"], "Financial hardship", done["askedAt"],
    )  # fmt: skip
    waiver, late = desk.entries()
    assert shown(waiver, "kind", "reason", "bookedOn", "origin") == (
        "waiver", "Financial hardship", "2025-11-25", done["id"],
    )  # fmt: skip
    assert (waiver["bills"][0]["waived"], waiver["recordedByName"]) == ("27.50", done["askedByName"])
    assert shown(late, "kind", "reason") == ("late_charge", None)
    assert late["bills"][0]["lateCharge"] == "27.50"
    assert desk.adjust("waivers", WHY).expect(409)["code"] == "nothing-due"
    assert desk.owed()["amountDue"] == "275.00"


@pytest.mark.covers("S3-056")
def test_field_staff_waive_nothing_and_superusers_do(desk: Desk) -> None:
    desk.on("2025-11-25")
    desk.utility.as_staff("field_staff").post(f"{desk.at}/waivers", WHY).expect(403)
    desk.utility.as_staff("superuser").post(f"{desk.at}/waivers", WHY).expect(201)


def test_a_late_charge_is_waived_in_part_and_the_waiver_taken_back(desk: Desk) -> None:
    desk.on("2025-11-25")
    assert desk.adjust("waivers", WHY | {"amount": "27.51"}).expect(400)["code"] == "above-due"
    assert desk.adjust("waivers", WHY | {"amount": "0.00"}).expect(400)["code"] == "bad-amount"
    done = desk.adjust("waivers", WHY | {"amount": "7.50"}).expect(201)
    assert desk.owed()["amountDue"] == "295.00"
    back = desk.decide(done, "reversal", key="back").expect(200)
    assert shown(back, "state", "reversalReason") == ("reversed", "Financial hardship")
    assert desk.decide(done, "reversal", key="back").expect(200) == back
    assert desk.decide(done, "reversal").expect(409)["code"] == "already-reversed"
    assert shown(desk.bill_now(), "lateCharge", "waived", "amountDue", "waivedBy") == ("27.50", "0.00", "302.50", None)


def test_a_credit_note_lowers_its_bill_and_what_exceeds_it_is_credit(desk: Desk) -> None:
    desk.on("2025-11-10")
    desk.credit("75.00").expect(201)
    assert shown(desk.bill_now(), "total", "credited", "amountDue", "status") == ("275.00", "75.00", "200.00", "open")
    desk.pay(amount="150.00").expect(201)
    done = desk.credit("80.00").expect(201)
    assert shown(desk.bill_now(), "credited", "amountDue", "status") == ("125.00", "0.00", "paid")
    assert desk.owed()["credit"] == "30.00"
    assert desk.credit("120.01").expect(400)["code"] == "above-bill"
    desk.credit("120.00").expect(201)
    assert desk.owed()["credit"] == "150.00"

    desk.decide(done, "reversal").expect(200)
    assert shown(desk.bill_now(), "credited", "amountDue") == ("75.00", "50.00")
    assert desk.owed()["credit"] == "120.00"
    said = {(entry["kind"], entry["reason"]) for entry in desk.entries()}
    assert {("credit_note", "goodwill: Dirty water"), ("reversal", "Financial hardship")} <= said


def test_taking_back_a_credit_note_whose_credit_was_used_opens_the_bill_that_used_it(desk: Desk) -> None:
    desk.on("2025-11-10")
    desk.pay().expect(201)
    done = desk.credit("100.00").expect(201)
    desk.read("A1", "2025-12-05", "12")
    [second] = desk.run("2025-12")
    desk.staff.post(f"{desk.path('A1')}/credit-uses", {}).expect(200)
    assert shown(desk.bill(second["id"]), "total", "amountDue") == ("95.00", "0.00")
    desk.decide(done, "reversal").expect(200)
    assert desk.bill(second["id"])["amountDue"] == "95.00"
    assert shown(desk.owed(), "credit", "amountDue") == ("0.00", "95.00")


def test_a_leak_is_allowed_half_of_what_exceeds_the_usual_use(app: Chalice, api: Api) -> None:
    """B18: usual 6, 125 m3 billed 1300.00: 60 m3 less, 700.00."""
    desk = Desk(app, api, rate="10", used="125").on("2025-11-10")
    assert desk.bill_now()["total"] == "1300.00"
    preview = desk.staff.get(f"{desk.at}/leak-allowance", usualUse="6").expect(200)
    assert shown(preview, "use", "units", "amount", "totalAfter") == ("125", "60", "600.00", "700.00")
    assert desk.bill_now()["credited"] == "0.00"
    body = {"usualUse": "6", "reason": "Burst pipe"}
    done = desk.adjust("leak-allowances", body, key="leak").expect(201)
    assert desk.adjust("leak-allowances", body, key="leak").expect(201) == done
    assert shown(done, "kind", "reasonCode", "amount", "leak") == (
        "credit_note", "leak", "600.00", {"use": "125", "usualUse": "6", "units": "60"},
    )  # fmt: skip
    assert shown(desk.bill_now(), "total", "credited", "amountDue") == ("1300.00", "600.00", "700.00")
    assert desk.adjust("leak-allowances", body | {"usualUse": "125"}).expect(400)["code"] == "bad-usual-use"


def test_a_large_credit_waits_for_a_second_person(app: Chalice, api: Api) -> None:
    desk = Desk(app, api, rate="100", used="25", approvalAbove="1000.00").on("2025-11-10")
    assert desk.credit("1000.00").expect(201)["state"] == "posted"
    asked = desk.credit("1000.01").expect(201)
    assert shown(asked, "state", "decidedBy") == ("pending", None)
    assert desk.bill_now()["credited"] == "1000.00"
    [waiting] = desk.staff.get(f"{desk.base}/adjustments").expect(200)["items"]
    assert waiting == asked
    assert desk.decide(asked, "approval").expect(409)["code"] == "yourself"
    assert desk.decide(asked, "reversal").expect(409)["code"] == "not-posted"
    desk.decide(asked, "approval", by=desk.utility.as_staff("field_staff")).expect(403)

    desk.on("2025-11-12")
    done = desk.decide(asked, "approval", by=desk.manager, key="yes").expect(200)
    assert shown(done, "state", "amount", "decidedByName") == ("posted", "1000.01", "Boss")
    assert desk.decide(asked, "approval", by=desk.manager, key="yes").expect(200) == done
    assert desk.bill_now()["credited"] == "2000.01"
    assert desk.decide(asked, "approval", by=desk.manager).expect(409)["code"] == "already-decided"
    assert desk.decide(asked, "rejection", by=desk.manager).expect(409)["code"] == "already-decided"


def test_a_rejected_credit_changes_nothing(app: Chalice, api: Api) -> None:
    desk = Desk(app, api, rate="100", used="25").on("2025-11-10")
    asked = desk.credit("2000.00").expect(201)
    done = desk.decide(asked, "rejection", by=desk.manager, key="no").expect(200)
    assert shown(done, "state", "decisionReason") == ("rejected", "Financial hardship")
    assert desk.decide(asked, "rejection", by=desk.manager, key="no").expect(200) == done
    assert desk.bill_now()["credited"] == "0.00"
    assert desk.entries() == []


def test_the_rest_of_a_bill_is_written_off_and_taken_back(desk: Desk) -> None:
    desk.on("2025-11-10")
    desk.pay(amount="75.00").expect(201)
    desk.on("2025-11-25")
    desk.utility.as_staff("field_staff").post(f"{desk.at}/write-offs", WHY).expect(403)
    done = desk.adjust("write-offs", WHY, key="off").expect(201)
    assert desk.adjust("write-offs", WHY, key="off").expect(201) == done
    assert shown(done, "kind", "amount") == ("write_off", "220.00")
    assert shown(desk.bill_now(), "status", "credited", "waived", "lateCharge", "amountDue") == (
        "paid", "200.00", "20.00", "20.00", "0.00",
    )  # fmt: skip
    assert desk.pay().expect(409)["code"] == "nothing-due"
    assert desk.adjust("write-offs", WHY).expect(409)["code"] == "nothing-due"
    desk.decide(done, "reversal").expect(200)
    assert shown(desk.bill_now(), "status", "credited", "waived", "amountDue") == ("overdue", "0.00", "0.00", "220.00")


def test_a_later_due_day_shows_the_old_one_and_stops_late_charges_until_then(desk: Desk) -> None:
    desk.on("2025-11-18")
    for day in ("2025-11-20", "2025-11-18"):
        assert desk.adjust("due-day", WHY | {"dueOn": day}).expect(400)["code"] == "due-too-early"
    done = desk.adjust("due-day", WHY | {"dueOn": "2025-12-10"}, key="later").expect(201)
    assert desk.adjust("due-day", WHY | {"dueOn": "2025-12-10"}, key="later").expect(201) == done
    assert shown(done, "kind", "dueOn", "formerDueOn", "amount") == ("due_day", "2025-12-10", "2025-11-20", None)
    assert shown(desk.bill_now(), "dueOn", "originalDueOn") == ("2025-12-10", "2025-11-20")
    assert shown(desk.entries()[0], "kind", "dueOn", "reason") == ("due_day", "2025-12-10", "Financial hardship")
    desk.on("2025-12-10")
    assert shown(desk.bill_now(), "status", "daysOverdue") == ("open", 0)
    assert desk.owed()["amountDue"] == "275.00"
    desk.on("2025-12-11")
    assert shown(desk.bill_now(), "status", "daysOverdue") == ("overdue", 1)
    assert desk.owed()["amountDue"] == "302.50"
    desk.decide(done, "reversal").expect(200)
    assert shown(desk.bill_now(), "dueOn", "daysOverdue") == ("2025-11-20", 21)


def test_late_charges_that_are_posted_stand_when_the_due_day_is_extended(desk: Desk) -> None:
    desk.on("2025-11-25")
    desk.pay(amount="100.00").expect(201)
    desk.adjust("due-day", WHY | {"dueOn": "2025-12-20"}).expect(201)
    assert shown(desk.bill_now(), "lateCharge", "amountDue", "status") == ("27.50", "202.50", "partial")
    desk.on("2025-11-28")
    desk.pay(amount="100.00").expect(201)
    assert shown(desk.bill_now(), "lateCharge", "amountDue") == ("27.50", "102.50"), "not taken back as if dated back"
    desk.on("2025-12-30")
    assert desk.owed()["amountDue"] == "102.50", "charged once only"


def test_credit_is_paid_back(desk: Desk) -> None:
    desk.on("2025-11-10")
    body = {"accountNumber": "A1", "amount": "100.00", "method": "cash"}
    desk.staff.post(f"{desk.base}/advances", body).expect(201)
    path = f"{desk.path('A1')}/refunds"
    refund = {"amount": "60.00", "method": "cash", "reason": "Moving out"}
    assert desk.staff.post(path, refund | {"amount": "100.01"}).expect(400)["code"] == "above-credit"
    done = desk.staff.post(path, refund, key="refund").expect(201)
    assert desk.staff.post(path, refund, key="refund").expect(201) == done
    assert desk.owed()["credit"] == "40.00"
    assert desk.staff.post(path, refund).expect(400)["code"] == "above-credit"
    statement = desk.staff.get(f"{desk.path('A1')}/statement").expect(200)
    assert ("refund", "60.00") in [shown(line, "kind", "change") for line in statement["lines"]]
    desk.decide(done, "reversal").expect(200)
    assert desk.owed()["credit"] == "100.00"


def test_a_fee_is_a_bill_of_its_own_payable_and_late_like_any_other(desk: Desk) -> None:
    desk.on("2025-11-10")
    path = f"{desk.path('A1')}/charges"
    body = {"code": "reconnection", "label": "Reconnection fee", "amount": "150.00", "reason": "Reconnected"}
    assert desk.staff.post(path, body | {"amount": "0.00"}).expect(400)["code"] == "bad-amount"
    assert desk.staff.post(path, body | {"dueOn": "2025-11-10"}).expect(400)["code"] == "due-too-early"
    fee = desk.staff.post(path, body, key="fee").expect(201)
    assert desk.staff.post(path, body, key="fee").expect(201) == fee
    assert shown(fee, "kind", "total", "dueOn", "usage", "readingId", "reason") == (
        "charge", "150.00", "2025-11-20", "0", None, "Reconnected",
    )  # fmt: skip
    assert [shown(line, "code", "label", "amount") for line in fee["lines"]] == [
        ("reconnection", "Reconnection fee", "150.00")
    ]
    second = desk.staff.post(path, body).expect(201)
    assert second["id"] != fee["id"]
    assert {bill["kind"] for bill in desk.bills_of("A1")} == {"regular", "charge"}
    assert desk.owed()["amountDue"] == "575.00"
    desk.on("2025-11-25")
    paid = desk.staff.post(f"{desk.base}/payments", {"method": "cash", "bills": [{"billId": fee["id"]}]}).expect(201)
    assert paid["amount"] == "165.00"


def test_charges_are_no_use_and_stop_no_bill_of_the_month(app: Chalice, api: Api) -> None:
    desk = Desk(app, api)
    desk.on("2025-12-01")
    body = {"code": "fee", "label": "Fee", "amount": "5000.00", "reason": "Pipe broken"}
    desk.staff.post(f"{desk.path('A1')}/charges", body).expect(201)
    desk.read("A1", "2025-12-05", "20")
    bills = {bill["kind"]: bill for bill in desk.run("2025-12")}
    assert desk.exceptions() == []
    assert (bills["regular"]["total"], bills["charge"]["total"]) == ("275.00", "5000.00")
    again = desk.run("2025-12")
    assert len(again) == 2
    desk.connect("S1", meter=None, consumer=desk.ana)
    desk.on("2025-12-31")
    desk.staff.post(f"{desk.path('S1')}/charges", body).expect(201)
    [flat] = [bill for bill in desk.run("2025-12") if bill["accountNumber"] == "S1" and bill["kind"] == "regular"]
    assert flat["total"] == "50.00"


def test_a_returned_check_costs_the_fee_as_a_document_of_its_own(desk: Desk) -> None:
    """B22: reversed with its reason, the bill open again, a fee of 25.00."""
    desk.on("2025-11-18")
    paid = desk.pay(method="check", checkNumber="1234").expect(201)
    path = f"{desk.base}/payments/{paid['id']}/reversal"
    done = desk.staff.post(path, {"reason": "returned_check"}, key="back").expect(200)
    assert desk.staff.post(path, {"reason": "returned_check"}, key="back").expect(200) == done
    fee = desk.bill(done["feeBillId"])
    assert shown(fee, "kind", "total", "consumerId") == ("charge", "25.00", desk.ana)
    assert [line["label"] for line in fee["lines"]] == ["Returned check fee"]
    assert shown(desk.bill_now(), "status", "amountDue") == ("open", "275.00")
    assert desk.owed()["amountDue"] == "300.00"
    other = desk.pay().expect(201)
    back = desk.staff.post(f"{desk.base}/payments/{other['id']}/reversal", {"reason": "typing_error"}).expect(200)
    assert back["feeBillId"] is None


def test_adjustments_are_listed_by_connection_and_bill_and_consumers_see_their_own(desk: Desk) -> None:
    desk.on("2025-11-10")
    ben = desk.consumer("Ben")
    desk.connect("B1", consumer=ben, initialReading="0")
    credit = desk.credit("10.00").expect(201)
    desk.on("2025-11-11")  # ids of one instant have no order
    due = desk.adjust("due-day", WHY | {"dueOn": "2025-12-10"}).expect(201)
    of_bill = desk.staff.get(f"{desk.base}/adjustments", billId=desk.first["id"]).expect(200)["items"]
    assert [each["id"] for each in of_bill] == [due["id"], credit["id"]]
    assert desk.staff.get(f"{desk.base}/adjustments", accountNumber="B1").expect(200)["items"] == []
    assert desk.staff.get(f"{desk.base}/adjustments", state="posted").expect(200)["items"] == of_bill
    assert desk.staff.get(f"{desk.base}/adjustments/{credit['id']}").expect(200) == credit
    desk.staff.get(f"{desk.base}/adjustments/nothing").expect(404)

    for login, consumer in (("ana", desk.ana), ("ben", ben)):
        body = {"login": login, "password": PASSWORD}
        desk.staff.post(f"{desk.utility.consumers}/{consumer}/login", body).expect(201)
    ana, other = desk.utility.as_staff("ana"), desk.utility.as_staff("ben")
    assert ana.get(f"{desk.path('A1')}/adjustments").expect(200)["items"] == of_bill
    assert ana.get(f"{desk.at}/entries").expect(200)["items"]
    other.get(f"{desk.path('A1')}/adjustments").expect(404)
    other.get(f"{desk.base}/adjustments", accountNumber="A1").expect(403)
    other.get(f"{desk.base}/adjustments/{credit['id']}").expect(404)
    other.get(f"{desk.at}/entries").expect(404)
    ana.post(f"{desk.at}/credit-notes", {"amount": "1.00", "reasonCode": "other", "reason": "Me"}).expect(403)


def test_money_stays_with_the_holder_whose_it_was_when_a_connection_is_handed_over(desk: Desk) -> None:
    desk.on("2025-11-10")
    paid = desk.pay(method="check", checkNumber="9").expect(201)
    desk.credit("100.00").expect(201)
    ben = desk.consumer("Ben")
    desk.hand_over("A1", "2025-11-15", ben, finalReading="12")
    desk.on("2025-11-18")
    path = f"{desk.path('A1')}/refunds"
    refund = {"amount": "100.00", "method": "cash", "reason": "Moved out"}
    assert desk.staff.post(path, refund).expect(400)["code"] == "above-credit"
    assert desk.staff.post(path, refund | {"consumerId": desk.ana}).expect(201)["consumerId"] == desk.ana
    fee = {"code": "fee", "label": "Fee", "amount": "10.00", "reason": "New seal"}
    assert desk.staff.post(f"{desk.path('A1')}/charges", fee).expect(201)["consumerId"] == ben
    other = desk.consumer("Cora")
    desk.connect("C1", consumer=other, initialReading="0")
    done = desk.staff.post(f"{desk.base}/payments/{paid['id']}/reversal", {"reason": "returned_check"}).expect(200)
    assert desk.bill(done["feeBillId"])["consumerId"] == desk.ana


def test_a_bill_without_a_reading_has_no_leak(desk: Desk) -> None:
    desk.on("2025-11-10")
    fee = {"code": "fee", "label": "Fee", "amount": "10.00", "reason": "New seal"}
    bill = desk.staff.post(f"{desk.path('A1')}/charges", fee).expect(201)
    refused = desk.staff.get(f"{desk.base}/bills/{bill['id']}/leak-allowance", usualUse="0")
    assert refused.expect(400)["code"] == "bad-usual-use"
    body = {"usualUse": "0", "reason": "Leak"}
    desk.staff.post(f"{desk.base}/bills/{bill['id']}/leak-allowances", body).expect(400)


def test_other_tenants_find_nothing_to_adjust(desk: Desk, app: Chalice, api: Api) -> None:
    desk.on("2025-11-25")
    asked = desk.credit("10.00").expect(201)
    other = Desk(app, api).on("2025-11-25")
    other.connect("Z1", consumer=other.ana, initialReading="0")
    assert other.staff.get(f"{other.base}/adjustments/{asked['id']}").status == 404
    other.decide(asked, "reversal").expect(404)
    other.decide(asked, "approval").expect(404)
    other.staff.post(f"{desk.at}/waivers", WHY).expect(404)
    assert desk.bill_now()["credited"] == "10.00"


def test_a_charge_is_not_what_a_month_usually_costs(app: Chalice, api: Api) -> None:
    desk = Desk(app, api).on("2025-11-20")
    body = {"code": "fee", "label": "Fee", "amount": "5000.00", "reason": "Pipe broken"}
    desk.staff.post(f"{desk.path('A1')}/charges", body).expect(201)
    held = desk.read("A1", "2025-12-05", "140")
    desk.staff.post(f"{desk.base}/readings/{held['id']}/confirmation").expect(200)
    assert desk.run("2025-12") == []
    assert [each["code"] for each in desk.exceptions()] == ["implausible-amount"]

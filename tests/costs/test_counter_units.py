"""What taking money costs over HTTP, counted and locked: a change of cost must change the lock, with its reason."""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.imports import service as imports
from chalicelib.platform import clock, settings, storage
from tests.support.http import Api
from tests.support.meter import Meter, metered
from tests.support.money_office import MoneyOffice, open_money_office
from tests.support.office import FLAT, Office

LOCK = Path(__file__).with_name("counter_units.lock.json")
FORMS = ("series", "dated", "monthly", "given")
MANY = 30
NOVEMBER, DECEMBER = "2025-11.A2.1", "2025-12.A2.1"  # late, and not due yet


class Desk:
    """The counter of an office whose day is in December, and what each step at it cost."""

    def __init__(self, office: MoneyOffice) -> None:
        self.office, self.steps = office, dict[str, Meter]()
        clock.use_time(lambda: office.now)
        self.base, self.staff = office.utility.base, office.utility.as_staff()
        self.set_up(lateCharge={"kind": "percent", "percent": "10"})

    def set_up(self, **settings: Any) -> None:  # noqa: ANN401
        version = self.staff.get(self.base).expect(200)["version"]
        self.staff.patch(f"{self.base}/settings", {"version": version, "settings": settings}).expect(200)

    def step(self, name: str, method: str, path: str, status: int = 201, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        with metered() as self.steps[name]:
            reply = getattr(self.staff, method)(f"{self.base}/{path}", *request.pop("body", []), **request)
        shown: dict[str, Any] = reply.expect(status)
        return shown

    def pay(self, name: str, *bills: str, **more: Any) -> str:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": bill} for bill in bills]} | more
        return str(self.step(name, "post", "payments", body=[body])["id"])

    def reverse(self, name: str, payment_id: str) -> None:
        self.step(name, "post", f"payments/{payment_id}/reversal", 200, body=[{"reason": "typing_error"}])


@pytest.fixture(scope="module")
def counted(app: Chalice, api: Api) -> Iterator[dict[str, Meter]]:
    """Each step at the counter, and what it cost."""
    desk = Desk(open_money_office(app, api))
    _pay_by_all_forms(desk)
    _pay_many_bills(desk)
    _use_credit(desk)
    _close_a_month(desk)
    _import_transfers(desk)
    _take_over_dues(desk)
    _settle(desk)
    steps = desk.steps | _look_at_a_year(app, api)
    yield steps
    clock.use_time(None)


def _pay_by_all_forms(desk: Desk) -> None:
    for form in FORMS:
        desk.set_up(payments={"receipts": {"form": form, "prefix": "R"}})
        given = {"receiptNumber": f"{form}-{{}}"} if form == "given" else {}
        for name, bill in (("in time", DECEMBER), ("with a late charge", NOVEMBER)):
            number = {key: value.format(name[:2]) for key, value in given.items()}
            paid = desk.pay(f"pay a bill {name}, receipt {form}", bill, **number)
            desk.reverse(f"reverse a payment of a bill {name}, receipt {form}", paid)
        # A late charge that is posted stays: the next form begins with the bill as it was.
        desk.office.start_again()
        desk.staff = desk.office.utility.as_staff()
        desk.set_up(lateCharge={"kind": "percent", "percent": "10"})
    desk.set_up(payments={"partPayments": True})
    paid = desk.pay("pay a bill and waive its late charge", NOVEMBER, waiveLateCharges="Hardship")
    desk.reverse("reverse a payment with a waiver", paid)
    desk.pay("pay a part of a bill that has a part of a late charge", NOVEMBER, amount="5.00")
    desk.pay("pay for a day before a late charge", NOVEMBER, amount="60.00", paidOn="2025-11-20")


def _pay_many_bills(desk: Desk) -> None:
    made = [desk.office.add_bill(DECEMBER, number, 100_00) for number in range(50, 50 + 2 * MANY + 3)]
    desk.pay("pay a bill of 100.00", made[0])
    desk.pay("pay 2 bills", *made[1:3])
    desk.reverse(f"reverse a payment of {MANY} bills", desk.pay(f"pay {MANY} bills", *made[3 : 3 + MANY]))
    clock.use_time(lambda: desk.office.on("2025-12-30").now)
    desk.staff = desk.office.utility.as_staff()
    desk.pay(f"pay {MANY} bills with late charges", *made[3 : 3 + MANY])
    desk.pay("pay bills of two connections", DECEMBER, "2025-11.A1.2")


def _use_credit(desk: Desk) -> None:
    advance = {"accountNumber": "A1", "amount": "100.00", "method": "cash"}
    paid = desk.step("pay in advance", "post", "advances", body=[advance])
    desk.step("use credit for a bill", "post", "connections/A1/credit-uses", 200, body=[{}])
    desk.reverse("reverse an advance that was used", paid["id"])
    desk.step("inquire by account", "get", "inquiry", 200, accountNumber="A1")
    desk.step("inquire by name", "get", "inquiry", 200, q="Ben")


def _close_a_month(desk: Desk) -> None:
    desk.step("close a month", "post", "closed-months", 200, body=[{"month": "2025-10"}])
    desk.step("close a month again", "post", "closed-months", 200, body=[{"month": "2025-10"}])


def _import_transfers(desk: Desk) -> None:
    """Import ten transfers of 1.00 for bills, and three that name nothing."""
    made = [desk.office.add_bill(DECEMBER, number, 1_00) for number in range(200, 210)]
    desk.set_up(payments={"methods": [{"name": "cash"}, {"name": "transfer"}], "receipts": {"form": "series"}})
    day = desk.office.day.isoformat()
    lines = [f"{bill},1.00,{day},T-{bill}" for bill in made] + [f",1.0{each},{day},N-{each}" for each in range(3)]
    file = "\n".join(["bill_number,amount,date,reference", *lines]).encode()
    announced = desk.step("announce a bank's file", "post", "bank/imports", body=[{"fileName": "t.csv"}])
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)
    context = desk.office.utility.context(now=desk.office.now)
    with metered() as desk.steps["import ten transfers and three that wait"]:
        imports.run_bank_import(context, import_id=announced["id"])
    desk.step("see a bank's file", "get", f"bank/imports/{announced['id']}", 200)
    desk.step("see a bank file's report", "get", f"bank/imports/{announced['id']}/report", 200)
    desk.step("list bank files", "get", "bank/imports", 200)
    waiting = desk.step("list three lines that wait", "get", "bank-lines", 200)["items"]
    one, another, third = (f"bank-lines/{line['id']}" for line in waiting)
    open_bill = desk.office.add_bill(DECEMBER, 211, 5_00)
    desk.set_up(payments={"partPayments": True})
    desk.step("assign a line to a bill", "post", f"{one}/assignment", 200, body=[{"billIds": [open_bill]}])
    desk.step("assign a line as an advance", "post", f"{another}/assignment", 200, body=[{"accountNumber": "A2"}])
    desk.step("dismiss a line", "post", f"{third}/dismissal", 200, body=[{"reason": "Rent"}])


def _take_over_dues(desk: Desk) -> None:
    """Let a bill take over one older one that is late."""
    desk.office.start_again()
    clock.use_time(lambda: desk.office.on("2026-01-05").now)
    desk.staff = desk.office.utility.as_staff()
    desk.set_up(lateCharge={"kind": "percent", "percent": "10"})
    desk.set_up(payments={"newBillsTake": "dues"})
    read = {"accountNumber": "A2", "reading": "40", "readOn": "2026-01-05"}
    taken = desk.staff.post(f"{desk.base}/readings", read).expect(201)["id"]
    billed = desk.step("bill a reading that takes over two late bills", "post", "bills", body=[{"readingId": taken}])
    assert billed["carriedOver"] != "0.00"


def _settle(desk: Desk) -> None:
    desk.office.start_again()
    clock.use_time(lambda: desk.office.on("2025-12-10").now)
    desk.staff = desk.office.utility.as_staff()
    body = {"accountNumber": "A1", "amount": "900.00", "method": "cash"}
    desk.step("take a deposit", "post", "deposits", body=[body])
    closing = {"reason": "He moved out", "finalReading": "22", "on": "2025-12-10"}
    desk.staff.post(f"{desk.base}/connections/A1/closure", closing).expect(200)
    desk.step("settle an account", "post", "connections/A1/settlement", 200, body=[{"refundBy": "cash"}])


def _look_at_a_year(app: Chalice, api: Api) -> dict[str, Meter]:
    """Twelve bills and payments, three of them late."""
    office = Office(app, api, FLAT, today="2025-01-01")
    version = office.staff.get(office.base).expect(200)["version"]
    settings = {"due": {"day": 20, "month": "period"}, "lateCharge": {"kind": "percent", "percent": "10"}}
    office.staff.patch(f"{office.base}/settings", {"version": version, "settings": settings}).expect(200)
    office.connect("A1", consumer=office.consumer("Ana"), initialReading="0")
    paid = ""
    for month in range(1, 13):
        office.read("A1", f"2025-{month:02}-05", str(10 * month))
        [bill] = office.run(f"2025-{month:02}")
        office.on(f"2025-{month:02}-{25 if month in {3, 6, 9} else 10}")
        body = {"method": "cash", "bills": [{"billId": bill["id"]}]}
        paid = office.staff.post(f"{office.base}/payments", body).expect(201)["id"]
    steps: dict[str, Meter] = {}
    for name, path in (
        ("see who I am", "/api/me"),
        ("see a year's statement", f"{office.path('A1')}/statement"),
        ("list a year's entries", f"{office.path('A1')}/entries"),
        ("list a year's payments", f"{office.path('A1')}/payments"),
        ("inquire after a year in which all was paid", f"{office.base}/inquiry?accountNumber=A1"),
        ("see a receipt", f"{office.base}/payments/{paid}/receipt"),
    ):
        with metered() as steps[name]:
            reply = office.staff.get(path)
        shown = reply.expect(200)
        assert name != "see a year's statement" or len(shown["lines"]) == 12 + 12 + 3
    return steps


def test_every_step_at_the_counter_costs_what_the_lock_says(counted: dict[str, Meter]) -> None:
    found = {name: meter.as_lock() for name, meter in counted.items()}
    if os.environ.get("METERBOOK_WRITE_LOCK"):
        LOCK.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(LOCK.read_text())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["in time", "with a late charge"])
def test_a_payment_of_one_bill_costs_16_write_units_8_read_units_and_5_requests_at_most(
    counted: dict[str, Meter], form: str, name: str
) -> None:
    paid = counted[f"pay a bill {name}, receipt {form}"]
    assert paid.write_units <= 16
    assert paid.read_units <= 8
    assert sum(paid.requests.values()) <= 5


def test_each_further_bill_of_an_account_costs_4_write_units_at_most(counted: dict[str, Meter]) -> None:
    in_time, late = "pay a bill in time, receipt series", "pay a bill with a late charge, receipt series"
    for one, bills, name in (
        (in_time, 2, "pay 2 bills"),
        (in_time, MANY, f"pay {MANY} bills"),
        (late, MANY, f"pay {MANY} bills with late charges"),
    ):
        assert (counted[name].write_units - counted[one].write_units) / Decimal(bills - 1) <= 4, name


def test_a_year_s_statement_costs_6_read_units_at_most(counted: dict[str, Meter]) -> None:
    assert counted["see a year's statement"].read_units <= 6

"""What attacks on readings, spans and closing acts found: no use is lost or billed twice, and what is odd is held."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.cycles.domain import DueDay
from chalicelib.platform import clock
from chalicelib.tenancy.domain import BillingGroup, DeliveredMeasure
from tests.support.http import Api
from tests.support.office import FLAT, Office, totals

_BY_DAYS: list[dict[str, Any]] = [
    FLAT[0],
    {"kind": "fixed", "code": "base", "label": "Base", "amount": "30", "prorated": True},
]
_A_DAY: list[dict[str, Any]] = [{"kind": "fixed", "code": "day", "label": "A day", "amount": "1", "times": "days"}]


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _send(office: Office, path: str, body: dict[str, Any], method: str = "POST") -> tuple[int, str | None]:
    reply = office.staff.send(method, f"{office.base}/{path}", body)
    return reply.status, reply.json.get("code")


def test_a_correction_may_not_move_a_reading_to_the_day_of_the_one_before(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-01")
    office.connect("A1", initialReading="100")
    office.read("A1", "2025-10-05", "110")
    office.run("2025-10")
    office.read("A1", "2025-10-28", "130")
    moved = {"reading": "130", "readOn": "2025-10-05"}
    assert _send(office, "readings/2025-10.A1:2", moved, "PUT") == (400, "not-after-last")
    assert sorted(totals(office.run("2025-10"))) == [("A1", "150.00"), ("A1", "200.00")]


def test_a_final_reading_that_differs_from_its_days_is_refused(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-01")
    ben = office.consumer("Ben")
    office.connect("A1", consumer=office.consumer("Ana"))
    office.read("A1", "2025-11-05", "120")
    body = {"consumerId": ben, "on": "2025-11-05", "reason": "Sold"}
    assert _send(office, "connections/A1/handovers", body | {"finalReading": "125"}) == (409, "already-read")
    done = office.hand_over("A1", "2025-11-05", ben, finalReading="120")
    assert (office.bill(done["finalBillId"])["kind"], done["finalReadingId"]) == ("final", None)


def test_the_leaving_holder_has_all_use_of_a_meter_exchanged_that_day(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    for account in ("A1", "A2"):
        office.connect(account, consumer=ana)
        office.read(account, "2025-11-05", "120")
        exchange = {"meterNumber": f"NEW-{account}", "finalReading": "125", "on": "2025-11-05", "reason": "Old"}
        office.staff.post(f"{office.path(account)}/meter-exchanges", exchange).expect(200)
    office.run("2025-11")
    final = office.bill(office.hand_over("A1", "2025-11-05", ben, finalReading="0")["finalBillId"])
    assert (final["consumerId"], final["usage"], final["total"]) == (ana, "5", "50.00")
    assert office.bill(office.close("A2", "2025-11-05", finalReading="0")["finalBillId"])["usage"] == "5"
    office.read("A1", "2025-12-05", "10")
    assert totals(office.run("2025-12")) == [("A1", "150.00")]


def test_by_the_calendar_no_day_of_a_service_is_lost(app: Chalice, api: Api) -> None:
    office = Office(app, api, _A_DAY, today="2025-10-20", service_days="calendar")
    office.connect("A1", consumer=office.consumer("Ana"), installedOn="2025-10-01")
    office.connect("A2", installedOn="2025-10-20")
    office.read("A1", "2025-11-30", "5")
    office.read("A2", "2025-11-30", "5")
    assert sorted(totals(office.run("2025-11"))) == [("A1", "61.00"), ("A2", "42.00")]
    ben = office.consumer("Ben")
    final = office.bill(office.hand_over("A1", "2025-12-11", ben, finalReading="6")["finalBillId"])
    assert (final["total"], final["firstDay"], final["lastDay"]) == ("10.00", "2025-12-01", "2025-12-10")
    office.read("A1", "2026-01-05", "7")
    (bens,) = [bill for bill in office.run("2026-01") if bill["accountNumber"] == "A1"]
    assert (bens["total"], bens["firstDay"], bens["lastDay"]) == ("52.00", "2025-12-11", "2026-01-31")


def test_by_the_calendar_a_second_reading_of_a_billed_month_has_no_days(app: Chalice, api: Api) -> None:
    office = Office(app, api, [*_A_DAY, FLAT[0]], today="2025-11-01", service_days="calendar")
    office.connect("A1", installedOn="2025-11-01")
    office.read("A1", "2025-11-05", "5")
    office.run("2025-11")
    office.read("A1", "2025-11-25", "8")
    assert sorted(totals(office.run("2025-11"))) == [("A1", "30.00"), ("A1", "80.00")]


def test_a_final_bill_where_readings_bill_the_month_before_covers_its_days(app: Chalice, api: Api) -> None:
    settings: dict[str, Any] = {"due": DueDay(10, "reading"), "period_rule": "previous_month"}
    office = Office(app, api, _A_DAY, today="2025-07-01", service_days="calendar", **settings)
    office.connect("A1", installedOn="2025-07-01")
    office.read("A1", "2025-08-01", "5")
    assert totals(office.run("2025-07")) == [("A1", "31.00")]
    final = office.bill(office.close("A1", "2025-08-20", finalReading="9")["finalBillId"])
    assert (final["total"], final["firstDay"], final["lastDay"]) == ("19.00", "2025-08-01", "2025-08-19")


def test_advances_are_off_a_bill_that_is_made_on_its_own_and_of_years_not_read(app: Chalice, api: Api) -> None:
    yearly = BillingGroup(id="yearly", name="Yearly", classes=("commercial",), months=12, advances="monthly")
    charges = [FLAT[0], {**FLAT[1], "times": "months"}]
    office = Office(app, api, charges, today="2025-01-01", billing_groups=(yearly,))
    for account in ("C1", "C2"):
        office.connect(account, consumerClass="commercial", installedOn="2025-01-01")
    for year in (2025, 2026):
        for month in range(1, 12):
            office.on(f"{year}-{month:02}-28").run(f"{year}-{month:02}")
        if year == 2025:
            office.read("C1", "2025-12-31", "120")
            alone = office.staff.post(f"{office.base}/bills", {"readingId": "2025-12.C1"}).expect(201)
            assert alone["total"] == "1250.00"
    office.read("C2", "2026-12-31", "240")
    (two_years,) = [bill for bill in office.run("2026-12") if bill["accountNumber"] == "C2"]
    assert [line["amount"] for line in two_years["lines"]] == ["2400.00", "1200.00", "-1100.00"]


def test_days_without_a_meter_are_billed_once_whatever_was_run_before(app: Chalice, api: Api) -> None:
    office = Office(app, api, _BY_DAYS, today="2025-10-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    for account in ("H1", "H2", "H3"):
        office.connect(account, meter=None, consumer=ana, installedOn="2025-10-01")
    office.on("2025-11-05").run("2025-11")
    office.hand_over("H1", "2025-11-20", ben)
    office.close("H2", "2025-11-20")
    installed = {"meterNumber": "NEW", "on": "2025-11-20", "reason": "Metered"}
    office.staff.post(f"{office.path('H3')}/meter-installations", installed).expect(200)
    assert totals(office.run("2025-11")) == [(account, "30.00") for account in ("H1", "H2", "H3")]
    assert sorted(totals(office.run("2025-10"))) == [(account, "30.00") for account in ("H1", "H2", "H3")]
    office.read("H3", "2025-12-16", "4")
    (metered,) = [bill for bill in office.on("2025-12-31").run("2025-12") if bill["accountNumber"] == "H3"]
    assert (metered["firstDay"], metered["usage"]) == ("2025-12-01", "4")


def test_what_was_billed_ahead_is_never_taken_off_the_next_holders_bill(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-07-05")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("A1", consumer=ana, installedOn="2025-07-05")
    office.read("A1", "2025-08-05", "30")
    office.run("2025-08")
    office.on("2025-09-06").staff.post(f"{office.base}/readings/estimates", {"period": "2025-09"}).expect(200)
    office.run("2025-09")
    office.hand_over("A1", "2025-10-05", ben, finalReading="35")
    office.read("A1", "2025-11-05", "65")
    assert totals(office.run("2025-11")) == [("A1", "350.00")]
    (event,) = office.staff.get(f"{office.path('A1')}/history").expect(200)["items"]
    assert event["facts"]["billedAhead"] == "25"


_TWO: list[dict[str, Any]] = [FLAT[0], {**FLAT[0], "code": "night", "label": "Night", "measure": "night"}]
_NIGHT: dict[str, Any] = {
    "measures": (DeliveredMeasure("night", "register"),),
    "sheet": {"measures": [{"name": "night", "label": "Night", "unit": "m3", "kind": "sum"}]},
}


def test_further_registers_are_held_as_the_main_one_is(app: Chalice, api: Api) -> None:
    office = Office(app, api, _TWO, today="2025-08-05", **_NIGHT)
    for number in range(1, 4):
        registers = [{"code": "night", "measure": "night", "wrapsAt": "100000", "role": "measured"}]
        office.connect(f"A{number}", installedOn="2025-08-05", registers=registers)
        office.read(f"A{number}", "2025-09-05", "10", registers={"night": "10"})
    held = [
        office.read("A1", "2025-10-05", "20", registers={"night": "90020"}),
        office.read("A2", "2025-10-05", "20", registers={"night": "65535"}),
        office.read("A3", "2025-10-05", "20", registers={"night": "5"}, rolledOver=True),
    ]
    assert [each["status"] for each in held] == ["held"] * 3
    assert all("night" in each["reason"] for each in held)


def test_a_real_value_for_an_estimate_and_a_correction_are_looked_at_too(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05")
    office.connect("A1", installedOn="2025-08-05")
    office.read("A1", "2025-09-05", "10")
    office.read("A1", "2025-10-05", "20")
    office.on("2025-11-06").staff.post(f"{office.base}/readings/estimates", {"period": "2025-11"}).expect(200)
    wrong = {"accountNumber": "A1", "reading": "28900", "readOn": "2025-11-06"}
    assert _send(office, "readings", wrong) == (409, "implausible-reading")
    check = office.read("A1", "2025-11-06", "24", kind="check")
    assert (check["kind"], check["id"]) == ("check", "2025-11.A1:2")
    real = office.read("A1", "2025-11-06", "31")
    assert (real["id"], real["usage"]) == ("2025-11.A1", "11")
    assert _send(office, "readings/2025-11.A1", {"reading": "28900", "readOn": "2025-11-06"}, "PUT") == (
        409,
        "implausible-reading",
    )
    assert totals(office.run("2025-11")) == [("A1", "160.00")]


def test_a_reading_from_before_a_disconnection_can_be_confirmed_after_it(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05", confirmation="required")
    office.connect("A1", installedOn="2025-08-05")
    office.read("A1", "2025-09-05", "10")
    office.staff.post(f"{office.path('A1')}/disconnection", {"reason": "Unpaid"}).expect(200)
    office.staff.post(f"{office.base}/readings/2025-09.A1/confirmation").expect(200)
    assert _send(office.on("2025-09-09"), "readings", {"accountNumber": "A1", "reading": "11", "readOn": "2025-09-09"})[
        1
    ] == ("not-active")


def test_a_reading_after_an_estimate_and_an_exchange_is_a_new_one(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05")
    office.connect("A1", installedOn="2025-08-05")
    office.read("A1", "2025-09-05", "10")
    office.on("2025-10-06").staff.post(f"{office.base}/readings/estimates", {"period": "2025-10"}).expect(200)
    office.on("2025-10-20")
    exchange = {"meterNumber": "NEW", "finalReading": "24", "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    assert office.read("A1", "2025-10-28", "3")["id"] == "2025-10.A1:2"
    (bill,) = office.run("2025-10")
    assert (bill["usage"], bill["total"]) == ("17", "220.00")


def test_a_slipped_round_takes_the_place_of_its_estimate(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-11-05")
    office.connect("A1", installedOn="2025-11-05")
    office.read("A1", "2025-12-05", "10")
    office.on("2026-01-31").staff.post(f"{office.base}/readings/estimates", {"period": "2026-01"}).expect(200)
    real = office.read("A1", "2026-02-01", "22", period="2026-01")
    assert (real["id"], real["usage"], real["estimated"]) == ("2026-01.A1", "12", False)


def test_an_exchange_keeps_the_transformer_and_doubts_its_final_value(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05")
    office.connect("A1", installedOn="2025-08-05", multiplier="60", initialReading="100")
    office.read("A1", "2025-09-05", "101")
    office.on("2025-09-20")
    exchange = {"meterNumber": "NEW", "finalReading": "1010", "reason": "Old"}
    assert _send(office, "connections/A1/meter-exchanges", exchange) == (409, "implausible-reading")
    exchange["finalReading"] = "101"
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    assert office.read("A1", "2025-10-05", "1")["usage"] == "60"


def test_a_reading_on_the_first_day_has_no_days(app: Chalice, api: Api) -> None:
    office = Office(app, api, _A_DAY, today="2025-10-05")
    office.connect("A1", installedOn="2025-10-05")
    office.read("A1", "2025-10-05", "0")
    assert totals(office.run("2025-10")) == [("A1", "0.00")]
    office.read("A1", "2025-11-05", "5")
    assert totals(office.run("2025-11")) == [("A1", "31.00")]


def test_a_note_that_is_sent_again_otherwise_is_not_lost_in_silence(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", installedOn="2025-10-05")
    office.read("A1", "2025-11-05", "5", readerCode="dog")
    same = {"accountNumber": "A1", "reading": "5", "readOn": "2025-11-05"}
    assert office.staff.post(f"{office.base}/readings", same).expect(201)["readerCode"] == "dog"
    assert _send(office, "readings", same | {"readerCode": "cat"}) == (409, "already-read")
    noted = office.staff.put(f"{office.base}/readings/2025-11.A1", {**same, "readerCode": "cat"} | {})
    assert noted.status == 400
    kept = {"reading": "5", "readOn": "2025-11-05", "readerCode": "cat"}
    assert office.staff.put(f"{office.base}/readings/2025-11.A1", kept).expect(200)["readerCode"] == "cat"


def test_a_meter_exchanged_later_brings_no_days_without_one_back(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-01")
    office.connect("H1", meter=None, installedOn="2025-10-01")
    office.on("2025-11-16")
    installed = {"meterNumber": "FIRST", "on": "2025-11-16", "reason": "Metered"}
    office.staff.post(f"{office.path('H1')}/meter-installations", installed).expect(200)
    office.read("H1", "2025-11-30", "3")
    assert sorted(totals(office.run("2025-11"))) == [("H1", "30.00"), ("H1", "50.00")], "the base of November once"
    office.on("2026-03-20")
    exchange = {"meterNumber": "SECOND", "finalReading": "9", "reason": "Old"}
    office.staff.post(f"{office.path('H1')}/meter-exchanges", exchange).expect(200)
    assert office.run("2026-03") == []


def test_advances_of_a_house_without_a_meter_are_off_its_final_bill_once(app: Chalice, api: Api) -> None:
    yearly = BillingGroup(id="yearly", name="Yearly", classes=("commercial",), months=12, advances="monthly")
    charges = [{**FLAT[1], "times": "months", "prorated": True}]
    office = Office(app, api, charges, today="2025-01-01", billing_groups=(yearly,))
    office.connect("C1", meter=None, consumerClass="commercial", installedOn="2025-01-01")
    for month in range(1, 7):
        (advance,) = office.on(f"2025-{month:02}-28").run(f"2025-{month:02}")
        assert (advance["kind"], advance["total"]) == ("advance", "50.00")
    final = office.bill(office.close("C1", "2025-07-01")["finalBillId"])
    assert [line["amount"] for line in final["lines"]] == ["297.53", "-300.00"], "181 of 365 days of 600.00"
    assert office.on("2025-12-31").run("2025-12") == [final]


def test_an_exchange_keeps_what_was_billed_ahead_on_further_registers(app: Chalice, api: Api) -> None:
    office = Office(app, api, _TWO, today="2025-08-05", **_NIGHT)
    office.connect(
        "A1", installedOn="2025-08-05", registers=[{"code": "night", "measure": "night", "role": "measured"}]
    )
    office.read("A1", "2025-09-05", "31", registers={"night": "31"})
    office.on("2025-10-06").staff.post(f"{office.base}/readings/estimates", {"period": "2025-10"}).expect(200)
    office.run("2025-10")
    office.on("2025-10-20")
    exchange = {"meterNumber": "NEW", "finalReading": "61", "finalRegisters": {"night": "41"}, "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    taken = office.read("A1", "2025-11-05", "5", registers={"night": "25"})
    assert (taken["usage"], taken["registers"][0]["usage"]) == ("5", "5"), "20 of the night were billed before"


def test_a_handover_on_the_day_of_a_reading_ends_its_calendar_days(app: Chalice, api: Api) -> None:
    office = Office(app, api, _A_DAY, today="2025-11-01", service_days="calendar")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("A1", consumer=ana, installedOn="2025-11-01")
    office.read("A1", "2025-11-20", "5")
    final = office.bill(office.hand_over("A1", "2025-11-20", ben)["finalBillId"])
    assert (final["total"], final["kind"], final["lastDay"]) == ("19.00", "final", "2025-11-19")
    assert office.staff.get(f"{office.base}/readings/2025-11.A1").expect(200)["kind"] == "final"
    office.read("A1", "2025-12-05", "9")
    assert totals(office.run("2025-12")) == [("A1", "42.00")]


def test_what_was_withdrawn_is_estimated_with_all_the_others(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-05")
    for account in ("A1", "A2"):
        office.connect(account, installedOn="2025-09-05")
        office.read(account, "2025-10-05", "10")
    office.read("A1", "2025-11-05", "25")
    office.staff.post(f"{office.base}/readings/2025-11.A1/withdrawal", {"reason": "Wrong house"}).expect(200)
    for area in ({}, {"area": "Poblacion"}):
        unread = office.staff.get(f"{office.base}/readings/unread", period="2025-11", **area).expect(200)["items"]
        assert sorted(each["accountNumber"] for each in unread) == ["A1", "A2"]
    done = office.staff.post(f"{office.base}/readings/estimates", {"period": "2025-11", "area": "Poblacion"}).expect(
        200
    )
    assert (done["estimated"], done["left"]) == (2, [])
    assert sorted(totals(office.run("2025-11"))) == [("A1", "150.00"), ("A2", "150.00")]

"""Handovers and closures read the meter and bill the holder; bills are of the days between readings.

The cases are of real offices: their numbers (B08) and those of an office's walk (D14) are in the tests' names.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support.faults import Death, Mode, faults
from tests.support.http import Api
from tests.support.office import BLOCKS, FLAT, Office, totals

_PRORATED = [FLAT[0], {**FLAT[1], "prorated": True}]
_SENIOR: list[dict[str, Any]] = [
    *FLAT,
    {
        "kind": "percent",
        "code": "senior",
        "label": "Senior",
        "of": ["use", "base"],
        "percent": "-5",
        "when": {"flag": "senior"},
    },
]


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _use(rate: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"kind": "usage", "code": "use", "label": "Use", "rate": rate, **more}


def _amounts(bill: dict[str, Any]) -> list[str]:
    return [line["amount"] for line in bill["lines"]]


def _refused(office: Office, account: str, act: str, **body: Any) -> tuple[int, str]:  # noqa: ANN401
    reply = office.staff.post(f"{office.path(account)}/{act}", {"reason": "Moved"} | body)
    return reply.status, reply.json["code"]


# Final bills.


def _read_in_october_and_november(app: Chalice, api: Api, charges: list[dict[str, Any]]) -> Office:
    office = Office(app, api, charges, today="2025-09-01")
    office.connect("A1", consumer=office.consumer("Ana"), initialReading="100")
    for day, value in (("2025-10-05", "110"), ("2025-11-05", "120")):
        office.read("A1", day, value)
        assert totals(office.run(day[:7])) == [("A1", "150.00")]
    return office


def test_b08_who_moves_out_after_the_months_bill_has_a_final_bill_of_the_rest(app: Chalice, api: Api) -> None:
    office = _read_in_october_and_november(app, api, FLAT)
    done = office.close("A1", "2025-11-20", finalReading="127")

    assert (done["status"], done["lastReading"], done["finalReadingId"]) == ("closed", "127", "2025-11.A1:2")
    final = office.bill(done["finalBillId"])
    assert (final["kind"], final["usage"], final["total"]) == ("final", "7", "70.00"), "November's base is charged"
    assert (final["firstDay"], final["lastDay"], final["billedOn"]) == ("2025-11-05", "2025-11-19", "2025-11-20")
    assert office.run("2025-11") == office.run("2025-11")
    assert [bill["total"] for bill in office.bills_of("A1")] == ["150.00", "150.00", "70.00"]


def test_b08_a_base_charge_that_is_prorated_has_its_share_on_the_final_bill(app: Chalice, api: Api) -> None:
    office = Office(app, api, _PRORATED, today="2025-10-01")
    office.connect("A1", consumer=office.consumer("Ana"), initialReading="100")
    office.read("A1", "2025-11-05", "120")
    office.run("2025-11")
    done = office.close("A1", "2025-12-20", finalReading="127")
    assert _amounts(office.bill(done["finalBillId"])) == ["70.00", "72.58"], "45 days, in a month of 31"
    office.connect("A2", consumer=office.consumer("Ben"), initialReading="0")
    office.read("A2", "2025-12-31", "1")
    office.on("2026-01-10").run("2025-12")
    done = office.close("A2", "2026-01-15", finalReading="3")
    assert _amounts(office.bill(done["finalBillId"])) == ["20.00", "24.19"], "15 of 31 days"


def test_b11_each_holder_pays_what_they_used_in_the_month_of_a_handover(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("A1", consumer=ana)
    office.read("A1", "2026-10-05", "10")
    assert totals(office.run("2026-10")) == [("A1", "150.00")]

    done = office.hand_over("A1", "2026-10-20", ben, finalReading="25")
    final = office.bill(done["finalBillId"])
    assert (final["consumerId"], final["usage"], final["total"]) == (ana, "15", "150.00")
    assert done["consumerId"] == ben

    office.read("A1", "2026-11-05", "41")
    (his,) = office.run("2026-11")
    assert (his["consumerId"], his["usage"], his["total"]) == (ben, "16", "210.00")
    assert (his["firstDay"], his["lastDay"]) == ("2026-10-20", "2026-11-04")


def test_b11_a_base_charge_that_is_prorated_is_shared_by_days(app: Chalice, api: Api) -> None:
    office = Office(app, api, _PRORATED, today="2026-09-01")
    office.connect("A1", consumer=office.consumer("Ana"))
    office.read("A1", "2026-10-05", "10")
    office.run("2026-10")
    done = office.hand_over("A1", "2026-11-05", office.consumer("Ben"), finalReading="25")
    assert _amounts(office.bill(done["finalBillId"])) == ["150.00", "50.00"]
    office.read("A1", "2026-11-20", "41")
    ana, ben = office.run("2026-11")
    assert (ana["kind"], _amounts(ben)) == ("final", ["160.00", "25.00"]), "15 of 30 days"


def test_d1_a_closure_never_leaves_a_reading_behind(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-01", confirmation="required")
    office.connect("A1", consumer=office.consumer("Ana"))
    waiting = office.read("A1", "2025-11-05", "40")["id"]
    office.on("2025-11-20")
    assert _refused(office, "A1", "closure", finalReading="45") == (409, "reading-waits")

    office.staff.post(f"{office.base}/readings/{waiting}/confirmation").expect(200)
    done = office.close("A1", "2025-11-20", finalReading="45")
    final = office.bill(done["finalBillId"])
    assert (final["usage"], final["total"]) == ("45", "500.00"), "with the 40 m3 that were not billed yet"
    assert office.run("2025-11") == [final]


def test_d1_a_reading_that_waits_is_withdrawn_or_confirmed_before_a_closure(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-01", confirmation="required")
    office.connect("A1", consumer=office.consumer("Ana"))
    waiting = office.read("A1", "2025-11-05", "400")["id"]
    withdrawal = f"{office.base}/readings/{waiting}/withdrawal"
    office.staff.post(withdrawal, {"reason": "Of the neighbour"}).expect(200)
    done = office.close("A1", "2025-11-20", finalReading="45")
    assert office.bill(done["finalBillId"])["usage"] == "45"


def test_d6_every_deed_lies_after_what_it_builds_on(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-20")
    ben = office.consumer("Ben")
    office.connect("A1", consumer=office.consumer("Ana"), installedOn="2025-09-20")
    office.read("A1", "2025-11-05", "20")
    before = office.staff.get(office.path("A1")).expect(200)
    early = {"on": "2025-11-04"}
    for act, body in (
        ("closure", {"finalReading": "20"}),
        ("handovers", {"finalReading": "20", "consumerId": ben}),
        ("disconnection", {}),
        ("meter-exchanges", {"finalReading": "20", "meterNumber": "NEW"}),
    ):
        assert _refused(office, "A1", act, **early, **body) in {(400, "wrong-order"), (400, "not-after-last")}, act
    assert office.staff.get(office.path("A1")).expect(200) == before

    office.hand_over("A1", "2025-11-10", ben, finalReading="22")
    office.on("2025-11-20")
    cara = office.consumer("Cara")
    earlier = {"consumerId": cara, "finalReading": "23", "on": "2025-11-09"}
    assert _refused(office, "A1", "handovers", **earlier) == (400, "not-after-last")
    assert _refused(office, "A1", "disconnection", on="2025-11-09") == (400, "wrong-order")
    office.staff.post(f"{office.path('A1')}/disconnection", {"reason": "Away", "on": "2025-11-15"}).expect(200)
    assert _refused(office, "A1", "reconnection", on="2025-11-14") == (400, "wrong-order")
    assert _refused(office, "A1", "closure", on="2025-11-14", finalReading="23") == (400, "wrong-order")
    assert office.close("A1", "2025-11-20", finalReading="23")["status"] == "closed"


def test_b39_a_meter_is_not_read_before_it_was_put_on(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-07-01")
    office.connect("A1", consumer=office.consumer("Ana"))
    office.read("A1", "2026-08-05", "100")
    office.on("2026-09-20")
    exchange = {"meterNumber": "M3N", "finalReading": "130", "on": "2026-09-20", "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    body = {"accountNumber": "A1", "reading": "8", "readOn": "2026-09-10"}
    refused = office.staff.post(f"{office.base}/readings", body)
    assert (refused.status, refused.json["code"]) == (400, "before-installed")
    assert office.read("A1", "2026-10-05", "8")["usage"] == "38"


def test_d14_a_handover_asks_for_a_reading_and_takes_an_estimate_that_is_named_as_one(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-07-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("A1", consumer=ana)
    for day, value in (("2026-08-05", "31"), ("2026-09-05", "62"), ("2026-10-05", "92")):
        office.read("A1", day, value)
        office.run(day[:7])
    office.on("2026-10-20")
    assert _refused(office, "A1", "handovers", consumerId=ben) == (400, "reading-missing")
    assert _refused(office, "A1", "handovers", consumerId=ben, finalReading="107", estimateFinal=True)[0] == 400

    done = office.hand_over("A1", "2026-10-20", ben, estimateFinal=True)
    final = office.bill(done["finalBillId"])
    assert (final["consumerId"], final["usage"], final["estimated"]) == (ana, "15", True), "a m3 a day, for 15 days"
    assert office.staff.get(f"{office.base}/readings/{done['finalReadingId']}").expect(200)["kind"] == "final"

    office.read("A1", "2026-11-05", "123")
    (his,) = office.run("2026-11")
    assert (his["consumerId"], his["usage"]) == (ben, "16"), "123 less the 107 that Ana was billed up to"


def test_a_final_reading_is_not_asked_for_if_the_meter_was_read_on_that_day(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    office.connect("A1", consumer=office.consumer("Ana"))
    office.connect("A2", consumer=office.consumer("Bea"))
    office.read("A1", "2026-10-05", "10")
    office.read("A2", "2026-10-05", "20")
    office.run("2026-10")
    done = office.close("A1", "2026-10-05")
    assert (done["finalReadingId"], done["finalBillId"]) == (None, None), "all was billed"
    office.read("A2", "2026-11-05", "21")
    done = office.hand_over("A2", "2026-11-05", office.consumer("Ben"))
    assert done["finalReadingId"] is None
    assert office.bill(done["finalBillId"])["total"] == "60.00"
    assert [bill["id"] for bill in office.run("2026-11")] == [done["finalBillId"]]


def test_a_final_reading_that_is_implausible_needs_a_person_who_has_looked(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-07-01")
    office.connect("A1", consumer=office.consumer("Ana"))
    for day, value in (("2026-08-05", "10"), ("2026-09-05", "20"), ("2026-10-05", "30")):
        office.read("A1", day, value)
    office.on("2026-10-20")
    assert _refused(office, "A1", "closure", finalReading="4130") == (409, "implausible-reading")
    assert office.staff.get(office.path("A1")).expect(200)["status"] == "active"
    done = office.close("A1", "2026-10-20", finalReading="4130", checked=True)
    assert office.bill(done["finalBillId"])["usage"] == "4110", "with October's 10, which were not billed yet"


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("act", ["closure", "handovers"])
def test_a_closing_act_sent_again_has_no_second_effect(app: Chalice, api: Api, act: str, keyed: bool) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    office.connect("A1", consumer=office.consumer("Ana"))
    office.read("A1", "2026-10-05", "10")
    office.run("2026-10")
    office.on("2026-10-20")
    body = {"reason": "Moved", "on": "2026-10-20", "finalReading": "25"}
    body |= {"consumerId": office.consumer("Ben")} if act == "handovers" else {}
    path = f"{office.path('A1')}/{act}"
    key = "the-same-act" if keyed else None

    first = office.staff.post(path, body, key=key)
    first.expect(200)
    again = office.staff.post(path, body, key=key)
    if keyed:
        assert (again.status, again.json) == (200, first.json)
    else:
        assert (again.status, again.json["code"]) == (409, "wrong-status")
    assert [bill["total"] for bill in office.bills_of("A1")] == ["150.00", "150.00"]
    events = office.staff.get(f"{office.path('A1')}/history").expect(200)["items"]
    assert len(events) == 1
    assert len(office.staff.get(f"{office.base}/readings", period="2026-10").expect(200)["items"]) == 2


@pytest.mark.parametrize("mode", ["dies after", "answer lost"])
@pytest.mark.parametrize("act", ["closure", "handovers"])
def test_a_closing_act_whose_answer_was_lost_is_told_when_it_is_sent_again(
    app: Chalice, api: Api, act: str, mode: Mode
) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    body = {"reason": "Moved", "on": "2026-10-20", "finalReading": "25"}
    body |= {"consumerId": office.consumer("Ben")} if act == "handovers" else {}
    for account in ("A1", "A2"):
        office.connect(account, consumer=office.consumer(account))
        office.read(account, "2026-10-05", "10")
    office.on("2026-10-20")
    with faults() as watched:
        whole = office.staff.post(f"{office.path('A1')}/{act}", body, key="A1").expect(200)
    with faults(strike_at=watched.calls.index("TransactWriteItems"), mode=mode), suppress(Death):
        office.staff.post(f"{office.path('A2')}/{act}", body, key="A2")

    clock.use_time(lambda: datetime.fromisoformat("2026-10-20T01:02:00+00:00"))
    again = office.staff.post(f"{office.path('A2')}/{act}", body, key="A2").expect(200)
    assert again["finalReadingId"] == whole["finalReadingId"].replace("A1", "A2")
    assert again["finalBillId"] == whole["finalBillId"].replace("A1", "A2")
    assert (again["status"], again["lastReading"], again["version"]) == (whole["status"], "25", whole["version"])
    assert [bill["total"] for bill in office.bills_of("A2")] == ["300.00"]
    assert len(office.staff.get(f"{office.path('A2')}/history").expect(200)["items"]) == 1


# The days of a bill.


def test_b07_the_first_bill_prorates_the_base_charge_from_the_day_of_moving_in(app: Chalice, api: Api) -> None:
    charges = [_use("10"), {"kind": "fixed", "code": "base", "label": "Base", "amount": "30", "prorated": True}]
    for days, total in (("calendar", "69.00"), ("between_readings", "68.00")):
        office = Office(app, api, charges, today="2026-04-12", service_days=days)
        office.connect("A1", installedOn="2026-04-12")
        office.read("A1", "2026-04-30", "5")
        assert totals(office.run("2026-04")) == [("A1", total)], days


def test_b01_a_rate_that_rises_after_the_reading_is_not_charged_on_use_before_it(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-01")
    office.connect("A1", initialReading="100")
    office.read("A1", "2025-10-05", "110")
    office.run("2025-10")
    sheet = office.staff.get(f"{office.base}/tariffs/flat/versions/1").expect(200)["sheet"]
    dearer = sheet | {"validFrom": "2025-11-16", "charges": [_use("20"), FLAT[1]]}
    office.staff.post(f"{office.base}/tariffs/flat/versions", dearer).expect(201)
    office.read("A1", "2025-11-05", "130")
    assert totals(office.on("2025-11-29").run("2025-11")) == [("A1", "250.00")]


def test_b03_a_season_begins_on_its_day_between_two_readings(app: Chalice, api: Api) -> None:
    """The day of the earlier reading counts, that of the later one does not: 27 days of winter, 4 of summer."""
    winter = _use("10", season={"fromDay": "10-01", "untilDay": "06-01"})
    summer = {**_use("20", season={"fromDay": "06-01", "untilDay": "10-01"}), "code": "summer"}
    office = Office(app, api, [winter, summer], today="2026-04-01")
    office.connect("A1")
    office.read("A1", "2026-05-05", "10")
    office.run("2026-05")
    office.read("A1", "2026-06-05", "41")
    assert totals(office.run("2026-06")) == [("A1", "350.00")]


def test_b04_limits_of_blocks_per_day_count_the_days_between_readings(app: Chalice, api: Api) -> None:
    a_day = [{"over": "0", "upTo": "1", "rate": "10"}, {"over": "1", "upTo": None, "rate": "20"}]
    blocks = [{**BLOCKS[0], "limitsPer": "days", "daysBasis": 1, "blocks": a_day}]
    office = Office(app, api, blocks, today="2026-08-01")
    office.connect("A1")
    office.read("A1", "2026-09-28", "1")
    office.read("A1", "2026-11-02", "37")
    assert totals(office.run("2026-11")) == [("A1", "370.00")]


def test_b05_a_month_that_nobody_read_is_billed_as_if_it_had_been_read(app: Chalice, api: Api) -> None:
    for setting, total in (("as_read_monthly", "500.00"), ("one_period", "650.00")):
        office = Office(app, api, BLOCKS, today="2025-08-01", unread_periods=setting)
        office.connect("A1", initialReading="90")
        office.read("A1", "2025-09-05", "100")
        office.run("2025-09")
        office.read("A1", "2025-11-05", "140")
        (bill,) = office.run("2025-11")
        assert (bill["total"], bill["firstDay"]) == (total, "2025-09-05")


def test_b06_months_apart_are_apart_in_runs_as_in_quotes(app: Chalice, api: Api) -> None:
    office = Office(app, api, [BLOCKS[0]], today="2026-07-01", sheet={"monthsApart": True})
    office.connect("A1", initialReading="100")
    office.read("A1", "2026-08-05", "110")
    office.run("2026-08")
    office.read("A1", "2026-10-05", "150")
    assert totals(office.run("2026-10")) == [("A1", "400.00")]


def test_b09_a_reading_a_few_days_late_names_the_round_that_it_bills(app: Chalice, api: Api) -> None:
    office = Office(app, api, BLOCKS, today="2025-08-01")
    office.connect("A1", initialReading="100")
    office.read("A1", "2025-09-30", "110")
    office.run("2025-09")
    assert office.read("A1", "2025-11-02", "130", period="2025-10")["period"] == "2025-10"
    assert office.read("A1", "2025-11-30", "148")["period"] == "2025-11"
    assert totals(office.run("2025-10")) == [("A1", "250.00")]
    assert totals(office.run("2025-11")) == [("A1", "230.00")]


# What counts on which day.


def test_b23_the_class_of_the_days_counts_and_not_that_of_the_run(app: Chalice, api: Api) -> None:
    home = {"when": {"classes": ["residential"]}}
    shop = {**_use("30", when={"classes": ["commercial"]}), "code": "shop"}
    office = Office(app, api, [{**FLAT[0], **home}, {**FLAT[1], **home}, shop], today="2026-09-01")
    office.connect("A1")
    office.read("A1", "2026-10-05", "10")
    version = office.on("2026-10-06").staff.get(office.path("A1")).expect(200)["version"]
    office.staff.patch(office.path("A1"), {"version": version, "consumerClass": "commercial"}).expect(200)
    assert totals(office.run("2026-10")) == [("A1", "150.00")]


def test_b24_b25_a_discount_is_its_holders_on_their_days_and_nobody_inherits_it(app: Chalice, api: Api) -> None:
    office = Office(app, api, _SENIOR, today="2026-09-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("A1", consumer=ana, facts={"flags": ["senior"]})
    office.read("A1", "2026-10-05", "10")
    done = office.hand_over("A1", "2026-10-05", ben)
    final = office.bill(done["finalBillId"])
    assert (final["consumerId"], final["total"]) == (ana, "142.50")
    assert [bill["id"] for bill in office.on("2026-10-06").run("2026-10")] == [final["id"]]

    office.read("A1", "2026-11-05", "20")
    (his,) = office.run("2026-11")
    assert (his["consumerId"], his["total"]) == (ben, "150.00")


# What a meter shows.


def test_b28_a_meter_behind_transformers_counts_sixty_units_a_step(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    office.connect("A1", initialReading="100", multiplier="60")
    office.read("A1", "2026-10-05", "101")
    (bill,) = office.run("2026-10")
    assert (bill["usage"], bill["multiplier"], bill["total"]) == ("60", "60", "650.00")
    done = office.close("A1", "2026-10-20", finalReading="101.5")
    assert office.bill(done["finalBillId"])["total"] == "300.00"


def test_b26_day_and_night_are_two_registers_on_one_bill(app: Chalice, api: Api) -> None:
    charges = [
        {"kind": "usage", "code": "day", "label": "Day", "rate": "10", "measure": "peak"},
        {"kind": "usage", "code": "night", "label": "Night", "rate": "4", "measure": "offpeak"},
    ]
    measures = [
        {"name": "peak", "label": "Day", "unit": "m3"},
        {"name": "offpeak", "label": "Night", "unit": "m3"},
    ]
    delivered = (DeliveredMeasure("peak", "register"), DeliveredMeasure("offpeak", "register"))
    office = Office(app, api, charges, today="2026-09-01", sheet={"measures": measures}, measures=delivered)
    night = {"code": "night", "role": "billed", "measure": "offpeak"}
    office.connect("A1", mainMeasure="peak", registers=[night])
    office.read("A1", "2026-10-05", "60", registers={"night": "40"})
    assert totals(office.run("2026-10")) == [("A1", "760.00")]
    office.on("2026-10-20")
    assert _refused(office, "A1", "closure", finalReading="70") == (400, "register-missing")
    done = office.close("A1", "2026-10-20", finalReading="70", finalRegisters={"night": "45"})
    assert office.bill(done["finalBillId"])["total"] == "120.00"


def test_b29_a_garden_meter_is_deducted_from_the_sewer_on_the_same_bill(app: Chalice, api: Api) -> None:
    charges = [
        _use("3"),
        {"kind": "usage", "code": "sewer", "label": "Sewer", "rate": "5", "measure": "sewer"},
    ]
    measures = [{"name": "sewer", "label": "Sewer", "unit": "m3"}]
    delivered = (DeliveredMeasure("sewer", "register"),)
    office = Office(app, api, charges, today="2026-09-01", sheet={"measures": measures}, measures=delivered)
    office.connect("A1", registers=[{"code": "garden", "role": "deduct", "measure": "sewer"}])
    office.read("A1", "2026-10-05", "20", registers={"garden": "8"})
    (bill,) = office.run("2026-10")
    assert (_amounts(bill), bill["total"]) == (["60.00", "60.00"], "120.00")


# What a first use counts from.


def test_a_meter_that_was_taken_over_is_billed_a_month_and_not_since_it_was_put_on(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-09-20", valid_from="2026-09-20")
    office.connect("A1", installedOn="2019-03-01", initialReading="1500")
    office.connect("A2", initialReading="1500")
    for account in ("A1", "A2"):
        office.read(account, "2026-10-05", "1510")
    bills = office.run("2026-10")
    assert totals(bills) == [("A1", "150.00"), ("A2", "150.00")]
    assert {bill["firstDay"] for bill in bills} == {"2026-09-20"}, "the tariff's first day; it is not known better"


def test_a_meter_put_on_and_read_two_months_later_is_billed_both(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2026-09-01")
    office.connect("A1", installedOn="2026-09-01")
    office.read("A1", "2026-11-01", "10")
    (bill,) = office.run("2026-11")
    assert (bill["total"], bill["firstDay"]) == ("200.00", "2026-09-01")


def test_an_exchange_on_the_day_of_a_reading_shares_no_base_charge(app: Chalice, api: Api) -> None:
    office = Office(app, api, _PRORATED, today="2026-09-01")
    office.connect("A1")
    office.read("A1", "2026-11-05", "10")
    office.run("2026-11")
    exchange = {"meterNumber": "NEW", "finalReading": "10", "on": "2026-11-05", "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    office.read("A1", "2026-12-05", "3")
    (bill,) = office.run("2026-12")
    assert _amounts(bill) == ["30.00", "50.00"]


def test_an_exchange_before_the_first_reading_is_not_the_beginning_of_the_service(app: Chalice, api: Api) -> None:
    office = Office(app, api, _PRORATED, today="2026-09-01")
    office.connect("A1")
    office.on("2026-11-01")
    exchange = {"meterNumber": "NEW", "finalReading": "10", "on": "2026-11-01", "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    office.read("A1", "2026-11-05", "3")
    (bill,) = office.run("2026-11")
    assert (_amounts(bill), bill["firstDay"]) == (["130.00", "50.00"], "2026-10-05")

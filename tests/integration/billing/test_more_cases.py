"""Five more situations of each kind of `field-reports.json`, of our own. The right value is worked out beside each."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import DeliveredMeasure
from chalicelib.tenancy.domain.measures import MeasureSource
from tests.support.http import Api
from tests.support.office import BLOCKS, FLAT, Office, totals


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


Charges = list[dict[str, Any]]

_A_DAY: Charges = [{"kind": "fixed", "code": "day", "label": "A day", "amount": "1", "times": "days"}]
_DAILY_BLOCKS: Charges = [
    {
        "kind": "blocks",
        "code": "use",
        "label": "Use",
        "limitsPer": "days",
        "daysBasis": 1,
        "blocks": [{"over": "0", "upTo": "1", "rate": "10"}, {"over": "1", "upTo": None, "rate": "20"}],
    }
]
_SEASONS: Charges = [
    {
        "kind": "usage",
        "code": "winter",
        "label": "Winter",
        "rate": "10",
        "season": {"fromDay": "10-01", "untilDay": "04-01"},
    },
    {
        "kind": "usage",
        "code": "summer",
        "label": "Summer",
        "rate": "20",
        "season": {"fromDay": "04-01", "untilDay": "10-01"},
    },
]


@pytest.mark.parametrize(
    ("charges", "first", "last", "use", "total"),
    [
        (_A_DAY, "2026-02-28", "2026-03-31", "5", "31.00"),
        (_A_DAY, "2028-02-10", "2028-03-10", "5", "29.00"),  # a leap year
        (_SEASONS, "2026-03-22", "2026-04-21", "30", "500.00"),  # 10 of 30 days in winter
        (_DAILY_BLOCKS, "2026-02-01", "2026-03-01", "30", "320.00"),  # 28 * 10 + 2 * 20
        (_DAILY_BLOCKS, "2026-05-10", "2026-06-01", "23", "240.00"),  # 22 days
    ],
)
def test_k1_days_are_those_between_the_readings(
    app: Chalice, api: Api, charges: Charges, first: str, last: str, use: str, total: str
) -> None:
    office = Office(app, api, charges, today=first)
    office.connect("A1", installedOn=first)
    office.read("A1", last, use)
    assert totals(office.run(last[:7])) == [("A1", total)]


def test_k2_three_readings_of_a_month_are_one_bill_or_several(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    for account in ("A1", "A2"):
        office.connect(account, initialReading="100")
    for day, value in (("2025-11-03", "105"), ("2025-11-12", "112"), ("2025-11-28", "120")):
        office.read("A1", day, value)
        office.read("A2", day, value)
        if day == "2025-11-03":
            office.staff.post(f"{office.base}/bills", {"readingId": "2025-11.A2"}).expect(201)
    bills = office.run("2025-11")
    assert sorted(totals(bills)) == [("A1", "250.00"), ("A2", "100.00"), ("A2", "150.00")]
    assert {bill["previousReading"] for bill in bills if bill["total"] == "250.00"} == {"100"}


def test_k2_three_holders_in_two_months(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-20")
    ana, ben, cruz = office.consumer("Ana"), office.consumer("Ben"), office.consumer("Cruz")
    office.connect("A1", consumer=ana, installedOn="2025-10-20")
    office.hand_over("A1", "2025-11-10", ben, finalReading="8")
    office.hand_over("A1", "2025-11-20", cruz, finalReading="12")
    office.read("A1", "2025-12-05", "18")
    office.run("2025-12")
    found = [(bill["consumerId"], bill["total"]) for bill in office.bills_of("A1")]
    assert found == [(ana, "130.00"), (ben, "90.00"), (cruz, "110.00")]


def test_k2_an_estimated_final_reading_bills_half_a_month(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05")
    office.connect("A1", installedOn="2025-08-05", initialReading="100")
    for day, value in (("2025-09-05", "110"), ("2025-10-05", "120"), ("2025-11-05", "130")):
        office.read("A1", day, value)
        office.run(day[:7])
    done = office.close("A1", "2025-11-20", estimateFinal=True)
    final = office.bill(done["finalBillId"])
    assert (final["usage"], final["total"], final["estimated"]) == ("5", "50.00", True)  # 15 days of 30 m3 in 92


def test_k2_readings_of_the_month_after_name_their_round(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-31")
    office.connect("A1")
    office.read("A1", "2025-10-31", "10")
    office.read("A1", "2025-12-01", "22", period="2025-11")
    office.read("A1", "2025-12-31", "30")
    assert totals(office.run("2025-11")) == [("A1", "170.00")]
    assert totals(office.run("2025-12")) == [("A1", "130.00")]


_TIMES: Charges = [
    {"kind": "usage", "code": name, "label": name, "rate": rate, "measure": name}
    for name, rate in (("day", "10"), ("night", "4"), ("weekend", "2"))
]
_WATER_AND_SEWER: Charges = [
    {"kind": "usage", "code": "water", "label": "Water", "rate": "3"},
    {"kind": "usage", "code": "sewer", "label": "Sewer", "rate": "5", "measure": "sewer"},
]
_DEMAND: Charges = [
    {"kind": "usage", "code": "use", "label": "Use", "rate": "1"},
    {"kind": "usage", "code": "demand", "label": "Demand", "rate": "5", "measure": "demandKw"},
]


def _measured(*names: str, kind: str = "sum") -> dict[str, Any]:
    return {"measures": [{"name": name, "label": name, "unit": "m3", "kind": kind} for name in names]}


def _office_of(
    app: Chalice,
    api: Api,
    charges: Charges,
    *names: str,
    source: MeasureSource = "register",
    **more: Any,  # noqa: ANN401
) -> Office:
    """Open an office whose project delivers measures by their names."""
    delivered = tuple(DeliveredMeasure(name, source) for name in names)
    return Office(app, api, charges, today="2025-10-05", measures=delivered, **more)


def test_k6_three_registers_have_three_prices(app: Chalice, api: Api) -> None:
    office = _office_of(app, api, _TIMES, "day", "night", "weekend", sheet=_measured("day", "night", "weekend"))
    registers = [{"code": "n", "measure": "night"}, {"code": "w", "measure": "weekend"}]
    office.connect("A1", mainMeasure="day", registers=registers)
    office.read("A1", "2025-11-05", "60", registers={"n": "40", "w": "20"})
    (bill,) = office.run("2025-11")
    assert (bill["usage"], bill["total"]) == ("120", "800.00")


def test_k6_what_is_deducted_is_never_below_zero(app: Chalice, api: Api) -> None:
    office = _office_of(app, api, _WATER_AND_SEWER, "sewer", sheet=_measured("sewer"))
    for account in ("A1", "A2"):
        office.connect(account, registers=[{"code": "garden", "role": "deduct", "measure": "sewer"}])
    office.read("A1", "2025-11-05", "5", registers={"garden": "8"})
    office.read("A2", "2025-11-05", "30", registers={"garden": "10"})
    assert totals(office.run("2025-11")) == [("A1", "15.00"), ("A2", "190.00")]  # 30 * 3 + 20 * 5


def test_k6_a_check_register_is_recorded_and_never_billed(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", registers=[{"code": "twin", "role": "check"}])
    office.read("A1", "2025-11-05", "10", registers={"twin": "99"})
    office.read("A1", "2025-12-05", "20")
    assert totals([*office.run("2025-11"), *office.run("2025-12")]) == [("A1", "150.00"), ("A1", "150.00")]


def test_k6_ten_pulses_are_a_cubic_metre(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", initialReading="100", multiplier="0.1")
    office.read("A1", "2025-11-05", "1100")
    assert totals(office.run("2025-11")) == [("A1", "1050.00")]


def test_k6_the_highest_peak_of_a_round_counts(app: Chalice, api: Api) -> None:
    office = _office_of(app, api, _DEMAND, "demandKw", source="reading", sheet=_measured("demandKw", kind="peak"))
    office.connect("A1")
    office.read("A1", "2025-11-05", "10", measures={"demandKw": "45"})
    office.read("A1", "2025-11-28", "30", measures={"demandKw": "31"})
    assert totals(office.run("2025-11")) == [("A1", "255.00")]  # 30 + 45 * 5


def test_k6_an_exchange_keeps_the_use_of_each_register(app: Chalice, api: Api) -> None:
    office = _office_of(app, api, _TIMES[:2], "day", "night", sheet=_measured("day", "night"))
    registers = [{"code": "n", "measure": "night", "initialReading": "900"}]
    office.connect("A1", initialReading="500", mainMeasure="day", registers=registers)
    office.on("2025-10-20")
    exchange = {"meterNumber": "NEW", "finalReading": "530", "finalRegisters": {"n": "950"}, "reason": "Old"}
    office.staff.post(f"{office.path('A1')}/meter-exchanges", exchange).expect(200)
    office.read("A1", "2025-11-05", "5", registers={"n": "10"})
    assert totals(office.run("2025-11")) == [("A1", "590.00")]  # 35 * 10 + 60 * 4


_BY_MONTHS: Charges = [FLAT[0], {**FLAT[1], "times": "months"}]


@pytest.mark.parametrize(
    ("frequency", "first_month", "days", "period", "total"),
    [
        ("bimonthly", None, [("2026-02-20", "12")], "2026-02", "220.00"),
        ("four_monthly", None, [("2026-04-20", "30")], "2026-04", "500.00"),
        ("half_yearly", 2, [("2026-07-15", "60")], "2026-07", "900.00"),
        ("yearly", None, [("2026-12-20", "100")], "2026-12", "1600.00"),
        ("bimonthly", None, [("2026-02-20", "0"), ("2026-06-20", "40")], "2026-06", "600.00"),  # April was not read
    ],
)
def test_k7_months_are_billed_together(
    app: Chalice,
    api: Api,
    frequency: str,
    first_month: int | None,
    days: list[tuple[str, str]],
    period: str,
    total: str,
) -> None:
    office = Office(app, api, _BY_MONTHS, today="2026-01-10", billing_frequency=frequency, first_month=first_month)
    office.connect("A1")
    for day, value in days:
        office.read("A1", day, value)
    assert totals(office.run(period)) == [("A1", total)]


def _refused(office: Office, account: str, day: str, value: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401
    body = {"accountNumber": account, "reading": value, "readOn": day}
    reply = office.staff.post(f"{office.base}/readings", body | more)
    return reply.status, reply.json["code"]


def test_k10_what_no_meter_can_show_is_refused(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", meterDigits=4, installedOn="2025-10-05")
    office.on("2025-11-05")
    assert _refused(office, "A1", "2025-11-05", "12345") == (400, "impossible-reading")
    assert _refused(office, "A1", "2025-11-06", "10") == (400, "future-date")
    assert _refused(office, "A1", "2025-10-04", "10") == (400, "before-installed")
    office.read("A1", "2025-11-05", "100")
    office.on("2025-12-05")
    assert _refused(office, "A1", "2025-12-05", "90") == (400, "below-previous")
    assert _refused(office, "A1", "2025-11-04", "110") == (400, "not-after-last")


def test_k10_what_a_meter_hardly_ever_shows_is_held_and_never_billed(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-08-05")
    for number in range(1, 5):
        office.connect(f"A{number}", installedOn="2025-08-05", initialReading="2800" if number == 1 else "0")
    for day, value in (("2025-09-05", "2840"), ("2025-10-05", "2850")):
        office.read("A1", day, value)
        office.read("A2", day, str(Decimal(value) - 2800))
    held = {
        "a slip": office.read("A1", "2025-11-05", "28900"),
        "an error code": office.read("A2", "2025-11-05", "65535"),
        "a first use far above the class": office.read("A3", "2025-11-05", "400"),
    }
    assert {what: (each["status"], bool(each["reason"])) for what, each in held.items()} == dict.fromkeys(
        held, ("held", True)
    )
    office.read("A4", "2025-11-05", "30")
    confirmed = office.staff.post(f"{office.base}/readings/confirmations", {}).expect(200)
    assert (confirmed["confirmed"], len(confirmed["left"])) == (0, 3)
    assert totals(office.run("2025-11")) == [("A4", "450.00")], "30 m3 and three months"

    right = {"reading": "2890", "readOn": "2025-11-05"}
    assert office.staff.put(f"{office.base}/readings/2025-11.A1", right).expect(200)["status"] == "confirmed"
    looked = office.staff.post(f"{office.base}/readings/2025-11.A3/confirmation").expect(200)
    assert looked["status"] == "confirmed"
    assert sorted(totals(office.run("2025-11"))) == [("A1", "450.00"), ("A3", "4150.00"), ("A4", "450.00")]


def test_k11_a_mistaken_reading_is_taken_back_wherever_it_stands(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-09-05")
    office.connect("A1", installedOn="2025-09-05")
    office.read("A1", "2025-10-05", "10")
    before = office.staff.get(office.path("A1")).expect(200)
    office.read("A1", "2025-11-05", "25")
    path = f"{office.base}/readings/2025-11.A1"
    reason = {"reason": "The neighbour's"}
    gone = office.staff.post(f"{path}/withdrawal", reason).expect(200)
    assert (gone["status"], gone["reason"]) == ("withdrawn", "The neighbour's")
    assert office.staff.post(f"{path}/withdrawal", reason).expect(200) == gone, "twice"
    after = office.staff.get(office.path("A1")).expect(200)
    assert {**after, "version": 0} == {**before, "version": 0}
    assert office.run("2025-11") == []

    unread = office.staff.get(f"{office.base}/readings/unread", period="2025-11").expect(200)["items"]
    assert [each["accountNumber"] for each in unread] == ["A1"]
    office.staff.post(f"{office.base}/readings/estimates", {"period": "2025-11", "accountNumber": "A1"}).expect(200)
    assert totals(office.run("2025-11")) == [("A1", "150.00")]
    billed = office.staff.post(f"{office.base}/readings/2025-11.A1:2/withdrawal", reason)
    assert (billed.status, billed.json["code"]) == (409, "billed")
    held = office.read("A1", "2025-12-05", "16777.215")
    assert held["status"] == "held"
    assert (
        office.staff.post(f"{office.base}/readings/2025-12.A1/withdrawal", reason).expect(200)["status"] == "withdrawn"
    )


@pytest.mark.parametrize(
    ("wraps_at", "before", "shown", "said", "use"),
    [
        ("65536", "65530", "20", True, "26"),
        ("4096", "4090", "5", False, "11"),
        ("3600", "3590", "0", False, "10"),
        ("16777.216", "16777.2", "1.5", False, "1.516"),
        ("1000000", "999990", "15", False, "25"),
    ],
)
def test_k13_a_register_starts_again_at_any_number(
    app: Chalice, api: Api, wraps_at: str, before: str, shown: str, said: bool, use: str
) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", meterWrapsAt=wraps_at, initialReading=before)
    taken = office.read("A1", "2025-11-05", shown, rolledOver=said)
    assert (taken["usage"], taken["status"]) == (use, "confirmed")


def test_k13_a_rollover_over_half_the_register_waits_for_a_person(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1", meterWrapsAt="65536", initialReading="60000")
    taken = office.read("A1", "2025-11-05", "20000", rolledOver=True)
    assert (taken["usage"], taken["status"]) == ("25536", "held")


@pytest.mark.parametrize(
    ("read", "day", "use"),
    [
        ([("2025-07-05", 10), ("2025-08-05", 20), ("2025-10-05", 40)], "2025-11-05", "10"),
        ([("2025-10-05", 31)], "2025-11-05", "10"),  # 31 in 92 days, for 31
        ([("2025-08-05", 31), ("2025-09-05", 62), ("2025-10-05", 92)], "2025-11-05", "31"),
        ([("2025-11-30", 100), ("2025-12-31", 162), ("2026-11-30", 272)], "2026-12-30", "60"),  # as last December
        ([("2026-01-31", 31)], "2026-02-28", "4"),  # 31 in 210 days, for 28
    ],
)
def test_k14_estimates_go_by_the_day_and_by_last_year(
    app: Chalice, api: Api, read: list[tuple[str, int]], day: str, use: str
) -> None:
    office = Office(app, api, FLAT, today="2025-07-05")
    office.connect("A1", installedOn="2025-07-05" if read[0][0] > "2025-07-05" else "2025-06-05")
    for at, value in read:
        office.read("A1", at, str(value))
    office.on(day)
    body = {"period": day[:7], "accountNumber": "A1"}
    office.staff.post(f"{office.base}/readings/estimates", body).expect(200)
    (estimate,) = office.staff.get(f"{office.base}/readings", period=day[:7]).expect(200)["items"]
    assert (estimate["usage"], estimate["readOn"], estimate["estimated"]) == (use, day, True)


def test_skipped_months_have_blocks_and_base_of_each(app: Chalice, api: Api) -> None:
    office = Office(app, api, BLOCKS, today="2025-09-05")
    office.connect("A1", installedOn="2025-09-05")
    office.read("A1", "2025-12-05", "75")
    (bill,) = office.run("2025-12")
    assert (bill["rounds"], bill["total"]) == (3, "1050.00")  # 3 * (20 * 10 + 5 * 20 + 50)

"""Bills without a reading: services without a meter, and advances between the settlements of a group."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import BillingGroup
from tests.support.http import Api
from tests.support.office import FLAT, Office, totals

_FIXED: list[dict[str, Any]] = [{"kind": "fixed", "code": "flat", "label": "Flat rate", "amount": "150"}]
_BY_DAYS: list[dict[str, Any]] = [
    {"kind": "fixed", "code": "flat", "label": "Flat rate", "amount": "150", "prorated": True}
]


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def test_b31_a_house_without_a_meter_has_a_bill_each_month(app: Chalice, api: Api) -> None:
    office = Office(app, api, _FIXED, today="2026-09-15")
    office.connect("H1", meter=None)

    for period, day in (("2026-10", "2026-10-20"), ("2026-11", "2026-11-20")):
        (bill,) = office.on(day).run(period)
        assert (bill["total"], bill["kind"], bill["readingId"], bill["usage"]) == ("150.00", "regular", None, "0")
        assert (bill["firstDay"], bill["lastDay"][:7]) == (f"{period}-01", period)
    assert totals(office.run("2026-11")) == [("H1", "150.00")], "a second run made another bill"


def test_a_service_without_a_meter_is_billed_from_its_first_day_to_its_last(app: Chalice, api: Api) -> None:
    office = Office(app, api, _BY_DAYS, today="2026-09-21")
    office.connect("H1", meter=None, installedOn="2026-09-21")

    assert totals(office.on("2026-09-30").run("2026-09")) == [("H1", "50.00")], "10 of 30 days"
    assert totals(office.on("2026-10-31").run("2026-10")) == [("H1", "150.00")]
    done = office.close("H1", "2026-11-11")
    final = office.bill(done["finalBillId"])
    assert (final["total"], final["kind"], final["lastDay"]) == ("50.00", "final", "2026-11-10")
    assert totals(office.on("2026-11-30").run("2026-11")) == [("H1", "50.00")]
    assert office.on("2026-12-31").run("2026-12") == []


def test_a_month_that_was_not_run_before_a_closure_is_still_billed(app: Chalice, api: Api) -> None:
    office = Office(app, api, _BY_DAYS, today="2026-09-01")
    office.connect("H1", meter=None)
    office.close("H1", "2026-11-16")
    assert totals(office.run("2026-10")) == [("H1", "150.00")]
    assert totals(office.run("2026-11")) == [("H1", "75.00")]


def test_two_holders_of_a_service_without_a_meter_share_the_month(app: Chalice, api: Api) -> None:
    office = Office(app, api, _BY_DAYS, today="2026-09-01")
    ana, ben = office.consumer("Ana"), office.consumer("Ben")
    office.connect("H1", meter=None, consumer=ana)
    done = office.hand_over("H1", "2026-11-11", ben)
    assert office.bill(done["finalBillId"])["total"] == "50.00"

    bills = office.on("2026-11-30").run("2026-11")
    assert sorted((bill["consumerId"] == ana, bill["total"]) for bill in bills) == [(False, "100.00"), (True, "50.00")]
    assert [bill["total"] for bill in office.on("2026-10-31").run("2026-10")] == ["150.00"]
    assert office.bills_of("H1")[0]["consumerId"] == ana


def test_a_first_meter_ends_the_time_without_one(app: Chalice, api: Api) -> None:
    office = Office(app, api, [*_BY_DAYS, FLAT[0]], today="2026-09-01")
    office.connect("H1", meter=None)
    office.on("2026-11-16")
    body = {"meterNumber": "NEW-1", "firstReading": "7", "on": "2026-11-16", "reason": "Metered now"}
    done = office.staff.post(f"{office.path('H1')}/meter-installations", body).expect(200)
    assert (done["meterNumber"], done["lastReading"]) == ("NEW-1", "7")
    assert office.bill(done["finalBillId"])["total"] == "75.00"
    again = office.staff.post(f"{office.path('H1')}/meter-installations", body)
    assert (again.status, again.json["code"]) == (409, "has-meter")

    office.read("H1", "2026-12-01", "12")
    (bill,) = office.run("2026-12")
    assert (bill["usage"], bill["firstDay"], bill["lastDay"]) == ("5", "2026-11-16", "2026-11-30")
    assert [line["amount"] for line in bill["lines"]] == ["72.58", "50.00"]


def test_advances_of_eleven_months_are_off_the_years_bill(app: Chalice, api: Api) -> None:
    cottages = BillingGroup(id="cottages", name="Cottages", classes=("commercial",), months=12, advances="monthly")
    charges = [FLAT[0], {**FLAT[1], "times": "months"}]
    office = Office(app, api, charges, today="2025-01-01", billing_groups=(cottages,))
    office.connect("C1", consumerClass="commercial", installedOn="2025-01-01")
    months = [f"2025-{month:02}" for month in range(1, 12)]
    for month in months:
        (bill,) = office.on(f"{month}-28").run(month)
        assert (bill["kind"], bill["total"], bill["readingId"]) == ("advance", "50.00", None)

    office.read("C1", "2025-12-31", "120")
    assert office.run("2025-12"), office.exceptions()
    (settled,) = office.run("2025-12")
    assert (settled["kind"], settled["usage"], settled["firstDay"]) == ("regular", "120", "2025-01-01")
    assert [line["amount"] for line in settled["lines"]] == ["1200.00", "600.00", "-550.00"]
    assert settled["total"] == "1250.00"

    (advance,) = office.on("2026-01-31").run("2026-01")
    assert Decimal(advance["total"]) == 50 + 10 * Decimal(advance["usage"])
    assert advance["usage"] == "10", "120 in 364 days, for 31"


def test_a_group_is_read_and_billed_in_months_of_its_own(app: Chalice, api: Api) -> None:
    villages = BillingGroup(id="villages", name="Villages", areas=("Poblacion",), months=2)
    office = Office(app, api, [FLAT[0], {**FLAT[1], "times": "months"}], today="2026-08-20", billing_groups=(villages,))
    office.connect("V1")
    office.connect("T1", area="Town")
    office.read("V1", "2026-09-05", "8")
    office.read("T1", "2026-09-05", "4")
    assert totals(office.on("2026-09-30").run("2026-09")) == [("T1", "90.00")]
    unread = office.staff.get(f"{office.base}/readings/unread", period="2026-11").expect(200)["items"]
    assert [each["accountNumber"] for each in unread] == ["T1"]

    office.read("V1", "2026-10-05", "20")
    assert totals(office.on("2026-10-31").run("2026-10")) == [("V1", "300.00")], "20 m3 and two months"

"""What a reviewer found of bills below zero, and of credit that a bill brought before it turned out to be wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.tenancy.domain import BillingGroup
from tests.support.corrected import PAYMENTS, Corrected
from tests.support.http import Api
from tests.support.office import FLAT

SOLAR: list[dict[str, Any]] = [
    {"kind": "usage", "code": "use", "label": "Use", "rate": "10"},
    {"kind": "adjustment", "code": "solar", "label": "Fed in", "amount": "-500"},
]
"""10.00 per m3, less 500.00."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _taking_dues(office: Corrected) -> Corrected:
    version = office.staff.get(office.base).expect(200)["version"]
    settings = {"payments": PAYMENTS | {"newBillsTake": "dues"}}
    office.staff.patch(f"{office.base}/settings", {"version": version, "settings": settings}).expect(200)
    return office


def _office(app: Chalice, api: Api, *, charges: list[dict[str, Any]] = SOLAR) -> Corrected:
    office = Corrected(app, api, charges=charges, misread=False)
    for account in ("A1", "A2"):
        office.connect(account, consumer=office.ana, initialReading="0")
    return office


def _due(office: Corrected, account: str = "A1") -> list[tuple[str, str]]:
    return [(bill["total"], bill["amountDue"]) for bill in office.bills_of(account)]


def test_a_bill_below_zero_takes_no_dues_over_and_stops_no_run(app: Chalice, api: Api) -> None:
    office = _taking_dues(_office(app, api))
    for account in ("A1", "A2"):
        office.read(account, "2025-11-05", "100")
    office.run("2025-11")
    office.read("A1", "2025-12-05", "101")
    office.read("A2", "2025-12-05", "200")
    office.run("2025-12")
    [run, _] = office.staff.get(f"{office.base}/billing-runs").expect(200)["items"]
    assert run["status"] == "complete"
    assert _due(office) == [("500.00", "10.00"), ("-490.00", "0.00")], "490.00 of November are paid"
    assert _due(office, "A2") == [("500.00", "0.00"), ("500.00", "1000.00")], "December took November over"
    assert (office.owed(), office.owed("A2")) == (("10.00", "0.00"), ("1000.00", "0.00"))
    assert office.broken("A1", "A2") == []


def test_a_single_bill_below_zero_leaves_its_rest_as_credit(app: Chalice, api: Api) -> None:
    office = _taking_dues(_office(app, api))
    office.read("A1", "2025-11-05", "70")
    office.run("2025-11")
    reading = office.read("A1", "2025-12-05", "71")
    office.staff.post(f"{office.base}/bills", {"readingId": reading["id"]}).expect(201)
    assert _due(office) == [("200.00", "0.00"), ("-490.00", "0.00")]
    assert office.owed() == ("0.00", "290.00")
    office.read("A1", "2026-01-05", "171")
    office.run("2026-01")
    assert office.owed() == ("500.00", "290.00"), "this project uses credit when somebody says so"
    assert office.broken() == []


def test_a_closure_gives_advances_back_although_older_ones_are_due(app: Chalice, api: Api) -> None:
    yearly = BillingGroup(id="yearly", name="Yearly", classes=("commercial",), months=12, advances="monthly")
    charges = [{**FLAT[1], "times": "months", "prorated": True}]
    office = Corrected(app, api, charges=charges, misread=False, billing_groups=(yearly,))
    _taking_dues(office).on("2025-09-01")
    office.connect("A1", consumer=office.ana, initialReading="0", consumerClass="commercial", installedOn="2025-09-01")
    for month in ("2025-09", "2025-10", "2025-11"):
        office.on(f"{month}-28").run(month)
    assert _due(office) == [("50.00", "0.00"), ("50.00", "0.00"), ("50.00", "150.00")]
    office.close("A1", "2025-12-01", finalReading="10")
    assert _due(office)[2:] == [("50.00", "149.59"), ("-0.41", "0.00")]
    assert office.broken() == []

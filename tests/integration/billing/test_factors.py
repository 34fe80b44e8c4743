"""Factors of a period: what is measured once a month for all connections, and rates every bill of the month."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from chalicelib.tenancy.domain import DeliveredMeasure
from local import presets
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

# Sold by heat: 100 m3 at 40 MJ are 1136.27 kWh.
_GAS: dict[str, Any] = {
    "name": "Gas",
    "currency": "PHP",
    "unit": "kWh",
    "validFrom": "2025-01-01",
    "consumerClass": "residential",
    "measures": [{"name": "heatValue", "label": "Heat value", "unit": "MJ/m3", "kind": "peak"}],
    "conversions": [{"fromUnit": "m3", "multiply": "1.02264", "timesMeasure": "heatValue", "divide": "3.6"}],
    "charges": [
        {"kind": "usage", "code": "gas", "label": "Gas", "rate": "0.036"},
        {"kind": "fixed", "code": "fixed", "label": "Standing charge", "amount": "0.25"},
    ],
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    heat = DeliveredMeasure("heatValue", "period")
    utility = open_waterworks(api, rates={}, settings=replace(presets.WATERWORKS_SETTINGS, measures=(heat,)))
    utility.as_staff().post(f"{utility.base}/tariffs", {"id": "gas", "sheet": _GAS}).expect(201)
    return utility


def _read(admin: Api, utility: Utility, reading: str, read_on: str) -> None:
    body = {"meterNumber": "G-1", "reading": reading, "readOn": read_on}
    taken = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    admin.post(f"{utility.base}/readings/{taken}/confirmation").expect(200)


def _run(app: Chalice, admin: Api, utility: Utility, period: str) -> list[dict[str, Any]]:
    """Run a period, and return its exceptions."""
    run = admin.post(f"{utility.base}/billing-runs", {"period": period}).expect(202)["id"]
    drain(app, "meterbook-billing")
    exceptions: list[dict[str, Any]] = admin.get(f"{utility.base}/billing-runs/{run}/exceptions").expect(200)["items"]
    return exceptions


def _enter(admin: Api, utility: Utility, period: str, value: str, *, version: int = 0) -> dict[str, Any]:
    body = {"measures": {"heatValue": value}, "version": version}
    entered: dict[str, Any] = admin.put(f"{utility.base}/periods/{period}/factors", body).expect(200)
    return entered


def test_gas_is_billed_by_its_heat_in_the_month(app: Chalice, utility: Utility) -> None:
    """B27: every bill was an exception, since nothing could say this month's calorific value."""
    admin = utility.as_staff()
    register_connection(admin, utility, "G-1")
    _read(admin, utility, "100", "2025-11-05")
    assert [one["code"] for one in _run(app, admin, utility, "2025-11")] == ["missing-measure"]

    assert _enter(admin, utility, "2025-11", "40") == {
        "period": "2025-11",
        "measures": {"heatValue": "40"},
        "version": 1,
    }

    assert _run(app, admin, utility, "2025-11") == []
    (bill,) = whole_bills(admin, utility.base, "2025-11")
    assert (bill["total"], [line["amount"] for line in bill["lines"]]) == ("41.16", ["40.91", "0.25"])


def test_a_single_bill_and_a_final_one_are_by_the_factors_of_their_period(app: Chalice, utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "G-1")["accountNumber"]
    _enter(admin, utility, "2025-10", "36")
    _enter(admin, utility, "2025-11", "40")
    _read(admin, utility, "100", "2025-10-05")
    single = admin.post(f"{utility.base}/bills", {"readingId": f"2025-10.{account}"}).expect(201)
    closing = {"reason": "Moved", "finalReading": "200", "on": "2025-11-05"}
    closed = admin.post(f"{utility.base}/connections/{account}/closure", closing).expect(200)

    final = admin.get(f"{utility.base}/bills/{closed['finalBillId']}").expect(200)

    # 1022.64 and 1136.27 kWh at 0.036, each and 0.25
    assert (single["total"], final["total"]) == ("37.07", "41.16")


def test_a_level_is_the_same_for_each_of_several_unread_periods(app: Chalice, utility: Utility) -> None:
    admin = utility.as_staff()
    register_connection(admin, utility, "G-1")
    _enter(admin, utility, "2025-09", "40")
    _enter(admin, utility, "2025-11", "40")
    _read(admin, utility, "80", "2025-09-05")
    assert _run(app, admin, utility, "2025-09") == []
    _read(admin, utility, "280", "2025-11-05")

    assert _run(app, admin, utility, "2025-11") == []

    (bill,) = whole_bills(admin, utility.base, "2025-11")
    assert (bill["rounds"], bill["total"]) == (2, "82.31")  # 2272.53 kWh at 0.036, and twice 0.25


def test_what_is_known_of_a_connection_itself_counts_before_the_factor(app: Chalice, utility: Utility) -> None:
    """Some are fed from another pipe, with gas of another heat."""
    admin = utility.as_staff()
    account = register_connection(admin, utility, "G-1")["accountNumber"]
    of_its_own = {"version": 0, "facts": {"measures": {"heatValue": "40"}}}
    admin.patch(f"{utility.base}/connections/{account}", of_its_own).expect(200)
    _enter(admin, utility, "2025-11", "36")
    _read(admin, utility, "100", "2025-11-05")

    assert _run(app, admin, utility, "2025-11") == []

    assert [bill["total"] for bill in whole_bills(admin, utility.base, "2025-11")] == ["41.16"]


def test_factors_that_nobody_entered_are_none(utility: Utility) -> None:
    shown = utility.as_staff().get(f"{utility.base}/periods/2025-11/factors").expect(200)
    assert shown == {"period": "2025-11", "measures": {}, "version": 0}


def test_factors_change_from_the_version_that_was_read_and_leave_their_entry(utility: Utility) -> None:
    admin, path = utility.as_staff(), f"{utility.base}/periods/2025-11/factors"
    first = _enter(admin, utility, "2025-11", "39")
    assert _enter(admin, utility, "2025-11", "39") == first  # the same again
    stale = admin.put(path, {"measures": {"heatValue": "38"}, "version": 0}).expect(409)
    assert stale["code"] == "changed"
    assert _enter(admin, utility, "2025-11", "40", version=1)["version"] == 2
    assert admin.put(path, {"measures": {}, "version": 2}).expect(200)["measures"] == {}
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="factors.changed").expect(200)["items"]
    said = [({}, {"heatValue": "39"}), ({"heatValue": "39"}, {"heatValue": "40"}), ({"heatValue": "40"}, {})]
    assert sorted((str(one["before"]), str(one["after"])) for one in log) == sorted(
        (str(before), str(after)) for before, after in said
    )
    assert {(one["subject"]["kind"], one["subject"]["id"]) for one in log} == {("period", "2025-11")}


def test_factors_stand_still_while_a_run_works_on_their_period(app: Chalice, utility: Utility) -> None:
    """Else bills of one run would be by different heat."""
    admin, path = utility.as_staff(), f"{utility.base}/periods/2025-11/factors"
    billing.start_run(utility.context(now=NOVEMBER), period=Period(2025, 11), billed_on=None, due_on=None)
    body = {"measures": {"heatValue": "40"}, "version": 0}
    assert admin.put(path, body).expect(409)["code"] == "period-frozen"
    _enter(admin, utility, "2025-12", "40")
    drain(app, "meterbook-billing")
    admin.put(path, body).expect(200)


@pytest.mark.parametrize("period", ["2025-13", "november", "2025-1"])
def test_there_are_no_factors_of_what_is_no_month(utility: Utility, period: str) -> None:
    assert utility.as_staff().get(f"{utility.base}/periods/{period}/factors").expect(404)["code"] == "not-found"


@pytest.mark.parametrize(
    ("measures", "field"),
    [
        ({"heatValue": 40}, "measures.heatValue"),
        ({"#": "40"}, "measures.#"),
        ({f"m{n}": "1" for n in range(17)}, "measures"),
        ({"days": "30"}, "measures.days"),
        ({"heatvalue": "40"}, "measures.heatvalue"),
    ],
)
def test_factors_that_can_not_be_are_refused(utility: Utility, measures: dict[str, Any], field: str) -> None:
    body = {"measures": measures, "version": 0}
    problem = utility.as_staff().put(f"{utility.base}/periods/2025-11/factors", body).expect(400)
    assert problem["errors"][0]["field"].startswith(field)

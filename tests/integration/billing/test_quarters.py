"""A project may bill several months together: one reading, one run and one bill for all of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.onboarding import service as onboarding
from chalicelib.platform import clock
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import Utility, open_condominium, open_waterworks

_FIRST_BLOCK = {"over": "0", "upTo": "10", "rate": "1"}
_SHEET: dict[str, Any] = {
    "name": "Quarterly",
    "currency": "USD",
    "unit": "m3",
    "validFrom": "2025-01-01",
    "charges": [
        {"kind": "fixed", "code": "service", "label": "Service, a quarter", "amount": "12.00"},
        {"kind": "fixed", "code": "meter", "label": "Meter, a month", "amount": "2.00", "times": "months"},
        {
            "kind": "blocks",
            "code": "water",
            "label": "Water",
            "limitsPer": "days",
            "blocks": [_FIRST_BLOCK, {"over": "10", "upTo": None, "rate": "3"}],
        },
    ],
}


@pytest.fixture(autouse=True)
def january() -> Iterator[None]:
    clock.use_time(lambda: datetime(2026, 1, 20, 12, tzinfo=UTC))
    yield
    clock.use_time(None)


def _settings(**changes: object) -> Any:  # noqa: ANN401
    """S0 bills "monthly or quarterly"."""
    preset = onboarding.list_presets()["water-billing-backend"].projects[0]
    return replace(preset.settings, consumer_required=False, account_numbers="given", **changes)  # type: ignore[arg-type]


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_condominium(api, settings=_settings(billing_frequency="quarterly"))


@pytest.fixture
def admin(utility: Utility) -> Api:
    admin = utility.as_staff()
    standard = f"{utility.base}/tariffs/standard/versions/1"
    admin.delete(standard).expect(200)
    admin.post(f"{utility.base}/tariffs", {"id": "quarterly", "sheet": _SHEET}).expect(201)
    facts = {"accountNumber": "101", "meterNumber": "M-101", "consumerClass": "consumer"}
    admin.post(f"{utility.base}/connections", facts).expect(201)
    return admin


def _read(admin: Api, utility: Utility, value: str, read_on: str) -> Any:  # noqa: ANN401
    body = {"meterNumber": "M-101", "reading": value, "readOn": read_on}
    return admin.post(f"{utility.base}/readings", body)


def test_a_quarter_has_one_run_and_one_bill_however_often_it_is_read(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    reading = _read(admin, utility, "50", "2025-11-05").expect(201)
    assert (reading["period"], reading["id"]) == ("2025-12", "2025-12.101")
    assert _read(admin, utility, "60", "2025-12-05").expect(201)["id"] == "2025-12.101:2"
    runs = f"{utility.base}/billing-runs"
    for month in ("2025-10", "2025-11", "2026-01"):
        refused = admin.post(runs, {"period": month}).expect(400)
        assert refused["code"] == "not-last-month"
    assert "2025-11 lies in 2025-12" in admin.post(runs, {"period": "2025-11"}).expect(400)["detail"]
    assert admin.post(runs, {"period": "2025-12", "billedOn": "2025-09-30"}).expect(400)["code"] == "bad-day"
    admin.post(runs, {"period": "2025-12", "billedOn": "2025-12-05"}).expect(202)
    drain(app, "meterbook-billing")
    (bill,) = whole_bills(admin, utility.base, "2025-12")
    assert (bill["period"], bill["periodLabel"]) == ("2025-12", "October 2025 to December 2025")
    assert (bill["firstDay"], bill["lastDay"], bill["dueOn"]) == ("2025-09-05", "2025-12-04", "2025-12-20")
    # 91 days stretch the 10 m3 of 30 days to 30.33: 30.33 at 1.00 and 29.67 at 3.00.
    assert {line["code"]: line["amount"] for line in bill["lines"]} == {
        "service": "12.00",
        "meter": "6.00",
        "water": "119.33",
    }
    assert _read(admin, utility, "70", "2026-01-05").expect(201)["period"] == "2026-03"


def test_a_tariff_that_changes_within_a_quarter_rates_its_share_of_the_days(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    dearer = {**_SHEET, "validFrom": "2025-12-01", "charges": [{**_SHEET["charges"][0], "amount": "24.00"}]}
    admin.post(f"{utility.base}/tariffs/quarterly/versions", dearer).expect(201)
    _read(admin, utility, "0", "2025-12-05").expect(201)
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-12"}).expect(202)
    drain(app, "meterbook-billing")
    (bill,) = whole_bills(admin, utility.base, "2025-12")
    service = [(line["tariff"], line["amount"]) for line in bill["lines"] if line["code"] == "service"]
    assert service == [("quarterly@1", "11.47"), ("quarterly@2", "1.05")]  # 87 and 4 of 91 days


def test_b30_two_months_make_one_bill(app: Chalice, api: Api) -> None:
    utility = open_condominium(api, settings=_settings(billing_frequency="bimonthly", first_month=2))
    admin = utility.as_staff()
    admin.delete(f"{utility.base}/tariffs/standard/versions/1").expect(200)
    admin.post(f"{utility.base}/tariffs", {"id": "two-months", "sheet": _SHEET}).expect(201)
    facts = {"accountNumber": "101", "meterNumber": "M-101", "consumerClass": "consumer"}
    admin.post(f"{utility.base}/connections", facts).expect(201)
    assert _read(admin, utility, "50", "2025-10-05").expect(201)["period"] == "2025-11"
    assert _read(admin, utility, "60", "2025-12-05").expect(201)["period"] == "2026-01"
    runs = f"{utility.base}/billing-runs"
    assert "2025-10 lies in 2025-11" in admin.post(runs, {"period": "2025-10"}).expect(400)["detail"]
    admin.post(runs, {"period": "2025-11", "billedOn": "2025-10-05"}).expect(202)
    drain(app, "meterbook-billing")
    (bill,) = whole_bills(admin, utility.base, "2025-11")
    assert (bill["period"], bill["periodLabel"]) == ("2025-11", "October 2025 to November 2025")
    assert (bill["firstDay"], bill["lastDay"]) == ("2025-08-05", "2025-10-04")
    # 61 days stretch the 10 m3 of 30 days to 20.33: 20.33 at 1.00 and 29.67 at 3.00.
    assert {line["code"]: line["amount"] for line in bill["lines"]} == {
        "service": "12.00",
        "meter": "4.00",
        "water": "109.33",
    }


def test_how_often_bills_are_made_is_fixed_once_a_project_exists(api: Api, utility: Utility, admin: Api) -> None:
    for opened in (utility, open_waterworks(api)):
        staff = opened.as_staff()
        shown = staff.get(f"{opened.base}/settings").expect(200)
        other = {"monthly": "quarterly", "quarterly": "monthly"}[shown["settings"]["billingFrequency"]]
        change = {"version": shown["version"], "settings": shown["settings"] | {"billingFrequency": other}}
        assert staff.patch(f"{opened.base}/settings", change).expect(409)["code"] == "fixed-setting"

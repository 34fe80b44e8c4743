"""The tariffs of the sources: adopted from the library by one call, quoted over HTTP, and the bill they make."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from chalice.app import Chalice

from local import presets
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.utilities import Utility, open_waterworks, register_connection

CLASSES = ("household", "commercial", "industrial")


def utility_in(api: Api, currency: str, unit: str, classes: tuple[str, ...] = ("residential",)) -> Utility:
    settings = replace(presets.WATERWORKS_SETTINGS, currency=currency, unit=unit, classes=classes)
    return open_waterworks(api, settings=settings, rates={})


def adopted(utility: Utility, library_id: str) -> Api:
    staff = utility.as_staff()
    body = {"libraryId": library_id, "validFrom": "2025-01-01"}
    reply = staff.post(f"{utility.base}/tariffs/adoptions", body)
    assert reply.expect(201)["id"] == library_id
    return staff


def quoted(utility: Utility, staff: Api, tariff: str, quantity: str) -> tuple[dict[str, str], str]:
    """Quote a use in November 2025: the amount of each line, and the total."""
    unit = staff.get(f"{utility.base}/tariffs/{tariff}").expect(200)["items"][0]["unit"]
    usage = {"quantity": quantity, "unit": unit, "firstDay": "2025-11-01", "untilDay": "2025-12-01"}
    quote = staff.post(f"{utility.base}/tariffs/quote", {"tariffId": tariff, "usage": usage}).expect(200)
    return {line["code"]: line["amount"] for line in quote["lines"]}, quote["total"]


@pytest.mark.covers("S1-009", "S1-010")
@pytest.mark.parametrize(
    ("gallons", "usage", "total"),
    [
        ("0", "0.00", "25.00"),
        ("11", "0.06", "25.06"),
        ("1000", "5.50", "30.50"),
        ("10000", "55.00", "80.00"),
        ("100000", "550.00", "575.00"),
    ],
)
def test_water_bills_charges_5_50_per_1000_gallons_and_25_00(api: Api, gallons: str, usage: str, total: str) -> None:
    utility = utility_in(api, "USD", "gal")
    staff = adopted(utility, "water-bills-standard")
    assert quoted(utility, staff, "water-bills-standard", gallons) == ({"base": "25.00", "usage": usage}, total)


@pytest.mark.covers("S2-047", "S2-048", "S2-049")
def test_the_utility_billing_system_taxes_the_usage_charge_only(api: Api) -> None:
    utility = utility_in(api, "INR", "unit")
    staff = adopted(utility, "utility-billing-flat")
    lines, total = quoted(utility, staff, "utility-billing-flat", "50")
    assert (lines, total) == ({"usage": "250.00", "fixed": "50.00", "tax": "45.00"}, "345.00")


@pytest.mark.covers("S3-025", "S3-026", "S3-027")
@pytest.mark.parametrize(
    ("tariff", "quantity", "total"),
    [
        ("balilihan-residential", "10", "275.00"),
        ("balilihan-residential", "0", "50.00"),
        ("balilihan-commercial", "10", "300.00"),
    ],
)
def test_balilihan_charges_by_class_and_50_00(api: Api, tariff: str, quantity: str, total: str) -> None:
    utility = utility_in(api, "PHP", "m3", ("residential", "commercial"))
    assert quoted(utility, adopted(utility, tariff), tariff, quantity)[1] == total


@pytest.mark.covers("S4-012", "S4-014", "S4-037", "S4-038", "S4-053")
def test_electricity_has_tiers_by_class_and_a_base_at_zero_use_only(api: Api) -> None:
    utility = utility_in(api, "INR", "kWh", CLASSES)
    totals = {}
    for consumer_class in CLASSES:
        tariff = f"electricity-{consumer_class}"
        staff = adopted(utility, tariff)
        totals[consumer_class] = [quoted(utility, staff, tariff, use)[1] for use in ("0", "50", "51", "100", "200")]
    assert totals == {
        "household": ["25.00", "75.00", "77.50", "200.00", "600.00"],
        "commercial": ["25.00", "125.00", "128.50", "300.00", "800.00"],
        "industrial": ["25.00", "175.00", "179.50", "400.00", "1000.00"],
    }


def ratio(shown: dict[str, Any]) -> Fraction:
    """Read a number as the API shows it."""
    exact = shown["exact"]
    return Fraction(int(exact["numerator"]), int(exact["denominator"])) if exact else Fraction(shown["decimal"])


def replayed(line: dict[str, Any]) -> Fraction:
    """Work a line out from what the API shows of it, as a stranger would."""
    value = sum((ratio(t["quantity"]) * Fraction(t["rate"]) / Fraction(t["per"]) for t in line["terms"]), Fraction(0))
    for factor in line["factors"]:
        value *= ratio(factor["value"])
    return value - ratio(line["less"])


@pytest.mark.covers("S0-029")
def test_a_bill_shows_its_rates_for_good_and_can_be_rated_again(api: Api, app: Chalice) -> None:
    utility = utility_in(api, "INR", "unit")
    staff = adopted(utility, "utility-billing-flat")
    account = register_connection(staff, utility, "E-1")["accountNumber"]
    reading = {"accountNumber": account, "reading": "12.345", "readOn": "2025-11-05"}
    staff.post(f"{utility.base}/readings", reading).expect(201)
    staff.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    staff.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    place = f"{utility.base}/bills/2025-11.{account}.1"
    bill = staff.get(place).expect(200)
    assert bill["lines"][0]["terms"] == [{"quantity": {"decimal": "12.345", "exact": None}, "rate": "5", "per": "1"}]
    assert [line["amount"] for line in bill["lines"]] == ["61.73", "50.00", "11.11"]
    assert [replayed(line) for line in bill["lines"]] == [ratio(line["unrounded"]) for line in bill["lines"]]
    assert [line["rounding"] for line in bill["lines"]] == [{"mode": "half-up", "step": "0.01"}] * 3

    facts = {"quantity": bill["usage"], "unit": bill["unit"], "consumerClass": bill["consumerClass"]}
    assert (bill["firstDay"], bill["lastDay"]) == ("2025-10-05", "2025-11-04")
    usage = facts | {"firstDay": "2025-10-05", "untilDay": "2025-11-05"}
    again = {"tariffId": "utility-billing-flat", "version": 1, "usage": usage}
    quote = staff.post(f"{utility.base}/tariffs/quote", again).expect(200)
    assert (quote["digest"], quote["total"]) == (bill["digest"], bill["total"])

    sheet = staff.get(f"{utility.base}/tariffs/utility-billing-flat/versions/1").expect(200)["sheet"]
    dearer = sheet | {"validFrom": "2025-12-01", "charges": [sheet["charges"][0] | {"rate": "9"}]}
    staff.post(f"{utility.base}/tariffs/utility-billing-flat/versions", dearer).expect(201)
    assert staff.get(place).expect(200) == bill
    assert staff.post(f"{utility.base}/tariffs/quote", again).expect(200)["digest"] == bill["digest"]

"""Uses of several periods that were not read apart, and periods whose fixed amounts are charged already."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    Measure,
    MinimumCharge,
    PercentCharge,
    Tariff,
    Usage,
    UsageCharge,
    compile_tariff,
    explain,
    rate_over,
    replay,
)
from tests.unit.tariffs.sheets import amounts, energy, fixed, rated, sheet, use

TWENTIES = energy(("0", "20", "10"), ("20", None, "20"))


def tax(**more: str) -> PercentCharge:
    bounds = {name: Decimal(value) for name, value in more.items()}
    return PercentCharge(code="tax", label="Tax", percent=Decimal(10), of=("energy",), **bounds)  # type: ignore[arg-type]


def test_two_periods_have_two_fixed_charges_and_twice_the_limits() -> None:
    """B05: 40 m3 in two months, blocks 0-20 at 10 and the rest at 20, 50.00 fixed."""
    rating = rated(sheet(TWENTIES, fixed("50")), use("40", periods=2))
    assert amounts(rating) == {"energy": "400.00", "fixed": "100.00"}
    assert explain(rating.lines[0]) == [
        "40 m3, of 2 periods, each 20 m3",
        "20 m3 at 10.00 = 200.00",
        "2 periods: times 2 = 400.00",
    ]
    assert explain(rating.lines[1]) == ["Fixed: 50.00", "2 periods: times 2 = 100.00"]


def test_months_apart_are_the_months_of_all_periods() -> None:
    """B06: the same, each month a bill of its own."""
    rating = rated(sheet(TWENTIES, months_apart=True), use("40", periods=2))
    assert [str(line.amount) for line in rating.lines] == ["200.00", "200.00"]
    assert rating.total == Money.parse("400.00", "PHP")


@pytest.mark.parametrize(
    ("quantity", "lines"),
    [
        ("60", {"energy": "800.00", "tax": "10.00"}),  # 30 each is 400.00, its tax 40.00, at most 5.00, twice
        ("8", {"energy": "80.00", "tax": "8.00"}),
        ("2", {"energy": "20.00", "tax": "6.00"}),  # 10.00 each, its tax at least 3.00
    ],
)
def test_a_bound_counts_for_each_period(quantity: str, lines: dict[str, str]) -> None:
    rating = rated(sheet(TWENTIES, tax(at_least="3", at_most="5")), use(quantity, periods=2))
    assert amounts(rating) == lines
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]


def test_a_bound_of_several_periods_is_explained() -> None:
    rating = rated(sheet(TWENTIES, tax(at_most="5")), use("60", periods=2))
    assert explain(rating.lines[1]) == ["10 % of energy = 80.00, but at most 5.00 for each period; times 2 = 10.00"]


def test_a_minimum_and_an_exempt_amount_count_for_each_period() -> None:
    least = MinimumCharge(code="least", label="Minimum", amount=Decimal(75), of=("energy",))
    assert amounts(rated(sheet(TWENTIES, least), use("10", periods=3))) == {"energy": "100.00", "least": "125.00"}
    assert amounts(rated(sheet(TWENTIES, tax(exempt_amount="100")), use("40", periods=2)))["tax"] == "20.00"


def test_a_line_of_several_periods_is_rounded_once() -> None:
    price = UsageCharge(code="energy", label="Energy", rate=Decimal("0.333"))
    assert amounts(rated(sheet(price), use("10", periods=3))) == {"energy": "3.33"}


def test_a_sum_is_shared_and_a_peak_is_not() -> None:
    night = UsageCharge(code="night", label="Night", rate=Decimal(1), measure="night", included=Decimal(10))
    demand = UsageCharge(code="demand", label="Demand", rate=Decimal(2), measure="demand")
    measures = (
        Measure(name="night", label="Night", unit="kWh", kind="sum"),
        Measure(name="demand", label="Demand", unit="kW", kind="peak"),
    )
    given = {"night": Decimal(60), "demand": Decimal(7)}
    rating = rated(sheet(night, demand, measures=measures), use("0", periods=2, measures=given))
    assert amounts(rating) == {"night": "40.00", "demand": "28.00"}  # 2 x (30 - 10), 2 x 7 x 2.00


def test_an_adjustment_that_came_is_charged_once_and_a_usual_one_in_each_period() -> None:
    rent = AdjustmentCharge(code="rent", label="Rent", amount=Decimal(3))
    assert amounts(rated(sheet(rent), use("0", periods=2))) == {"rent": "6.00"}
    assert amounts(rated(sheet(rent), use("0", periods=2, adjustments={"rent": Decimal(5)}))) == {"rent": "5.00"}
    fuel = AdjustmentCharge(code="fuel", label="Fuel", times="use")
    assert amounts(rated(sheet(fuel), use("30", periods=2, adjustments={"fuel": Decimal("0.2")}))) == {"fuel": "6.00"}


@pytest.mark.parametrize(
    ("terms", "period_days", "amount"),
    [({}, None, "60.00"), ({}, 61, "45.25"), ({"days_basis": 30}, None, "46.00")],
)
def test_a_prorated_amount_counts_the_days_of_all_periods(
    terms: dict[str, Any], period_days: int | None, amount: str
) -> None:
    """46 days of 61: without the days of the whole periods, nothing is known to be missing."""
    served = use("0", periods=2, first_day=date(2025, 9, 16), until_day=date(2025, 11, 1), period_days=period_days)
    assert amounts(rated(sheet(fixed("30", prorated=True, **terms)), served)) == {"fixed": amount}


def versions(*charges: tuple[str, str], change: date) -> list[Tariff]:
    first, second = (sheet(energy(("0", "20", low), ("20", None, high))) for low, high in charges)
    return [replace(first, valid_until=change), replace(second, version=2, valid_from=change)]


def test_a_change_between_two_periods_rates_each_by_its_own_version() -> None:
    """61 m3 in 30 and 31 days: 30 m3 are 20 x 1 + 10 x 2 = 40; 31 m3 are 20 x 3 + 11 x 4 = 104."""
    both = [compile_tariff(each) for each in versions(("1", "2"), ("3", "4"), change=date(2025, 10, 1))]
    usage = use("61", periods=2, first_day=date(2025, 9, 1), until_day=date(2025, 11, 1))
    assert [str(line.amount) for line in rate_over(both, usage).lines] == ["40.00", "104.00"]


def test_a_change_inside_one_of_several_periods_splits_that_one_only() -> None:
    """60 m3 in 30 and 30 days: 40.00, then 30 m3 by halves of 40.00 and of 100.00."""
    both = [compile_tariff(each) for each in versions(("1", "2"), ("3", "4"), change=date(2025, 5, 16))]
    usage = use("60", periods=2, first_day=date(2025, 4, 1), until_day=date(2025, 5, 31))
    assert [str(line.amount) for line in rate_over(both, usage).lines] == ["40.00", "20.00", "50.00"]


def test_an_adjustment_is_charged_in_the_first_period_that_has_it() -> None:
    first, second = versions(("1", "1"), ("1", "1"), change=date(2025, 10, 1))
    leak = AdjustmentCharge(code="leak", label="Leak")
    both = [compile_tariff(first), compile_tariff(replace(second, charges=(*second.charges, leak)))]
    usage = use(
        "0", periods=2, first_day=date(2025, 9, 1), until_day=date(2025, 11, 1), adjustments={"leak": Decimal(-9)}
    )
    assert [str(line.amount) for line in rate_over(both, usage).lines if line.code == "leak"] == ["-9.00"]


# --- what an earlier bill has charged


def test_fixed_amounts_are_not_charged_again_and_prorated_ones_are() -> None:
    served = use("10", fixed_charged=True, first_day=date(2025, 11, 11), until_day=date(2025, 12, 1), period_days=30)
    tariff = sheet(TWENTIES, fixed("50"), fixed("30", "meter", prorated=True), fixed("2", "daily", times="days"))
    assert amounts(rated(tariff, served)) == {"energy": "100.00", "meter": "20.00", "daily": "40.00"}


def test_minimums_least_quantities_and_flat_amounts_are_not_charged_again() -> None:
    least = MinimumCharge(code="least", label="Minimum", amount=Decimal(75), of=("energy",))
    again = use("1", fixed_charged=True)
    assert amounts(rated(sheet(TWENTIES, least), again)) == {"energy": "10.00"}
    assert amounts(rated(sheet(energy(("0", None, "10"), least=Decimal(5))), again)) == {"energy": "10.00"}
    flat = replace(TWENTIES, blocks=tuple(replace(each, flat=Decimal(7)) for each in TWENTIES.blocks))
    assert amounts(rated(sheet(flat), again)) == {"energy": "10.00"}
    assert amounts(rated(sheet(TWENTIES, tax(at_least="3")), again)) == {"energy": "10.00", "tax": "1.00"}


def test_a_level_is_not_charged_again_and_an_adjustment_only_if_it_came() -> None:
    kw = Measure(name="kw", label="Contracted", unit="kW", kind="peak")
    demand = UsageCharge(code="demand", label="Demand", rate=Decimal(2), measure="kw")
    daily = UsageCharge(code="daily", label="Demand", rate=Decimal("0.1"), measure="kw", times="days")
    rent = AdjustmentCharge(code="rent", label="Rent", amount=Decimal(3))
    tariff = sheet(demand, daily, rent, measures=(kw,))
    again = use("1", fixed_charged=True, measures={"kw": Decimal(7)})
    assert amounts(rated(tariff, again)) == {"daily": "21.00"}
    assert amounts(rated(tariff, replace(again, adjustments={"rent": Decimal(5)})))["rent"] == "5.00"


# --- digests


def test_the_digest_tells_periods_and_fixed_amounts_only_where_there_are_any() -> None:
    tariff = sheet(TWENTIES, fixed("50"))
    digests = {rated(tariff, each).digest for each in (use("40"), use("40", periods=2), use("40", fixed_charged=True))}
    assert len(digests) == 3
    assert rated(tariff, Usage(quantity=Decimal(40), unit="m3")).digest == "2a1117ac95479c527f77f30e8a1010d2"

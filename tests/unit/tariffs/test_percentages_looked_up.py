"""Percentages by a measure or by the ratio of two: a surcharge for a low power factor."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    Measure,
    PercentCharge,
    PercentRow,
    PercentSteps,
    PercentTable,
    Rounding,
    Tariff,
    UsageCharge,
    compile_tariff,
    explain,
    measures_needed,
    pack_lines,
    rate_over,
    replay,
    unpack_lines,
)
from tests.unit.tariffs.sheets import amounts, rated, sheet, to, use

ENERGY = UsageCharge(code="energy", label="Energy", rate=Decimal(1))


def row(over: str, up_to: str | None, percent: str, steps: PercentSteps | None = None) -> PercentRow:
    limit = None if up_to is None else Decimal(up_to)
    return PercentRow(over=Decimal(over), up_to=limit, percent=Decimal(percent), steps=steps)


def steps(size: str, percent: str, direction: Any = "down") -> PercentSteps:  # noqa: ANN401
    return PercentSteps(size=Decimal(size), percent=Decimal(percent), direction=direction)


def factor(*rows: PercentRow, rounding: Rounding | None = None, per: str | None = "kvah", **more: Any) -> PercentCharge:  # noqa: ANN401
    table = PercentTable(measure="use", per_measure=per, rows=rows, rounding=rounding)
    return PercentCharge(code="factor", label="Power factor", percent_table=table, of=("energy",), **more)


SURCHARGE = (row("0", "0.90", "0", steps("0.01", "0.5")), row("0.90", None, "0"))


def billed(charge: PercentCharge, quantity: str, kvah: str, **more: Any) -> dict[str, str]:  # noqa: ANN401
    rating = rated(sheet(ENERGY, charge), use(quantity, measures={"kvah": Decimal(kvah)}, **more))
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert unpack_lines(pack_lines(rating.lines), "PHP") == rating.lines
    return amounts(rating)


@pytest.mark.parametrize(
    ("quantity", "kvah", "surcharge"),
    [
        ("1000", "1000", "0.00"),
        ("900", "1000", "0.00"),
        ("1000", "1125", "5.00"),  # 0.888..., rounded 0.89: one step, 0.5 %
        ("900", "1250", "81.00"),  # 0.72: 18 steps, 9 %
        ("0", "1000", "0.00"),  # 45 % of nothing
        ("900", "0", None),  # a ratio to nothing: there is no line
    ],
)
def test_each_hundredth_below_090_costs_half_a_percent(quantity: str, kvah: str, surcharge: str | None) -> None:
    assert billed(factor(*SURCHARGE, rounding=to("0.01")), quantity, kvah).get("factor") == surcharge


@pytest.mark.parametrize(
    ("rounding", "surcharge"),
    [
        (None, "5.00"),  # 0.884 is 1.6 steps below 0.90: one whole step
        (to("0.01"), "10.00"),  # 0.88: two
        (to("0.01", "ceiling"), "5.00"),  # 0.89
        (to("0.01", "floor"), "10.00"),  # 0.88: a begun step counts
    ],
)
def test_whole_steps_count_and_rounding_decides_about_begun_ones(rounding: Rounding | None, surcharge: str) -> None:
    measures = {"kvah": Decimal(1000) / Decimal("0.884")}
    lines = rated(sheet(ENERGY, factor(*SURCHARGE, rounding=rounding)), use("1000", measures=measures))
    assert amounts(lines)["factor"] == surcharge


def test_a_percentage_may_grow_upwards_and_be_a_discount() -> None:
    """0.25 % off for each 0.01 above 0.95, at most 1.25 %."""
    rows = (row("0", "0.95", "0"), row("0.95", "1", "0", steps("0.01", "-0.25", "up")), row("1", None, "-1.25"))
    charge = factor(*rows)
    found = [billed(charge, quantity, "1000")["factor"] for quantity in ("950", "970", "979", "1000", "1040")]
    # 970 x 0.5 %, 979 x 0.5 %, 1000 x 1.25 %, 1040 x 1.25 %
    assert found == ["0.00", "-4.85", "-4.90", "-12.50", "-13.00"]


def test_a_value_on_a_limit_belongs_to_the_lower_row() -> None:
    charge = factor(row("0", "100", "1"), row("100", "200", "2"), row("200", None, "3"), per=None)
    found = [
        amounts(rated(sheet(ENERGY, charge), use(quantity)))["factor"] for quantity in ("0", "100", "101", "200", "300")
    ]
    assert found == ["0.00", "1.00", "2.02", "4.00", "9.00"]


def test_a_percentage_that_is_looked_up_has_bounds_and_may_be_inside() -> None:
    rows = (row("0", "0.9", "20"), row("0.9", None, "0"))
    assert billed(factor(*rows, at_most=Decimal(99)), "800", "1000") == {"energy": "800.00", "factor": "99.00"}
    assert billed(factor(*rows, inside="sum"), "800", "1000") == {"energy": "800.00", "factor": "200.00"}
    assert billed(factor(*rows, exempt_amount=Decimal(300)), "800", "1000")["factor"] == "100.00"
    assert billed(factor(*rows, at_least=Decimal(5)), "950", "1000")["factor"] == "5.00"


def test_several_periods_have_the_ratio_of_all_of_them() -> None:
    charge = factor(*SURCHARGE, rounding=to("0.01"))
    assert billed(charge, "1000", "1250", periods=3) == {"energy": "1000.00", "factor": "50.00"}


def test_two_equal_versions_give_the_surcharge_of_one() -> None:
    charge = factor(*SURCHARGE, rounding=to("0.01"))
    june = sheet(ENERGY, charge, valid_until=date(2025, 6, 16))
    rest = replace(june, version=2, valid_from=date(2025, 6, 16), valid_until=None)
    days: dict[str, Any] = {"first_day": date(2025, 6, 1), "until_day": date(2025, 7, 1)}
    usage = use("1000", measures={"kvah": Decimal(1250)}, **days)
    assert str(rate_over([compile_tariff(june), compile_tariff(rest)], usage).total) == "1050.00"


def test_it_is_explained_by_the_value_that_it_is_for() -> None:
    charge = factor(*SURCHARGE, rounding=to("0.01"))
    line = rated(sheet(ENERGY, charge), use("1000", measures={"kvah": Decimal(1250)})).lines[1]
    assert explain(line) == [
        "use per kvah, rounded (half-up to 0.01) = 0.8",
        "5 % of 1000.00 (energy) = 50.00",
    ]


def test_what_the_ratio_is_made_of_must_be_given() -> None:
    tariff: Tariff = sheet(ENERGY, factor(*SURCHARGE), measures=(Measure(name="kvah", label="kVAh", unit="kVAh"),))
    assert [each.name for each in measures_needed(tariff)] == ["kvah"]
    with pytest.raises(Invalid, match="'kvah'"):
        rated(tariff, use("1"))


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        (factor(*SURCHARGE, percent=Decimal(1)), "charges.1.percent: give either percent, or percentTable"),
        (
            PercentCharge(code="factor", label="F", of=("energy",)),
            "charges.1.percent: give either percent, or percentTable",
        ),
        (factor(row("0", "1", "0"), row("2", None, "1")), "percentTable.rows.1.over: leaves a gap"),
        (factor(row("0", "1", "0")), "percentTable.rows.0.upTo: the last one has no limit"),
        (factor(row("0", None, "0", steps("1", "1"))), "percentTable.rows.0.steps: a row with steps has an upTo"),
        (factor(row("0", "9", "0", steps("0", "1")), row("9", None, "1")), "steps.size: a step is above zero"),
        (factor(row("0", "9", "0", steps("0.001", "1")), row("9", None, "1")), "at most 1000 steps"),
        (
            factor(row("0", "9", "0", steps("1", "-20")), row("9", None, "1")),
            "rows: a discount can't be more than 100 %",
        ),
        (factor(row("0", None, "100"), inside="sum"), "rows: a tax inside a sum is less than 100 %"),
        (factor(*SURCHARGE, per="use"), "percentTable.perMeasure: 'use' per itself is always 1"),
        (factor(*SURCHARGE, rounding=Rounding("floor", Decimal(0))), "percentTable.rounding.step"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(charge: PercentCharge, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheet(ENERGY, charge)
    assert message in str(refused.value)

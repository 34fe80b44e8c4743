"""Limits of blocks with parts from measures, and limits that stretch with any number of measures."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    Block,
    BlockCharge,
    LimitPart,
    Measure,
    Schedule,
    ScheduleCharge,
    compile_tariff,
    explain,
    measures_needed,
    pack_lines,
    rate_over,
    replay,
    unpack_lines,
)
from tests.unit.tariffs.sheets import amounts, rated, sheet, to, use


def part(amount: str, *times: str) -> LimitPart:
    return LimitPart(amount=Decimal(amount), times=times)


def block(over: str, up_to: str | None, rate: str, *plus: LimitPart) -> Block:
    limit = None if up_to is None else Decimal(up_to)
    return Block(over=Decimal(over), up_to=limit, rate=Decimal(rate), up_to_plus=plus)


def water(*rows: Block, **more: Any) -> BlockCharge:  # noqa: ANN401
    return BlockCharge(code="water", label="Water", blocks=rows, **more)


INDOOR = part("0.2", "persons", "days")
GARDEN = part("0.004", "area", "days")
BUDGET = (
    block("0", "0", "1", INDOOR),  # 0.2 m3 for each person and day
    block("0", "2", "2", INDOOR, GARDEN),  # and 0.004 for each square metre and day, and 2
    block("2", None, "5"),
)


def facts(persons: str = "4", area: str = "100", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"measures": {"persons": Decimal(persons), "area": Decimal(area)}, **more}


@pytest.mark.parametrize(
    ("quantity", "more", "amount"),
    [
        ("24", facts(), "24.00"),  # 0.2 x 4 x 30 = 24
        ("38", facts(), "52.00"),  # 24 + 14 x 2: up to 24 + 12 + 2
        ("40", facts(), "62.00"),  # and 2 x 5
        ("40", facts(persons="0"), "158.00"),  # 14 x 2 + 26 x 5: nobody has no first block
        ("40", facts(persons="1", area="0"), "170.00"),  # 6 x 1 + 2 x 2 + 32 x 5
        ("80", facts(months=2), "130.00"),  # 60 days: 48 x 1 + 26 x 2 + 6 x 5, as 48 + 24 + 2 = 74
        ("10", facts(first_day=date(2025, 6, 1), until_day=date(2025, 6, 11)), "12.00"),  # 8 x 1 + 2 x 2
    ],
)
def test_a_limit_is_a_budget_by_persons_days_and_area(quantity: str, more: dict[str, Any], amount: str) -> None:
    line = rated(sheet(water(*BUDGET)), use(quantity, **more)).lines[0]
    assert (str(line.amount), replay(line)) == (amount, line.amount)
    assert unpack_lines(pack_lines([line]), "PHP") == (line,)


def test_a_block_whose_limit_is_not_above_the_one_before_is_passed_over() -> None:
    rows = (
        block("0", "10", "1"),
        block("10", "10", "2", part("1", "area")),
        block("10", "11", "3"),
        block("11", None, "4"),
    )
    crossing = (block("0", "10", "1", part("1", "persons")), block("10", "11", "2"), block("11", None, "4"))
    assert amounts(rated(sheet(water(*rows)), use("12", **facts(area="0")))) == {"water": "17.00"}  # 10 + 3 + 4
    assert amounts(rated(sheet(water(*crossing)), use("16", **facts()))) == {"water": "22.00"}  # 14 x 1 + 2 x 4


def test_a_budget_stretches_and_is_rounded() -> None:
    rows = (block("0", "1", "1", part("0.3", "persons")), block("1", None, "2"))
    months = water(*rows, limits_per="months", limit_rounding=to("1"))
    # (1 + 0.3 x 4) x 2 = 4.4, rounded 4: 4 x 1 + 6 x 2
    assert amounts(rated(sheet(months), use("10", months=2, **facts()))) == {"water": "16.00"}
    alone = water(*rows, limit_rounding=to("1", "ceiling"))
    line = rated(sheet(alone), use("10", **facts())).lines[0]  # 2.2, rounded 3
    assert str(line.amount) == "17.00"
    assert explain(line)[0] == "1 + 0.3 times 4 persons, rounded (ceiling to 1) = 3 m3, the limit of a block"


def test_limits_stretch_with_days_dwellings_and_persons_together() -> None:
    rows = (block("0", "3", "1"), block("3", None, "2"))
    charge = water(*rows, limits_per="days", limits_times=("dwellingUnits", "persons"))
    usage = use("50", months=2, dwelling_units=Decimal(2), measures={"persons": Decimal(3)})
    line = rated(sheet(charge), usage).lines[0]
    assert str(line.amount) == "64.00"  # 3 x 2 x 2 x 3 = 36: 36 x 1 + 14 x 2
    said = "the limits of the blocks times 12: 60 days instead of 30 and 2 dwelling units and 3 persons"
    assert said in explain(line)
    assert rated(sheet(replace(charge, limits_times="persons")), usage).lines[0].amount.minor == 8200  # 18 + 32 x 2


def test_schedules_have_budgets_too() -> None:
    low = Schedule(over=Decimal(0), up_to=Decimal(30), blocks=(block("0", "0", "1", INDOOR), block("0", None, "2")))
    high = Schedule(over=Decimal(30), up_to=None, blocks=(block("0", "0", "3", INDOOR), block("0", None, "4")))
    tariff = sheet(ScheduleCharge(code="water", label="Water", schedules=(low, high)))
    assert amounts(rated(tariff, use("30", **facts()))) == {"water": "36.00"}  # 24 x 1 + 6 x 2
    assert amounts(rated(tariff, use("31", **facts()))) == {"water": "100.00"}  # 24 x 3 + 7 x 4


def test_each_unread_period_has_its_own_budget() -> None:
    """The persons are the same in both, the days are half of all."""
    persons = Measure(name="persons", label="Persons", unit="persons", kind="peak")
    area = Measure(name="area", label="Area", unit="m2", kind="peak")
    tariff = sheet(water(*BUDGET), measures=(persons, area))
    assert amounts(rated(tariff, use("80", periods=2, **facts()))) == {"water": "124.00"}  # twice 62.00


def test_two_equal_versions_give_the_budget_of_one() -> None:
    june = sheet(water(*BUDGET), valid_until=date(2025, 6, 16))
    rest = replace(june, version=2, valid_from=date(2025, 6, 16), valid_until=None)
    usage = use("40", **facts(first_day=date(2025, 6, 1), until_day=date(2025, 7, 1)))
    assert str(rate_over([compile_tariff(june), compile_tariff(rest)], usage).total) == "62.00"


def test_a_budget_is_explained() -> None:
    assert explain(rated(sheet(water(*BUDGET)), use("40", **facts())).lines[0]) == [
        "0.2 times 4 persons times 30 days = 24 m3, the limit of a block",
        "2 + 0.2 times 4 persons times 30 days + 0.004 times 100 area times 30 days = 38 m3, the limit of a block",
        "24 m3 at 1.00 = 24.00",
        "14 m3 at 2.00 = 28.00",
        "2 m3 at 5.00 = 10.00",
        "together 62.00",
    ]


def test_what_a_budget_is_made_of_must_be_given() -> None:
    tariff = sheet(water(*BUDGET))
    assert [each.name for each in measures_needed(tariff)] == ["area", "persons"]
    with pytest.raises(Invalid, match="the measure 'area'"):
        rated(tariff, use("1", measures={"persons": Decimal(1)}))


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        (water(block("0", None, "1", INDOOR)), "charges.0.blocks.0.upToPlus: a block without a limit"),
        (
            water(block("0", "0", "1", part("-1", "days")), block("0", None, "1")),
            "upToPlus.0.amount: a part of a limit",
        ),
        (water(block("0", "0", "1", part("1")), block("0", None, "1")), "upToPlus.0.times: name a measure"),
        (water(block("0", "5", "1", INDOOR), block("4", None, "1")), "charges.0.blocks.1.over: overlaps"),
        (water(block("0", "0", "1"), block("0", None, "1")), "charges.0.blocks.0.upTo: must be above 0"),
        (
            water(block("0", "5", "1"), block("5", None, "1"), limits_per="days", limits_times=("persons", "days")),
            "charges.0.limitsTimes: names a second measure",
        ),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(charge: BlockCharge, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheet(charge)
    assert message in str(refused.value)

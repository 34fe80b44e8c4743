"""A period that does not fit one version of a tariff."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    Season,
    Tariff,
    UsageCharge,
    compile_tariff,
    explain,
    pack_lines,
    rate,
    rate_over,
    replay,
)
from chalicelib.tariffs.domain.proration import split_quantity
from chalicelib.tariffs.domain.rounding import split_by_weights
from chalicelib.tariffs.domain.trace import unpack_lines
from tests.unit.tariffs.sheets import energy, fixed, sheet, use

NOVEMBER: dict[str, Any] = {"first_day": date(2025, 11, 1), "until_day": date(2025, 12, 1)}


def version(number: int, rate_text: str, start: date, end: date | None) -> Tariff:
    charge = UsageCharge(code="water", label="Water", rate=Decimal(rate_text))
    return sheet(charge, fixed("30"), version=number, valid_from=start, valid_until=end)


OLD = compile_tariff(version(1, "2.00", date(2025, 1, 1), date(2025, 11, 11)))
NEW = compile_tariff(version(2, "3.00", date(2025, 11, 11), None))


def test_each_version_rates_its_days_and_the_bill_shows_both() -> None:
    rating = rate_over([NEW, OLD], use("30", **NOVEMBER))
    shown = [(line.trace.tariff_version, line.code, str(line.amount)) for line in rating.lines]
    assert shown == [(1, "water", "20.00"), (1, "fixed", "10.00"), (2, "water", "60.00"), (2, "fixed", "20.00")]
    assert str(rating.total) == "110.00"
    assert explain(rating.lines[0]) == [
        "30 m3 at 2.00 = 60.00",
        "2025-11-01 - 2025-11-10: times 1/3 = 20.00",
    ]
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert unpack_lines(pack_lines(rating.lines), "PHP") == rating.lines


def test_the_day_of_the_change_belongs_to_the_new_version() -> None:
    ten_days = use("10", first_day=date(2025, 11, 1), until_day=date(2025, 11, 11))
    assert rate_over([OLD, NEW], ten_days) == rate(OLD, ten_days)
    from_the_eleventh = use("10", first_day=date(2025, 11, 11), until_day=date(2025, 11, 12))
    assert rate_over([OLD, NEW], from_the_eleventh) == rate(NEW, from_the_eleventh)


def test_a_version_that_begins_after_the_period_or_ended_before_it_has_no_part_in_it() -> None:
    next_one = compile_tariff(replace(NEW.tariff, version=3, valid_from=date(2025, 12, 1)))
    until_december = compile_tariff(replace(NEW.tariff, valid_until=date(2025, 12, 1)))
    last_one = compile_tariff(replace(OLD.tariff, version=0, valid_until=date(2025, 11, 1)))
    rating = rate_over([last_one, OLD, until_december, next_one], use("30", **NOVEMBER))
    assert [line.trace.tariff_version for line in rating.lines] == [1, 1, 2, 2]


def test_the_same_price_in_both_versions_costs_what_one_costs() -> None:
    blocks = (("0", "10", "1"), ("10", None, "4"))
    first = compile_tariff(sheet(energy(*blocks), valid_until=date(2025, 11, 8)))
    second = compile_tariff(sheet(energy(*blocks), version=2, valid_from=date(2025, 11, 8)))
    assert rate_over([first, second], use("22", **NOVEMBER)).total == rate(first, use("22", **NOVEMBER)).total


def test_a_day_without_a_version_or_with_two_is_refused() -> None:
    late = compile_tariff(replace(NEW.tariff, valid_from=date(2025, 11, 12)))
    with pytest.raises(Invalid, match="no version of the tariff is valid on 2025-11-11"):
        rate_over([OLD, late], use("1", **NOVEMBER))
    early = compile_tariff(replace(NEW.tariff, valid_from=date(2025, 11, 10)))
    with pytest.raises(Invalid, match="more than one version of the tariff is valid on 2025-11-10"):
        rate_over([OLD, early], use("1", **NOVEMBER))
    with pytest.raises(Invalid, match="no version of the tariff is valid on 2025-11-11"):
        rate_over([OLD], use("1", **NOVEMBER))
    with pytest.raises(Invalid, match="first day"):
        rate_over([OLD], use("1"))


def test_splitting_gives_the_remainder_to_the_largest_and_then_the_earliest() -> None:
    assert split_by_weights(51, [1, 1]) == (26, 25)
    assert split_by_weights(100, [1, 1, 1]) == (34, 33, 33)
    assert split_by_weights(10, [1, 2, 4]) == (1, 3, 6)
    assert split_by_weights(0, [0, 1]) == (0, 0)
    with pytest.raises(ValueError, match="weights"):
        split_by_weights(1, [0, 0])
    with pytest.raises(ValueError, match="weights"):
        split_by_weights(1, [2, -1])


def test_a_quantity_is_split_in_steps_and_what_is_finer_goes_first() -> None:
    assert split_quantity(Decimal("51.25"), [1, 1]) == (Decimal("26.25"), Decimal(25))
    assert split_quantity(Decimal("0.3"), [1, 1], Decimal("0.1")) == (Decimal("0.2"), Decimal("0.1"))


def test_two_tariffs_of_one_class_may_follow_each_other() -> None:
    old = compile_tariff(replace(OLD.tariff, id="A"))
    new = compile_tariff(replace(NEW.tariff, id="B", version=1))
    rating = rate_over([old, new], use("30", **NOVEMBER))
    assert [line.trace.tariff_id for line in rating.lines] == ["A", "A", "B", "B"]
    assert str(rating.total) == "110.00"


def test_months_apart_share_the_days_and_take_an_adjustment_once() -> None:
    charges = (
        UsageCharge(code="supply", label="Supply", rate=Decimal(1), measure="days"),
        AdjustmentCharge(code="fuel", label="Fuel"),
    )
    tariff = compile_tariff(sheet(*charges, months_apart=True))
    october_november: dict[str, Any] = {"first_day": date(2025, 10, 1), "until_day": date(2025, 12, 1)}
    usage = use("5", months=2, adjustments={"fuel": Decimal(-3)}, **october_november)
    billed = [(line.code, str(line.amount)) for line in rate(tariff, usage).lines]
    assert billed == [("supply", "31.00"), ("fuel", "-3.00"), ("supply", "30.00")]
    assert rate_over([tariff], usage) == rate(tariff, usage)


def test_months_apart_are_each_rated_by_the_version_of_their_days() -> None:
    flat = energy(("0", "10", "0"), ("10", None, "1"))
    old = compile_tariff(sheet(flat, months_apart=True, valid_until=date(2025, 11, 1)))
    new = compile_tariff(sheet(flat, months_apart=True, version=2, valid_from=date(2025, 11, 1)))
    both = use("51", months=2, first_day=date(2025, 10, 1), until_day=date(2025, 12, 1))
    rating = rate_over([old, new], both)
    assert [str(line.amount) for line in rating.lines] == ["16.00", "15.00"]
    assert [line.trace.tariff_version for line in rating.lines] == [1, 2]


def test_a_season_is_counted_within_the_days_of_each_version() -> None:
    summer = UsageCharge(
        code="summer", label="Summer", rate=Decimal(1), season=Season(from_day="06-01", until_day="11-11")
    )
    old = compile_tariff(sheet(summer, fixed("30"), valid_until=date(2025, 11, 11)))
    new = compile_tariff(sheet(summer, fixed("60"), version=2, valid_from=date(2025, 11, 11)))
    shown = [(line.code, str(line.amount)) for line in rate_over([old, new], use("30", **NOVEMBER)).lines]
    assert shown == [("summer", "10.00"), ("fixed", "10.00"), ("fixed", "40.00")]


def test_ending_a_version_leaves_the_digests_of_its_bills_as_they_were() -> None:
    october = use("10", first_day=date(2025, 10, 1), until_day=date(2025, 11, 1))
    open_ended = compile_tariff(replace(OLD.tariff, valid_until=None))
    assert rate(open_ended, october).digest == rate(OLD, october).digest

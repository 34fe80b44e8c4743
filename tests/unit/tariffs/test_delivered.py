"""What a bill gets besides a use: amounts of adjustments by their codes, and a share of a period as an advance."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    TariffBook,
    TraceFactor,
    compile_tariff,
    explain,
    replay,
    share_of,
    with_adjustments,
)
from tests.unit.tariffs.sheets import amounts, fixed, rated, sheet, use

_DAYS: dict[str, Any] = {"first_day": date(2025, 6, 1), "until_day": date(2025, 7, 1)}
_FUEL = AdjustmentCharge(code="fuel", label="Fuel", times="use")


def test_a_measure_with_the_code_of_an_adjustment_is_its_amount() -> None:
    tariff = sheet(_FUEL, fixed("5"))
    given = with_adjustments(
        use("10", measures={"fuel": Decimal("-0.12"), "other": Decimal(1)}, **_DAYS), [compile_tariff(tariff)]
    )
    assert dict(given.adjustments) == {"fuel": Decimal("-0.12")}
    assert amounts(rated(tariff, given)) == {"fuel": "-1.20", "fixed": "5.00"}


def test_only_the_version_that_rates_all_of_a_use_has_its_adjustments() -> None:
    older = sheet(_FUEL, valid_until=date(2025, 6, 10))
    newer = sheet(fixed("5"), version=2, valid_from=date(2025, 6, 10))
    usage = use("10", measures={"fuel": Decimal(1)}, **_DAYS)

    def adjusted(change: Literal["by-days", "by-reading-day"]) -> list[str]:
        last = sheet(fixed("5"), version=2, valid_from=date(2025, 6, 10), version_change=change)
        return sorted(with_adjustments(usage, [compile_tariff(each) for each in (older, last)]).adjustments)

    assert with_adjustments(usage, [compile_tariff(newer)]) is usage
    assert (adjusted("by-days"), adjusted("by-reading-day")) == (["fuel"], [])


def test_a_share_of_a_line_is_rounded_replayed_and_explained() -> None:
    (line,) = rated(sheet(fixed("154.25")), use("0")).lines
    twelfth = share_of(line, TraceFactor("share of 31 days of 12 months", Fraction(1, 12)))
    assert str(twelfth.amount) == "12.85"
    assert replay(twelfth) == twelfth.amount
    assert explain(twelfth) == [
        "Fixed: 154.25",
        "share of 31 days of 12 months: times 1/12 = ~12.854167",
        "rounded (half-up to 0.01) to 12.85",
    ]


def test_a_use_can_be_rated_as_if_one_day_had_it_all() -> None:
    book = TariffBook.of(
        [sheet(fixed("5"), valid_until=date(2025, 6, 10)), sheet(fixed("7"), version=2, valid_from=date(2025, 6, 10))]
    )
    for day, total in ((9, "5.00"), (10, "7.00")):
        assert str(book.rate_as_on(date(2025, 6, day), "", use("0", **_DAYS)).total) == total
    with pytest.raises(Invalid, match="no version of the tariff is valid on 2024-06-01"):
        book.rate_as_on(date(2024, 6, 1), "", use("0", **_DAYS))

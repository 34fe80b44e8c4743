"""Sixteen real kinds of tariff, quoted to the cent by the engine and by the independent calculator."""

from decimal import Decimal
from fractions import Fraction

import pytest

from chalicelib.tariffs.domain import Rating, compile_tariff, explain, rate_over, replay
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.published.tariff_kinds import KINDS, PREPAID, Json, Kind, use
from tests.tools.tariff_calculator import bill_of

ON_DAYS = {"firstDay": "2025-06-01", "untilDay": "2025-07-01"}


def rated(sheets: list[Json], usage: Json) -> Rating:
    versions = [
        compile_tariff(TariffBody.model_validate(sheet).to_domain(tariff_id="kind", version=at))
        for at, sheet in enumerate(sheets, start=1)
    ]
    given = usage if "firstDay" in usage else usage | ON_DAYS | {"untilDay": until(usage)}
    return rate_over(versions, UsageQuantities.model_validate(given).to_domain())


def until(usage: Json) -> str:
    return {1: "2025-07-01", 2: "2025-08-01", 3: "2025-09-01"}[usage.get("months", 1)]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_kind_of_tariff_is_quoted_to_the_cent(kind: Kind) -> None:
    rating = rated(kind.sheets, kind.usage)
    lines: dict[str, list[str]] = {}
    for line in rating.lines:
        lines.setdefault(line.code, []).append(str(line.amount))
    assert {code: " ".join(amounts) for code, amounts in lines.items()} == kind.lines
    assert str(rating.total) == kind.total


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_the_independent_calculator_agrees(kind: Kind) -> None:
    lines: dict[str, list[Fraction]] = {}
    for _, code, amount in bill_of(kind.sheets, kind.usage):
        lines.setdefault(code, []).append(amount)
    assert lines == {code: [Fraction(amount) for amount in text.split()] for code, text in kind.lines.items()}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_line_is_replayed_and_explained(kind: Kind) -> None:
    lines = rated(kind.sheets, kind.usage).lines
    assert [replay(line) for line in lines] == [line.amount for line in lines]
    assert all(explain(line) for line in lines)


def test_prepaid_money_buys_units_through_the_same_blocks() -> None:
    """After 40 kWh in this month, 100.00 buys 54.7 kWh: 10 at 1.50 and 44.7 at 1.90 are 99.93, a tenth more 100.12."""

    def price(month_to_date: str) -> Decimal:
        engine = Decimal(str(rated([PREPAID], use(month_to_date, "kWh")).total))
        ((_, _, other),) = bill_of([PREPAID], use(month_to_date, "kWh"))
        assert Fraction(engine) == other
        return engine

    assert price("94.7") - price("40") == Decimal("99.93")
    assert price("94.8") - price("40") == Decimal("100.12")

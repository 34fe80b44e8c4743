"""The tariffs of a project: which of them rates whom."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import Rounding, Tariff, TariffBook, Trace, Usage
from chalicelib.tariffs.domain.trace import TraceTerm
from tests.unit.tariffs.sheets import fixed, sheet, use

JUNE: dict[str, Any] = {"first_day": date(2025, 6, 1), "until_day": date(2025, 7, 1)}


def tariff(
    amount: str, name: str, consumer_class: str | None = None, *, by_choice: Literal[True] | None = None
) -> Tariff:
    return replace(sheet(fixed(amount)), id=name, consumer_class=consumer_class, by_choice=by_choice)


BOOK = TariffBook.of(
    [tariff("1", "everyone"), tariff("2", "shops", "commercial"), tariff("3", "chosen", by_choice=True)]
)


def total(consumer_class: str, tariff_id: str | None = None) -> str:
    return str(BOOK.rate(consumer_class, use("5", **JUNE), tariff_id=tariff_id).total)


def test_a_class_is_rated_by_its_own_tariff_and_else_by_the_one_for_every_class() -> None:
    assert total("commercial") == "2.00"
    assert total("residential") == "1.00"


def test_a_named_tariff_counts_before_that_of_the_class() -> None:
    assert total("commercial", "chosen") == "3.00"
    assert total("commercial", "everyone") == "1.00"
    with pytest.raises(Invalid, match="no tariff gone"):
        total("commercial", "gone")


def test_what_rates_by_choice_alone_rates_nobody_else() -> None:
    book = TariffBook.of([tariff("3", "chosen", by_choice=True)])
    with pytest.raises(Invalid, match="no tariff for the class residential"):
        book.rate("residential", use("5", **JUNE))


def test_a_use_without_both_its_days_counts_thirty_a_month() -> None:
    assert Usage(quantity=Decimal(1), unit="m3", first_day=date(2025, 6, 1), months=2).days == 60
    assert Usage(quantity=Decimal(1), unit="m3", until_day=date(2025, 6, 1)).days == 30
    assert Usage(quantity=Decimal(1), unit="m3", first_day=date(2025, 6, 1), until_day=date(2025, 6, 15)).days == 14


def test_a_trace_takes_nothing_off_unless_it_says_so() -> None:
    terms = (TraceTerm(Fraction(10), Decimal("2.50")),)
    assert Trace("T", 1, "usage", terms, Rounding("half-up", Decimal("0.01"))).unrounded == 25

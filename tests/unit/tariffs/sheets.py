"""Short ways to write tariffs and uses in tests."""

from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.tariffs.domain import (
    Block,
    BlockCharge,
    Charge,
    FixedCharge,
    Measure,
    Rating,
    RoundingPlan,
    Tariff,
    Usage,
    compile_tariff,
    rate,
)
from chalicelib.tariffs.domain.checks import check_tariff
from chalicelib.tariffs.domain.measures import KNOWN_MEASURES, measures_named
from chalicelib.tariffs.domain.rounding import Rounding, RoundingMode


def sheet(*charges: Charge, currency: str = "PHP", unit: str = "m3", **more: Any) -> Tariff:  # noqa: ANN401
    """Return a checked tariff, by default version 1 from 2025 on. It declares every measure that it names."""
    named = {name for charge in charges for _, name in measures_named(charge)}
    named |= {each.times_measure for each in more.get("conversions", ()) if each.times_measure}
    measures = tuple(Measure(name=name, label=name, unit=name) for name in sorted(named - set(KNOWN_MEASURES)))
    facts = {"measures": measures, "id": "T", "version": 1, "name": "Test", "valid_from": date(2025, 1, 1), **more}
    tariff = Tariff(currency=currency, unit=unit, charges=charges, **facts)
    check_tariff(tariff)
    return tariff


def use(quantity: str, unit: str = "m3", **more: Any) -> Usage:  # noqa: ANN401
    return Usage(quantity=Decimal(quantity), unit=unit, **more)


def rated(tariff: Tariff, usage: Usage) -> Rating:
    return rate(compile_tariff(tariff), usage)


def amounts(rating: Rating) -> dict[str, str]:
    return {line.code: str(line.amount) for line in rating.lines}


def blocks(*rows: tuple[str, str | None, str]) -> tuple[Block, ...]:
    return tuple(
        Block(over=Decimal(over), up_to=None if up_to is None else Decimal(up_to), rate=Decimal(rate_text))
        for over, up_to, rate_text in rows
    )


def energy(*rows: tuple[str, str | None, str], **more: Any) -> BlockCharge:  # noqa: ANN401
    return BlockCharge(code="energy", label="Energy", blocks=blocks(*rows), **more)


def fixed(amount: str, code: str = "fixed", **more: Any) -> FixedCharge:  # noqa: ANN401
    return FixedCharge(code=code, label=code.title(), amount=Decimal(amount), **more)


def to(step: str, mode: RoundingMode = "half-up") -> Rounding:
    return Rounding(mode, Decimal(step))


def total_to(step: str, mode: RoundingMode = "half-up") -> RoundingPlan:
    return RoundingPlan(total=to(step, mode))

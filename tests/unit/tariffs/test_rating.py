"""The two first-path bills: a rate and a fixed charge, each line rounded for itself."""

from datetime import date
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain import (
    FixedCharge,
    Tariff,
    Usage,
    UsageCharge,
    compile_tariff,
    explain,
    pack_lines,
    rate,
    replay,
    unpack_lines,
)


def rate_and_fixed(currency: str, unit: str, rate_text: str, fixed: str, per: str = "1") -> Tariff:
    return Tariff(
        id="01JABCDEFGHJKMNPQRSTVWXYZ0",
        version=1,
        name="Residential",
        currency=currency,
        unit=unit,
        valid_from=date(2025, 1, 1),
        charges=(
            UsageCharge(code="usage", label="Water used", rate=Decimal(rate_text), per=Decimal(per)),
            FixedCharge(code="fixed", label="Fixed charge", amount=Decimal(fixed)),
        ),
    )


BALILIHAN = compile_tariff(rate_and_fixed("PHP", "m3", "22.50", "50.00"))
AVII = compile_tariff(rate_and_fixed("USD", "gal", "5.50", "25.00", per="1000"))


def m3(quantity: str) -> Usage:
    return Usage(quantity=Decimal(quantity), unit="m3")


def gallons(quantity: str) -> Usage:
    return Usage(quantity=Decimal(quantity), unit="gal")


@pytest.mark.covers("S3-025", "S3-028", "S3-029")
def test_ten_cubic_metres_of_water_cost_275_pesos() -> None:
    rating = rate(BALILIHAN, m3("10"))
    assert [(line.code, str(line.amount)) for line in rating.lines] == [("usage", "225.00"), ("fixed", "50.00")]
    assert rating.total == Money(27500, "PHP")


@pytest.mark.covers("S3-027")
def test_no_use_costs_the_fixed_charge() -> None:
    assert str(rate(BALILIHAN, m3("0")).total) == "50.00"


@pytest.mark.covers("S1-040", "S1-041")
def test_eleven_gallons_cost_six_cents_above_the_base() -> None:
    rating = rate(AVII, gallons("11"))
    assert [str(line.amount) for line in rating.lines] == ["0.06", "25.00"]
    assert str(rating.total) == "25.06"


@pytest.mark.covers("S1-009", "S1-010")
@pytest.mark.parametrize(("use", "amount"), [("1000", "5.50"), ("10000", "55.00"), ("100000", "550.00")])
def test_the_rate_is_the_same_at_any_use(use: str, amount: str) -> None:
    assert str(rate(AVII, gallons(use)).lines[0].amount) == amount


def test_a_line_explains_itself() -> None:
    assert explain(rate(BALILIHAN, m3("10")).lines[0]) == ["10 m3 at 22.50 = 225.00"]
    assert explain(rate(AVII, gallons("11")).lines[0]) == [
        "11 gal at 5.50 per 1000 gal = 0.0605",
        "rounded (half-up to 0.01) to 0.06",
    ]


def test_lines_come_back_from_their_packed_form_and_replay() -> None:
    lines = rate(AVII, gallons("11")).lines
    kept = unpack_lines(pack_lines(lines), "USD")
    assert kept == lines
    assert [replay(line) for line in kept] == [line.amount for line in lines]


def test_a_two_charge_bill_keeps_its_trace_in_few_bytes() -> None:
    lines = rate(BALILIHAN, m3("1234.567")).lines
    assert len(pack_lines(lines).encode()) <= 150
    assert len(pack_lines(lines[:1]).encode()) - len(pack_lines([])) <= 80 + len("01JABCDEFGHJKMNPQRSTVWXYZ0")


def test_a_use_below_zero_is_refused() -> None:
    with pytest.raises(Invalid, match="correct the readings"):
        rate(BALILIHAN, m3("-1"))


def test_a_use_in_another_unit_is_refused_without_a_conversion() -> None:
    with pytest.raises(Invalid, match="state a conversion"):
        rate(BALILIHAN, gallons("1"))

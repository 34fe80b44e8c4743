"""What paying late costs, and on which day it starts."""

from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain.late_charges import LateChargeRule, compound_penalty, late_charge, months_late


def pesos(text: str) -> Money:
    return Money.parse(text, "PHP")


def charged(rule: LateChargeRule, principal: str, days: int) -> str:
    return str(late_charge(rule, principal=pesos(principal), days_overdue=days))


AVII = LateChargeRule(kind="monthly-compound", percent=Decimal(5), grace_days=10)
BALILIHAN = LateChargeRule(kind="percent-once", percent=Decimal(10), maximum=pesos("500.00"))


@pytest.mark.parametrize(
    ("days", "penalty"),
    [(0, "0.00"), (10, "0.00"), (11, "1.25"), (40, "1.25"), (41, "2.57"), (70, "2.57"), (71, "3.95")],
)
def test_a_compound_penalty_starts_after_grace_and_grows_every_thirty_days(days: int, penalty: str) -> None:
    assert charged(AVII, "25.06", days) == penalty


def test_a_simple_penalty_adds_the_same_each_month() -> None:
    simple = LateChargeRule(kind="monthly-simple", percent=Decimal(5), grace_days=10)
    assert [charged(simple, "25.06", days) for days in (10, 11, 41)] == ["0.00", "1.25", "2.51"]


def test_a_percentage_once_is_capped() -> None:
    assert charged(BALILIHAN, "275.00", 0) == "0.00"
    assert charged(BALILIHAN, "275.00", 1) == "27.50"
    assert charged(BALILIHAN, "275.00", 400) == "27.50"
    assert charged(BALILIHAN, "6000.00", 5) == "500.00"
    uncapped = LateChargeRule(kind="percent-once", percent=Decimal(10))
    assert charged(uncapped, "6000.00", 5) == "600.00"


def test_a_fixed_fine_is_due_once_whatever_the_bill() -> None:
    fine = LateChargeRule(kind="fixed-once", amount=pesos("150.00"))
    assert [charged(fine, "200.00", days) for days in (0, 1, 90)] == ["0.00", "150.00", "150.00"]
    with pytest.raises(Invalid, match="needs an amount"):
        charged(LateChargeRule(kind="fixed-once"), "1.00", 1)


def test_charges_per_day_have_a_floor() -> None:
    per_day = LateChargeRule(
        kind="percent-per-day", percent=Decimal("0.05"), grace_days=5, minimum=pesos("2.00"), maximum=pesos("40.00")
    )
    assert [charged(per_day, "1000.00", days) for days in (5, 6, 9, 10, 200)] == [
        "0.00",
        "2.00",
        "2.00",
        "2.50",
        "40.00",
    ]
    amount_a_day = LateChargeRule(kind="fixed-per-day", amount=pesos("1.50"), grace_days=2)
    assert [charged(amount_a_day, "10.00", days) for days in (2, 3, 5)] == ["0.00", "1.50", "4.50"]


def test_the_first_month_may_have_its_own_percentage() -> None:
    rule = LateChargeRule(kind="monthly-simple", percent=Decimal(1), first_percent=Decimal(5))
    assert [charged(rule, "100.00", days) for days in (1, 30, 31, 90)] == ["5.00", "5.00", "6.00", "7.00"]


def test_nothing_owed_costs_nothing_however_late() -> None:
    minimum = LateChargeRule(kind="percent-once", percent=Decimal(10), minimum=pesos("5.00"))
    assert charged(minimum, "0.00", 99) == "0.00"
    assert charged(minimum, "1.00", 99) == "5.00"


def test_compound_interest_is_rounded_once_at_the_end() -> None:
    assert str(compound_penalty(pesos("273.90"), percent=Decimal(5), months=3)) == "43.17"
    assert str(compound_penalty(pesos("273.90"), percent=Decimal(5), months=0)) == "0.00"


def test_months_late_begin_every_thirty_days() -> None:
    assert [months_late(days) for days in (0, 1, 30, 31, 60, 61)] == [1, 1, 1, 2, 2, 3]

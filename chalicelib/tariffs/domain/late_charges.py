"""Late charges, computed from principal, days and the utility's rule alone. Nothing is accumulated.

Boundaries (decisions.md): overdue starts the day after the due day; no charge while days overdue <= grace.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain.rounding import RoundingMode, round_ratio

LateChargeKind = Literal[
    "fixed-once", "percent-once", "percent-per-day", "fixed-per-day", "monthly-simple", "monthly-compound"
]
DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LateChargeRule:
    """A utility's rule. `amount` is for the fixed kinds, `percent` for the others.

    `first_percent`: of monthly-simple, the first month has another percentage (5 %, then 1 % a month).
    `minimum` and `maximum` bound the whole charge if there is one; without a maximum there is no cap.
    """

    kind: LateChargeKind
    percent: Decimal = Decimal(0)
    amount: Money | None = None
    first_percent: Decimal | None = None
    grace_days: int = 0
    minimum: Money | None = None
    maximum: Money | None = None
    rounding: RoundingMode = "half-up"


def late_charge(rule: LateChargeRule, *, principal: Money, days_overdue: int) -> Money:
    """Return the whole late charge on an unpaid principal, a number of days after the due day.

    S3: 10 % once on 275.00 -> 27.50. S1: 5 % a month compound with grace 10 on 25.06: days 1-10 nothing, day 11 1.25,
    day 41 (second month) 2.57.

    :raises Invalid: if the rule is of a fixed kind and has no amount.
    """
    if principal.minor <= 0 or days_overdue <= max(rule.grace_days, 0):
        return Money.zero(principal.currency)
    late_days = days_overdue - rule.grace_days
    if rule.kind in {"fixed-once", "fixed-per-day"}:
        if rule.amount is None:
            raise Invalid("bad-late-charge", f"a late charge of kind {rule.kind} needs an amount", field="amount")
        charge = rule.amount.minor * (late_days if rule.kind == "fixed-per-day" else 1)
    else:
        num, den = _percent_of(rule, late_days)
        charge = round_ratio(principal.minor * num, den, rule.rounding)
    return _bounded(Money(charge, principal.currency), rule)


def months_late(days_past_grace: int) -> int:
    """Return the months late: the 30-day periods after grace that have begun, at least one.

    Day 30 is still the first month, day 31 the second.
    """
    return max(1, -(-days_past_grace // DAYS_PER_MONTH))


def compound_penalty(principal: Money, *, percent: Decimal, months: int, rounding: RoundingMode = "half-up") -> Money:
    """Return p * ((1 + r)^m - 1) with one rounding at the end.

    Source: decisions.md. 273.90 at 5 % for 3 months -> 43.17, where rounding every month would give 43.18.
    """
    num, den = _compound(percent, months)
    return Money(round_ratio(principal.minor * num, den, rounding), principal.currency)


def _compound(percent: Decimal, months: int) -> tuple[int, int]:
    num, den = _fraction_of_one(percent)
    return (den + num) ** months - den**months, den**months


def _percent_of(rule: LateChargeRule, late_days: int) -> tuple[int, int]:
    """Return the total share of the principal that is charged, as a ratio."""
    num, den = _fraction_of_one(rule.percent)
    months = months_late(late_days)
    match rule.kind:
        case "percent-per-day":
            return num * late_days, den
        case "monthly-simple" if rule.first_percent is not None:
            first, first_den = _fraction_of_one(rule.first_percent)
            return first * den + num * (months - 1) * first_den, first_den * den
        case "monthly-simple":
            return num * months, den
        case "monthly-compound":
            return _compound(rule.percent, months)
    return num, den


def _fraction_of_one(percent: Decimal) -> tuple[int, int]:
    num, den = percent.as_integer_ratio()
    return num, den * 100


def _bounded(charge: Money, rule: LateChargeRule) -> Money:
    minor = charge.minor
    if rule.minimum is not None:
        minor = max(minor, rule.minimum.minor)
    if rule.maximum is not None:
        minor = min(minor, rule.maximum.minor)
    return Money(minor, charge.currency)

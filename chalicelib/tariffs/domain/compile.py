"""Compile a tariff sheet into rules that are fast to run; done once, before a run rates thousands of readings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod

from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import exponent_of
from chalicelib.tariffs.domain.canonical_json import canonical
from chalicelib.tariffs.domain.charged_already import left_of
from chalicelib.tariffs.domain.charges import (
    AdjustmentPricer,
    BlockPricer,
    BoundPricer,
    ChargedAlready,
    FixedPricer,
    LookedUpPercentPricer,
    Pricer,
    SchedulePricer,
    StatedPercentPricer,
    SubtotalPricer,
    UsagePricer,
)
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    AmountLimit,
    BlockCharge,
    BoundCharge,
    Charge,
    Factor,
    FixedCharge,
    PercentCharge,
    ScheduleCharge,
    SubtotalCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.pricing import Priced
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import TO_WHOLE, Rounding, round_to_step
from chalicelib.tariffs.domain.trace import TraceStep, exact_decimal

ALL_EARLIER = "*"
"""Stands for every charge above, where a percentage, a minimum or a subtotal names charges."""

ROUNDING_CODE = "rounding"
"""The code of the line that rounds the total."""

RatedCharge = FixedCharge | UsageCharge | BlockCharge | ScheduleCharge
"""The charges that have rates, which factors may change before they meet a quantity."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One charge, ready to run. `step` and all amounts are in minor units; `exact` carries the unrounded value on.

    `conditional`: it has a condition or a season. `varies`: something may multiply it. `settles`: it looks at the whole
    bill, at every version that rates a part of it: a bound, an exempt amount, a subtotal. `informational`: its line
    is not part of the total. `at_once`: nothing of that, and so most charges. `joins`: charges of several versions that
    are equal in this are one charge of the bill.
    """

    charge: Charge
    pricer: Pricer
    conditional: bool
    factors: tuple[Factor, ...]
    to_whole: Callable[[int, int], int]
    step: int
    unit: int
    """Minor units in a whole one."""
    rounding: Rounding
    exact: bool
    varies: bool
    settles: bool
    informational: bool
    at_once: bool
    joins: tuple[str, str, str, Decimal, bool, bool]
    amounts: tuple[tuple[AmountLimit, tuple[int, ...]], ...]
    """The conditions on earlier amounts, each with the places of these."""


@dataclass(frozen=True)
class CompiledTariff:
    """A compiled tariff.

    `document_digest` covers everything except its last day, which a successor sets later without changing any charge.
    """

    tariff: Tariff
    rules: tuple[Rule, ...]
    conversions: dict[str, tuple[int, int, str | None]]
    document_digest: str
    closes: bool
    """Whether the last rule rounds the total."""

    @cached_property
    def without_fixed(self) -> "CompiledTariff":
        """The same tariff for a period whose fixed amounts an earlier bill has charged."""
        return replace(self, rules=_rules(self.tariff, fixed_charged=True))


def compile_tariff(tariff: Tariff) -> CompiledTariff:
    """Compile a tariff for rating; do it once per run, not once per bill.

    The tariff must have passed `check_tariff`.
    """
    return CompiledTariff(
        tariff=tariff,
        rules=_rules(tariff),
        conversions={
            rule.from_unit: _conversion(rule.multiply, rule.divide, rule.times_measure) for rule in tariff.conversions
        },
        document_digest=fingerprint(canonical(replace(tariff, valid_until=None))),
        closes=tariff.rounding.total is not None,
    )


def _rules(tariff: Tariff, *, fixed_charged: bool = False) -> tuple[Rule, ...]:
    exponent = exponent_of(tariff.currency)
    minor_unit = Decimal(1).scaleb(-exponent)
    plan = tariff.rounding
    default = plan.line or Rounding(plan.total.mode if plan.total else "half-up", minor_unit)
    exact = plan.line is None and plan.total is not None
    charges = tariff.charges
    if plan.total is not None:
        closing = SubtotalCharge(code=ROUNDING_CODE, label="Rounding", of=(ALL_EARLIER,), to=plan.total)
        charges = (*charges, closing)
    rules: list[Rule] = []
    for at, charge in enumerate(charges):
        left = left_of(charge, tariff) if fixed_charged else charge
        rule = _rule(left or charge, charges[:at], exponent, default, carry_exact=exact)
        rules.append(replace(rule, charge=charge) if left else replace(rule, charge=charge, pricer=ChargedAlready()))
    return tuple(rules)


def _conversion(multiply: Decimal, divide: Decimal, measure: str | None) -> tuple[int, int, str | None]:
    up, down = multiply.as_integer_ratio(), divide.as_integer_ratio()
    return up[0] * down[1], up[1] * down[0], measure


def _rule(charge: Charge, earlier: Sequence[Charge], exponent: int, default: Rounding, *, carry_exact: bool) -> Rule:
    rounding = charge.to if isinstance(charge, SubtotalCharge) else charge.rounding or default
    pricer, factors = _pricer(charge, earlier, exponent), charge.factors
    if isinstance(charge, RatedCharge) and charge.rate_rounding is not None:
        pricer, factors = RatesByFactor(charge, charge.rate_rounding, exponent), ()
    exact = carry_exact and charge.rounding is None
    conditional = charge.when is not None or charge.season is not None
    varies = bool(factors) or charge.season is not None
    informational = bool(charge.informational)
    settles = isinstance(charge, (BoundCharge, SubtotalCharge)) or _is_bounded(charge)
    return Rule(
        charge=charge,
        pricer=pricer,
        conditional=conditional,
        factors=factors,
        to_whole=TO_WHOLE[rounding.mode],
        step=int(rounding.step.scaleb(exponent)),
        unit=10**exponent,
        rounding=rounding,
        exact=exact,
        varies=varies,
        settles=settles,
        informational=informational,
        at_once=not (conditional or varies or settles or informational),
        joins=(charge.code, charge.kind, rounding.mode, rounding.step, exact, informational),
        amounts=tuple((each, _places(each.of, earlier)) for each in (charge.when.amounts if charge.when else ())),
    )


def _is_bounded(charge: Charge) -> bool:
    if not isinstance(charge, PercentCharge):
        return False
    return (charge.exempt_amount, charge.at_least, charge.at_most) != (None, None, None)


def _pricer(charge: Charge, earlier: Sequence[Charge], exponent: int) -> Pricer:  # noqa: PLR0911 (one return per kind)
    match charge:
        case FixedCharge():
            return FixedPricer(charge, exponent)
        case UsageCharge():
            return UsagePricer(charge, exponent)
        case BlockCharge():
            return BlockPricer(charge, exponent)
        case ScheduleCharge():
            return SchedulePricer(charge, exponent)
        case PercentCharge():
            pricer = StatedPercentPricer if charge.percent_table is None else LookedUpPercentPricer
            return pricer(charge, _places(charge.of, earlier), exponent)
        case BoundCharge():
            return BoundPricer(charge, _places(charge.of, earlier), exponent)
        case AdjustmentCharge():
            return AdjustmentPricer(charge, exponent)
        case SubtotalCharge():
            return SubtotalPricer(_places(charge.of, earlier))


def _places(named: tuple[str, ...], earlier: Sequence[Charge]) -> tuple[int, ...]:
    if ALL_EARLIER in named:
        return tuple(at for at, each in enumerate(earlier) if not each.informational)
    codes = [each.code for each in earlier]
    return tuple(codes.index(code) for code in named)


class RatesByFactor(Pricer):
    """A charge whose rates are multiplied by its factors and rounded before they are applied to a quantity.

    Source: Santa Rosa Water District: 19.15 for class factor 1.5 is printed as 28.70, rounded down to 0.05.
    """

    __slots__ = ("charge", "pricer_for", "rounding")

    def __init__(self, charge: RatedCharge, rounding: Rounding, exponent: int) -> None:
        self.charge = charge
        self.rounding = rounding
        self.pricer_for = lru_cache(maxsize=64)(
            lambda factor: _pricer(_at_factor(charge, factor, rounding), (), exponent)
        )

    def price(self, state: RatingState) -> Priced | None:
        return self._at_factor(state).price(state)

    def steps(self, state: RatingState) -> list[TraceStep]:
        met = [each for each in self.charge.factors if state.meets(each.when)]
        steps = self._at_factor(state).steps(state)
        if not met:
            return steps
        told = f"{', '.join(each.label for each in met)}, rounded ({self.rounding.in_words()})"
        return [*steps, TraceStep("rates", told, prod((Fraction(each.value) for each in met), start=Fraction(1)))]

    def _at_factor(self, state: RatingState) -> Pricer:
        met = (Fraction(each.value) for each in self.charge.factors if state.meets(each.when))
        return self.pricer_for(prod(met, start=Fraction(1)))


def _at_factor(charge: RatedCharge, factor: Fraction, rounding: Rounding) -> Charge:
    def at(rate: Decimal) -> Decimal:
        num, den = round_to_step(*(Fraction(rate) * factor).as_integer_ratio(), rounding)
        return exact_decimal(Fraction(num, den)) or Decimal(0)  # a multiple of a decimal step is a decimal

    match charge:
        case FixedCharge():
            by_size = {size: at(amount) for size, amount in charge.by_meter_size.items()}
            amount = None if charge.amount is None else at(charge.amount)
            return replace(charge, amount=amount, by_meter_size=by_size)
        case UsageCharge():
            return replace(charge, rate=at(charge.rate))
        case BlockCharge():
            blocks = tuple(replace(block, rate=at(block.rate), flat=at(block.flat)) for block in charge.blocks)
            return replace(charge, blocks=blocks)
        case ScheduleCharge():
            schedules = tuple(
                replace(
                    schedule,
                    blocks=tuple(replace(block, rate=at(block.rate), flat=at(block.flat)) for block in schedule.blocks),
                )
                for schedule in charge.schedules
            )
            return replace(charge, schedules=schedules)

"""Rating: a compiled tariff and a use give the lines of a bill. Preview, run, re-run and what-if are this function."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import Money, exponent_of
from chalicelib.tariffs.domain.canonical_json import canonical
from chalicelib.tariffs.domain.compile import CompiledTariff, Rule
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    BlockCharge,
    BoundCharge,
    Charge,
    MaximumCharge,
    PercentCharge,
    ScheduleCharge,
    SubtotalCharge,
    Tariff,
    UsageCharge,
)
from chalicelib.tariffs.domain.pricing import NOTHING, Ratio
from chalicelib.tariffs.domain.proration import PeriodShare, covers, months_of, version_shares
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import round_to_step
from chalicelib.tariffs.domain.trace import Line, Trace, TraceFactor, TraceTerm
from chalicelib.tariffs.domain.usage import Usage

ENGINE_VERSION = "1"
"""Changes whenever the same tariff and use could give another bill; it is part of every digest."""


RatedPart = tuple[CompiledTariff, RatingState]
"""One version of a tariff, and the bill that it gave for one use or for its share of one."""


class Rating:
    """What a use costs. Lines and digest are written out when first asked for."""

    def __init__(self, parts: Sequence[RatedPart]) -> None:
        self.parts = parts

    @property
    def currency(self) -> str:
        return self.parts[0][0].tariff.currency

    @property
    def total_minor(self) -> int:
        return sum([state.total for _, state in self.parts])

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(
            _line(compiled.tariff, rule, state, minor)
            for compiled, state in self.parts
            for rule, minor in zip(compiled.rules, state.lines, strict=True)
            if minor is not None
        )

    @cached_property
    def digest(self) -> str:
        """32 hex digits that stand for everything the rating came from: engine, tariff versions, use and facts."""
        sources = (
            (compiled.document_digest, canonical(state.usage), canonical(state.share)) for compiled, state in self.parts
        )
        return fingerprint(ENGINE_VERSION, *(text for source in sources for text in source))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rating) and (self.lines, self.digest) == (other.lines, other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)


def rate(compiled: CompiledTariff, usage: Usage) -> Rating:
    """Rate a use by one version of a tariff.

    10 m3 at 22.50 and 50.00 fixed -> 275.00, in two lines.

    :raises Invalid: if the use is below zero, or lacks something that the tariff charges by.
    """
    if compiled.tariff.months_apart and usage.months > 1:
        return Rating([_rate_part(compiled, month, None) for month in _months(compiled, usage)])
    return Rating([_rate_part(compiled, usage, None)])


def rate_over(versions: Sequence[CompiledTariff], usage: Usage) -> Rating:
    """Rate a use by whichever versions are valid on its days.

    Where a period straddles a change, each version rates its share of the days, and the bill shows both parts.

    :raises Invalid: if a day has no version or two.
    """
    covering = [version for version in versions if covers(version.tariff, usage)]
    if len(covering) == 1:
        return rate(covering[0], usage)
    compiled = {(version.tariff.id, version.tariff.version): version for version in versions}
    shares = version_shares([version.tariff for version in versions], usage)
    return Rating(
        [
            _rate_part(version, month, share)
            for version, share in ((compiled[tariff.id, tariff.version], share) for tariff, share in shares)
            for month in _months(version, usage)
        ]
    )


def _months(compiled: CompiledTariff, usage: Usage) -> tuple[Usage, ...]:
    return months_of(usage, compiled.tariff.quantity_rounding) if compiled.tariff.months_apart else (usage,)


def _rate_part(compiled: CompiledTariff, usage: Usage, share: PeriodShare | None) -> RatedPart:
    num, den = billable_use(compiled, usage)
    state = RatingState(usage, num, den, share)
    if usage.adjustments:
        _refuse_unknown_adjustments(compiled, usage)
    values, lines, total = state.values, state.lines, 0
    for rule in compiled.rules:
        amount = rule.pricer.amount(state) if not rule.conditional or _applies(rule, state) else None
        if amount is None:
            values.append(NOTHING)
            lines.append(None)
            continue
        num, den = amount
        if rule.varies or share is not None:
            num, den = _times(num, den, _factors(rule, state))
        if rule.fills_up:
            value, minor = _filled_up(rule, state, num, den)
        else:
            minor = rule.to_whole(num, den * rule.step) * rule.step
            value = (num, den) if rule.exact else (minor, 1)
        values.append(value)
        lines.append(minor)
        total += minor or 0
    state.total = total
    return compiled, state


def billable_use(compiled: CompiledTariff, usage: Usage) -> Ratio:
    """Give the use in the tariff's unit, as a ratio: converted first, then rounded if it says so.

    :raises Invalid: for a use below zero, or in a unit that the tariff does not convert.
    """
    num, den = usage.quantity.as_integer_ratio()
    if num < 0:
        raise Invalid(
            "negative-use",
            f"a use of {usage.quantity} can't be rated; correct the readings first",
            field="usage.quantity",
        )
    tariff = compiled.tariff
    if usage.unit != tariff.unit:
        num, den = _converted(compiled, usage, num, den)
    return (num, den) if tariff.quantity_rounding is None else round_to_step(num, den, tariff.quantity_rounding)


def _converted(compiled: CompiledTariff, usage: Usage, num: int, den: int) -> Ratio:
    if usage.unit not in compiled.conversions:
        raise Invalid(
            "unit-mismatch",
            f"the use is in {usage.unit} and the tariff in {compiled.tariff.unit}; state a conversion in the tariff",
            field="usage.unit",
        )
    up, down, measure = compiled.conversions[usage.unit]
    value = Fraction(num * up, den * down)
    if measure is not None:
        if measure not in usage.measures:
            raise Invalid(
                "missing-measure",
                f"converting {usage.unit} takes {measure!r}: give it with the reading",
                field="usage.measures",
            )
        value *= Fraction(usage.measures[measure])
    return value.as_integer_ratio()


def _refuse_unknown_adjustments(compiled: CompiledTariff, usage: Usage) -> None:
    known = {rule.charge.code for rule in compiled.rules if isinstance(rule.charge, AdjustmentCharge)}
    unknown = sorted(set(usage.adjustments) - known)
    if unknown:
        raise Invalid(
            "unknown-adjustment",
            f"the tariff has no place for {', '.join(unknown)}; it knows {sorted(known)}",
            field="usage.adjustments",
        )


def _applies(rule: Rule, state: RatingState) -> bool:
    charge = rule.charge
    if charge.when is not None and not state.meets(charge.when):
        return False
    return charge.season is None or state.in_season(charge.season) > 0


def _factors(rule: Rule, state: RatingState) -> list[TraceFactor]:
    factors = [TraceFactor(each.label, Fraction(each.value)) for each in rule.factors if state.meets(each.when)]
    if rule.charge.season is not None:
        in_season = state.in_season(rule.charge.season)
        if in_season != 1:
            factors.append(TraceFactor("days in season", in_season))
    if state.share is not None and not isinstance(rule.charge, (PercentCharge, SubtotalCharge)):
        factors.append(state.share.factor)
    return factors


def _times(num: int, den: int, factors: Sequence[TraceFactor]) -> Ratio:
    for factor in factors:
        num *= factor.value.numerator
        den *= factor.value.denominator
    return num, den


def _filled_up(rule: Rule, state: RatingState, num: int, den: int) -> tuple[Ratio, int | None]:
    """Apply a minimum or maximum, then round; round a subtotal, then take off what the lines already hold.

    Gives the value that later charges see, and the line: None where nothing is missing or too much.
    """
    less_num, less_den = rule.pricer.less(state)
    if isinstance(rule.charge, SubtotalCharge):
        rounded = rule.to_whole(num, den * rule.step) * rule.step
        return (rounded * den - num, den), rounded - less_num or None
    missing_num, missing_den = num * less_den - less_num * den, den * less_den
    if missing_num == 0 or (missing_num > 0) == isinstance(rule.charge, MaximumCharge):
        return NOTHING, None
    minor = rule.to_whole(missing_num, missing_den * rule.step) * rule.step
    return (missing_num, missing_den) if rule.exact else (minor, 1), minor or None


def _line(tariff: Tariff, rule: Rule, state: RatingState, minor: int) -> Line:
    charge = rule.charge
    priced = rule.pricer.price(state)
    if priced is None:
        raise AssertionError("a line was made by a charge that has no price")
    terms, quantity_den, _ = priced
    less_num, less_den = rule.pricer.less(state)
    whole = 10 ** exponent_of(tariff.currency)
    trace = Trace(
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        kind=charge.kind,
        terms=tuple(
            TraceTerm(
                quantity=Fraction(quantity, quantity_den * (whole if price.of_money else 1)),
                rate=price.rate,
                per=price.per,
            )
            for quantity, _, price in terms
        ),
        rounding=rule.rounding,
        unit=_unit_of(tariff, charge),
        factors=tuple(_factors(rule, state)),
        of=charge.of if isinstance(charge, (PercentCharge, BoundCharge, SubtotalCharge)) else (),
        less=Fraction(less_num, less_den * whole),
    )
    return Line(charge.code, charge.label, Money(minor, tariff.currency), trace)


def _unit_of(tariff: Tariff, charge: Charge) -> str:
    """Return the unit of a line's quantities; nothing for charges that have an amount only."""
    measure = ""
    if isinstance(charge, (UsageCharge, BlockCharge, ScheduleCharge)):
        measure = charge.measure
    elif isinstance(charge, AdjustmentCharge):
        measure = charge.times or ""
    unit = tariff.unit if measure == "use" else measure
    return f"{unit}-{charge.times}" if isinstance(charge, UsageCharge) and charge.times else unit

"""Rating: the lines of a bill from a compiled tariff and a usage. Quotes, runs and single bills all use it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import LARGEST_MINOR, Money
from chalicelib.tariffs.domain.canonical_json import canonical
from chalicelib.tariffs.domain.charges.base import sum_of
from chalicelib.tariffs.domain.compile import CompiledTariff, Rule
from chalicelib.tariffs.domain.lines import line_of
from chalicelib.tariffs.domain.merging import joined
from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    AmountLimit,
    BlockCharge,
    Charge,
    PercentCharge,
    ScheduleCharge,
    SubtotalCharge,
)
from chalicelib.tariffs.domain.pricing import NOTHING, Ratio
from chalicelib.tariffs.domain.proration import PeriodShare, covers, given_once, meets_days, months_of, version_shares
from chalicelib.tariffs.domain.rating_state import RatingState, lies_within
from chalicelib.tariffs.domain.rounding import round_to_step
from chalicelib.tariffs.domain.settling import Member, settle, settle_total
from chalicelib.tariffs.domain.several_periods import PeriodState, counts_each_period, one_by_one
from chalicelib.tariffs.domain.trace import Line, TraceFactor
from chalicelib.tariffs.domain.usage import Usage

ENGINE_VERSION = "2"
"""Changes whenever the same tariff and use could give another bill; it is part of every digest."""


_SURELY_WITHIN = LARGEST_MINOR // 100
_SURELY_ABOVE = -_SURELY_WITHIN
"""The sum of a tariff's lines, sixty at the most, is within the bound if each of them lies between these."""

RatedPart = tuple[CompiledTariff, RatingState]
"""One version of a tariff, and the bill that it gave for one use or for its share of one."""


class Rating:
    """The result of rating a usage. Lines and digest are computed when first needed."""

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
            line_of(compiled, at, state, tuple(_factors(compiled.rules[at], state)))
            for compiled, state in self.parts
            for at, minor in enumerate(state.lines)
            if minor is not None
        )

    @cached_property
    def digest(self) -> str:
        """A hash of everything the rating depends on: engine, tariff versions, usage and facts. 32 hex digits."""
        sources = (
            (compiled.document_digest, canonical(state.usage), canonical(state.share)) for compiled, state in self.parts
        )
        return fingerprint(ENGINE_VERSION, *(text for source in sources for text in source))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rating) and (self.lines, self.digest) == (other.lines, other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)


def rate(compiled: CompiledTariff, usage: Usage) -> Rating:
    """Rate a usage by one version of a tariff.

    10 m3 at 22.50 and 50.00 fixed -> 275.00, in two lines.

    :raises Invalid: if the use is below zero, or the usage lacks something that the tariff needs, or an amount is too
        large.
    """
    if usage.adjustments:
        _refuse_unknown_adjustments([compiled], usage)
    if usage.fixed_charged:
        compiled = compiled.without_fixed
    if compiled.tariff.months_apart and usage.months * usage.periods > 1:
        return _bounded([_rate_part(compiled, month, None) for month in _months(compiled, _in_months(usage))])
    return Rating([_rate_part(compiled, usage, None)])


def rate_over(versions: Sequence[CompiledTariff], usage: Usage) -> Rating:
    """Rate a usage by the versions that are valid on its days.

    If a version changes within the period, each rates its share of the days, and the bill shows both parts.

    :raises Invalid: if a day has no version or two.
    """
    covering = [version for version in versions if covers(version.tariff, usage)]
    if len(covering) == 1:
        return rate(covering[0], usage)
    if usage.fixed_charged:
        versions = [version.without_fixed for version in versions]
    compiled = {(version.tariff.id, version.tariff.version): version for version in versions}
    shares = version_shares([version.tariff for version in versions], usage)
    parts = [(compiled[tariff.id, tariff.version], share) for tariff, share in shares]
    change = parts[-1][0].tariff.version_change
    if change == "by-reading-day":
        return rate(parts[-1][0], usage)
    if change == "each-whole":
        parts = [(version, replace(share, whole_blocks=True)) for version, share in parts]
    if usage.adjustments:
        _refuse_unknown_adjustments([version for version, _ in parts], usage)
    apart = [version for version, _ in parts if version.tariff.months_apart and usage.months * usage.periods > 1]
    if len(apart) == len(parts):
        return _bounded(list(_month_by_month(apart, _in_months(usage))))
    if usage.periods > 1:
        return _bounded(list(_period_by_period([version for version, _ in parts], usage)))
    if apart:  # separately: months of one version can't be added to a period of the other
        return _bounded(
            [_rate_part(version, month, share) for version, share in parts for month in _months(version, usage)]
        )
    return _bounded(_rate_together([(version, usage, share) for version, share in parts]))


def _bounded(parts: Sequence[RatedPart]) -> Rating:
    """Return the rating of these parts; refuse an amount that is larger than any real bill's."""
    for compiled, state in parts:
        _check_lines(compiled, state)
    rating = Rating(parts)
    if abs(rating.total_minor) > LARGEST_MINOR:
        raise _too_large("the total", rating.currency)
    return rating


def _check_lines(compiled: CompiledTariff, state: RatingState) -> None:
    for rule, minor in zip(compiled.rules, state.lines, strict=True):
        if minor is not None and abs(minor) > LARGEST_MINOR:
            raise _too_large(rule.charge.label, compiled.tariff.currency)
    if abs(state.total) > LARGEST_MINOR:
        raise _too_large("the total", compiled.tariff.currency)


def _too_large(what: str, currency: str) -> Invalid:
    return Invalid(
        "amount-too-large",
        f"{what} is more than {Money(LARGEST_MINOR, currency)} {currency}, the largest possible amount: "
        "check the rates, the factors and the use",
    )


def _months(compiled: CompiledTariff, usage: Usage) -> tuple[Usage, ...]:
    return months_of(usage, compiled.tariff) if compiled.tariff.months_apart else (usage,)


def _period_by_period(versions: Sequence[CompiledTariff], usage: Usage) -> Iterator[RatedPart]:
    """Rate each of several periods by the versions that are valid on its days.

    What came once, such as an adjustment, is charged in the first period whose version has it.
    """
    charged: set[str] = set()
    for period in one_by_one(usage, versions[0].tariff):
        valid = [version for version in versions if meets_days(version.tariff, period)]
        known = _adjustments_of(valid)
        given = {code: amount for code, amount in usage.adjustments.items() if code in known - charged}
        yield from rate_over(valid, replace(period, adjustments=given, adjusted=frozenset(charged))).parts
        charged |= frozenset.intersection(*(given_once(period, version.tariff) for version in valid)) & set(given)


def _in_months(usage: Usage) -> Usage:
    """Return a use of several periods as one of all their months."""
    return usage if usage.periods == 1 else replace(usage, months=usage.months * usage.periods, periods=1)


def _month_by_month(versions: Sequence[CompiledTariff], usage: Usage) -> Iterator[RatedPart]:
    """Rate each month by the versions that are valid on its days, usually one."""
    by_version = {(each.tariff.id, each.tariff.version): (each, _months(each, usage)) for each in versions}
    for at, month in enumerate(_months(versions[0], usage)):
        shares = version_shares([each.tariff for each in versions], month)
        parts = [(*by_version[tariff.id, tariff.version], share) for tariff, share in shares]
        if len(parts) == 1:
            yield _rate_part(parts[0][0], parts[0][1][at], None)
        else:
            whole = versions[-1].tariff.version_change == "each-whole"
            yield from _rate_together(
                [(version, months[at], replace(share, whole_blocks=whole)) for version, months, share in parts]
            )


def _rate_part(compiled: CompiledTariff, usage: Usage, share: PeriodShare | None) -> RatedPart:
    state = _state(compiled, usage, share)
    values, lines, total, large = state.values, state.lines, 0, False
    whole = share is None and usage.periods == 1
    for rule in compiled.rules:
        plain = whole and rule.at_once
        amount = rule.pricer.amount(state) if plain or not rule.conditional or _applies(rule, state) else None
        if amount is None:
            values.append(NOTHING)
            lines.append(None)
            continue
        num, den = amount
        if not plain:
            if rule.settles:
                values.append(NOTHING)
                lines.append(None)
                settle([_member(state, len(lines) - 1, rule, amount)], compiled.tariff.currency)
                total += 0 if rule.informational else lines[-1] or 0
                large = True  # or not: it is looked at below
                continue
            num, den = _times(num, den, _factors(rule, state))
        minor = rule.to_whole(num, den * rule.step) * rule.step
        values.append((num, den) if rule.exact else (minor, 1))
        lines.append(minor)
        total += minor
        if not plain and rule.informational:
            total -= minor
        if minor > _SURELY_WITHIN or minor < _SURELY_ABOVE:
            large = True
    state.total = total
    if large:
        _check_lines(compiled, state)
    return compiled, state


def _rate_together(parts: Sequence[tuple[CompiledTariff, Usage, PeriodShare]]) -> list[RatedPart]:
    """Rate a usage by several versions, each for its days: charge by charge, so that bounds and rounding apply once."""
    rated = [(compiled, _state(compiled, usage, share)) for compiled, usage, share in parts]
    for compiled, state in rated:
        state.values[:] = [NOTHING] * len(compiled.rules)
        state.lines[:] = [None] * len(compiled.rules)
    currency = rated[-1][0].tariff.currency
    for charge in joined([_without_closing(compiled) for compiled, _ in rated]):
        members = []
        for part, at in charge:
            compiled, state = rated[part]
            rule = compiled.rules[at]
            amount = rule.pricer.amount(state) if _applies(rule, state) else None
            if amount is not None:
                members.append(_member(state, at, rule, amount))
        if members:
            settle(members, currency)
    last = rated[-1][0]
    if last.closes:
        settle_total([(compiled.rules, state) for compiled, state in rated], currency)
    for compiled, state in rated:
        counted = [not rule.informational for rule in compiled.rules]
        state.total = sum([minor or 0 for minor, counts in zip(state.lines, counted, strict=True) if counts])
    return rated


def _without_closing(compiled: CompiledTariff) -> tuple[Rule, ...]:
    return compiled.rules[:-1] if compiled.closes else compiled.rules


def _member(state: RatingState, at: int, rule: Rule, amount: Ratio) -> Member:
    factors = _factors(rule, state)
    return Member(state, at, rule, factors, Fraction(*_times(*amount, factors)))


def _state(compiled: CompiledTariff, usage: Usage, share: PeriodShare | None) -> RatingState:
    num, den = billable_use(compiled, usage)
    if usage.periods > 1:
        return PeriodState(compiled.tariff, usage, num, den)
    return RatingState(usage, num, den, share)


def billable_use(compiled: CompiledTariff, usage: Usage) -> Ratio:
    """Return the use in the tariff's unit, as a ratio: converted first, then rounded if the tariff says so.

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
                f"converting {usage.unit} takes the measure {measure!r}, which the usage does not give",
                field="usage.measures",
            )
        value *= Fraction(usage.measures[measure])
    return value.as_integer_ratio()


def _adjustments_of(versions: Sequence[CompiledTariff]) -> set[str]:
    rules = [rule for version in versions for rule in version.rules]
    return {rule.charge.code for rule in rules if isinstance(rule.charge, AdjustmentCharge)}


def _refuse_unknown_adjustments(versions: Sequence[CompiledTariff], usage: Usage) -> None:
    known = _adjustments_of(versions)
    unknown = sorted(set(usage.adjustments) - known)
    if unknown:
        raise Invalid(
            "unknown-adjustment",
            f"the tariff has no adjustment {', '.join(unknown)}; "
            + (f"it has {', '.join(sorted(known))}" if known else "it has none: leave adjustments out"),
            field="usage.adjustments",
        )


def _applies(rule: Rule, state: RatingState) -> bool:
    charge = rule.charge
    if charge.when is not None and not state.meets(charge.when):
        return False
    if rule.amounts and not all(_amount_within(rule, limit, places, state) for limit, places in rule.amounts):
        return False
    return charge.season is None or state.in_season(charge.season) > 0


def _amount_within(rule: Rule, limit: AmountLimit, places: Sequence[int], state: RatingState) -> bool:
    """Return whether earlier amounts meet a condition; a part of the days is compared with its share of the limits."""
    minor = Fraction(*sum_of(state, places))
    periods = Fraction(state.usage.periods) if state.share is None else state.share.factor.value
    return lies_within(Fraction(minor, periods * rule.unit), limit.above, limit.at_most)


def _factors(rule: Rule, state: RatingState) -> list[TraceFactor]:
    factors = [TraceFactor(each.label, Fraction(each.value)) for each in rule.factors if state.meets(each.when)]
    if rule.charge.season is not None:
        in_season = state.in_season(rule.charge.season)
        if in_season != 1:
            factors.append(TraceFactor("days in season", in_season))
    if state.share is not None and not isinstance(rule.charge, _of_parts(state.share)):
        factors.append(state.share.factor)
    if state.usage.periods > 1 and counts_each_period(rule.charge, state.usage):
        factors.append(TraceFactor(f"{state.usage.periods} periods", Fraction(state.usage.periods)))
    return factors


def _of_parts(share: PeriodShare) -> tuple[type[Charge], ...]:
    """Return the charges that are a version's part already: of amounts of the part, or of its share of the use."""
    blocks = (BlockCharge, ScheduleCharge) if share.whole_blocks else ()
    return (PercentCharge, SubtotalCharge, *blocks)


def _times(num: int, den: int, factors: Sequence[TraceFactor]) -> Ratio:
    for factor in factors:
        num *= factor.value.numerator
        den *= factor.value.denominator
    return num, den

"""Charges of a quantity: a rate, blocks, and blocks chosen by the total."""

from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.blocks import BlockTable
from chalicelib.tariffs.domain.charges.base import Metered, Pricer
from chalicelib.tariffs.domain.model import BlockCharge, BlockMode, ScheduleCharge, UsageCharge
from chalicelib.tariffs.domain.pricing import Price, Priced, Ratio, sum_of_terms
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step
from chalicelib.tariffs.domain.trace import TraceStep, ratio_text


class UsagePricer(Pricer):
    """A rate for every `per` units."""

    __slots__ = ("metered", "times", "unit_price")

    def __init__(self, charge: UsageCharge, exponent: int) -> None:
        self.metered = Metered(charge, in_full=charge.times in {"days", "months"})
        self.times = charge.times
        self.unit_price = Price(charge.rate, charge.per, exponent)

    def price(self, state: RatingState) -> Priced:
        num, den = self._quantity(state)
        return [(num, self.unit_price.num, self.unit_price)], den, self.unit_price.den

    def amount(self, state: RatingState) -> Ratio:
        num, den = self._quantity(state)
        return num * self.unit_price.num, den * self.unit_price.den

    def _quantity(self, state: RatingState) -> Ratio:
        num, den = self.metered.of(state)
        if self.times is None:
            return num, den
        times_num, times_den = state.measure(self.times)
        return num * times_num, den * times_den

    def steps(self, state: RatingState) -> list[TraceStep]:
        return self.metered.steps(state)


_WORDS = {"dwellingUnits": "dwelling units", "winterAverage": "winter average"}


class LimitScaler:
    """The multiplier of block limits: 10 m3 per 30 days is 20 m3 in 60 days, or perhaps for two dwellings."""

    __slots__ = ("basis", "by", "times")

    def __init__(self, by: str, days_basis: int, times: str | None) -> None:
        self.by = by
        self.basis = days_basis if by == "days" else 1
        self.times = times

    def of(self, state: RatingState) -> Ratio:
        """Return the multiplier of every limit, as a ratio.

        :raises Invalid: if a measure that the limits are multiplied by is zero.
        """
        num, den = self._above_zero(state, self.by)
        if self.times is None:
            return num, den * self.basis
        times_num, times_den = self._above_zero(state, self.times)
        return num * times_num, den * times_den * self.basis

    def steps(self, state: RatingState, rounding: Rounding | None = None) -> list[TraceStep]:
        """Return how far the limits stretched and why, in words, unless they are as the tariff states them."""
        scale = Fraction(*self.of(state))
        if scale == 1:
            return []
        said = " and ".join(self._in_words(state, measure) for measure in (self.by, self.times) if measure)
        if rounding is not None:
            said += f", each rounded ({rounding.in_words()})"
        return [TraceStep("limits", said, scale)]

    def _in_words(self, state: RatingState, measure: str) -> str:
        value = ratio_text(Fraction(*state.measure(measure)))
        counted = f"{value} {_WORDS.get(measure, measure)}"
        return f"{counted} instead of {self.basis}" if measure == "days" and self.basis != 1 else counted

    @staticmethod
    def _above_zero(state: RatingState, measure: str) -> Ratio:
        num, den = state.measure(measure)
        if num == 0:
            raise Invalid(
                "bad-measure",
                f"the limits of the blocks are multiplied by {measure!r}, so it must be above zero",
                field=f"usage.measures.{measure}",
            )
        return num, den


def _scaler_of(charge: BlockCharge | ScheduleCharge) -> LimitScaler | None:
    if charge.limits_per is None:
        return None
    return LimitScaler(charge.limits_per, charge.days_basis, charge.limits_times)


def _of_part(quantity: Ratio, state: RatingState) -> Ratio:
    """Return the share of a quantity that a version prices by whole blocks, or all of it."""
    if state.share is None or not state.share.whole_blocks:
        return quantity
    days = state.share.factor.value
    return quantity[0] * days.numerator, quantity[1] * days.denominator


def _steps_of_part(metered: Metered, state: RatingState) -> list[TraceStep]:
    steps = metered.steps(state)
    if state.share is None or not state.share.whole_blocks:
        return steps
    quantity = Fraction(*metered.of(state))
    days = state.share.factor
    begun = steps or [TraceStep("quantity", "", quantity)]
    return [*begun, TraceStep("share", f"{ratio_text(days.value)} ({days.label})", quantity * days.value)]


class BlockPricer(Pricer):
    """Telescopic or whole blocks."""

    __slots__ = ("exponent", "limits", "metered", "mode", "per", "rounded", "scaler", "table")

    def __init__(self, charge: BlockCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.scaler = _scaler_of(charge)
        self.limits = charge.blocks
        self.rounded = charge.limit_rounding
        self.mode: BlockMode = charge.mode
        self.per = charge.per
        self.exponent = exponent
        self.table = BlockTable(charge.blocks, charge.mode, charge.per, exponent)

    def price(self, state: RatingState) -> Priced:
        num, den = _of_part(self.metered.of(state), state)
        if self.scaler is None:
            return self.table.price(num, den)
        scale = self.scaler.of(state)
        if self.rounded is None:
            return self.table.price(num, den, *scale)
        rounded = self.rounded

        def limit(stated: Decimal) -> Ratio:
            limit_num, limit_den = stated.as_integer_ratio()
            return round_to_step(limit_num * scale[0], limit_den * scale[1], rounded)

        return BlockTable(self.limits, self.mode, self.per, self.exponent, limit=limit).price(num, den)

    def amount(self, state: RatingState) -> Ratio:
        if self.scaler is not None:
            return sum_of_terms(self.price(state))
        if self.metered.plain and state.share is None:
            return self.table.amount(state.use_num, state.use_den)
        return self.table.amount(*_of_part(self.metered.of(state), state))

    def steps(self, state: RatingState) -> list[TraceStep]:
        stretched = [] if self.scaler is None else self.scaler.steps(state, self.rounded)
        return [*_steps_of_part(self.metered, state), *stretched]


class SchedulePricer(Pricer):
    """Blocks chosen by the total use."""

    __slots__ = ("metered", "scaler", "schedules")

    def __init__(self, charge: ScheduleCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.scaler = _scaler_of(charge)
        self.schedules = tuple(
            (
                None if schedule.up_to is None else schedule.up_to.as_integer_ratio(),
                BlockTable(schedule.blocks, schedule.mode, charge.per, exponent),
            )
            for schedule in charge.schedules
        )

    def price(self, state: RatingState) -> Priced:
        num, den = _of_part(self.metered.of(state), state)
        scale_num, scale_den = (1, 1) if self.scaler is None else self.scaler.of(state)
        for up_to, table in self.schedules:
            if up_to is None or num * up_to[1] * scale_den <= up_to[0] * den * scale_num:
                return table.price(num, den, scale_num, scale_den)
        raise AssertionError("a checked schedule ends without a limit")

    def steps(self, state: RatingState) -> list[TraceStep]:
        stretched = [] if self.scaler is None else self.scaler.steps(state)
        return [*_steps_of_part(self.metered, state), *stretched]

"""Charges of a quantity: a rate, blocks, and blocks chosen by the total."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.blocks import BlockTable
from chalicelib.tariffs.domain.charges.base import Metered, Pricer
from chalicelib.tariffs.domain.measures import more_limits
from chalicelib.tariffs.domain.model import Block, BlockCharge, BlockMode, LimitPart, ScheduleCharge, UsageCharge
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

    __slots__ = ("basis", "measures")

    def __init__(self, by: str, days_basis: int, times: Sequence[str]) -> None:
        self.measures = (by, *times)
        self.basis = days_basis if by == "days" else 1

    def of(self, state: RatingState) -> Ratio:
        """Return the multiplier of every limit, as a ratio.

        :raises Invalid: if a measure that the limits are multiplied by is zero.
        """
        num, den = 1, self.basis
        for measure in self.measures:
            times_num, times_den = self._above_zero(state, measure)
            num, den = num * times_num, den * times_den
        return num, den

    def steps(self, state: RatingState, rounding: Rounding | None = None) -> list[TraceStep]:
        """Return how far the limits stretched and why, in words, unless they are as the tariff states them."""
        scale = Fraction(*self.of(state))
        if scale == 1:
            return []
        said = " and ".join(self._in_words(state, measure) for measure in self.measures)
        if rounding is not None:
            said += f", each rounded ({rounding.in_words()})"
        return [TraceStep("limits", said, scale)]

    def _in_words(self, state: RatingState, measure: str) -> str:
        counted = _counted(state, measure)
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


def _counted(state: RatingState, measure: str) -> str:
    return f"{ratio_text(Fraction(*state.measure(measure)))} {_WORDS.get(measure, measure)}"


def _scaler_of(charge: BlockCharge | ScheduleCharge) -> LimitScaler | None:
    if charge.limits_per is None:
        return None
    return LimitScaler(charge.limits_per, charge.days_basis, more_limits(charge))


class LimitedBlocks:
    """Blocks with limits that may stretch, be rounded, and have parts from measures of the bill."""

    __slots__ = ("as_stated", "blocks", "rounding", "scaler", "table")

    def __init__(
        self, charge: BlockCharge | ScheduleCharge, blocks: Sequence[Block], mode: BlockMode, exponent: int
    ) -> None:
        self.blocks = blocks
        self.table = BlockTable(blocks, mode, charge.per, exponent)
        self.scaler = _scaler_of(charge)
        self.rounding = charge.limit_rounding if isinstance(charge, BlockCharge) else None
        self.as_stated = self.rounding is None and not any(block.up_to_plus for block in blocks)

    def price(self, state: RatingState, num: int, den: int) -> Priced:
        """Return the amount and terms of a quantity of num/den."""
        scale = (1, 1) if self.scaler is None else self.scaler.of(state)
        if self.as_stated:
            return self.table.price(num, den, *scale)
        ends = [None if end is None else end.as_integer_ratio() for end in self._ends(state, Fraction(*scale))]
        return self.table.ending_at(ends).price(num, den)

    def steps(self, state: RatingState) -> list[TraceStep]:
        """Return how far limits stretched, and what they are if a measure is a part of them."""
        stretched = [] if self.scaler is None else self.scaler.steps(state, self.rounding)
        if not any(block.up_to_plus for block in self.blocks):
            return stretched
        scale = Fraction(1) if self.scaler is None else Fraction(*self.scaler.of(state))
        told = zip(self.blocks, self._ends(state, scale), strict=True)
        limits = [
            TraceStep("limit", self._in_words(block, state), end)
            for block, end in told
            if block.up_to_plus and end is not None
        ]
        return [*limits, *stretched]

    def _ends(self, state: RatingState, scale: Fraction) -> Iterator[Fraction | None]:
        reached = Fraction(0)
        for block in self.blocks:
            if block.up_to is None:
                yield None
                return
            limit = scale * (Fraction(block.up_to) + sum(_part(each, state) for each in block.up_to_plus))
            if self.rounding is not None:
                limit = Fraction(*round_to_step(limit.numerator, limit.denominator, self.rounding))
            yield (reached := max(reached, limit))

    def _in_words(self, block: Block, state: RatingState) -> str:
        parts = [plain(block.up_to)] if block.up_to else []
        parts += [
            " times ".join([plain(part.amount), *(_counted(state, each) for each in part.times)])
            for part in block.up_to_plus
        ]
        rounded = f", rounded ({self.rounding.in_words()})" if self.rounding and not self.scaler else ""
        return " + ".join(parts) + rounded


def _part(part: LimitPart, state: RatingState) -> Fraction:
    return prod((Fraction(*state.measure(each)) for each in part.times), start=Fraction(part.amount))


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

    __slots__ = ("as_stated", "limited", "metered", "table")

    def __init__(self, charge: BlockCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.limited = LimitedBlocks(charge, charge.blocks, charge.mode, exponent)
        self.table = self.limited.table
        self.as_stated = self.limited.as_stated and self.limited.scaler is None

    def price(self, state: RatingState) -> Priced:
        return self.limited.price(state, *_of_part(self.metered.of(state), state))

    def amount(self, state: RatingState) -> Ratio:
        if not self.as_stated:
            return sum_of_terms(self.price(state))
        if self.metered.plain and state.share is None:
            return self.table.amount(state.use_num, state.use_den)
        return self.table.amount(*_of_part(self.metered.of(state), state))

    def steps(self, state: RatingState) -> list[TraceStep]:
        return [*_steps_of_part(self.metered, state), *self.limited.steps(state)]


class SchedulePricer(Pricer):
    """Blocks chosen by the total use."""

    __slots__ = ("metered", "scaler", "schedules")

    def __init__(self, charge: ScheduleCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.scaler = _scaler_of(charge)
        self.schedules = tuple(
            (
                None if schedule.up_to is None else schedule.up_to.as_integer_ratio(),
                LimitedBlocks(charge, schedule.blocks, schedule.mode, exponent),
            )
            for schedule in charge.schedules
        )

    def price(self, state: RatingState) -> Priced:
        num, den = _of_part(self.metered.of(state), state)
        return self._chosen(state, num, den).price(state, num, den)

    def _chosen(self, state: RatingState, num: int, den: int) -> LimitedBlocks:
        scale_num, scale_den = (1, 1) if self.scaler is None else self.scaler.of(state)
        for up_to, blocks in self.schedules:
            if up_to is None or num * up_to[1] * scale_den <= up_to[0] * den * scale_num:
                return blocks
        raise AssertionError("a checked schedule ends without a limit")

    def steps(self, state: RatingState) -> list[TraceStep]:
        chosen = self._chosen(state, *_of_part(self.metered.of(state), state))
        return [*_steps_of_part(self.metered, state), *chosen.steps(state)]

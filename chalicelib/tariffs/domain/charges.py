"""Each kind of charge, compiled: from the draft of a bill to a sum of quantity times price."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.blocks import BlockTable
from chalicelib.tariffs.domain.document import (
    AdjustmentCharge,
    Block,
    BlockCharge,
    BlockMode,
    FixedCharge,
    LimitScale,
    MeasuredCharge,
    MinimumCharge,
    PercentCharge,
    ScheduleCharge,
    UsageCharge,
)
from chalicelib.tariffs.domain.draft import Draft
from chalicelib.tariffs.domain.pricing import NOTHING, Price, Priced, Ratio, add_ratios, less_than, sum_of_terms
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step

ONE = Decimal(1)
HUNDRED = Decimal(100)
AS_IT_IS = Price(ONE, ONE, 0, of_money=True)


class Pricer(ABC):
    """A compiled charge. `price` says what it comes to and why, `amount` only what; both give None for no line."""

    __slots__ = ()

    @abstractmethod
    def price(self, draft: Draft) -> Priced | None:
        """This function will price the draft's use, term by term."""

    def amount(self, draft: Draft) -> Ratio | None:
        """This function will give the sum of the terms, in minor units. Overridden where there is a shorter way."""
        priced = self.price(draft)
        return None if priced is None else sum_of_terms(priced)

    def less(self, _draft: Draft) -> Ratio:
        """This function will give what is taken off, because earlier charges brought it already."""
        return NOTHING


class Metered:
    """The quantity that a charge takes: share, caps, what is included, rounding, in that order."""

    __slots__ = ("charge", "plain")

    def __init__(self, charge: MeasuredCharge) -> None:
        self.charge = charge
        untouched = charge.measure == "use" and charge.share == 1 and charge.included == 0
        self.plain = untouched and (charge.cap, charge.cap_measure, charge.quantity_rounding) == (None, None, None)

    def of(self, draft: Draft) -> Ratio:
        """This function will give the quantity to be priced, as a ratio."""
        if self.plain:
            return draft.use_num, draft.use_den
        charge = self.charge
        quantity = Fraction(*draft.measure(charge.measure)) * Fraction(charge.share)
        if charge.cap is not None:
            quantity = min(quantity, Fraction(charge.cap))
        if charge.cap_measure is not None:
            quantity = min(quantity, Fraction(*draft.measure(charge.cap_measure)))
        quantity = max(quantity - Fraction(charge.included), Fraction(0))
        if charge.quantity_rounding is not None:
            return round_to_step(quantity.numerator, quantity.denominator, charge.quantity_rounding)
        return quantity.as_integer_ratio()


class AmountBySize:
    """An amount that may depend on the meter's size."""

    __slots__ = ("by_size", "code", "default")

    def __init__(self, code: str, amount: Decimal | None, by_size: Mapping[str, Decimal], exponent: int) -> None:
        self.code = code
        self.default = None if amount is None else Price(amount, ONE, exponent)
        self.by_size = {size: Price(value, ONE, exponent) for size, value in by_size.items()}

    def of(self, draft: Draft) -> Price:
        """This function will give the amount for the draft's meter.

        :raises Invalid: if the charge knows neither the size nor an amount for every size.
        """
        price = self.by_size.get(draft.usage.meter_size or "", self.default) if self.by_size else self.default
        if price is None:
            raise Invalid(
                "unknown-meter-size",
                f"charge {self.code!r} has no amount for meter size {draft.usage.meter_size!r}; "
                f"it knows {', '.join(sorted(self.by_size))}",
            )
        return price


class FixedPricer(Pricer):
    """An amount per period, for the days served where it is prorated."""

    __slots__ = ("charge", "size_amount")

    def __init__(self, charge: FixedCharge, exponent: int) -> None:
        self.charge = charge
        self.size_amount = AmountBySize(charge.code, charge.amount, charge.by_meter_size, exponent)

    def price(self, draft: Draft) -> Priced:
        price = self.size_amount.of(draft)
        num, den = (1, 1) if self.charge.times is None else draft.measure(self.charge.times)
        if self.charge.prorated:
            days = draft.usage.days
            num, den = num * days, den * (self.charge.days_basis or draft.usage.period_days or days)
        return [(num, price.num, price)], den, price.den


class UsagePricer(Pricer):
    """A rate for every so many units."""

    __slots__ = ("metered", "unit_price")

    def __init__(self, charge: UsageCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.unit_price = Price(charge.rate, charge.per, exponent)

    def price(self, draft: Draft) -> Priced:
        num, den = self.metered.of(draft)
        return [(num, self.unit_price.num, self.unit_price)], den, self.unit_price.den

    def amount(self, draft: Draft) -> Ratio:
        num, den = self.metered.of(draft)
        return num * self.unit_price.num, den * self.unit_price.den


class LimitScaler:
    """How far block limits stretch: 10 m3 per 30 days is 20 m3 in 60 days or, where it says so, for two dwellings."""

    __slots__ = ("basis", "by")

    def __init__(self, by: LimitScale, days_basis: int) -> None:
        self.by = by
        self.basis = days_basis if by == "days" else 1

    def of(self, draft: Draft) -> Ratio:
        """This function will give the multiplier of every limit, as a ratio."""
        num, den = draft.measure(self.by)
        return num, den * self.basis


class BlockPricer(Pricer):
    """Telescopic or whole blocks."""

    __slots__ = ("exponent", "limits", "metered", "mode", "per", "rounded", "scaler", "table")

    def __init__(self, charge: BlockCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.scaler = charge.limits_per and LimitScaler(charge.limits_per, charge.days_basis)
        self.limits = charge.blocks
        self.rounded = charge.limit_rounding
        self.mode: BlockMode = charge.mode
        self.per = charge.per
        self.exponent = exponent
        self.table = BlockTable(charge.blocks, charge.mode, charge.per, exponent)

    def price(self, draft: Draft) -> Priced:
        num, den = self.metered.of(draft)
        if self.scaler is None:
            return self.table.price(num, den)
        scale = self.scaler.of(draft)
        if self.rounded is None:
            return self.table.price(num, den, *scale)
        blocks = tuple(_with_rounded_limits(block, scale, self.rounded) for block in self.limits)
        return BlockTable(blocks, self.mode, self.per, self.exponent).price(num, den)

    def amount(self, draft: Draft) -> Ratio:
        if self.scaler is not None:
            return sum_of_terms(self.price(draft))
        return self.table.amount(*self.metered.of(draft))


def _with_rounded_limits(block: Block, scale: Ratio, rounding: Rounding) -> Block:
    up_to = None if block.up_to is None else _scaled(block.up_to, scale, rounding)
    return replace(block, over=_scaled(block.over, scale, rounding), up_to=up_to)


def _scaled(limit: Decimal, scale: Ratio, rounding: Rounding) -> Decimal:
    num, den = limit.as_integer_ratio()
    steps, step_den = round_to_step(num * scale[0], den * scale[1], rounding)
    return Decimal(steps) / Decimal(step_den)


class SchedulePricer(Pricer):
    """Blocks chosen by the total use."""

    __slots__ = ("metered", "scaler", "schedules")

    def __init__(self, charge: ScheduleCharge, exponent: int) -> None:
        self.metered = Metered(charge)
        self.scaler = charge.limits_per and LimitScaler(charge.limits_per, charge.days_basis)
        self.schedules = tuple(
            (
                None if schedule.up_to is None else schedule.up_to.as_integer_ratio(),
                BlockTable(schedule.blocks, schedule.mode, charge.per, exponent),
            )
            for schedule in charge.schedules
        )

    def price(self, draft: Draft) -> Priced:
        num, den = self.metered.of(draft)
        scale_num, scale_den = (1, 1) if self.scaler is None else self.scaler.of(draft)
        for up_to, table in self.schedules:
            if up_to is None or num * up_to[1] * scale_den <= up_to[0] * den * scale_num:
                return table.price(num, den, scale_num, scale_den)
        raise AssertionError("a checked schedule ends without a limit")


class PercentPricer(Pricer):
    """A percentage of what earlier charges came to."""

    __slots__ = ("at_least", "at_most", "exempt_use", "indices", "percent", "simple")

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        self.percent = Price(charge.percent, HUNDRED, exponent, of_money=True)
        self.indices = tuple(indices)
        self.exempt_use = None if charge.exempt_use is None else charge.exempt_use.as_integer_ratio()
        sign = -1 if charge.percent < 0 else 1
        self.at_least = None if charge.at_least is None else Price(charge.at_least * sign, ONE, exponent)
        self.at_most = None if charge.at_most is None else Price(charge.at_most * sign, ONE, exponent)
        self.simple = (charge.exempt_use, charge.at_least, charge.at_most) == (None, None, None)

    def price(self, draft: Draft) -> Priced:
        num, den = sum_of(draft, self.indices)
        if self.exempt_use is not None:
            num, den = _above_exempt_use(num, den, draft, self.exempt_use)
        percent = self.percent
        size = (abs(num * percent.num), den * percent.den)
        if self.at_most is not None and less_than((abs(self.at_most.num), self.at_most.den), size):
            return [(1, self.at_most.num, self.at_most)], 1, self.at_most.den
        if self.at_least is not None and less_than(size, (abs(self.at_least.num), self.at_least.den)):
            return [(1, self.at_least.num, self.at_least)], 1, self.at_least.den
        return [(num, percent.num, percent)], den, percent.den

    def amount(self, draft: Draft) -> Ratio:
        if not self.simple:
            return sum_of_terms(self.price(draft))
        num, den = sum_of(draft, self.indices)
        return num * self.percent.num, den * self.percent.den


def _above_exempt_use(num: int, den: int, draft: Draft, exempt: Ratio) -> Ratio:
    """Source: service tax of TNB: of 800 kWh with 600 exempt, (800 - 600) / 800 of the amount is taxed."""
    use = draft.use_num * exempt[1]
    free = exempt[0] * draft.use_den
    return (num * (use - free), den * use) if use > free else NOTHING


def sum_of(draft: Draft, indices: Sequence[int]) -> Ratio:
    """This function will add what the charges at these places came to, as a ratio in minor units."""
    values = draft.values
    if len(indices) == 1:
        return values[indices[0]]
    total = NOTHING
    for at in indices:
        total = add_ratios(total, values[at])
    return total


class MinimumPricer(Pricer):
    """What is missing to an amount."""

    __slots__ = ("indices", "size_amount", "times")

    def __init__(self, charge: MinimumCharge, indices: Sequence[int], exponent: int) -> None:
        self.size_amount = AmountBySize(charge.code, charge.amount, charge.by_meter_size, exponent)
        self.times = charge.times
        self.indices = tuple(indices)

    def price(self, draft: Draft) -> Priced:
        price = self.size_amount.of(draft)
        num, den = (1, 1) if self.times is None else draft.measure(self.times)
        return [(num, price.num, price)], den, price.den

    def less(self, draft: Draft) -> Ratio:
        return sum_of(draft, self.indices)


class AdjustmentPricer(Pricer):
    """An amount that came with the reading."""

    __slots__ = ("code", "default", "exponent")

    def __init__(self, charge: AdjustmentCharge, exponent: int) -> None:
        self.code = charge.code
        self.default = charge.amount
        self.exponent = exponent

    def price(self, draft: Draft) -> Priced | None:
        amount = draft.usage.adjustments.get(self.code, self.default)
        if amount is None:
            return None
        price = Price(amount, ONE, self.exponent)
        return [(1, price.num, price)], 1, price.den


class SubtotalPricer(Pricer):
    """The sum of earlier charges, to be rounded, less what is already on their lines."""

    __slots__ = ("indices",)

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = tuple(indices)

    def price(self, draft: Draft) -> Priced:
        num, den = sum_of(draft, self.indices)
        return [(num, 1, AS_IT_IS)], den, 1

    def less(self, draft: Draft) -> Ratio:
        return sum(draft.lines[at] or 0 for at in self.indices), 1

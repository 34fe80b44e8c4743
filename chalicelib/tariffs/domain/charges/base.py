"""The base of compiled charges, and what several of them share: quantities, amounts by size, earlier charges."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.model import MeasuredCharge
from chalicelib.tariffs.domain.pricing import NOTHING, Price, Priced, Ratio, add_ratios, sum_of_terms
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import round_to_step
from chalicelib.tariffs.domain.trace import StepKind, TraceStep

ONE = Decimal(1)


class Pricer(ABC):
    """A compiled charge. `price` returns the amount with its terms, `amount` the amount alone; None means no line."""

    __slots__ = ()

    @abstractmethod
    def price(self, state: RatingState) -> Priced | None:
        """Return the amount of the state's use, with its terms."""

    def amount(self, state: RatingState) -> Ratio | None:
        """Return the sum of the terms, in minor units. Subclasses may compute it faster."""
        priced = self.price(state)
        return None if priced is None else sum_of_terms(priced)

    def less(self, _state: RatingState) -> Ratio:
        """Return the part that earlier charges have already billed."""
        return NOTHING

    def steps(self, _state: RatingState) -> list[TraceStep]:
        """Return the steps that explain the terms' quantities or rates, where they are not obvious."""
        return []


class ChargedAlready(Pricer):
    """A charge of which an earlier bill of the period has charged everything."""

    __slots__ = ()

    def price(self, _state: RatingState) -> None:
        return None


class Metered:
    """The quantity that a charge prices: share, caps, least, included quantity and rounding, in this order."""

    __slots__ = ("charge", "in_full", "plain")

    def __init__(self, charge: MeasuredCharge, *, in_full: bool = False) -> None:
        """`in_full`: if months are rated apart, each is charged the whole measure (contracted kW, for its days)."""
        self.charge = charge
        self.in_full = in_full
        limits = (charge.cap, charge.cap_measure, charge.least, charge.least_measure, charge.quantity_rounding)
        untouched = charge.measure == "use" and charge.share == 1 and charge.included == 0
        self.plain = untouched and limits == (None,) * 5

    def of(self, state: RatingState) -> Ratio:
        """Return the quantity to price, as a ratio."""
        if self.plain:
            return state.use_num, state.use_den
        *_, (_, _, quantity) = self._trimmed(state)
        return quantity.as_integer_ratio()

    def steps(self, state: RatingState) -> list[TraceStep]:
        """Return what was done to the quantity, step by step; nothing if it is priced unchanged."""
        told = [] if self.plain else [TraceStep(*each) for each in self._trimmed(state)]
        trimmed = [after for before, after in pairwise(told) if after.result != before.result]
        return [told[0], *trimmed] if trimmed else []

    def _trimmed(self, state: RatingState) -> Iterator[tuple[StepKind, str, Fraction]]:
        charge = self.charge
        measure = state.measure if self.in_full else state.billed
        quantity = Fraction(*measure(charge.measure))
        yield "quantity", "", quantity
        quantity *= Fraction(charge.share)
        yield "share", plain(charge.share), quantity
        if charge.cap is not None:
            yield "cap", "", (quantity := min(quantity, Fraction(charge.cap)))
        if charge.cap_measure is not None:
            yield "cap", charge.cap_measure, (quantity := min(quantity, Fraction(*measure(charge.cap_measure))))
        if charge.least is not None:
            yield "least", "", (quantity := max(quantity, Fraction(charge.least)))
        if charge.least_measure is not None:
            yield "least", charge.least_measure, (quantity := max(quantity, Fraction(*measure(charge.least_measure))))
        if charge.included:
            quantity = max(quantity - Fraction(charge.included), Fraction(0))
            yield "included", plain(charge.included), quantity
        if charge.quantity_rounding is not None:
            rounded = Fraction(*round_to_step(quantity.numerator, quantity.denominator, charge.quantity_rounding))
            yield "rounded", charge.quantity_rounding.in_words(), rounded


class AmountBySize:
    """An amount that may depend on the meter's size."""

    __slots__ = ("by_size", "code", "default")

    def __init__(self, code: str, amount: Decimal | None, by_size: Mapping[str, Decimal], exponent: int) -> None:
        self.code = code
        self.default = None if amount is None else Price(amount, ONE, exponent)
        self.by_size = {size: Price(value, ONE, exponent) for size, value in by_size.items()}

    def of(self, state: RatingState) -> Price:
        """Return the amount for the state's meter.

        :raises Invalid: if the charge knows neither the size nor an amount for every size.
        """
        price = self.by_size.get(state.usage.meter_size or "", self.default) if self.by_size else self.default
        if price is None:
            raise Invalid(
                "unknown-meter-size",
                f"charge {self.code!r} has no amount for meter size {state.usage.meter_size!r}; "
                f"it knows {', '.join(sorted(self.by_size))}",
                field="usage.meterSize",
            )
        return price


def sum_of(state: RatingState, indices: Sequence[int]) -> Ratio:
    """Add the amounts of the charges at these places, as a ratio in minor units."""
    values = state.values
    if len(indices) == 1:
        return values[indices[0]]
    total = NOTHING
    for at in indices:
        total = add_ratios(total, values[at])
    return total


def times_of(state: RatingState, times: str | None, *, prorated: bool = False, days_basis: int | None = None) -> Ratio:
    """Return the multiplier of an amount: a measure, and the share of days served."""
    num, den = (1, 1) if times is None else state.measure(times)
    if prorated:
        usage = state.usage
        days = usage.days
        num, den = num * days, den * (days_basis * usage.periods if days_basis else usage.period_days or days)
    return num, den

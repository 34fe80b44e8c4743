"""Charges that depend on other charges: percentages, and the rounding of a sum."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.charges.base import ONE, Pricer, sum_of
from chalicelib.tariffs.domain.model import Inside, PercentCharge
from chalicelib.tariffs.domain.pricing import NOTHING, Price, Priced, Ratio
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.trace import TraceStep

HUNDRED = 100
AS_IT_IS = Price(ONE, ONE, 0, of_money=True)


def percentage(percent: Decimal, inside: Inside | None, exponent: int) -> Price:
    """Return a percentage as a price of money: 18 for every 100, or for every 118 or 82 if it is inside."""
    within = {"charges": percent, "sum": -percent}
    return Price(percent, HUNDRED + (within[inside] if inside else Decimal(0)), exponent, of_money=True)


class PercentPricer(Pricer):
    """A percentage of the amounts of earlier charges, before the exempt amount of the whole bill and the bounds."""

    __slots__ = ("charge", "exempt_use", "exponent", "indices", "percent")

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        self.charge = charge
        self.exponent = exponent
        self.percent = percentage(charge.percent, charge.inside, exponent)
        self.indices = tuple(indices)
        self.exempt_use = None if charge.exempt_use is None else charge.exempt_use.as_integer_ratio()

    def base(self, state: RatingState) -> Ratio:
        """Return the base of the percentage, in minor units."""
        num, den = sum_of(state, self.indices)
        return (num, den) if self.exempt_use is None else _above_exempt_use(num, den, state, self.exempt_use)

    def price(self, state: RatingState) -> Priced:
        num, den = self.base(state)
        percent = self.percent
        return [(num, percent.num, percent)], den, percent.den

    def amount(self, state: RatingState) -> Ratio:
        num, den = self.base(state) if self.exempt_use is not None else sum_of(state, self.indices)
        return num * self.percent.num, den * self.percent.den

    def steps(self, state: RatingState) -> list[TraceStep]:
        if self.charge.exempt_use is None:
            return []
        num, den = sum_of(state, self.indices)
        return [TraceStep("exempt-use", plain(self.charge.exempt_use), Fraction(num, den * 10**self.exponent))]


def _above_exempt_use(num: int, den: int, state: RatingState, exempt: Ratio) -> Ratio:
    """Source: service tax of TNB: of 800 kWh with 600 exempt, (800 - 600) / 800 of the amount is taxed."""
    use = state.use_num * exempt[1]
    free = exempt[0] * state.use_den
    return (num * (use - free), den * use) if use > free else NOTHING


class SubtotalPricer(Pricer):
    """The rounding of a sum of earlier charges: the rounded sum minus their lines."""

    __slots__ = ("indices",)

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = tuple(indices)

    def price(self, state: RatingState) -> Priced:
        num, den = sum_of(state, self.indices)
        return [(num, 1, AS_IT_IS)], den, 1

    def less(self, state: RatingState) -> Ratio:
        return sum(state.lines[at] or 0 for at in self.indices), 1

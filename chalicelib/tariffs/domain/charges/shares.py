"""Charges of other charges: percentages, and the rounding of a sum."""

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.tariffs.domain.charges.base import ONE, Pricer, sum_of
from chalicelib.tariffs.domain.model import PercentCharge
from chalicelib.tariffs.domain.pricing import NOTHING, Price, Priced, Ratio, less_than, sum_of_terms
from chalicelib.tariffs.domain.rating_state import RatingState

HUNDRED = Decimal(100)
AS_IT_IS = Price(ONE, ONE, 0, of_money=True)


class PercentPricer(Pricer):
    """A percentage of what earlier charges came to."""

    __slots__ = ("at_least", "at_most", "exempt_amount", "exempt_use", "indices", "percent", "simple")

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        self.percent = Price(charge.percent, HUNDRED, exponent, of_money=True)
        self.indices = tuple(indices)
        self.exempt_use = None if charge.exempt_use is None else charge.exempt_use.as_integer_ratio()
        self.exempt_amount = None if charge.exempt_amount is None else Price(charge.exempt_amount, ONE, exponent)
        sign = -1 if charge.percent < 0 else 1
        self.at_least = None if charge.at_least is None else Price(charge.at_least * sign, ONE, exponent)
        self.at_most = None if charge.at_most is None else Price(charge.at_most * sign, ONE, exponent)
        special = (charge.exempt_use, charge.exempt_amount, charge.at_least, charge.at_most)
        self.simple = special == (None,) * 4

    def price(self, state: RatingState) -> Priced:
        num, den = sum_of(state, self.indices)
        if self.exempt_use is not None:
            num, den = _above_exempt_use(num, den, state, self.exempt_use)
        if self.exempt_amount is not None:
            num, den = _above_exempt_amount(num, den, state, self.exempt_amount)
        percent = self.percent
        size = (abs(num * percent.num), den * percent.den)
        if self.at_most is not None and less_than((abs(self.at_most.num), self.at_most.den), size):
            return [(1, self.at_most.num, self.at_most)], 1, self.at_most.den
        if self.at_least is not None and less_than(size, (abs(self.at_least.num), self.at_least.den)):
            return [(1, self.at_least.num, self.at_least)], 1, self.at_least.den
        return [(num, percent.num, percent)], den, percent.den

    def amount(self, state: RatingState) -> Ratio:
        if not self.simple:
            return sum_of_terms(self.price(state))
        num, den = sum_of(state, self.indices)
        return num * self.percent.num, den * self.percent.den


def _above_exempt_use(num: int, den: int, state: RatingState, exempt: Ratio) -> Ratio:
    """Source: service tax of TNB: of 800 kWh with 600 exempt, (800 - 600) / 800 of the amount is taxed."""
    use = state.use_num * exempt[1]
    free = exempt[0] * state.use_den
    return (num * (use - free), den * use) if use > free else NOTHING


def _above_exempt_amount(num: int, den: int, state: RatingState, exempt: Price) -> Ratio:
    """5 % of what exceeds 100.00: of 150.00, 2.50. A version that rates a part of the days exempts that part."""
    free, free_den = exempt.num, exempt.den
    if state.share is not None:
        part = state.share.factor.value
        free, free_den = free * part.numerator, free_den * part.denominator
    above = num * free_den - free * den
    return (above, den * free_den) if above > 0 else NOTHING


class SubtotalPricer(Pricer):
    """The sum of earlier charges, to be rounded, less what is already on their lines."""

    __slots__ = ("indices",)

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = tuple(indices)

    def price(self, state: RatingState) -> Priced:
        num, den = sum_of(state, self.indices)
        return [(num, 1, AS_IT_IS)], den, 1

    def less(self, state: RatingState) -> Ratio:
        return sum(state.lines[at] or 0 for at in self.indices), 1

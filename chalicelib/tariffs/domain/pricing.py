"""Prices in whole numbers, and the common form of every charge: a sum of quantity times price."""

from decimal import Decimal
from fractions import Fraction
from math import gcd


class Price:
    """A rate as printed, and as a ratio: 5.50 per 1000 of a currency with two decimals is 11/20 minor units.

    `of_money`: it is multiplied by money (a percentage), so its ratio has no unit. `flat`: it is due once, for a block
    that was entered.
    """

    __slots__ = ("den", "flat", "num", "of_money", "per", "rate")
    num: int
    den: int

    def __init__(
        self, rate: Decimal, per: Decimal, exponent: int, *, of_money: bool = False, flat: bool = False
    ) -> None:
        self.rate = rate
        self.per = per
        self.of_money = of_money
        self.flat = flat
        unit = 1 if of_money else 10**exponent
        self.num, self.den = (Fraction(rate) * unit / Fraction(per)).as_integer_ratio()

    def over(self, den: int) -> int:
        """Return the numerator over another denominator, a multiple of this one's."""
        return self.num * (den // self.den)


Term = tuple[int, int, Price]
"""A quantity, what one unit costs, and the price that this came from; denominators are kept by the whole sum."""

Ratio = tuple[int, int]
"""Numerator and denominator, the second above zero. Not reduced: that would cost more than it saves."""

NOTHING: Ratio = (0, 1)

Priced = tuple[list[Term], int, int]
"""The result of a charge: terms, the denominator of all their quantities, and that of all their prices."""


def sum_of_terms(priced: Priced) -> Ratio:
    """Return the sum of a charge's terms, in minor units."""
    terms, quantity_den, price_den = priced
    return sum(quantity * price for quantity, price, _ in terms), quantity_den * price_den


def add_ratios(one: Ratio, other: Ratio) -> Ratio:
    """Add two ratios over their least common denominator: sixty sums of sums stay short."""
    if one[1] == other[1]:
        return one[0] + other[0], one[1]
    up, other_up = other[1] // (shared := gcd(one[1], other[1])), one[1] // shared
    return one[0] * up + other[0] * other_up, one[1] * up


def less_than(one: Ratio, other: Ratio) -> bool:
    """Compare two ratios with positive denominators."""
    return one[0] * other[1] < other[0] * one[1]

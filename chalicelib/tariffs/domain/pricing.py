"""Prices in whole numbers, and the one shape that every charge comes to: a sum of quantity times price."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Price:
    """A rate as printed, and the same as a ratio: 5.50 per 1000 of a currency with two decimals is 11/20 minor units.

    `of_money`: what it is multiplied by is itself money (a percentage), and so its ratio has no unit.
    """

    __slots__ = ("den", "num", "of_money", "per", "rate")
    num: int
    den: int

    def __init__(self, rate: Decimal, per: Decimal, exponent: int, *, of_money: bool = False) -> None:
        self.rate = rate
        self.per = per
        self.of_money = of_money
        unit = 1 if of_money else 10**exponent
        self.num, self.den = (Fraction(rate) * unit / Fraction(per)).as_integer_ratio()

    def over(self, den: int) -> int:
        """This function will give the numerator over another denominator, a multiple of this one's."""
        return self.num * (den // self.den)


Term = tuple[int, int, Price]
"""A quantity, what one unit costs, and the price that this came from; denominators are kept by the whole sum."""

NOTHING = (0, 1)


class Priced(NamedTuple):
    """A sum of terms: each quantity is over `quantity_den`, each price over `price_den`, in minor units.

    `less` is what earlier charges came to already, as a ratio in minor units (of a minimum or a subtotal).
    """

    terms: list[Term]
    quantity_den: int
    price_den: int
    less: tuple[int, int] = NOTHING


def add_ratios(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """This function will add two ratios without reducing them."""
    if one[1] == other[1]:
        return one[0] + other[0], one[1]
    return one[0] * other[1] + other[0] * one[1], one[1] * other[1]


def less_than(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """This function will compare two ratios with positive denominators."""
    return one[0] * other[1] < other[0] * one[1]

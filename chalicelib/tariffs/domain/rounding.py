"""Rounding of exact ratios, and splitting without losing a unit. Only whole numbers and Decimals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from chalicelib.kernel.quantity import plain

RoundingMode = Literal["half-up", "half-even", "floor", "ceiling"]


@dataclass(frozen=True, slots=True)
class Rounding:
    """To multiples of `step` (0.01, 0.05, 1, 10), in the unit of what is rounded."""

    mode: RoundingMode
    step: Decimal

    def in_words(self) -> str:
        """Return the rounding in words: "half-up to 0.05"."""
        return f"{self.mode} to {plain(self.step)}"


def _half_up(num: int, den: int) -> int:
    if num < 0:
        return -((den - 2 * num) // (2 * den))
    return (2 * num + den) // (2 * den)


def _half_even(num: int, den: int) -> int:
    whole, rest = divmod(num, den)
    return whole + 1 if 2 * rest > den or (2 * rest == den and whole % 2) else whole


def _floor(num: int, den: int) -> int:
    return num // den


def _ceiling(num: int, den: int) -> int:
    return -(-num // den)


TO_WHOLE: dict[RoundingMode, Callable[[int, int], int]] = {
    "half-up": _half_up,
    "half-even": _half_even,
    "floor": _floor,
    "ceiling": _ceiling,
}


def round_ratio(num: int, den: int, mode: RoundingMode) -> int:
    """Round num/den (den > 0) to a whole number.

    Half-up goes away from zero, so that a credit is the mirror image of its charge: 5/2 -> 3 and -5/2 -> -3.
    Floor and ceiling go down and up the number line.
    """
    return TO_WHOLE[mode](num, den)


def round_to_step(num: int, den: int, rounding: Rounding) -> tuple[int, int]:
    """Round num/den to a multiple of the rounding's step, as a new ratio.

    Half-up to 0.05: 287/10 stays (574, 20), which is 28.70.
    """
    step_num, step_den = rounding.step.as_integer_ratio()
    return round_ratio(num * step_den, den * step_num, rounding.mode) * step_num, step_den


def share_rounded(amounts: Sequence[Fraction], mode: RoundingMode) -> list[int]:
    """Round a sum once and share it over its parts, so that they add up to it.

    Each share is its part rounded towards zero; the units left over go one each to the largest remainders, the earlier
    one first if remainders tie. (5/2, 5/2) half-up -> [3, 2]; a credit mirrors its charge: (-5/2, -5/2) -> [-3, -2].
    """
    whole = sum(amounts, Fraction(0))
    units = round_ratio(whole.numerator, whole.denominator, mode)
    sign = -1 if whole < 0 else 1
    shares = [sign * amount // 1 for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda at: shares[at] - sign * amounts[at])
    for at in by_remainder[: sign * units - sum(shares)]:
        shares[at] += 1
    return [sign * share for share in shares]


def split_by_weights(units: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split whole units in proportion to weights, losing none.

    Each share is rounded down; the units left over go one each to the largest remainders, the earlier one first
    where remainders tie. 51 by (1, 1) -> (26, 25); 100 by (1, 1, 1) -> (34, 33, 33).

    :raises ValueError: if no weight is positive or one is negative.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, and one must be positive")
    shares = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(units * weights[at] % whole))
    for at in by_remainder[: units - sum(shares)]:
        shares[at] += 1
    return tuple(shares)

"""The register of a meter: its range, estimates of use, and settling estimates by a real reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain

MAX_DIGITS = 12


def range_of(digits: int) -> Decimal:
    """Return the range of a register by its digits, after which it starts again at zero: 4 digits -> 10000.

    Only digits before the decimal point count; those after it roll over together with them.
    """
    return Decimal(10) ** digits


def check_shown(value: Decimal, wraps_at: Decimal | None) -> None:
    """Check that a register can show a value. Without a range, any value from zero is possible.

    :raises Invalid: otherwise.
    """
    if value < 0:
        raise Invalid("bad-number", "a meter can't show less than zero")
    if wraps_at is not None and value >= wraps_at:
        message = f"a register that starts again at {plain(wraps_at)} can't show {plain(value)}"
        raise Invalid("impossible-reading", message)


def average_use(recent_uses: Sequence[Decimal], *, last: int) -> tuple[int, int]:
    """Return the average of the `last` most recent uses, as an exact ratio (numerator, denominator).

    (10, 12, 15) over the last 2 -> (27, 2). If there are fewer than `last`, all of them count.

    :raises Invalid: if there is no earlier use.
    """
    taken = recent_uses[-last:] if last > 0 else ()
    if not taken:
        raise Invalid("nothing-to-estimate-by", "there is no earlier use to estimate by; read the meter")
    num, den = sum(taken, Decimal(0)).as_integer_ratio()
    return num, den * len(taken)


@dataclass(frozen=True, slots=True)
class TrueUp:
    """The use left to bill when a real reading comes after estimates; `credit` is use that was estimated in excess."""

    to_bill: Decimal
    credit: Decimal


def true_up(real_use: Decimal, *, billed_ahead: Decimal) -> TrueUp:
    """Subtract the use billed ahead by estimates from the real use.

    40 really used, 25 estimated and billed -> 15 to bill. 20 really used -> nothing to bill and 5 in credit.
    """
    left = real_use - billed_ahead
    return TrueUp(to_bill=max(left, Decimal(0)), credit=max(-left, Decimal(0)))

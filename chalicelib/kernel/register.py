"""The register of a meter: what it can show, what is estimated where nobody read it, and how the two are settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain

MAX_DIGITS = 12


def range_of(digits: int) -> Decimal:
    """Return the use after which a register shows the same again: 4 digits -> 10000.

    Only the digits before the point count; those behind it run over together with them.
    """
    return Decimal(10) ** digits


def check_shown(value: Decimal, digits: int | None) -> None:
    """Check that a register can show a value. Without digits, whatever is not below zero.

    :raises Invalid: otherwise.
    """
    if value < 0:
        raise Invalid("bad-number", "a meter can't show less than zero")
    if digits is not None and value >= range_of(digits):
        raise Invalid("impossible-reading", f"a register of {digits} digits can't show {plain(value)}")


def average_use(recent_uses: Sequence[Decimal], *, last: int) -> tuple[int, int]:
    """Return the average of the last so many uses, as an exact ratio; the caller rounds it.

    (10, 12, 15) over the last 2 -> (27, 2). Fewer than `last` are averaged as they are.

    :raises Invalid: if there is no earlier use to go by.
    """
    taken = recent_uses[-last:] if last > 0 else ()
    if not taken:
        raise Invalid("nothing-to-estimate-by", "there is no earlier use to estimate by; read the meter")
    num, den = sum(taken, Decimal(0)).as_integer_ratio()
    return num, den * len(taken)


@dataclass(frozen=True, slots=True)
class TrueUp:
    """What is left to bill when a real reading comes after estimates; `credit` is what was estimated too much."""

    to_bill: Decimal
    credit: Decimal


def true_up(real_use: Decimal, *, billed_ahead: Decimal) -> TrueUp:
    """Set what was really used against what of it was billed ahead.

    40 really used, 25 estimated and billed -> 15 to bill. 20 really used -> nothing to bill and 5 in credit.
    """
    left = real_use - billed_ahead
    return TrueUp(to_bill=max(left, Decimal(0)), credit=max(-left, Decimal(0)))

"""The register of a meter: what so many digits can show, and where it starts again at zero."""

from decimal import Decimal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain

MAX_DIGITS = 12


def range_of(digits: int) -> Decimal:
    """This function will give the use after which a register shows the same again: 4 digits -> 10000.

    Only the digits before the point count; those behind it run over together with them.
    """
    return Decimal(10) ** digits


def check_shown(value: Decimal, digits: int | None) -> None:
    """This function will insist that a register can show a value. Without digits, whatever is not below zero.

    :raises Invalid: otherwise.
    """
    if value < 0:
        raise Invalid("bad-number", "a meter can't show less than zero")
    if digits is not None and value >= range_of(digits):
        raise Invalid("impossible-reading", f"a register of {digits} digits can't show {plain(value)}")

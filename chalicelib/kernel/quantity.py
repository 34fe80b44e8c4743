"""Quantities: exact decimals with a unit, as printed on a meter."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.errors import Invalid

_LONG = re.compile(r"-?\d+(\.\d+)?\Z", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?\Z", re.ASCII)


def parse_decimal(text: str) -> Decimal:
    """Parse a plain decimal such as "1785" or "12.375": at most 12 digits before the point, 6 after.

    :raises Invalid: for anything else, "1e9", "NaN", "1,200" and full-width digits included.
    """
    if _LONG.match(text) and not _DECIMAL.match(text):
        raise Invalid(
            "bad-number", f"{text[:40]!r} has too many digits: 12 before the point and 6 after it at the most"
        )
    if not _DECIMAL.match(text):
        raise Invalid(
            "bad-number",
            f"{text[:40]!r} is not a plain decimal number; write it like 1785 or 12.375, without separators",
        )
    return Decimal(text) + 0  # + 0 makes -0 a plain 0


def plain(value: Decimal) -> str:
    """Format a decimal without exponent and trailing zeros: 1.50 -> 1.5, 1E+2 -> 100."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def divided(value: Decimal, by: Decimal | int) -> Decimal:
    """Return a decimal divided by another, to 28 significant digits where it does not come out even: 20 by 8 -> 2.5."""
    return value / by


def median_of(values: Iterable[Decimal]) -> Decimal | None:
    """Return the middle one of some decimals by size, or the mean of the middle two; None without any.

    10, 60, 12 -> 12. 10, 60 -> 35.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else divided(ordered[half - 1] + ordered[half], 2)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount of something metered: Quantity(Decimal("10"), "m3")."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"

"""Use from meter values: rollovers, exchanged meters, estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.register import average_use, check_shown, range_of
from chalicelib.tariffs.domain.rounding import Rounding, round_to_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The values of one register at two readings.

    `digits` before the point are its range, or it starts again at `wraps_at`, which may be any number (a counter of 16
    bits: 65536); `rolled_over` says that it passed its highest value, whatever the use;
    `multiplier` is that of a transformer or pulse.
    `reading_rounding` is applied to each reading before they are compared (Temple, Texas, reads whole hundreds).
    """

    previous: Decimal
    current: Decimal
    digits: int | None = None
    rolled_over: bool = False
    multiplier: Decimal = Decimal(1)
    reading_rounding: Rounding | None = None
    wraps_at: Decimal | None = None

    @property
    def range(self) -> Decimal | None:
        """The number at which the register starts again, if it is known."""
        return range_of(self.digits) if self.wraps_at is None and self.digits is not None else self.wraps_at


def use_of(segment: Segment) -> Decimal:
    """Return the use between two readings of one register.

    A register of 4 digits that goes from 9990 to 0015 has rolled over: 25. A lower value is refused without digits, and
    if the use would be a tenth of the range or more, unless `rolled_over` says that it rolled over
    (ADR 14): 100 -> 99 with 6 digits is a typing error and no use of 999999.

    :raises Invalid: if the register can't have shown these values.
    """
    for value in (segment.previous, segment.current):
        check_shown(value, segment.range)
    use = _as_read(segment.current, segment) - _as_read(segment.previous, segment)
    if use < 0:
        if segment.range is None:
            raise Invalid(
                "reading-below-last",
                f"{segment.current} is less than {segment.previous}; correct it, or give the digits of a full register",
                field="usage.readings",
            )
        use += segment.range
        if use * 10 >= segment.range and not segment.rolled_over:
            raise Invalid(
                "reading-below-last",
                f"{segment.current} is less than {segment.previous}, and after a rollover the use would be "
                f"{use}; correct it, or say rolledOver if it did",
                field="usage.readings",
            )
    return use * segment.multiplier


def _as_read(value: Decimal, segment: Segment) -> Decimal:
    if segment.reading_rounding is None:
        return value
    num, den = round_to_step(*value.as_integer_ratio(), segment.reading_rounding)
    return Decimal(num) / Decimal(den)


def use_over(segments: Sequence[Segment]) -> Decimal:
    """Return the use of a period in which meters were exchanged: the sum over the old and new ones."""
    return sum((use_of(segment) for segment in segments), Decimal(0))


def estimated_use(recent_uses: Sequence[Decimal], *, last: int, rounding: Rounding) -> Decimal:
    """Return an estimate: the average of the `last` most recent uses, rounded as stated.

    (10, 12, 14) over the last 2 to whole units -> 13. If there are fewer than `last`, all of them count.

    :raises Invalid: if there is no earlier use.
    """
    num, den = average_use(recent_uses, last=last)
    steps, step_den = round_to_step(num, den, rounding)
    return Decimal(steps) / Decimal(step_den)


def leak_allowance(use: Decimal, *, normal_use: Decimal, share: Decimal) -> Decimal:
    """Return the use that a leak adjustment forgives: a share of what exceeds the normal use.

    Source: Cedar Hill, Texas: 20,000 gal with a leak, 10,000 normal, half of the excess -> 5,000.
    """
    return max(use - normal_use, Decimal(0)) * share

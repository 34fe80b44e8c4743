"""When the demo's meters are read each month, as seen from today, and how far the last readings came.

The reader is on the way every day, so that on any day some bills are open, some readings are still to be billed, and
some meters are still to be read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chalicelib.kernel.period import Period
from local.demo.history import MeterReading

# What became of a meter's last reading. What was `settled` was billed, and maybe paid, before the utility moved here;
# `billed` by a run here, `confirmed` and without a bill, or `waiting` for a person to confirm it.
Stage = Literal["settled", "billed", "confirmed", "waiting"]
DueOn = Callable[[date], date]


@dataclass(frozen=True, slots=True)
class Turn:
    """The day of the month on which some meters are read: so many days before today, up to 27.

    Zero or less: today, or in so many days of this month, so that they are unread in this month.
    """

    days_ago: int
    stage: Stage = "settled"

    def reading_days(self, today: date, *, months: int, due_on: DueOn) -> list[date]:
        """Return the days of this month and the months before it up to yesterday. Oldest first.

        A month that is too short has its last day. What is not settled was read late enough for its bill not to be
        overdue today: `due_on` says by when a bill of a reading day is to be paid.
        """
        month = Period.of(today)
        if self.days_ago > 0:
            last = today - timedelta(days=self.days_ago)
            if self.stage != "settled" and due_on(last) < today:
                last = today - timedelta(days=1)
            day = last.day
        else:
            day = month.day(today.day - self.days_ago).day
        days = (month.shifted(-back).day(day) for back in reversed(range(months)))
        return [on for on in days if on < today]


@dataclass(frozen=True, slots=True)
class Read:
    """The readings of one meter up to yesterday, oldest first, and how far the last one came."""

    readings: tuple[MeterReading, ...]
    stage: Stage

    def of_stage(self, stage: Stage) -> tuple[MeterReading, ...]:
        """Return its readings that came so far: all but the last one are settled."""
        if stage == self.stage:
            return self.readings if stage == "settled" else self.readings[-1:]
        return self.readings[:-1] if stage == "settled" else ()


def of_stage(read: Iterable[Read], stage: Stage) -> Iterator[MeterReading]:
    """Return the readings of all meters that came so far."""
    for one in read:
        yield from one.of_stage(stage)

"""On which days the demo's meters are read, counted from today, and the stage of their last readings.

Some meters are read every day, so that on any day some bills are open, some readings unbilled, and some meters unread.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chalicelib.kernel.period import Period
from local.demo.history import MeterReading

# The stage of a meter's last reading: `settled` was billed, and perhaps paid, before the utility moved to Meterbook;
# `billed` was billed by a run, `confirmed` has no bill yet, and `waiting` is not confirmed.
Stage = Literal["settled", "billed", "confirmed", "waiting"]
DueOn = Callable[[date], date]


@dataclass(frozen=True, slots=True)
class Turn:
    """The day of the month on which some meters are read, as `days_ago` from today, 27 at most.

    Zero is today and -3 in three days, but still in this month: these meters are unread this month.
    """

    days_ago: int
    stage: Stage = "settled"

    def reading_days(self, today: date, *, months: int, due_on: DueOn) -> list[date]:
        """Return the reading days of the last `months` months up to yesterday, oldest first.

        Shorter months have their last day. If the bill of an unsettled reading would be overdue today, it was read
        yesterday instead; `due_on` gives the due day of a reading day's bill.
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
    """The readings of one meter up to yesterday, oldest first, and the stage of the last one."""

    readings: tuple[MeterReading, ...]
    stage: Stage

    def of_stage(self, stage: Stage) -> tuple[MeterReading, ...]:
        """Return its readings at a stage: all but the last one are settled."""
        if stage == self.stage:
            return self.readings if stage == "settled" else self.readings[-1:]
        return self.readings[:-1] if stage == "settled" else ()


def of_stage(read: Iterable[Read], stage: Stage) -> Iterator[MeterReading]:
    """Return the readings of several meters at a stage."""
    for one in read:
        yield from one.of_stage(stage)

"""The day on which the demo utilities' year ends: the day they are loaded, or the one that METERBOOK_TODAY names.

METERBOOK_TODAY moves the clock of everything that runs here, so that a bill is as overdue as on that day.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Self
from zoneinfo import ZoneInfo

from chalicelib.kernel.clock import local_day, parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from local.trouble import Trouble

_VARIABLE = "METERBOOK_TODAY"
# The time is saved every second; a killed run may have gone on a little longer.
_NOT_REMEMBERED = timedelta(seconds=5)
_FIRST, _LAST = date(2000, 1, 1), date(2098, 12, 31)


@dataclass(frozen=True, slots=True)
class DemoDay:
    """The instant at which the demo is loaded. Everything before today, in a utility's time zone, has happened."""

    now: datetime

    @classmethod
    def on(cls, day: date) -> Self:
        """Return noon UTC of a day: it is the same day in every demo utility's time zone."""
        return cls(datetime.combine(day, time_of_day(12), UTC))

    def today(self, timezone: str) -> date:
        """Return the calendar day in an IANA time zone."""
        return local_day(self.now, timezone)

    def month(self, timezone: str) -> Period:
        """Return today's month."""
        return Period.of(self.today(timezone))


def began_at(day: date, timezone: str) -> datetime:
    """Return the first instant of a day in an IANA time zone."""
    return datetime.combine(day, time_of_day(), ZoneInfo(timezone)).astimezone(UTC)


def named_today() -> date | None:
    """Return the day that METERBOOK_TODAY names, or None if it is not set.

    :raises Trouble: if the demo can't end on that day.
    """
    text = os.environ.get(_VARIABLE)
    return _parse(text) if text else None


def move_clock(day: date, *, last_moment: datetime | None) -> None:
    """Start the clock at noon UTC of a day, or where the last run with that day stopped.

    So times never go backwards, and the audit log stays in order.
    """
    started, begin = time.monotonic(), DemoDay.on(day).now
    if last_moment is not None:
        begin = max(begin, last_moment + _NOT_REMEMBERED)
    clock.use_time(lambda: begin + timedelta(seconds=time.monotonic() - started))


def _parse(text: str) -> date:
    try:
        day = parse_day(text)
    except Invalid:
        day = None
    if day is None or not _FIRST <= day <= _LAST:
        raise Trouble(f"{_VARIABLE} must be a day between {_FIRST} and {_LAST}, such as 2025-11-01")
    return day

"""Flags: reasons for a person to check a reading before confirming it. They block nothing."""

from datetime import date

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import Count
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import Project

LATE, HIGH_USE, NO_USE, ROLLOVER = "late", "high_use", "no_use", "rollover"


def flags_of(
    project: Project, connection: Connection, count: Count, period: Period, read_on: date | None
) -> tuple[str, ...]:
    """Return the flags of a reading. An estimate is never late, because it was not read on a day."""
    flags = []
    window = project.settings.reading_window
    if window and read_on and not window.first_day <= read_on.day <= window.last_day:
        flags.append(LATE)
    percent, before = project.settings.high_usage_percent, connection.uses_before(period)
    if percent and before and before[-1] and count.usage * 100 > before[-1] * percent:
        flags.append(HIGH_USE)
    if count.usage == 0:
        flags.append(NO_USE)
    if count.rolled_over:
        flags.append(ROLLOVER)
    return tuple(flags)

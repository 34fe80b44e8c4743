"""What a person should look at before confirming a reading; none of it stops one."""

from datetime import date

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import Count
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import Project

LATE, HIGH_USE, NO_USE, ROLLOVER = "late", "high_use", "no_use", "rollover"


def flags_of(
    project: Project, connection: Connection, count: Count, period: Period, read_on: date | None
) -> tuple[str, ...]:
    """Return what a person should look at; an estimate was not read, so that no day of it is late."""
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

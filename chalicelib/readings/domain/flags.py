"""Flags: reasons for a person to look at a reading. They block nothing; a held reading must be looked at."""

from datetime import date
from decimal import Decimal

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import Count
from chalicelib.connections.domain.uses import before, usual_use
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import Project

LATE, HIGH_USE, NO_USE, ROLLOVER = "late", "high_use", "no_use", "rollover"


def flags_of(
    project: Project, connection: Connection, count: Count, period: Period, read_on: date | None, *, rounds: int
) -> tuple[str, ...]:
    """Return the flags of a reading. An estimate is never late, because it was not read on a day.

    A use is high if it is far above the last one; after a round without use, above the usual one of the year.
    """
    flags = []
    window = project.settings.reading_window
    if window and read_on and not window.first_day <= read_on.day <= window.last_day:
        flags.append(LATE)
    percent, compared = project.settings.high_usage_percent, _compared_with(connection, period)
    if percent and compared and count.usage * 100 > compared * max(rounds, 1) * percent:
        flags.append(HIGH_USE)
    if count.usage == 0:
        flags.append(NO_USE)
    if count.rolled_over:
        flags.append(ROLLOVER)
    return tuple(flags)


def _compared_with(connection: Connection, period: Period) -> Decimal | None:
    earlier = before(connection.uses, period)
    if not earlier:
        return None
    return earlier[-1].of_one_round or usual_use(earlier, period)

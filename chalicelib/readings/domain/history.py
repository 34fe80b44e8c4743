"""Filters for lists of readings."""

from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading, ReadingState
from chalicelib.tenancy.domain import Project

# A year, also one with a leap day: thirteen periods, or fourteen by the days on which they are read.
MAX_DAYS = 366
_LONGEST_PERIOD = 12


@dataclass(frozen=True, slots=True)
class Search:
    """Readings of `periods`, newest first, of a range of days; of one connection or all, in one state or any."""

    periods: tuple[Period, ...]
    first_day: date
    last_day: date
    account: str | None
    state: ReadingState | None

    def fits(self, reading: Reading) -> bool:
        """Return whether a reading matches."""
        taken_then = reading.period in self.periods and self.first_day <= reading.read_on <= self.last_day
        return taken_then and self.state in {None, reading.state} and self.account in {None, reading.account}


def search_for(
    project: Project,
    *,
    period: Period | None,
    first_day: date | None,
    last_day: date | None,
    account: str | None,
    state: ReadingState | None,
    today: date,
) -> Search:
    """Check the filters of a request: a period, or days; without either, the year until today.

    :raises Invalid: for both, or for days in the wrong order or more than a year apart.
    """
    if period is not None:
        if first_day or last_day:
            raise Invalid("bad-filter", "give period, or from and to, not both", field="from")
        return Search((period,), date.min, date.max, account, state)
    last = last_day or max(today, first_day or today)
    first = first_day or last - timedelta(days=MAX_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise Invalid("bad-filter", f"give at most {MAX_DAYS} days, and no from after to", field="from")
    # A group's period may end so much later than the project's.
    ahead = _LONGEST_PERIOD - 1 if project.settings.billing_groups else 0
    oldest, at = project.period_of(first), project.period_of(last).shifted(ahead)
    periods = []
    while at >= oldest:
        periods.append(at)
        at = at.shifted(-1)
    return Search(tuple(periods), first, last, account, state)

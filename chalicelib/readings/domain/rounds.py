"""Rounds: the billing periods that readings are taken for."""

from datetime import date, timedelta

from chalicelib.connections.domain import Connection
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import BillingGroup, Project

_DAY = timedelta(days=1)
_YEAR = 12
_DAYS_OF_YEAR = 365
_MOST_ROUNDS = 60
# Readings may come a few days before or after the days of their round, so they may name the one before or after.
_ROUNDS_BESIDE = 1


def group_of(project: Project, connection: Connection, month: Period) -> BillingGroup:
    """Return the billing group of a connection in a month."""
    return project.group_of(connection.area, connection.consumer_class, month=month)


def round_of(project: Project, connection: Connection, read_on: date, *, named: Period | None = None) -> Period:
    """Return the round that a reading of a day is taken for: the one that it names, or that of the day.

    :raises Invalid: if it names a period that is not billed, or neither that of the day nor one beside it.
    """
    group = group_of(project, connection, project.month_of(read_on))
    period = project.period_of(read_on, group)
    if named is None or named == period:
        return period
    if not project.ends_in(named, group):
        raise Invalid("other-period", f"{named} is not billed for this connection; {period} is", field="period")
    if abs(months_between(period, named)) > _ROUNDS_BESIDE * group.months:
        raise Invalid(
            "other-period", f"a reading of {read_on} is of {period} or one beside it, not of {named}", field="period"
        )
    return named


def rounds_since(project: Project, connection: Connection, period: Period, read_on: date) -> int:
    """Return how many rounds have passed when a connection is read for a period: 0 if it was read for it before.

    A new holder's first use is of one round at least. The first use of all is of as many as its days are nearest to:
    60 days since the opening are two months, 40 one.
    """
    months = group_of(project, connection, period).months
    if connection.last_period is not None:
        passed = -(-months_between(connection.last_period, period) // months)
        return max(passed, 1 if connection.has_new_holder else 0)
    if connection.metered_from is not None:  # the period of the day before it was billed without a reading
        before = project.period_of(connection.metered_from - _DAY, group_of(project, connection, period))
        return max(-(-months_between(before, period) // months), 0)
    begun = connection.opening_day
    if begun is None:
        return 1
    nearest = (2 * (read_on - begun).days * _YEAR + _DAYS_OF_YEAR * months) // (2 * _DAYS_OF_YEAR * months)
    return min(max(nearest, 1), _MOST_ROUNDS)


def months_between(earlier: Period, later: Period) -> int:
    """Return the months from one period to another; below zero, if it is earlier."""
    return (later.year - earlier.year) * _YEAR + later.month - earlier.month

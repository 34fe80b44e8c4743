"""What one bill is of: confirmed readings of one holder in one round, and the days that they cover."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from chalicelib.connections.domain import Connection
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading, in_order
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tenancy.domain import Project

Place = tuple[date, int]
"""The place of a reading among those of its round: its day and number."""

_DAY = timedelta(days=1)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consumption:
    """Confirmed readings of one holder in one round, the oldest first; the bill closes with the last one.

    `factors` are the measures that were entered for the period once for all connections. `not_before` is the first day
    of the tariff: where it is not known when the use began, it is not assumed to have begun before that day.
    """

    readings: tuple[Reading, ...]
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    not_before: date | None = None

    @classmethod
    def of(cls, reading: Reading) -> "Consumption":
        """Return the consumption of a single reading."""
        return cls((reading,))

    @property
    def closing(self) -> Reading:
        return self.readings[-1]

    @property
    def account(self) -> str:
        return self.closing.account

    @property
    def period(self) -> Period:
        return self.closing.period

    @property
    def main_use(self) -> Decimal:
        """The use of the main register."""
        return sum((each.usage for each in self.readings), _ZERO)

    @property
    def quantity(self) -> Decimal:
        """The use that is billed: that of the main register and of others with the role `billed`."""
        billed = (one.use for each in self.readings for one in each.registers if one.role == "billed")
        return sum(billed, self.main_use)

    @property
    def rounds(self) -> int:
        """How many rounds the use is of; 0 if an earlier bill of the holder has charged this one."""
        return sum(each.rounds for each in self.readings)

    def measures(self, main_measure: str | None) -> dict[str, Decimal]:
        """Return what the registers and readings give for the measures of tariffs.

        Uses of registers are added up; of what came with the readings, such as a peak, the highest counts.
        """
        sums: dict[str, Decimal] = {}
        deducted: dict[str, Decimal] = {}
        if main_measure:
            sums[main_measure] = self.main_use
        for register in (one for each in self.readings for one in each.registers):
            if register.measure and register.role == "deduct":
                deducted[register.measure] = deducted.get(register.measure, _ZERO) + register.use
            elif register.measure and register.role != "check":
                sums[register.measure] = sums.get(register.measure, _ZERO) + register.use
        for name, use in deducted.items():
            sums[name] = max(self.quantity - use, _ZERO)
        peaks: dict[str, Decimal] = {}
        for each in self.readings:
            for name, value in each.measures.items():
                peaks[name] = max(value, peaks.get(name, value))
        return peaks | sums


@dataclass(frozen=True, slots=True)
class ServiceSpan:
    """The days that a bill is of; `until_day` is not one of them. `is_cut`: they are only a part of its periods.

    There may be none: a second reading of a day, or of a period whose days are billed.
    """

    first_day: date
    until_day: date
    is_cut: bool = False

    @property
    def last_day(self) -> date:
        return max(self.until_day - _DAY, self.first_day)

    @property
    def days(self) -> int:
        return (self.until_day - self.first_day).days

    def is_of(self, months: int) -> bool:
        """Return whether it is of whole months: from a day to the same day so many months later."""
        return _months_earlier(self.until_day, months) == self.first_day


def span_of(project: Project, consumption: Consumption, connection: Connection) -> ServiceSpan:
    """Return the days that a bill is of, by the project's setting `service_days`.

    Between readings: from the day of the reading before to the day of its own, which is not one of them. Without a
    reading before, it begins with the service, or if that day is not known, as many months earlier as the period has,
    but not before the tariff. By the calendar, both ends are those of periods, unless the service or a holder's time
    begins or ends between them.
    Source: B01, B03, B07.
    """
    first, closing = consumption.readings[0], consumption.closing
    group = group_of(project, connection, consumption.period)
    cut = begins_service(consumption, connection) or closing.kind == "final"
    if project.settings.service_days == "between_readings":
        since = first.since or max(_months_earlier(closing.read_on, group.months), consumption.not_before or date.min)
        return ServiceSpan(since, max(closing.read_on, since), cut)
    billed_months = group.months * (consumption.rounds if first.since else max(consumption.rounds, 1))
    since = consumption.period.shifted(1 - billed_months).first_day
    if first.since and begins_service(consumption, connection):
        since = first.since
    until = closing.read_on if closing.kind == "final" else consumption.period.shifted(1).first_day
    if until <= since:  # an earlier bill was for these days
        since = until = first.since or closing.read_on
    return ServiceSpan(since, until, cut)


def begins_service(consumption: Consumption, connection: Connection) -> bool:
    """Return whether a bill's days begin with the service, with its meter's use, or with its holder's time."""
    since = consumption.readings[0].since
    if since is None:
        return False
    is_first = not any(use.period < consumption.period for use in connection.uses)
    begins = since in {connection.begins_on, connection.metered_from}
    return (is_first and begins) or any(each.until == since for each in connection.former)


def _months_earlier(day: date, months: int) -> date:
    return Period.of(day).shifted(-months).day(day.day)


def consumptions_of(
    readings: Iterable[Reading],
    connection: Connection | None,
    billed_until: Place | None,
    factors: Mapping[str, Decimal],
) -> list[Consumption]:
    """Return what is to be billed of a connection's round: its confirmed readings after those that are billed already.

    One for each holder: a bill never crosses a handover, and a final reading ends one. `billed_until` is the place of
    the last reading that a bill closes with.
    """
    left = [each for each in in_order(readings) if each.counts and (billed_until is None or each.place > billed_until)]
    found: list[Consumption] = []
    for _, theirs in groupby(left, key=lambda reading: connection and connection.consumer_on(reading.read_on)):
        batch: list[Reading] = []
        for reading in theirs:
            batch.append(reading)
            if reading.kind == "final":
                found.append(Consumption(tuple(batch), factors))
                batch = []
        if batch:
            found.append(Consumption(tuple(batch), factors))
    return found

"""What a reading is and when one may be taken."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.consumers.domain import Connection
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.tenancy.domain import Project

ReadingState = Literal["pending", "confirmed"]
ReadingSource = Literal["manual", "import", "migrated"]

# What a person should look at before confirming; none of them stops a reading.
LATE, HIGH_USE, NO_USE = "late", "high_use", "no_use"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter showed on a day, for one connection and period; `usage` is `value` less `previous`.

    Where the meter was exchanged since the reading before, `usage` takes `carried` too: what was used on the old one.
    `origin` is the import it came by, or the request. While pending, `previous` is as it was when it was taken.
    """

    account: str
    period: Period
    read_on: date
    value: Decimal
    previous: Decimal
    usage: Decimal
    state: ReadingState
    flags: tuple[str, ...]
    source: ReadingSource
    origin: str
    meter_number: str
    area: str
    entered_by: str
    entered_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    version: int
    carried: Decimal | None = None

    @property
    def id(self) -> str:
        return f"{self.period}.{self.account}"

    def is_same_as(self, other: "Reading") -> bool:
        """This function will say whether two readings state the same: same day, same value."""
        return self.value == other.value and self.read_on == other.read_on


@dataclass(frozen=True, slots=True)
class Entry:
    """Who enters readings, by which way, when."""

    by: str
    at: datetime
    source: ReadingSource
    origin: str


def parse_reading_id(text: str) -> tuple[Period, str]:
    """This function will take a reading's public id apart: 2025-11.2025110001.

    :raises NotFound: if it can't be one.
    """
    period, _, account = text.partition(".")
    try:
        return Period.parse(period), code(account, "an account number")
    except Invalid:
        raise NotFound("not-found", "there is no reading with this id") from None


def take(
    project: Project, connection: Connection, *, value: Decimal, read_on: date, today: date, entry: Entry
) -> Reading:
    """This function will make a reading of a connection's meter, checked against the one before.

    Source: decisions.md "confirmation of readings", S1-132, S1-133, S3-017. A reading equal to the previous one
    is a use of nothing and allowed. Where readings wait for a person it is pending, else confirmed; one out of a former
    system's history was accepted there.

    :raises Invalid: for a value or a day that can't be.
    :raises Conflict: if the connection takes no reading for that period any more.
    """
    check_day(read_on, today)
    period = project.period_of(read_on)
    _check_sequence(connection, period, read_on)
    usage = _usage(connection, value)
    pending = project.settings.confirmation == "required" and entry.source != "migrated"
    return Reading(
        account=connection.account,
        period=period,
        read_on=read_on,
        value=value,
        previous=connection.last_value,
        usage=usage,
        state="pending" if pending else "confirmed",
        flags=_flags(project, connection, usage, read_on),
        source=entry.source,
        origin=entry.origin,
        meter_number=connection.meter_number,
        area=connection.area,
        entered_by=entry.by,
        entered_at=entry.at,
        confirmed_by=None if pending else entry.by,
        confirmed_at=None if pending else entry.at,
        version=0,
        carried=connection.carried,
    )


def confirm(project: Project, reading: Reading, connection: Connection, *, by: str, at: datetime) -> Reading:
    """This function will accept a pending reading, with its use counted from the last confirmed one as it is now.

    :raises Conflict: if a later period is confirmed already, or the meter showed more before.
    """
    _check_sequence(connection, reading.period, reading.read_on)
    if reading.meter_number != connection.meter_number:
        raise Conflict("meter-exchanged", f"meter {reading.meter_number} was exchanged; correct this reading first")
    try:
        usage = _usage(connection, reading.value)
    except Invalid as error:
        raise Conflict("below-previous", f"{error}; correct this reading first") from None
    return replace(
        reading,
        state="confirmed",
        previous=connection.last_value,
        usage=usage,
        flags=_flags(project, connection, usage, reading.read_on),
        confirmed_by=by,
        confirmed_at=at,
        version=reading.version + 1,
        carried=connection.carried,
    )


def correct(
    project: Project,
    reading: Reading,
    connection: Connection,
    *,
    value: Decimal,
    read_on: date,
    today: date,
    entry: Entry,
) -> Reading:
    """This function will put another value or day on a reading that is not billed yet.

    A confirmed reading keeps its state and the reading before it; it can only be corrected while it is the last one.

    :raises Invalid: for a value below the one before, a future day or a day of another period.
    :raises Conflict: if a later reading already builds on it.
    """
    check_day(read_on, today)
    if project.period_of(read_on) != reading.period:
        raise Invalid(
            "other-period", f"readOn: a reading of {read_on} bills {project.period_of(read_on)}, not {reading.period}"
        )
    if reading.state == "confirmed" and connection.last_period != reading.period:
        raise Conflict("later-reading", "a later reading builds on this one; correct that one or reverse it first")
    confirmed = reading.state == "confirmed"
    if confirmed and reading.meter_number != connection.meter_number:
        raise Conflict("meter-exchanged", f"meter {reading.meter_number} was exchanged since; this reading stands")
    previous = reading.previous if confirmed else connection.last_value
    carried = reading.carried if confirmed else connection.carried
    if value < previous:
        raise _below(value, previous)
    usage = value - previous + (carried or 0)
    return replace(
        reading,
        value=value,
        read_on=read_on,
        previous=previous,
        usage=usage,
        flags=_flags(project, connection, usage, read_on),
        entered_by=entry.by,
        entered_at=entry.at,
        version=reading.version + 1,
        carried=carried,
        meter_number=connection.meter_number,
        area=connection.area,
    )


def check_day(read_on: date, today: date) -> None:
    """This function will insist that a reading was not taken in the future.

    :raises Invalid: otherwise.
    """
    if read_on > today:
        raise Invalid("future-date", f"{read_on} is in the future; today is {today}")


def _check_sequence(connection: Connection, period: Period, read_on: date) -> None:
    if connection.status != "active":
        raise Conflict("not-active", f"connection {connection.account} is {connection.status}: it takes no readings")
    if connection.last_period and period <= connection.last_period:
        raise Conflict(
            "already-read",
            f"connection {connection.account} already has a confirmed reading for {connection.last_period}",
        )
    if connection.last_read_on and read_on <= connection.last_read_on:
        raise Invalid(
            "not-after-last", f"the last confirmed reading is of {connection.last_read_on}; this one must be later"
        )


def _usage(connection: Connection, value: Decimal) -> Decimal:
    if value < connection.last_value:
        raise _below(value, connection.last_value)
    return value - connection.last_value + (connection.carried or 0)


def _below(value: Decimal, previous: Decimal) -> Invalid:
    return Invalid("below-previous", f"{plain(value)} is below the previous reading {plain(previous)}")


def _flags(project: Project, connection: Connection, usage: Decimal, read_on: date) -> tuple[str, ...]:
    flags = []
    window = project.settings.reading_window
    if window and not window.first_day <= read_on.day <= window.last_day:
        flags.append(LATE)
    percent, usual = project.settings.high_usage_percent, connection.last_usage
    if percent and usual and usage * 100 > usual * percent:
        flags.append(HIGH_USE)
    if usage == 0:
        flags.append(NO_USE)
    return tuple(flags)

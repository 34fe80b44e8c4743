"""Rules for recording, estimating, confirming and correcting readings, and the use that they give."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import Count, count_since, count_up_to, estimate
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.flags import flags_of
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading
from chalicelib.tenancy.domain import Project


def record_reading(
    project: Project, connection: Connection, shown: MeterValue, *, today: date, entry: Provenance
) -> Reading:
    """Return a new reading of a connection's meter, checked against the previous one.

    Source: decisions.md "confirmation of readings", S1-132, S1-133, S3-017. A reading equal to the previous one is a
    use of zero, which is allowed. It is pending if the project requires confirmation, else confirmed; a migrated one is
    always confirmed.

    :raises Invalid: for an impossible value or day.
    :raises Conflict: if the connection no longer accepts a reading for the period.
    """
    check_day(shown.read_on, today)
    period = project.period_of(shown.read_on)
    _check_sequence(connection, period, shown.read_on)
    count = count_since(connection, shown.value, said=shown.rolled_over)
    return _new(project, connection, period, shown.read_on, shown.value, count, entry)


def take_estimate(
    project: Project, connection: Connection, *, period: Period, today: date, entry: Provenance
) -> Reading:
    """Return an estimated reading for an unread period, dated with the last day on which it could be read.

    It is pending if the project requires confirmation.

    :raises Invalid: for a period whose reading days have not begun, or a connection that was never read.
    :raises Conflict: if the connection no longer accepts a reading for the period.
    """
    check_begun(project, period, today)
    read_on = min(project.last_reading_day(period), today)
    _check_sequence(connection, period, read_on)
    value, count = estimate(connection, period)
    return _new(project, connection, period, read_on, value, count, entry)


def _new(
    project: Project,
    connection: Connection,
    period: Period,
    read_on: date,
    value: Decimal,
    count: Count,
    entry: Provenance,
) -> Reading:
    pending = project.settings.confirmation == "required" and entry.source != "migrated"
    return Reading(
        account=connection.account,
        period=period,
        read_on=read_on,
        value=value,
        previous=connection.last_value,
        usage=count.usage,
        state="pending" if pending else "confirmed",
        flags=flags_of(project, connection, count, period, None if entry.source == "estimated" else read_on),
        source=entry.source,
        origin=entry.origin,
        meter_number=connection.meter_number,
        area=connection.area,
        entered_by=entry.by,
        entered_at=entry.at,
        confirmed_by=None if pending else entry.by,
        confirmed_at=None if pending else entry.at,
        version=0,
        use_brought_forward=connection.use_brought_forward,
        use_carried_forward=count.use_carried_forward,
    )


def confirm(project: Project, reading: Reading, connection: Connection, *, by: str, at: datetime) -> Reading:
    """Return a pending reading as confirmed, with its use counted from the present last confirmed one.

    :raises Conflict: if a later period is confirmed already, or the reading is below the previous one.
    """
    _check_sequence(connection, reading.period, reading.read_on)
    if reading.meter_number != connection.meter_number:
        raise Conflict("meter-exchanged", f"meter {reading.meter_number} was exchanged; correct this reading first")
    value, count = _to_confirm(reading, connection)
    read_on = None if reading.estimated else reading.read_on
    return replace(
        reading,
        state="confirmed",
        value=value,
        previous=connection.last_value,
        usage=count.usage,
        flags=flags_of(project, connection, count, reading.period, read_on),
        confirmed_by=by,
        confirmed_at=at,
        version=reading.version + 1,
        use_brought_forward=connection.use_brought_forward,
        use_carried_forward=count.use_carried_forward,
    )


def _to_confirm(reading: Reading, connection: Connection) -> tuple[Decimal, Count]:
    if reading.estimated:
        return estimate(connection, reading.period)
    # The person who confirms saw the flag `rollover`, unless the use was counted from another value then.
    seen = reading.rolled_over and reading.previous == connection.last_value
    try:
        return reading.value, count_since(connection, reading.value, said=seen)
    except Invalid as error:
        refusal = f"this reading must be corrected first: {error}"
        if error.code == "below-previous":
            raise Conflict("below-previous", refusal, field="reading") from None
        raise Conflict("impossible-reading", refusal) from None


def correct(
    project: Project, reading: Reading, connection: Connection, shown: MeterValue, *, today: date, entry: Provenance
) -> Reading:
    """Return a reading that is not billed yet with another value or day; an estimate becomes a real reading.

    A confirmed reading stays confirmed and keeps its `previous`; it can only be corrected while it is the last one.
    The user who corrects it confirms the new value.

    :raises Invalid: for a value below the previous one, a future day or a day of another period.
    :raises Conflict: if a later reading was counted from it.
    """
    check_day(shown.read_on, today)
    _check_correctable(project, reading, connection, shown.read_on)
    confirmed = reading.state == "confirmed"
    previous = reading.previous if confirmed else connection.last_value
    use_brought_forward = reading.use_brought_forward if confirmed else connection.use_brought_forward
    count = count_up_to(
        shown.value,
        previous=previous,
        use_brought_forward=use_brought_forward,
        digits=connection.meter_digits,
        said=shown.rolled_over,
    )
    return replace(
        reading,
        value=shown.value,
        read_on=shown.read_on,
        previous=previous,
        usage=count.usage,
        flags=flags_of(project, connection, count, reading.period, shown.read_on),
        source=entry.source,
        origin=entry.origin,
        entered_by=entry.by,
        entered_at=entry.at,
        confirmed_by=entry.by if confirmed else None,
        confirmed_at=entry.at if confirmed else None,
        version=reading.version + 1,
        use_brought_forward=use_brought_forward,
        use_carried_forward=count.use_carried_forward,
        meter_number=connection.meter_number,
        area=connection.area,
    )


def _check_correctable(project: Project, reading: Reading, connection: Connection, read_on: date) -> None:
    if project.period_of(read_on) != reading.period:
        raise Invalid(
            "other-period",
            f"a reading of {read_on} bills {project.period_of(read_on)}, not {reading.period}",
            field="readOn",
        )
    if reading.state != "confirmed":
        return
    if connection.last_period != reading.period:
        raise Conflict("later-reading", "a later confirmed reading was counted from this one; correct that one")
    if reading.meter_number != connection.meter_number:
        raise Conflict(
            "meter-exchanged", f"meter {reading.meter_number} was exchanged since; this reading can't be corrected"
        )


def replace_estimate(
    project: Project, estimated: Reading, connection: Connection, shown: MeterValue, *, today: date, entry: Provenance
) -> Reading:
    """Return a real reading that replaces its period's estimate, which is not billed yet.

    :raises Invalid: for an impossible value or day.
    :raises Conflict: if the estimate was confirmed by a person, or a later reading was counted from it.
    """
    if estimated.state == "pending":
        taken = record_reading(project, connection, shown, today=today, entry=entry)
        return replace(taken, version=estimated.version + 1)
    if project.settings.confirmation == "required":
        what = f"the estimate of {estimated.period} is confirmed"
        raise Conflict("already-read", f"{what}: correct {estimated.id} instead")
    return correct(project, estimated, connection, shown, today=today, entry=entry)


def check_begun(project: Project, period: Period, today: date) -> None:
    """Check that a reading of today could belong to a period or a later one.

    :raises Invalid: if the period is in the future.
    """
    if project.period_of(today) < period:
        raise Invalid("future-date", f"{period} is not read yet; today is {today}", field="period")


def check_day(read_on: date, today: date) -> None:
    """Check that the day of a reading is not in the future.

    :raises Invalid: if it is.
    """
    if read_on > today:
        raise Invalid("future-date", f"{read_on} is in the future; today is {today}", field="readOn")


def _check_sequence(connection: Connection, period: Period, read_on: date) -> None:
    if connection.status != "active":
        raise Conflict("not-active", f"connection {connection.account} is {connection.status}: it accepts no readings")
    if connection.last_period and period <= connection.last_period:
        raise Conflict(
            "already-read",
            f"connection {connection.account} already has a confirmed reading for {connection.last_period}",
        )
    if connection.last_read_on and read_on <= connection.last_read_on:
        raise Invalid(
            "not-after-last",
            f"the last confirmed reading is of {connection.last_read_on}; this one must be later",
            field="readOn",
        )


def awaits(project: Project, connection: Connection, period: Period) -> bool:
    """Return whether a connection still needs a reading for a period: it has no confirmed one.

    A connection that was registered after the period's reading days, and was never read, does not need one.
    """
    if connection.last_period is not None:
        return connection.status == "active" and connection.last_period < period
    registered_on = local_day(connection.created_at, project.settings.timezone)
    return connection.status == "active" and project.period_of(registered_on) <= period

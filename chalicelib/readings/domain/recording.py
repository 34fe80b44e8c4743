"""Rules for recording, estimating, confirming, correcting and withdrawing readings, and the use that they give."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.connections import domain as connection_rules
from chalicelib.connections.domain import Connection, PastUse, RegisterState
from chalicelib.connections.domain.connection import RegisterStand
from chalicelib.connections.domain.meters import Count, check_values, count_since, count_up_to, estimate, with_missing
from chalicelib.connections.domain.uses import with_use, without_use
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.flags import flags_of
from chalicelib.readings.domain.plausibility import doubt_about
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading, next_number
from chalicelib.readings.domain.rounds import group_of, months_between, round_of, rounds_since
from chalicelib.tenancy.domain import BillingGroup, Project, check_expected


def record_reading(
    project: Project,
    connection: Connection,
    shown: MeterValue,
    *,
    today: date,
    entry: Provenance,
    taken: Iterable[Reading] = (),
    of_class: Decimal | None = None,
) -> Reading:
    """Return a new reading of a connection's meter, checked against the previous one.

    Source: decisions.md "confirmation of readings", S1-132, S1-133, S3-017. A reading equal to the previous one is a
    use of zero, which is allowed. It is held if it is implausible, else pending if the project requires confirmation,
    else confirmed; a migrated one is always confirmed. `taken` are the readings of its round, and `of_class` the usual
    use of the connection's class, if its own is not known.

    :raises Invalid: for an impossible value or day.
    :raises Conflict: if the connection no longer accepts a reading for the period.
    """
    check_day(shown.read_on, today)
    if not connection.is_metered:
        raise Conflict("no-meter", f"connection {connection.account} has no meter; install one first")
    period = round_of(project, connection, shown.read_on, named=shown.period)
    _check_sequence(connection, period, shown.read_on, ends=shown.kind == "final")
    if entry.source != "migrated":
        check_expected(project.settings.measures, shown.measures, "reading", field="measures")
    count = _count(connection, shown, period)
    rounds = rounds_since(project, connection, period, shown.read_on)
    doubt = None if entry.source == "migrated" else _doubt(project, connection, count, shown, period, rounds, of_class)
    reading = _new(project, connection, period, shown, count, entry, taken=taken, rounds=rounds)
    return _held(reading, doubt) if doubt else reading


def _doubt(
    project: Project,
    connection: Connection,
    count: Count,
    shown: MeterValue,
    period: Period,
    rounds: int,
    of_class: Decimal | None,
) -> str | None:
    """Return why a person must look at a reading, or None; what is never billed is never doubted."""
    if not connection.is_billed or shown.kind == "check":
        return None
    unit = project.settings.unit
    return doubt_about(connection, count, shown.value, period, rounds=rounds, of_class=of_class, unit=unit)


def _count(connection: Connection, shown: MeterValue, period: Period) -> Count:
    """Return the use of all registers; those that nobody read are estimated, if that is asked for."""
    values = dict(shown.registers)
    if shown.estimate_missing:
        values = with_missing(connection, values, period=period, read_on=shown.read_on)
    check_values(connection, values)
    count = count_since(connection, shown.value, said=shown.rolled_over, values=values)
    return replace(
        count,
        registers=tuple(replace(each, estimated=each.code not in shown.registers) for each in count.registers),
    )


def _held(reading: Reading, doubt: str) -> Reading:
    return replace(reading, state="held", reason=doubt, confirmed_by=None, confirmed_at=None)


def take_estimate(
    project: Project,
    connection: Connection,
    *,
    period: Period,
    today: date,
    entry: Provenance,
    taken: Iterable[Reading] = (),
    read_on: date | None = None,
) -> Reading:
    """Return an estimated reading for an unread period, dated so many whole months after the last reading.

    If that is no day of the period, it is the last one on which the period could be read. It is pending if the project
    requires confirmation.

    :raises Invalid: for a period whose reading days have not begun, or a connection that was never read.
    :raises Conflict: if the connection no longer accepts a reading for the period.
    """
    if not connection.is_metered:
        raise Conflict("no-meter", f"connection {connection.account} has no meter, so nothing is estimated")
    group = group_of(project, connection, period)
    check_begun(project, period, today, group=group)
    if not project.ends_in(period, group):
        raise Invalid("other-period", f"connection {connection.account} is not billed for {period}", field="period")
    day = read_on or _estimate_day(project, connection, period, today)
    _check_sequence(connection, period, day, ends=read_on is not None)
    estimated = estimate(connection, period, read_on=day)
    shown = MeterValue(estimated.value, day, registers=estimated.values, measures=_last_measures(connection))
    rounds = rounds_since(project, connection, period, day)
    return _new(project, connection, period, shown, estimated.count, entry, taken=taken, rounds=rounds)


def _last_measures(connection: Connection) -> dict[str, Decimal]:
    """Return what came with the last reading, such as a peak: nobody knows better for an estimate."""
    registers = {each.code for each in connection.registers}
    parts = connection.uses[-1].parts if connection.uses else {}
    return {name: value for name, value in parts.items() if name not in registers}


def _estimate_day(project: Project, connection: Connection, period: Period, today: date) -> date:
    last, day = connection.last_read_on, project.last_reading_day(period)
    if last and connection.last_period:
        passed = months_between(connection.last_period, period)
        usual = Period.of(last).shifted(passed).day(last.day)
        if round_of(project, connection, usual) == period:
            day = usual
    if last and today > last:
        day = max(day, last + timedelta(days=1))
    return min(day, today)


def _new(
    project: Project,
    connection: Connection,
    period: Period,
    shown: MeterValue,
    count: Count,
    entry: Provenance,
    *,
    taken: Iterable[Reading],
    rounds: int,
) -> Reading:
    pending = project.settings.confirmation == "required" and entry.source != "migrated"
    read_on = None if entry.source == "estimated" else shown.read_on
    return Reading(
        account=connection.account,
        period=period,
        read_on=shown.read_on,
        value=shown.value,
        previous=connection.last_value,
        usage=count.usage,
        state="pending" if pending else "confirmed",
        flags=flags_of(project, connection, count, period, read_on, rounds=rounds),
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
        number=next_number(taken),
        kind=shown.kind,
        since=connection.counts_from,
        rounds=rounds,
        multiplier=connection.multiplier,
        measures=shown.measures,
        registers=count.registers,
        reader_code=shown.reader_code,
        photo=shown.photo,
    )


def confirm(
    project: Project, reading: Reading, connection: Connection, *, by: str, at: datetime, looked_at: bool = True
) -> Reading:
    """Return a pending or held reading as confirmed, with its use counted from the present last confirmed one.

    With many at once nobody has `looked_at` it: then it may not be implausible by another value before than was seen.

    :raises Conflict: if it was withdrawn, a later one is confirmed already, or it is below the previous one.
    """
    if not reading.is_live:
        raise withdrawn(reading)
    if reading.meter_number != connection.meter_number:
        raise Conflict("meter-exchanged", f"meter {reading.meter_number} was exchanged; correct this reading first")
    _check_sequence(connection, reading.period, reading.read_on)
    value, count = _to_confirm(reading, connection)
    read_on = None if reading.estimated else reading.read_on
    rounds = rounds_since(project, connection, reading.period, reading.read_on)
    seen = (reading.previous, reading.use_brought_forward) == (connection.last_value, connection.use_brought_forward)
    shown = MeterValue(value, reading.read_on, kind=reading.kind)
    if not (looked_at or seen or reading.estimated) and (
        doubt := _doubt(project, connection, count, shown, reading.period, rounds, None)
    ):
        raise Conflict("implausible-reading", f"{doubt}; confirm it by itself")
    return replace(
        reading,
        state="confirmed",
        value=value,
        previous=connection.last_value,
        usage=count.usage,
        flags=flags_of(project, connection, count, reading.period, read_on, rounds=rounds),
        confirmed_by=by,
        confirmed_at=at,
        version=reading.version + 1,
        use_brought_forward=connection.use_brought_forward,
        use_carried_forward=count.use_carried_forward,
        since=connection.counts_from,
        rounds=rounds,
        multiplier=connection.multiplier,
        registers=count.registers,
    )


def withdrawn(reading: Reading) -> Conflict:
    """Return the error for what can't be done with a reading that was withdrawn."""
    return Conflict("withdrawn", f"reading {reading.id} was withdrawn; enter another one")


def _to_confirm(reading: Reading, connection: Connection) -> tuple[Decimal, Count]:
    if reading.estimated:
        estimated = estimate(connection, reading.period, read_on=reading.read_on)
        return estimated.value, estimated.count
    # The person who confirms saw the flag `rollover`, unless the use was counted from another value then.
    seen = reading.rolled_over and reading.previous == connection.last_value
    read = {each.code: each.value for each in reading.registers if not each.estimated}
    estimates = any(each.estimated for each in reading.registers)
    shown = MeterValue(reading.value, reading.read_on, seen, registers=read, estimate_missing=estimates)
    try:
        return reading.value, _count(connection, shown, reading.period)
    except Invalid as error:
        refusal = f"this reading must be corrected first: {error}"
        if error.code == "below-previous":
            raise Conflict("below-previous", refusal, field="reading") from None
        raise Conflict("impossible-reading", refusal) from None


def correct(
    project: Project,
    reading: Reading,
    connection: Connection,
    shown: MeterValue,
    *,
    today: date,
    entry: Provenance,
    of_class: Decimal | None = None,
) -> Reading:
    """Return a reading that is not billed yet with other values or another day; an estimate becomes a real reading.

    A confirmed reading stays confirmed and keeps what it counts from; it can only be corrected while it is the last
    one. The user who corrects it confirms the new value. One that waits is looked at as if it were new.

    :raises Invalid: for a value below the previous one, a future day or a day of another period.
    :raises Conflict: if it was withdrawn or is implausible, or a later reading was counted from it.
    """
    check_day(shown.read_on, today)
    _check_correctable(project, reading, connection, shown)
    if reading.state != "confirmed":
        again = replace(shown, period=reading.period, kind=reading.kind)
        new = record_reading(project, connection, again, today=today, entry=entry, of_class=of_class)
        return replace(new, number=reading.number, version=reading.version + 1)
    check_expected(project.settings.measures, shown.measures, "reading", field="measures")
    before = _connection_before(reading, connection)
    others = _count(before, replace(shown, value=before.last_value), reading.period).registers
    count = count_up_to(
        shown.value,
        previous=reading.previous,
        use_brought_forward=reading.use_brought_forward,
        wraps_at=connection.register_range,
        multiplier=reading.multiplier,
        said=shown.rolled_over,
    )
    count = replace(count, registers=others)
    if doubt := _doubt(project, connection, count, shown, reading.period, reading.rounds, of_class):
        raise Conflict(
            "implausible-reading", f"{doubt}; withdraw {reading.id} and enter this one, so that a person looks at it"
        )
    return replace(
        reading,
        value=shown.value,
        read_on=shown.read_on,
        usage=count.usage,
        flags=flags_of(project, connection, count, reading.period, shown.read_on, rounds=reading.rounds),
        source=entry.source,
        origin=entry.origin,
        entered_by=entry.by,
        entered_at=entry.at,
        confirmed_by=entry.by,
        confirmed_at=entry.at,
        version=reading.version + 1,
        use_carried_forward=count.use_carried_forward,
        meter_number=connection.meter_number,
        area=connection.area,
        measures=shown.measures,
        registers=count.registers,
        reader_code=shown.reader_code,
        photo=shown.photo,
        reason=None,
    )


def _connection_before(reading: Reading, connection: Connection) -> Connection:
    """Return the connection with its further registers as they were before its last reading."""
    return replace(connection, registers=_registers_before(reading, connection))


def _registers_before(reading: Reading, connection: Connection) -> tuple[connection_rules.Register, ...]:
    counted = {each.code: each for each in reading.registers}
    return tuple(
        replace(
            each,
            last_value=counted[each.code].previous,
            use_brought_forward=counted[each.code].use_brought_forward,
        )
        if each.code in counted
        else each
        for each in connection.registers
    )


def _check_correctable(project: Project, reading: Reading, connection: Connection, shown: MeterValue) -> None:
    if not reading.is_live:
        raise withdrawn(reading)
    if shown.read_on != reading.read_on and shown.period != reading.period:
        natural = round_of(project, connection, shown.read_on)
        own = round_of(project, connection, reading.read_on) == reading.period
        if own and natural != reading.period:
            raise Invalid(
                "other-period",
                f"a reading of {shown.read_on} bills {natural}, not {reading.period}",
                field="readOn",
            )
    if reading.state != "confirmed":
        return
    check_is_last(reading, connection)
    is_first = not without_use(connection.uses, past_use(reading))
    if reading.since and (shown.read_on < reading.since or (shown.read_on == reading.since and not is_first)):
        raise Invalid("not-after-last", f"the reading before is of {reading.since}; give a later day", field="readOn")


def check_is_last(reading: Reading, connection: Connection) -> None:
    """Check that a confirmed reading is its connection's last one, from which nothing was counted yet.

    :raises Conflict: otherwise.
    """
    if reading.kind == "check":
        return
    if (connection.last_period, connection.last_read_on) != (reading.period, reading.read_on):
        raise Conflict("later-reading", "a later confirmed reading was counted from this one; correct that one")
    if reading.meter_number != connection.meter_number:
        raise Conflict(
            "meter-exchanged", f"meter {reading.meter_number} was exchanged since; this reading can't be corrected"
        )
    if connection.has_new_holder:
        raise Conflict("handed-over", "the connection was handed over with this reading; it can't be changed any more")


def replace_estimate(
    project: Project,
    estimated: Reading,
    connection: Connection,
    shown: MeterValue,
    *,
    today: date,
    entry: Provenance,
    of_class: Decimal | None = None,
) -> Reading:
    """Return a real reading that replaces its period's estimate, which is not billed yet.

    :raises Invalid: for an impossible value or day.
    :raises Conflict: if the estimate was confirmed by a person, or a later reading was counted from it.
    """
    if estimated.state != "confirmed":
        again = replace(shown, period=estimated.period)
        taken = record_reading(project, connection, again, today=today, entry=entry, of_class=of_class)
        return replace(taken, number=estimated.number, version=estimated.version + 1)
    if project.settings.confirmation == "required":
        what = f"the estimate of {estimated.period} is confirmed"
        raise Conflict("already-read", f"{what}: correct {estimated.id} instead")
    return correct(project, estimated, connection, shown, today=today, entry=entry, of_class=of_class)


def withdraw(reading: Reading, *, by: str, at: datetime, reason: str) -> Reading:
    """Return a reading as withdrawn, because it should not have been entered. It stays on record and counts no more."""
    return replace(
        reading, state="withdrawn", reason=reason, confirmed_by=by, confirmed_at=at, version=reading.version + 1
    )


def past_use(reading: Reading) -> PastUse:
    """Return the use of a reading as its connection remembers it."""
    return PastUse(reading.period, reading.usage, reading.days, reading.rounds, reading.parts)


def advanced(connection: Connection, reading: Reading, *, replaced: Reading | None = None) -> Connection:
    """Return the connection with a confirmed reading as its last one; `replaced` is what it was before a correction."""
    uses = connection.uses
    if replaced is not None and replaced.counts:
        uses = without_use(uses, past_use(replaced), peaks=replaced.measures)
    return connection_rules.advance(
        connection,
        reading.stand,
        read_on=reading.read_on,
        period=reading.period,
        uses=with_use(uses, past_use(reading), peaks=reading.measures),
    )


def taken_back(connection: Connection, reading: Reading, before: Reading | None) -> Connection:
    """Return the connection without its last confirmed reading; `before` is the one before it, if there is one.

    :raises Conflict: if the reading is not its last one.
    """
    check_is_last(reading, connection)
    left = before.measures if before and before.period == reading.period else {}
    uses = without_use(connection.uses, past_use(reading), peaks=reading.measures, left=left)
    estimated = before.stand.estimated if before and before.meter_number == reading.meter_number else None
    values = {each.code: RegisterStand(each.previous, each.use_brought_forward) for each in reading.registers}
    return connection_rules.advance(
        connection,
        RegisterState(reading.previous, estimated, reading.use_brought_forward, values),
        read_on=reading.since if before else None,
        period=before.period if before else None,
        uses=uses,
    )


def check_begun(project: Project, period: Period, today: date, *, group: BillingGroup | None = None) -> None:
    """Check that a reading of today could belong to a period or a later one.

    :raises Invalid: if the period is in the future.
    """
    if project.period_of(today, group) < period:
        raise Invalid("future-date", f"{period} is not read yet; today is {today}", field="period")


def check_day(read_on: date, today: date, *, where: str = "readOn") -> None:
    """Check that the day of a reading is not in the future; `where` is the field that has it.

    :raises Invalid: if it is.
    """
    if read_on > today:
        raise Invalid("future-date", f"{read_on} is in the future; today is {today}", field=where)


def _check_sequence(connection: Connection, period: Period, read_on: date, *, ends: bool = False) -> None:
    """Check that a reading follows the last one.

    One that `ends` a connection may be of a disconnected one, and of the day of the last reading if the meter was
    exchanged since. Until the day of its disconnection, a connection can have been read.
    """
    off = connection.status == "disconnected" and not ends and read_on > (connection.idle_since or date.min)
    if off or connection.status == "closed":
        raise Conflict("not-active", f"connection {connection.account} is {connection.status}: it accepts no readings")
    if connection.last_period and period < connection.last_period:
        raise Conflict(
            "already-read",
            f"connection {connection.account} already has a confirmed reading for {connection.last_period}",
        )
    if connection.last_read_on and (
        read_on < connection.last_read_on
        or (read_on == connection.last_read_on and not (ends and connection.is_exchanged_since))
    ):
        raise Invalid(
            "not-after-last",
            f"the last confirmed reading is of {connection.last_read_on}; this one must be later, or be withdrawn",
            field="readOn",
        )
    if connection.metered_from and connection.last_read_on is None and read_on < connection.metered_from:
        message = f"the days until {connection.metered_from} are billed without a reading; read it from that day on"
        raise Invalid("before-installed", message, field="readOn")
    if connection.installed_on and read_on < connection.installed_on:
        message = f"meter {connection.meter_number} was put on on {connection.installed_on}; it was not read before"
        raise Invalid("before-installed", message, field="readOn")


def awaits(project: Project, connection: Connection, period: Period) -> bool:
    """Return whether a connection still needs a reading for a period: it has no confirmed one.

    A connection that was registered after the period's reading days, and was never read, does not need one.
    """
    if connection.status != "active" or not connection.is_metered:
        return False
    if not project.ends_in(period, group_of(project, connection, period)):
        return False  # its group is not read for this month
    if connection.last_period is not None:
        return connection.last_period < period
    registered_on = local_day(connection.created_at, project.settings.timezone)
    return project.period_of(registered_on) <= period

"""Record readings one at a time, correct and withdraw them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from chalicelib.areas.domain import reaches
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading, ReadingSource, in_order
from chalicelib.readings.domain.rounds import round_of
from chalicelib.readings.service.plausibility import usual_of_class
from chalicelib.readings.service.writes import (
    advance_write,
    audit_write,
    connection_of,
    get_of_project,
    lost_race,
    reading_writes,
    replacement_writes,
)
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext


def take_reading(
    ctx: ProjectContext,
    *,
    account: str | None,
    meter_number: str | None,
    shown: MeterValue,
    meter_brand: str | None = None,
    source: ReadingSource = "manual",
) -> Reading:
    """Record a reading.

    Idempotent: the same reading again returns the first one. It replaces an estimate of its round that is not billed
    yet. Eight write units, ten if it counts at once or is a connection's first one; 5.5 read units, 1.5 more where
    nothing is known of the connection's use.

    :raises Invalid: for an impossible value or day.
    :raises NotFound: for an unknown connection, or one outside the caller's areas.
    :raises Conflict: if there is another reading of the day, a billing run is working on the period, or meters of
        several brands have the number.
    """
    if (account is None) == (meter_number is None):
        raise Invalid("number-missing", "give either accountNumber or meterNumber", field="accountNumber")
    project = ctx.project
    connection = connections.find_by_number(
        project, account=account, meter_number=meter_number, meter_brand=meter_brand
    )
    if connection is None or not reaches(ctx.actor, connection.area):
        field = "meterNumber" if account is None else "accountNumber"
        raise NotFound("not-found", "there is no connection with this account or meter number", field=field)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source=source, origin=ctx.request_id)
    return _take(ctx, connection, shown, today=today, entry=entry)


def _take(ctx: ProjectContext, connection: Connection, shown: MeterValue, *, today: date, entry: Provenance) -> Reading:
    project = ctx.project
    period = round_of(project, connection, shown.read_on, named=shown.period)
    taken = repository.round_of_account(project, period, connection.account)
    if (repeated := same_day(taken, shown)) is not None:
        return repeated
    estimated = None if shown.kind == "check" else open_estimate(project, taken, connection)
    of_class = usual_of_class(project, connection, period)
    if estimated is None:
        reading = rules.record_reading(
            project, connection, shown, today=today, entry=entry, taken=taken, of_class=of_class
        )
        actions = reading_writes(project, reading, connection)
    else:
        reading = rules.replace_estimate(
            project, estimated, connection, shown, today=today, entry=entry, of_class=of_class
        )
        actions = replacement_writes(project, estimated, reading, connection)
    tenancy.stay_with_cycle(project)
    try:
        repository.commit([*actions, audit_write(ctx, "reading.taken", reading, before=estimated)])
    except Refused as refused:
        now = repository.round_of_account(project, period, connection.account)
        if (repeated := same_day(now, shown)) is not None:
            return repeated
        raise lost_race(project, estimated or reading, refused) from None
    return reading


def same_day(taken: Sequence[Reading], shown: MeterValue) -> Reading | None:
    """Return the reading of the day among those of a round if it says the same; None if there is none.

    :raises Conflict: if another value was read on this day.
    """
    recorded = next(
        (
            each
            for each in in_order(taken)
            if each.is_live and not each.estimated and each.read_on == shown.read_on and each.kind == shown.kind
        ),
        None,
    )
    if recorded is None or recorded.is_same_as(shown):
        return recorded
    raise Conflict(
        "already-read",
        f"{recorded.read_on} is already read for this connection: correct {recorded.id} instead, unless it is billed",
    )


def open_estimate(project: Project, taken: Sequence[Reading], connection: Connection) -> Reading | None:
    """Return the estimate of a round and meter that no bill closes with yet; a unit, if there is one."""
    meter = connection.meter_number
    estimates = [each for each in taken if each.is_live and each.estimated and each.meter_number == meter]
    if not estimates or repository.is_billed(project, estimates[-1]):
        return None
    return estimates[-1]


def migration_writes(project: Project, reading: Reading, connection: Connection) -> list[Action]:
    """Build the writes of a migrated reading, for the same transaction as its bill.

    Labels: `reading` and `connection`. Four write units.
    """
    return [repository.reading_insert_write(project, reading), advance_write(project, connection, reading)]


def correct_reading(
    ctx: ProjectContext, *, reading_id: str, shown: MeterValue, kept: frozenset[str] = frozenset()
) -> Reading:
    """Correct the values or day of a reading that is not billed. Eight to ten write units.

    What is `kept` of further registers, measures, reader's code and photo stays as it is.

    :raises Invalid: for an impossible value or day.
    :raises Forbidden: if it is confirmed, where readings wait for confirmation, and the actor may not confirm.
    :raises NotFound: if the project has none with this id.
    :raises Conflict: if it is billed or withdrawn, a later reading was counted from it, or a billing run is working on
        its period.
    """
    project = ctx.project
    reading = get_of_project(ctx, project, reading_id)
    shown = _with_kept(shown, reading, kept)
    as_it_was = reading.is_live and reading.is_same_as(shown) and not reading.estimated
    if as_it_was and not shown.rolled_over:
        return reading
    if reading.state == "confirmed" and project.settings.confirmation == "required":
        ctx.require("readings.confirm")
    connection = connection_of(project, reading)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source=reading.source, origin=reading.origin)
    if reading.estimated:
        entry = replace(entry, source="manual", origin=ctx.request_id)
    of_class = usual_of_class(project, connection, reading.period)
    corrected = rules.correct(project, reading, connection, shown, today=today, entry=entry, of_class=of_class)
    if as_it_was and (corrected.usage, corrected.flags) == (reading.usage, reading.flags):
        return reading
    actions = replacement_writes(project, reading, corrected, connection)
    try:
        repository.commit([*actions, audit_write(ctx, "reading.corrected", corrected, before=reading)])
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return corrected


def _with_kept(shown: MeterValue, reading: Reading, kept: frozenset[str]) -> MeterValue:
    said = {
        "registers": {each.code: each.value for each in reading.registers if not each.estimated},
        "estimate_missing": any(each.estimated for each in reading.registers),
        "measures": reading.measures,
        "reader_code": reading.reader_code,
        "photo": reading.photo,
    }
    return replace(shown, **{name: value for name, value in said.items() if name in kept})  # type: ignore[arg-type]


def withdraw_reading(ctx: ProjectContext, *, reading_id: str, reason: str) -> Reading:
    """Withdraw a reading that should not have been entered; its connection is unread again. Idempotent.

    It stays on record. Ten write units, eleven if it counted.

    :raises Forbidden: if it is confirmed, where readings wait for confirmation, and the actor may not confirm.
    :raises NotFound: if the project has none with this id.
    :raises Conflict: if it is billed, a later reading was counted from it, or a billing run is working on its period.
    """
    project = ctx.project
    reading = get_of_project(ctx, project, reading_id)
    if not reading.is_live:
        return reading
    if reading.state == "confirmed" and project.settings.confirmation == "required":
        ctx.require("readings.confirm")
    after = rules.withdraw(reading, by=ctx.actor.id, at=ctx.now, reason=reason)
    writes = [
        repository.period_open_check(project, reading.period),
        repository.reading_unbilled_check(project, reading),
        repository.reading_update_write(project, after, before=reading),
    ]
    if reading.counts:
        connection = connection_of(project, reading)
        rules.check_is_last(reading, connection)
        before = reading_before(project, connection, reading)
        stepped_back = rules.taken_back(connection, reading, before)
        writes.append(connections.connection_advance_write(project, connection, stepped_back))
    try:
        repository.commit([*writes, audit_write(ctx, "reading.withdrawn", after, before=reading)])
    except Refused as refused:
        now = get_of_project(ctx, project, reading_id)
        if not now.is_live:
            return now
        raise lost_race(project, reading, refused) from None
    return after


def reading_before(project: Project, connection: Connection, reading: Reading) -> Reading | None:
    """Return the confirmed reading that a connection's last one was counted from, if there is one."""
    for period in _rounds_before(connection, reading):
        counted = [
            each
            for each in repository.round_of_account(project, period, connection.account)
            if each.counts and each.id != reading.id and each.read_on < reading.read_on
        ]
        if counted:
            return in_order(counted)[-1]
    return None


def _rounds_before(connection: Connection, reading: Reading) -> list[Period]:
    earlier = sorted({use.period for use in connection.uses if use.period < reading.period}, reverse=True)
    return [reading.period, *earlier[:1]]

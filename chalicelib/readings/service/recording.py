"""Record readings one at a time, and correct them."""

from dataclasses import replace

from chalicelib.areas.domain import reaches
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading, ReadingSource
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

    Idempotent: the same reading again returns the first one. It replaces an estimate that is not billed yet. Eight
    write units, nine if it counts at once, ten for a connection's first one if that is pending.

    :raises Invalid: for an impossible value or day.
    :raises NotFound: for an unknown connection, or one outside the caller's areas.
    :raises Conflict: if the period is read already, a billing run is working on it, or meters of several brands have
        the number.
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
    period = project.period_of(shown.read_on)
    recorded = repository.find_reading(project, period, connection.account)
    if recorded is not None and not recorded.estimated:
        return _repeated(recorded, shown)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source=source, origin=ctx.request_id)
    if recorded is None:
        reading = rules.record_reading(project, connection, shown, today=today, entry=entry)
        actions = reading_writes(project, reading, connection)
    else:
        reading = rules.replace_estimate(project, recorded, connection, shown, today=today, entry=entry)
        actions = replacement_writes(project, recorded, reading, connection)
    tenancy.stay_with_cycle(project)
    try:
        repository.commit([*actions, audit_write(ctx, "reading.taken", reading, before=recorded)])
    except Refused as refused:
        raise lost_race(project, recorded or reading, refused) from None
    return reading


def migration_writes(project: Project, reading: Reading, connection: Connection) -> list[Action]:
    """Build the writes of a migrated reading, for the same transaction as its bill.

    Labels: `reading` and `connection`. Four write units.
    """
    return [repository.reading_insert_write(project, reading), advance_write(project, connection, reading)]


def correct_reading(ctx: ProjectContext, *, reading_id: str, shown: MeterValue) -> Reading:
    """Correct the value or day of a reading that is not billed. Seven or eight write units.

    :raises Invalid: for an impossible value or day.
    :raises Forbidden: if it is confirmed, where readings wait for confirmation, and the actor may not confirm.
    :raises NotFound: if the project has none with this id.
    :raises Conflict: if it is billed, a later reading was counted from it, or a billing run is working on its period.
    """
    project = ctx.project
    reading = get_of_project(ctx, project, reading_id)
    as_it_was = _says_the_same(reading, shown) and not reading.estimated
    if as_it_was and not shown.rolled_over:
        return reading
    if reading.state == "confirmed" and project.settings.confirmation == "required":
        ctx.require("readings.confirm")
    connection = connection_of(project, reading)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source=reading.source, origin=reading.origin)
    if reading.estimated:
        entry = replace(entry, source="manual", origin=ctx.request_id)
    corrected = rules.correct(project, reading, connection, shown, today=today, entry=entry)
    if as_it_was and (corrected.usage, corrected.flags) == (reading.usage, reading.flags):
        return reading
    actions = replacement_writes(project, reading, corrected, connection)
    try:
        repository.commit([*actions, audit_write(ctx, "reading.corrected", corrected, before=reading)])
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return corrected


def _says_the_same(reading: Reading, shown: MeterValue) -> bool:
    return (reading.value, reading.read_on) == (shown.value, shown.read_on)


def _repeated(recorded: Reading, shown: MeterValue) -> Reading:
    if _says_the_same(recorded, shown):
        return recorded
    raise Conflict(
        "already-read",
        f"{recorded.period} is already read for this connection: correct {recorded.id} instead, unless it is billed",
    )

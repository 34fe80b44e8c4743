"""What recording, confirming, correcting and withdrawing share."""

from chalicelib.audit import service as audit
from chalicelib.connections import domain as connection_rules
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound, TryLater
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import Reading, parse_reading_id
from chalicelib.tenancy.domain import Project


def get_of_project(ctx: Context, project: Project, reading_id: str) -> Reading:
    """Return one reading of a project. One more read for a user limited to areas.

    :raises NotFound: if there is none with this id, or its connection is outside the actor's areas.
    """
    period, account, number = parse_reading_id(reading_id)
    reading = repository.find_reading(project, period, account, number)
    if reading is None or not connections.accounts_within_reach(ctx, project, [account]):
        raise NotFound("not-found", "there is no reading with this id", field="readingId")
    return reading


def connection_of(project: Project, reading: Reading) -> Connection:
    """Return a reading's connection.

    :raises NotFound: if it was deleted.
    """
    connection = connections.find_by_number(project, account=reading.account, meter_number=None)
    if connection is None:
        raise NotFound("not-found", f"connection {reading.account} no longer exists")
    return connection


def advance_write(
    project: Project, connection: Connection, reading: Reading, *, replaced: Reading | None = None
) -> Action:
    """Build the write that makes a confirmed reading its connection's last one."""
    return connections.connection_advance_write(
        project, connection, rules.advanced(connection, reading, replaced=replaced)
    )


def reading_writes(project: Project, reading: Reading, connection: Connection) -> list[Action]:
    """Build the check that the period is open, and the writes of a new reading."""
    return [repository.period_open_check(project, reading.period), *reading_insert_writes(project, reading, connection)]


def reading_insert_writes(project: Project, reading: Reading, connection: Connection) -> list[Action]:
    """Build the writes of a new reading itself; a confirmed one also updates its connection.

    A connection's first reading marks it, even while pending, so that the connection can't be deleted.
    """
    writes = [repository.reading_insert_write(project, reading)]
    if reading.counts:
        writes.append(advance_write(project, connection, reading))
    elif not connection.taken:
        writes.append(connections.connection_advance_write(project, connection, connection_rules.taken(connection)))
    return writes


def replacement_writes(project: Project, before: Reading, after: Reading, connection: Connection) -> list[Action]:
    """Build the writes that replace a reading that is not billed by another."""
    writes = [
        repository.period_open_check(project, after.period),
        repository.reading_unbilled_check(project, after),
        repository.reading_update_write(project, after, before=before),
    ]
    if after.counts:
        writes.append(advance_write(project, connection, after, replaced=before))
    return writes


def audit_write(ctx: Context, action: str, after: Reading, *, before: Reading | None = None) -> Action:
    """Build the audit entry of one reading."""
    facts = [_audit_facts(one) if one else {} for one in (before, after)]
    subject = ("reading", f"{ctx.project_id}.{after.id}")
    return audit.entry_write(ctx, action=action, subject=subject, before=facts[0], after=facts[1])


def _audit_facts(reading: Reading) -> dict[str, object]:
    facts: dict[str, object] = {
        "value": reading.value,
        "read_on": reading.read_on,
        "state": reading.state,
        "usage": reading.usage,
    }
    if reading.estimated:
        facts["source"] = reading.source
    if reading.reason:
        facts["reason"] = reading.reason
    if reading.registers:
        facts["registers"] = ", ".join(f"{each.code}={plain(each.value)}" for each in reading.registers)
    if reading.measures:
        facts["measures"] = ", ".join(f"{name}={plain(value)}" for name, value in sorted(reading.measures.items()))
    return facts


def lost_race(project: Project, reading: Reading, refused: Refused) -> MeterbookError:
    """Return the error for a refused change of a reading."""
    if "period" in refused.labels:
        return frozen(project, reading.period)
    if "bill" in refused.labels:
        if reading.estimated:
            settled = "what the meter really showed is settled by the next period's reading"
            return Conflict("billed", f"{reading.period} is billed by an estimate; {settled}")
        return Conflict("billed", f"reading {reading.id} is billed and can't be corrected; the next one counts from it")
    return Conflict("changed", "this reading or its connection was changed meanwhile; reload and retry")


def frozen(project: Project, period: Period) -> MeterbookError:
    """Return the error for a period that a billing run holds, or that was just released."""
    run = repository.find_run_of(project, period)
    if run is None:
        return TryLater("busy", f"a billing run has just released {period}; send the request again")
    return Conflict(
        "period-frozen", f"billing run {run} is working on {period}; its readings can't change until it is complete"
    )

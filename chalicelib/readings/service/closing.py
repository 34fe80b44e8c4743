"""Final readings, for the acts that end a holder's or a connection's time."""

from dataclasses import replace
from datetime import date, timedelta

from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict
from chalicelib.platform.transaction import Action
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading, in_order
from chalicelib.readings.domain.rounds import round_of
from chalicelib.readings.service.plausibility import usual_of_class
from chalicelib.readings.service.writes import audit_write
from chalicelib.tenancy.domain import Project, ProjectContext


def final_reading(
    ctx: ProjectContext, connection: Connection, shown: MeterValue | None, *, on: date, checked: bool
) -> Reading:
    """Return the confirmed reading that ends the use of a holder or connection on a day; without a value, an estimate.

    :raises Invalid: for an impossible value or day, or if there is nothing to estimate by.
    :raises Conflict: if a reading of the round waits, or it is implausible and nobody has looked at it.
    """
    project = ctx.project
    period = round_of(project, connection, on)
    if connection.last_period and period < connection.last_period:
        period = connection.last_period
    taken = repository.round_of_account(project, period, connection.account)
    _check_none_waits(project, connection, taken, on)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source="manual" if shown else "estimated", origin=ctx.request_id)
    if shown is None:
        reading = rules.take_estimate(
            project, connection, period=period, today=today, entry=entry, taken=taken, read_on=on
        )
    else:
        of_class = usual_of_class(project, connection, period)
        named = replace(shown, period=period)
        reading = rules.record_reading(
            project, connection, named, today=today, entry=entry, taken=taken, of_class=of_class
        )
        if reading.state == "held" and not checked:
            raise Conflict("implausible-reading", f"{reading.reason}; correct it, or say checked", field="finalReading")
    return replace(
        reading, kind="final", state="confirmed", reason=None, confirmed_by=ctx.actor.id, confirmed_at=ctx.now
    )


def _check_none_waits(project: Project, connection: Connection, taken: list[Reading], on: date) -> None:
    """Check that no reading of these days waits for a person: of the round, and of the rounds since the last one."""
    every = list(taken)
    last = connection.last_read_on or connection.begins_on
    seen = {reading.period for reading in taken}
    day = on
    while last and day > last:
        day = day.replace(day=1) - timedelta(days=1)
        period = round_of(project, connection, max(day, last))
        if period in seen:
            continue
        seen.add(period)
        every += repository.round_of_account(project, period, connection.account)
        if len(seen) > _ROUNDS_LOOKED_AT:
            break
    waiting = next((each for each in every if each.state in {"pending", "held"} and each.read_on <= on), None)
    if waiting is not None:
        raise Conflict(
            "reading-waits",
            f"reading {waiting.id} of {waiting.read_on} is {waiting.state}: confirm or withdraw it first",
        )


_ROUNDS_LOOKED_AT = 3


def final_reading_writes(ctx: Context, project: Project, reading: Reading) -> list[Action]:
    """Build the writes of a final reading; the connection is written by the act."""
    return [repository.reading_insert_write(project, reading), audit_write(ctx, "reading.taken", reading)]


def last_reading(project: Project, connection: Connection) -> Reading | None:
    """Return the reading that a connection was read last by."""
    if connection.last_period is None:
        return None
    taken = repository.round_of_account(project, connection.last_period, connection.account)
    return next((each for each in reversed(in_order(taken)) if each.counts), None)

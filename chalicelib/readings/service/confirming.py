"""Confirm readings: one, or all pending ones of an area."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby

from chalicelib.areas import service as areas
from chalicelib.areas.domain import part_within_reach, reaches
from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import MeterbookError, NotFound
from chalicelib.kernel.period import Period
from chalicelib.platform.bulk import batches
from chalicelib.platform.transaction import Action, Refused, commit_surviving
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.service.writes import (
    advance_write,
    audit_write,
    connection_of,
    frozen,
    get_of_project,
    lost_race,
)
from chalicelib.tenancy.domain import Project, ProjectContext

# A confirmation takes two writes of a transaction's hundred actions; one check of the period and one audit entry are
# for all of them.
CONFIRMED_AT_ONCE = 49
_CONFIRMED_PER_CALL = 1_960
_LOOKED_AT_ONCE = CONFIRMED_AT_ONCE * 4
_PAGES_PER_CALL = 20  # of another period a page holds nothing to confirm

# A reading before and after confirmation, and its updated connection.
_Change = tuple[Reading, Reading, Connection]


@dataclass(frozen=True, slots=True)
class LeftPending:
    """A reading that could not be confirmed, and why."""

    reading_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmations:
    """The result of confirming many readings. With a `next_cursor`, call again with it for the rest."""

    confirmed: int
    left: tuple[LeftPending, ...]
    next_cursor: str | None


def confirm_reading(ctx: ProjectContext, *, reading_id: str) -> Reading:
    """Confirm one reading, pending or held. Idempotent, even if another user confirms it meanwhile. Ten write units.

    :raises NotFound: if the project has none with this id.
    :raises Conflict: if it can't be confirmed, or a billing run is working on its period.
    """
    reading = get_of_project(ctx, ctx.project, reading_id)
    if reading.state == "confirmed":
        return reading
    try:
        return _confirm(ctx, reading)
    except MeterbookError:
        now = get_of_project(ctx, ctx.project, reading_id)
        if now.state == "confirmed" and (now.value, now.read_on) == (reading.value, reading.read_on):
            return now
        raise


def _confirm(ctx: ProjectContext, reading: Reading) -> Reading:
    project = ctx.project
    connection = connection_of(project, reading)
    confirmed = rules.confirm(project, reading, connection, by=ctx.actor.id, at=ctx.now)
    try:
        actions = _confirmation_writes(project, reading.period, [(reading, confirmed, connection)])
        repository.commit([*actions, audit_write(ctx, "reading.confirmed", confirmed, before=reading)])
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return confirmed


def confirm_pending(
    ctx: ProjectContext, *, area: str | None, period: Period | None, cursor: str | None = None
) -> Confirmations:
    """Confirm all pending readings of an area (of all, if none is named), about 1,960 a call.

    A `cursor` continues an earlier call. A user limited to areas confirms only readings from there.
    Readings that can't be confirmed stay pending and are returned with the reason. Five write units a reading.

    :raises Invalid: for an unknown area.
    :raises Conflict: if a billing run is working on one of the periods.
    """
    project = ctx.project
    waiting, next_cursor = _waiting(project, part_within_reach(ctx.actor, area), period, cursor)
    if area and not waiting and not cursor:
        areas.check_listed(ctx, area=area)
    confirmed = 0
    left: list[LeftPending] = []
    # Earlier periods first, because each reading counts from the one before it.
    held = [reading for reading in waiting if reading.state == "held"]
    left += [LeftPending(reading.id, f"held: {reading.reason}; confirm it by itself") for reading in held]
    ready = [reading for reading in waiting if reading.state == "pending"]
    for month, readings in groupby(sorted(ready, key=_order), key=lambda reading: reading.period):
        for batch in batches(readings, CONFIRMED_AT_ONCE):
            done, kept = _confirm_batch(ctx.at_this_moment(), project, month, batch)
            confirmed += done
            left += kept
    return Confirmations(confirmed, tuple(left), next_cursor)


def _order(reading: Reading) -> tuple[Period, date, str]:
    return reading.period, reading.read_on, reading.account


def _waiting(
    project: Project, parts: tuple[str, ...] | None, period: Period | None, cursor: str | None
) -> tuple[list[Reading], str | None]:
    found: list[Reading] = []
    for _ in range(_PAGES_PER_CALL):
        page = repository.pending_page(project, parts, limit=_LOOKED_AT_ONCE, cursor=cursor)
        found += [reading for reading in page.items if period in {None, reading.period}]
        cursor = page.next_cursor
        if cursor is None or len(found) >= _CONFIRMED_PER_CALL:
            break
    return found, cursor


def _confirm_batch(
    ctx: Context, project: Project, period: Period, batch: list[Reading]
) -> tuple[int, list[LeftPending]]:
    """Confirm one period's batch in one transaction; readings that are refused are left out and returned."""
    known = connections.connections_by_account(project, [reading.account for reading in batch])
    ready: dict[str, _Change] = {}
    left: list[LeftPending] = []
    again: list[Reading] = []
    for reading in batch:
        if reading.account in ready:
            again.append(reading)  # it counts from the one before, which must be written first
            continue
        connection = known.get(reading.account)
        if connection and not reaches(ctx.actor, connection.area):
            continue  # its connection moved to another area meanwhile
        try:
            if connection is None:
                raise NotFound("not-found", f"connection {reading.account} no longer exists")
            confirmed = rules.confirm(project, reading, connection, by=ctx.actor.id, at=ctx.now, looked_at=False)
            ready[reading.account] = (reading, confirmed, connection)
        except MeterbookError as error:
            left.append(LeftPending(reading.id, str(error)))
    try:
        written, lost = commit_surviving(ready, partial(_batch_writes, ctx, project, period))
    except Refused:
        raise frozen(project, period) from None
    reason = "it changed at the same moment; look at it again"
    left += [LeftPending(reading.id, reason) for reading, _, _ in lost.values()]
    done = len(written)
    if again:
        more, kept = _confirm_batch(ctx, project, period, again)
        done, left = done + more, left + kept
    return done, left


def _batch_writes(ctx: Context, project: Project, period: Period, ready: Mapping[str, _Change]) -> list[Action]:
    return [*_confirmation_writes(project, period, list(ready.values())), _batch_audit_write(ctx, period, list(ready))]


def _batch_audit_write(ctx: Context, period: Period, accounts: list[str]) -> Action:
    """Build the one audit entry of a whole transaction; each reading has the user who confirmed it."""
    facts = {"count": len(accounts), "accounts": accounts}
    return audit.entry_write(
        ctx, action="readings.confirmed", subject=("period", f"{ctx.project_id}.{period}"), after=facts
    )


def _confirmation_writes(project: Project, period: Period, changes: list[_Change]) -> list[Action]:
    actions = [repository.period_open_check(project, period)]
    for before, confirmed, connection in changes:
        actions.append(repository.reading_update_write(project, confirmed, before=before))
        if confirmed.counts:
            actions.append(advance_write(project, connection, confirmed))
    return actions

"""List unread connections of a period, and estimate one, or all of an area or project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.areas import service as areas
from chalicelib.areas.domain import reaches
from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action, Refused, commit_surviving
from chalicelib.readings import repository
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import Provenance, Reading
from chalicelib.readings.service.writes import audit_write, frozen, lost_race, reading_insert_writes, reading_writes
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# An estimate takes up to two writes of a transaction's hundred; one check of the period and one audit entry are for
# all of them. Twenty transactions take far less than the gateway's 29 seconds.
ESTIMATED_AT_ONCE = 49
_BATCHES_PER_CALL = 20


@dataclass(frozen=True, slots=True)
class LeftUnread:
    """A connection whose reading could not be estimated, and why."""

    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Estimates:
    """The result of estimating. With a `next_cursor`, call again with it for the rest."""

    estimated: int
    left: tuple[LeftUnread, ...]
    next_cursor: str | None


def list_unread(
    ctx: ProjectContext, *, period: Period, area: str | None, limit: int, cursor: str | None
) -> Page[Connection]:
    """List the active connections that have no reading for a period, of an area or of all.

    A page may be short and still have a next one. One read unit for eight connections that are read; in an area two for
    each.
    """
    read = partial(_connections_page, ctx, area)
    return choose_page(read, partial(_unread, ctx, area, period), limit=limit, cursor=cursor)


def estimate_reading(ctx: ProjectContext, *, period: Period, account: str) -> Reading:
    """Estimate the reading of a connection that is unread for a period.

    Idempotent: an existing estimate is returned. Eight write units, nine if it counts at once.

    :raises NotFound: for an unknown connection, or one outside the caller's areas.
    :raises Invalid: for a connection that was never read, or a period in the future.
    :raises Conflict: if the period is read, or a billing run is working on it.
    """
    project = ctx.project
    connection = connections.find_by_number(project, account=account, meter_number=None)
    if connection is None or not reaches(ctx.actor, connection.area):
        raise NotFound("not-found", "there is no connection with this account number", field="accountNumber")
    taken = repository.round_of_account(project, period, account)
    recorded = next((each for each in taken if each.is_live and each.kind != "check"), None)
    if recorded is not None and not recorded.estimated:
        raise Conflict("already-read", f"{period} is read for this connection: see {recorded.id}")
    if recorded is not None:
        return recorded
    reading = _estimate(ctx, project, connection, period, taken)
    tenancy.stay_with_cycle(project)
    try:
        repository.commit(
            [*reading_writes(project, reading, connection), audit_write(ctx, "reading.estimated", reading)]
        )
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return reading


def estimate_unread(ctx: ProjectContext, *, period: Period, area: str | None, cursor: str | None) -> Estimates:
    """Estimate all unread connections of a period, of an area or of all: 980 connections a call.

    Connections that were never read are left out and returned; a building's own meters are never estimated. Idempotent.
    Two write units a reading, four if readings count at once.

    :raises Invalid: for a period in the future, or an unknown area.
    :raises Conflict: if a billing run is working on the period.
    """
    project = ctx.project
    rules.check_begun(project, period, local_day(ctx.now, project.settings.timezone))
    tenancy.stay_with_cycle(project)
    estimated = 0
    left: list[LeftUnread] = []
    for _ in range(_BATCHES_PER_CALL):
        page = _connections_page(ctx, area, ESTIMATED_AT_ONCE, cursor)
        unread = [each for each in _unread(ctx, area, period, page.items) if each.is_billed]
        done, kept = _estimate_batch(ctx.at_this_moment(), project, period, unread)
        estimated += done
        left += kept
        cursor = page.next_cursor
        if cursor is None:
            break
    if area and not estimated and not left:
        areas.check_listed(ctx, area=area)
    return Estimates(estimated, tuple(left), cursor)


def _connections_page(ctx: ProjectContext, area: str | None, limit: int, cursor: str | None) -> Page[Connection]:
    return connections.list_connections(ctx, status=None if area else "active", area=area, limit=limit, cursor=cursor)


def _unread(ctx: ProjectContext, area: str | None, period: Period, found: Sequence[Connection]) -> list[Connection]:
    accounts = {each.account for each in found}
    in_order = area is None and ctx.actor.areas is None
    read = (repository.read_in_order if in_order else repository.read_among)(ctx.project, period, accounts)
    return [each for each in found if each.account not in read and rules.awaits(ctx.project, each, period)]


def _estimate(
    ctx: Context, project: Project, connection: Connection, period: Period, taken: Sequence[Reading] = ()
) -> Reading:
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(by=ctx.actor.id, at=ctx.now, source="estimated", origin=ctx.request_id)
    return rules.take_estimate(project, connection, period=period, today=today, entry=entry, taken=taken)


def _estimate_batch(
    ctx: Context, project: Project, period: Period, unread: list[Connection]
) -> tuple[int, list[LeftUnread]]:
    """Write a batch of estimates in one transaction; those that are refused are left out and returned."""
    ready: dict[str, tuple[Connection, Reading]] = {}
    left: list[LeftUnread] = []
    for connection in unread:
        try:
            ready[connection.account] = (connection, _estimate(ctx, project, connection, period))
        except MeterbookError as error:
            left.append(LeftUnread(connection.account, str(error)))
    try:
        written, lost = commit_surviving(ready, partial(_batch_writes, ctx, project, period))
    except Refused:
        raise frozen(project, period) from None
    done = len(written)
    for account, (connection, _) in lost.items():
        if _estimate_again(ctx, project, period, connection):
            done += 1
        else:
            left.append(LeftUnread(account, "it was read or changed at the same moment; look at it again"))
    return done, left


def _estimate_again(ctx: Context, project: Project, period: Period, connection: Connection) -> bool:
    """Estimate a connection whose first reading of the period was withdrawn; return whether that succeeded."""
    taken = repository.round_of_account(project, period, connection.account)
    if any(each.is_live and each.kind != "check" for each in taken):
        return False
    try:
        reading = _estimate(ctx, project, connection, period, taken)
        repository.commit(_batch_writes(ctx, project, period, {connection.account: (connection, reading)}))
    except (MeterbookError, Refused):
        return False
    return True


def _batch_writes(
    ctx: Context, project: Project, period: Period, ready: Mapping[str, tuple[Connection, Reading]]
) -> list[Action]:
    writes = [repository.period_open_check(project, period)]
    for connection, reading in ready.values():
        writes += reading_insert_writes(project, reading, connection)
    facts = {"count": len(ready), "accounts": list(ready)}
    subject = ("period", f"{ctx.project_id}.{period}")
    return [*writes, audit.entry_write(ctx, action="readings.estimated", subject=subject, after=facts)]

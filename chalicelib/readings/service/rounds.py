"""Reading rounds: how far a period is read, by area, and visits without a reading."""

from collections.abc import Iterable, Mapping
from datetime import date

from chalicelib.areas.domain import reaches
from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.period import Period
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.readings import repository
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.recording import check_day
from chalicelib.readings.domain.round_counts import RoundCounts, counted
from chalicelib.readings.domain.rounds import round_of
from chalicelib.readings.domain.visits import Visit
from chalicelib.tenancy.domain import Project, ProjectContext

_PAGE, _PAGES_PER_CALL = 1_000, 5


def get_round(
    ctx: ProjectContext, *, period: Period, cursor: str | None
) -> tuple[Mapping[str, RoundCounts], str | None]:
    """Count the connections of a round by area: all, ready, waiting for a person, and not read.

    A call counts up to 5,000 connections, about 340 read units. If there are more, it returns the counts so far with a
    cursor that contains them.

    :raises Invalid: for a cursor of another period or user.
    """
    project = ctx.project
    place = f"round|{ctx.client}|{ctx.project_id}|{period}|{ctx.actor.areas}"
    opened = decode_cursor(cursor, place) if cursor else {"at": None, "counts": {}}
    at, counts = opened["at"], {area: RoundCounts(*numbers) for area, numbers in opened["counts"].items()}
    for _ in range(_PAGES_PER_CALL):
        page = connections.connections_of_project(project, limit=_PAGE, cursor=at)
        here = [each for each in page.items if reaches(ctx.actor, each.area)]
        counts = counted(project, counts, here, _taken(project, period, here), period)
        at = page.next_cursor
        if at is None:
            return counts, None
    carried = {area: list(numbers) for area, numbers in counts.items()}
    return counts, encode_cursor({"at": at, "counts": carried}, place)


def _taken(project: Project, period: Period, found: Iterable[Connection]) -> Mapping[str, list[Reading]]:
    return repository.readings_in_order(project, period, [each.account for each in found])


def note_visit(
    ctx: ProjectContext,
    *,
    account: str,
    on: date,
    reader_code: str,
    photo: str | None,
    period: Period | None,
) -> Visit:
    """Record that the reader came and could not read the meter. The same day again replaces what was said.

    Five write units, 5.5 read units.

    :raises NotFound: for an unknown connection, or one outside the caller's areas.
    :raises Invalid: for a day in the future, or a round that is not the day's or one beside it.
    :raises Conflict: if the connection has no meter.
    """
    project = ctx.project
    connection = connections.find_by_number(project, account=account, meter_number=None)
    if connection is None or not reaches(ctx.actor, connection.area):
        raise NotFound("not-found", "there is no connection with this account number", field="accountNumber")
    if not connection.is_metered:
        raise Conflict("no-meter", f"connection {account} has no meter; there is nothing to read")
    check_day(on, local_day(ctx.now, project.settings.timezone), where="visitedOn")
    of = round_of(project, connection, on, named=period)
    visit = Visit(account, of, on, reader_code, photo, ctx.actor.id, ctx.now)
    before = repository.find_visit(project, of, account, on)
    if before and (before.reader_code, before.photo) == (reader_code, photo):
        return before
    log = audit.entry_write(
        ctx,
        action="reading.visited",
        subject=("connection", f"{project.id}.{account}"),
        before={"reader_code": before.reader_code} if before else None,
        after={"period": of, "on": on, "reader_code": reader_code},
    )
    repository.commit([repository.visit_write(project, visit), log])
    return visit


def last_visits(
    ctx: ProjectContext, period: Period, found: Iterable[Connection], *, area: str | None
) -> Mapping[str, Visit]:
    """Return the last visit without a reading to connections of a page, of an area or of all, by account number."""
    adjacent = area is None and ctx.actor.areas is None
    return repository.last_visits(ctx.project, period, {each.account for each in found}, adjacent=adjacent)


def billed_ids(ctx: ProjectContext, taken: Iterable[Reading]) -> frozenset[str]:
    """Return the ids of readings that are billed: a bill closes with them, or with a later one of the round.

    Readings of one or two rounds are looked up by their bills' days, a unit for eight; others by key, half a unit each,
    and so are those of areas, which are scattered.
    """
    project = ctx.project
    counting = [reading for reading in taken if reading.counts]
    periods = {reading.period for reading in counting}
    if len(periods) > _ROUNDS_BY_DAY or (ctx.actor.areas is not None and len(counting) > 1):
        closing = repository.with_bill(project, counting)
        last = {(each.period, each.account): each.read_on for each in _by_day(counting) if each.id in closing}
    else:
        last = {
            (period, account): day
            for period in periods
            for account, day in repository.billed_days(
                project, period, {each.account for each in counting if each.period == period}
            ).items()
        }
    return frozenset(each.id for each in counting if each.read_on <= last.get((each.period, each.account), date.min))


_ROUNDS_BY_DAY = 2


def _by_day(taken: Iterable[Reading]) -> list[Reading]:
    return sorted(taken, key=lambda reading: reading.read_on)

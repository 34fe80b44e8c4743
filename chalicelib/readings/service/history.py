"""Look up readings: one, pending ones, or those of a range of days, a connection or a state."""

from datetime import date

from chalicelib.areas.domain import part_within_reach
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.ids import code
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.platform.cursors import decode_cursor, encode_cursor, periods_page
from chalicelib.readings import repository
from chalicelib.readings.domain.history import Search, search_for
from chalicelib.readings.domain.reading import Reading, ReadingState
from chalicelib.readings.service.writes import get_of_project
from chalicelib.tenancy.domain import Project, ProjectContext


def get_reading(ctx: ProjectContext, *, reading_id: str) -> Reading:
    """Return one reading.

    :raises NotFound: if the project has none with this id.
    """
    return get_of_project(ctx, ctx.project, reading_id)


def list_readings(
    ctx: ProjectContext,
    *,
    period: Period | None,
    first_day: date | None = None,
    last_day: date | None = None,
    account: str | None = None,
    state: ReadingState | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Reading]:
    """List the readings of a period or of up to a year, newest period first.

    Never a scan: readings of a connection are read by key, pending ones from their own list, all others by period. A
    page may be short and still have a next one. A user limited to areas gets only those of open connections there, in
    the order of their places.

    :raises Invalid: for a period together with days, or for days in the wrong order or more than a year apart.
    """
    project = ctx.project
    search = search_for(
        project,
        period=period,
        first_day=first_day,
        last_day=last_day,
        account=account,
        state=state,
        today=local_day(ctx.now, project.settings.timezone),
    )
    if search.account:
        return _of_account(ctx, project, search, code(search.account, "an account number"), limit=limit, cursor=cursor)
    if search.state in {"pending", "held"}:
        page = list_pending(ctx, area=None, limit=limit, cursor=cursor)
        return Page(
            tuple(each for each in page.items if each.period in search.periods and search.fits(each)), page.next_cursor
        )
    return _by_period(ctx, project, search, limit=limit, cursor=cursor)


def list_pending(ctx: ProjectContext, *, area: str | None, limit: int, cursor: str | None) -> Page[Reading]:
    """List readings that wait for a person, pending or held, of one area or of all, one page at a time.

    A reading is listed in the area in which it was recorded; a user limited to areas does not get it if its connection
    has moved to another area.
    """
    project = ctx.project
    page = repository.pending_page(project, part_within_reach(ctx.actor, area), limit=limit, cursor=cursor)
    mine = connections.accounts_within_reach(ctx, project, (reading.account for reading in page.items))
    return Page(tuple(reading for reading in page.items if reading.account in mine), page.next_cursor)


def _of_account(
    ctx: Context, project: Project, search: Search, account: str, *, limit: int, cursor: str | None
) -> Page[Reading]:
    place = f"readings|{project.client}|{project.id}|{account}"
    periods, below = search.periods, None
    if cursor:
        said = decode_cursor(cursor, place)["after"]
        below = (Period.parse(said[0]), date.fromisoformat(said[1]), int(said[2]))
        periods = tuple(period for period in periods if period <= below[0])
    if not connections.accounts_within_reach(ctx, project, [account]):
        return Page((), None)
    every = filter(search.fits, repository.readings_of_account(project, periods, account))
    fitting = sorted((each for each in every if below is None or _place(each) < below), key=_place, reverse=True)
    page = tuple(fitting[:limit])
    if len(fitting) <= limit:
        return Page(page, None)
    period, day, number = _place(page[-1])
    return Page(page, encode_cursor({"after": [str(period), day.isoformat(), number]}, place))


def _place(reading: Reading) -> tuple[Period, date, int]:
    return reading.period, reading.read_on, reading.number


def _by_period(ctx: Context, project: Project, search: Search, *, limit: int, cursor: str | None) -> Page[Reading]:
    def read(period: Period, some: int, at: str | None) -> Page[Reading]:
        page = _of_period(ctx, project, period, limit=some, cursor=at)
        return Page(tuple(filter(search.fits, page.items)), page.next_cursor)

    place = f"readings|{project.client}|{project.id}"
    return periods_page(search.periods, read, limit=limit, cursor=cursor, place=place)


def _of_period(ctx: Context, project: Project, period: Period, *, limit: int, cursor: str | None) -> Page[Reading]:
    areas = ctx.actor.areas
    if areas is None:
        return repository.readings_page(project, period, limit=limit, cursor=cursor)

    def read(some: int, at: str | None) -> Page[Connection]:
        return connections.connections_of_areas(ctx, project, areas, limit=some, cursor=at)

    def choose(found: tuple[Connection, ...]) -> list[Reading]:
        known = repository.readings_of(project, period, [each.account for each in found])
        return [reading for each in found for reading in known.get(each.account, ())]

    return choose_page(read, choose, limit=limit, cursor=cursor)

"""Look readings up: one, those that wait, or those of certain days, connections and states."""

from datetime import date

from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.ids import code
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform.cursors import open_cursor, seal_cursor
from chalicelib.readings import repository
from chalicelib.readings.domain.history import Search, search_for
from chalicelib.readings.domain.reading import Reading, ReadingState
from chalicelib.readings.service.common import get_of_project
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project

# A list looks through so many pages or empty periods before it hands back what it has, and a cursor.
_LOOKED_THROUGH = 4


def get_reading(ctx: Context, *, reading_id: str) -> Reading:
    """This function will give one reading.

    :raises NotFound: if the project has none with this id.
    """
    return get_of_project(tenancy.get_project(ctx), reading_id)


def list_readings(
    ctx: Context,
    *,
    period: Period | None,
    first_day: date | None = None,
    last_day: date | None = None,
    account: str | None = None,
    state: ReadingState | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Reading]:
    """This function will list the readings of a period or of up to a year, the newest period first.

    Never a scan: those of a connection are read by their keys, those that wait from their own list, all others from
    their periods. A page may be short and still have a cursor.

    :raises Invalid: for a period and days at once, or for days that are no year.
    """
    project = tenancy.get_project(ctx)
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
        return _of_account(project, search, code(search.account, "an account number"), limit=limit, cursor=cursor)
    if search.state == "pending":
        page = list_pending(ctx, area=None, limit=limit, cursor=cursor)
        return Page(
            tuple(each for each in page.items if each.period in search.periods and search.fits(each)), page.cursor
        )
    return _by_period(project, search, limit=limit, cursor=cursor)


def list_pending(ctx: Context, *, area: str | None, limit: int, cursor: str | None) -> Page[Reading]:
    """This function will list what waits for confirmation, of one area or of all, one page at a time."""
    return repository.pending_page(tenancy.get_project(ctx), area, limit=limit, cursor=cursor)


def _of_account(project: Project, search: Search, account: str, *, limit: int, cursor: str | None) -> Page[Reading]:
    place = f"readings|{project.client}|{project.id}|{account}"
    periods = search.periods
    if cursor:
        after = Period.parse(open_cursor(cursor, place)["after"])
        periods = tuple(period for period in periods if period < after)
    every = repository.readings_of_account(project, periods, account)
    fitting = sorted(filter(search.fits, every), key=lambda reading: reading.period, reverse=True)
    page = tuple(fitting[:limit])
    return Page(page, seal_cursor({"after": str(page[-1].period)}, place) if len(fitting) > limit else None)


def _by_period(project: Project, search: Search, *, limit: int, cursor: str | None) -> Page[Reading]:
    place = f"readings|{project.client}|{project.id}"
    period, inner = search.periods[0], None
    if cursor:
        opened = open_cursor(cursor, place)
        period, inner = Period.parse(opened["period"]), opened["inner"]
    found: list[Reading] = []
    for _ in range(_LOOKED_THROUGH):
        page = repository.readings_page(project, period, limit=limit - len(found), cursor=inner)
        found += filter(search.fits, page.items)
        inner = page.cursor
        if inner is None:
            if period <= search.periods[-1]:
                return Page(tuple(found), None)
            period = period.shifted(-1)
        if len(found) >= limit:
            break
    return Page(tuple(found), seal_cursor({"period": str(period), "inner": inner}, place))

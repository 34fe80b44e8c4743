"""Take readings by hand, correct them, list them."""

from datetime import date
from decimal import Decimal

from chalicelib.areas.domain import part_within_reach, reaches
from chalicelib.consumers import service as consumers
from chalicelib.consumers.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action, Refused
from chalicelib.readings import repository
from chalicelib.readings.domain import reading as rules
from chalicelib.readings.domain.reading import Entry, Reading
from chalicelib.readings.service.common import advance, connection_of, get_of_project, lost_race, noted, writes_of
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def take_reading(
    ctx: Context, *, account: str | None, meter_number: str | None, value: Decimal, read_on: date
) -> Reading:
    """This function will record what a meter showed on a day.

    The same reading again is answered with the first one. Five write units, six if it counts at once.

    :raises Invalid: for a value or day that can't be.
    :raises NotFound: for an unknown connection, or one in an area where whoever takes it has nothing to do.
    :raises Conflict: if the period is read already, or a billing run is working on it.
    """
    if (account is None) == (meter_number is None):
        raise Invalid("number-missing", "give either accountNumber or meterNumber")
    project = tenancy.get_project(ctx)
    connection = consumers.find_by_number(project, account=account, meter_number=meter_number)
    if connection is None or not reaches(ctx.actor, connection.area):
        raise NotFound("not-found", "there is no connection with this account or meter number")
    period = project.period_of(read_on)
    recorded = repository.find_reading(project, period, connection.account)
    if recorded is not None:
        return _repeated(recorded, value, read_on)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Entry(by=ctx.actor.id, at=ctx.now, source="manual", origin=ctx.request_id)
    reading = rules.take(project, connection, value=value, read_on=read_on, today=today, entry=entry)
    tenancy.stay_with_cycle(project)
    try:
        repository.commit([*writes_of(project, reading, connection), noted(ctx, "reading.taken", reading)])
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return reading


def migrated(project: Project, reading: Reading, connection: Connection) -> list[Action]:
    """This function will give the writes of a reading out of a former system, for whoever writes it with its bill.

    Labels: `reading {account}` and `connection {account}`. Four write units.
    """
    return [repository.insert_reading(project, reading), advance(project, connection, reading)]


def get_reading(ctx: Context, *, reading_id: str) -> Reading:
    """This function will give one reading.

    :raises NotFound: if the project has none with this id.
    """
    return get_of_project(ctx, tenancy.get_project(ctx), reading_id)


def list_readings(ctx: Context, *, period: Period, limit: int, cursor: str | None) -> Page[Reading]:
    """This function will list the readings of a period, one page at a time.

    Whoever has to do in some areas only gets those of the open connections there, in the order of what lies there.
    """
    project = tenancy.get_project(ctx)
    areas = ctx.actor.areas
    if areas is None:
        return repository.readings_page(project, period, limit=limit, cursor=cursor)

    def read(some: int, at: str | None) -> Page[Connection]:
        return consumers.connections_of_areas(ctx, project, areas, limit=some, cursor=at)

    def choose(connections: tuple[Connection, ...]) -> list[Reading]:
        known = repository.readings_of(project, period, [each.account for each in connections])
        return [known[each.account] for each in connections if each.account in known]

    return choose_page(read, choose, limit=limit, cursor=cursor)


def list_pending(ctx: Context, *, area: str | None, limit: int, cursor: str | None) -> Page[Reading]:
    """This function will list what waits for confirmation, of one area or of all, one page at a time.

    A reading waits in the area in which it was taken; who has to do in some areas only does not get it if its
    connection moved elsewhere since.
    """
    project = tenancy.get_project(ctx)
    page = repository.pending_page(project, part_within_reach(ctx.actor, area), limit=limit, cursor=cursor)
    mine = consumers.accounts_within_reach(ctx, project, (reading.account for reading in page.items))
    return Page(tuple(reading for reading in page.items if reading.account in mine), page.cursor)


def correct_reading(ctx: Context, *, reading_id: str, value: Decimal, read_on: date) -> Reading:
    """This function will put another value or day on a reading that is not billed. Seven or eight write units.

    :raises Invalid: for a value or day that can't be.
    :raises NotFound: if the project has none with this id.
    :raises Conflict: if it is billed, a later reading builds on it, or a billing run is working on its period.
    """
    project = tenancy.get_project(ctx)
    reading = get_of_project(ctx, project, reading_id)
    if reading.value == value and reading.read_on == read_on:
        return reading
    connection = connection_of(project, reading)
    today = local_day(ctx.now, project.settings.timezone)
    entry = Entry(by=ctx.actor.id, at=ctx.now, source=reading.source, origin=reading.origin)
    corrected = rules.correct(project, reading, connection, value=value, read_on=read_on, today=today, entry=entry)
    actions = [
        repository.period_is_open(project, reading.period),
        repository.not_billed(project, reading),
        repository.store_reading(project, corrected, before=reading),
    ]
    if corrected.state == "confirmed":
        actions.append(advance(project, connection, corrected))
    actions.append(noted(ctx, "reading.corrected", corrected, before=reading))
    try:
        repository.commit(actions)
    except Refused as refused:
        raise lost_race(project, reading, refused) from None
    return corrected


def _repeated(recorded: Reading, value: Decimal, read_on: date) -> Reading:
    if (recorded.value, recorded.read_on) == (value, read_on):
        return recorded
    raise Conflict(
        "already-read", f"{recorded.period} is already read for this connection: correct {recorded.id} instead"
    )

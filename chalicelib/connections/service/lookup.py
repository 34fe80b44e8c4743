"""Look up connections, one or many."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial

from chalicelib.areas.domain import lies_in, part_within_reach
from chalicelib.connections.domain import Connection, ConnectionStatus, ambiguous_meter, normalised_meter, of_brand
from chalicelib.connections.repository import connections as repository
from chalicelib.connections.repository import links
from chalicelib.connections.service.area_scope import connections_of_areas, may_see, within_reach
from chalicelib.connections.service.consumers import get_consumer_within_reach
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.page import Page, choose_page
from chalicelib.platform.bulk import FEW
from chalicelib.platform.transaction import Action
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext


def get_connection(ctx: ProjectContext, *, account: str) -> Connection:
    """Return a connection that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    return _seen(ctx, account, may_see)


def get_connection_ever_held(ctx: ProjectContext, *, account: str) -> Connection:
    """Return a connection for what is kept by holder: a consumer also gets one that was theirs before a handover.

    :raises NotFound: for any other.
    """
    return _seen(ctx, account, lambda ctx, each: may_see(ctx, each) or _held_by_actor(ctx, each))


def _held_by_actor(ctx: ProjectContext, connection: Connection) -> bool:
    return any(ctx.actor.owns(each.consumer_id) for each in connection.former)


def _seen(ctx: ProjectContext, account: str, may: Callable[[ProjectContext, Connection], bool]) -> Connection:
    connection = repository.find_connection(ctx.project, _known_account(account))
    if connection is None or not may(ctx, connection):
        raise NotFound("not-found", "there is no connection with this account number", field="accountNumber")
    return connection


def show_connection(ctx: ProjectContext, *, account: str) -> Connection:
    """Return a connection to show: to a consumer without what was said of former holders.

    :raises NotFound: if the actor may not see it.
    """
    return _as_seen(ctx, get_connection(ctx, account=account))


def _as_seen(ctx: Context, connection: Connection) -> Connection:
    staff = ctx.actor.may("connections.read") or ctx.actor.may("bills.read")
    return connection if staff else connection.as_its_holder_sees_it()


def list_connections(
    ctx: ProjectContext,
    *,
    status: ConnectionStatus | None = None,
    area: str | None = None,
    meter_number: str | None = None,
    meter_brand: str | None = None,
    consumer_id: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Connection]:
    """List a project's connections, one page at a time: those that match every filter.

    The narrowest filter decides which list is read, and the others filter it. There is a list of connections that are
    not active, and one of each area's open connections, which serves users limited to areas. All others are read by
    account number.

    :raises Invalid: for an invalid meter number.
    :raises NotFound: if the client has no such consumer.
    """

    def read(some: int, at: str | None) -> Page[Connection]:
        return _narrowest(ctx, status, area, meter_number, consumer_id, some, at)

    def choose(found: Iterable[Connection]) -> list[Connection]:
        return [
            each
            for each in within_reach(ctx, found)
            if status in {None, each.status}
            and (area is None or lies_in(each.area, area))
            and consumer_id in {None, each.consumer_id}
            and meter_brand in {None, each.meter_brand}
        ]

    return choose_page(read, choose, limit=limit, cursor=cursor)


def _narrowest(
    ctx: ProjectContext,
    status: ConnectionStatus | None,
    area: str | None,
    meter_number: str | None,
    consumer_id: str | None,
    limit: int,
    cursor: str | None,
) -> Page[Connection]:
    project = ctx.project
    if meter_number:
        accounts = repository.accounts_of_meters(project, [normalised_meter(meter_number)])
        return Page(tuple(repository.connections_of(project, accounts).values()), None)
    if consumer_id:
        return Page(_of_consumer(ctx, consumer_id), None)
    if status in {"disconnected", "closed"}:
        return repository.idle_page(project, str(status), limit=limit, cursor=cursor)
    areas = part_within_reach(ctx.actor, area)
    if areas is None:
        return repository.connections_page(project, active=status == "active", limit=limit, cursor=cursor)
    return connections_of_areas(ctx, project, areas, limit=limit, cursor=cursor)


def _of_consumer(ctx: ProjectContext, consumer_id: str) -> tuple[Connection, ...]:
    """Return a consumer's connections in the project. They are few, so all are read."""
    get_consumer_within_reach(ctx, consumer_id=consumer_id)
    accounts = [account for each, account, _ in links.places_of(ctx.client, consumer_id) if each == ctx.project_id]
    found = repository.connections_of(ctx.project, accounts)
    return tuple(found[account] for account in accounts if account in found)


def my_connections(ctx: Context) -> tuple[tuple[Project, Connection], ...]:
    """List the signed-in consumer's connections, over all projects."""
    if ctx.actor.consumer_id is None:
        return ()
    mine: list[tuple[Project, Connection]] = []
    for project_id, account, _ in links.places_of(ctx.client, ctx.actor.consumer_id):
        here = tenancy.enter_project(ctx.in_project(project_id))
        mine.append((here.project, show_connection(here, account=account)))
    return tuple(mine)


def my_accounts(ctx: Context) -> tuple[tuple[Project, str], ...]:
    """List the signed-in consumer's present and former connections, over all projects, to find their bills."""
    if ctx.actor.consumer_id is None:
        return ()
    return accounts_ever_of(ctx, consumer_id=ctx.actor.consumer_id)


def accounts_ever_of(ctx: Context, *, consumer_id: str) -> tuple[tuple[Project, str], ...]:
    """List a consumer's present and former connections, over all projects. One request, and one for each project."""
    places = links.places_ever_of(ctx.client, consumer_id)
    known = {each: tenancy.enter_project(ctx.in_project(each)).project for each in {place[0] for place in places}}
    return tuple((known[project], account) for project, account, _ in places)


def find_by_number(
    project: Project, *, account: str | None, meter_number: str | None, meter_brand: str | None = None
) -> Connection | None:
    """Return a connection by account number, or else by its meter's number and perhaps brand. One or two reads.

    :raises Conflict: if several connections have meters of this number, and no brand is given.
    """
    if account is None and meter_number is not None:
        number = normalised_meter(meter_number)
        meters = of_brand(repository.meters_of_number(project, number), meter_brand)
        if len(meters) > 1:
            raise ambiguous_meter(number, meters)
        account = meters[0].account if meters else None
    return repository.find_connection(project, account) if account else None


def connection_exists_check(project: Project, account: str) -> Action:
    """Build the check that a connection was not deleted meanwhile. Label: `connection`. Two write units."""
    return repository.connection_exists_check(project, account)


def connections_by_account(project: Project, accounts: Iterable[str]) -> dict[str, Connection]:
    """Read many connections by account number. Strongly consistent."""
    return repository.connections_of(project, accounts)


def connections_by_numbers(
    project: Project, *, accounts: Iterable[str] = (), meter_numbers: Iterable[str] = ()
) -> dict[str, Connection]:
    """Return connections by account number: at least those with one of these account or meter numbers.

    A few are looked up by key: one read unit for an account number and two for a meter number,
    whatever the size of the project. For many numbers, all connections are read, eventually consistent.
    """
    by_account, by_meter = set(accounts), set(meter_numbers)
    if len(by_account) + len(by_meter) > FEW:
        return {connection.account: connection for connection in all_connections(project)}
    by_account |= repository.accounts_of_meters(project, _possible(by_meter, normalised_meter))
    return repository.connections_of(project, _possible(by_account, partial(code, what="an account number")))


def _possible(numbers: Iterable[str], form: Callable[[str], str]) -> Iterator[str]:
    """Leave out texts that are not valid numbers."""
    for number in numbers:
        with suppress(Invalid):
            yield form(number)


def connections_in_order(
    project: Project, accounts: Collection[str], *, consistent: bool = True
) -> dict[str, Connection]:
    """Read connections that follow each other in each shard, as a page of the project has them.

    As they are now, or if not consistent, as they were a moment ago.
    """
    return repository.connections_in_order(project, accounts, consistent=consistent)


def shard_connections(project: Project, shard: int) -> Iterator[Connection]:
    """Read all connections of one shard. Eventually consistent."""
    return repository.shard_connections(project, shard)


def all_connections(project: Project) -> Iterator[Connection]:
    """Read all connections of a project, shard by shard."""
    for shard in range(project.settings.shards):
        yield from repository.shard_connections(project, shard)


def connections_of_project(project: Project, *, limit: int, cursor: str | None) -> Page[Connection]:
    """Read one page of a project's connections by shard and account number, whatever their status."""
    return repository.connections_page(project, active=False, limit=limit, cursor=cursor)


def some_of_shard(project: Project, shard: int, *, limit: int = 100) -> tuple[Connection, ...]:
    """Read some connections of a shard in one request. Eventually consistent; a read unit for about 25."""
    return repository.some_of_shard(project, shard, limit=limit)


def connection_advance_write(project: Project, before: Connection, after: Connection) -> Action:
    """Build the write that makes a reading, confirmed in the same transaction, the connection's last one."""
    return repository.connection_write(project, before, after)


def _known_account(account: str) -> str:
    try:
        return code(account, "an account number")
    except Invalid:
        raise NotFound("not-found", "there is no connection with this account number", field="accountNumber") from None

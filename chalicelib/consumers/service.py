"""Register consumers and connections, and look them up."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from chalicelib.audit import service as audit
from chalicelib.consumers import repository
from chalicelib.consumers.domain import (
    Connection,
    Consumer,
    account_number,
    account_sequence,
    check_connection,
    new_connection,
    normalised_meter,
)
from chalicelib.identity import service as identity
from chalicelib.identity.domain import User
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, NotFound
from chalicelib.kernel.ids import code, fingerprint, known_ulid
from chalicelib.kernel.page import Page
from chalicelib.kernel.quantity import plain
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def register_consumer(
    ctx: Context, *, first_name: str, last_name: str, email: str | None, phone: str | None, address: str | None
) -> Consumer:
    """This function will register somebody who is to be billed.

    :raises Invalid: if the request's Idempotency-Key was used for another one.
    """
    consumer = Consumer(
        id=ctx.new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=phone,
        address=address,
        created_at=ctx.now,
        request_print=fingerprint(first_name, last_name, email or "", phone or "", address or ""),
    )
    try:
        noted = audit.record(ctx, action="consumer.registered", subject=("consumer", consumer.id))
        repository.insert_consumer(ctx.client, consumer, also=[noted])
    except Refused:
        made = repository.find_consumer(ctx.client, consumer.id)
        return _same_request(made, consumer)
    return consumer


def get_consumer(ctx: Context, *, consumer_id: str) -> Consumer:
    """This function will give a consumer of the client.

    :raises NotFound: if the client has no such consumer.
    """
    consumer = repository.find_consumer(ctx.client, known_ulid(consumer_id, "consumer"))
    if consumer is None:
        raise NotFound("not-found", "there is no consumer with this id")
    return consumer


def list_consumers(ctx: Context, *, limit: int, cursor: str | None) -> Page[Consumer]:
    """This function will list the client's consumers, one page at a time."""
    return repository.consumers_page(ctx.client, limit=limit, cursor=cursor)


def open_login(ctx: Context, *, consumer_id: str, login: str, password: str) -> User:
    """This function will let a consumer sign in and see what is theirs.

    :raises NotFound: if the client has no such consumer.
    :raises Conflict: if the login name is taken.
    """
    consumer = get_consumer(ctx, consumer_id=consumer_id)
    return identity.register_consumer_login(
        ctx, consumer_id=consumer.id, login=login, name=consumer.name, password=password
    )


def register_connection(
    ctx: Context,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
) -> Connection:
    """This function will register a metered connection; its account number is made or given, as the project has it.

    :raises Invalid: for a class, meter or account number that the project does not know.
    :raises NotFound: for an unknown consumer.
    :raises Conflict: if the meter or account number is taken.
    """
    project = tenancy.get_project(ctx)
    connection = _draft(
        ctx,
        project,
        consumer_id=consumer_id,
        account=account,
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        initial_reading=initial_reading,
    )
    if made := _made_before(project, connection):
        return made
    connection = _with_account(ctx, project, connection)
    try:
        repository.insert_connection(project, connection, also=[_connected(ctx, connection)])
    except Refused as refused:
        if "meter" in refused.labels and (made := _made_before(project, connection)):
            return made
        raise explain_refusal(project, connection, refused) from None
    return connection


def prepare_connection(
    ctx: Context,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
) -> tuple[Connection, list[Action]]:
    """This function will give a new connection and the writes that register it, for a transaction that does more.

    What the table then refuses, `explain_refusal` puts into words. A crash before that transaction leaves a gap in the
    account numbers, nothing else.

    :raises Invalid: for a class, meter or account number that the project does not know.
    :raises NotFound: for an unknown consumer.
    :raises Conflict: if the meter number is taken.
    """
    project = tenancy.get_project(ctx)
    connection = _draft(
        ctx,
        project,
        consumer_id=consumer_id,
        account=account,
        consumer_class=consumer_class,
        meter_number=meter_number,
        area=area,
        initial_reading=initial_reading,
    )
    if holder := repository.find_account_of_meter(project, connection.meter_number):
        raise _meter_taken(connection.meter_number, holder)
    connection = _with_account(ctx, project, connection)
    return connection, [*repository.connection_writes(project, connection), _connected(ctx, connection)]


def explain_refusal(project: Project, connection: Connection, refused: Refused) -> MeterbookError:
    """This function will say why the table refused to register a connection."""
    if "consumer" in refused.labels:
        return NotFound("not-found", "there is no consumer with this id")
    if "meter" in refused.labels:
        holder = repository.find_account_of_meter(project, connection.meter_number)
        return _meter_taken(connection.meter_number, holder)
    return Conflict("account-taken", f"account number {connection.account} is already in use")


def get_connection(ctx: Context, *, account: str) -> Connection:
    """This function will give a connection; a consumer gets only what is theirs.

    :raises NotFound: for anything else.
    """
    project = tenancy.get_project(ctx)
    connection = repository.find_connection(project, _known_account(account))
    if connection is None or not _may_see(ctx, connection):
        raise NotFound("not-found", "there is no connection with this account number")
    return connection


def list_connections(ctx: Context, *, limit: int, cursor: str | None) -> Page[Connection]:
    """This function will list a project's connections by account number, one page at a time."""
    return repository.connections_page(tenancy.get_project(ctx), limit=limit, cursor=cursor)


def my_connections(ctx: Context) -> tuple[tuple[Project, Connection], ...]:
    """This function will list what is the signed-in consumer's, over all projects."""
    if ctx.actor.consumer_id is None:
        return ()
    mine: list[tuple[Project, Connection]] = []
    for project_id, account in repository.links_of(ctx.client, ctx.actor.consumer_id):
        here = ctx.in_project(project_id)
        mine.append((tenancy.get_project(here), get_connection(here, account=account)))
    return tuple(mine)


def find_by_number(project: Project, *, account: str | None, meter_number: str | None) -> Connection | None:
    """This function will look a connection up by account or, failing that, by meter number. One or two reads."""
    if account is None and meter_number is not None:
        account = repository.find_account_of_meter(project, normalised_meter(meter_number))
    return repository.find_connection(project, account) if account else None


def connections_by_account(project: Project, accounts: Iterable[str]) -> dict[str, Connection]:
    """This function will read many connections at once, as they are now."""
    return repository.connections_of(project, accounts)


def shard_connections(project: Project, shard: int) -> Iterator[Connection]:
    """This function will read all connections of one shard, as they were a moment ago."""
    return repository.shard_connections(project, shard)


def all_connections(project: Project) -> Iterator[Connection]:
    """This function will read all connections of a project, shard by shard."""
    for shard in range(project.settings.shards):
        yield from repository.shard_connections(project, shard)


def move_on(project: Project, before: Connection, after: Connection) -> Action:
    """This function will give the write by which a reading, confirmed in the same transaction, becomes the last."""
    return repository.move_on(project, before, after)


def _connected(ctx: Context, connection: Connection) -> Action:
    subject = ("connection", f"{ctx.project}.{connection.account}")
    return audit.record(ctx, action="connection.registered", subject=subject, after=connection.in_short())


def _may_see(ctx: Context, connection: Connection) -> bool:
    return ctx.actor.may("connections.read") or ctx.actor.owns(connection.consumer_id)


def _known_account(account: str) -> str:
    try:
        return code(account, "an account number")
    except Invalid:
        raise NotFound("not-found", "there is no connection with this account number") from None


def _draft(
    ctx: Context,
    project: Project,
    *,
    consumer_id: str | None,
    account: str | None,
    consumer_class: str,
    meter_number: str,
    area: str,
    initial_reading: Decimal,
) -> Connection:
    """This function will give a connection that the project's settings allow; its account number may be missing."""
    check_connection(project, consumer_class=consumer_class, consumer_id=consumer_id, given_account=account)
    if initial_reading < 0:
        raise Invalid("bad-number", "initialReading: a meter does not show less than zero")
    consumer = get_consumer(ctx, consumer_id=consumer_id) if consumer_id else None
    meter = normalised_meter(meter_number)
    # With an Idempotency-Key the print is the request's own: a repetition finds its connection by the meter number.
    facts = (consumer_id or "", account or "", consumer_class, meter, area, plain(initial_reading))
    return new_connection(
        account=account or "",
        consumer=consumer,
        consumer_class=consumer_class,
        meter_number=meter,
        area=area,
        initial_reading=initial_reading,
        created_at=ctx.now,
        request_print=fingerprint(ctx.request_key or ctx.new_id(), *facts)[:16],  # short: each run reads it
    )


def _with_account(ctx: Context, project: Project, connection: Connection) -> Connection:
    """This function will give the connection its account number where the project makes them."""
    if connection.account:
        return connection
    day = local_day(ctx.now, project.settings.timezone)
    number = repository.next_number(project, account_sequence(day))
    return replace(connection, account=account_number(day, number))


def _made_before(project: Project, asked: Connection) -> Connection | None:
    """This function will find what an earlier sending of this very request made; another's meter is a conflict."""
    account = repository.find_account_of_meter(project, asked.meter_number)
    if account is None:
        return None
    holder = repository.find_connection(project, account)
    if holder and holder.request_print == asked.request_print:
        return holder
    raise _meter_taken(asked.meter_number, account)


def _meter_taken(meter: str, account: str | None) -> Conflict:
    return Conflict("meter-taken", f"meter number {meter} is already on connection {account}")


def _same_request(made: Consumer | None, asked: Consumer) -> Consumer:
    if made is None or made.request_print != asked.request_print:
        raise Invalid("key-reused", "this Idempotency-Key was used for another request; take a fresh one")
    return made

"""Consumers, connections and their unique numbers in the table."""

from collections.abc import Iterable, Iterator, Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.consumers.domain import Connection, ConnectionStatus, Consumer
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DecimalAttribute,
    InstantAttribute,
    IntAttribute,
    PeriodAttribute,
    TableItem,
)
from chalicelib.platform.transaction import Action, check, insert, put, transact
from chalicelib.tenancy.domain import Project


class ConsumerItem(TableItem):
    consumer = UnicodeAttribute()
    first_name = UnicodeAttribute()
    last_name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    request_print = UnicodeAttribute()


class ConnectionItem(TableItem):
    # Short stored names: a run reads every connection of a shard, and pays by the byte.
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    consumer_name = UnicodeAttribute(attr_name="cn")
    consumer_class = UnicodeAttribute(attr_name="cl")
    meter_number = UnicodeAttribute(attr_name="me")
    area = UnicodeAttribute(attr_name="ar")
    status = UnicodeAttribute(attr_name="st")
    initial_reading = DecimalAttribute(attr_name="ir")
    last_value = DecimalAttribute(attr_name="lv")
    last_read_on = DayAttribute(attr_name="lo", null=True)
    last_period = PeriodAttribute(attr_name="lp", null=True)
    last_usage = DecimalAttribute(attr_name="lu", null=True)
    version = IntAttribute(attr_name="v")
    created_at = InstantAttribute(attr_name="at")
    request_print = UnicodeAttribute(attr_name="rp")


class LinkItem(TableItem):
    """That a connection is this consumer's, for all projects of the client in one partition."""

    project = UnicodeAttribute()
    account = UnicodeAttribute()
    shards = IntAttribute()


class MeterItem(TableItem):
    account = UnicodeAttribute()


class SequenceItem(TableItem):
    last = IntAttribute()


def insert_consumer(client_id: str, consumer: Consumer, *, also: Sequence[Action]) -> None:
    """This function will write a new consumer, and what is to be written with it.

    :raises Refused: label `consumer`, if this request was carried out before.
    """
    item = ConsumerItem(
        *keys.consumer(client_id, consumer.id),
        g1p=keys.consumers(client_id),
        g1s=consumer.id,
        consumer=consumer.id,
        first_name=consumer.first_name,
        last_name=consumer.last_name,
        email=consumer.email,
        phone=consumer.phone,
        address=consumer.address,
        created_at=consumer.created_at,
        request_print=consumer.request_print,
    )
    transact([insert("consumer", item), *also])


def find_consumer(client_id: str, consumer_id: str) -> Consumer | None:
    item = dynamo.find(ConsumerItem, keys.consumer(client_id, consumer_id))
    return _consumer(item) if item else None


def consumers_page(client_id: str, *, limit: int, cursor: str | None) -> Page[Consumer]:
    page = dynamo.page_of(ConsumerItem, keys.consumers(client_id), "", limit=limit, cursor=cursor, index="account")
    return Page(tuple(_consumer(item) for item in page.items), page.cursor)


def next_number(project: Project, sequence: str) -> int:
    """This function will take the next number of a sequence. One write unit; a crash after it leaves a gap."""
    item = SequenceItem(*keys.sequence(project.client, project.id, sequence))
    item.update(actions=[SequenceItem.last.add(1)])
    return int(item.last)


def insert_connection(project: Project, connection: Connection, *, also: Sequence[Action]) -> None:
    """This function will write a connection, claim its meter number and link it to its consumer. Eight write units.

    :raises Refused: labels `connection`, `meter` (number taken) or `consumer` (unknown).
    """
    transact([*connection_writes(project, connection), *also])


def connection_writes(project: Project, connection: Connection) -> list[Action]:
    """This function will give the writes of `insert_connection`, for a transaction that does more."""
    shards = project.settings.shards
    actions = [
        insert("connection", _connection_item(project, connection)),
        insert(
            "meter",
            MeterItem(
                *keys.meter_number(project.client, project.id, connection.meter_number), account=connection.account
            ),
        ),
    ]
    if connection.consumer_id:
        link = keys.consumer_link(project.client, connection.consumer_id, project.id, connection.account)
        actions += [
            check("consumer", keys.consumer(project.client, connection.consumer_id), ConsumerItem.pk.exists()),
            insert("link", LinkItem(*link, project=project.id, account=connection.account, shards=shards)),
        ]
    return actions


def find_connection(project: Project, account: str) -> Connection | None:
    key = keys.connection(project.client, project.id, account, project.settings.shards)
    item = dynamo.find(ConnectionItem, key)
    return _connection(item) if item else None


def find_account_of_meter(project: Project, meter_number: str) -> str | None:
    item = dynamo.find(MeterItem, keys.meter_number(project.client, project.id, meter_number))
    return item.account if item else None


def connections_of(project: Project, accounts: Iterable[str]) -> dict[str, Connection]:
    """This function will read connections by account number, 100 to a request, one read unit each."""
    wanted = [
        keys.connection(project.client, project.id, account, project.settings.shards) for account in set(accounts)
    ]
    found = ConnectionItem.batch_get(wanted, consistent_read=True)
    return {connection.account: connection for connection in map(_connection, found)}


def shard_connections(project: Project, shard: int) -> Iterator[Connection]:
    """This function will read the connections of one shard: about one read unit for 30 of them."""
    partition = keys.connections(project.client, project.id, shard)
    for item in dynamo.all_of(ConnectionItem, partition, "CONNECTION#", consistent=False):
        yield _connection(item)


def connections_page(project: Project, *, limit: int, cursor: str | None) -> Page[Connection]:
    partitions = [keys.connections(project.client, project.id, shard) for shard in range(project.settings.shards)]
    page = dynamo.shards_page(ConnectionItem, partitions, "CONNECTION#", limit=limit, cursor=cursor)
    return Page(tuple(_connection(item) for item in page.items), page.cursor)


def links_of(client_id: str, consumer_id: str) -> tuple[tuple[str, str], ...]:
    """This function will list (project, account) of everything that is a consumer's."""
    partition, _ = keys.consumer(client_id, consumer_id)
    return tuple((item.project, item.account) for item in dynamo.all_of(LinkItem, partition, "CONNECTION#"))


def move_on(project: Project, before: Connection, after: Connection) -> Action:
    """This function will give the write by which a confirmed reading becomes the connection's last one.

    It holds only if nothing about the connection changed since it was read. Label: `connection {account}`.
    """
    unchanged = ConnectionItem.version == before.version
    return put(f"connection {before.account}", _connection_item(project, after), unchanged)


def _connection_item(project: Project, connection: Connection) -> ConnectionItem:
    return ConnectionItem(
        *keys.connection(project.client, project.id, connection.account, project.settings.shards),
        consumer_id=connection.consumer_id,
        consumer_name=connection.consumer_name,
        consumer_class=connection.consumer_class,
        meter_number=connection.meter_number,
        area=connection.area,
        status=connection.status,
        initial_reading=connection.initial_reading,
        last_value=connection.last_value,
        last_read_on=connection.last_read_on,
        last_period=connection.last_period,
        last_usage=connection.last_usage,
        version=connection.version,
        created_at=connection.created_at,
        request_print=connection.request_print,
    )


def _connection(item: ConnectionItem) -> Connection:
    status: ConnectionStatus = item.status  # type: ignore[assignment]
    return Connection(
        account=item.sk.partition("#")[2],
        consumer_id=item.consumer_id,
        consumer_name=item.consumer_name,
        consumer_class=item.consumer_class,
        meter_number=item.meter_number,
        area=item.area,
        status=status,
        initial_reading=item.initial_reading,
        last_value=item.last_value,
        last_read_on=item.last_read_on,
        last_period=item.last_period,
        last_usage=item.last_usage,
        version=item.version,
        created_at=item.created_at,
        request_print=item.request_print,
    )


def _consumer(item: ConsumerItem) -> Consumer:
    return Consumer(
        id=item.consumer,
        first_name=item.first_name,
        last_name=item.last_name,
        email=item.email,
        phone=item.phone,
        address=item.address,
        created_at=item.created_at,
        request_print=item.request_print,
    )

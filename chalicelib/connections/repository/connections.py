"""Connections and their unique numbers in the table."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.constants import STRING

from chalicelib.connections.domain import (
    Connection,
    ConnectionStatus,
    FormerConsumer,
    PastUse,
    Purpose,
    RatingFacts,
    Register,
)
from chalicelib.connections.domain.terms import FormerTerms, differences, with_differences
from chalicelib.connections.domain.uses import pack_uses, unpack_uses
from chalicelib.connections.repository import links
from chalicelib.connections.repository.links import Place
from chalicelib.kernel.ids import shard_of, shard_ranges
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DecimalAttribute,
    DocumentAttribute,
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    JsonAttribute,
    LiteralAttribute,
    PeriodAttribute,
    TableItem,
    stored_json,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, delete, insert, put, transact
from chalicelib.tenancy.domain import Project


class FactsAttribute(Attribute[RatingFacts]):
    """Facts that tariffs may charge by, as JSON of those that differ from the defaults; absent for most connections."""

    attr_type = STRING

    def serialize(self, value: RatingFacts) -> str | None:
        unusual = value.short()
        return stored_json(unusual) if unusual else None

    def deserialize(self, value: str) -> RatingFacts:
        return RatingFacts.from_short(json.loads(value))


class UsesAttribute(Attribute[tuple[PastUse, ...]]):
    """Past uses in order, as a short text."""

    attr_type = STRING

    def serialize(self, value: tuple[PastUse, ...]) -> str:
        return pack_uses(value)

    def deserialize(self, value: str) -> tuple[PastUse, ...]:
        return unpack_uses(value)


class FormerAttribute(Attribute[tuple[FormerConsumer, ...]]):
    """Former consumers, each with their name and last day, as a JSON array of arrays."""

    attr_type = STRING

    def serialize(self, value: tuple[FormerConsumer, ...]) -> str:
        return stored_json([[each.consumer_id, each.name, each.until.isoformat()] for each in value])

    def deserialize(self, value: str) -> tuple[FormerConsumer, ...]:
        return tuple(FormerConsumer(who, name, date.fromisoformat(until)) for who, name, until in json.loads(value))


class ConnectionItem(TableItem):
    # Short stored names, because a run reads every connection of a shard and pays by the byte.
    consumer_id = UnicodeAttribute(attr_name="cu", null=True)
    consumer_name = UnicodeAttribute(attr_name="cn")
    consumer_class = UnicodeAttribute(attr_name="cl")
    meter_number = UnicodeAttribute(attr_name="me")
    area = UnicodeAttribute(attr_name="ar")
    status = LiteralAttribute(ConnectionStatus, attr_name="st")
    initial_reading = DecimalAttribute(attr_name="ir")
    last_value = DecimalAttribute(attr_name="lv")
    last_read_on = DayAttribute(attr_name="lo", null=True)
    last_period = PeriodAttribute(attr_name="lp", null=True)
    version = IntAttribute(attr_name="v")
    created_at = InstantAttribute(attr_name="at")
    request_print = UnicodeAttribute(attr_name="rp")
    purpose = LiteralAttribute(Purpose, attr_name="pu", null=True)  # absent: a consumer's service
    use_brought_forward = DecimalAttribute(attr_name="ca", null=True)
    meter_brand = UnicodeAttribute(attr_name="mb", null=True)
    installed_on = DayAttribute(attr_name="io", null=True)
    facts = FactsAttribute(attr_name="fa", null=True)
    tariff_id = UnicodeAttribute(attr_name="tf", null=True)
    meter_digits = IntAttribute(attr_name="md", null=True)
    estimated = DecimalAttribute(attr_name="es", null=True)
    uses = UsesAttribute(attr_name="us", null=True)
    former = FormerAttribute(attr_name="fo", null=True)
    former_terms = JsonAttribute(attr_name="ft", null=True)  # see `_stored_terms`
    walking_order = IntAttribute(attr_name="wo", null=True)
    opened_on = DayAttribute(attr_name="oo", null=True)
    idle_since = DayAttribute(attr_name="is", null=True)
    meter_wraps_at = DecimalAttribute(attr_name="mw", null=True)
    multiplier = DecimalAttribute(attr_name="mu", null=True)
    main_measure = UnicodeAttribute(attr_name="mm", null=True)
    registers = DocumentAttribute(tuple[Register, ...], attr_name="rg", null=True)
    metered_from = DayAttribute(attr_name="mf", null=True)
    taken = FlagAttribute(attr_name="tk", null=True)  # while the first reading is pending; later `last_period` shows it


class MeterItem(TableItem):
    """The meter of a connection, unique by number and brand; index `account` lists them by area."""

    account = UnicodeAttribute()

    @property
    def meter_brand(self) -> str | None:
        return self.sk.partition("#")[2] or None


class MeterOnConnection(NamedTuple):
    """A meter, with the account number of its connection."""

    account: str
    meter_brand: str | None


class SequenceItem(TableItem):
    last = IntAttribute()


def next_number(project: Project, sequence: str) -> int:
    """Increment a sequence and return its new number. One write unit; a crash afterwards leaves a gap."""
    item = SequenceItem(*keys.sequence(project.client, project.id, sequence))
    item.update(actions=[SequenceItem.last.add(1)])
    return int(item.last)


def insert_connection(project: Project, connection: Connection, *, also: Sequence[Action]) -> None:
    """Write a connection, claim its meter number and link it to its consumer, with other writes.

    :raises Refused: labels `account`, `meter` (number taken) or those of the other writes.
    """
    transact([*connection_insert_writes(project, connection), *also])


def connection_insert_writes(project: Project, connection: Connection) -> list[Action]:
    """Build the writes of `insert_connection`, for a transaction that does more."""
    writes = [
        insert("account", _connection_item(project, connection)),
        insert("meter", _meter_item(project, connection)),
    ]
    if connection.consumer_id:
        writes.append(links.link_write(project, connection))
    return writes


def connection_update_writes(project: Project, before: Connection, after: Connection) -> list[Action]:
    """Build the writes of a changed connection, its meter and its link to the consumer.

    Labels: `connection` (changed meanwhile), `meter` (number taken).
    """
    writes = [connection_write(project, before, after)]
    freed, claimed = before.status != "closed", after.status != "closed"
    was, becomes = _meter_key(project, before), _meter_key(project, after)
    if (was, _place(before), freed) != (becomes, _place(after), claimed):
        if freed and not claimed:
            writes.append(_meter_delete_write(project, before))
        elif was == becomes:
            ours = MeterItem.account == after.account
            writes.append(put("own meter", _meter_item(project, after), ours))
        else:
            writes += [_meter_delete_write(project, before), insert("meter", _meter_item(project, after))]
    moves = before.consumer_id != after.consumer_id
    if moves and before.consumer_id:
        writes += [links.link_delete_write(project, before), links.former_link_write(project, before)]
    if moves and after.consumer_id:
        writes.append(links.link_write(project, after))
    return writes


def crossed_meter_writes(project: Project, before: Connection, after: Connection, *, other: str) -> list[Action]:
    """Build the writes of a connection that gets the meter of another one, which gets its own in the same transaction.

    Labels: `connection` (changed meanwhile), `own meter`.
    """
    theirs = MeterItem.account == other
    return [connection_write(project, before, after), put("own meter", _meter_item(project, after), theirs)]


def connection_delete_writes(project: Project, connection: Connection) -> list[Action]:
    """Build the writes that delete a connection without readings."""
    key = keys.connection(project.client, project.id, connection.account, project.settings.shards)
    writes = [delete("connection", key, ConnectionItem.version == connection.version, subject=connection.account)]
    if connection.status != "closed":
        writes.append(_meter_delete_write(project, connection))
    if connection.consumer_id:
        writes.append(links.link_delete_write(project, connection))
    return writes


def connection_exists_check(project: Project, account: str) -> Action:
    """Build the check that a connection is still there. Label: `connection`."""
    key = keys.connection(project.client, project.id, account, project.settings.shards)
    return check("connection", key, ConnectionItem.pk.exists(), subject=account)


def commit(actions: Sequence[Action]) -> None:
    """Execute the writes of a connection, with others, in one transaction.

    :raises Refused: with the labels of the refused writes; then nothing is written.
    """
    transact(actions)


def find_connection(project: Project, account: str) -> Connection | None:
    key = keys.connection(project.client, project.id, account, project.settings.shards)
    item = dynamo.find(ConnectionItem, key)
    return _connection(item) if item else None


def meters_of_number(project: Project, meter_number: str) -> list[MeterOnConnection]:
    """Return the meters of a number, of all brands. One request, one read unit."""
    partition, prefix = keys.meter_number(project.client, project.id, meter_number, None)
    return [MeterOnConnection(item.account, item.meter_brand) for item in dynamo.all_of(MeterItem, partition, prefix)]


def accounts_of_meters(project: Project, meter_numbers: Iterable[str]) -> set[str]:
    """Return the account numbers of meters, of all brands. One request and one read unit for each number."""
    return {meter.account for number in set(meter_numbers) for meter in meters_of_number(project, number)}


def connections_of(project: Project, accounts: Iterable[str]) -> dict[str, Connection]:
    """Read connections by account number, 100 to a request, one read unit each."""
    shards = project.settings.shards
    found = connections_at(project.client, ((project.id, account, shards) for account in accounts))
    return {account: connection for (_, account), connection in found.items()}


def connections_at(client_id: str, places: Iterable[Place]) -> dict[tuple[str, str], Connection]:
    """Read connections of several projects, 100 to a request, one read unit each."""
    wanted = [keys.connection(client_id, *place) for place in set(places)]
    found = ConnectionItem.batch_get(wanted, consistent_read=True)
    return {(item.pk.split("#")[1], item.sk.partition("#")[2]): _connection(item) for item in found}


def connections_in_order(
    project: Project, accounts: Collection[str], *, consistent: bool = True
) -> dict[str, Connection]:
    """Read connections that are adjacent in each shard, as those of a project's page are: a unit for 15.

    A unit for 30, if not consistent.
    """
    ranges = shard_ranges(accounts, project.settings.shards)
    found = {} if ranges else connections_of(project, accounts)
    for shard, first, last in ranges:
        partition = keys.connections(project.client, project.id, shard)
        items = dynamo.all_between(
            ConnectionItem, partition, f"CONNECTION#{first}", f"CONNECTION#{last}", consistent=consistent
        )
        found |= {connection.account: connection for connection in map(_connection, items)}
    return found


def shard_connections(project: Project, shard: int) -> Iterator[Connection]:
    """Read the connections of one shard: about one read unit for 30 of them."""
    partition = keys.connections(project.client, project.id, shard)
    for item in dynamo.all_of(ConnectionItem, partition, "CONNECTION#", consistent=False):
        yield _connection(item)


def some_of_shard(project: Project, shard: int, *, limit: int) -> tuple[Connection, ...]:
    """Read the first connections of a shard. Eventually consistent."""
    partition = keys.connections(project.client, project.id, shard)
    items = ConnectionItem.query(partition, ConnectionItem.sk.startswith("CONNECTION#"), limit=limit)
    return tuple(_connection(item) for item in items)


def connections_page(project: Project, *, active: bool, limit: int, cursor: str | None) -> Page[Connection]:
    """Read one page of connections by account number, all or only active ones."""
    partitions = [keys.connections(project.client, project.id, shard) for shard in range(project.settings.shards)]
    page = dynamo.shards_page(ConnectionItem, partitions, "CONNECTION#", limit=limit, cursor=cursor)
    found = (_connection(item) for item in page.items)
    return Page(tuple(each for each in found if not active or each.status == "active"), page.next_cursor)


def idle_page(project: Project, status: str, *, limit: int, cursor: str | None) -> Page[Connection]:
    """Read one page of the disconnected or closed connections, by account number. Eventually consistent."""
    shards = range(project.settings.shards)
    partitions = [keys.idle_connections(project.client, project.id, shard) for shard in shards]
    prefix = keys.idle_connection_place(status, "")
    page = dynamo.shards_page(ConnectionItem, partitions, prefix, limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(_connection(item) for item in page.items), page.next_cursor)


def connection_write(project: Project, before: Connection, after: Connection) -> Action:
    """Build the write that makes a confirmed reading the connection's last one.

    It is refused if the connection changed since it was read. Label: `connection`.
    """
    unchanged = ConnectionItem.version == before.version
    return put("connection", _connection_item(project, after), unchanged, subject=before.account)


def _meter_item(project: Project, connection: Connection) -> MeterItem:
    return MeterItem(
        *_meter_key(project, connection),
        g1p=keys.connections_by_area(project.client, project.id),
        g1s=keys.area_place(connection.area, keys.walking_place(connection.walking_order, connection.account)),
        account=connection.account,
    )


def _place(connection: Connection) -> tuple[str, int | None]:
    return connection.area, connection.walking_order


def _meter_delete_write(project: Project, connection: Connection) -> Action:
    return delete("own meter", _meter_key(project, connection), MeterItem.account == connection.account)


def _meter_key(project: Project, connection: Connection) -> keys.Key:
    return keys.meter_number(project.client, project.id, meter_place(connection), connection.meter_brand)


def meter_place(connection: Connection) -> str:
    """Return the number under which a connection is unique and listed by area: its meter's.

    Without a meter it is that of the request that registered it, so that a repeated request finds it.
    """
    return connection.meter_number or f"~{connection.request_print}"


def _connection_item(project: Project, connection: Connection) -> ConnectionItem:
    idle = connection.status != "active"
    shard = shard_of(connection.account, project.settings.shards)
    return to_item(
        ConnectionItem,
        keys.connection(project.client, project.id, connection.account, project.settings.shards),
        connection,
        g2p=keys.idle_connections(project.client, project.id, shard) if idle else None,
        g2s=keys.idle_connection_place(connection.status, connection.account) if idle else None,
        taken=connection.taken and connection.last_period is None,
        former_terms=_stored_terms(connection) if connection.former_terms else None,
    )


def _connection(item: ConnectionItem) -> Connection:
    taken = bool(item.taken or item.last_period)
    connection = to_entity(Connection, item, account=item.sk.partition("#")[2], taken=taken, former_terms=())
    return _with_former_terms(connection, item.former_terms) if item.former_terms else connection


def _stored_terms(connection: Connection) -> list[tuple[str, dict[str, str]]]:
    """Return former terms, the newest first: the day on which each ended, and what differed from the next ones."""
    newer = connection.terms
    stored = []
    for until, terms in reversed(connection.former_terms):
        stored.append((until.isoformat(), differences(newer, terms)))
        newer = terms
    return stored


def _with_former_terms(connection: Connection, stored: Iterable[tuple[str, dict[str, str]]]) -> Connection:
    terms = connection.terms
    former: list[FormerTerms] = []
    for until, said in stored:
        terms = with_differences(terms, said)
        former.insert(0, FormerTerms(date.fromisoformat(until), terms))
    return replace(connection, former_terms=tuple(former))

"""Ledger entries and positions in the table: in the partition of their account."""

from collections.abc import Iterable, Iterator
from datetime import date

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.ledger.domain import Effect, Entry, EntryKind, Position
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DocumentAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, insert, put
from chalicelib.tenancy.domain import Project

_READ_AT_ONCE = 100


class LedgerEntryItem(TableItem):
    # Account, booking day and id are part of the keys.
    holder = UnicodeAttribute(attr_name="ho", null=True)
    kind = LiteralAttribute(EntryKind, attr_name="ki")
    value_on = DayAttribute(attr_name="vo")
    currency = UnicodeAttribute(attr_name="cy")
    effects = DocumentAttribute(tuple[Effect, ...], attr_name="ef", null=True, sparse=True)
    credit_minor = IntAttribute(attr_name="cr", null=True)
    deposit_minor = IntAttribute(attr_name="de", null=True)
    origin = UnicodeAttribute(attr_name="og", null=True)
    reverses = UnicodeAttribute(attr_name="rv", null=True)
    reason = UnicodeAttribute(attr_name="rs", null=True)
    due_on = DayAttribute(attr_name="du", null=True)
    recorded_by = UnicodeAttribute(attr_name="rb")
    recorded_at = InstantAttribute(attr_name="at")


class PositionItem(TableItem):
    # Account and holder are part of the keys.
    credit_minor = IntAttribute(attr_name="cr")
    deposit_minor = IntAttribute(attr_name="de", null=True)
    version = IntAttribute(attr_name="vs")


def entry_insert_write(project: Project, entry: Entry) -> Action:
    """Build the write of a new entry. Label: `entry`, subject: its account."""
    return insert("entry", to_item(LedgerEntryItem, _entry_key(project, entry), entry), subject=entry.account)


def position_write(project: Project, position: Position, *, before: Position) -> Action:
    """Build the write of a position, unless it was changed meanwhile. Label: `position`, subject: the account."""
    as_read = PositionItem.version == before.version if before.version else PositionItem.pk.does_not_exist()
    item = to_item(PositionItem, _position_key(project, position.account, position.holder), position)
    return put("position", item, as_read, subject=position.account)


def no_position_check(project: Project, account: str, holder: str | None) -> Action:
    """Build the check that no money was ever entered for an account and holder. Label: `money`."""
    return check("money", _position_key(project, account, holder), PositionItem.pk.does_not_exist())


def positions(project: Project, places: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], Position]:
    """Read positions by account and holder, as they are now: 100 to a request, a unit each."""
    read: dict[tuple[str, str | None], Position] = {}
    for batch in bulk.batches(places, _READ_AT_ONCE):
        wanted = {_position_key(project, *place): place for place in batch}
        found = bulk.read_together(wanted)
        items = {place: dynamo.parsed(PositionItem, found.get(key)) for key, place in wanted.items()}
        read |= {place: _position(item) for place, item in items.items() if item is not None}
    return read


def positions_of(project: Project, account: str) -> list[Position]:
    """Read the positions of all holders that an account has had."""
    partition, prefix = _position_key(project, account, None)
    return [_position(item) for item in dynamo.all_of(PositionItem, partition, prefix)]


def entries_between(project: Project, account: str, first: date | None, last: date | None) -> Iterator[Entry]:
    """Read the entries of an account that were booked from one day to another, oldest first. Strongly consistent."""
    partition = keys.account_view(project.client, project.id, account)
    items = dynamo.all_between(LedgerEntryItem, partition, *keys.ledger_entries_range(first, last))
    return (_entry(item) for item in items)


def entries_page(project: Project, account: str, *, limit: int, cursor: str | None) -> Page[Entry]:
    """Read one page of an account's entries, newest first."""
    partition = keys.account_view(project.client, project.id, account)
    page = dynamo.page_of(LedgerEntryItem, partition, "ENTRY#", limit=limit, cursor=cursor, newest_first=True)
    return Page(tuple(map(_entry, page.items)), page.next_cursor)


def newest_entries(project: Project, account: str, *, below: str, at_once: int) -> Iterator[tuple[str, Entry]]:
    """Read an account's entries with their places, newest first; with `below`, those before that place."""
    partition = keys.account_view(project.client, project.id, account)
    first, last = keys.ledger_entries_range(None, None)
    items = dynamo.last_between(LedgerEntryItem, partition, first, below or last, limit=at_once)
    return ((item.sk, _entry(item)) for item in items if item.sk != below)


def _entry_key(project: Project, entry: Entry) -> keys.Key:
    place = (entry.account, entry.booked_on, epoch_ms(entry.recorded_at), entry.id)
    return keys.ledger_entry(project.client, project.id, *place)


def _position_key(project: Project, account: str, holder: str | None) -> keys.Key:
    return keys.position(project.client, project.id, account, holder)


def _entry(item: LedgerEntryItem) -> Entry:
    _, booked_on, _, entry_id = item.sk.split("#")
    account = item.pk.rpartition("#")[2]
    return to_entity(Entry, item, account=account, booked_on=date.fromisoformat(booked_on), id=entry_id)


def _position(item: PositionItem) -> Position:
    account, holder = item.pk.rpartition("#")[2], item.sk.partition("#")[2] or None
    return to_entity(Position, item, account=account, holder=holder)

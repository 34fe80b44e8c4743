"""The audit log in the table: a partition per client and month, entries in the order of their instants."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.audit.domain import AFTER_ALL, Entry, Filters, Seal
from chalicelib.kernel.clock import parse_iso
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import dynamo, keys, settings
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.dynamo import IntAttribute, JsonAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, transact

# The most entries that one call reads to find those that pass the filters: about 55 read units.
_LOOKED_AT = 1_000
# How far back a client's first entry is searched for.
_MONTHS_BACK = 24


class EntryItem(TableItem):
    # Short stored names: the log is the largest part of a quiet client's table.
    action = UnicodeAttribute(attr_name="ac")
    actor_id = UnicodeAttribute(attr_name="by")
    actor_role = UnicodeAttribute(attr_name="ro")
    subject_kind = UnicodeAttribute(attr_name="sc")
    subject_id = UnicodeAttribute(attr_name="si")
    project = UnicodeAttribute(attr_name="pr", null=True)
    before = JsonAttribute(attr_name="be", null=True)
    after = JsonAttribute(attr_name="af", null=True)
    request_id = UnicodeAttribute(attr_name="rq", null=True)
    session_id = UnicodeAttribute(attr_name="se", null=True)


class SealItem(TableItem):
    entries = IntAttribute()
    digest = UnicodeAttribute()
    key_id = UnicodeAttribute()
    seal = UnicodeAttribute()


def entry_insert_write(client: str, entry: Entry) -> Action:
    """Build the write of an entry: three write units. Label: `audit`, which can't be refused.

    No condition: an entry's key depends on its whole content, so only the same entry can have it.
    """
    item = to_item(
        EntryItem,
        keys.audit_entry(client, Period.of(entry.at.date()), entry.place),
        entry,
        g1p=keys.audit_subject(client, entry.subject_kind, entry.subject_id),
        g1s=entry.place,
    )
    return put("audit", item)


def insert_seals(client: str, seals: Sequence[Seal]) -> None:
    """Write the seals of some days, all or none. Two write units each.

    :raises Refused: label `seal`, if one of the days is sealed already.
    """
    transact([insert("seal", _seal_item(client, seal)) for seal in seals])


def find_last_seal(client: str) -> Seal | None:
    partition, prefix = keys.audit_seal(client, None)
    newest = SealItem.query(
        partition, SealItem.sk.startswith(prefix), scan_index_forward=False, limit=1, consistent_read=True
    )
    return next((_seal(item) for item in newest), None)


def seals_from(client: str, day: date | None) -> Iterator[Seal]:
    """Read the seals of a client from a day on (or all), in order."""
    partition, low = keys.audit_seal(client, day)
    items = SealItem.query(partition, SealItem.sk.between(low, f"{low[:5]}{AFTER_ALL}"), consistent_read=True)
    return (_seal(item) for item in items)


def stored_days(client: str, first: date, last: date) -> Iterator[tuple[date, Iterator[dict[str, Any]]]]:
    """Yield the days of a range within one month that have entries, each with its stored entries."""
    after = len(keys.audit_entry(client, Period.of(first), "")[1])
    of_day = groupby(stored_entries(client, first, last), lambda item: item["sk"]["S"][after : after + 10])
    return ((date.fromisoformat(day), entries) for day, entries in of_day)


def stored_entries(client: str, first: date, last: date) -> Iterator[dict[str, Any]]:
    """Yield the raw entries of a range of days within one month, in order."""
    partition, low = keys.audit_entry(client, Period.of(first), first.isoformat())
    _, high = keys.audit_entry(client, Period.of(first), f"{last.isoformat()}{AFTER_ALL}")
    pages = (
        dynamo.client()
        .get_paginator("query")
        .paginate(
            TableName=settings.table_name(),
            KeyConditionExpression="pk = :partition AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues={":partition": {"S": partition}, ":low": {"S": low}, ":high": {"S": high}},
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from page["Items"]


def find_first_day(client: str, *, before: date) -> date | None:
    """Return the first day with an entry in the two years before a day, or None."""
    months = (Period.of(before).shifted(-back) for back in range(_MONTHS_BACK, -1, -1))
    for month in months:
        partition, low = keys.audit_entry(client, month, "")
        _, high = keys.audit_entry(client, month, before.isoformat())
        for item in EntryItem.query(partition, EntryItem.sk.between(low, high), limit=1, consistent_read=True):
            return _entry(item).at.date()
    return None


def entries_page(client: str, filters: Filters, *, limit: int, cursor: str | None) -> Page[Entry]:
    """Read one page of the log, newest first.

    It stops after a thousand entries, so a page may be short, even empty, and still have a next one.
    """
    place = f"audit|{client}|{filters}"
    before = str(decode_cursor(cursor, place)["before"]) if cursor else f"{filters.last_day}{AFTER_ALL}"
    found: list[Entry] = []
    last = before
    for looked, entry in enumerate(_entries(client, filters, before=before, batch=_batch(filters, limit))):
        if len(found) == limit or looked == _LOOKED_AT:
            return Page(tuple(found), encode_cursor({"before": last}, place))
        if filters.lets_through(entry):
            found.append(entry)
        last = entry.place
    return Page(tuple(found), None)


def _batch(filters: Filters, limit: int) -> int:
    return _LOOKED_AT if filters.look_closer else limit + 1


def _entries(client: str, filters: Filters, *, before: str, batch: int) -> Iterator[Entry]:
    """Yield entries back in time from a place, month by month, or from the index of one subject."""
    first = filters.first_day.isoformat()
    if filters.subject:
        partition = keys.audit_subject(client, *filters.subject)
        items = EntryItem.query(
            partition,
            EntryItem.g1s.between(first, before),
            index_name="account",
            scan_index_forward=False,
            page_size=batch,
        )
        yield from (_entry(item) for item in items if item.g1s != before)
        return
    month = Period.parse(before[:7])
    while month >= Period.of(filters.first_day):
        partition, low = keys.audit_entry(client, month, first)
        _, high = keys.audit_entry(client, month, before)
        items = EntryItem.query(partition, EntryItem.sk.between(low, high), scan_index_forward=False, page_size=batch)
        yield from (_entry(item) for item in items if item.sk != high)
        month = month.shifted(-1)


def _seal_item(client: str, seal: Seal) -> SealItem:
    return to_item(SealItem, keys.audit_seal(client, seal.day), seal, entries=seal.count)


def _seal(item: SealItem) -> Seal:
    day = date.fromisoformat(item.sk.partition("#")[2])
    return to_entity(Seal, item, day=day, count=item.entries)


def _entry(item: EntryItem) -> Entry:
    _, at, entry_id = item.sk.split("#")
    return to_entity(Entry, item, id=entry_id, at=parse_iso(at))

"""The one table: its item base, exact attribute types, pages, and reads by shard."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.constants import NUMBER, STRING
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.kernel.clock import epoch_ms, from_epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import settings
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.keys import Key

Item = TypeVar("Item", bound="TableItem")

_PAGES_LOOKED_THROUGH = 4


class IntAttribute(Attribute[int]):
    """A whole number, exact at any size. PynamoDB's own number attribute reads 25.06 as a float."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if type(value) is not int:
            raise TypeError(f"{value!r} is no whole number")
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)


class DecimalAttribute(Attribute[Decimal]):
    """An exact decimal. DynamoDB keeps 38 digits; the schemas let at most 18 in."""

    attr_type = NUMBER

    def serialize(self, value: Decimal) -> str:
        if not isinstance(value, Decimal):
            raise TypeError(f"{value!r} is no decimal")
        if not value.is_finite():
            raise ValueError(f"{value!r} is no finite decimal")
        return format(value, "f")

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class DayAttribute(Attribute[date]):
    """A calendar day, YYYY-MM-DD."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class InstantAttribute(Attribute[datetime]):
    """An instant, kept as whole milliseconds since 1970: 7 bytes where text takes 24."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return str(epoch_ms(value))

    def deserialize(self, value: str) -> datetime:
        return from_epoch_ms(int(value))


class PeriodAttribute(Attribute[Period]):
    """A billing period, YYYY-MM."""

    attr_type = STRING

    def serialize(self, value: Period) -> str:
        return str(value)

    def deserialize(self, value: str) -> Period:
        return Period.parse(value)


class JsonAttribute(Attribute[Any]):
    """A small JSON document as text: half the work of typed maps, and numbers in it are whole or text, never floats."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:  # noqa: ANN401
        _refuse_floats(value)
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

    def deserialize(self, value: str) -> Any:  # noqa: ANN401
        return json.loads(value, parse_float=Decimal)


def _refuse_floats(value: Any) -> None:  # noqa: ANN401
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: store a whole number or a decimal as text")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)


class AccountIndex(GlobalSecondaryIndex["TableItem"]):  # type: ignore[no-untyped-call]
    """Index `account`: everything of one owner in order (a connection's bills, a project's runs)."""

    class Meta:
        index_name = "account"
        projection = AllProjection()

    g1p = UnicodeAttribute(hash_key=True)
    g1s = UnicodeAttribute(range_key=True)


class WorklistIndex(GlobalSecondaryIndex["TableItem"]):  # type: ignore[no-untyped-call]
    """Index `worklist`, sparse: only what still needs something (pending readings, open bills, open runs)."""

    class Meta:
        index_name = "worklist"
        projection = AllProjection()

    g2p = UnicodeAttribute(hash_key=True)
    g2s = UnicodeAttribute(range_key=True)


_RANGE = {None: "sk", "account": "g1s", "worklist": "g2s"}


class TableItem(Model):
    """The base of every stored item. Subclasses share this class's connection (see `connect`)."""

    class Meta:
        table_name = os.environ.get("METERBOOK_TABLE", "meterbook")
        region = os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
        connect_timeout_seconds = 2
        read_timeout_seconds = 5
        max_retry_attempts = 4

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    g1p = UnicodeAttribute(null=True)
    g1s = UnicodeAttribute(null=True)
    g2p = UnicodeAttribute(null=True)
    g2s = UnicodeAttribute(null=True)
    expires = IntAttribute(attr_name="ttl", null=True)
    account_index = AccountIndex()
    worklist_index = WorklistIndex()


def connect() -> None:
    """Build the one DynamoDB client that all items share.

    PynamoDB builds a client for each class used before its base, 50 ms each; called once at import this prevents it.
    """
    TableItem.Meta.table_name = settings.table_name()
    TableItem._connection = None  # noqa: SLF001 - PynamoDB has no public way to share or renew a connection
    TableItem._get_connection()  # noqa: SLF001


def client() -> Any:  # noqa: ANN401 - botocore's client is untyped
    """Give the shared botocore client, for what PynamoDB has no word for."""
    return TableItem._get_connection().connection.client  # noqa: SLF001


def find(item: type[Item], key: Key, *, consistent: bool = True) -> Item | None:
    """Read one item by key, or give None. One read unit per 4 KB (half, if not consistent)."""
    try:
        return item.get(key[0], key[1], consistent_read=consistent)
    except DoesNotExist:
        return None


def parsed(item: type[Item], raw: Mapping[str, Any] | None) -> Item | None:
    """Read an item as `bulk.read_together` gave it."""
    return item.from_raw_data(dict(raw)) if raw else None


def all_of(
    item: type[Item], partition: str, prefix: str, *, consistent: bool = True, only: Condition | None = None
) -> Iterator[Item]:
    """Read all items of a partition whose sort key starts with `prefix`, in order."""
    condition = item.sk.startswith(prefix) if prefix else None
    yield from item.query(partition, condition, filter_condition=only, consistent_read=consistent)


def page_of(  # one call, one page; the cursor is only good for the same list of the same tenant
    item: type[Item],
    partition: str,
    prefix: str,
    *,
    limit: int,
    cursor: str | None,
    index: str | None = None,
    newest_first: bool = False,
    only: Condition | None = None,
) -> Page[Item]:
    """Read one page of a partition (of `account` or `worklist`, if index names one).

    With `only`, at most 4 MB are looked through: a page may then hold fewer items than asked for and still have a next.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    place = f"{index}|{partition}|{prefix}|{newest_first}"
    last = decode_cursor(cursor, place) if cursor else None
    ask = partial(
        item.query,
        partition,
        getattr(item, _RANGE[index]).startswith(prefix) if prefix else None,
        index_name=index,
        consistent_read=index is None,  # an index has no consistent reads
        scan_index_forward=not newest_first,
    )
    if only is not None:
        return _chosen(item, partial(ask, filter_condition=only), last, limit=limit, index=index, place=place)
    found = list(ask(limit=limit + 1, last_evaluated_key=last))  # one more tells whether there is another page
    items = tuple(found[:limit])
    return Page(items, encode_cursor(_key_of(items[-1], index), place) if len(found) > limit else None)


def _chosen(
    item: type[Item],
    ask: Callable[..., Any],
    last: dict[str, Any] | None,
    *,
    limit: int,
    index: str | None,
    place: str,
) -> Page[Item]:
    """Look for items that fit, one page of DynamoDB's after the other."""
    items: list[Item] = []
    for _ in range(_PAGES_LOOKED_THROUGH):
        page = next(ask(last_evaluated_key=last).page_iter)
        items += [item.from_raw_data(raw) for raw in page["Items"]]
        last = page.get("LastEvaluatedKey")
        if len(items) > limit:
            return Page(tuple(items[:limit]), encode_cursor(_key_of(items[limit - 1], index), place))
        if last is None:
            break
    return Page(tuple(items), encode_cursor(last, place) if last else None)


def _key_of(item: TableItem, index: str | None) -> dict[str, dict[str, str]]:
    names = {None: (), "account": ("g1p", "g1s"), "worklist": ("g2p", "g2s")}[index]
    return {name: {"S": getattr(item, name)} for name in ("pk", "sk", *names)}


def shards_page(
    item: type[Item],
    partitions: Sequence[str],
    prefix: str | Sequence[str],
    *,
    limit: int,
    cursor: str | None,
    index: str | None = None,
    newest_first: bool = False,
    only: Condition | None = None,
) -> Page[Item]:
    """Read one page of a list spread over partitions (in each, prefixes), one after the other.

    Where a full page ends with a partition, the next ones are looked into: no cursor leads to an empty page.
    """
    prefixes = [prefix] if isinstance(prefix, str) else prefix
    ranges = [(partition, each) for partition in partitions for each in prefixes]
    place = "|".join([*("/".join(each) for each in ranges), str(index)])
    at, inner = 0, None
    if cursor:
        opened = decode_cursor(cursor, place)
        at, inner = opened["shard"], opened["inner"]
    ask = partial(page_of, item, index=index, newest_first=newest_first, only=only)
    items: list[Item] = []
    while at < len(ranges):
        full = len(items) >= limit
        page = ask(*ranges[at], limit=1 if full else limit - len(items), cursor=inner)
        if full and (page.items or page.cursor):
            break  # here begins the next page
        items.extend(page.items)
        at, inner = (at, page.cursor) if page.cursor else (at + 1, None)
        if page.cursor:
            break
    more = at < len(ranges)
    return Page(tuple(items), encode_cursor({"shard": at, "inner": inner}, place) if more else None)


if os.environ.get("METERBOOK_TABLE"):
    connect()

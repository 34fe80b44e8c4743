"""Pages of a list: of one partition, or of one partition after the other."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kernel.page import Page
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.dynamo.table import Item, TableItem

_PAGES_LOOKED_THROUGH = 4
_RANGE = {None: "sk", "account": "g1s", "worklist": "g2s"}


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
        if full and (page.items or page.next_cursor):
            break  # here begins the next page
        items.extend(page.items)
        at, inner = (at, page.next_cursor) if page.next_cursor else (at + 1, None)
        if page.next_cursor:
            break
    more = at < len(ranges)
    return Page(tuple(items), encode_cursor({"shard": at, "inner": inner}, place) if more else None)

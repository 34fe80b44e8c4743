"""Pages of a list: of one partition, or of several in order."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kernel.page import Page
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.dynamo.table import CONNECTIONS, Item, TableItem

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

    With `only`, at most 4 MB are read, so a page may have fewer items than `limit` and still have a next one.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    place = _place_of(partition, prefix, index=index, newest_first=newest_first)
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
    found = tuple(ask(limit=limit + 1, last_evaluated_key=last))  # one more, to know whether there is another page
    return _cut(Page(found, None), limit, index=index, place=place)


def _chosen(
    item: type[Item],
    ask: Callable[..., Any],
    last: dict[str, Any] | None,
    *,
    limit: int,
    index: str | None,
    place: str,
) -> Page[Item]:
    """Select items with `only`, from one page of DynamoDB after the other."""
    items: list[Item] = []
    for _ in range(_PAGES_LOOKED_THROUGH):
        page = next(ask(last_evaluated_key=last).page_iter)
        items += [item.from_raw_data(raw) for raw in page["Items"]]
        last = page.get("LastEvaluatedKey")
        if len(items) > limit:
            return _cut(Page(tuple(items), None), limit, index=index, place=place)
        if last is None:
            break
    return Page(tuple(items), encode_cursor(last, place) if last else None)


def _place_of(partition: str, prefix: str, *, index: str | None, newest_first: bool) -> str:
    return f"{index}|{partition}|{prefix}|{newest_first}"


def _cut(page: Page[Item], limit: int, *, index: str | None, place: str) -> Page[Item]:
    """Keep the first items of a page; if there are more, the cursor leads to them."""
    if len(page.items) <= limit:
        return page
    items = page.items[:limit]
    return Page(items, encode_cursor(_key_of(items[-1], index), place))


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
    """Read one page of a list spread over partitions (in each, prefixes), in their order.

    Several partitions are queried at once. If a full page ends exactly with a partition, the next ones are checked, so
    that no cursor leads to an empty page.
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
    for asked in _pages_of(ask, ranges[at:], limit=limit, inner=inner, found=items):
        missing = limit - len(items)
        if not missing and (asked.items or asked.next_cursor):
            break  # the next page begins here
        page = _cut(asked, missing, index=index, place=_place_of(*ranges[at], index=index, newest_first=newest_first))
        items.extend(page.items)
        at, inner = (at, page.next_cursor) if page.next_cursor else (at + 1, None)
        if page.next_cursor:
            break
    more = at < len(ranges)
    return Page(tuple(items), encode_cursor({"shard": at, "inner": inner}, place) if more else None)


def _pages_of(
    ask: Callable[..., Page[Item]],
    ranges: Sequence[tuple[str, str]],
    *,
    limit: int,
    inner: str | None,
    found: Sequence[Item],
) -> Iterator[Page[Item]]:
    """Read the first page of each range in order, several at once, until the caller stops iterating.

    The first range is read alone, then two at once, four, eight, sixteen: a list with full ranges costs at most about
    twice what its page shows, and one with 256 nearly empty ranges is read in 20 steps. `found` are the caller's items
    so far.
    """
    at, width = 0, 1
    while at < len(ranges):
        limit_now = max(limit - len(found), 1)  # 1, to know whether anything follows a full page
        asked = [
            partial(ask, *each, limit=limit_now, cursor=None if number else inner)
            for number, each in enumerate(ranges[at : at + width])
        ]
        yield from [asked[0]()] if len(asked) == 1 else list(_threads().map(lambda one: one(), asked))
        at, width, inner = at + width, min(width * 2, CONNECTIONS), None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="shards")

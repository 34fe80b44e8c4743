"""Lists over several shards: every item once, whatever the size of a page, and no cursor where nothing follows."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo
from chalicelib.platform.clock import fresh_id
from chalicelib.platform.dynamo import TableItem
from tests.support.engine import Engine


@pytest.fixture(scope="module")
def partitions(engine: Engine) -> list[str]:
    """Four partitions with three, no, two and no items."""
    base = fresh_id()
    for shard, count in enumerate([3, 0, 2, 0]):
        for number in range(count):
            TableItem(f"{base}#{shard}", f"ITEM#{number}").save()
    return [f"{base}#{shard}" for shard in range(4)]


def _page(partitions: list[str], limit: int, cursor: str | None = None) -> Page[TableItem]:
    return dynamo.shards_page(TableItem, partitions, "ITEM#", limit=limit, cursor=cursor)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 200])
def test_every_item_is_listed_once_whatever_the_size_of_a_page(partitions: list[str], limit: int) -> None:
    found: list[tuple[str, str]] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = _page(partitions, limit, cursor)
        assert 1 <= len(page.items) <= limit
        found += [(item.pk, item.sk) for item in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert len(found) == len(set(found)) == 5
    assert found == sorted(found)


@pytest.mark.parametrize("limit", [5, 6])
def test_a_whole_list_on_one_page_has_no_cursor(partitions: list[str], limit: int) -> None:
    assert _page(partitions, limit).next_cursor is None


def test_a_cursor_is_good_for_the_very_list_that_gave_it(partitions: list[str]) -> None:
    cursor = _page(partitions, 1).next_cursor
    assert cursor
    assert _page(partitions, 1, cursor).items
    others = [partitions[1:], partitions[:3], [fresh_id(), *partitions[1:]]]
    for other in others:
        with pytest.raises(Invalid, match="does not belong to this list"):
            _page(other, 1, cursor)
    with pytest.raises(Invalid):
        dynamo.shards_page(TableItem, partitions, "OTHER#", limit=1, cursor=cursor)
    with pytest.raises(Invalid):
        dynamo.page_of(TableItem, partitions[0], "ITEM#", limit=1, cursor=cursor)


# How many items each of 64 partitions has: much here, nothing there, and a long stretch of nothing.
_COUNTS = [3, 0, 0, 2, 1, 0, 4, 1, 1, 1, 0, 7] + [0] * 40 + [1, 0, 0, 5, 0, 1, 1, 1, 1, 1, 2, 0]


@pytest.fixture(scope="module")
def many(engine: Engine) -> list[str]:
    """Sixty-four partitions, most of them empty, with 33 items in all."""
    base = fresh_id()
    names = [f"{base}#{shard:02}" for shard in range(64)]
    for name, count in zip(names, _COUNTS, strict=True):
        for number in range(count):
            TableItem(name, f"ITEM#{number}").save()
    return names


class _Requests:
    """How many queries there were, and how many of them at once."""

    def __init__(self) -> None:
        self.count = self.at_once = self._running = 0
        self._lock = threading.Lock()

    def begin(self, **_: Any) -> None:  # noqa: ANN401
        with self._lock:
            self.count, self._running = self.count + 1, self._running + 1
            self.at_once = max(self.at_once, self._running)
        time.sleep(0.02)

    def end(self, **_: Any) -> None:  # noqa: ANN401
        with self._lock:
            self._running -= 1


@contextmanager
def _counted() -> Iterator[_Requests]:
    requests, events = _Requests(), dynamo.client().meta.events
    hooks = [("before-call.dynamodb.Query", requests.begin), ("after-call.dynamodb.Query", requests.end)]
    for name, hook in hooks:
        events.register(name, hook)
    try:
        yield requests
    finally:
        for name, hook in hooks:
            events.unregister(name, hook)


@pytest.mark.parametrize("limit", [*range(1, 9), 16, 32, 33, 34])
def test_pages_over_shards_that_are_asked_at_once_keep_their_order(many: list[str], limit: int) -> None:
    found: list[tuple[str, str]] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = _page(many, limit, cursor)
        found += [(item.pk, item.sk) for item in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert found == sorted(found)
    assert len(found) == len(set(found)) == sum(_COUNTS) == 33
    assert pages == -(-33 // limit)  # each page but the last one is full


def test_a_list_with_nothing_in_64_shards_asks_up_to_16_of_them_at_once() -> None:
    base = fresh_id()
    with _counted() as requests:
        assert _page([f"{base}#{shard}" for shard in range(64)], 50) == Page((), None)
    assert requests.count == 64
    assert 8 <= requests.at_once <= 16


def test_a_page_that_the_first_shard_fills_costs_one_request(many: list[str]) -> None:
    with _counted() as requests:
        page = _page(many, 2)
    assert (len(page.items), requests.count) == (2, 1)
    assert page.next_cursor


def test_a_page_from_several_shards_asks_few_that_it_does_not_show(many: list[str]) -> None:
    """The first and the fourth partition fill this page; those after the seventh are not asked."""
    with _counted() as requests:
        assert len(_page(many, 5).items) == 5
    assert requests.count == 7

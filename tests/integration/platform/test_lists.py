"""Lists over several shards: every item once, whatever the size of a page, and no cursor where nothing follows."""

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

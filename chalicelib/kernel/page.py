"""Pages of a list: some items and, if there are more, a cursor to the next page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_PAGES_LOOKED_THROUGH = 5


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: tuple[T, ...]
    next_cursor: str | None


def choose_page(
    read: Callable[[int, str | None], Page[T]],
    choose: Callable[[tuple[T, ...]], Iterable[U]],
    *,
    limit: int,
    cursor: str | None,
) -> Page[U]:
    """Fill a page with the items of a longer list that are chosen.

    It reads at most five pages of the list, so a page may be short, even empty, and still have a next one.
    `read` takes a limit and a cursor.
    """
    found: list[U] = []
    for _ in range(_PAGES_LOOKED_THROUGH):
        page = read(limit - len(found), cursor)
        found += choose(page.items)
        cursor = page.next_cursor
        if cursor is None or len(found) >= limit:
            break
    return Page(tuple(found), cursor)

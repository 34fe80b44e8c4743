"""Lists are pages: some items and, if there are more, the place to go on from."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `cursor` is None on the last one."""

    items: tuple[T, ...]
    cursor: str | None

"""Where the way in gets the time and fresh ids from; everything below is handed them in its Context."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from chalicelib.kernel.ids import ulid


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_time


def use_time(source: Callable[[], datetime] | None) -> None:
    """Make every way in read the time from `source` (None: the system's clock again).

    Tests that walk through months move the clock here, and METERBOOK_TODAY on the laptop.
    """
    global _source  # noqa: PLW0603 - one process has one clock
    _source = source or _system_time


def now() -> datetime:
    """Return the present instant."""
    return _source()


def fresh_id() -> str:
    """Return a new time-ordered identifier."""
    return ulid(now(), secrets.token_bytes(10))

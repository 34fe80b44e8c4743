"""The system's clock and new ids, for routes and jobs only. All other code gets both from its Context."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from chalicelib.kernel.ids import ulid


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_time


def use_time(source: Callable[[], datetime] | None) -> None:
    """Replace the clock of routes and jobs by `source` (None restores the system's clock).

    Tests of several months set the clock here, and so does METERBOOK_TODAY on a laptop.
    """
    global _source  # noqa: PLW0603 - one process has one clock
    _source = source or _system_time


def now() -> datetime:
    """Return the present instant."""
    return _source()


def fresh_id() -> str:
    """Return a new time-ordered identifier."""
    return ulid(now(), secrets.token_bytes(10))

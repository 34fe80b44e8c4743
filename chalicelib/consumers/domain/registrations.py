"""Limits on self-registration."""

from datetime import datetime, timedelta

from chalicelib.kernel.clock import iso
from chalicelib.kernel.errors import TooMany

# Many homes share one network; hundreds of a client's consumers register within an hour only after a notice.
PER_NETWORK = 30
PER_CLIENT = 300
# So many from each network are let through however many others register, so that a stranger can't use up the limit.
FEW_OF_NETWORK = 3
_HOUR = timedelta(hours=1)


def hour_of(now: datetime) -> str:
    """Return the hour whose attempts are counted together: 2025-11-11T01."""
    return iso(now)[:13]


def forgotten_at(now: datetime) -> datetime:
    """Return when the count of an hour can be deleted."""
    return now + 2 * _HOUR


def too_many(now: datetime) -> TooMany:
    """Return the error that asks to wait until the next hour."""
    over = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    return TooMany(
        "too-many-registrations",
        "too many registrations at once; wait as long as Retry-After says, or ask the utility",
        retry_after_seconds=-(-(over - now) // timedelta(seconds=1)),
    )

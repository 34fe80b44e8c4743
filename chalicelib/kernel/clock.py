"""Instants and days. Callers pass the time in; instants are aware UTC datetimes, days are the client's local days."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.kernel.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)


def parse_day(text: str) -> date:
    """Parse a calendar day written as 2025-11-05; other forms of ISO 8601 are refused.

    :raises Invalid: for anything else, and for a day before 1990 or after 2199.
    """
    try:
        day = date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid("bad-date", f"{text[:20]!r} is not a day; write it like 2025-11-05")
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise Invalid("bad-date", f"{text} is not between 1990 and 2199")
    return day


def local_day(instant: datetime, timezone: str) -> date:
    """Return the calendar day that an instant falls on in an IANA time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def iso(instant: datetime) -> str:
    """Format an instant as UTC ISO 8601 with milliseconds: 2025-11-05T02:30:00.000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"


def parse_iso(text: str) -> datetime:
    """Parse an instant that `iso` formatted."""
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00")


def epoch_ms(instant: datetime) -> int:
    """Return an instant as whole milliseconds since 1970, computed without floats."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_epoch_ms(milliseconds: int) -> datetime:
    """Return the instant of a number that `epoch_ms` returned."""
    return _EPOCH + timedelta(milliseconds=milliseconds)

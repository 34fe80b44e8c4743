"""The clock is given, never taken: instants are aware UTC datetimes, days are the client's local days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_day(instant: datetime, timezone: str) -> date:
    """This function will give the calendar day that an instant falls on in an IANA time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def iso(instant: datetime) -> str:
    """This function will print an instant as UTC ISO-8601 with milliseconds: 2025-11-05T02:30:00.000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"


def epoch_ms(instant: datetime) -> int:
    """This function will give an instant as whole milliseconds since 1970, without a float in between."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_epoch_ms(milliseconds: int) -> datetime:
    """This function will give the instant that `epoch_ms` counted."""
    return _EPOCH + timedelta(milliseconds=milliseconds)

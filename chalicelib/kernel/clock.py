"""The clock is given, never taken: instants are aware UTC datetimes, days are the client's local days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def local_day(instant: datetime, timezone: str) -> date:
    """This function will give the calendar day that an instant falls on in an IANA time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def iso(instant: datetime) -> str:
    """This function will print an instant as UTC ISO-8601 with milliseconds: 2025-11-05T02:30:00.000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"


def parse_iso(text: str) -> datetime:
    """This function will read an instant that `iso` printed."""
    return datetime.fromisoformat(text)

"""Visits: the reader came, and could not read the meter."""

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.kernel.period import Period


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit for a round without a reading. `reader_code` says why, as the office codes it: "dog", "locked"."""

    account: str
    period: Period
    on: date
    reader_code: str
    photo: str | None
    noted_by: str
    noted_at: datetime

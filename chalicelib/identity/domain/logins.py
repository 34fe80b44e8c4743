"""Login events: who tried to sign in, when, from where, and with what result."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.clock import iso
from chalicelib.kernel.period import Period

Outcome = Literal["signed_in", "wrong_password", "disabled", "unknown"]
Ending = Literal["signed_out", "displaced", "reused_token", "password_changed", "account_changed"]

_KEPT = timedelta(days=400)
_UNKNOWN_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LoginEvent:
    """One attempt to sign in. Only this item has its personal data, for 400 days (for an unknown login name, 30)."""

    id: str
    at: datetime
    outcome: Outcome
    method: str
    address: str
    agent: str
    user_id: str | None
    login: str | None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def place(self) -> str:
        """The event's sort key among those of its month: by time."""
        return event_place(self.at, self.id)

    @property
    def kept_until(self) -> datetime:
        return self.at + (_KEPT if self.user_id else _UNKNOWN_KEPT)


def event_place(at: datetime, event_id: str) -> str:
    """Return the sort key of a login event: by time."""
    return f"{iso(at)}#{event_id}"


def event_months(now: datetime) -> list[Period]:
    """Return the months that can have events, latest first."""
    latest, first = Period.of(now.date()), Period.of((now - _KEPT).date())
    months = [latest]
    while months[-1] > first:
        months.append(months[-1].shifted(-1))
    return months

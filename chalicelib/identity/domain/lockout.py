"""Wrong passwords: how many are free, from one network and for one name, and how long to wait after them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.clock import iso
from chalicelib.kernel.errors import TooMany

FREE_TRIES = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)

# Wrong passwords for one name in a day, from all networks; beyond them a network that the user never came from has one
# free try instead of ten: that slows down guessing from many networks, and keeps nobody with the right password out.
PER_NAME_AND_DAY = 100
# Failed sign-ins from one network in a quarter of an hour, over all names of a client.
PER_NETWORK = 30
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """Wrong passwords in a row for one login name from one network, whether somebody has the name or not."""

    failures: int = 0
    last_at: datetime | None = None

    def failed(self, now: datetime) -> "LoginAttempts":
        """Count one more wrong password; after a day without any the count starts anew."""
        fresh = self.last_at is None or now - self.last_at > FORGOTTEN_AFTER
        return LoginAttempts(1 if fresh else self.failures + 1, now)

    def since(self, changed_at: datetime | None) -> "LoginAttempts":
        """Return what counts after the password was changed: nothing from before."""
        over = changed_at is not None and self.last_at is not None and self.last_at <= changed_at
        return LoginAttempts() if over else self

    def check(self, now: datetime, *, free: int = FREE_TRIES) -> None:
        """Make somebody wait who was wrong too often.

        Ten are free; then 30 seconds, and twice as long after each wrong one, 15 minutes at the most. Attempts made
        while waiting don't count, so nobody can be kept out for good.

        :raises TooMany: with the seconds that are left.
        """
        if self.last_at is None or self.failures < free:
            return
        wait = _LONGEST_WAIT if free < FREE_TRIES else wait_after(self.failures)
        left = self.last_at + wait - now
        if left > timedelta(0):
            raise too_many_tries(left)


def wait_after(failures: int) -> timedelta:
    """Explain how long to wait after so many wrong passwords: 10 -> 30 s, 11 -> 60 s, 15 -> 15 min."""
    doublings: int = 2 ** min(failures - FREE_TRIES, 10)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)


def free_tries(failures_today: int, *, known_network: bool) -> int:
    """Say how many wrong passwords a network has free for a name that so many were wrong about today."""
    return FREE_TRIES if known_network or failures_today < PER_NAME_AND_DAY else 1


def too_many_tries(left: timedelta) -> TooMany:
    """Ask somebody to wait."""
    return TooMany(
        "too-many-tries",
        "too many wrong passwords; wait as long as Retry-After says, or have the password reset",
        retry_after_seconds=-(-left // timedelta(seconds=1)),
    )


def window_of(now: datetime, length: timedelta) -> datetime:
    """Return when the window that an instant lies in began; windows follow each other from midnight UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (now - midnight) // length * length


def window_name(now: datetime, length: timedelta) -> str:
    """Name a window as keys carry it: 2025-11-11T01:15."""
    return iso(window_of(now, length))[:16]

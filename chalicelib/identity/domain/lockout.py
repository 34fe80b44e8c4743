"""Lock-out after wrong passwords: how many are free, by network and by login name, and how long to wait after them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.clock import iso
from chalicelib.kernel.errors import TooMany

FREE_TRIES = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)

# Wrong passwords for one name in a day, from all networks. Beyond this, a network from which the user never signed in
# has one free attempt instead of ten: this slows down guessing from many networks, and locks out no user with the
# right password.
PER_NAME_AND_DAY = 100
# Failed sign-ins from one network in a quarter of an hour, over all names of a client.
PER_NETWORK = 30
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """Wrong passwords in a row for one login name from one network, whether or not the login name exists."""

    failures: int = 0
    last_at: datetime | None = None

    def failed(self, now: datetime) -> "LoginAttempts":
        """Return the count with one more wrong password; after a day without any, it starts again."""
        fresh = self.last_at is None or now - self.last_at > FORGOTTEN_AFTER
        return LoginAttempts(1 if fresh else self.failures + 1, now)

    def since(self, changed_at: datetime | None) -> "LoginAttempts":
        """Return the count since the password was changed: earlier wrong passwords don't count."""
        over = changed_at is not None and self.last_at is not None and self.last_at <= changed_at
        return LoginAttempts() if over else self

    def check(self, now: datetime, *, free: int = FREE_TRIES) -> None:
        """Check that no wait is due after wrong passwords.

        Ten are free; then the wait is 30 seconds, and twice as long after each wrong one, 15 minutes at the most.
        Attempts made while waiting don't count, so no user can be locked out for good.

        :raises TooMany: with the seconds that are left.
        """
        if self.last_at is None or self.failures < free:
            return
        wait = _LONGEST_WAIT if free < FREE_TRIES else wait_after(self.failures)
        left = self.last_at + wait - now
        if left > timedelta(0):
            raise too_many_tries(left)


def wait_after(failures: int) -> timedelta:
    """Return the wait after a number of wrong passwords: 10 -> 30 s, 11 -> 60 s, 15 -> 15 min."""
    doublings: int = 2 ** min(failures - FREE_TRIES, 10)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)


def free_tries(failures_today: int, *, known_network: bool) -> int:
    """Return how many wrong passwords a network has free, given the day's number for the name from all networks."""
    return FREE_TRIES if known_network or failures_today < PER_NAME_AND_DAY else 1


def too_many_tries(left: timedelta) -> TooMany:
    """Return the error that asks to wait."""
    return TooMany(
        "too-many-tries",
        "too many wrong passwords; wait as long as Retry-After says, or reset the password by mail from here",
        retry_after_seconds=-(-left // timedelta(seconds=1)),
    )


def window_of(now: datetime, length: timedelta) -> datetime:
    """Return the start of an instant's time window; windows follow each other from midnight UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (now - midnight) // length * length


def window_name(now: datetime, length: timedelta) -> str:
    """Format a window for keys: 2025-11-11T01:15."""
    return iso(window_of(now, length))[:16]

"""Wrong passwords in a row, and how long to wait after them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.errors import TooMany

FREE_TRIES = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """Wrong passwords in a row for one login name, whether somebody has it or not."""

    failures: int = 0
    last_at: datetime | None = None

    def failed(self, now: datetime) -> "LoginAttempts":
        """Count one more wrong password; after a day without any the count starts anew."""
        fresh = self.last_at is None or now - self.last_at > FORGOTTEN_AFTER
        return LoginAttempts(1 if fresh else self.failures + 1, now)

    def check(self, now: datetime) -> None:
        """Make somebody wait who was wrong too often.

        Ten are free; then 30 seconds, and twice as long after each wrong one, 15 minutes at the most. LoginAttempts
        made while waiting don't count, so nobody can be kept out for good.

        :raises TooMany: with the seconds that are left.
        """
        if self.last_at is None or self.failures < FREE_TRIES:
            return
        left = self.last_at + wait_after(self.failures) - now
        if left > timedelta(0):
            raise TooMany(
                "too-many-tries",
                "too many wrong passwords in a row; wait as long as Retry-After says, or have the password reset",
                retry_after_seconds=-(-left // timedelta(seconds=1)),
            )


def wait_after(failures: int) -> timedelta:
    """Explain how long to wait after so many wrong passwords: 10 -> 30 s, 11 -> 60 s, 15 -> 15 min."""
    doublings: int = 2 ** min(failures - FREE_TRIES, 10)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)

"""Resetting a forgotten password by a mail: one token, good once and for an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.identity.domain.lockout import window_of
from chalicelib.kernel.errors import TooMany

# Nobody waits longer than a token is good for: who gets no new mail has one that can be used.
GOOD_FOR = timedelta(hours=1)
_FIRST_WAIT = timedelta(minutes=2)
FORGOTTEN_AFTER = timedelta(days=1)
# So many may ask within an hour: from one network, whomever they name, and for all users of a client.
PER_NETWORK = 30
PER_CLIENT = 300
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reset:
    """That a user was mailed a token by which a new password can be set; only the newest one counts.

    `state_print` is of the password that is to go and of the address that was written to: another password or address
    ends the token. `order` is the request that it was mailed for, `mails` how many went out in a row.
    """

    user_id: str
    token_print: str
    state_print: str
    order: str
    mailed_at: datetime
    mails: int = 1

    def is_good(self, now: datetime) -> bool:
        """Return whether the token has not run out."""
        return now < self.mailed_at + GOOD_FOR


def may_mail(last: Reset | None, order: str, now: datetime) -> bool:
    """Return whether a mail may go out, so that nobody's mailbox is flooded.

    Two minutes after the first, then twice as long after each, an hour at the most. An order that comes again may: its
    mail may never have left.
    """
    return last is None or last.order == order or now >= last.mailed_at + wait_after(last.mails)


def wait_after(mails: int) -> timedelta:
    """Explain how long to wait after so many mails in a row: 1 -> 2 min, 2 -> 4 min, 6 -> 60 min."""
    doublings: int = 2 ** min(mails - 1, 10)
    return min(_FIRST_WAIT * doublings, GOOD_FOR)


def too_many_resets(now: datetime) -> TooMany:
    """Ask somebody to come again in the next hour."""
    left = window_of(now, WINDOW) + WINDOW - now
    return TooMany(
        "too-many-resets",
        "too many are asking for a new password from here at once; wait as long as Retry-After says, or ask your "
        "administrator to set one",
        retry_after_seconds=-(-left // timedelta(seconds=1)),
    )


def mails_with(last: Reset | None, order: str, now: datetime) -> int:
    """Count a mail to those before it; a day without any starts a new count."""
    if last is None or now - last.mailed_at > FORGOTTEN_AFTER:
        return 1
    return last.mails if last.order == order else last.mails + 1


def reset_mail(*, client_name: str, login: str, token: str, portal: str | None) -> tuple[str, str]:
    """Write the mail that carries a token: subject and text.

    In a link the token stands behind #, so that no server on the way writes it down.
    """
    minutes = GOOD_FOR // timedelta(minutes=1)
    how = f"Open this address:\n\n{portal}/reset-password#{token}" if portal else f"Your code:\n\n{token}"
    text = (
        f"Somebody, probably you, asked to set a new password for {login} at {client_name}.\n\n{how}\n\n"
        f"It is good once, within {minutes} minutes. If it was not you, do nothing: your password stays as it is.\n"
    )
    return f"{client_name}: a new password", text

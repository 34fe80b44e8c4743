"""Resetting a forgotten password by mail: one token, valid once and for an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.identity.domain.lockout import window_of
from chalicelib.kernel.errors import TooMany

# No wait is longer than a token is valid: a user who gets no new mail has one that still works.
GOOD_FOR = timedelta(hours=1)
_FIRST_WAIT = timedelta(minutes=2)
FORGOTTEN_AFTER = timedelta(days=1)
# The most requests within an hour: from one network, whatever they name, and for all users of a client.
PER_NETWORK = 30
PER_CLIENT = 300
# So many from each network are let through however many others ask, so that a stranger can't use up a client's limit.
FEW_OF_NETWORK = 3
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reset:
    """A token mailed to a user to set a new password; only the newest one is valid.

    `state_print` is a hash of the current password and e-mail address: a change of either ends the token. `order` is
    the request that it was mailed for, `mails` the number of mails in a row.
    """

    user_id: str
    token_print: str
    state_print: str
    order: str
    mailed_at: datetime
    mails: int = 1

    def is_good(self, now: datetime) -> bool:
        """Return whether the token has not expired."""
        return now < self.mailed_at + GOOD_FOR


def may_mail(last: Reset | None, order: str, now: datetime) -> bool:
    """Return whether another mail may be sent, so that no mailbox is flooded.

    The wait is two minutes after the first, then twice as long after each, an hour at the most. A repeated order needs
    no wait: its mail may never have been sent.
    """
    return last is None or last.order == order or now >= last.mailed_at + wait_after(last.mails)


def wait_after(mails: int) -> timedelta:
    """Return the wait after a number of mails in a row: 1 -> 2 min, 2 -> 4 min, 6 -> 60 min."""
    doublings: int = 2 ** min(mails - 1, 10)
    return min(_FIRST_WAIT * doublings, GOOD_FOR)


def too_many_resets(now: datetime) -> TooMany:
    """Return the error that asks to wait until the next hour."""
    left = window_of(now, WINDOW) + WINDOW - now
    return TooMany(
        "too-many-resets",
        "too many requests for a new password; wait as long as Retry-After says, or ask your administrator to set one",
        retry_after_seconds=-(-left // timedelta(seconds=1)),
    )


def mails_with(last: Reset | None, order: str, now: datetime) -> int:
    """Return the number of mails in a row with one more; after a day without any, it starts again."""
    if last is None or now - last.mailed_at > FORGOTTEN_AFTER:
        return 1
    return last.mails if last.order == order else last.mails + 1


def reset_mail(*, client_name: str, login: str, token: str, portal: str | None) -> tuple[str, str]:
    """Return the subject and text of the mail with a token.

    In a link the token comes after #, so that no server on the way logs it.
    """
    minutes = GOOD_FOR // timedelta(minutes=1)
    how = f"Open this address:\n\n{portal}/reset-password#{token}" if portal else f"Your code:\n\n{token}"
    text = (
        f"Somebody, probably you, asked to set a new password for {login} at {client_name}.\n\n{how}\n\n"
        f"It is good once, within {minutes} minutes. If it was not you, do nothing: your password stays as it is.\n"
    )
    return f"{client_name}: a new password", text

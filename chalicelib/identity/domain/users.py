"""Who can sign in, and by which names."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.identity.domain.names import MAX_LOGIN, could_be_login, normalised_login
from chalicelib.identity.domain.roles import CONSUMER, SUPERUSER
from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import code

Status = Literal["active", "disabled", "deleted"]


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in.

    `consumer_id` ties a user of role consumer to what is theirs; `number` is a service or employee number, a second
    login name where the client has such. `areas` are where a role of scope area ends. A deleted user stays on record.
    `version` counts the changes. `unproven` says that somebody registered themselves under an e-mail address that they
    have not shown to be theirs; `asked_number` is the number that they gave, and do not sign in by.
    """

    id: str
    login: str
    number: str | None
    name: str
    email: str | None
    phone: str | None
    role: str
    status: Status
    consumer_id: str | None
    created_at: datetime
    deleted_at: datetime | None
    version: int
    areas: tuple[str, ...] = ()
    unproven: bool = False
    asked_number: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All login names, in their unique form."""
        return (self.login, normalised_login(self.number)) if self.number else (self.login,)

    @property
    def is_active_superuser(self) -> bool:
        return self.role == SUPERUSER and self.status == "active"

    def changed(self, **changes: object) -> "User":
        """Return the user with some facts changed, one version on."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


def given_way(user: User) -> User:
    """Return somebody unproven once their login name is another's: they sign in by no name, until staff give them one.

    The id takes the place of the login name, so that each user has one.
    """
    return user.changed(login=normalised_login(user.id), email=None, status="disabled", unproven=False)


def search_words(user: User) -> str:
    """Return the words that a user is found by, each after a space: name, logins and e-mail address, case folded."""
    texts = (user.name, *user.names, user.email or "", user.asked_number or "")
    said = " ".join(normalised_login(text) for text in texts)
    return f" {said}"


def check_login(login: str, kind: str) -> str:
    """Let a login name through if it is of the client's kind, and give its unique form.

    :raises Invalid: otherwise.
    """
    unique = normalised_login(login)
    local, at, domain = unique.partition("@")
    is_email = bool(local and at and "." in domain) and " " not in unique
    if not could_be_login(unique):
        raise Invalid(
            "bad-login", f"a login name is 1 to {MAX_LOGIN} letters, digits and signs, without #", field="login"
        )
    if kind != "username" and not is_email:
        raise Invalid(
            "bad-login", "sign-in here is by e-mail address: give one, such as ana@example.com", field="login"
        )
    if kind == "username" and (at or " " in unique):
        raise Invalid("bad-login", "sign-in here is by user name: no @ and no spaces", field="login")
    return unique


def check_number(number: str | None, kind: str) -> str | None:
    """Let a service or employee number through where people sign in by such numbers too.

    :raises Invalid: elsewhere, and for what could be no number.
    """
    if number is not None and kind != "email_or_number":
        raise Invalid("bad-login", "leave it out, nobody signs in by number here", field="number")
    return code(number, "number") if number else None


def check_other(actor: Actor, user: User, what: str) -> None:
    """Stop somebody from doing to themselves what only others may do to them.

    :raises Conflict: naming what.
    """
    if actor.id == user.id:
        raise Conflict("yourself", f"you can't {what} yourself; ask somebody else who manages users")


def check_proven(actor: Actor, user: User, what: str, where: str, *, proven: bool) -> None:
    """Let people change how they get in only where they prove who they are, whichever way they come.

    :raises Conflict: for oneself without the present password, naming where it is asked for.
    """
    if actor.id == user.id and not proven:
        raise Conflict("yourself", f"change your own {what} at {where}, which asks for your present password")


def check_kind(user: User, role: str) -> None:
    """Keep consumers and staff apart: a consumer's login belongs to the consumer for good.

    :raises Conflict: for a change from or to the consumer's role.
    """
    if CONSUMER in {user.role, role} and user.role != role:
        raise Conflict("consumer-login", "a consumer's login can't become staff's, nor staff's a consumer's")

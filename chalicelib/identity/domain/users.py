"""Users and their login names."""

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

    `consumer_id` links a user of role consumer to their data; `number` is a service or employee number, a second login
    name where the client allows it. `areas` limit a role of scope area. A deleted user stays on record. `version`
    counts changes. `unproven` means that the user registered themselves and has not proven that the e-mail address is
    theirs; `asked_number` is the number that they gave, with which they can't sign in yet.
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
        """All of the user's login names, in their unique form."""
        return (self.login, normalised_login(self.number)) if self.number else (self.login,)

    @property
    def is_active_superuser(self) -> bool:
        return self.role == SUPERUSER and self.status == "active"

    def changed(self, **changes: object) -> "User":
        """Return the user with some fields changed and the next version."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


def given_way(user: User) -> User:
    """Return an unproven user who loses their login name to another user. They can't sign in until staff give them one.

    Their id replaces the login name, so that each user has one.
    """
    return user.changed(login=normalised_login(user.id), email=None, status="disabled", unproven=False)


def search_words(user: User) -> str:
    """Return the text that searches look in: words of name, logins and e-mail, case folded, each after a space."""
    texts = (user.name, *user.names, user.email or "", user.asked_number or "")
    said = " ".join(normalised_login(text) for text in texts)
    return f" {said}"


def check_login(login: str, kind: str) -> str:
    """Check that a login name is of the client's kind, and return its unique form.

    :raises Invalid: if it is not.
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
    """Check a service or employee number, and return it.

    :raises Invalid: if the client's users don't sign in with numbers, or it is not a valid number.
    """
    if number is not None and kind != "email_or_number":
        raise Invalid("bad-login", "leave it out: users don't sign in with a number here", field="number")
    return code(number, "number") if number else None


def check_other(actor: Actor, user: User, what: str) -> None:
    """Check that the actor does not do something to themselves that only other users may do.

    :raises Conflict: naming the action.
    """
    if actor.id == user.id:
        raise Conflict("yourself", f"you can't {what} yourself; ask another user who manages users")


def check_proven(actor: Actor, user: User, what: str, where: str, *, proven: bool) -> None:
    """Check that a user who changes their own login name or password has given the present password.

    :raises Conflict: if not, naming the operation that asks for it.
    """
    if actor.id == user.id and not proven:
        raise Conflict("yourself", f"change your own {what} at {where}, which asks for your present password")


def check_kind(user: User, role: str) -> None:
    """Check that a role does not change from or to `consumer`: a consumer's login belongs to the consumer.

    :raises Conflict: if it does.
    """
    if CONSUMER in {user.role, role} and user.role != role:
        raise Conflict(
            "consumer-login", "a consumer's login can't become a staff user, nor a staff user a consumer's login"
        )

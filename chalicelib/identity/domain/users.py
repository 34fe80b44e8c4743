"""Who can sign in, and by which names."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.identity.domain.names import MAX_LOGIN, could_be_login, normalised_login
from chalicelib.identity.domain.roles import CONSUMER, DEVICE, ROLES
from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in. `consumer_id` ties a user of role consumer to what is theirs."""

    id: str
    login: str
    name: str
    role: str
    password_hash: str
    active: bool
    consumer_id: str | None
    created_at: datetime
    request_print: str

    def as_actor(self) -> Actor:
        """This function will give the actor that this user is while signed in."""
        return Actor(self.id, self.role, ROLES[self.role], self.consumer_id)


def check_login(login: str, kind: str) -> str:
    """This function will let a login name through if it is of the client's kind, and give its unique form.

    :raises Invalid: otherwise.
    """
    unique = normalised_login(login)
    local, at, domain = unique.partition("@")
    is_email = bool(local and at and "." in domain) and " " not in unique
    if not could_be_login(unique):
        raise Invalid("bad-login", f"a login name is 1 to {MAX_LOGIN} letters, digits and signs, without #")
    if kind == "email" and not is_email:
        raise Invalid("bad-login", "sign-in here is by e-mail address: give one, such as ana@example.com")
    if kind == "username" and (at or " " in unique):
        raise Invalid("bad-login", "sign-in here is by user name: no @ and no spaces")
    return unique


def check_role(role: str) -> None:
    """This function will let a role through that staff can have.

    :raises Invalid: for an unknown role, for `consumer`, whose login is made at the consumer it belongs to, and for
        `device`, which has a key instead of a password.
    """
    staff = [name for name in ROLES if name not in {CONSUMER, DEVICE}]
    if role not in staff:
        raise Invalid(
            "unknown-role", f"role must be one of {', '.join(staff)}; a consumer's login is made at the consumer"
        )

"""Roles as named permission sets, and what a password must have."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.tenancy.domain import PasswordRule

_READ_ALL = frozenset(
    {"settings.read", "tariffs.read", "consumers.read", "connections.read", "readings.read", "bills.read"}
)
_OPERATE = _READ_ALL | {
    "consumers.manage",
    "connections.manage",
    "readings.submit",
    "readings.confirm",
    "readings.edit",
    "readings.import",
}
_ANSWER = frozenset({"requests.read", "issues.read", "issues.respond"})
_RUN = frozenset({"bills.generate"})
_ADMINISTER = frozenset({"users.manage", "users.read", "tariffs.manage", "settings.manage"})
# Source: S2-133 and S2-176, only an administrator decides about requests or makes one for somebody.
_DECIDE = frozenset({"requests.create", "requests.decide", "issues.report"})

# Source: decisions.md "Roles". A permission with the suffix .own reaches only what belongs to the user's consumer.
ROLES: Mapping[str, frozenset[str]] = {
    "superuser": _OPERATE | _RUN | _ANSWER | _ADMINISTER | _DECIDE,
    "admin": _OPERATE | _RUN | _ANSWER | _ADMINISTER | _DECIDE,
    "manager": _OPERATE | _RUN | _ANSWER,
    "billing_officer": _OPERATE | _RUN | _ANSWER,
    "viewer": frozenset({"settings.read", "bills.read"}),
    "field_staff": frozenset(
        {"consumers.read", "connections.read", "readings.submit", "readings.read", "tariffs.read"}
    ),
    "consumer": frozenset(
        {
            "profile.own",
            "connections.read.own",
            "bills.read.own",
            "requests.create.own",
            "requests.read.own",
            "issues.report.own",
            "issues.read.own",
        }
    ),
}
CONSUMER = "consumer"

_MAX_LOGIN = 120


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


def normalised_login(login: str) -> str:
    """This function will give the form under which a login name is unique: composed, case folded, trimmed."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def could_be_login(unique: str) -> bool:
    """This function will say whether a normalised login name can be one at all; only such names are looked for.

    Composing a name can make it longer than what was sent, longer even than a key of the table may be.
    """
    return 0 < len(unique) <= _MAX_LOGIN and unique.isprintable() and "#" not in unique


def check_login(login: str, kind: str) -> str:
    """This function will let a login name through if it is of the client's kind, and give its unique form.

    :raises Invalid: otherwise.
    """
    unique = normalised_login(login)
    local, at, domain = unique.partition("@")
    is_email = bool(local and at and "." in domain) and " " not in unique
    if not could_be_login(unique):
        raise Invalid("bad-login", f"a login name is 1 to {_MAX_LOGIN} letters, digits and signs, without #")
    if kind == "email" and not is_email:
        raise Invalid("bad-login", "sign-in here is by e-mail address: give one, such as ana@example.com")
    if kind == "username" and (at or " " in unique):
        raise Invalid("bad-login", "sign-in here is by user name: no @ and no spaces")
    return unique


def check_role(role: str) -> None:
    """This function will let a role through that staff can have.

    :raises Invalid: for an unknown role, and for `consumer`, whose login is made at the consumer it belongs to.
    """
    staff = [name for name in ROLES if name != CONSUMER]
    if role not in staff:
        raise Invalid(
            "unknown-role", f"role must be one of {', '.join(staff)}; a consumer's login is made at the consumer"
        )


def check_password(password: str, rule: PasswordRule) -> None:
    """This function will hold a new password against the client's rule.

    :raises Invalid: naming everything that is missing. S3: Abcdef1! passes, Abcdefg1 lacks a special character.
    """
    missing = []
    if len(password) < rule.min_length:
        missing.append(f"at least {rule.min_length} characters")
    if rule.upper and not any(character.isupper() for character in password):
        missing.append("an upper-case letter")
    if rule.lower and not any(character.islower() for character in password):
        missing.append("a lower-case letter")
    if rule.digit and not any(character.isdigit() for character in password):
        missing.append("a digit")
    if rule.special and all(character.isalnum() or character.isspace() for character in password):
        missing.append("a special character")
    if missing:
        faults = tuple(Fault("password", f"needs {what}") for what in missing)
        raise Invalid("weak-password", f"password: needs {', '.join(missing)}", faults=faults)

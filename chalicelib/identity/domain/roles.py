"""Roles: named sets of permissions, each with a scope. Code asks for a permission, never for a role."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid

Scope = Literal["tenant", "area", "own", "device"]

CONSUMER = "consumer"
DEVICE = "device"
SUPERUSER = "superuser"

# Every permission that an operation can ask for, and what it lets somebody do.
PERMISSIONS: Mapping[str, str] = {
    "settings.read": "see how a project works",
    "settings.manage": "change how a project works",
    "cycles.read": "see billing cycles",
    "cycles.manage": "keep the list of billing cycles",
    "areas.read": "see areas and meter brands",
    "areas.manage": "keep the lists of areas and meter brands",
    "devices.manage": "register devices and give them keys",
    "audit.read": "see who did what",
    "users.read": "see users and roles",
    "users.manage": "make users, change and disable them",
    "roles.manage": "define roles and change them",
    "logins.read": "see who signed in, when and from where",
    "tariffs.read": "see tariffs and quote by them",
    "tariffs.manage": "write and end tariffs",
    "consumers.read": "see consumers",
    "consumers.manage": "register consumers and their logins, change and delete them",
    "connections.read": "see connections",
    "connections.manage": "register connections, change, disconnect and close them",
    "readings.read": "see readings",
    "readings.submit": "take readings",
    "readings.confirm": "confirm readings",
    "readings.edit": "correct readings",
    "readings.import": "bring in files of readings",
    "registry.import": "bring in files of consumers and connections",
    "history.import": "bring in a former system's readings, bills and payments",
    "bills.read": "see bills",
    "bills.generate": "start billing runs and follow them",
    "payments.read": "see payments",
    "requests.read": "see requests for connections",
    "requests.create": "ask for a connection",
    "requests.decide": "approve and reject requests for connections",
    "issues.read": "see issue reports",
    "issues.report": "report an issue",
    "issues.respond": "respond to issue reports and move them on",
}

# What use cases let end at areas. Anything else is about the whole client or project, and no role of scope area has it:
# a permission is not in this list until each of its use cases asks areas.domain what the actor reaches.
ENDS_AT_AREAS = frozenset(
    {
        "areas.read",
        "bills.read",
        "connections.manage",
        "connections.read",
        "consumers.read",
        "readings.confirm",
        "readings.edit",
        "readings.import",
        "readings.read",
        "readings.submit",
        "settings.read",
        "tariffs.read",
    }
)


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions.

    The scope says how far they reach: all of the tenant, the user's areas, what is the user's own, or one device.
    """

    name: str
    scope: Scope
    permissions: frozenset[str]

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN

    @property
    def fixed(self) -> bool:
        """Whether it means the same for every client."""
        return self.name in FIXED

    def granted(self) -> frozenset[str]:
        """Return the permissions as an actor carries them: with .own where they reach no further."""
        if self.scope == "own":
            return frozenset(f"{permission}.own" for permission in self.permissions)
        return self.permissions & ENDS_AT_AREAS if self.scope == "area" else self.permissions


_READ_ALL = frozenset(
    {
        "settings.read",
        "areas.read",
        "tariffs.read",
        "consumers.read",
        "connections.read",
        "readings.read",
        "bills.read",
        "payments.read",
    }
)
_OPERATE = _READ_ALL | {
    "consumers.manage",
    "connections.manage",
    "readings.submit",
    "readings.confirm",
    "readings.edit",
    "readings.import",
}
_RUN = frozenset({"bills.generate", "cycles.read"})
# Only an administrator decides about requests, or asks in somebody's name. Source: S2-133, S2-176.
_ANSWER = frozenset({"requests.read", "issues.read", "issues.respond"})

# Source: decisions.md "Roles".
BUILT_IN: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(SUPERUSER, "tenant", frozenset(PERMISSIONS)),
        Role("admin", "tenant", frozenset(PERMISSIONS)),
        Role("manager", "tenant", _OPERATE | _RUN | _ANSWER),
        Role("billing_officer", "tenant", _OPERATE | _RUN | _ANSWER),
        Role("account_officer", "tenant", _READ_ALL),
        Role(
            "field_staff",
            "area",
            frozenset(
                {"areas.read", "consumers.read", "connections.read", "readings.submit", "readings.read", "tariffs.read"}
            ),
        ),
        Role("viewer", "tenant", frozenset({"settings.read", "bills.read", "payments.read"})),
        Role(
            CONSUMER,
            "own",
            frozenset(
                {
                    "connections.read",
                    "bills.read",
                    "payments.read",
                    "requests.create",
                    "requests.read",
                    "issues.report",
                    "issues.read",
                }
            ),
        ),
        Role(DEVICE, "device", frozenset({"readings.submit"})),
    )
}
# The built-in roles as what an actor of that role may do.
ROLES: Mapping[str, frozenset[str]] = {name: role.granted() for name, role in BUILT_IN.items()}

# These roles are the same for every client: the one with all permissions, consumers, and devices.
FIXED = frozenset({SUPERUSER, CONSUMER, DEVICE})
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z", re.ASCII)
# Scopes that a client's own roles can have: the others need a consumer or a device to belong to.
_DEFINABLE: frozenset[str] = frozenset({"tenant", "area"})


def could_be_role(name: str) -> bool:
    """Return whether a role can have that name at all; only such names are looked for."""
    return bool(_NAME.match(name))


def check_definition(role: Role) -> None:
    """Refuse a role that no client can define.

    :raises Invalid: for its name, its scope, or a permission that nothing asks for.
    :raises Conflict: for a role that is the same everywhere.
    """
    if not could_be_role(role.name):
        raise Invalid(
            "bad-role", "a role's name is 2 to 40 small letters, digits and _, and starts with a letter", field="name"
        )
    if role.name in FIXED:
        raise Conflict("fixed-role", f"the role {role.name} is the same everywhere; define one of another name")
    if role.scope not in _DEFINABLE:
        raise Invalid("bad-role", "scope must be tenant or area", field="scope")
    if unknown := sorted(role.permissions - PERMISSIONS.keys()):
        raise Invalid("unknown-permission", f"there is no permission {', '.join(unknown)}", field="permissions")
    if role.scope == "area" and (wide := sorted(role.permissions - ENDS_AT_AREAS)):
        raise Invalid(
            "bad-role",
            f"{', '.join(wide)} can't end at an area; give it to a role of scope tenant",
            field="permissions",
        )
    if not role.permissions:
        raise Invalid("bad-role", "a role has at least one permission", field="permissions")


def check_reach(actor: Actor, role: Role) -> None:
    """Stop somebody from giving, changing or managing a role that may do more than they.

    :raises Forbidden: naming the role.
    """
    if not role.granted() <= actor.permissions and role.scope != "own":
        raise Forbidden("role-too-high", f"the role {role.name} may do things that you may not")


def check_staff_role(role: Role | None, name: str) -> Role:
    """Let a role through that staff can have.

    :raises Invalid: for an unknown role, for `consumer`, whose login is made at the consumer it belongs to, and for
        `device`, which has a key instead of a password.
    """
    if role is None or name in {CONSUMER, DEVICE}:
        raise Invalid(
            "unknown-role",
            f"{name[:40]!r} is not one that staff can have; see the list of roles, and make a consumer's login "
            "at the consumer",
            field="role",
        )
    return role

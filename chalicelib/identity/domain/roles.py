"""Roles: named sets of permissions, each with a scope. Code asks for a permission, never for a role."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["tenant", "area", "own", "device"]

CONSUMER = "consumer"
DEVICE = "device"
SUPERUSER = "superuser"

# Every permission that an operation can ask for, and what it lets somebody do.
PERMISSIONS: Mapping[str, str] = {
    "settings.read": "see how a project works",
    "settings.manage": "change how a project works",
    "areas.read": "see areas and meter brands",
    "areas.manage": "keep the lists of areas and meter brands",
    "audit.read": "see who did what",
    "users.read": "see users and roles",
    "users.manage": "make users, change and disable them",
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
    "bills.read": "see bills",
    "bills.generate": "start billing runs and follow them",
    "requests.read": "see requests for connections",
    "requests.create": "ask for a connection",
    "requests.decide": "approve and reject requests for connections",
    "issues.read": "see issue reports",
    "issues.report": "report an issue",
    "issues.respond": "respond to issue reports and move them on",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions.

    The scope says how far they reach: all of the tenant, the user's areas, what is the user's own, or one device.
    """

    name: str
    scope: Scope
    permissions: frozenset[str]

    def granted(self) -> frozenset[str]:
        """This function will give the permissions as an actor carries them: with .own where they reach no further."""
        if self.scope == "own":
            return frozenset(f"{permission}.own" for permission in self.permissions)
        return self.permissions


_READ_ALL = frozenset(
    {
        "settings.read",
        "areas.read",
        "tariffs.read",
        "consumers.read",
        "connections.read",
        "readings.read",
        "bills.read",
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
_RUN = frozenset({"bills.generate"})
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
        Role("viewer", "tenant", frozenset({"settings.read", "bills.read"})),
        Role(
            CONSUMER,
            "own",
            frozenset(
                {
                    "connections.read",
                    "bills.read",
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

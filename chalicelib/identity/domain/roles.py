"""Roles: named sets of permissions, each with a scope. Code checks a permission, never a role."""

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

# Every permission that an operation can require, and what it allows.
PERMISSIONS: Mapping[str, str] = {
    "settings.read": "see a project's settings",
    "settings.manage": "change a project's settings",
    "cycles.read": "see billing cycles",
    "cycles.manage": "add, change and delete billing cycles",
    "areas.read": "see areas and meter brands",
    "areas.manage": "add, change and delete areas and meter brands",
    "devices.manage": "register devices and issue their keys",
    "audit.read": "see the audit log",
    "users.read": "see users and roles",
    "users.manage": "create, change, disable and delete users",
    "roles.manage": "define roles and change them",
    "logins.read": "see who signed in, when and from where",
    "tariffs.read": "see tariffs and get quotes",
    "tariffs.manage": "add, change and delete tariffs",
    "consumers.read": "see consumers",
    "consumers.manage": "register consumers and their logins, change and delete them",
    "connections.read": "see connections",
    "connections.manage": "register connections, change, disconnect and close them",
    "readings.read": "see readings",
    "readings.submit": "record readings",
    "readings.confirm": "confirm readings",
    "readings.edit": "correct readings",
    "readings.import": "import files of readings",
    "registry.import": "import files of consumers and connections",
    "history.import": "import a former system's readings, bills and payments",
    "bills.read": "see bills",
    "bills.generate": "start billing runs and follow them",
    "payments.read": "see payments and what is owed",
    "payments.record": "take payments for anyone",
    "payments.reverse": "reverse payments",
    "payments.reverse.own": "reverse payments of the own open cashier session",
    "cashier_sessions.manage": "count and close the cashier sessions of others, and hand over their cash",
    "late_charges.waive": "waive late charges",
    "adjustments.make": "adjust what is owed, up or down, with a reason",
    "prepaid.sell": "sell units in advance",
    "requests.read": "see requests for connections",
    "requests.create": "request connections",
    "requests.decide": "approve and reject requests for connections",
    "issues.read": "see issue reports",
    "issues.report": "report an issue",
    "issues.respond": "respond to issue reports and set their status",
}

# Permissions that can be limited to areas. All others concern the whole client or project, so no role of scope area
# may have them. A permission is on this list only when each of its use cases checks the actor's areas.
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

    The scope is how far they reach: the whole tenant, the user's areas, the user's own data, or one device.
    """

    name: str
    scope: Scope
    permissions: frozenset[str]

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN

    @property
    def fixed(self) -> bool:
        """Whether the role is the same for every client."""
        return self.name in FIXED

    def granted(self) -> frozenset[str]:
        """Return the permissions as an actor has them: with .own if they are for the user's own data only."""
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
_RUN = frozenset({"bills.generate", "cycles.read", "prepaid.sell"})
# Only an administrator decides on requests, or makes one for a consumer. Source: S2-133, S2-176.
_ANSWER = frozenset({"requests.read", "issues.read", "issues.respond"})

# Source: decisions.md "Roles".
BUILT_IN: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(SUPERUSER, "tenant", frozenset(PERMISSIONS)),
        Role("admin", "tenant", frozenset(PERMISSIONS)),
        # Only administrators reverse payments and waive late charges. Source: S1-130, S3-056.
        Role(
            "manager",
            "tenant",
            _OPERATE | _RUN | _ANSWER | {"payments.record", "adjustments.make", "cashier_sessions.manage"},
        ),
        Role("billing_officer", "tenant", _OPERATE | _RUN | _ANSWER | {"payments.record"}),
        Role("account_officer", "tenant", _READ_ALL),
        Role(
            "cashier",
            "tenant",
            frozenset(
                {
                    "bills.read",
                    "connections.read",
                    "consumers.read",
                    "payments.read",
                    "payments.record",
                    "payments.reverse.own",
                }
            ),
        ),
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
                    "payments.record",
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
# The built-in roles and the permissions of their actors.
ROLES: Mapping[str, frozenset[str]] = {name: role.granted() for name, role in BUILT_IN.items()}

# Roles that are the same for every client: the one with all permissions, consumers, and devices.
FIXED = frozenset({SUPERUSER, CONSUMER, DEVICE})
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z", re.ASCII)
# Scopes that a client's own roles can have: the others need a consumer or a device to belong to.
_DEFINABLE: frozenset[str] = frozenset({"tenant", "area"})


def could_be_role(name: str) -> bool:
    """Return whether a role name is possible; only such names are looked up."""
    return bool(_NAME.match(name))


def check_definition(role: Role) -> None:
    """Check that a client may define a role.

    :raises Invalid: for its name, its scope, or an unknown permission.
    :raises Conflict: for a role that is the same for every client.
    """
    if not could_be_role(role.name):
        raise Invalid(
            "bad-role",
            "a role's name is 2 to 40 lower-case letters, digits and _, and starts with a letter",
            field="name",
        )
    if role.name in FIXED:
        raise Conflict("fixed-role", f"the role {role.name} can't be changed; define one with another name")
    if role.scope not in _DEFINABLE:
        raise Invalid("bad-role", "give tenant or area", field="scope")
    if unknown := sorted(role.permissions - PERMISSIONS.keys()):
        raise Invalid("unknown-permission", f"there is no permission {', '.join(unknown)}", field="permissions")
    if role.scope == "area" and (wide := sorted(role.permissions - ENDS_AT_AREAS)):
        raise Invalid(
            "bad-role",
            f"{', '.join(wide)} can't be limited to areas; give it to a role of scope tenant",
            field="permissions",
        )
    if not role.permissions:
        raise Invalid("bad-role", "a role has at least one permission", field="permissions")


def check_reach(actor: Actor, role: Role) -> None:
    """Check that the actor has all permissions of a role that they give, change or manage.

    :raises Forbidden: naming the role.
    """
    if not role.granted() <= actor.permissions and role.scope != "own":
        raise Forbidden("role-too-high", f"the role {role.name} has permissions that you don't have")


def check_staff_role(role: Role | None, name: str) -> Role:
    """Check that staff can have a role, and return it.

    :raises Invalid: for an unknown role, for `consumer`, whose login is created at the consumer, and for
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

"""Roles that a client defines, and the number of superusers who can sign in."""

import json
from typing import Any

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.constants import STRING

from chalicelib.identity.domain.roles import BUILT_IN, Role, Scope
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, LiteralAttribute, TableItem, stored_json
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, update


class PermissionsAttribute(Attribute[frozenset[str]]):
    """Permissions in order, as a JSON array, so that equal sets are stored equally."""

    attr_type = STRING

    def serialize(self, value: frozenset[str]) -> str:
        return stored_json(sorted(value))

    def deserialize(self, value: str) -> frozenset[str]:
        return frozenset(json.loads(value))


class RoleItem(TableItem):
    name = UnicodeAttribute(attr_name="role")
    scope = LiteralAttribute(Scope)
    permissions = PermissionsAttribute()
    users = IntAttribute()


class SuperusersItem(TableItem):
    able = IntAttribute()


def key_of(client_id: str, name: str) -> Key:
    """Return the key of a role that a client defines."""
    return keys.role(client_id, name)


def role_of(raw: dict[str, Any] | None) -> Role | None:
    """Convert a raw item to a role."""
    item = dynamo.parsed(RoleItem, raw)
    return _role(item) if item else None


def find_role(client_id: str, name: str) -> tuple[Role, int] | None:
    """Return a role that the client defined and its number of users, or None."""
    item = dynamo.find(RoleItem, keys.role(client_id, name))
    return (_role(item), item.users) if item else None


def all_roles(client_id: str) -> tuple[Role, ...]:
    partition, prefix = keys.role(client_id, "")
    return tuple(_role(item) for item in dynamo.all_of(RoleItem, partition, prefix))


def role_insert_write(client_id: str, role: Role) -> Action:
    """Build the write of a new role. Label: `role`, refused if the name is taken."""
    return insert("role", _item(client_id, role, 0))


def role_update_write(client_id: str, before: Role, after: Role) -> Action:
    """Build the write of a changed role, unless it was changed meanwhile. Label: `role`."""
    changes = [RoleItem.scope.set(after.scope), RoleItem.permissions.set(after.permissions)]
    unchanged = (RoleItem.permissions == before.permissions) & (RoleItem.scope == before.scope)
    return update("role", keys.role(client_id, before.name), changes, unchanged)


def role_delete_write(client_id: str, name: str) -> Action:
    """Build the write that deletes a role without users. Label: `role`.

    Users of a redefined built-in role keep it; it gets its built-in definition back.
    """
    unused = RoleItem.pk.exists() if name in BUILT_IN else RoleItem.users == 0
    return delete("role", keys.role(client_id, name), unused)


def role_count_write(client_id: str, role: Role, change: int) -> Action:
    """Build the write that changes a role's number of users, unless the role was changed meanwhile. Label: `role`."""
    unchanged = RoleItem.permissions == role.permissions
    return update("role", keys.role(client_id, role.name), [RoleItem.users.add(change)], unchanged, subject=role.name)


def superuser_count_write(client_id: str, change: int) -> Action:
    """Build the write that changes the number of superusers. Label: `superusers`, refused if none would be left."""
    last = SuperusersItem.able > -change if change < 0 else None
    return update("superusers", keys.superusers(client_id), [SuperusersItem.able.add(change)], last)


def first_superuser_write(client_id: str) -> Action:
    """Build the write that counts the first superuser. Label: `superusers`, refused if there ever was one."""
    return insert("superusers", SuperusersItem(*keys.superusers(client_id), able=1))


def _item(client_id: str, role: Role, users: int) -> RoleItem:
    return to_item(RoleItem, keys.role(client_id, role.name), role, users=users)


def _role(item: RoleItem) -> Role:
    return to_entity(Role, item)

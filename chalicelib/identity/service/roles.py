"""List roles, and define, change and delete those of a client."""

from chalicelib.audit import service as audit
from chalicelib.identity.domain.roles import BUILT_IN, FIXED, Role, check_definition, check_reach, could_be_role
from chalicelib.identity.repository import roles
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.platform.transaction import Action, Refused, transact


def list_roles(ctx: Context) -> tuple[Role, ...]:
    """List all roles: the built-in ones, as the client has redefined them, and the client's own."""
    known = dict(BUILT_IN) | {role.name: role for role in roles.all_roles(ctx.client)}
    return tuple(known.values())


def find_role(ctx: Context, name: str) -> Role | None:
    """Return a role, perhaps redefined by the client, or None."""
    if name in FIXED:
        return BUILT_IN[name]
    found = roles.find_role(ctx.client, name) if could_be_role(name) else None
    return found[0] if found else BUILT_IN.get(name)


def get_role(ctx: Context, *, name: str) -> Role:
    """Return a role, perhaps redefined by the client.

    :raises NotFound: if there is none with this name.
    """
    role = find_role(ctx, name)
    if role is None:
        raise NotFound("not-found", f"there is no role {name[:40]}")
    return role


def define_role(ctx: Context, *, role: Role) -> Role:
    """Define a role of the client, or redefine a built-in one for it.

    :raises Forbidden: for a role with permissions that the caller lacks.
    :raises Conflict: if the client has defined it already.
    """
    check_definition(role)
    check_reach(ctx.actor, role)
    built_in = BUILT_IN.get(role.name)
    if built_in:
        check_reach(ctx.actor, built_in)
    try:
        transact(
            [roles.role_insert_write(ctx.client, role), _audit_write(ctx, "role.defined", role.name, built_in, role)]
        )
    except Refused:
        made = roles.find_role(ctx.client, role.name) if ctx.request_key else None
        if made and made[0] == role:
            return role  # this request was repeated
        raise Conflict("role-exists", f"there is a role {role.name} already; change that one", field="name") from None
    return role


def begin_with_role(ctx: Context, *, role: Role) -> None:
    """Define a role of a client that is being opened, unless it exists already.

    The platform is the actor, because the client has no user yet.
    """
    check_definition(role)
    try:
        transact([roles.role_insert_write(ctx.client, role), _audit_write(ctx, "role.defined", role.name, None, role)])
    except Refused:
        return


def change_role_definition(ctx: Context, *, role: Role) -> Role:
    """Change the permissions of a client's role, effective from its users' next requests.

    :raises Forbidden: for a role with permissions that the caller lacks, before or after.
    :raises NotFound: if the client has not defined it.
    """
    check_definition(role)
    found = roles.find_role(ctx.client, role.name)
    if found is None:
        raise NotFound("not-found", f"this client has not defined a role {role.name}")
    before, _ = found
    check_reach(ctx.actor, before)
    check_reach(ctx.actor, role)
    try:
        transact(
            [
                roles.role_update_write(ctx.client, before, role),
                _audit_write(ctx, "role.changed", role.name, before, role),
            ]
        )
    except Refused:
        raise Conflict("changed", "this role was changed meanwhile; reload and retry") from None
    return role


def delete_role(ctx: Context, *, name: str) -> Role:
    """Delete a role of the client; a built-in one gets its original definition back.

    :raises Conflict: while a user has it.
    """
    found = roles.find_role(ctx.client, name) if could_be_role(name) else None
    if found is None:
        raise NotFound("not-found", f"this client has not defined a role {name[:40]}")
    check_reach(ctx.actor, found[0])
    built_in = BUILT_IN.get(name)
    if built_in:
        check_reach(ctx.actor, built_in)
    try:
        transact(
            [roles.role_delete_write(ctx.client, name), _audit_write(ctx, "role.deleted", name, found[0], built_in)]
        )
    except Refused:
        raise Conflict("role-used", f"users have the role {name}; give them another first") from None
    return found[0]


def _audit_write(ctx: Context, action: str, name: str, before: Role | None, after: Role | None) -> Action:
    facts = [
        {"scope": role.scope, "permissions": tuple(sorted(role.permissions))} if role else None
        for role in (before, after)
    ]
    return audit.entry_write(ctx, action=action, subject=("role", name), before=facts[0], after=facts[1])

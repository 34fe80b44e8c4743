"""Check sessions, and end them."""

from datetime import datetime

from chalicelib.identity.domain.logins import Ending
from chalicelib.identity.domain.roles import BUILT_IN, FIXED
from chalicelib.identity.repository import logins, roles, users
from chalicelib.identity.service.roles import find_role
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import Forbidden, Unauthenticated
from chalicelib.kernel.ids import is_ulid
from chalicelib.platform import bulk, keys
from chalicelib.platform.auth import AccessToken, RawItems
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Refused, transact

RACES = 6


def check_session(token: AccessToken, now: datetime, also: tuple[Key, ...]) -> tuple[Actor, RawItems]:  # noqa: ARG001
    """Return the actor of a token whose session has not ended, with the role's present permissions.

    One request reads the user's access, the role if a client can define it, and the items of `also`.

    :raises Unauthenticated: if the session has ended.
    """
    access_key, role_key = keys.access(token.client, token.user_id), roles.key_of(token.client, token.role)
    wanted = [access_key, *also] if token.role in FIXED else [access_key, role_key, *also]
    found = bulk.read_together(wanted)
    access = users.access_of(token.user_id, found[access_key])
    if access is None or not access.active or access.find(token.session_id) is None:
        raise Unauthenticated("session-ended", "this session has ended; sign in again")
    role = roles.role_of(found.get(role_key)) or BUILT_IN.get(token.role)
    permissions = role.granted() if role else frozenset()
    ends_at = access.areas if role and role.scope == "area" else None
    actor = Actor(token.user_id, token.role, permissions, token.consumer_id, token.session_id, ends_at)
    return actor, {key: found[key] for key in also}


def may(ctx: Context, *, user_id: str, permission: str) -> bool:
    """Return whether a user is active and has a permission now."""
    if not is_ulid(user_id):
        return False
    user, access, _ = users.find_with_access(ctx.client, user_id)
    role = find_role(ctx, user.role) if user and access and access.active else None
    return role is not None and permission in role.granted()


def check_may_still(ctx: Context, *, user_id: str, permission: str) -> None:
    """Check what a user asked for earlier, and what is only done now: their right may have been taken away meanwhile.

    Jobs and commands, which are no users, pass.

    :raises Forbidden: if the user is disabled or deleted, or lacks the permission now.
    """
    if not is_ulid(user_id):
        return
    if not may(ctx, user_id=user_id, permission=permission):
        raise Forbidden(
            "sender-not-permitted",
            "the user who announced this was disabled or given another role since; a user with the permission must "
            "announce it again",
        )


def sign_out(ctx: Context) -> int:
    """End the caller's session; return how many ended."""
    return _end(ctx, ctx.actor.id, only=ctx.actor.session_id)


def sign_out_everywhere(ctx: Context) -> int:
    """End all sessions of the caller; return how many ended."""
    return _end(ctx, ctx.actor.id, only=None)


def end_sessions(ctx: Context, *, user_id: str) -> int:
    """End all sessions of another user, for a caller who checked the actor's permission; return how many ended."""
    return _end(ctx, user_id, only=None, by="account_changed")


def _end(ctx: Context, user_id: str, *, only: str | None, by: Ending = "signed_out") -> int:
    _, access, _ = users.find_with_access(ctx.client, user_id)
    ended = [one for one in access.sessions if only in {None, one.id}] if access else []
    if not ended:
        return 0
    if only:
        removal = users.session_removal_write(ctx.client, user_id, ended[0])
    else:
        removal = users.sessions_removal_write(ctx.client, user_id)
    try:
        transact([removal, *logins.session_end_writes(ctx.client, ended, at=ctx.now, by=by)])
    except Refused:
        return 0  # it ended meanwhile
    return len(ended)

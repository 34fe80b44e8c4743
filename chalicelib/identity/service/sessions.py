"""Sessions: whether one lives, and ending them."""

from datetime import datetime

from chalicelib.identity.domain.logins import Ending
from chalicelib.identity.domain.roles import BUILT_IN, FIXED
from chalicelib.identity.repository import logins, roles, users
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import TryLater, Unauthenticated
from chalicelib.platform import bulk, keys
from chalicelib.platform.auth import AccessToken, RawItems
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Refused, transact

RACES = 6


def check_session(token: AccessToken, now: datetime, also: tuple[Key, ...]) -> tuple[Actor, RawItems]:  # noqa: ARG001
    """Return the actor of a token, if its session lives, with what the role may do at this moment.

    One request for how the user gets in, the role if a client can define it, and the items of `also`.

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


def sign_out(ctx: Context) -> int:
    """End the session that asks, and return how many ended."""
    return _end(ctx, only=ctx.actor.session_id)


def sign_out_everywhere(ctx: Context) -> int:
    """End all sessions of the caller; return how many ended."""
    return _end(ctx, only=None)


def _end(ctx: Context, *, only: str | None) -> int:
    by: Ending = "signed_out"
    for _ in range(RACES):
        _, access, _ = users.find_with_access(ctx.client, ctx.actor.id)
        if access is None:
            return 0
        ended = [one for one in access.sessions if only in {None, one.id}]
        after = access.without(only) if only else access.closed()
        ends = logins.session_end_writes(ctx.client, ended, at=ctx.now, by=by)
        try:
            transact([users.access_update_write(ctx.client, access, after), *ends])
        except Refused:
            continue
        return len(ended)
    raise TryLater("busy", "others are changing the same sessions; try again in a moment")

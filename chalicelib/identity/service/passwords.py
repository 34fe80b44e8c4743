"""Change one's own password, and set another user's."""

from chalicelib.identity.domain.passwords import check_password
from chalicelib.identity.domain.sessions import Access
from chalicelib.identity.domain.users import User, check_proven
from chalicelib.identity.repository import logins, users
from chalicelib.identity.service.common import close, manageable
from chalicelib.identity.service.sessions import RACES
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound, TryLater
from chalicelib.kernel.network import network_of
from chalicelib.platform import auth, bulk
from chalicelib.platform.transaction import Refused, transact
from chalicelib.tenancy import service as tenancy


def change_own_password(ctx: Context, *, current: str, new: str) -> User:
    """Change the caller's own password after checking the present one. All sessions end.

    :raises Invalid: for a wrong present password, and for a new one against the client's rule.
    :raises TooMany: after ten wrong passwords in a row, for a while.
    """
    user, access = proven(ctx, current, field="current")
    return _set(ctx, user, access, new, proven=True)


def set_password(ctx: Context, *, user_id: str, new: str) -> User:
    """Set another user's password and end their sessions.

    :raises Invalid: for a password against the client's rule.
    :raises Forbidden: for a user whose role has permissions that the caller lacks.
    :raises Conflict: for oneself.
    """
    user, access, _ = manageable(ctx, user_id)
    return _set(ctx, user, access, new, proven=False)


def proven(ctx: Context, password: str, *, field: str) -> tuple[User, Access]:
    """Return the caller's user and access, if the password is right. `field` is what the request calls it.

    A wrong one is counted before the answer, for the session and as a failed sign-in from the same network, so that a
    stranger at an open session can't keep guessing. Wrong passwords from elsewhere don't count here, so that a stranger
    can't keep users from changing their own passwords.

    :raises Invalid: for a wrong password.
    :raises TooMany: after ten wrong passwords in a row, for a while.
    """
    right: bool | None = None
    for _ in range(RACES):
        user, access, _ = users.find_with_access(ctx.client, ctx.actor.id)
        if user is None or access is None:
            raise NotFound("not-found", "there is no user with this id")
        key = logins.session_tries_key(ctx.client, ctx.actor.session_id or user.id)
        outside = logins.tries_key(ctx.client, user.login, network_of(ctx.address))
        found = bulk.read_together([key, outside])
        tries, others = logins.tries_of(found[key]), logins.tries_of(found[outside])
        tries.check(ctx.now)
        right = auth.password_matches(password, access.password_hash) if right is None else right
        counted = [
            logins.failure_count_write(key, tries, tries.failed(ctx.now), ctx.now),
            logins.failure_count_write(outside, others, others.since(access.password_set_at).failed(ctx.now), ctx.now),
        ]
        try:
            transact([logins.failure_reset_write(key, tries)] if right else counted)
        except Refused:
            continue
        if not right:
            raise Invalid("wrong-password", "the present password is wrong", field=field)
        return user, access
    raise TryLater("busy", "too many attempts at once; try again in a moment")


def _set(ctx: Context, user: User, access: Access, new: str, *, proven: bool) -> User:
    check_proven(ctx.actor, user, "password", "PUT /api/me/password", proven=proven)
    check_password(new, tenancy.get_client(ctx).password_rule)
    stored = auth.hash_password(new)
    return close(ctx, user, access, user.changed(), (), action="user.password-changed", password_hash=stored)

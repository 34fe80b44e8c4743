"""Sign in by a password, and renew a session by its refresh token."""

from dataclasses import dataclass, replace

from chalicelib.identity.domain.lockout import LoginAttempts
from chalicelib.identity.domain.logins import LoginEvent, Outcome
from chalicelib.identity.domain.names import name_to_find
from chalicelib.identity.domain.sessions import Access, Session, good_until
from chalicelib.identity.domain.users import User
from chalicelib.identity.repository import logins, users
from chalicelib.identity.service.sessions import RACES
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import MeterbookError, TryLater, Unauthenticated
from chalicelib.kernel.ids import fingerprint, known_ulid, slug
from chalicelib.kernel.page import Page
from chalicelib.platform import auth, bulk, keys, log
from chalicelib.platform.auth import AccessToken
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client

# What an unknown user's password is compared with, so that the answer takes as long as for a known one.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeOeT0zTK8ZsmGkqbOkwvHLDEHyKzTKmCS"
_BAD_REFRESH = "this refresh token is not good any more; sign in again"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session: the token to send with each request, the one that renews it, and who it stands for."""

    access_token: str
    expires_seconds: int
    refresh_token: str
    user: User

    @property
    def token_type(self) -> str:
        return "Bearer"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is stored about a login name."""

    client: Client | None
    tries_key: Key
    tries: LoginAttempts
    user: User | None
    access: Access | None


def sign_in(ctx: Context, *, client_id: str, login: str, password: str, role: str | None = None) -> SignIn:
    """Begin a session of a client's user: two requests to read, one to write, one password check.

    Unknown client, unknown user, disabled user, wrong password and wrong role take the same work and get the same
    answer. No result is told before the try is counted, so tries at the same moment tell nobody more.

    :raises Unauthenticated: if it is not them.
    :raises TooMany: after ten wrong passwords in a row, for a while.
    """
    name = name_to_find(login)
    checked: tuple[str, bool] | None = None
    for _ in range(RACES):
        seen = _look(client_id, name)
        seen.tries.check(ctx.now)
        stored = seen.access.password_hash if seen.access else _NOBODYS_HASH
        if checked is None:
            checked = stored, auth.password_matches(password, stored)
        outcome = _outcome(seen, right=checked == (stored, True) and role in {None, seen.user and seen.user.role})
        try:
            if outcome != "signed_in" or not (seen.client and seen.user and seen.access):
                _count_failure(ctx, client_id, seen, outcome)
                break
            return _begin(
                ctx, seen.client, seen.user, seen.access, logins.failure_reset_write(seen.tries_key, seen.tries)
            )
        except Refused:
            continue
    else:
        raise TryLater("busy", "too many are signing in under this name at once; try again in a moment")
    log.event("login_refused", request_id=ctx.request_id)
    raise Unauthenticated("bad-login", "client, login name or password is wrong")


def renew(ctx: Context, *, refresh_token: str) -> SignIn:
    """Issue new tokens for a session; the refresh token that was sent becomes invalid.

    A token that was used up already is in the hands of two: the session ends.

    :raises Unauthenticated: for any token but a session's present one.
    :raises TryLater: if the user's sessions kept changing meanwhile; the token is still good then.
    """
    client_id, user_id, session_id, family, secret = _refresh_parts(refresh_token)
    for _ in range(RACES):
        user, access, found = users.find_with_access(client_id, user_id, tenancy.client_key(client_id))
        client = tenancy.client_of(found[tenancy.client_key(client_id)])
        session = access.find(session_id) if access and access.active else None
        if not (client and user and access and session) or session.good_until <= ctx.now:
            break
        if not auth.secret_matches(family, session.family_print):
            break
        try:
            if not auth.secret_matches(secret, session.token_print):
                ends = logins.session_end_writes(client_id, [session], at=ctx.now, by="reused_token")
                transact([users.session_removal_write(client_id, user_id, session), *ends])
                log.event("refresh_token_reused", request_id=ctx.request_id, client=client_id)
                break
            fresh = auth.new_secret()
            until = good_until(started_at=session.started_at, now=ctx.now, idle_minutes=client.idle_minutes)
            renewed = replace(session, good_until=until, token_print=auth.secret_print(fresh))
            users.renew_session(client_id, user_id, session, renewed)
        except Refused:
            continue
        return _tokens(ctx, client, user, session_id, f"{family}.{fresh}")
    else:
        raise TryLater("busy", "others are changing the same sessions; try again in a moment")
    raise Unauthenticated("bad-refresh-token", _BAD_REFRESH)


def list_logins(
    ctx: Context, *, user_id: str | None, outcome: str | None, day: str | None, limit: int, cursor: str | None
) -> Page[LoginEvent]:
    """List who tried to sign in, the latest first; `day` is a day in UTC."""
    return logins.events_page(
        ctx.client, user_id=user_id, outcome=outcome, day=day, now=ctx.now, limit=limit, cursor=cursor
    )


def _look(client_id: str, name: str) -> _Seen:
    """Read all about a login name in two requests, the same ones whether it is known or not."""
    client_key, name_key = tenancy.client_key(client_id), keys.login_name(client_id, name)
    tries_key = logins.tries_key(client_id, name)
    found = bulk.read_together([client_key, name_key, tries_key])
    user_id = users.user_id_of(found[name_key]) or fingerprint(name)
    user, access, _ = users.find_with_access(client_id, user_id)
    return _Seen(tenancy.client_of(found[client_key]), tries_key, logins.tries_of(found[tries_key]), user, access)


def _outcome(seen: _Seen, *, right: bool) -> Outcome:
    if not (seen.client and seen.user and seen.access):
        return "unknown"
    if seen.user.status != "active" or not seen.access.active:
        return "disabled"
    return "signed_in" if right else "wrong_password"


def _count_failure(ctx: Context, client_id: str, seen: _Seen, outcome: Outcome) -> None:
    counted = logins.failure_count_write(seen.tries_key, seen.tries, ctx.now)
    transact([counted, logins.login_event_write(client_id, _event(ctx, ctx.new_id(), seen.user, outcome))])


def _begin(ctx: Context, client: Client, user: User, access: Access, forget: Action) -> SignIn:
    family, secret = auth.new_secret(), auth.new_secret()
    session = Session(
        id=ctx.new_id(),
        started_at=ctx.now,
        good_until=good_until(started_at=ctx.now, now=ctx.now, idle_minutes=client.idle_minutes),
        family_print=auth.secret_print(family),
        token_print=auth.secret_print(secret),
    )
    gone = access.displaced_by_one_more(now=ctx.now)
    displaced = [one for one in gone if one.good_until > ctx.now]
    transact(
        [
            forget,
            users.session_start_write(client.id, access, session, gone),
            logins.login_event_write(client.id, _event(ctx, session.id, user, "signed_in")),
            *logins.session_end_writes(client.id, displaced, at=ctx.now, by="displaced"),
        ]
    )
    return _tokens(ctx, client, user, session.id, f"{family}.{secret}")


def _tokens(ctx: Context, client: Client, user: User, session_id: str, secrets: str) -> SignIn:
    says = AccessToken(client.id, user.id, user.role, session_id, user.consumer_id)
    access_token = auth.issue_access_token(says, now=ctx.now, minutes=client.session_minutes)
    refresh_token = f"{client.id}.{user.id}.{session_id}.{secrets}"
    return SignIn(access_token, client.session_minutes * 60, refresh_token, user)


def _refresh_parts(token: str) -> tuple[str, str, str, str, str]:
    try:
        client_id, user_id, session_id, family, secret = token.split(".")
        return (
            slug(client_id, "a client"),
            known_ulid(user_id, "user"),
            known_ulid(session_id, "session"),
            family,
            secret,
        )
    except (ValueError, MeterbookError):
        raise Unauthenticated("bad-refresh-token", _BAD_REFRESH) from None


def _event(ctx: Context, event_id: str, user: User | None, outcome: Outcome) -> LoginEvent:
    return LoginEvent(
        id=event_id,
        at=ctx.now,
        outcome=outcome,
        method="password",
        address=ctx.address,
        agent=ctx.agent,
        user_id=user.id if user else None,
        login=user.login if user else None,
    )

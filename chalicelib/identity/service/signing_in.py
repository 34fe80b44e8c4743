"""Sign in with a password, and renew a session with its refresh token."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.identity.domain.lockout import (
    FORGOTTEN_AFTER,
    PER_NETWORK,
    WINDOW,
    LoginAttempts,
    free_tries,
    too_many_tries,
    window_of,
)
from chalicelib.identity.domain.logins import LoginEvent, Outcome
from chalicelib.identity.domain.names import name_to_find
from chalicelib.identity.domain.sessions import Access, Session, good_until, network_print
from chalicelib.identity.domain.users import User
from chalicelib.identity.repository import logins, users
from chalicelib.identity.service.sessions import RACES
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import MeterbookError, TryLater, Unauthenticated
from chalicelib.kernel.ids import fingerprint, known_ulid, slug
from chalicelib.kernel.network import network_of
from chalicelib.kernel.page import Page
from chalicelib.platform import auth, bulk, keys, log
from chalicelib.platform.auth import AccessToken
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Refused, transact, update_alone
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client

# The hash that an unknown user's password is compared with, so that the answer takes as long as for a known user.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeOeT0zTK8ZsmGkqbOkwvHLDEHyKzTKmCS"
_BAD_REFRESH = "this refresh token is not good any more; sign in again"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The result of a sign-in: the access token, the refresh token, and the user."""

    access_token: str
    expires_seconds: int
    refresh_token: str
    user: User

    @property
    def token_type(self) -> str:
        return "Bearer"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is stored about a login name, and about attempts for it from one network."""

    client: Client | None
    tries_key: Key
    tries: LoginAttempts
    failures_today: int
    failures_of_network: int
    user: User | None
    access: Access | None
    network: str  # its hash
    method: str

    @property
    def knows_network(self) -> bool:
        """Return whether the user signed in, or reset the password by mail, from this network before."""
        return self.access is not None and self.network in self.access.networks

    @property
    def is_crowded(self) -> bool:
        """Return whether too many attempts failed from this network, over all names."""
        return self.failures_of_network >= PER_NETWORK

    @property
    def is_heard(self) -> bool:
        """Return whether the password is checked at all: from a crowded network, only for users who used it before."""
        return self.knows_network or not self.is_crowded

    @property
    def counted(self) -> LoginAttempts:
        """The wrong passwords that still count."""
        return self.tries.since(self.access.password_set_at if self.access else None)

    def check(self, now: datetime) -> None:
        """Check that no wait is due for this name from this network.

        :raises TooMany: with the seconds that are left.
        """
        self.counted.check(now, free=free_tries(self.failures_today, known_network=self.knows_network))


def sign_in(
    ctx: Context, *, client_id: str, login: str, password: str, role: str | None = None, method: str = "api"
) -> SignIn:
    """Begin a session of a client's user: two read requests, one write request, one password check.

    Unknown client, unknown user, disabled user, wrong password and wrong role take the same password check and get the
    same answer. The attempt is counted before the answer, so parallel attempts gain nothing. Wrong passwords count for
    the name and the caller's network, so that a stranger elsewhere can't lock a user out. From a network with too many
    failures over all names, only users who signed in from there before, or reset their password there, can sign in.
    For a client that does not exist, nothing is stored.

    :raises Unauthenticated: if client, login name, password or role is wrong.
    :raises TooMany: after ten wrong passwords in a row, or too many from one network, for a while.
    """
    name = name_to_find(login)
    checked: tuple[str, bool] | None = None
    for _ in range(RACES):
        seen = _look(ctx, client_id, name, method)
        seen.check(ctx.now)
        stored = seen.access.password_hash if seen.access else _NOBODYS_HASH
        if checked is None:
            checked = stored, auth.password_matches(password, stored)
        outcome = _outcome(seen, right=checked == (stored, True) and role in {None, seen.user and seen.user.role})
        try:
            if seen.is_heard and seen.client:
                if outcome == "signed_in" and seen.user and seen.access:
                    return _begin(ctx, seen, seen.client, seen.user, seen.access)
                _count_failure(ctx, client_id, name, seen, outcome)
        except Refused:
            continue
        if seen.is_crowded:
            raise too_many_tries(window_of(ctx.now, WINDOW) + WINDOW - ctx.now)
        break
    else:
        raise TryLater("busy", "too many attempts to sign in with this name at once; try again in a moment")
    log.event("login_refused", request_id=ctx.request_id)
    raise Unauthenticated("bad-login", "client, login name or password is wrong")


def renew(ctx: Context, *, refresh_token: str) -> SignIn:
    """Issue new tokens for a session; the refresh token that was sent becomes invalid.

    If a used token is sent again, it may have been stolen: the session ends.

    :raises Unauthenticated: for any token except a session's present one.
    :raises TryLater: if the user's sessions kept changing meanwhile; the token is then still valid.
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
    """List attempts to sign in, latest first; `day` is a day in UTC."""
    return logins.events_page(
        ctx.client, user_id=user_id, outcome=outcome, day=day, now=ctx.now, limit=limit, cursor=cursor
    )


def _look(ctx: Context, client_id: str, name: str, method: str) -> _Seen:
    """Read everything about a login name in two requests, the same ones whether or not it exists."""
    network = network_of(ctx.address)
    client_key, name_key = tenancy.client_key(client_id), keys.login_name(client_id, name)
    tries_key = logins.tries_key(client_id, name, network)
    today = logins.name_count_key(client_id, name, ctx.now)
    of_network = logins.network_count_key(client_id, network, ctx.now)
    found = bulk.read_together([client_key, name_key, tries_key, today, of_network])
    user_id = users.user_id_of(found[name_key]) or fingerprint(name)
    user, access, _ = users.find_with_access(client_id, user_id)
    return _Seen(
        client=tenancy.client_of(found[client_key]),
        tries_key=tries_key,
        tries=logins.tries_of(found[tries_key]),
        failures_today=logins.count_of(found[today]),
        failures_of_network=logins.count_of(found[of_network]),
        user=user,
        access=access,
        network=network_print(ctx.address),
        method=method,
    )


def _outcome(seen: _Seen, *, right: bool) -> Outcome:
    if not (seen.client and seen.user and seen.access):
        return "unknown"
    if seen.user.status != "active" or not seen.access.active:
        return "disabled"
    return "signed_in" if right else "wrong_password"


def _count_failure(ctx: Context, client_id: str, name: str, seen: _Seen, outcome: Outcome) -> None:
    """Count a failed sign-in for name and network, and for the network over all names unless it has too many.

    The name's count of the day is written outside the transaction: all networks share it, so transactions would
    conflict.
    """
    counted = [logins.failure_count_write(seen.tries_key, seen.tries, seen.counted.failed(ctx.now), ctx.now)]
    if not seen.is_crowded:
        key = logins.network_count_key(client_id, network_of(ctx.address), ctx.now)
        forgotten_at = ctx.now + 2 * WINDOW
        counted.append(logins.count_write("network", key, forgotten_at=forgotten_at, most=PER_NETWORK))
    transact([*counted, logins.login_event_write(client_id, _event(ctx, ctx.new_id(), seen, outcome))])
    today = logins.name_count_key(client_id, name, ctx.now)
    update_alone(logins.count_write("name", today, forgotten_at=ctx.now + FORGOTTEN_AFTER))


def _begin(ctx: Context, seen: _Seen, client: Client, user: User, access: Access) -> SignIn:
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
            logins.failure_reset_write(seen.tries_key, seen.tries),
            users.session_start_write(client.id, access, session, gone, network=seen.network),
            logins.login_event_write(client.id, _event(ctx, session.id, seen, "signed_in")),
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


def _event(ctx: Context, event_id: str, seen: _Seen, outcome: Outcome) -> LoginEvent:
    return LoginEvent(
        id=event_id,
        at=ctx.now,
        outcome=outcome,
        method=seen.method,
        address=ctx.address,
        agent=ctx.agent,
        user_id=seen.user.id if seen.user else None,
        login=seen.user.login if seen.user else None,
    )

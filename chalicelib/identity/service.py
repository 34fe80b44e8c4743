"""Sign in, and register who may."""

from dataclasses import dataclass

from chalicelib.identity import repository
from chalicelib.identity.domain import (
    CONSUMER,
    ROLES,
    User,
    check_login,
    check_password,
    check_role,
    could_be_login,
    normalised_login,
)
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.page import Page
from chalicelib.platform import auth, log
from chalicelib.platform.transaction import Refused
from chalicelib.tenancy import service as tenancy

# What an unknown user's password is compared with, so that the answer takes as long as for a known one.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeOeT0zTK8ZsmGkqbOkwvHLDEHyKzTKmCS"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A fresh session: the token to send with each request and who it stands for."""

    access_token: str
    expires_seconds: int
    user: User


def sign_in(ctx: Context, *, client_id: str, login: str, password: str) -> SignIn:
    """This function will give an access token for a client's user.

    Unknown client, unknown user, disabled user and wrong password take the same work and get the same answer.

    :raises Unauthenticated: if it is not them.
    """
    client = tenancy.find_client(client_id)
    unique = normalised_login(login)
    user = repository.find_user_by_login(client_id, unique) if client and could_be_login(unique) else None
    matches = auth.password_matches(password, user.password_hash if user else _NOBODYS_HASH)
    if client is None or user is None or not matches or not user.active:
        log.event("login_refused", request_id=ctx.request_id)
        raise Unauthenticated("bad-login", "client, login name or password is wrong")
    token = auth.issue_access_token(user.as_actor(), client=client_id, now=ctx.now, minutes=client.session_minutes)
    return SignIn(token, client.session_minutes * 60, user)


def register_staff(ctx: Context, *, login: str, name: str, password: str, role: str) -> User:
    """This function will make a login for somebody of the utility.

    :raises Invalid: for a role, login name or password against the client's rules.
    :raises Forbidden: for a role that may do more than whoever gives it.
    :raises Conflict: if the login name is taken.
    """
    check_role(role)
    if not ROLES[role] <= ctx.actor.permissions:
        raise Forbidden("role-too-high", f"you can't give the role {role}: it may do things that you may not")
    return _register(ctx, login=login, name=name, password=password, role=role, consumer_id=None)


def register_consumer_login(ctx: Context, *, consumer_id: str, login: str, name: str, password: str) -> User:
    """This function will make a login for a consumer, who then sees what is theirs and nothing else.

    :raises Invalid: for a login name or password against the client's rules.
    :raises Conflict: if the login name is taken.
    """
    return _register(ctx, login=login, name=name, password=password, role=CONSUMER, consumer_id=consumer_id)


def get_me(ctx: Context) -> User:
    """This function will give the signed-in user.

    :raises NotFound: if the user is gone since the token was issued.
    """
    user = repository.find_user(ctx.client, ctx.actor.id)
    if user is None:
        raise NotFound("not-found", "this user no longer exists")
    return user


def list_users(ctx: Context, *, limit: int, cursor: str | None) -> Page[User]:
    """This function will list the client's users, one page at a time."""
    return repository.users_page(ctx.client, limit=limit, cursor=cursor)


def _register(ctx: Context, *, login: str, name: str, password: str, role: str, consumer_id: str | None) -> User:
    client = tenancy.get_client(ctx)
    unique = check_login(login, client.login_names)
    check_password(password, client.password_rule)
    user = User(
        id=ctx.new_id(),
        login=unique,
        name=name,
        role=role,
        password_hash=auth.hash_password(password),
        active=True,
        consumer_id=consumer_id,
        created_at=ctx.now,
        request_print=fingerprint(unique, name, role, consumer_id or ""),
    )
    try:
        repository.insert_user(ctx.client, user)
    except Refused as refused:
        if "user" in refused.labels:
            return _repeated(ctx, user)
        raise Conflict("login-taken", f"the login name {unique} is already in use") from None
    return user


def _repeated(ctx: Context, asked: User) -> User:
    """This function will answer a repetition with what the first request made."""
    made = repository.find_user(ctx.client, asked.id)
    if made is None or made.request_print != asked.request_print:
        raise Invalid("key-reused", "this Idempotency-Key was used for another request; take a fresh one")
    return made

"""Consumers, their logins and their own profiles over HTTP."""

from chalice.app import Blueprint

from chalicelib.consumers import service
from chalicelib.consumers.schemas import (
    ConsumerOut,
    LoginMade,
    NewConsumer,
    NewLogin,
    ProfileChange,
    Registered,
    RegisteredView,
    Registration,
    UserDeleted,
)
from chalicelib.kernel.context import Context
from chalicelib.platform.http import PUBLIC, SIGNED_IN, endpoint

blueprint = Blueprint(__name__)

_CONSUMERS = "/api/clients/{clientId}/consumers"
_CONSUMER = _CONSUMERS + "/{consumerId}"
_USER = "/api/clients/{clientId}/users/{userId}"


@endpoint(
    blueprint,
    "POST",
    _CONSUMERS,
    permission="consumers.manage",
    body=NewConsumer,
    returns=ConsumerOut,
    status=201,
    location=_CONSUMERS + "/{id}",
    errors="bad-email name-missing",
)
def register_consumer(ctx: Context, *, body: NewConsumer) -> ConsumerOut:
    """Register a consumer."""
    return ConsumerOut.of(service.register_consumer(ctx, **body.model_dump(by_alias=False)))


@endpoint(blueprint, "GET", "/api/me/profile", permission=SIGNED_IN, returns=ConsumerOut, errors="not-found")
def my_profile(ctx: Context) -> ConsumerOut:
    """Show the signed-in consumer's profile."""
    return ConsumerOut.of(service.get_own_profile(ctx))


@endpoint(
    blueprint,
    "PATCH",
    "/api/me/profile",
    permission=SIGNED_IN,
    body=ProfileChange,
    returns=ConsumerOut,
    errors="changed not-found",
)
def change_my_profile(ctx: Context, *, body: ProfileChange) -> ConsumerOut:
    """Change your phone number or address."""
    return ConsumerOut.of(service.change_own_profile(ctx, version=body.version, changes=body.changes()))


@endpoint(
    blueprint,
    "POST",
    _CONSUMER + "/login",
    permission="consumers.manage",
    body=NewLogin,
    returns=LoginMade,
    status=201,
    location="/api/clients/{clientId}/users/{user_id}",
    errors="bad-login changed consumer-deleted login-exists login-taken weak-password",
)
def open_login(ctx: Context, *, consumer_id: str, body: NewLogin) -> LoginMade:
    """Create a login for a consumer."""
    user = service.open_login(ctx, consumer_id=consumer_id, login=body.login, password=body.password)
    return LoginMade(user_id=user.id, login=user.login)


@endpoint(
    blueprint,
    "POST",
    "/api/auth/register",
    permission=PUBLIC,
    body=Registration,
    returns=Registered,
    status=201,
    location="/api/me/profile",
    errors="bad-email bad-login changed email-taken key-reused login-taken no-self-registration "
    "name-missing too-many-registrations weak-password",
)
def register_self(ctx: Context, *, body: Registration) -> Registered:
    """Register yourself as a consumer, where the utility allows it."""
    facts = body.model_dump(by_alias=False, exclude={"client_id"})
    consumer, user = service.register_self(ctx, client_id=body.client_id, **facts)
    return Registered.of(RegisteredView(consumer), user)


@endpoint(
    blueprint,
    "DELETE",
    _USER,
    permission="users.manage",
    returns=UserDeleted,
    errors="changed consumer-connected last-superuser role-too-high yourself",
)
def delete_user(ctx: Context, *, user_id: str) -> UserDeleted:
    """Delete a user. The record stays, but nobody can sign in with it."""
    return UserDeleted.of(service.delete_user(ctx, user_id=user_id))

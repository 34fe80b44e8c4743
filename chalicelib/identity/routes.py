"""Signing in and users over HTTP."""

from chalice.app import Blueprint

from chalicelib.identity import service
from chalicelib.identity.schemas import NewStaff, SignInBody, SignInOut, UserOut, UserPage
from chalicelib.kernel.context import Context
from chalicelib.platform.http import PUBLIC, SIGNED_IN, endpoint
from chalicelib.platform.schema import PageQuery

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/auth/login", permission=PUBLIC, body=SignInBody, returns=SignInOut)
def sign_in(ctx: Context, *, body: SignInBody) -> SignInOut:
    """Sign in: an access token for a login name and password of a client."""
    return SignInOut.of(service.sign_in(ctx, client_id=body.client, login=body.login, password=body.password))


@endpoint(blueprint, "GET", "/api/me", permission=SIGNED_IN, returns=UserOut)
def get_me(ctx: Context) -> UserOut:
    """Show who is signed in."""
    return UserOut.of(service.get_me(ctx))


@endpoint(
    blueprint,
    "POST",
    "/api/clients/{client}/users",
    permission="users.manage",
    body=NewStaff,
    returns=UserOut,
    status=201,
)
def register_staff(ctx: Context, *, body: NewStaff) -> UserOut:
    """Make a login for somebody of the utility."""
    user = service.register_staff(ctx, login=body.login, name=body.name, password=body.password, role=body.role)
    return UserOut.of(user)


@endpoint(blueprint, "GET", "/api/clients/{client}/users", permission="users.read", query=PageQuery, returns=UserPage)
def list_users(ctx: Context, *, query: PageQuery) -> UserPage:
    """List the client's users."""
    page = service.list_users(ctx, limit=query.limit, cursor=query.cursor)
    return UserPage(items=tuple(UserOut.of(user) for user in page.items), cursor=page.cursor)

"""Sign-in, users, roles and login events over HTTP."""

from chalice.app import Blueprint

from chalicelib.identity import service
from chalicelib.identity.schemas.sessions import (
    LoginPage,
    LoginQuery,
    Renewal,
    Reset,
    ResetAsked,
    ResetRequest,
    SignedOut,
    SignInBody,
    SignInOut,
)
from chalicelib.identity.schemas.users import (
    AreasChange,
    MeOut,
    MyChange,
    NewRole,
    NewStaff,
    PasswordChange,
    PasswordSet,
    RoleChange,
    RoleList,
    RoleOut,
    RoleSet,
    UserChange,
    UserOut,
    UserPage,
    UserQuery,
    UserStatusChange,
)
from chalicelib.kernel.context import Context
from chalicelib.platform.auth import check_sessions_by, name_users_by
from chalicelib.platform.http import PUBLIC, SIGNED_IN, endpoint

blueprint = Blueprint(__name__)
check_sessions_by(service.check_session)
name_users_by(service.names_of)

_USERS = "/api/clients/{clientId}/users"
_USER = _USERS + "/{userId}"
_ROLES = "/api/clients/{clientId}/roles"
_ROLE = _ROLES + "/{role}"


@endpoint(
    blueprint,
    "POST",
    "/api/auth/login",
    permission=PUBLIC,
    body=SignInBody,
    returns=SignInOut,
    errors="bad-login too-many-tries",
)
def sign_in(ctx: Context, *, body: SignInBody) -> SignInOut:
    """Sign in with a client's login name and password; get tokens."""
    session = service.sign_in(ctx, **body.model_dump(by_alias=False))
    return SignInOut.of(session)


@endpoint(
    blueprint,
    "POST",
    "/api/auth/refresh",
    permission=PUBLIC,
    body=Renewal,
    returns=SignInOut,
    errors="bad-refresh-token",
)
def renew(ctx: Context, *, body: Renewal) -> SignInOut:
    """Renew a session: exchange a refresh token for new tokens."""
    return SignInOut.of(service.renew(ctx, refresh_token=body.refresh_token))


@endpoint(
    blueprint,
    "POST",
    "/api/auth/password-reset",
    permission=PUBLIC,
    body=ResetRequest,
    returns=ResetAsked,
    status=202,
    errors="too-many-resets",
)
def ask_for_reset(ctx: Context, *, body: ResetRequest) -> ResetAsked:
    """Request a mail to reset a forgotten password."""
    service.ask_for_reset(ctx, client_id=body.client_id, login=body.login)
    return ResetAsked.whatever()


@endpoint(
    blueprint,
    "POST",
    "/api/auth/password-reset/confirmation",
    permission=PUBLIC,
    body=Reset,
    returns=SignedOut,
    errors="bad-reset weak-password",
)
def reset_password(ctx: Context, *, body: Reset) -> SignedOut:
    """Set a new password with a mailed token; all sessions end."""
    return SignedOut(sessions=service.reset_password(ctx, token=body.token, new=body.password))


@endpoint(blueprint, "POST", "/api/auth/logout", permission=SIGNED_IN, returns=SignedOut)
def sign_out(ctx: Context) -> SignedOut:
    """End this session."""
    return SignedOut(sessions=service.sign_out(ctx))


@endpoint(blueprint, "POST", "/api/auth/logout-everywhere", permission=SIGNED_IN, returns=SignedOut)
def sign_out_everywhere(ctx: Context) -> SignedOut:
    """End all your sessions."""
    return SignedOut(sessions=service.sign_out_everywhere(ctx))


@endpoint(blueprint, "GET", "/api/me", permission=SIGNED_IN, returns=MeOut)
def get_me(ctx: Context) -> MeOut:
    """Show the signed-in user and their permissions."""
    return MeOut.of(service.get_me(ctx), ctx.actor)


@endpoint(
    blueprint,
    "PATCH",
    "/api/me",
    permission=SIGNED_IN,
    body=MyChange,
    returns=UserOut,
    errors="bad-login changed consumer-profile login-taken too-many-tries wrong-password",
)
def change_me(ctx: Context, *, body: MyChange) -> UserOut:
    """Change your name, phone number or e-mail address (staff only)."""
    return UserOut.of(service.change_me(ctx, changes=body.given(), password=body.password))


@endpoint(
    blueprint,
    "PUT",
    "/api/me/password",
    permission=SIGNED_IN,
    body=PasswordChange,
    returns=UserOut,
    errors="changed too-many-tries weak-password wrong-password",
)
def change_own_password(ctx: Context, *, body: PasswordChange) -> UserOut:
    """Change your password; all your sessions end."""
    return UserOut.of(service.change_own_password(ctx, current=body.current, new=body.new))


@endpoint(
    blueprint,
    "POST",
    _USERS,
    permission="users.manage",
    body=NewStaff,
    returns=UserOut,
    status=201,
    location=_USERS + "/{id}",
    errors="bad-login changed login-taken role-too-high unknown-area unknown-role weak-password",
)
def register_staff(ctx: Context, *, body: NewStaff) -> UserOut:
    """Create a staff user."""
    return UserOut.of(service.register_staff(ctx, **body.model_dump(by_alias=False)))


@endpoint(blueprint, "GET", _USERS, permission="users.read", query=UserQuery, returns=UserPage)
def list_users(ctx: Context, *, query: UserQuery) -> UserPage:
    """List or search the client's users."""
    page = service.list_users(
        ctx, role=query.role, status=query.status, text=query.q, limit=query.limit, cursor=query.cursor
    )
    return UserPage.of(page)


@endpoint(blueprint, "GET", _USER, permission="users.read", returns=UserOut)
def get_user(ctx: Context, *, user_id: str) -> UserOut:
    """Show a user."""
    return UserOut.of(service.get_user(ctx, user_id=user_id))


@endpoint(
    blueprint,
    "PATCH",
    _USER,
    permission="users.manage",
    body=UserChange,
    returns=UserOut,
    errors="bad-login changed login-taken role-too-high yourself",
)
def change_user(ctx: Context, *, user_id: str, body: UserChange) -> UserOut:
    """Change a user's name, number, phone number or e-mail address."""
    return UserOut.of(service.change_user(ctx, user_id=user_id, changes=body.given()))


@endpoint(
    blueprint,
    "PUT",
    _USER + "/role",
    permission="users.manage",
    body=RoleChange,
    returns=UserOut,
    errors="changed consumer-login last-superuser role-too-high unknown-role yourself",
)
def change_role(ctx: Context, *, user_id: str, body: RoleChange) -> UserOut:
    """Change a user's role; their sessions end."""
    return UserOut.of(service.change_role(ctx, user_id=user_id, role=body.role))


@endpoint(
    blueprint,
    "PUT",
    _USER + "/areas",
    permission="users.manage",
    body=AreasChange,
    returns=UserOut,
    errors="changed role-too-high unknown-area",
)
def change_areas(ctx: Context, *, user_id: str, body: AreasChange) -> UserOut:
    """Change the areas that a user's permissions are limited to, effective from their next request."""
    return UserOut.of(service.change_areas(ctx, user_id=user_id, areas=body.areas))


@endpoint(
    blueprint,
    "PUT",
    _USER + "/password",
    permission="users.manage",
    body=PasswordSet,
    returns=UserOut,
    errors="changed role-too-high weak-password yourself",
)
def set_password(ctx: Context, *, user_id: str, body: PasswordSet) -> UserOut:
    """Set another user's password; their sessions end."""
    return UserOut.of(service.set_password(ctx, user_id=user_id, new=body.password))


@endpoint(
    blueprint,
    "PUT",
    _USER + "/status",
    permission="users.manage",
    body=UserStatusChange,
    returns=UserOut,
    errors="changed last-superuser role-too-high yourself",
)
def change_status(ctx: Context, *, user_id: str, body: UserStatusChange) -> UserOut:
    """Disable a user, which ends their sessions, or enable them again."""
    return UserOut.of(service.change_status(ctx, user_id=user_id, status=body.status))


@endpoint(blueprint, "GET", _ROLES, permission="users.read", returns=RoleList)
def list_roles(ctx: Context) -> RoleList:
    """List the client's roles, and all permissions."""
    return RoleList.with_permissions(service.list_roles(ctx))


@endpoint(blueprint, "GET", _ROLE, permission="users.read", returns=RoleOut)
def get_role(ctx: Context, *, role: str) -> RoleOut:
    """Show a role."""
    return RoleOut.of(service.get_role(ctx, name=role))


@endpoint(
    blueprint,
    "POST",
    _ROLES,
    permission="roles.manage",
    body=NewRole,
    returns=RoleOut,
    status=201,
    location=_ROLES + "/{name}",
    errors="bad-role fixed-role role-exists role-too-high unknown-permission",
)
def define_role(ctx: Context, *, body: NewRole) -> RoleOut:
    """Define a role, or redefine a built-in one for this client."""
    return RoleOut.of(service.define_role(ctx, role=body.as_role(body.name)))


@endpoint(
    blueprint,
    "PUT",
    _ROLE,
    permission="roles.manage",
    body=RoleSet,
    returns=RoleOut,
    errors="bad-role changed fixed-role role-too-high unknown-permission",
)
def change_role_definition(ctx: Context, *, role: str, body: RoleSet) -> RoleOut:
    """Change a role's permissions, effective from its users' next requests."""
    return RoleOut.of(service.change_role_definition(ctx, role=body.as_role(role)))


@endpoint(blueprint, "DELETE", _ROLE, permission="roles.manage", returns=RoleOut, errors="role-too-high role-used")
def delete_role(ctx: Context, *, role: str) -> RoleOut:
    """Delete a role without users; a built-in one gets its original definition back."""
    return RoleOut.of(service.delete_role(ctx, name=role))


@endpoint(
    blueprint, "GET", "/api/clients/{clientId}/logins", permission="logins.read", query=LoginQuery, returns=LoginPage
)
def list_logins(ctx: Context, *, query: LoginQuery) -> LoginPage:
    """List attempts to sign in, latest first."""
    return LoginPage.of(service.list_logins(ctx, **query.for_use()))

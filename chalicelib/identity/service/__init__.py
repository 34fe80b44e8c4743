"""Use cases of identity: signing in, sessions, users, roles, login events."""

from chalicelib.identity.service.passwords import change_own_password, set_password
from chalicelib.identity.service.roles import change_role_definition, define_role, delete_role, list_roles
from chalicelib.identity.service.sessions import check_session, sign_out, sign_out_everywhere
from chalicelib.identity.service.signing_in import SignIn, list_logins, renew, sign_in
from chalicelib.identity.service.users import (
    change_areas,
    change_role,
    change_status,
    change_user,
    delete_user,
    get_me,
    get_user,
    list_users,
    prepare_consumer_login,
    register_consumer_login,
    register_first_superuser,
    register_staff,
)

__all__ = [
    "SignIn",
    "change_areas",
    "change_own_password",
    "change_role",
    "change_role_definition",
    "change_status",
    "change_user",
    "check_session",
    "define_role",
    "delete_role",
    "delete_user",
    "get_me",
    "get_user",
    "list_logins",
    "list_roles",
    "list_users",
    "prepare_consumer_login",
    "register_consumer_login",
    "register_first_superuser",
    "register_staff",
    "renew",
    "set_password",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
]

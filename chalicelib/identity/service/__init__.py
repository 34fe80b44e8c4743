"""Use cases of identity: signing in, sessions, users, roles, login events."""

from chalicelib.identity.service.common import insert, name_taken
from chalicelib.identity.service.passwords import change_own_password, set_password
from chalicelib.identity.service.resets import ask_for_reset, mail_reset, reset_password
from chalicelib.identity.service.roles import (
    begin_with_role,
    change_role_definition,
    define_role,
    delete_role,
    get_role,
    list_roles,
)
from chalicelib.identity.service.sessions import check_session, end_sessions, sign_out, sign_out_everywhere
from chalicelib.identity.service.signing_in import SignIn, list_logins, renew, sign_in
from chalicelib.identity.service.users import (
    change_areas,
    change_me,
    change_role,
    change_status,
    change_user,
    consumer_login_delete_writes,
    consumer_login_update_writes,
    delete_user,
    get_me,
    get_user,
    list_users,
    names_of,
    prepare_consumer_login,
    proof_writes,
    register_first_superuser,
    register_staff,
)

__all__ = [
    "SignIn",
    "ask_for_reset",
    "begin_with_role",
    "change_areas",
    "change_me",
    "change_own_password",
    "change_role",
    "change_role_definition",
    "change_status",
    "change_user",
    "check_session",
    "consumer_login_delete_writes",
    "consumer_login_update_writes",
    "define_role",
    "delete_role",
    "delete_user",
    "end_sessions",
    "get_me",
    "get_role",
    "get_user",
    "insert",
    "list_logins",
    "list_roles",
    "list_users",
    "mail_reset",
    "name_taken",
    "names_of",
    "prepare_consumer_login",
    "proof_writes",
    "register_first_superuser",
    "register_staff",
    "renew",
    "reset_password",
    "set_password",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
]

"""The rules of users: roles, login names, passwords and sessions."""

from chalicelib.identity.domain.names import could_be_login, normalised_login
from chalicelib.identity.domain.passwords import check_password
from chalicelib.identity.domain.roles import BUILT_IN, CONSUMER, PERMISSIONS, ROLES, Role, Scope
from chalicelib.identity.domain.users import User, check_login

__all__ = [
    "BUILT_IN",
    "CONSUMER",
    "PERMISSIONS",
    "ROLES",
    "Role",
    "Scope",
    "User",
    "check_login",
    "check_password",
    "could_be_login",
    "normalised_login",
]

"""Users and their unique login names in the table."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.identity.domain import User
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, TableItem
from chalicelib.platform.transaction import insert, transact


class UserItem(TableItem):
    user = UnicodeAttribute()
    login = UnicodeAttribute()
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    password_hash = UnicodeAttribute()
    active = BooleanAttribute()
    consumer_id = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    request_print = UnicodeAttribute()


class LoginItem(TableItem):
    user = UnicodeAttribute()


def insert_user(client_id: str, user: User) -> None:
    """This function will write a user and claim the login name in one transaction. Five write units.

    :raises Refused: labels `user` (this request was carried out before) or `login` (the name is taken).
    """
    item = UserItem(
        *keys.user(client_id, user.id),
        g1p=keys.users(client_id),
        g1s=user.id,
        user=user.id,
        login=user.login,
        name=user.name,
        role=user.role,
        password_hash=user.password_hash,
        active=user.active,
        consumer_id=user.consumer_id,
        created_at=user.created_at,
        request_print=user.request_print,
    )
    login = LoginItem(*keys.login_name(client_id, user.login), user=user.id)
    transact([insert("user", item), insert("login", login)])


def find_user(client_id: str, user_id: str) -> User | None:
    item = dynamo.find(UserItem, keys.user(client_id, user_id))
    return _user(item) if item else None


def find_user_by_login(client_id: str, login: str) -> User | None:
    """This function will find who signs in under a normalised login name. Two reads."""
    claim = dynamo.find(LoginItem, keys.login_name(client_id, login))
    return find_user(client_id, claim.user) if claim else None


def users_page(client_id: str, *, limit: int, cursor: str | None) -> Page[User]:
    page = dynamo.page_of(UserItem, keys.users(client_id), "", limit=limit, cursor=cursor, index="account")
    return Page(tuple(_user(item) for item in page.items), page.cursor)


def _user(item: UserItem) -> User:
    return User(
        id=item.user,
        login=item.login,
        name=item.name,
        role=item.role,
        password_hash=item.password_hash,
        active=item.active,
        consumer_id=item.consumer_id,
        created_at=item.created_at,
        request_print=item.request_print,
    )

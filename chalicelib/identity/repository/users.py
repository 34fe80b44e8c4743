"""Users, their unique login names, and how they get in."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.attributes import Attribute, BooleanAttribute, UnicodeAttribute
from pynamodb.constants import STRING

from chalicelib.identity.domain.sessions import Access, Session
from chalicelib.identity.domain.users import Status, User, search_words
from chalicelib.kernel.clock import epoch_ms, from_epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
    TextsAttribute,
    stored_json,
)
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, put


class UserItem(TableItem):
    id = UnicodeAttribute(attr_name="user")
    login = UnicodeAttribute()
    number = UnicodeAttribute(null=True)
    name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    role = UnicodeAttribute()
    status = LiteralAttribute(Status)
    consumer_id = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    deleted_at = InstantAttribute(null=True)
    version = IntAttribute()
    words = UnicodeAttribute()
    areas = TextsAttribute(null=True)


class SessionsAttribute(Attribute[tuple[Session, ...]]):
    """The sessions that are alive, each as a JSON array of its fields in order."""

    attr_type = STRING

    def serialize(self, value: tuple[Session, ...]) -> str:
        rows = [
            [one.id, epoch_ms(one.started_at), epoch_ms(one.good_until), one.family_print, one.token_print]
            for one in value
        ]
        return stored_json(rows)

    def deserialize(self, value: str) -> tuple[Session, ...]:
        return tuple(
            Session(identifier, from_epoch_ms(started), from_epoch_ms(good), family, token)
            for identifier, started, good, family, token in json.loads(value)
        )


class AccessItem(TableItem):
    """Beside the user, not in it: no list and no index copies a password's hash."""

    password_hash = UnicodeAttribute()
    active = BooleanAttribute()
    sessions = SessionsAttribute()
    version = IntAttribute()
    areas = TextsAttribute(null=True)


class LoginItem(TableItem):
    user = UnicodeAttribute()


def user_insert_writes(client_id: str, user: User, access: Access) -> list[Action]:
    """Build the writes of a new user, who claims each login name. Labels: `user`, `login`."""
    return [
        insert("user", _user_item(client_id, user)),
        insert("access", _access_item(client_id, access)),
        *(login_claim_write(client_id, name, user.id) for name in user.names),
    ]


def login_claim_write(client_id: str, name: str, user_id: str) -> Action:
    """Build the write that claims a login name. Label: `login`, if it is taken."""
    return insert("login", LoginItem(*keys.login_name(client_id, name), user=user_id), subject=name)


def login_release_write(client_id: str, name: str) -> Action:
    """Build the write that frees a login name."""
    return delete("freed login", keys.login_name(client_id, name), subject=name)


def user_update_write(client_id: str, before: User, after: User) -> Action:
    """Build the write of a changed user, if nobody changed it meanwhile. Label: `user`."""
    return put("user", _user_item(client_id, after), UserItem.version == before.version)


def access_update_write(client_id: str, before: Access, after: Access) -> Action:
    """Build the write of a changed access, if nobody changed it meanwhile. Label: `access`."""
    return put("access", _access_item(client_id, after), AccessItem.version == before.version)


def find_user(client_id: str, user_id: str) -> User | None:
    item = dynamo.find(UserItem, keys.user(client_id, user_id))
    return _user(item) if item else None


def names_of(client_id: str, user_ids: Iterable[str]) -> dict[str, str]:
    """Read the names of users by id; who is not there has none. Half a read unit each."""
    found: dict[str, str] = {}
    for some in bulk.batches(user_ids, 100):
        raw = bulk.read_together([keys.user(client_id, each) for each in some], consistent=False)
        found |= {user.id: user.name for user in map(_user_of, raw.values()) if user}
    return found


def find_with_access(client_id: str, user_id: str, *also: Key) -> tuple[User | None, Access | None, dict[Key, Any]]:
    """Read a user with their access, and other items, in one request."""
    user, access = keys.user(client_id, user_id), keys.access(client_id, user_id)
    found = bulk.read_together([user, access, *also])
    return _user_of(found[user]), access_of(user_id, found[access]), found


def access_of(user_id: str, raw: dict[str, Any] | None) -> Access | None:
    """Return how a user gets in, of an item that was read together with others."""
    item = dynamo.parsed(AccessItem, raw)
    return to_entity(Access, item, user_id=user_id) if item else None


def user_id_of(raw: dict[str, Any] | None) -> str | None:
    """Return whose a login name is."""
    claim = dynamo.parsed(LoginItem, raw)
    return claim.user if claim else None


def users_page(
    client_id: str,
    *,
    consumers: Sequence[bool],
    role: str | None,
    status: str | None,
    words: Sequence[str],
    limit: int,
    cursor: str | None,
) -> Page[User]:
    """List staff, consumers or first the one and then the other; the deleted only if asked for."""
    only = UserItem.status == status if status else UserItem.status != "deleted"
    if role:
        only &= UserItem.role == role
    for word in words:
        only &= UserItem.words.contains(f" {word}")
    partitions = [keys.users(client_id, consumers=kind) for kind in consumers]
    page = dynamo.shards_page(UserItem, partitions, "", limit=limit, cursor=cursor, index="account", only=only)
    return Page(tuple(_user(item) for item in page.items), page.next_cursor)


def _user_item(client_id: str, user: User) -> UserItem:
    return to_item(
        UserItem,
        keys.user(client_id, user.id),
        user,
        g1p=keys.users(client_id, consumers=user.consumer_id is not None),
        g1s=user.id,
        words=search_words(user),
    )


def _access_item(client_id: str, access: Access) -> AccessItem:
    return to_item(AccessItem, keys.access(client_id, access.user_id), access)


def _user_of(raw: dict[str, Any] | None) -> User | None:
    item = dynamo.parsed(UserItem, raw)
    return _user(item) if item else None


def _user(item: UserItem) -> User:
    return to_entity(User, item)

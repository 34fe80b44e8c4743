"""Users, their unique login names and their access."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import Attribute, BooleanAttribute, UnicodeAttribute
from pynamodb.constants import MAP, STRING
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action as Change

from chalicelib.identity.domain.sessions import Access, Session
from chalicelib.identity.domain.users import Status, User, search_words
from chalicelib.kernel.clock import epoch_ms, from_epoch_ms
from chalicelib.kernel.page import Page
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import (
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    LiteralAttribute,
    TableItem,
    TextsAttribute,
    stored_json,
)
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, put, update, update_alone


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
    unproven = FlagAttribute(null=True)
    asked_number = UnicodeAttribute(null=True)


class SessionsAttribute(Attribute[tuple[Session, ...]]):
    """A user's sessions, oldest first: a map by id, so that each can be renewed and ended on its own.

    Each is a JSON array of its other fields in order.
    """

    attr_type = MAP

    def serialize(self, value: tuple[Session, ...]) -> dict[str, dict[str, str]]:
        return {one.id: {STRING: session_text(one)} for one in value}

    def deserialize(self, value: dict[str, dict[str, str]]) -> tuple[Session, ...]:
        sessions = [_session(identifier, stored[STRING]) for identifier, stored in value.items()]
        return tuple(sorted(sessions, key=lambda one: (one.started_at, one.id)))


def session_text(session: Session) -> str:
    """Format a session for the table."""
    fields = (epoch_ms(session.started_at), epoch_ms(session.good_until), session.family_print, session.token_print)
    return stored_json(fields)


def _session(identifier: str, text: str) -> Session:
    started, good, family, token = json.loads(text)
    return Session(identifier, from_epoch_ms(started), from_epoch_ms(good), family, token)


class AccessItem(TableItem):
    """A user's access, apart from the user's item, so that no list or index contains a password hash."""

    password_hash = UnicodeAttribute()
    active = BooleanAttribute()
    sessions = SessionsAttribute(null=True, attr_name="live")
    version = IntAttribute()
    areas = TextsAttribute(null=True)
    password_set_at = InstantAttribute(null=True)
    networks = TextsAttribute(null=True)


class LoginItem(TableItem):
    user = UnicodeAttribute()


def user_insert_writes(client_id: str, user: User, access: Access) -> list[Action]:
    """Build the writes of a new user and their claims on login names. Labels: `user`, `login`."""
    return [
        insert("user", _user_item(client_id, user)),
        insert("access", _access_item(client_id, access)),
        *(login_claim_write(client_id, name, user.id) for name in user.names),
    ]


def login_claim_write(client_id: str, name: str, user_id: str) -> Action:
    """Build the write that claims a login name. Label: `login`, refused if it is taken."""
    return insert("login", LoginItem(*keys.login_name(client_id, name), user=user_id), subject=name)


def login_takeover_write(client_id: str, name: str, user_id: str, *, holder: User) -> Action:
    """Build the write that gives a login name to another user. Label: `login`, refused if the holder lost it."""
    item = LoginItem(*keys.login_name(client_id, name), user=user_id)
    return put("login", item, LoginItem.user == holder.id, subject=name)


def login_release_write(client_id: str, name: str) -> Action:
    """Build the write that frees a login name."""
    return delete("freed login", keys.login_name(client_id, name), subject=name)


def user_update_write(client_id: str, before: User, after: User) -> Action:
    """Build the write of a changed user, unless the user was changed meanwhile. Label: `user`."""
    return put("user", _user_item(client_id, after), UserItem.version == before.version)


def user_facts_write(client_id: str, before: User, after: User) -> Action:
    """Build the write of what others change of a user, if role, status and login names are as read. Label: `user`.

    It touches no other fields, so users who keep changing their own name or phone can't make it fail.
    """
    old, new = _user_item(client_id, before), _user_item(client_id, after)
    facts = ["name", "email", "phone", "login", "number", "asked_number", "status", "unproven", "words"]
    differing = {fact for fact in facts if getattr(old, fact) != getattr(new, fact)}
    if "words" in differing:
        differing |= {"name", "email"}  # a search finds by these, whatever the user changed them to meanwhile
    changes: list[Change] = [UserItem.version.add(1)]
    for fact in sorted(differing):
        attribute, value = getattr(UserItem, fact), getattr(new, fact)
        changes.append(attribute.remove() if value is None else attribute.set(value))
    unchanged = (UserItem.role == before.role) & (UserItem.status == before.status) & (UserItem.login == before.login)
    unchanged &= UserItem.number == before.number if before.number else UserItem.number.does_not_exist()
    return update("user", keys.user(client_id, before.id), changes, unchanged)


def user_standing_write(client_id: str, before: User, after: User) -> Action:
    """Build the write of a user's new role or status, if both are as they were read. Label: `user`.

    It touches no other fields, so users who keep changing their own name can't delay it.
    """
    changes = [UserItem.role.set(after.role), UserItem.status.set(after.status), UserItem.version.add(1)]
    if after.deleted_at:
        changes.append(UserItem.deleted_at.set(after.deleted_at))
    if before.unproven and not after.unproven:
        changes.append(UserItem.unproven.remove())
    unchanged = (UserItem.role == before.role) & (UserItem.status == before.status)
    return update("user", keys.user(client_id, before.id), changes, unchanged)


def user_areas_write(client_id: str, before: User, areas: tuple[str, ...]) -> Action:
    """Build the write of a user's new areas, if role and status are as they were read. Label: `user`."""
    changes = [UserItem.areas.set(areas) if areas else UserItem.areas.remove(), UserItem.version.add(1)]
    unchanged = (UserItem.role == before.role) & (UserItem.status == before.status)
    return update("user", keys.user(client_id, before.id), changes, unchanged)


def access_close_write(
    client_id: str,
    before: Access,
    *,
    active: bool,
    password_hash: str | None,
    at: datetime,
    exactly: bool,
    network: str | None = None,
) -> Action:
    """Build the write that ends all sessions and sets a status and perhaps a password. Label: `access`.

    `network` is one that the user has proven to use.

    It is refused if another manager changed the access meanwhile and, with `exactly`, if a session began or ended: a
    caller that must know which sessions end tries this first. Renewing a session never makes it fail.
    """
    unchanged = AccessItem.version == before.version
    if exactly:
        unchanged &= _same_number(before)
        for one in before.sessions:
            unchanged &= AccessItem.sessions[one.id].exists()
    changes = [AccessItem.active.set(active), AccessItem.sessions.remove(), AccessItem.version.add(1)]
    if password_hash:
        changes += [AccessItem.password_hash.set(password_hash), AccessItem.password_set_at.set(at)]
    if network and network not in before.networks:
        changes.append(AccessItem.networks.set(before.networks_with(network)))
    return update("access", keys.access(client_id, before.user_id), changes, unchanged)


def access_areas_write(client_id: str, before: Access, areas: tuple[str, ...]) -> Action:
    """Build the write of new areas; sessions continue. Label: `access`, refused if a manager changed it meanwhile."""
    changes = [AccessItem.areas.set(areas) if areas else AccessItem.areas.remove(), AccessItem.version.add(1)]
    return update("access", keys.access(client_id, before.user_id), changes, AccessItem.version == before.version)


def session_start_write(
    client_id: str, access: Access, session: Session, gone: Iterable[Session], *, network: str
) -> Action:
    """Build the write of a new session from a network, which replaces those in `gone`. Label: `access`.

    It is refused if another manager changed the access meanwhile, or a session began or ended.
    """
    unchanged = (AccessItem.version == access.version) & _same_number(access)
    changes: list[Change]
    if access.sessions:
        changes = [AccessItem.sessions[session.id].set(session_text(session))]
        changes += [AccessItem.sessions[one.id].remove() for one in gone]
    else:
        whole = {MAP: AccessItem.sessions.serialize((session,))}  # PynamoDB expects a map in DynamoDB's own form
        changes = [AccessItem.sessions.set(whole)]  # type: ignore[arg-type]
    if network not in access.networks:
        changes.append(AccessItem.networks.set(access.networks_with(network)))
    return update("access", keys.access(client_id, access.user_id), changes, unchanged)


def _same_number(access: Access) -> Condition:
    same: Condition = size(AccessItem.sessions) == len(access.sessions)  # type: ignore[no-untyped-call]
    return same if access.sessions else AccessItem.sessions.does_not_exist() | same


def renew_session(client_id: str, user_id: str, before: Session, after: Session) -> None:
    """Replace a session by its renewed state, without a transaction, so that it can't delay a write that ends it.

    :raises Refused: if it was renewed or ended meanwhile.
    """
    place = AccessItem.sessions[before.id]
    unchanged = place == session_text(before)
    update_alone(
        update(
            "access", keys.access(client_id, user_id), [place.set(session_text(after))], unchanged, subject=before.id
        )
    )


def session_removal_write(client_id: str, user_id: str, session: Session) -> Action:
    """Build the write that removes one session. Label: `access`, refused if it has ended."""
    place = AccessItem.sessions[session.id]
    return update("access", keys.access(client_id, user_id), [place.remove()], place.exists())


def sessions_removal_write(client_id: str, user_id: str) -> Action:
    """Build the write that removes all sessions. Label: `access`, refused if there is no such user."""
    return update("access", keys.access(client_id, user_id), [AccessItem.sessions.remove()], AccessItem.pk.exists())


def find_user(client_id: str, user_id: str) -> User | None:
    item = dynamo.find(UserItem, keys.user(client_id, user_id))
    return _user(item) if item else None


def find_holder(client_id: str, name: str) -> User | None:
    """Return the user with a login name, or None. Two requests."""
    claim = dynamo.find(LoginItem, keys.login_name(client_id, name))
    return find_user(client_id, claim.user) if claim else None


def names_of(client_id: str, user_ids: Iterable[str]) -> dict[str, str]:
    """Read the names of users by id; unknown ids are left out. Half a read unit each."""
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
    """Convert a raw item to a user's access."""
    item = dynamo.parsed(AccessItem, raw)
    return to_entity(Access, item, user_id=user_id) if item else None


def user_id_of(raw: dict[str, Any] | None) -> str | None:
    """Return the id of the user with a login name, from a raw item."""
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
    """List staff, consumers, or staff and then consumers; deleted users only if requested."""
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

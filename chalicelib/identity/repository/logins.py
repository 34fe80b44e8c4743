"""Wrong passwords in a row, and login events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.identity.domain.lockout import FORGOTTEN_AFTER, WINDOW, LoginAttempts, window_name
from chalicelib.identity.domain.logins import Ending, LoginEvent, Outcome, event_months, event_place
from chalicelib.identity.domain.sessions import Session
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, LiteralAttribute, TableItem
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, delete, put, update


class TriesItem(TableItem):
    failures = IntAttribute()
    last_at = InstantAttribute()


class CountItem(TableItem):
    """A count of something within a time window."""

    number = IntAttribute()


class LoginEventItem(TableItem):
    id = UnicodeAttribute(attr_name="event")
    at = InstantAttribute()
    outcome = LiteralAttribute(Outcome)
    method = UnicodeAttribute()
    address = UnicodeAttribute()
    agent = UnicodeAttribute()
    user_id = UnicodeAttribute(attr_name="user", null=True)
    login = UnicodeAttribute(null=True)
    ended_at = InstantAttribute(null=True)
    ended_by = UnicodeAttribute(null=True)


def tries_key(client_id: str, name: str, network: str) -> Key:
    """Return the key of the wrong passwords for a login name from a network, whether or not the login name exists."""
    return keys.login_tries(client_id, fingerprint(name, network))


def session_tries_key(client_id: str, session_id: str) -> Key:
    """Return the key of the wrong passwords that a signed-in user gave."""
    return keys.login_tries(client_id, fingerprint("session", session_id))


def name_count_key(client_id: str, name: str, now: datetime) -> Key:
    """Return the key of a day's wrong passwords for a login name."""
    return keys.sign_in_count(client_id, "NAME", now.date().isoformat(), fingerprint(name))


def network_count_key(client_id: str, network: str, now: datetime) -> Key:
    """Return the key of a network's failed sign-ins in a time window."""
    return keys.sign_in_count(client_id, "SIGN-INS", window_name(now, WINDOW), fingerprint(network))


def count_of(raw: dict[str, Any] | None) -> int:
    """Return the count of a raw item."""
    item = dynamo.parsed(CountItem, raw)
    return item.number if item else 0


def count_write(label: str, key: Key, *, forgotten_at: datetime, most: int | None = None) -> Action:
    """Build the write that adds one to a count. The label is refused if the count has reached `most`."""
    changes = [CountItem.number.add(1), CountItem.expires.set(epoch_ms(forgotten_at) // 1000)]
    few = None if most is None else CountItem.pk.does_not_exist() | (CountItem.number < most)
    return update(label, key, changes, few)


def tries_of(raw: dict[str, Any] | None) -> LoginAttempts:
    item = dynamo.parsed(TriesItem, raw)
    return to_entity(LoginAttempts, item) if item else LoginAttempts()


def failure_count_write(key: Key, before: LoginAttempts, after: LoginAttempts, now: datetime) -> Action:
    """Build the write that counts one more wrong password, unless another was counted meanwhile. Label: `tries`."""
    expires = epoch_ms(now + FORGOTTEN_AFTER) // 1000
    return put("tries", to_item(TriesItem, key, after, expires=expires), _unchanged(before))


def failure_reset_write(key: Key, before: LoginAttempts) -> Action:
    """Build the write that resets the count, unless another wrong password was counted meanwhile. Label: `tries`."""
    return delete("tries", key, _unchanged(before)) if before.last_at else check("tries", key, _unchanged(before))


def _unchanged(before: LoginAttempts) -> Any:  # noqa: ANN401 - PynamoDB's conditions
    if before.last_at is None:
        return TriesItem.pk.does_not_exist()
    return (TriesItem.failures == before.failures) & (TriesItem.last_at == before.last_at)


def login_event_write(client_id: str, event: LoginEvent) -> Action:
    """Build the write of a login event."""
    item = to_item(
        LoginEventItem,
        keys.login_event(client_id, Period.of(event.at.date()), event.place),
        event,
        g1p=keys.logins_of(client_id, event.user_id) if event.user_id else None,
        g1s=event.place if event.user_id else None,
        expires=epoch_ms(event.kept_until) // 1000,
    )
    return put("login event", item, subject=event.id)


def session_end_writes(client_id: str, sessions: Iterable[Session], *, at: datetime, by: Ending) -> list[Action]:
    """Build the writes that record when and why sessions ended, in the login events that began them."""
    return [
        update(
            "login event",
            keys.login_event(
                client_id, Period.of(session.started_at.date()), event_place(session.started_at, session.id)
            ),
            [LoginEventItem.ended_at.set(at), LoginEventItem.ended_by.set(by)],
            subject=session.id,
        )
        for session in sessions
    ]


def events_page(
    client_id: str,
    *,
    user_id: str | None,
    outcome: str | None,
    day: str | None,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> Page[LoginEvent]:
    """List login events, latest first: of one user from the index, of all users month by month."""
    only = LoginEventItem.outcome == outcome if outcome else LoginEventItem.id.exists()
    if user_id:
        partition = keys.logins_of(client_id, user_id)
        page = dynamo.page_of(
            LoginEventItem,
            partition,
            day or "",
            limit=limit,
            cursor=cursor,
            index="account",
            newest_first=True,
            only=only,
        )
    else:
        months = [Period.parse(day[:7])] if day else event_months(now)
        partitions = [keys.login_events(client_id, month) for month in months]
        page = dynamo.shards_page(
            LoginEventItem, partitions, day or "", limit=limit, cursor=cursor, newest_first=True, only=only
        )
    return Page(tuple(_event(item) for item in page.items), page.next_cursor)


def _event(item: LoginEventItem) -> LoginEvent:
    return to_entity(LoginEvent, item)

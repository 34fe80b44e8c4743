"""The newest password reset of each user."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.identity.domain.lockout import window_name
from chalicelib.identity.domain.resets import FORGOTTEN_AFTER, PER_CLIENT, PER_NETWORK, WINDOW, Reset
from chalicelib.identity.repository.logins import count_of, count_write
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.ids import fingerprint
from chalicelib.platform import bulk, dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, TableItem
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, put, transact, update_alone


class ResetItem(TableItem):
    token_print = UnicodeAttribute()
    state_print = UnicodeAttribute()
    order = UnicodeAttribute()
    mailed_at = InstantAttribute()
    mails = IntAttribute()


def key_of(client_id: str, user_id: str) -> Key:
    """Return the key of a user's reset."""
    return keys.password_reset(client_id, user_id)


def reset_of(user_id: str, raw: dict[str, Any] | None) -> Reset | None:
    """Convert a raw item to a reset."""
    item = dynamo.parsed(ResetItem, raw)
    return to_entity(Reset, item, user_id=user_id) if item else None


def count_by_network(network: str, now: datetime) -> None:
    """Count one more request for a reset from a network. One write unit.

    :raises Refused: label `network`, if the limit for the hour is reached.
    """
    update_alone(count_write("network", _network_key(network, now), forgotten_at=now + 2 * WINDOW, most=PER_NETWORK))


def count_of_network(network: str, now: datetime) -> int:
    """Return the number of requests from a network in this hour."""
    key = _network_key(network, now)
    return count_of(bulk.read_together([key])[key])


def _network_key(network: str, now: datetime) -> Key:
    return keys.stranger_count("RESETS", window_name(now, WINDOW), fingerprint(network))


def count_by_client(client_id: str, client_exists: Action, now: datetime) -> None:
    """Count one more request for a reset of a client's user. Four write units.

    :raises Refused: label `client`, if the limit for the hour is reached, or that of `client_exists`, if there is no
        such client.
    """
    key = keys.sign_in_count(client_id, "RESETS", window_name(now, WINDOW), "ALL")
    transact([client_exists, count_write("client", key, forgotten_at=now + 2 * WINDOW, most=PER_CLIENT)])


def reset_write(client_id: str, before: Reset | None, after: Reset) -> Action:
    """Build the write of a user's next reset, unless another was written meanwhile. Label: `reset`."""
    expires = epoch_ms(after.mailed_at + FORGOTTEN_AFTER) // 1000
    item = to_item(ResetItem, key_of(client_id, after.user_id), after, expires=expires)
    unchanged = ResetItem.token_print == before.token_print if before else ResetItem.pk.does_not_exist()
    return put("reset", item, unchanged)


def reset_use_write(client_id: str, reset: Reset) -> Action:
    """Build the write that uses up a reset. Label: `reset`, refused if it is not the newest or was used."""
    return delete("reset", key_of(client_id, reset.user_id), ResetItem.token_print == reset.token_print)

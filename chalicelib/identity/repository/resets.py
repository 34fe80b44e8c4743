"""The newest password reset of each user."""

from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.identity.domain.resets import FORGOTTEN_AFTER, Reset
from chalicelib.kernel.clock import epoch_ms
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, TableItem
from chalicelib.platform.keys import Key
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, put


class ResetItem(TableItem):
    token_print = UnicodeAttribute()
    state_print = UnicodeAttribute()
    order = UnicodeAttribute()
    mailed_at = InstantAttribute()
    mails = IntAttribute()


def key_of(client_id: str, user_id: str) -> Key:
    """Name where a user's reset lies."""
    return keys.password_reset(client_id, user_id)


def reset_of(user_id: str, raw: dict[str, Any] | None) -> Reset | None:
    """Return a reset, of an item that was read together with others."""
    item = dynamo.parsed(ResetItem, raw)
    return to_entity(Reset, item, user_id=user_id) if item else None


def reset_write(client_id: str, before: Reset | None, after: Reset) -> Action:
    """Build the write of a user's next reset, if no other was begun meanwhile. Label: `reset`."""
    expires = epoch_ms(after.mailed_at + FORGOTTEN_AFTER) // 1000
    item = to_item(ResetItem, key_of(client_id, after.user_id), after, expires=expires)
    unchanged = ResetItem.token_print == before.token_print if before else ResetItem.pk.does_not_exist()
    return put("reset", item, unchanged)


def reset_use_write(client_id: str, reset: Reset) -> Action:
    """Build the write that uses a reset up. Label: `reset`, if it is not the newest or was used."""
    return delete("reset", key_of(client_id, reset.user_id), ResetItem.token_print == reset.token_print)

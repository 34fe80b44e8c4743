"""Counts of self-registrations by hour."""

from datetime import datetime

from chalicelib.consumers.domain.registrations import PER_ADDRESS, PER_CLIENT, forgotten_at, hour_of
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.ids import fingerprint
from chalicelib.platform import keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import Action, transact, update


class RegistrationsItem(TableItem):
    tries = IntAttribute()


def count_try(client_id: str, address: str, now: datetime) -> None:
    """Count one more attempt, for the client and for the caller's network.

    :raises Refused: labels `address` or `client`, if its limit for the hour is reached.
    """
    transact(
        [
            _count_write("address", client_id, fingerprint(client_id, address), PER_ADDRESS, now),
            _count_write("client", client_id, "ALL", PER_CLIENT, now),
        ]
    )


def _count_write(label: str, client_id: str, whose: str, most: int, now: datetime) -> Action:
    expires = RegistrationsItem.expires.set(epoch_ms(forgotten_at(now)) // 1000)
    few = RegistrationsItem.pk.does_not_exist() | (RegistrationsItem.tries < most)
    key = keys.registrations(client_id, hour_of(now), whose)
    return update(label, key, [RegistrationsItem.tries.add(1), expires], few)

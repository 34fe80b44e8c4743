"""Counts of self-registrations by hour."""

from datetime import datetime

from chalicelib.consumers.domain.registrations import FEW_OF_NETWORK, PER_CLIENT, PER_NETWORK, forgotten_at, hour_of
from chalicelib.kernel.clock import epoch_ms
from chalicelib.kernel.ids import fingerprint
from chalicelib.platform import keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import Action, Refused, transact, update, update_alone


class RegistrationsItem(TableItem):
    tries = IntAttribute()


def count_try(client_id: str, network: str, now: datetime) -> None:
    """Count one more attempt, for the client and for the caller's network.

    The client's limit does not hold for the first few of a network, which then count for the network alone.

    :raises Refused: labels `network` or `client`, if its limit for the hour is reached.
    """
    whose = fingerprint(client_id, network)
    try:
        transact(
            [
                _count_write("network", client_id, whose, PER_NETWORK, now),
                _count_write("client", client_id, "ALL", PER_CLIENT, now),
            ]
        )
    except Refused as refused:
        if refused.labels != ("client",):
            raise
        update_alone(_count_write("network", client_id, whose, FEW_OF_NETWORK, now))


def _count_write(label: str, client_id: str, whose: str, most: int, now: datetime) -> Action:
    expires = RegistrationsItem.expires.set(epoch_ms(forgotten_at(now)) // 1000)
    few = RegistrationsItem.pk.does_not_exist() | (RegistrationsItem.tries < most)
    key = keys.registrations(client_id, hour_of(now), whose)
    return update(label, key, [RegistrationsItem.tries.add(1), expires], few)

"""Which tariffs connections can name, and how many name each. The tariffs feature keeps the tariffs themselves."""

from datetime import date

from chalicelib.platform import keys
from chalicelib.platform.dynamo import DayAttribute, IntAttribute, TableItem
from chalicelib.platform.transaction import Action, check, delete, update
from chalicelib.tenancy.domain import Project


class OfferItem(TableItem):
    """A tariff that connections can name. `until` is the day on which its last version ends."""

    connections = IntAttribute()
    until = DayAttribute(null=True)


def offer_write(project: Project, tariff_id: str, *, until: date | None) -> Action:
    """Build the write that offers a tariff to connections. Label: `offer`.

    It is refused if the tariff is to end while connections name it.
    """
    key = keys.tariff_offer(project.client, project.id, tariff_id)
    count = OfferItem.connections.add(0)
    if until is None:
        return update("offer", key, [count, OfferItem.until.remove()])
    unnamed = OfferItem.connections.does_not_exist() | (OfferItem.connections == 0) | (OfferItem.until == until)
    return update("offer", key, [count, OfferItem.until.set(until)], unnamed)


def offer_delete_write(project: Project, tariff_id: str) -> Action:
    """Build the write that withdraws a tariff. Label: `offer`, refused while a connection names it."""
    return delete("offer", keys.tariff_offer(project.client, project.id, tariff_id), OfferItem.connections == 0)


def offer_entry_write(project: Project, tariff_id: str, *, on: date) -> Action:
    """Build the write that counts one more connection. Label: `tariff`, refused if it is not offered."""
    goes_on = OfferItem.until.does_not_exist() | (OfferItem.until > on)
    key = keys.tariff_offer(project.client, project.id, tariff_id)
    return update("tariff", key, [OfferItem.connections.add(1)], OfferItem.pk.exists() & goes_on)


def offer_exit_write(project: Project, tariff_id: str) -> Action:
    """Build the write that counts one fewer connection. Label: `former tariff`."""
    key = keys.tariff_offer(project.client, project.id, tariff_id)
    return update("former tariff", key, [OfferItem.connections.add(-1)], OfferItem.connections > 0)


def offer_check(project: Project, tariff_id: str) -> Action:
    """Build the check that a tariff is offered, even if it has ended. Label: `tariff`."""
    return check("tariff", keys.tariff_offer(project.client, project.id, tariff_id), OfferItem.pk.exists())

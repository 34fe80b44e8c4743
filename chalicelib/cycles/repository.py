"""Billing cycles in the table: all of a client in one partition."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.cycles.domain import BillingCycle
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import FlagAttribute, IntAttribute, TableItem
from chalicelib.platform.mapping import own_attributes, to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, transact, update


class CycleItem(TableItem):
    name = UnicodeAttribute()
    generation_day = IntAttribute()
    due_days = IntAttribute()
    grace_days = IntAttribute()
    active = FlagAttribute()
    version = IntAttribute()
    projects = IntAttribute()
    used = FlagAttribute(null=True)


_COUNTED = {"projects", "used"}


def insert_cycle(client_id: str, cycle: BillingCycle, *, also: Sequence[Action]) -> None:
    """Write a new cycle.

    :raises Refused: label `cycle`, if the id is taken.
    """
    item = to_item(CycleItem, keys.billing_cycle(client_id, cycle.id), cycle)
    transact([insert("cycle", item), *also])


def change_cycle(client_id: str, cycle: BillingCycle, *, version: int, also: Sequence[Action]) -> None:
    """Replace a cycle's settings; its counts stay.

    :raises Refused: label `cycle`, if it was changed meanwhile.
    """
    said = own_attributes(CycleItem).items()
    changes = [attribute.set(getattr(cycle, name)) for name, attribute in said if name not in _COUNTED]
    transact([update("cycle", keys.billing_cycle(client_id, cycle.id), changes, CycleItem.version == version), *also])


def cycle_entry_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that counts one more project. Label: `cycle`, refused if it does not exist."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("cycle", key, [CycleItem.projects.add(1)], CycleItem.pk.exists())


def cycle_exit_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that counts one fewer project. Label: `former cycle`."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("former cycle", key, [CycleItem.projects.add(-1)], CycleItem.projects > 0)


def cycle_use_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that marks a cycle as used. Label: `cycle`, refused if it does not exist."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("cycle", key, [CycleItem.used.set(True)], CycleItem.pk.exists())


def cycle_delete_write(client_id: str, cycle: BillingCycle, *, projects: int) -> Action:
    """Build the write that deletes a cycle, if it is unchanged and was never used. Label: `cycle`.

    It is refused unless exactly `projects` projects name it: those that the same transaction changes.
    """
    unused = CycleItem.used.does_not_exist() & (CycleItem.projects == projects)
    key = keys.billing_cycle(client_id, cycle.id)
    return delete("cycle", key, unused & (CycleItem.version == cycle.version))


def find_cycle(client_id: str, cycle_id: str) -> BillingCycle | None:
    item = dynamo.find(CycleItem, keys.billing_cycle(client_id, cycle_id))
    return _cycle(item) if item else None


def all_cycles(client_id: str) -> tuple[BillingCycle, ...]:
    partition, prefix = keys.billing_cycle(client_id, "")
    return tuple(_cycle(item) for item in dynamo.all_of(CycleItem, partition, prefix))


def _cycle(item: CycleItem) -> BillingCycle:
    return to_entity(BillingCycle, item, id=item.sk.partition("#")[2])

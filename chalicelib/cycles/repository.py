"""Billing cycles in the table: all of a client in one partition."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.cycles.domain import BillingCycle
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import Action, delete, insert, transact, update


class CycleItem(TableItem):
    name = UnicodeAttribute()
    generation_day = IntAttribute()
    due_days = IntAttribute()
    grace_days = IntAttribute()
    active = IntAttribute()
    version = IntAttribute()
    projects = IntAttribute()
    used = IntAttribute(null=True)


def insert_cycle(client_id: str, cycle: BillingCycle, *, also: Sequence[Action]) -> None:
    """Write a new cycle.

    :raises Refused: label `cycle`, if the id is taken.
    """
    item = CycleItem(
        *keys.billing_cycle(client_id, cycle.id),
        name=cycle.name,
        generation_day=cycle.generation_day,
        due_days=cycle.due_days,
        grace_days=cycle.grace_days,
        active=int(cycle.active),
        version=cycle.version,
        projects=0,
    )
    transact([insert("cycle", item), *also])


def change_cycle(client_id: str, cycle: BillingCycle, *, version: int, also: Sequence[Action]) -> None:
    """Write what a cycle says anew; what counts its uses stays.

    :raises Refused: label `cycle`, if it is not what it was.
    """
    changes = [
        CycleItem.name.set(cycle.name),
        CycleItem.generation_day.set(cycle.generation_day),
        CycleItem.due_days.set(cycle.due_days),
        CycleItem.grace_days.set(cycle.grace_days),
        CycleItem.active.set(int(cycle.active)),
        CycleItem.version.set(cycle.version),
    ]
    transact([update("cycle", keys.billing_cycle(client_id, cycle.id), changes, CycleItem.version == version), *also])


def cycle_entry_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that counts one more project. Label: `cycle`, refused if there is no such."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("cycle", key, [CycleItem.projects.add(1)], CycleItem.pk.exists())


def cycle_exit_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that counts one project less. Label: `former cycle`."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("former cycle", key, [CycleItem.projects.add(-1)], CycleItem.projects > 0)


def cycle_use_write(client_id: str, cycle_id: str) -> Action:
    """Build the write that keeps a cycle for ever. Label: `cycle`, refused if there is no such."""
    key = keys.billing_cycle(client_id, cycle_id)
    return update("cycle", key, [CycleItem.used.set(1)], CycleItem.pk.exists())


def cycle_delete_write(client_id: str, cycle: BillingCycle, *, projects: int) -> Action:
    """Build the write that takes a cycle away which is unchanged and was never used. Label: `cycle`.

    It holds only if exactly so many projects name it: those that the same transaction lets go.
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
    return BillingCycle(
        id=item.sk.partition("#")[2],
        name=item.name,
        generation_day=item.generation_day,
        due_days=item.due_days,
        grace_days=item.grace_days,
        active=bool(item.active),
        version=item.version,
        projects=item.projects,
        used=bool(item.used),
    )

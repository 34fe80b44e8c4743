"""Areas in the table: all of a client in one partition, in the order of their codes."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.areas.domain import SEPARATOR, Area
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, IntAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, delete, insert, transact, update


class AreaItem(TableItem):
    name = UnicodeAttribute()
    created_at = InstantAttribute()
    uses = IntAttribute()
    version = IntAttribute()


def insert_area(client_id: str, area: Area, *, also: Sequence[Action]) -> None:
    """Write a new area and count it in the area around it.

    :raises Refused: labels `area` (the code is taken) or `area {parent}` (there is no such area).
    """
    item = to_item(AreaItem, keys.area(client_id, area.code), area)
    transact([insert("area", item), *([area_entry_write(client_id, area.parent)] if area.parent else []), *also])


def rename_area(client_id: str, area: Area, *, version: int, also: Sequence[Action]) -> None:
    """Write an area's new name.

    :raises Refused: label `area`, if it was changed meanwhile.
    """
    changes = [AreaItem.name.set(area.name), AreaItem.version.set(area.version)]
    transact([update("area", keys.area(client_id, area.code), changes, AreaItem.version == version), *also])


def delete_area(client_id: str, area: Area, *, also: Sequence[Action]) -> None:
    """Delete an area that nothing uses.

    :raises Refused: label `area`, if something uses it, or it is gone.
    """
    unused = AreaItem.uses == 0
    outer = [area_exit_write(client_id, area.parent)] if area.parent else []
    transact([delete("area", keys.area(client_id, area.code), unused), *outer, *also])


def area_entry_write(client_id: str, code: str) -> Action:
    """Build the write that counts one more use. Label: `listed area`, refused if it does not exist."""
    return update(
        "listed area", keys.area(client_id, code), [AreaItem.uses.add(1)], AreaItem.uses.exists(), subject=code
    )


def area_exit_write(client_id: str, code: str) -> Action:
    """Build the write that counts one fewer use. Label: `listed area`."""
    return update("listed area", keys.area(client_id, code), [AreaItem.uses.add(-1)], AreaItem.uses > 0, subject=code)


def area_listed_check(client_id: str, code: str) -> Action:
    """Build the check that an area exists. Label: `listed area`."""
    return check("listed area", keys.area(client_id, code), AreaItem.uses.exists(), subject=code)


def find_area(client_id: str, code: str) -> Area | None:
    item = dynamo.find(AreaItem, keys.area(client_id, code))
    return _area(item) if item else None


def areas_in(client_id: str, outer: str | None) -> Sequence[Area]:
    """Read all areas of a client, or one area with those inside it: a read unit for about 30."""
    partition, prefix = keys.area(client_id, "")
    found = [_area(item) for item in dynamo.all_of(AreaItem, partition, prefix + (outer or ""))]
    return [area for area in found if outer is None or f"{area.code}{SEPARATOR}".startswith(outer + SEPARATOR)]


def _area(item: AreaItem) -> Area:
    return to_entity(Area, item, code=item.sk.partition("#")[2])

"""Meter brands in the table."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.connections.domain.brands import MeterBrand
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, delete, insert, transact, update


class BrandItem(TableItem):
    name = UnicodeAttribute()
    connections = IntAttribute(null=True)


def insert_brand(client_id: str, brand: MeterBrand, *, also: Sequence[Action]) -> None:
    """Write a new brand, with other writes.

    :raises Refused: label `brand`, if the id is taken.
    """
    transact([insert("brand", to_item(BrandItem, keys.meter_brand(client_id, brand.id), brand)), *also])


def rename_brand(client_id: str, brand: MeterBrand, *, also: Sequence[Action]) -> None:
    """Write a brand's new name, with other writes.

    :raises Refused: label `brand`, if it is gone.
    """
    key = keys.meter_brand(client_id, brand.id)
    transact([update("brand", key, [BrandItem.name.set(brand.name)], BrandItem.name.exists()), *also])


def delete_brand(client_id: str, brand: MeterBrand, *, also: Sequence[Action]) -> None:
    """Delete a brand that no connection has, with other writes.

    :raises Refused: label `brand`, if a connection has it, or it is gone.
    """
    unused = BrandItem.connections.does_not_exist() | (BrandItem.connections == 0)
    transact([delete("brand", keys.meter_brand(client_id, brand.id), BrandItem.name.exists() & unused), *also])


def find_brand(client_id: str, brand_id: str) -> MeterBrand | None:
    item = dynamo.find(BrandItem, keys.meter_brand(client_id, brand_id))
    return _brand(item) if item else None


def all_brands(client_id: str) -> tuple[MeterBrand, ...]:
    partition, prefix = keys.meter_brand(client_id, "")
    found = dynamo.all_of(BrandItem, partition, prefix)
    return tuple(map(_brand, found))


def brand_entry_write(client_id: str, brand_id: str) -> Action:
    """Build the write that counts one more connection. Label: `brand`, refused if it does not exist."""
    key = keys.meter_brand(client_id, brand_id)
    return update("brand", key, [BrandItem.connections.add(1)], BrandItem.name.exists())


def brand_exit_write(client_id: str, brand_id: str) -> Action:
    """Build the write that counts one fewer connection. Label: `former brand`."""
    key = keys.meter_brand(client_id, brand_id)
    return update("former brand", key, [BrandItem.connections.add(-1)], BrandItem.name.exists())


def _brand(item: BrandItem) -> MeterBrand:
    return to_entity(MeterBrand, item, id=item.sk.partition("#")[2])

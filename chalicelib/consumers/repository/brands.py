"""Meter brands in the table."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.consumers.domain.people import MeterBrand
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import TableItem
from chalicelib.platform.transaction import Action, check, insert, transact


class BrandItem(TableItem):
    name = UnicodeAttribute()


def insert_brand(client_id: str, brand: MeterBrand) -> None:
    """This function will write a new brand.

    :raises Refused: label `brand`, if the id is taken.
    """
    transact([insert("brand", BrandItem(*keys.meter_brand(client_id, brand.id), name=brand.name))])


def all_brands(client_id: str) -> tuple[MeterBrand, ...]:
    partition, prefix = keys.meter_brand(client_id, "")
    found = dynamo.all_of(BrandItem, partition, prefix)
    return tuple(MeterBrand(item.sk.partition("#")[2], item.name) for item in found)


def is_known(client_id: str, brand_id: str) -> Action:
    """This function will give the check that a brand is on the list. Label: `brand`."""
    return check("brand", keys.meter_brand(client_id, brand_id), BrandItem.pk.exists())

"""Tariffs in the table: one item per version, never changed once a bill was rated by it."""

from pydantic import TypeAdapter
from pynamodb.attributes import UnicodeAttribute

from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, JsonAttribute, TableItem
from chalicelib.platform.transaction import insert, transact
from chalicelib.tariffs.domain import Tariff
from chalicelib.tenancy.domain import Project

_TARIFF = TypeAdapter(Tariff)


class TariffItem(TableItem):
    tariff = UnicodeAttribute()
    version = IntAttribute()
    document = JsonAttribute()


def insert_tariff(project: Project, tariff: Tariff) -> None:
    """This function will write a new version of a tariff.

    :raises Refused: label `tariff`, if this version exists.
    """
    key = keys.tariff(project.client, project.id, tariff.id, tariff.version)
    document = _TARIFF.dump_python(tariff, mode="json")
    transact([insert("tariff", TariffItem(*key, tariff=tariff.id, version=tariff.version, document=document))])


def all_tariffs(project: Project) -> tuple[Tariff, ...]:
    """This function will read every version of every tariff of a project: one query, a read unit per 4 KB."""
    partition, _ = keys.tariff(project.client, project.id, "", 0)
    items = dynamo.all_of(TariffItem, partition, "TARIFF#")
    return tuple(_TARIFF.validate_python(item.document) for item in items)

"""Column mappings in the table: all of a project in one partition."""

from collections.abc import Sequence

from chalicelib.files.domain.mapping import ColumnMapping
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import DocumentAttribute, TableItem
from chalicelib.platform.transaction import Action, delete, put, transact
from chalicelib.tenancy.domain import Project


class MappingItem(TableItem):
    document = DocumentAttribute(ColumnMapping)


def put_mapping(project: Project, mapping: ColumnMapping, *, also: Sequence[Action]) -> None:
    """Write a mapping in the place of any with its id, with other writes."""
    pk, sk = keys.import_mapping(project.client, project.id, mapping.id)
    transact([put("mapping", MappingItem(pk, sk, document=mapping)), *also])


def delete_mapping(project: Project, mapping_id: str, *, also: Sequence[Action]) -> None:
    """Delete a mapping, with other writes.

    :raises Refused: label `mapping`, if it is gone.
    """
    key = keys.import_mapping(project.client, project.id, mapping_id)
    transact([delete("mapping", key, MappingItem.document.exists()), *also])


def find_mapping(project: Project, mapping_id: str) -> ColumnMapping | None:
    item = dynamo.find(MappingItem, keys.import_mapping(project.client, project.id, mapping_id))
    return item.document if item else None


def all_mappings(project: Project) -> tuple[ColumnMapping, ...]:
    partition, prefix = keys.import_mapping(project.client, project.id, "")
    return tuple(item.document for item in dynamo.all_of(MappingItem, partition, prefix))

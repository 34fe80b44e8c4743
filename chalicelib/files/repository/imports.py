"""Announced files in the table."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import and_

from pynamodb.attributes import UnicodeAttribute

from chalicelib.files.domain.mapping import ColumnMapping
from chalicelib.files.domain.record import FileImport, FileKind, ImportCounts, ImportState
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import (
    DocumentAttribute,
    InstantAttribute,
    LiteralAttribute,
    NumbersAttribute,
    PeriodAttribute,
    TableItem,
    TextsAttribute,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, transact, update, update_alone
from chalicelib.tenancy.domain import Project


class ImportItem(TableItem):
    id = UnicodeAttribute(attr_name="import_id")
    kind = LiteralAttribute(FileKind)
    file_name = UnicodeAttribute()
    period = PeriodAttribute(null=True)
    state = LiteralAttribute(ImportState)
    counts = NumbersAttribute(ImportCounts)
    refusal = UnicodeAttribute(null=True)
    requested_by = UnicodeAttribute()
    requested_at = InstantAttribute()
    finished_at = InstantAttribute(null=True)
    areas = TextsAttribute(null=True)
    admitted_at = InstantAttribute(null=True)
    mapping = DocumentAttribute(ColumnMapping, null=True)


def insert_import(project: Project, record: FileImport, *, also: Sequence[Action]) -> None:
    """Write a new import, with other writes.

    :raises Refused: label `import`, for a repetition of this request.
    """
    transact([insert("import", _item(project, record)), *also])


def admit_import(project: Project, record: FileImport, at: datetime) -> None:
    """Record that an import has begun. Two write units."""
    key = keys.file_import(project.client, project.id, record.id)
    update_alone(update("import", key, [ImportItem.admitted_at.set(at)], ImportItem.pk.exists()))


def finish_import(project: Project, record: FileImport, *, also: Sequence[Action]) -> None:
    """Write an import's result, once.

    :raises Refused: label `import`, if it is finished already.
    """
    waiting = ImportItem.state == "awaiting_upload"
    transact([put("import", _item(project, record), waiting), *also])


def find_import(project: Project, import_id: str) -> FileImport | None:
    item = dynamo.find(ImportItem, keys.file_import(project.client, project.id, import_id))
    return _import(item) if item else None


def imports_page(
    project: Project,
    kind: FileKind,
    *,
    requested_by: str | None,
    status: ImportState | None,
    limit: int,
    cursor: str | None,
) -> Page[FileImport]:
    """Read one page of the imports of a kind, newest first: of all users or one, with a status or any."""
    wanted = [ImportItem.requested_by == requested_by] if requested_by else []
    wanted += [ImportItem.state == status] if status else []
    page = dynamo.page_of(
        ImportItem,
        keys.file_imports(project.client, project.id, kind),
        "",
        limit=limit,
        cursor=cursor,
        index="account",
        newest_first=True,
        only=reduce(and_, wanted) if wanted else None,
    )
    return Page(tuple(_import(item) for item in page.items), page.next_cursor)


def _item(project: Project, record: FileImport) -> ImportItem:
    return to_item(
        ImportItem,
        keys.file_import(project.client, project.id, record.id),
        record,
        g1p=keys.file_imports(project.client, project.id, record.kind),
        g1s=f"{record.requested_at.isoformat()}#{record.id}",
    )


def _import(item: ImportItem) -> FileImport:
    return to_entity(FileImport, item)

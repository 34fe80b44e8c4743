"""Announce a file, import it once, and show its result."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.audit import service as audit
from chalicelib.files.domain.record import (
    FileImport,
    FileKind,
    ImportCounts,
    ImportResult,
    ImportState,
    Refusal,
    ReportLine,
    check_file_name,
)
from chalicelib.files.repository import imports as repository
from chalicelib.files.service.mappings import mapping_named
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.platform import storage
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.storage import UploadForm
from chalicelib.platform.transaction import Action, Refused
from chalicelib.tenancy.domain import Project, ProjectContext

MAX_BYTES = 10_000_000
_CONTENT_TYPES: dict[FileKind, str] = {
    "readings": "text/csv",
    "registry": "text/csv",
    "history": "application/json",
    "bank": "text/csv",
}
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A file's kind is part of its key, so that the import function need not look it up. A workbook is told by its content.
_ENDINGS: dict[FileKind, str] = {
    "readings": ".csv",
    "registry": ".registry.csv",
    "history": ".history.json",
    "bank": ".bank.csv",
}
_FILE_KEY = re.compile(
    r"(?P<client>[A-Za-z0-9][A-Za-z0-9-]{0,31})/(?P<project>[A-Za-z0-9][A-Za-z0-9-]{0,31})"
    r"/imports/(?P<id>[0-9A-HJKMNP-TV-Z]{26})(?P<ending>\.csv|\.registry\.csv|\.history\.json|\.bank\.csv)",
    re.ASCII,
)

Parsed = TypeVar("Parsed")


def ask_for_upload(
    ctx: ProjectContext, *, kind: FileKind, file_name: str, period: Period | None, mapping_id: str | None = None
) -> tuple[FileImport, UploadForm]:
    """Announce a file; return its record and an upload form that is valid for 15 minutes.

    :raises Invalid: for a file whose name says that it is of a format that is not read, or an unknown mapping.
    """
    check_file_name(kind, file_name)
    project = ctx.project
    record = FileImport(
        id=ctx.new_id(),
        kind=kind,
        file_name=file_name,
        period=period,
        state="awaiting_upload",
        counts=ImportCounts(),
        refusal=None,
        requested_by=ctx.actor.id,
        requested_at=ctx.now,
        finished_at=None,
        areas=ctx.actor.areas,
        mapping=mapping_named(ctx, mapping_id=mapping_id),
    )
    try:
        repository.insert_import(project, record, also=[_audit_write(ctx, "import.announced", record)])
    except Refused:
        record = get_import(ctx, kind=kind, import_id=record.id)  # this request was repeated
    form = storage.upload_form(file_key(project, record), content_type=_content_type(record), max_bytes=MAX_BYTES)
    return record, form


def get_import(ctx: ProjectContext, *, kind: FileKind, import_id: str) -> FileImport:
    """Return an import of a kind.

    A user limited to areas gets only their own, because a file may contain data of any area.

    :raises NotFound: if the project has none with this id.
    """
    record = repository.find_import(ctx.project, known_ulid(import_id, "import"))
    if record is None or record.kind != kind or _only_of(ctx) not in {None, record.requested_by}:
        raise NotFound("not-found", "there is no import with this id")
    return record


def list_imports(
    ctx: ProjectContext, *, kind: FileKind, status: ImportState | None, limit: int, cursor: str | None
) -> Page[FileImport]:
    """List a project's imports of a kind, all or those with a status, newest first, one page at a time."""
    return repository.imports_page(
        ctx.project, kind, requested_by=_only_of(ctx), status=status, limit=limit, cursor=cursor
    )


def get_report(
    ctx: ProjectContext,
    *,
    kind: FileKind,
    import_id: str,
    only: str | None,
    code: str | None,
    limit: int,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """List the lines of a report: all, those refused or flagged, or those with a code.

    :raises NotFound: if the project has no such import, or it is not finished.
    """
    record = get_import(ctx, kind=kind, import_id=import_id)
    report: list[dict[str, Any]] | None = storage.find_json(_report_key(ctx.client, ctx.project_id, record.id))
    if report is None:
        raise NotFound("no-report", "this import has no report yet: its file was not uploaded or is still being read")
    lines = [line for line in report if only in {None, line["kind"]} and code in {None, line["code"]}]
    place = f"report|{ctx.client}|{ctx.project_id}|{record.id}|{only}|{code}"
    start = int(decode_cursor(cursor, place)["line"]) if cursor else 0
    end = start + limit
    return Page(tuple(lines[start:end]), encode_cursor({"line": end}, place) if end < len(lines) else None)


def run_import(
    ctx: ProjectContext,
    *,
    kind: FileKind,
    import_id: str,
    check_sender: Callable[[FileImport], None],
    parse: Callable[[FileImport, bytes], Parsed],
    take_in: Callable[[ProjectContext, FileImport, Parsed], ImportResult],
) -> FileImport:
    """Import an uploaded file unless it is imported already, and write its report.

    If `check_sender` or `parse` refuses the file, it is refused as a whole. The sender is checked before the import
    begins, and not again after an interruption, so that no file stays half imported. `take_in` must be idempotent,
    because it is called again after a crash.

    :raises NotFound: if no such file was announced.
    """
    project = ctx.project
    record = repository.find_import(project, import_id)
    if record is None or record.kind != kind:
        raise NotFound("not-found", "there is no import with this id")
    if record.state != "awaiting_upload":
        return record
    try:
        if record.admitted_at is None:
            check_sender(record)
        file = parse(record, storage.read_file(file_key(project, record), max_bytes=MAX_BYTES))
    except (Forbidden, Invalid) as error:
        done = replace(record, state="refused", refusal=str(error))
        return _finish(ctx, project, done, (Refusal(1, "", error.code, str(error)).as_line(),))
    if record.admitted_at is None:
        repository.admit_import(project, record, ctx.now)
        record = replace(record, admitted_at=ctx.now)
    intake = take_in(ctx, record, file)
    done = replace(record, state="done", counts=intake.counts)
    return _finish(ctx, project, done, intake.lines)


def file_key(project: Project, record: FileImport) -> str:
    """Return the key of the object that an import's file is uploaded to."""
    return f"{project.client}/{project.id}/imports/{record.id}{_ENDINGS[record.kind]}"


def parse_file_key(key: str) -> tuple[str, str, FileKind, str] | None:
    """Split an object's key into client, project, kind and import, or return None."""
    found = _FILE_KEY.fullmatch(key)
    if found is None:
        return None
    kind = next(kind for kind, ending in _ENDINGS.items() if ending == found["ending"])
    return found["client"], found["project"], kind, found["id"]


def _content_type(record: FileImport) -> str:
    return _WORKBOOK if record.file_name.lower().rstrip().endswith(".xlsx") else _CONTENT_TYPES[record.kind]


def _only_of(ctx: Context) -> str | None:
    return None if ctx.actor.areas is None else ctx.actor.id


def _finish(ctx: Context, project: Project, done: FileImport, lines: Sequence[ReportLine]) -> FileImport:
    storage.write_json(_report_key(project.client, project.id, done.id), list(lines))
    ctx = ctx.at_this_moment()  # reading the file may have taken minutes
    done = replace(done, finished_at=ctx.now)
    try:
        repository.finish_import(project, done, also=[_audit_write(ctx, "import.finished", done)])
    except Refused:
        return repository.find_import(project, done.id) or done
    return done


def _report_key(client: str, project: str, import_id: str) -> str:
    return f"{client}/{project}/imports/{import_id}.report.json"


def _audit_write(ctx: Context, action: str, record: FileImport) -> Action:
    counts = record.counts
    facts: dict[str, object] = {
        "kind": record.kind,
        "period": record.period,
        "state": record.state,
        "requested_by": record.requested_by,
    }
    if record.state != "awaiting_upload":
        facts |= {"rows": counts.rows, "accepted": counts.accepted, "refused": counts.refused}
    return audit.entry_write(ctx, action=action, subject=("import", f"{ctx.project_id}.{record.id}"), after=facts)

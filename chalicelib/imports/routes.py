"""Imports of files over HTTP."""

from chalice.app import Blueprint

from chalicelib.files import service as files
from chalicelib.imports.schemas import (
    ImportAnnounced,
    ImportOut,
    ImportPage,
    NewHistoryImport,
    NewImport,
    NewRegistryImport,
    ReportLine,
    ReportOut,
    ReportQuery,
    UploadOut,
)
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{client}/projects/{project}"
_READINGS = _PROJECT + "/readings/imports"
_REGISTRY = _PROJECT + "/registry/imports"
_HISTORY = _PROJECT + "/history/imports"


@endpoint(
    blueprint,
    "POST",
    _READINGS,
    permission="readings.import",
    body=NewImport,
    returns=ImportAnnounced,
    status=201,
    location=_READINGS + "/{id}",
)
def ask_for_upload(ctx: ProjectContext, *, body: NewImport) -> ImportAnnounced:
    """Announce a file of readings and get the form to upload it with."""
    record, form = files.ask_for_upload(ctx, kind="readings", file_name=body.file_name, period=body.period)
    return ImportAnnounced(id=record.id, record=ImportOut.of(record), upload=UploadOut.of(form))


@endpoint(blueprint, "GET", _READINGS, permission="readings.import", query=PageQuery, returns=ImportPage)
def list_imports(ctx: ProjectContext, *, query: PageQuery) -> ImportPage:
    """List the imports of readings, the newest first."""
    return ImportPage.of(files.list_imports(ctx, kind="readings", limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _READINGS + "/{import_id}", permission="readings.import", returns=ImportOut)
def get_import(ctx: ProjectContext, *, import_id: str) -> ImportOut:
    """Show an import and what became of its rows."""
    return ImportOut.of(files.get_import(ctx, kind="readings", import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _READINGS + "/{import_id}/report",
    permission="readings.import",
    query=ReportQuery,
    returns=ReportOut,
    errors="no-report",
)
def get_report(ctx: ProjectContext, *, import_id: str, query: ReportQuery) -> ReportOut:
    """List the lines of an imported file that were refused or flagged."""
    lines, more = files.get_report(
        ctx, kind="readings", import_id=import_id, after_line=query.after_line, limit=query.limit
    )
    return ReportOut(items=tuple(ReportLine.model_validate(line) for line in lines), more=more)


@endpoint(
    blueprint,
    "POST",
    _REGISTRY,
    permission="registry.import",
    body=NewRegistryImport,
    returns=ImportAnnounced,
    status=201,
    location=_REGISTRY + "/{id}",
)
def ask_for_registry_upload(ctx: ProjectContext, *, body: NewRegistryImport) -> ImportAnnounced:
    """Announce a file of consumers and connections and get the form to upload it with."""
    record, form = files.ask_for_upload(ctx, kind="registry", file_name=body.file_name, period=None)
    return ImportAnnounced(id=record.id, record=ImportOut.of(record), upload=UploadOut.of(form))


@endpoint(blueprint, "GET", _REGISTRY, permission="registry.import", query=PageQuery, returns=ImportPage)
def list_registry_imports(ctx: ProjectContext, *, query: PageQuery) -> ImportPage:
    """List the imports of registries, the newest first."""
    return ImportPage.of(files.list_imports(ctx, kind="registry", limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _REGISTRY + "/{registry}", permission="registry.import", returns=ImportOut)
def get_registry_import(ctx: ProjectContext, *, registry: str) -> ImportOut:
    """Show an import of a registry and what became of its lines."""
    return ImportOut.of(files.get_import(ctx, kind="registry", import_id=registry))


@endpoint(
    blueprint,
    "GET",
    _REGISTRY + "/{registry}/report",
    permission="registry.import",
    query=ReportQuery,
    returns=ReportOut,
    errors="no-report",
)
def get_registry_report(ctx: ProjectContext, *, registry: str, query: ReportQuery) -> ReportOut:
    """List the lines of a registry that were refused."""
    lines, more = files.get_report(
        ctx, kind="registry", import_id=registry, after_line=query.after_line, limit=query.limit
    )
    return ReportOut(items=tuple(ReportLine.model_validate(line) for line in lines), more=more)


@endpoint(
    blueprint,
    "POST",
    _HISTORY,
    permission="history.import",
    body=NewHistoryImport,
    returns=ImportAnnounced,
    status=201,
    location=_HISTORY + "/{id}",
)
def ask_for_history_upload(ctx: ProjectContext, *, body: NewHistoryImport) -> ImportAnnounced:
    """Announce a file of a former system's readings, bills and payments and get the form to upload it with."""
    record, form = files.ask_for_upload(ctx, kind="history", file_name=body.file_name, period=None)
    return ImportAnnounced(id=record.id, record=ImportOut.of(record), upload=UploadOut.of(form))


@endpoint(blueprint, "GET", _HISTORY, permission="history.import", query=PageQuery, returns=ImportPage)
def list_history_imports(ctx: ProjectContext, *, query: PageQuery) -> ImportPage:
    """List the imports of histories, the newest first."""
    return ImportPage.of(files.list_imports(ctx, kind="history", limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _HISTORY + "/{history}", permission="history.import", returns=ImportOut)
def get_history_import(ctx: ProjectContext, *, history: str) -> ImportOut:
    """Show an import of a history and what became of its entries."""
    return ImportOut.of(files.get_import(ctx, kind="history", import_id=history))


@endpoint(
    blueprint,
    "GET",
    _HISTORY + "/{history}/report",
    permission="history.import",
    query=ReportQuery,
    returns=ReportOut,
    errors="no-report",
)
def get_history_report(ctx: ProjectContext, *, history: str, query: ReportQuery) -> ReportOut:
    """List the entries of a history that were refused or flagged."""
    lines, more = files.get_report(
        ctx, kind="history", import_id=history, after_line=query.after_line, limit=query.limit
    )
    return ReportOut(items=tuple(ReportLine.model_validate(line) for line in lines), more=more)

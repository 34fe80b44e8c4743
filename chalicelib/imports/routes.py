"""Imports of files over HTTP."""

from chalice.app import Blueprint

from chalicelib.files import service as files
from chalicelib.files.domain.record import FileImport, FileKind
from chalicelib.imports import service
from chalicelib.imports.domain.bank import BankLine
from chalicelib.imports.schemas import (
    Assignment,
    BankLineOut,
    BankLinePage,
    BankLinesQuery,
    Dismissal,
    ImportAnnounced,
    ImportOut,
    ImportPage,
    ImportsQuery,
    NewBankImport,
    NewHistoryImport,
    NewImport,
    NewRegistryImport,
    ReportLine,
    ReportPage,
    ReportQuery,
    Trial,
    TrialOut,
    TrialRow,
    UploadOut,
)
from chalicelib.kernel.period import Period
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_READINGS = _PROJECT + "/readings/imports"
_REGISTRY = _PROJECT + "/registry/imports"
_HISTORY = _PROJECT + "/history/imports"
_BANK = _PROJECT + "/bank/imports"
_LINES = _PROJECT + "/bank-lines"


@endpoint(
    blueprint,
    "POST",
    _READINGS,
    permission="readings.import",
    body=NewImport,
    returns=ImportAnnounced,
    status=201,
    location=_READINGS + "/{id}",
    errors="bad-file-name unknown-mapping",
)
def ask_for_upload(ctx: ProjectContext, *, body: NewImport) -> ImportAnnounced:
    """Announce a file of readings and get the form to upload it with.

    The file is read after it is uploaded: ask for the import to see what became of it. A name that ends in a format
    that is not read, such as .pdf, is refused here.
    """
    return _announced(ctx, "readings", body.file_name, body.period, mapping_id=body.mapping_id)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/readings/import-trials",
    permission="readings.import",
    body=Trial,
    returns=TrialOut,
    errors="bad-mapping unknown-mapping",
)
def try_mapping(ctx: ProjectContext, *, body: Trial) -> TrialOut:
    """Try a column mapping on some lines of a file of readings: what would be understood, and what refused."""
    draft = body.draft.to_domain("draft") if body.draft else None
    file = service.try_mapping(ctx, text=body.text, mapping_id=body.mapping_id, draft=draft)
    refused = sorted(file.refusals, key=lambda refusal: refusal.line)
    return TrialOut(
        rows=tuple(TrialRow.of(row) for row in file.rows),
        refused=tuple(ReportLine.model_validate(refusal.as_line()) for refusal in refused),
    )


@endpoint(blueprint, "GET", _READINGS, permission="readings.import", query=ImportsQuery, returns=ImportPage)
def list_imports(ctx: ProjectContext, *, query: ImportsQuery) -> ImportPage:
    """List the imports of readings, newest first."""
    return _page(ctx, "readings", query)


@endpoint(blueprint, "GET", _READINGS + "/{importId}", permission="readings.import", returns=ImportOut)
def get_import(ctx: ProjectContext, *, import_id: str) -> ImportOut:
    """Show an import of readings and the counts of its rows."""
    return _shown(ctx, files.get_import(ctx, kind="readings", import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _READINGS + "/{importId}/report",
    permission="readings.import",
    query=ReportQuery,
    returns=ReportPage,
    errors="no-report",
)
def get_report(ctx: ProjectContext, *, import_id: str, query: ReportQuery) -> ReportPage:
    """List the lines of an imported file that were refused or flagged."""
    return _report(ctx, "readings", import_id, query)


@endpoint(
    blueprint,
    "POST",
    _REGISTRY,
    permission="registry.import",
    body=NewRegistryImport,
    returns=ImportAnnounced,
    status=201,
    location=_REGISTRY + "/{id}",
    errors="bad-file-name",
)
def ask_for_registry_upload(ctx: ProjectContext, *, body: NewRegistryImport) -> ImportAnnounced:
    """Announce a file of consumers and connections and get the form to upload it with.

    The file is read after it is uploaded: ask for the import to see what became of it. A name that ends in a format
    that is not read, such as .pdf, is refused here.
    """
    return _announced(ctx, "registry", body.file_name, None)


@endpoint(blueprint, "GET", _REGISTRY, permission="registry.import", query=ImportsQuery, returns=ImportPage)
def list_registry_imports(ctx: ProjectContext, *, query: ImportsQuery) -> ImportPage:
    """List the imports of registries, newest first."""
    return _page(ctx, "registry", query)


@endpoint(blueprint, "GET", _REGISTRY + "/{importId}", permission="registry.import", returns=ImportOut)
def get_registry_import(ctx: ProjectContext, *, import_id: str) -> ImportOut:
    """Show an import of a registry and the counts of its lines."""
    return _shown(ctx, files.get_import(ctx, kind="registry", import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _REGISTRY + "/{importId}/report",
    permission="registry.import",
    query=ReportQuery,
    returns=ReportPage,
    errors="no-report",
)
def get_registry_report(ctx: ProjectContext, *, import_id: str, query: ReportQuery) -> ReportPage:
    """List the lines of a registry that were refused."""
    return _report(ctx, "registry", import_id, query)


@endpoint(
    blueprint,
    "POST",
    _HISTORY,
    permission="history.import",
    body=NewHistoryImport,
    returns=ImportAnnounced,
    status=201,
    location=_HISTORY + "/{id}",
    errors="bad-file-name",
)
def ask_for_history_upload(ctx: ProjectContext, *, body: NewHistoryImport) -> ImportAnnounced:
    """Announce a file of a former system's readings, bills and payments and get the form to upload it with."""
    return _announced(ctx, "history", body.file_name, None)


@endpoint(blueprint, "GET", _HISTORY, permission="history.import", query=ImportsQuery, returns=ImportPage)
def list_history_imports(ctx: ProjectContext, *, query: ImportsQuery) -> ImportPage:
    """List the imports of histories, newest first."""
    return _page(ctx, "history", query)


@endpoint(blueprint, "GET", _HISTORY + "/{importId}", permission="history.import", returns=ImportOut)
def get_history_import(ctx: ProjectContext, *, import_id: str) -> ImportOut:
    """Show an import of a history and the counts of its entries."""
    return _shown(ctx, files.get_import(ctx, kind="history", import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _HISTORY + "/{importId}/report",
    permission="history.import",
    query=ReportQuery,
    returns=ReportPage,
    errors="no-report",
)
def get_history_report(ctx: ProjectContext, *, import_id: str, query: ReportQuery) -> ReportPage:
    """List the entries of a history that were refused or flagged."""
    return _report(ctx, "history", import_id, query)


@endpoint(
    blueprint,
    "POST",
    _BANK,
    permission="payments.record",
    body=NewBankImport,
    returns=ImportAnnounced,
    status=201,
    location=_BANK + "/{id}",
    errors="bad-file-name bad-method",
)
def ask_for_bank_upload(ctx: ProjectContext, *, body: NewBankImport) -> ImportAnnounced:
    """Announce a bank's file of transfers and get the form to upload it with."""
    service.check_transfers(ctx)
    return _announced(ctx, "bank", body.file_name, None)


@endpoint(blueprint, "GET", _BANK, permission="payments.record", query=ImportsQuery, returns=ImportPage)
def list_bank_imports(ctx: ProjectContext, *, query: ImportsQuery) -> ImportPage:
    """List the imports of bank files, newest first."""
    return _page(ctx, "bank", query)


@endpoint(blueprint, "GET", _BANK + "/{importId}", permission="payments.record", returns=ImportOut)
def get_bank_import(ctx: ProjectContext, *, import_id: str) -> ImportOut:
    """Show an import of a bank's file and the counts of its lines."""
    return _shown(ctx, files.get_import(ctx, kind="bank", import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _BANK + "/{importId}/report",
    permission="payments.record",
    query=ReportQuery,
    returns=ReportPage,
    errors="no-report",
)
def get_bank_report(ctx: ProjectContext, *, import_id: str, query: ReportQuery) -> ReportPage:
    """List the lines of a bank's file that were refused, or wait for a person (flagged)."""
    return _report(ctx, "bank", import_id, query)


@endpoint(blueprint, "GET", _LINES, permission="payments.record", query=BankLinesQuery, returns=BankLinePage)
def list_bank_lines(ctx: ProjectContext, *, query: BankLinesQuery) -> BankLinePage:
    """List the lines of bank files that wait for a person, or that one decided on, the oldest payment first."""
    page = service.list_bank_lines(ctx, state=query.status, limit=query.limit, cursor=query.cursor)
    return BankLinePage(items=_lines(ctx, *page.items), next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "POST",
    _LINES + "/{lineId}/assignment",
    permission="payments.record",
    body=Assignment,
    returns=BankLineOut,
    errors="above-due already-decided bad-method before-bill changed fact-missing month-closed no-part-payments "
    "nothing-due other-holder superseded too-many-bills",
)
def assign_bank_line(ctx: ProjectContext, *, line_id: str, body: Assignment) -> BankLineOut:
    """Post a waiting line as a payment of bills, or as an advance of an account."""
    done = service.assign_bank_line(
        ctx, line_id=line_id, bill_ids=body.bill_ids, account=body.account_number, note=body.note
    )
    return _lines(ctx, done)[0]


@endpoint(
    blueprint,
    "POST",
    _LINES + "/{lineId}/dismissal",
    permission="payments.record",
    body=Dismissal,
    returns=BankLineOut,
    errors="already-decided",
)
def dismiss_bank_line(ctx: ProjectContext, *, line_id: str, body: Dismissal) -> BankLineOut:
    """Put a waiting line aside with a reason."""
    return _lines(ctx, service.dismiss_bank_line(ctx, line_id=line_id, reason=body.reason))[0]


def _lines(ctx: ProjectContext, *lines: BankLine) -> tuple[BankLineOut, ...]:
    names = user_names(ctx.client, [line.decided_by for line in lines])
    return tuple(BankLineOut.of(line, names=names) for line in lines)


def _announced(
    ctx: ProjectContext, kind: FileKind, file_name: str, period: Period | None, *, mapping_id: str | None = None
) -> ImportAnnounced:
    record, form = files.ask_for_upload(ctx, kind=kind, file_name=file_name, period=period, mapping_id=mapping_id)
    return ImportAnnounced(id=record.id, record=_shown(ctx, record), upload=UploadOut.of(form))


def _shown(ctx: ProjectContext, record: FileImport) -> ImportOut:
    return ImportOut.of(record, names=user_names(ctx.client, [record.requested_by]))


def _page(ctx: ProjectContext, kind: FileKind, query: ImportsQuery) -> ImportPage:
    page = files.list_imports(ctx, kind=kind, status=query.status, limit=query.limit, cursor=query.cursor)
    return ImportPage.of(page, names=user_names(ctx.client, [record.requested_by for record in page.items]))


def _report(ctx: ProjectContext, kind: FileKind, import_id: str, query: ReportQuery) -> ReportPage:
    page = files.get_report(
        ctx,
        kind=kind,
        import_id=import_id,
        only=query.kind,
        code=query.code,
        limit=query.limit,
        cursor=query.cursor,
    )
    lines = tuple(ReportLine.model_validate(line) for line in page.items)
    return ReportPage(items=lines, next_cursor=page.next_cursor)

"""Readings and imports over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.readings import service
from chalicelib.readings.schemas import (
    BalanceOut,
    BalanceQuery,
    ConfirmationsOut,
    ConfirmPending,
    CorrectedReading,
    ImportAnnounced,
    ImportOut,
    ImportPage,
    NewImport,
    NewReading,
    PendingQuery,
    ReadingOut,
    ReadingPage,
    ReadingsQuery,
    ReportLine,
    ReportOut,
    ReportQuery,
    UploadOut,
)

blueprint = Blueprint(__name__)

_READINGS = "/api/clients/{client}/projects/{project}/readings"
_IMPORTS = _READINGS + "/imports"


@endpoint(
    blueprint,
    "POST",
    _READINGS,
    permission="readings.submit",
    body=NewReading,
    returns=ReadingOut,
    status=201,
    location=_READINGS + "/{id}",
)
def take_reading(ctx: Context, *, body: NewReading) -> ReadingOut:
    """Record what a meter showed on a day."""
    reading = service.take_reading(
        ctx,
        account=body.account_number,
        meter_number=body.meter_number,
        value=body.reading,
        read_on=body.read_on,
    )
    return ReadingOut.of(reading)


@endpoint(blueprint, "GET", _READINGS, permission="readings.read", query=ReadingsQuery, returns=ReadingPage)
def list_readings(ctx: Context, *, query: ReadingsQuery) -> ReadingPage:
    """List the readings of a period."""
    page = service.list_readings(ctx, period=query.period, limit=query.limit, cursor=query.cursor)
    return ReadingPage(items=tuple(ReadingOut.of(reading) for reading in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", _READINGS + "/balance", permission="readings.read", query=BalanceQuery, returns=BalanceOut)
def get_balance(ctx: Context, *, query: BalanceQuery) -> BalanceOut:
    """Compare what a building's own meter showed with what its units and common areas used."""
    project, balance = service.get_balance(ctx, period=query.period)
    return BalanceOut(
        period=query.period,
        unit=project.settings.unit,
        units=balance.units,
        common_area=balance.common_area,
        building=balance.building,
        calculated=balance.calculated,
        loss=balance.loss,
    )


@endpoint(blueprint, "GET", _READINGS + "/pending", permission="readings.read", query=PendingQuery, returns=ReadingPage)
def list_pending(ctx: Context, *, query: PendingQuery) -> ReadingPage:
    """List the readings that wait for confirmation."""
    page = service.list_pending(ctx, area=query.area, limit=query.limit, cursor=query.cursor)
    return ReadingPage(items=tuple(ReadingOut.of(reading) for reading in page.items), cursor=page.cursor)


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/confirmations",
    permission="readings.confirm",
    body=ConfirmPending,
    returns=ConfirmationsOut,
)
def confirm_pending(ctx: Context, *, body: ConfirmPending) -> ConfirmationsOut:
    """Confirm all pending readings, or those of an area or period."""
    return ConfirmationsOut.of(service.confirm_pending(ctx, area=body.area, period=body.period))


@endpoint(blueprint, "GET", _READINGS + "/{reading}", permission="readings.read", returns=ReadingOut)
def get_reading(ctx: Context, *, reading: str) -> ReadingOut:
    """Show a reading."""
    return ReadingOut.of(service.get_reading(ctx, reading_id=reading))


@endpoint(
    blueprint,
    "PUT",
    _READINGS + "/{reading}",
    permission="readings.edit",
    body=CorrectedReading,
    returns=ReadingOut,
)
def correct_reading(ctx: Context, *, reading: str, body: CorrectedReading) -> ReadingOut:
    """Correct a reading that is not billed yet."""
    return ReadingOut.of(service.correct_reading(ctx, reading_id=reading, value=body.reading, read_on=body.read_on))


@endpoint(blueprint, "POST", _READINGS + "/{reading}/confirmation", permission="readings.confirm", returns=ReadingOut)
def confirm_reading(ctx: Context, *, reading: str) -> ReadingOut:
    """Confirm one reading."""
    return ReadingOut.of(service.confirm_reading(ctx, reading_id=reading))


@endpoint(
    blueprint,
    "POST",
    _IMPORTS,
    permission="readings.import",
    body=NewImport,
    returns=ImportAnnounced,
    status=201,
    location=_IMPORTS + "/{id}",
)
def ask_for_upload(ctx: Context, *, body: NewImport) -> ImportAnnounced:
    """Announce a file of readings and get the form to upload it with."""
    record, form = service.ask_for_upload(ctx, file_name=body.file_name, period=body.period)
    return ImportAnnounced(id=record.id, record=ImportOut.of(record), upload=UploadOut.of(form))


@endpoint(blueprint, "GET", _IMPORTS, permission="readings.import", query=PageQuery, returns=ImportPage)
def list_imports(ctx: Context, *, query: PageQuery) -> ImportPage:
    """List the imports of readings, the newest first."""
    page = service.list_imports(ctx, limit=query.limit, cursor=query.cursor)
    return ImportPage(items=tuple(ImportOut.of(record) for record in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", _IMPORTS + "/{import_id}", permission="readings.import", returns=ImportOut)
def get_import(ctx: Context, *, import_id: str) -> ImportOut:
    """Show an import and what became of its rows."""
    return ImportOut.of(service.get_import(ctx, import_id=import_id))


@endpoint(
    blueprint,
    "GET",
    _IMPORTS + "/{import_id}/report",
    permission="readings.import",
    query=ReportQuery,
    returns=ReportOut,
)
def get_report(ctx: Context, *, import_id: str, query: ReportQuery) -> ReportOut:
    """List the lines of an imported file that were refused or flagged."""
    lines, more = service.get_report(ctx, import_id=import_id, after_line=query.after_line, limit=query.limit)
    return ReportOut(items=tuple(ReportLine.model_validate(line) for line in lines), more=more)

"""Tariffs over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Fault, Invalid, NotFound
from chalicelib.kernel.period import Period
from chalicelib.platform.http import endpoint
from chalicelib.tariffs import service
from chalicelib.tariffs.domain import KnownVersion
from chalicelib.tariffs.schemas import (
    Adoption,
    FactorsBody,
    FactorsOut,
    LibraryEntry,
    LibraryList,
    NewTariff,
    QuoteBody,
    QuoteOut,
    QuoteView,
    TariffBody,
    TariffList,
    TariffOut,
    TariffShort,
    TariffView,
    library,
)
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

# What an adoption says itself; the rest of the sheet is the library's.
_OWN_FIELDS = {"id", "validFrom", "consumerClass"}

_TARIFFS = "/api/clients/{clientId}/projects/{projectId}/tariffs"
_TARIFF = _TARIFFS + "/{tariffId}"
_VERSION = _TARIFF + "/versions/{version}"
_FACTORS = "/api/clients/{clientId}/projects/{projectId}/periods/{period}/factors"


@endpoint(blueprint, "GET", _TARIFFS, permission="tariffs.read", returns=TariffList)
def list_tariffs(ctx: ProjectContext) -> TariffList:
    """List all versions of a project's tariffs, without their charges."""
    return TariffList(items=tuple(TariffShort.of(known) for known in service.list_tariffs(ctx)))


@endpoint(
    blueprint,
    "POST",
    _TARIFFS,
    permission="tariffs.manage",
    body=NewTariff,
    returns=TariffOut,
    status=201,
    location=_TARIFFS + "/{id}/versions/{version}",
    errors="invalid-tariff other-unit overlapping-versions project-closed tariff-changed tariff-chosen "
    "undelivered-measure version-exists",
)
def open_tariff(ctx: ProjectContext, *, body: NewTariff) -> TariffOut:
    """Open a tariff with its first version."""
    return _shown(ctx, service.open_tariff(ctx, tariff=body.sheet.to_domain(tariff_id=body.id, version=1)))


@endpoint(blueprint, "GET", _TARIFF, permission="tariffs.read", returns=TariffList)
def get_tariff(ctx: ProjectContext, *, tariff_id: str) -> TariffList:
    """List the versions of a tariff, without their charges."""
    return TariffList(items=tuple(TariffShort.of(known) for known in service.list_tariffs(ctx, tariff_id=tariff_id)))


@endpoint(
    blueprint,
    "POST",
    _TARIFF + "/versions",
    permission="tariffs.manage",
    body=TariffBody,
    returns=TariffOut,
    status=201,
    location=_VERSION,
    errors="invalid-tariff leaves-gap other-unit overlapping-versions tariff-changed tariff-chosen too-early "
    "undelivered-measure",
)
def succeed_tariff(ctx: ProjectContext, *, tariff_id: str, body: TariffBody) -> TariffOut:
    """Add the next version of a tariff; the last one ends when it begins."""
    return _shown(ctx, service.succeed_tariff(ctx, tariff=body.to_domain(tariff_id=tariff_id, version=1)))


@endpoint(blueprint, "GET", _VERSION, permission="tariffs.read", returns=TariffOut)
def get_tariff_version(ctx: ProjectContext, *, tariff_id: str, version: str) -> TariffOut:
    """Show one version of a tariff."""
    return _shown(ctx, service.get_version(ctx, tariff_id=tariff_id, version=_number(version)))


@endpoint(
    blueprint,
    "PUT",
    _VERSION,
    permission="tariffs.manage",
    body=TariffBody,
    returns=TariffOut,
    errors="invalid-tariff leaves-gap other-unit overlapping-versions tariff-changed tariff-chosen tariff-used "
    "too-early undelivered-measure",
)
def correct_tariff(ctx: ProjectContext, *, tariff_id: str, version: str, body: TariffBody) -> TariffOut:
    """Correct a version that has not rated a bill."""
    corrected = body.to_domain(tariff_id=tariff_id, version=_number(version))
    return _shown(ctx, service.correct_tariff(ctx, tariff=corrected))


@endpoint(
    blueprint,
    "DELETE",
    _VERSION,
    permission="tariffs.manage",
    returns=TariffOut,
    errors="tariff-between tariff-changed tariff-chosen tariff-followed tariff-used",
)
def delete_tariff(ctx: ProjectContext, *, tariff_id: str, version: str) -> TariffOut:
    """Delete a version that has not rated a bill."""
    return _shown(ctx, service.delete_tariff(ctx, tariff_id=tariff_id, version=_number(version)))


@endpoint(
    blueprint,
    "POST",
    _TARIFFS + "/quote",
    permission="tariffs.read",
    body=QuoteBody,
    returns=QuoteOut,
    errors="amount-too-large bad-measure bill-too-long impossible-reading invalid-tariff missing-measure negative-use "
    "no-days no-tariff not-rated reading-below-last unit-mismatch unknown-adjustment unknown-meter-size",
)
def quote(ctx: ProjectContext, *, body: QuoteBody) -> QuoteOut:
    """Quote what a use would cost by a tariff or a draft; nothing is stored."""
    usage = body.usage.to_domain()
    if body.draft is not None:
        draft = body.draft.to_domain(tariff_id="draft", version=1, delivered=usage.measures)
        rating = service.quote_draft(draft, usage=usage)
    else:
        rating = service.quote(ctx, tariff_id=str(body.tariff_id), version=body.version, usage=usage)
    return QuoteOut.of(QuoteView(rating), rating)


@endpoint(
    blueprint,
    "POST",
    _TARIFFS + "/adoptions",
    permission="tariffs.manage",
    body=Adoption,
    returns=TariffOut,
    status=201,
    location=_TARIFFS + "/{id}/versions/{version}",
    errors="invalid-tariff other-unit overlapping-versions project-closed tariff-changed tariff-chosen "
    "undelivered-measure version-exists",
)
def adopt_tariff(ctx: ProjectContext, *, body: Adoption) -> TariffOut:
    """Open a tariff of the library unchanged, valid from a day on."""
    published = library().get(body.library_id)
    if published is None:
        message = f"the library has no tariff {body.library_id}; see /api/tariff-library"
        raise NotFound("not-found", message, field="libraryId")
    sheet = published.model_copy(
        update={"valid_from": body.valid_from, "consumer_class": body.consumer_class or published.consumer_class}
    )
    adopted = sheet.to_domain(tariff_id=body.id or body.library_id, version=1)
    try:
        return _shown(ctx, service.open_tariff(ctx, tariff=adopted))
    except Invalid as error:
        # The sheet is the library's: what does not fit there is the choice of it.
        faults = tuple(
            fault if fault.field in _OWN_FIELDS else Fault("libraryId", fault.message) for fault in error.faults
        )
        raise Invalid(error.code, str(error), faults=faults) from None


@endpoint(blueprint, "GET", _FACTORS, permission="tariffs.read", returns=FactorsOut, errors="not-last-month")
def get_factors(ctx: ProjectContext, *, period: str) -> FactorsOut:
    """Show what was entered for a period once, for all connections: a calorific value, a fuel adjustment."""
    return FactorsOut.of(service.get_factors(ctx, period=_period(period)))


@endpoint(
    blueprint,
    "PUT",
    _FACTORS,
    permission="tariffs.manage",
    body=FactorsBody,
    returns=FactorsOut,
    errors="changed not-last-month period-frozen undelivered-measure",
)
def set_factors(ctx: ProjectContext, *, period: str, body: FactorsBody) -> FactorsOut:
    """Enter a period's factors, all of them, before its bills are made. Bills that were made stay as they are."""
    factors = service.set_factors(ctx, period=_period(period), measures=body.measures, version=body.version)
    return FactorsOut.of(factors)


@endpoint(blueprint, "GET", "/api/tariff-library", permission="tariffs.read", returns=LibraryList)
def list_library(_ctx: Context) -> LibraryList:
    """List the published tariffs that can be adopted."""
    return LibraryList(items=tuple(LibraryEntry(id=name, sheet=sheet) for name, sheet in library().items()))


def _shown(ctx: ProjectContext, known: KnownVersion) -> TariffOut:
    return TariffOut.of(TariffView(known, ctx.project, local_day(ctx.now, ctx.project.settings.timezone)), known)


def _number(version: str) -> int:
    if not (version.isascii() and version.isdigit() and len(version) <= 6):
        raise NotFound("not-found", f"there is no version {version[:20]!r}")
    return int(version)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except Invalid:
        raise NotFound("not-found", f"there is no period {text[:20]!r}; write a month like 2025-11") from None

"""Readings over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.page import Page
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.readings import service
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.schemas import (
    AreaCountsOut,
    BalanceOut,
    BalanceQuery,
    BalanceView,
    ConfirmationsOut,
    ConfirmPending,
    CorrectedReading,
    EstimatesOut,
    EstimateUnread,
    NewReading,
    NewVisit,
    PendingQuery,
    ReadingOut,
    ReadingPage,
    ReadingsQuery,
    ReadingView,
    RoundOut,
    RoundQuery,
    UnreadOut,
    UnreadPage,
    UnreadQuery,
    UnreadView,
    VisitOut,
    Withdrawal,
)
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_READINGS = "/api/clients/{clientId}/projects/{projectId}/readings"


@endpoint(
    blueprint,
    "POST",
    _READINGS,
    permission="readings.submit",
    body=NewReading,
    returns=ReadingOut,
    status=201,
    location=_READINGS + "/{id}",
    errors="already-read ambiguous-meter before-installed below-previous billed changed future-date handed-over "
    "implausible-reading "
    "impossible-reading later-reading meter-exchanged no-meter not-active not-after-last number-missing other-period "
    "period-frozen register-missing too-many-readings undelivered-measure unknown-register",
)
def take_reading(ctx: ProjectContext, *, body: NewReading) -> ReadingOut:
    """Record a reading.

    Give either the account number or the meter number. The same reading sent again gets the first answer. A reading
    takes the place of an estimate that is not billed yet; what was read already is corrected instead.
    """
    reading = service.take_reading(
        ctx,
        account=body.account_number,
        meter_number=body.meter_number,
        meter_brand=body.meter_brand,
        shown=body.to_domain(),
    )
    return _shown(ctx, reading)


@endpoint(
    blueprint,
    "GET",
    _READINGS,
    permission="readings.read",
    query=ReadingsQuery,
    returns=ReadingPage,
    errors="bad-filter",
)
def list_readings(ctx: ProjectContext, *, query: ReadingsQuery) -> ReadingPage:
    """List the readings of a period or of a range of days, of all connections or one."""
    page = service.list_readings(
        ctx,
        period=query.period,
        first_day=query.from_,
        last_day=query.to,
        account=query.account_number,
        state=query.status,
        limit=query.limit,
        cursor=query.cursor,
    )
    return _page(ctx, page)


@endpoint(blueprint, "GET", _READINGS + "/balance", permission="readings.read", query=BalanceQuery, returns=BalanceOut)
def get_balance(ctx: ProjectContext, *, query: BalanceQuery) -> BalanceOut:
    """Compare the use of a building's own meter with that of its units and common areas.

    With more than 5,000 readings the answer has the sums so far; send its `nextCursor` for the rest.
    """
    balance, next_cursor = service.get_balance(ctx, period=query.period, cursor=query.cursor)
    return BalanceOut.of(BalanceView(query.period, ctx.project.settings.unit, next_cursor), balance)


@endpoint(blueprint, "GET", _READINGS + "/pending", permission="readings.read", query=PendingQuery, returns=ReadingPage)
def list_pending(ctx: ProjectContext, *, query: PendingQuery) -> ReadingPage:
    """List the readings that wait for a person: pending, or held because they are implausible."""
    return _page(ctx, service.list_pending(ctx, area=query.area, limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _READINGS + "/unread", permission="readings.read", query=UnreadQuery, returns=UnreadPage)
def list_unread(ctx: ProjectContext, *, query: UnreadQuery) -> UnreadPage:
    """List the active connections without a reading for a period, with the last visit to each."""
    page = service.list_unread(ctx, period=query.period, area=query.area, limit=query.limit, cursor=query.cursor)
    visits = service.last_visits(ctx, query.period, page.items, area=query.area)
    names = user_names(ctx.client, [visit.noted_by for visit in visits.values()])
    shown = {account: VisitOut.of(visit, names=names) for account, visit in visits.items()}
    items = tuple(UnreadOut.of(UnreadView(shown.get(each.account)), each) for each in page.items)
    return UnreadPage(items=items, next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/visits",
    permission="readings.submit",
    body=NewVisit,
    returns=VisitOut,
    errors="future-date no-meter other-period",
)
def note_visit(ctx: ProjectContext, *, body: NewVisit) -> VisitOut:
    """Record a visit on which the meter could not be read, with the reader's code. The unread list shows it."""
    visit = service.note_visit(
        ctx,
        account=body.account_number,
        on=body.visited_on,
        reader_code=body.reader_code,
        photo=body.photo,
        period=body.period,
    )
    return VisitOut.of(visit, names=user_names(ctx.client, [visit.noted_by]))


@endpoint(blueprint, "GET", _READINGS + "/round", permission="readings.read", query=RoundQuery, returns=RoundOut)
def get_round(ctx: ProjectContext, *, query: RoundQuery) -> RoundOut:
    """Show how far the readings of a period are, by area: all, ready to be billed, waiting, and not read."""
    counts, next_cursor = service.get_round(ctx, period=query.period, cursor=query.cursor)
    areas = tuple(AreaCountsOut(area=area, **numbers._asdict()) for area, numbers in sorted(counts.items()))
    return RoundOut(period=query.period, areas=areas, next_cursor=next_cursor)


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/estimates",
    permission="readings.edit",
    body=EstimateUnread,
    returns=EstimatesOut,
    errors="already-read bad-cursor before-installed billed changed future-date no-meter not-active not-after-last "
    "nothing-to-estimate-by other-period period-frozen too-many-readings unknown-area",
)
def estimate_unread(ctx: ProjectContext, *, body: EstimateUnread) -> EstimatesOut:
    """Estimate missing readings of a period: of one connection, an area or all."""
    if body.account_number:
        service.estimate_reading(ctx, period=body.period, account=body.account_number)
        return EstimatesOut(estimated=1, left=(), next_cursor=None)
    return EstimatesOut.of(service.estimate_unread(ctx, period=body.period, area=body.area, cursor=body.cursor))


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/confirmations",
    permission="readings.confirm",
    body=ConfirmPending,
    returns=ConfirmationsOut,
    errors="bad-cursor period-frozen unknown-area",
)
def confirm_pending(ctx: ProjectContext, *, body: ConfirmPending) -> ConfirmationsOut:
    """Confirm all pending readings, or those of an area or period. Held ones are left, and named with the reason."""
    return ConfirmationsOut.of(service.confirm_pending(ctx, area=body.area, period=body.period, cursor=body.cursor))


@endpoint(blueprint, "GET", _READINGS + "/{readingId}", permission="readings.read", returns=ReadingOut)
def get_reading(ctx: ProjectContext, *, reading_id: str) -> ReadingOut:
    """Show a reading."""
    return _shown(ctx, service.get_reading(ctx, reading_id=reading_id))


@endpoint(
    blueprint,
    "PUT",
    _READINGS + "/{readingId}",
    permission="readings.edit",
    body=CorrectedReading,
    returns=ReadingOut,
    errors="already-read before-installed below-previous billed changed future-date handed-over implausible-reading "
    "impossible-reading "
    "later-reading meter-exchanged no-meter not-active not-after-last other-period period-frozen register-missing "
    "undelivered-measure unknown-register withdrawn",
)
def correct_reading(ctx: ProjectContext, *, reading_id: str, body: CorrectedReading) -> ReadingOut:
    """Correct a reading that is not billed yet.

    Further registers, measures, the reader's code and the photo stay as they are, if they are left out.
    """
    corrected = service.correct_reading(ctx, reading_id=reading_id, shown=body.to_domain(), kept=body.left_out)
    return _shown(ctx, corrected)


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/{readingId}/confirmation",
    permission="readings.confirm",
    returns=ReadingOut,
    errors="already-read before-installed below-previous billed changed impossible-reading meter-exchanged not-active "
    "not-after-last nothing-to-estimate-by period-frozen withdrawn",
)
def confirm_reading(ctx: ProjectContext, *, reading_id: str) -> ReadingOut:
    """Confirm one reading."""
    return _shown(ctx, service.confirm_reading(ctx, reading_id=reading_id))


@endpoint(
    blueprint,
    "POST",
    _READINGS + "/{readingId}/withdrawal",
    permission="readings.edit",
    body=Withdrawal,
    returns=ReadingOut,
    errors="billed changed handed-over later-reading meter-exchanged period-frozen",
)
def withdraw_reading(ctx: ProjectContext, *, reading_id: str, body: Withdrawal) -> ReadingOut:
    """Withdraw a reading that should not have been entered and is not billed.

    It stays on record and counts no more; the connection is unread again.
    """
    return _shown(ctx, service.withdraw_reading(ctx, reading_id=reading_id, reason=body.reason))


def _shown(ctx: ProjectContext, reading: Reading) -> ReadingOut:
    return _page(ctx, Page((reading,), None)).items[0]


def _page(ctx: ProjectContext, page: Page[Reading]) -> ReadingPage:
    names = user_names(ctx.client, [who for each in page.items for who in _named(each)])
    billed = service.billed_ids(ctx, page.items)
    items = tuple(ReadingOut.of(ReadingView(each.id in billed), each, names=names) for each in page.items)
    return ReadingPage(items=items, next_cursor=page.next_cursor)


def _named(reading: Reading) -> tuple[str | None, ...]:
    return reading.entered_by, reading.confirmed_by, *(each.by for each in reading.former_values)

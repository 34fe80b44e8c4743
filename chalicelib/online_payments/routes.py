"""Online and announced payments over HTTP, and the gateway's callbacks."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.online_payments import service
from chalicelib.online_payments.domain import Intent
from chalicelib.online_payments.schemas import (
    AnnouncedPaymentOut,
    AnnouncedPaymentPage,
    AnnouncedPaymentsQuery,
    CallbackOut,
    CashRejection,
    GatewayCallback,
    IntentView,
    NewAnnouncedPayment,
    NewConfirmation,
    NewOnlinePayment,
    NewReview,
    OnlinePaymentOut,
    OnlinePaymentPage,
    OnlinePaymentsQuery,
)
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import PUBLIC, endpoint
from chalicelib.platform.request_parsing import raw_body
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_ONLINE = _PROJECT + "/online-payments"
_ANNOUNCED = _PROJECT + "/announced-payments"
_STARTING = (
    "bad-method bill-twice fact-missing fact-not-needed not-found nothing-due other-holder superseded too-many-bills"
)


@endpoint(
    blueprint,
    "POST",
    _ONLINE,
    permission="payments.record",
    or_own=True,
    body=NewOnlinePayment,
    returns=OnlinePaymentOut,
    status=201,
    location=_ONLINE + "/{id}",
    errors=f"no-gateway {_STARTING}",
)
def start_online_payment(ctx: ProjectContext, *, body: NewOnlinePayment) -> OnlinePaymentOut:
    """Start an online payment: the payer confirms it at `payAt`. Consumers pay only their own bills.

    The amount is what is due today, with late charges. Nothing is posted until the gateway says that it is paid.
    """
    return _online(ctx, service.start(ctx, wish=body.wish()))[0]


@endpoint(
    blueprint,
    "GET",
    _ONLINE,
    permission="payments.read",
    or_own=True,
    query=OnlinePaymentsQuery,
    returns=OnlinePaymentPage,
)
def list_online_payments(ctx: ProjectContext, *, query: OnlinePaymentsQuery) -> OnlinePaymentPage:
    """List online payments by status, oldest first, or those that need attention; a consumer sees only their own."""
    page = service.list_intents(
        ctx,
        kind="online",
        status=query.status,
        needs_attention=query.needs_attention,
        limit=query.limit,
        cursor=query.cursor,
    )
    return OnlinePaymentPage(items=_online(ctx, *page.items), next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "GET",
    _ONLINE + "/{onlinePaymentId}",
    permission="payments.read",
    or_own=True,
    returns=OnlinePaymentOut,
)
def get_online_payment(ctx: ProjectContext, *, online_payment_id: str) -> OnlinePaymentOut:
    """Show an online payment; a consumer sees only their own."""
    return _online(ctx, service.get_intent(ctx, kind="online", intent_id=online_payment_id))[0]


@endpoint(
    blueprint,
    "POST",
    _ONLINE + "/{onlinePaymentId}/review",
    permission="payments.record",
    body=NewReview,
    returns=OnlinePaymentOut,
    errors="changed nothing-to-review",
)
def review_online_payment(ctx: ProjectContext, *, online_payment_id: str, body: NewReview) -> OnlinePaymentOut:
    """Note what was found of an online payment that needed attention: it needs none any more."""
    return _online(ctx, service.review(ctx, intent_id=online_payment_id, note=body.note))[0]


@endpoint(
    blueprint,
    "POST",
    "/api/gateway/callbacks",
    permission=PUBLIC,
    body=GatewayCallback,
    returns=CallbackOut,
    errors="bad-amount bad-date bad-name bad-signature no-such-project not-found unknown-currency",
)
def hear_gateway(ctx: Context, *, body: GatewayCallback) -> CallbackOut:
    """Hear from the payment gateway, signed (headers Meterbook-Client, Meterbook-Timestamp and Meterbook-Signature).

    The same callback may come again, late, or after another: what is paid is posted once, and stays.
    """
    headers = blueprint.current_request.headers
    client, timestamp, signature = (
        str(headers.get(f"meterbook-{part}", "")) for part in ("client", "timestamp", "signature")
    )
    raw = raw_body(blueprint.current_request)
    here = service.authenticate(ctx, client=client, timestamp=timestamp, signature=signature, body=raw)
    intent = service.hear(here, project_id=body.project_id, intent_id=body.online_payment_id, heard=body.heard())
    return CallbackOut.of(intent)


@endpoint(
    blueprint,
    "POST",
    _ANNOUNCED,
    permission="payments.record",
    or_own=True,
    body=NewAnnouncedPayment,
    returns=AnnouncedPaymentOut,
    status=201,
    location=_ANNOUNCED + "/{id}",
    errors=_STARTING,
)
def announce_payment(ctx: ProjectContext, *, body: NewAnnouncedPayment) -> AnnouncedPaymentOut:
    """Announce a payment at the office. It is pending until staff confirm it; nothing is posted before."""
    return _announced(ctx, service.announce(ctx, wish=body.wish()))[0]


@endpoint(
    blueprint,
    "GET",
    _ANNOUNCED,
    permission="payments.read",
    or_own=True,
    query=AnnouncedPaymentsQuery,
    returns=AnnouncedPaymentPage,
)
def list_announced_payments(ctx: ProjectContext, *, query: AnnouncedPaymentsQuery) -> AnnouncedPaymentPage:
    """List announced payments by status, oldest first; a consumer sees only their own."""
    page = service.list_intents(
        ctx, kind="announced", status=query.status, needs_attention=False, limit=query.limit, cursor=query.cursor
    )
    return AnnouncedPaymentPage(items=_announced(ctx, *page.items), next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "GET",
    _ANNOUNCED + "/{announcedPaymentId}",
    permission="payments.read",
    or_own=True,
    returns=AnnouncedPaymentOut,
)
def get_announced_payment(ctx: ProjectContext, *, announced_payment_id: str) -> AnnouncedPaymentOut:
    """Show an announced payment; a consumer sees only their own."""
    return _announced(ctx, service.get_intent(ctx, kind="announced", intent_id=announced_payment_id))[0]


@endpoint(
    blueprint,
    "POST",
    _ANNOUNCED + "/{announcedPaymentId}/confirmation",
    permission="payments.record",
    body=NewConfirmation,
    returns=AnnouncedPaymentOut,
    errors="above-due already-decided bad-amount bad-desk bad-method bad-receipt-number before-bill bill-voided "
    "changed counted-receipt-number fact-missing fact-not-needed future-date month-closed no-change "
    "no-part-payments no-session nothing-due other-desk other-holder receipt-given receipt-taken received-too-little "
    "session-closed superseded too-many-bills",
)
def confirm_announced_payment(
    ctx: ProjectContext, *, announced_payment_id: str, body: NewConfirmation
) -> AnnouncedPaymentOut:
    """Confirm an announced payment with what was received: it is a payment at the counter, with a receipt."""
    tender = body.received_tender(ctx.project.settings.currency)
    return _announced(ctx, service.confirm(ctx, intent_id=announced_payment_id, tender=tender))[0]


@endpoint(
    blueprint,
    "POST",
    _ANNOUNCED + "/{announcedPaymentId}/rejection",
    permission="payments.record",
    body=CashRejection,
    returns=AnnouncedPaymentOut,
    errors="already-decided changed",
)
def reject_announced_payment(
    ctx: ProjectContext, *, announced_payment_id: str, body: CashRejection
) -> AnnouncedPaymentOut:
    """Reject an announced payment with a reason; nothing was posted."""
    return _announced(ctx, service.reject(ctx, intent_id=announced_payment_id, reason=body.reason))[0]


def _online(ctx: ProjectContext, *intents: Intent) -> tuple[OnlinePaymentOut, ...]:
    people = [each.started_by for each in intents] + [each.review.by for each in intents if each.review]
    names = user_names(ctx.client, people)
    return tuple(OnlinePaymentOut.of(IntentView(each, ctx.now), each, names=names) for each in intents)


def _announced(ctx: ProjectContext, *intents: Intent) -> tuple[AnnouncedPaymentOut, ...]:
    names = user_names(ctx.client, [who for each in intents for who in (each.started_by, each.ended_by)])
    return tuple(AnnouncedPaymentOut.of(IntentView(each, ctx.now), each, names=names) for each in intents)

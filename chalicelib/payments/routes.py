"""Payments over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.page import Page
from chalicelib.payments import service
from chalicelib.payments.domain import Payment
from chalicelib.payments.schemas import PaymentOut, PaymentPage, PaymentsQuery, PaymentView
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"


@endpoint(
    blueprint, "GET", _PROJECT + "/payments", permission="payments.read", query=PaymentsQuery, returns=PaymentPage
)
def list_payments(ctx: ProjectContext, *, query: PaymentsQuery) -> PaymentPage:
    """List the payments of a calendar month, newest first."""
    return _page(ctx, service.list_payments(ctx, month=query.month, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/payments/{paymentId}",
    permission="payments.read",
    or_own=True,
    returns=PaymentOut,
)
def get_payment(ctx: ProjectContext, *, payment_id: str) -> PaymentOut:
    """Show a payment; a consumer sees only their own."""
    return _shown(ctx, service.get_payment(ctx, payment_id=payment_id))[0]


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/bills/{billId}/payments",
    permission="payments.read",
    or_own=True,
    query=PageQuery,
    returns=PaymentPage,
)
def list_payments_of_bill(ctx: ProjectContext, *, bill_id: str, query: PageQuery) -> PaymentPage:
    """List the payments of a bill by day; a consumer sees only their own."""
    return _page(ctx, service.list_payments_of_bill(ctx, bill_id=bill_id, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/connections/{accountNumber}/payments",
    permission="payments.read",
    or_own=True,
    query=PageQuery,
    returns=PaymentPage,
)
def list_payments_of_connection(ctx: ProjectContext, *, account_number: str, query: PageQuery) -> PaymentPage:
    """List a connection's payments, newest bill first; a consumer sees only their own."""
    return _page(
        ctx, service.list_payments_of_connection(ctx, account=account_number, limit=query.limit, cursor=query.cursor)
    )


def _shown(ctx: ProjectContext, *payments: Payment) -> tuple[PaymentOut, ...]:
    names = user_names(ctx.client, [payment.recorded_by for payment in payments])
    return tuple(PaymentOut.of(PaymentView(payment), payment, names=names) for payment in payments)


def _page(ctx: ProjectContext, page: Page[Payment]) -> PaymentPage:
    return PaymentPage(items=_shown(ctx, *page.items), next_cursor=page.next_cursor)

"""Payments over HTTP."""

from collections.abc import Mapping, Sequence

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page
from chalicelib.ledger.schemas import OwedOut, OwedView
from chalicelib.payments import service
from chalicelib.payments.domain import Payment
from chalicelib.payments.schemas.batches import OutcomesOut, outcome_of
from chalicelib.payments.schemas.payments import (
    MyPaymentOut,
    MyPaymentPage,
    MyPaymentView,
    PaymentOut,
    PaymentPage,
    PaymentsQuery,
    PaymentView,
)
from chalicelib.payments.schemas.receipts import ReceiptOut, ReceiptView
from chalicelib.payments.schemas.taking import (
    CreditUse,
    NewAdvance,
    NewDeposit,
    NewPayment,
    NewPayments,
    NewReversal,
    NewSettlement,
    parsed_amount,
)
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_TENDER_ERRORS = (
    "bad-amount bad-desk bad-method bad-receipt-number changed counted-receipt-number fact-missing fact-not-needed "
    "future-date month-closed no-change no-session other-desk receipt-given receipt-taken received-too-little "
    "session-closed"
)
_BILL_ERRORS = (
    "above-due back-dated-waiver before-bill bill-twice bill-voided no-part-payments nothing-due number-missing "
    "other-holder superseded too-many-bills"
)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/payments",
    permission="payments.record",
    body=NewPayment,
    returns=PaymentOut,
    status=201,
    location=_PROJECT + "/payments/{id}",
    errors=f"not-found {_TENDER_ERRORS} {_BILL_ERRORS}",
)
def record_payment(ctx: ProjectContext, *, body: NewPayment) -> PaymentOut:
    """Take a payment of bills, with the late charges of its day, and issue its receipt.

    Late charges are paid before the bill, and older bills before later ones. A payment that is dated back takes back
    late charges after its day.
    """
    return _shown(ctx, service.record_payment(ctx, order=body.order(ctx.project.settings.currency)))[0]


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/payments/batch",
    permission="payments.record",
    body=NewPayments,
    returns=OutcomesOut,
    errors=f"not-found {_TENDER_ERRORS} {_BILL_ERRORS}",
)
def record_payments(ctx: ProjectContext, *, body: NewPayments) -> OutcomesOut:
    """Take several payments in one act, each with a receipt of its own; one that is refused stops no other."""
    outcomes = service.record_payments(ctx, orders=body.orders(ctx.project.settings.currency))
    taken = [outcome.payment for outcome in outcomes if outcome.payment]
    shown = {payment.id: payment for payment in _shown(ctx, *taken)}
    results = tuple(outcome_of(outcome, shown) for outcome in outcomes)
    return OutcomesOut(taken=len(taken), refused=len(outcomes) - len(taken), results=results)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/advances",
    permission="payments.record",
    body=NewAdvance,
    returns=PaymentOut,
    status=201,
    location=_PROJECT + "/payments/{id}",
    errors=f"not-found {_TENDER_ERRORS}",
)
def record_advance(ctx: ProjectContext, *, body: NewAdvance) -> PaymentOut:
    """Take money in advance: it is credit of the connection's present consumer."""
    tender = body.tender(ctx.project.settings.currency, body.amount)
    return _shown(ctx, service.record_advance(ctx, account=body.account_number, tender=tender))[0]


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/deposits",
    permission="payments.record",
    body=NewDeposit,
    returns=PaymentOut,
    status=201,
    location=_PROJECT + "/payments/{id}",
    errors=f"not-found {_TENDER_ERRORS}",
)
def record_deposit(ctx: ProjectContext, *, body: NewDeposit) -> PaymentOut:
    """Take a deposit from a connection's present consumer: security that pays nothing until the account is settled."""
    tender = body.tender(ctx.project.settings.currency, body.amount)
    done = service.record_advance(ctx, account=body.account_number, tender=tender, into="deposit")
    return _shown(ctx, done)[0]


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/connections/{accountNumber}/settlement",
    permission="adjustments.make",
    body=NewSettlement,
    returns=OwedOut,
    errors="bad-method bad-settlement changed no-credit nothing-due other-holder still-served too-many-bills",
)
def settle_account(ctx: ProjectContext, *, account_number: str, body: NewSettlement) -> OwedOut:
    """Settle the money of a consumer who has left: deposit and credit pay their bills, the oldest first.

    What is left is paid back, moved to another connection of theirs, or stays their credit.
    """
    owed = service.settle_account(
        ctx,
        account=account_number,
        consumer_id=body.consumer_id,
        refund_by=body.refund_by,
        move_to=body.move_to,
    )
    return OwedOut.of(OwedView(owed, ctx.project), owed)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/connections/{accountNumber}/credit-uses",
    permission="payments.record",
    body=CreditUse,
    returns=OwedOut,
    errors="above-credit bad-amount changed no-credit nothing-due",
)
def use_credit(ctx: ProjectContext, *, account_number: str, body: CreditUse) -> OwedOut:
    """Pay a connection's open bills from its consumer's credit, the oldest first, and show what is owed then.

    Bills below zero become credit, also if no bill is open; it can be paid back then.
    """
    amount = parsed_amount(body.amount, ctx.project.settings.currency, "amount")
    owed = service.use_credit(ctx, account=account_number, amount_minor=amount.minor if amount else None)
    return OwedOut.of(OwedView(owed, ctx.project), owed)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/payments/{paymentId}/reversal",
    permission="payments.reverse",
    or_own=True,
    body=NewReversal,
    returns=PaymentOut,
    errors="already-reversed already-used changed session-closed too-many-changes",
)
def reverse_payment(ctx: ProjectContext, *, payment_id: str, body: NewReversal) -> PaymentOut:
    """Take a payment back with a reason: its bills are open again, and its receipt stays, marked as void.

    Cashiers take back only payments of the session that they have open.
    """
    done = service.reverse_payment(ctx, payment_id=payment_id, reason=body.reason, note=body.note)
    return _shown(ctx, done)[0]


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/payments",
    permission="payments.read",
    query=PaymentsQuery,
    returns=PaymentPage,
    errors="bad-amount bad-day bad-filter not-found nothing-to-find",
)
def list_payments(ctx: ProjectContext, *, query: PaymentsQuery) -> PaymentPage:
    """List the payments of a month or of some days, newest first: all, or those that match every filter."""
    page = service.list_payments(
        ctx,
        month=query.month,
        first_day=query.from_day,
        last_day=query.until_day,
        account=query.account_number,
        receipt_number=query.receipt_number,
        only=query.only(ctx.project.settings.currency),
        limit=query.limit,
        cursor=query.cursor,
    )
    return _page(ctx, page)


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
    _PROJECT + "/payments/{paymentId}/receipt",
    permission="payments.read",
    or_own=True,
    returns=ReceiptOut,
)
def get_receipt(ctx: ProjectContext, *, payment_id: str) -> ReceiptOut:
    """Show all that a payment's official receipt prints; a consumer sees only their own."""
    payment = service.get_payment(ctx, payment_id=payment_id)
    names = user_names(ctx.client, [payment.recorded_by])
    waiver = names.get(payment.recorded_by) if payment.waiver_reason else None
    client = tenancy.get_client(ctx)
    view = ReceiptView(payment, ctx.project.settings.label, client.name, waiver)
    return ReceiptOut.of(view, payment, names=names)


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
    """List the payments of a bill, newest first; a consumer sees only their own."""
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
    """List a connection's payments, newest first; a consumer sees only their own."""
    return _page(
        ctx, service.list_payments_of_connection(ctx, account=account_number, limit=query.limit, cursor=query.cursor)
    )


@endpoint(blueprint, "GET", "/api/me/payments", permission="payments.read.own", query=PageQuery, returns=MyPaymentPage)
def my_payments(ctx: Context, *, query: PageQuery) -> MyPaymentPage:
    """List your payments, those entered last first, over all projects and connections.

    This includes payments for connections that were handed over since.
    """
    page = service.my_payments(ctx, limit=query.limit, cursor=query.cursor)
    names = _names(ctx, [payment for _, payment in page.items])
    items = tuple(MyPaymentOut.of(MyPaymentView(one, project), one, names=names) for project, one in page.items)
    return MyPaymentPage(items=items, next_cursor=page.next_cursor)


def _shown(ctx: ProjectContext, *payments: Payment) -> tuple[PaymentOut, ...]:
    names = _names(ctx, payments)
    return tuple(PaymentOut.of(PaymentView(payment), payment, names=names) for payment in payments)


def _names(ctx: Context, payments: Sequence[Payment]) -> Mapping[str, str]:
    people = [payment.recorded_by for payment in payments]
    return user_names(ctx.client, people + [payment.reversal.by for payment in payments if payment.reversal])


def _page(ctx: ProjectContext, page: Page[Payment]) -> PaymentPage:
    return PaymentPage(items=_shown(ctx, *page.items), next_cursor=page.next_cursor)

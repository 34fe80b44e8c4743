"""Look up payments, and build the write of one for the use case that settles a bill."""

from collections.abc import Iterable

from chalicelib.bills import service as bills
from chalicelib.bills.domain import parse_bill_id
from chalicelib.connections import service as connections
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, parse_payment_id
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project, ProjectContext


def payment_insert_write(project: Project, payment: Payment) -> Action:
    """Build the write of a payment, for the transaction that counts it on its bill.

    Label: `payment`. Four write units.
    """
    return repository.payment_insert_write(project, payment)


def standing_payments(project: Project, payments: Iterable[Payment]) -> dict[str, Payment]:
    """Return the payments that are already stored, by id. One read unit each."""
    return repository.standing(project, payments)


def get_payment(ctx: ProjectContext, *, payment_id: str) -> Payment:
    """Return one payment that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    bill_id, number = parse_payment_id(payment_id)
    period, account, revision = parse_bill_id(bill_id)
    payment = repository.find_payment(ctx.project, account, period, revision, number)
    if payment is None or not _may_see(ctx, payment.consumer_id):
        raise NotFound("not-found", "there is no payment with this id")
    return payment


def list_payments(ctx: ProjectContext, *, month: Period, limit: int, cursor: str | None) -> Page[Payment]:
    """List the payments of a calendar month, newest first, one page at a time."""
    return repository.month_page(ctx.project, month, limit=limit, cursor=cursor)


def list_payments_of_bill(ctx: ProjectContext, *, bill_id: str, limit: int, cursor: str | None) -> Page[Payment]:
    """List the payments of a bill by day, one page at a time; a consumer sees only their own.

    :raises NotFound: for an unknown bill, or another consumer's.
    """
    project = ctx.project
    bill = bills.find_bill(project, bill_id)
    if bill is None or not _may_see(ctx, bill.consumer_id):
        raise NotFound("not-found", "there is no bill with this id")
    return repository.bill_page(project, bill.account, bill.period, bill.number, limit=limit, cursor=cursor)


def list_payments_of_connection(ctx: ProjectContext, *, account: str, limit: int, cursor: str | None) -> Page[Payment]:
    """List a connection's payments, newest bill first; a consumer sees only their own.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection(ctx, account=account)
    page = repository.account_page(ctx.project, connection.account, limit=limit, cursor=cursor)
    # Payments of former consumers are not shown to the present one.
    return Page(tuple(one for one in page.items if _may_see(ctx, one.consumer_id)), page.next_cursor)


def _may_see(ctx: Context, consumer_id: str | None) -> bool:
    return ctx.actor.may("payments.read") or ctx.actor.owns(consumer_id)

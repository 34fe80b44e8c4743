"""Look up payments: by id, receipt, month, bill and connection."""

from collections.abc import Callable, Iterable

from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page
from chalicelib.kernel.period import Period
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Entry
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, parse_payment_id
from chalicelib.payments.domain.migrating import migrated_entry
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project, ProjectContext


def migrated_writes(project: Project, payment: Payment) -> list[Action]:
    """Build the writes of a migrated payment and its entry, for the transaction that counts it on its bill.

    Labels: `payment` and `entry`, subject: its account. Five write units.
    """
    return [
        repository.payment_insert_write(project, payment),
        ledger.entry_insert_write(project, migrated_entry(payment)),
    ]


def standing_payments(project: Project, payments: Iterable[Payment]) -> dict[str, Payment]:
    """Return those of some payments that are already stored, by id. One read unit each."""
    return repository.payments_by_id(project, [payment.id for payment in payments])


def get_payment(ctx: ProjectContext, *, payment_id: str) -> Payment:
    """Return one payment that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    payment = repository.find_payment(ctx.project, parse_payment_id(payment_id))
    if payment is None or not _sees(ctx, payment):
        raise NotFound("not-found", "there is no payment with this id")
    return payment


def list_payments(
    ctx: ProjectContext, *, month: Period | None, receipt_number: str | None, limit: int, cursor: str | None
) -> Page[Payment]:
    """List the payments of a calendar month, newest first, one page at a time; or those with a receipt's number."""
    if receipt_number:
        found = repository.payments_by_receipt(ctx.project, receipt_number.strip().upper())
        return Page(tuple(each for each in found if _sees(ctx, each)), None)
    page = repository.month_page(ctx.project, month or _this_month(ctx), limit=limit, cursor=cursor)
    return Page(tuple(each for each in page.items if _sees(ctx, each)), page.next_cursor)


def _this_month(ctx: ProjectContext) -> Period:
    return Period.of(ledger.booking_day(ctx.project, ctx.now))


def list_payments_of_bill(ctx: ProjectContext, *, bill_id: str, limit: int, cursor: str | None) -> Page[Payment]:
    """List the payments of a bill, newest first, one page at a time; a consumer sees only their own.

    :raises NotFound: for an unknown bill, or another consumer's.
    """
    bill = bills.find_bill(ctx.project, bill_id)
    if bill is None or not _may_see(ctx, bill.consumer_id):
        raise NotFound("not-found", "there is no bill with this id")
    return _of_entries(
        ctx,
        bill.account,
        lambda entry: any(effect.bill_id == bill.id for effect in entry.effects),
        limit=limit,
        cursor=cursor,
    )


def list_payments_of_connection(ctx: ProjectContext, *, account: str, limit: int, cursor: str | None) -> Page[Payment]:
    """List a connection's payments, newest first; a consumer sees only their own.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection(ctx, account=account)
    return _of_entries(ctx, connection.account, lambda _: True, limit=limit, cursor=cursor)


def _of_entries(
    ctx: ProjectContext, account: str, wanted: Callable[[Entry], bool], *, limit: int, cursor: str | None
) -> Page[Payment]:
    """List the payments of an account's entries: a query for a page, and a read unit for each payment."""
    page = ledger.own_entries(
        ctx, account=account, kinds=frozenset({"payment", "advance"}), only=wanted, limit=limit, cursor=cursor
    )
    ids = [str(entry.origin) for entry in page.items]
    known = repository.payments_by_id(ctx.project, dict.fromkeys(ids))
    # Payments of former consumers are not shown to the present one.
    return Page(tuple(known[each] for each in ids if each in known and _sees(ctx, known[each])), page.next_cursor)


def _sees(ctx: ProjectContext, payment: Payment) -> bool:
    if not ctx.actor.may("payments.read"):
        return ctx.actor.owns(payment.consumer_id)
    accounts = set(payment.accounts)
    return accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts)


def _may_see(ctx: Context, consumer_id: str | None) -> bool:
    return ctx.actor.may("payments.read") or ctx.actor.owns(consumer_id)

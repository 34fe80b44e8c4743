"""Look up payments: by id, receipt, month, bill and connection."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Entry
from chalicelib.payments import repository
from chalicelib.payments.domain import EVERY_PAYMENT, Payment, PaymentFilter, days_of, months_between, parse_payment_id
from chalicelib.platform.cursors import decode_cursor, encode_cursor, periods_page
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project, ProjectContext

_BROUGHT = frozenset({"payment", "advance", "deposit"})
"""The kinds of entries that payments make."""


def migrated_write(project: Project, payment: Payment) -> Action:
    """Build the write of a migrated payment, for the transaction of its entry. Label: `payment`, subject: its account.

    Three write units.
    """
    return repository.payment_insert_write(project, payment)


def standing_payments(project: Project, payments: Iterable[Payment]) -> dict[str, Payment]:
    """Return those of some payments that are already stored, by id. One read unit each."""
    return repository.payments_by_id(project, [payment.id for payment in payments])


def stored_payments(project: Project, payment_ids: Iterable[str]) -> dict[str, Payment]:
    """Return those payments that are stored, by id. One read unit each."""
    return repository.payments_by_id(project, payment_ids)


def get_payment(ctx: ProjectContext, *, payment_id: str) -> Payment:
    """Return one payment that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    payment = repository.find_payment(ctx.project, parse_payment_id(payment_id))
    if payment is None or not _sees(ctx, payment):
        raise NotFound("not-found", "there is no payment with this id")
    return payment


def list_payments(
    ctx: ProjectContext,
    *,
    month: Period | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    account: str | None = None,
    receipt_number: str | None = None,
    only: PaymentFilter = EVERY_PAYMENT,
    limit: int,
    cursor: str | None,
) -> Page[Payment]:
    """List payments that match every filter, newest first, one page at a time.

    They are those of a month, or from one day to another, without either of the present month; with a receipt's number
    of any day. Of an account they are listed in the order in which they were entered.

    :raises Invalid: for days that are none of these, or more than a year.
    :raises NotFound: for an unknown account.
    """
    today = ledger.booking_day(ctx.project, ctx.now)
    first, last = days_of(month=month, first=first_day, last=last_day, today=today)
    if not receipt_number or month or first_day or last_day:
        only = replace(only, first_day=first, last_day=last)
    if receipt_number:
        found = repository.payments_by_receipt(ctx.project, receipt_number.strip().upper())
        return Page(tuple(each for each in _chosen(ctx, found, only) if account in {None, *each.accounts}), None)
    if account:
        page = list_payments_of_connection(ctx, account=account, limit=limit, cursor=cursor)
        return Page(tuple(each for each in page.items if only.includes(each)), page.next_cursor)
    return _of_months(ctx, months_between(first, last), only, limit=limit, cursor=cursor)


def _of_months(
    ctx: ProjectContext, months: Sequence[Period], only: PaymentFilter, *, limit: int, cursor: str | None
) -> Page[Payment]:
    project = ctx.project

    def read_month(month: Period, some: int, inner: str | None) -> Page[Payment]:
        def read(more: int, at: str | None) -> Page[Payment]:
            return repository.month_page(project, month, only=only, limit=more, cursor=at)

        return choose_page(read, lambda found: _chosen(ctx, found, only), limit=some, cursor=inner)

    return periods_page(months, read_month, limit=limit, cursor=cursor, place=f"payments|{project.client}|{project.id}")


def _chosen(ctx: ProjectContext, found: Iterable[Payment], only: PaymentFilter) -> list[Payment]:
    return [each for each in found if only.includes(each) and _sees(ctx, each)]


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
    connection = connections.get_connection_ever_held(ctx, account=account)
    return _of_entries(ctx, connection.account, lambda _: True, limit=limit, cursor=cursor)


def my_payments(ctx: Context, *, limit: int, cursor: str | None) -> Page[tuple[Project, Payment]]:
    """List the payments of the signed-in consumer, the newest entry first, over all projects and connections.

    A request for each connection, and a read unit for each payment. A page may be short and still have a next one.
    """
    place = f"my-payments|{ctx.client}|{ctx.actor.consumer_id}"
    below = decode_cursor(cursor, place)["below"] if cursor else ""
    accounts = connections.my_accounts(ctx)
    found = ledger.newest_entries(accounts, below=below, at_once=limit + 1)
    theirs = (each for each in found if each[2].kind in _BROUGHT and ctx.actor.owns(each[2].holder))
    listed = list(islice(theirs, limit + 1))
    more = encode_cursor({"below": listed[limit - 1][0]}, place) if len(listed) > limit else None
    return Page(tuple(_mine(listed[:limit])), more)


def _mine(listed: Sequence[tuple[str, Project, Entry]]) -> Iterator[tuple[Project, Payment]]:
    """Yield the payments of entries; one that paid bills of several connections counts at its first."""
    known = {
        project.id: repository.payments_by_id(project, [str(entry.origin) for _, at, entry in listed if at == project])
        for project in {project.id: project for _, project, _ in listed}.values()
    }
    for _, project, entry in listed:
        payment = known[project.id].get(str(entry.origin))
        if payment and payment.account == entry.account:
            yield project, payment


def _of_entries(
    ctx: ProjectContext, account: str, wanted: Callable[[Entry], bool], *, limit: int, cursor: str | None
) -> Page[Payment]:
    """List the payments of an account's entries: a query for a page, and a read unit for each payment."""
    page = ledger.own_entries(ctx, account=account, kinds=_BROUGHT, only=wanted, limit=limit, cursor=cursor)
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

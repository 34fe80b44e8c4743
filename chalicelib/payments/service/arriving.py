"""Take money that has arrived without a counter: it is posted, whatever became of its bills meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import TryLater
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.payments import repository
from chalicelib.payments.domain import Allocation, Payment, PaymentSource, Share, Tender
from chalicelib.payments.service.numbering import ReceiptPlan, numbered_receipt, receipt_plan
from chalicelib.payments.service.standing import Standing, read_standing_of_arrival
from chalicelib.payments.service.taking import Also, drafts_of, no_more_writes, recorded_write
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Money that has arrived, on which day, and what it was for: bills of one holder, each with its part.

    `desk` is the channel that numbers its receipt; it need not be one of the project's desks.
    """

    payment_id: str
    account: str
    consumer_id: str | None
    consumer_name: str
    bills: Mapping[str, int]
    amount: Money
    on: date
    desk: str
    source: PaymentSource
    method: str
    upi_id: str | None = None
    check_number: str | None = None
    reference: str | None = None


def record_arrival(ctx: ProjectContext, *, arrival: Arrival, also: Also = no_more_writes) -> Payment:
    """Post money that has arrived, settle its bills as far as they are due, and number its receipt.

    It is never refused: the money is there. Money for a bill that was superseded pays the one that took its dues
    over. What the bills have no use for, because they were paid or voided meanwhile, becomes credit of the payer.
    A call with the same id again gets the payment that is there. `also` is asked at each attempt for more writes
    of the same transaction.

    :raises TryLater: if others keep changing the same bills: nothing is written then.
    """
    for attempt in range(_ATTEMPTS):
        arrival = _in_open_books(ctx, arrival)
        plan = receipt_plan(ctx.project, _tender_of(arrival), arrival.on)
        stored, last, _ = repository.find_with_series(ctx.project, arrival.payment_id, plan.series)
        if stored:
            return stored
        payment, writes = _decide(ctx, arrival, plan, last=last, attempt=attempt)
        try:
            transact([*writes, *also(payment)])
        except Refused as refused:
            ctx = ledger.with_books_of_now(ctx, refused)
            dynamo.pause(attempt)
        else:
            return payment
    raise TryLater("busy", "others are changing the same bills; send this again in a moment")


def _in_open_books(ctx: ProjectContext, arrival: Arrival) -> Arrival:
    """Return the arrival on the first day of open books, if those of its own day are closed."""
    closed = ctx.project.books_closed_until
    return replace(arrival, on=closed + timedelta(days=1)) if closed and arrival.on <= closed else arrival


def _tender_of(arrival: Arrival) -> Tender:
    return Tender(method=arrival.method, amount=arrival.amount, received=None, paid_on=arrival.on, desk=arrival.desk)


def _decide(
    ctx: ProjectContext, arrival: Arrival, plan: ReceiptPlan, *, last: int, attempt: int
) -> tuple[Payment, list[Action]]:
    project = ctx.project
    place = (arrival.account, arrival.consumer_id)
    standing = read_standing_of_arrival(ctx, arrival.bills, account=place[0], holder=place[1], day=arrival.on)
    number, numbering = numbered_receipt(project, plan, arrival.payment_id, last=last, attempt=attempt)
    drafts, shares, credit = _drafts(standing, arrival)
    payment = Payment(
        id=arrival.payment_id,
        account=shares[0].account if shares else arrival.account,
        consumer_id=arrival.consumer_id,
        consumer_name=arrival.consumer_name,
        amount=arrival.amount,
        received=arrival.amount,
        paid_on=arrival.on,
        booked_on=local_day(ctx.now, project.settings.timezone),
        method=arrival.method,
        shares=tuple(shares),
        credit_minor=credit,
        receipt_number=number,
        desk=plan.desk,
        check_number=arrival.check_number,
        upi_id=arrival.upi_id,
        reference=arrival.reference,
        source=arrival.source,
        recorded_by=ctx.actor.id,
        recorded_at=ctx.now,
    )
    entries = ledger.entries_of_act(ctx, payment.id, drafts)
    posting = ledger.entry_writes(project, standing.books, entries)
    return payment, [
        repository.payment_insert_write(project, payment), *numbering, *posting, recorded_write(ctx, payment)
    ]  # fmt: skip


def _drafts(standing: Standing, arrival: Arrival) -> tuple[list[ledger.EntryDraft], list[Share], int]:
    """Return the entries of money that arrived, the bills' shares of it, and what becomes credit."""
    allocated = _allocated(standing, arrival)
    if allocated.parts:
        return drafts_of(standing, allocated, None)
    minor = arrival.amount.minor
    draft = ledger.EntryDraft(
        account=arrival.account,
        holder=arrival.consumer_id,
        kind="advance",
        value_on=arrival.on,
        credit_minor=minor,
    )
    return [draft], [], minor


def _allocated(standing: Standing, arrival: Arrival) -> Allocation:
    """Divide the money among the bills, the oldest first, as far as they are due.

    A bill with late charges after the day of the money gets its part even if it is paid: the part lowers them, and what
    was paid too much then becomes credit.
    """
    left = arrival.amount.minor
    parts: dict[str, int] = {}
    meant = _meant(standing, arrival)
    for bill in sorted(map(standing.books.bill, meant), key=lambda each: (each.due_on, each.id)):
        wanted = meant[bill.id] if standing.is_past(bill) else max(standing.due(bill), 0)
        if part := min(wanted, left):
            parts[bill.id] = part
            left -= part
    return Allocation(parts, left)


def _meant(standing: Standing, arrival: Arrival) -> dict[str, int]:
    """Return what is meant for each bill; what was for superseded ones is for those that took their dues over."""
    meant: dict[str, int] = {}
    for bill_id, minor in arrival.bills.items():
        bill = standing.books.bills.get(bill_id)
        while bill and bill.superseded_by:
            bill = standing.books.bill(bill.superseded_by)
        if bill:
            meant[bill.id] = meant.get(bill.id, 0) + minor
    return meant

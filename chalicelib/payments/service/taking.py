"""Take money for bills at the counter, each with the late charge of the day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.audit import service as audit
from chalicelib.bills.domain import Bill
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Effect, settle_back_dated
from chalicelib.payments import repository
from chalicelib.payments.domain import Allocation, Due, Payment, Share, allocate, check_tender, received_for
from chalicelib.payments.service.beginning import Beginning, begin, check_number_free, check_still_open
from chalicelib.payments.service.numbering import numbered_receipt
from chalicelib.payments.service.standing import Order, Standing, read_standing
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


# Builds what is written together with a payment.
Also = Callable[[Payment], Sequence[Action]]


def no_more_writes(_: Payment) -> Sequence[Action]:
    """Write nothing together with a payment."""
    return ()


def record_payment(
    ctx: ProjectContext, *, order: Order, payment_id: str | None = None, also: Also = no_more_writes
) -> Payment:
    """Take a payment of bills: post it, settle the bills with the late charges of its day, and number its receipt.

    `also` is asked at each attempt for more writes of the same transaction.

    A repeated request gets the payment that the first one made. One bill costs 14 write units, 16 with a late charge,
    two more in a cashier session, and three requests; each further bill of the connection less than four write units.

    :raises Invalid: for a method, day or amount that the project does not take.
    :raises NotFound: if there is no such bill, or it is out of the actor's reach.
    :raises Conflict: if nothing is due, others changed the bills meanwhile, or the cashier session was closed.
    """
    if order.waive_reason is not None:
        ctx.require("late_charges.waive")
    project = ctx.project
    today = local_day(ctx.now, project.settings.timezone)
    check_tender(order.tender, project.settings.payments, today=today)
    day = order.tender.paid_on or today
    new_id = payment_id or ctx.new_id()
    for attempt in range(_ATTEMPTS):
        begun = begin(ctx, tender=order.tender, payment_id=new_id, day=day, at_counter=order.source == "counter")
        if begun.stored:
            return begun.stored
        standing = read_standing(ctx, order, day)
        payment, writes = _decide(ctx, order, standing, begun, new_id, attempt=attempt)
        writes = sized_writes([*writes, *also(payment)])
        try:
            transact(writes)
        except Refused as refused:
            check_still_open(refused)
            _check_lost(refused, order)
            ctx = ledger.with_books_of_now(ctx, refused)
            dynamo.pause(attempt)
        else:
            return payment
    raise Conflict("changed", "others are changing the same bills; look at them, and send the payment again")


def _check_lost(refused: Refused, order: Order) -> None:
    """Check that a payment that lost a race may be decided anew.

    A series has moved on; a bill that changed is decided anew if the amount was said, and refused if it is too much.

    :raises Conflict: if a person must look again.
    """
    check_number_free(refused, order.tender)
    said = order.tender.amount is not None or all(part is not None for part in order.bills.values())
    if "bill" in refused.labels and not (order.bills and said):
        named = ", ".join(refused.subjects("bill"))
        raise Conflict("changed", f"{named} was paid or changed at the same moment; look at what is due now")


def _decide(
    ctx: ProjectContext,
    order: Order,
    standing: Standing,
    begun: Beginning,
    payment_id: str,
    *,
    attempt: int,
) -> tuple[Payment, list[Action]]:
    """Decide what a payment does; return it with all its writes."""
    project, tender = ctx.project, order.tender
    settings = project.settings.payments
    allocated = _allocated(ctx, standing, order)
    number, numbering = numbered_receipt(project, begun.plan, payment_id, last=begun.last, attempt=attempt)
    drafts, shares, credit = drafts_of(standing, allocated, order.waive_reason)
    first = standing.books.bill(next(iter(allocated.parts)))
    amount = Money(sum(allocated.parts.values()) + allocated.left_minor, project.settings.currency)
    payment = Payment(
        id=payment_id,
        account=first.account,
        consumer_id=first.consumer_id,
        consumer_name=first.consumer_name,
        amount=amount,
        received=received_for(tender, amount, settings),
        paid_on=standing.day,
        booked_on=local_day(ctx.now, project.settings.timezone),
        method=tender.method,
        shares=tuple(shares),
        credit_minor=credit,
        receipt_number=number,
        desk=begun.plan.desk,
        cashier_session_id=begun.session_id,
        check_number=tender.check_number,
        upi_id=tender.upi_id,
        reference=tender.reference,
        notes=tender.notes,
        waiver_reason=order.waive_reason if any(share.waived for share in shares) else None,
        source=order.source,
        origin=order.origin,
        recorded_by=ctx.actor.id,
        recorded_at=ctx.now,
    )
    entries = ledger.entries_of_act(ctx, payment_id, drafts)
    posting = ledger.entry_writes(project, standing.books, entries)
    counting = begun.counting_writes(project, payment)
    inserted = repository.payment_insert_write(project, payment)
    return payment, [inserted, *numbering, *counting, *posting, recorded_write(ctx, payment)]


def sized_writes(writes: list[Action]) -> list[Action]:
    """Return the writes of a payment, if one transaction takes them.

    :raises Invalid: otherwise.
    """
    if len(writes) > MAX_ACTIONS:
        raise Invalid("too-many-bills", "these are too many bills for one payment: pay them in two", field="bills")
    return writes


def _allocated(ctx: ProjectContext, standing: Standing, order: Order) -> Allocation:
    """Divide the money among the bills by the project's rules."""
    settings = ctx.project.settings
    waives = order.waive_reason is not None
    if waives and (past := [bill for bill in standing.bills if standing.is_past(bill)]):
        message = f"late charges of {past[0].id} after {standing.day} fall away by themselves: leave the waiver out"
        raise Invalid("back-dated-waiver", message, field="waiveLateCharges")
    dues = [
        Due(
            bill.id,
            standing.due(bill) - (standing.late_due(bill) if waives else 0),
            (bill.due_day.isoformat(), bill.id),
        )
        for bill in standing.bills
    ]
    stated = {bill_id: part for bill_id, part in order.bills.items() if part is not None}
    return allocate(dues, stated, order.tender.amount, settings.payments, currency=settings.currency)


def drafts_of(
    standing: Standing, allocated: Allocation, waive_reason: str | None
) -> tuple[list[ledger.EntryDraft], list[Share], int]:
    """Return the entries of a payment, the bills' shares of it, and what becomes credit."""
    paid = [standing.books.bill(bill_id) for bill_id in allocated.parts]
    parts = {bill.id: _part_of(standing, bill, allocated.parts[bill.id], waive_reason) for bill in paid}
    drafts: list[ledger.EntryDraft] = []
    left = allocated.left_minor
    for account in dict.fromkeys(bill.account for bill in paid):
        theirs = [parts[bill.id] for bill in paid if bill.account == account]
        drafts += _drafts_of_account(standing, account, paid[0].consumer_id, theirs, left, waive_reason)
        left = 0
    credit = allocated.left_minor + sum(each.freed for each in parts.values())
    return drafts, [parts[bill.id].share for bill in paid], credit


@dataclass(frozen=True, slots=True)
class _Part:
    """What a payment does to one bill: the effects of its late charge, its waiver and its money.

    If it is dated back, late charges since are `lowered`, and what this `freed` becomes credit.
    """

    share: Share
    late: Effect | None
    waiver: Effect | None
    money: Effect
    lowered: Effect | None = None
    freed: int = 0


def _part_of(standing: Standing, bill: Bill, part: int, waive_reason: str | None) -> _Part:
    late_due = standing.late_due(bill)
    waived = late_due if waive_reason is not None else 0
    late_paid = min(part, late_due - waived)
    share = Share(
        bill_id=bill.id,
        account=bill.account,
        period_label=bill.label,
        principal_due=max(standing.due(bill) - late_due, 0),
        late_due=late_due,
        waived=waived,
        paid=part,
        late_paid=late_paid,
    )
    if standing.rule and standing.is_past(bill):
        done = settle_back_dated(standing.rule, bill, part, standing.day, standing.histories[bill.id])
        share = replace(share, paid=part - min(done.credit_minor, part))
        return _Part(share, None, None, done.money, done.lowered, done.credit_minor)
    charge = standing.charges[bill.id]
    late = Effect(bill_id=bill.id, late=charge.minor, late_steps=charge.steps) if charge.minor else None
    waiver = Effect(bill_id=bill.id, waived=waived) if waived else None
    return _Part(share, late, waiver, Effect(bill_id=bill.id, paid=part, late_paid=late_paid))


def _drafts_of_account(
    standing: Standing,
    account: str,
    holder: str | None,
    parts: Sequence[_Part],
    credit: int,
    waive_reason: str | None,
) -> Iterator[ledger.EntryDraft]:
    draft = partial(ledger.EntryDraft, account=account, holder=holder, value_on=standing.day)
    if late := tuple(each.late for each in parts if each.late):
        yield draft(kind="late_charge", effects=late)
    if waived := tuple(each.waiver for each in parts if each.waiver):
        yield draft(kind="waiver", effects=waived, reason=waive_reason)
    yield draft(kind="payment", effects=tuple(each.money for each in parts), credit_minor=credit)
    if lowered := tuple(each.lowered for each in parts if each.lowered):
        freed = sum(each.freed for each in parts)
        yield draft(kind="late_charge_lowered", value_on=standing.today, effects=lowered, credit_minor=freed)


def recorded_write(ctx: ProjectContext, payment: Payment) -> Action:
    """Build the write of a payment's entry in the audit log."""
    facts: dict[str, object] = {
        "amount": payment.amount,
        "currency": payment.amount.currency,
        "paid_on": payment.paid_on,
        "method": payment.method,
        "receipt": payment.receipt_number,
        "bills": tuple(share.bill_id for share in payment.shares),
    }
    if payment.waiver_reason:
        facts["waiver"] = payment.waiver_reason
    return audit.entry_write(
        ctx, action="payment.recorded", subject=("payment", f"{ctx.project_id}.{payment.id}"), after=facts
    )

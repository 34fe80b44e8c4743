"""Void one bill: nothing is due on it any more, what was paid becomes credit, and its reading can be billed again."""

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.corrections.domain.voiding import check_voidable, voided, with_bill_voided
from chalicelib.corrections.service.freeing import with_uses_undone
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import freed_minor, post, void_effect
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, transact
from chalicelib.readings import service as readings
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


def void_bill(ctx: ProjectContext, *, bill_id: str, reason: str) -> Bill:
    """Void a bill with a reason. Its late charges are taken back, and what was paid on it becomes credit.

    Credit that it brought itself, by a note or because it is below zero, is taken back, also from bills that it was
    used for since, the newest use first.

    The bill stays on record. Its reading can be corrected, withdrawn or billed again: then it is the next revision of
    the bill. A repeated request gets the voided bill. Fourteen write units.

    :raises NotFound: if there is no such bill, or it is out of the actor's reach.
    :raises Conflict: if it is voided already, it has no reading, a later bill of its round counts on from it, a billing
        run works on its period, or credit that it brought is gone.
    """
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        bill = _get(ctx, bill_id)
        if not bill.is_standing and _is_repeated(ctx, bill, act_id):
            return bill
        try:
            after, writes = _writes(ctx, bill, act_id, reason)
            transact(writes)
        except Refused as refused:
            if "period" in refused.labels:
                raise readings.frozen(ctx.project, bill.period) from None
            dynamo.pause(attempt)
        else:
            return after
    raise Conflict("changed", "others are changing the same bill; look at it, and send the request again")


def _get(ctx: ProjectContext, bill_id: str) -> Bill:
    bill = bills.find_bill(ctx.project, bill_id)
    if bill is None or not connections.accounts_within_reach(ctx, ctx.project, [bill.account]):
        raise NotFound("not-found", "there is no bill with this id")
    return bill


def _is_repeated(ctx: ProjectContext, bill: Bill, act_id: str) -> bool:
    """Return whether this very request voided it before it was interrupted."""
    if ctx.request_key is None or bill.voided_on is None:
        return False
    return any(ledger.entries_of_origin(ctx.project, bill.account, act_id, first=bill.voided_on, last=bill.voided_on))


def _writes(ctx: ProjectContext, bill: Bill, act_id: str, reason: str) -> tuple[Bill, list[Action]]:
    """Return a bill as voided, and all writes of the act, from the books as they are now."""
    project = ctx.project
    place = (bill.account, bill.consumer_id)
    books = ledger.open_books(project, bill_ids=[bill.id], holders=[place])
    bill = books.bill(bill.id)
    if not bill.is_standing:
        raise voided(bill)
    of_round = readings.round_of_account(project, bill.period, bill.account)
    check_voidable(bill, bills.round_bills(project, bill.period, bill.account))
    reading = next(each for each in of_round if each.number == bill.number)
    draft = ledger.EntryDraft(
        account=bill.account,
        holder=bill.consumer_id,
        kind="voided",
        value_on=ledger.booking_day(project, ctx.now),
        effects=(void_effect(bill),),
        credit_minor=freed_minor(bill, ledger.entries_of_bill(project, bill)),
        reason=reason,
    )
    books, drafts = with_uses_undone(project, books, [bill], [draft])
    entries = ledger.entries_of_act(ctx, act_id, drafts)
    posting = ledger.entry_writes(project, books, entries)
    writes = [
        readings.period_open_check(project, bill.period),
        readings.reading_change_write(project, with_bill_voided(reading), before=reading),
        *bills.other_bill_checks(project, [each for each in of_round if each.counts and each.place > reading.place]),
        *posting,
        _audit_write(ctx, bill, reason),
    ]
    if len(writes) > MAX_ACTIONS:
        message = "the credit that it brought was used too often since then to take it back at once"
        raise Conflict("too-many-changes", message)
    return post(books, entries).bill(bill.id), writes


def _audit_write(ctx: ProjectContext, bill: Bill, reason: str) -> Action:
    facts: dict[str, object] = {
        "total": bill.total,
        "currency": bill.total.currency,
        "paid": bill.paid,
        "reason": reason,
    }
    subject = ("bill", f"{ctx.project_id}.{bill.id}")
    return audit.entry_write(ctx, action="bill.voided", subject=subject, after=facts)

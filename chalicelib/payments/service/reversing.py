"""Take a payment back: its bills are open again, its credit is gone, and its receipt stays, marked."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Effect, Entry, take_back
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, Reversal, ReversalReason, parse_payment_id
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12
_KINDS = frozenset({"payment", "advance", "deposit", "late_charge_lowered"})


def reverse_payment(
    ctx: ProjectContext, *, payment_id: str, reason: ReversalReason, note: str | None = None
) -> Payment:
    """Reverse a payment with a reason. Its bills are as if it had never been made, from its own day on.

    Late charges and waivers that are posted stand. Credit that it brought is taken back, also from bills that it was
    used for since, the newest use first. A repeated request gets the reversed payment.

    :raises NotFound: if there is no such payment, or it is out of the actor's reach.
    :raises Conflict: if it is reversed already.
    """
    project = ctx.project
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        payment = repository.find_payment(project, parse_payment_id(payment_id))
        if payment is None or not _within_reach(ctx, payment):
            raise NotFound("not-found", "there is no payment with this id")
        reversal = Reversal(reason=reason, note=note, by=ctx.actor.id, at=ctx.now)
        if payment.reversal:
            if _is_repeated(ctx, payment, act_id):
                return payment
            raise Conflict("already-reversed", f"payment {payment.id} was reversed on {payment.reversal.at.date()}")
        after = replace(payment, reversal=reversal)
        try:
            transact(_reversal_writes(ctx, after, act_id))
        except Refused:
            dynamo.pause(attempt)
        else:
            return after
    raise Conflict("changed", "others are changing the same bills; send the reversal again")


def _is_repeated(ctx: ProjectContext, payment: Payment, act_id: str) -> bool:
    """Return whether this very request reversed it before it was interrupted."""
    if ctx.request_key is None or payment.reversal is None:
        return False
    day = ledger.booking_day(ctx.project, payment.reversal.at)
    return any(ledger.entries_of_origin(ctx.project, payment.account, act_id, first=day, last=day))


def _within_reach(ctx: ProjectContext, payment: Payment) -> bool:
    accounts = set(payment.accounts)
    return accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts)


def _reversal_writes(ctx: ProjectContext, after: Payment, act_id: str) -> list[Action]:
    """Build the writes of a reversal, from the books as they are now."""
    project = ctx.project
    made = [each for account in after.accounts for each in _entries_of(ctx, after, account)]
    used = [use for account in after.accounts for use in _uses_to_undo(ctx, after, account, made)]
    undone = [*(each for each in made if each.kind in _KINDS), *used]
    bill_ids = {effect.bill_id for each in undone for effect in each.effects}
    holders = {(each.account, each.holder) for each in undone if each.credit_minor or each.deposit_minor}
    books = ledger.open_books(project, bill_ids=bill_ids, holders=holders)
    books = _with_successors(ctx, books)
    drafts = _reversals(books, undone, after)
    _check_left(books, drafts)
    drafts += _moved_on(books, drafts)
    entries = ledger.entries_of_act(ctx, act_id, drafts)
    posting = ledger.entry_writes(project, books, entries)
    return [repository.payment_reversal_write(project, after), *posting, _audit_write(ctx, after)]


def _with_successors(ctx: ProjectContext, books: Books) -> Books:
    """Read the bills that took dues over, and those that took them over from these."""
    while missing := {each.superseded_by for each in books.bills.values() if each.superseded_by} - books.bills.keys():
        more = ledger.open_books(ctx.project, bill_ids=sorted(missing))
        books = Books({**books.bills, **more.bills}, books.positions)
    return books


def _moved_on(books: Books, drafts: Sequence[ledger.EntryDraft]) -> list[ledger.EntryDraft]:
    """Return what moves dues that are open again on superseded bills to the bills that took them over."""
    for draft in drafts:
        books = ledger.posted(books, draft)
    moved: list[ledger.EntryDraft] = []
    while again := next(
        (each for each in books.bills.values() if each.superseded_by and each.amount_due.minor > 0), None
    ):
        due, successor = again.amount_due.minor, str(again.superseded_by)
        out = Effect(bill_id=again.id, moved_out=due, late_moved=again.balance.late_due, successor=successor)
        draft = ledger.EntryDraft(
            account=again.account,
            holder=again.consumer_id,
            kind="superseded",
            value_on=max(each.value_on for each in drafts),
            effects=(out, Effect(bill_id=successor, moved_in=due)),
        )
        moved.append(draft)
        books = ledger.posted(books, draft)
    return moved


def _is_open_again(bill: Bill) -> bool:
    return bill.superseded_by is not None and bill.amount_due.minor > 0


def _entries_of(ctx: ProjectContext, payment: Payment, account: str) -> list[Entry]:
    day = payment.booked_on
    return list(ledger.entries_of_origin(ctx.project, account, payment.id, first=day, last=day))


def _uses_to_undo(ctx: ProjectContext, payment: Payment, account: str, made: Iterable[Entry]) -> list[Entry]:
    """Return the uses of credit that have to go, the newest first, so that the credit suffices."""
    brought = sum(each.credit_minor for each in made if each.account == account and each.credit_minor > 0)
    if not brought:
        return []
    return ledger.uses_of_credit(ctx.project, account, payment.consumer_id, since=payment.booked_on, freeing=brought)


def _reversals(books: Books, undone: Sequence[Entry], payment: Payment) -> list[ledger.EntryDraft]:
    """Return what takes entries back, one after the other: uses of credit first, so that none falls below zero."""
    drafts: list[ledger.EntryDraft] = []
    for entry in sorted(undone, key=lambda each: each.credit_minor >= 0):
        effects = tuple(
            take_back(books.bill(effect.bill_id), [effect]) for effect in entry.effects if effect != _nothing(effect)
        )
        draft = ledger.EntryDraft(
            account=entry.account,
            holder=entry.holder,
            kind="reversal",
            value_on=entry.value_on,
            effects=effects,
            credit_minor=-entry.credit_minor,
            deposit_minor=-entry.deposit_minor,
            reverses=entry.id,
            reason=_reason(payment),
        )
        drafts.append(draft)
        books = ledger.posted(books, draft)
    return drafts


def _check_left(books: Books, drafts: Iterable[ledger.EntryDraft]) -> None:
    """Check that credit or deposit to take back was not paid back, moved or applied since.

    :raises Conflict: if it was.
    """
    for draft in drafts:
        books = ledger.posted(books, draft)
    for position in books.positions.values():
        if min(position.credit_minor, position.deposit_minor) < 0:
            message = f"what it brought was paid back, moved or applied at {position.account} since: undo that first"
            raise Conflict("already-used", message)


def _nothing(effect: Effect) -> Effect:
    return Effect(bill_id=effect.bill_id)


def _reason(payment: Payment) -> str:
    if payment.reversal is None:
        raise AssertionError("a reversal has a reason")
    said = payment.reversal.reason.replace("_", " ")
    return f"{said}: {payment.reversal.note}" if payment.reversal.note else said


def _audit_write(ctx: ProjectContext, payment: Payment) -> Action:
    facts: dict[str, object] = {
        "reason": _reason(payment),
        "amount": payment.amount,
        "currency": payment.amount.currency,
        "receipt": payment.receipt_number,
    }
    subject = ("payment", f"{ctx.project_id}.{payment.id}")
    return audit.entry_write(ctx, action="payment.reversed", subject=subject, after=facts)

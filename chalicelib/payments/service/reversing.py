"""Take a payment back: its bills are open again, its credit is gone, and its receipt stays, marked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, Charge
from chalicelib.cashiers import service as cashiers
from chalicelib.cashiers.domain import Movement, Till
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, Forbidden, NotFound
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Entry, freed_credit, take_back, with_freed_credit, without_voided
from chalicelib.payments import repository
from chalicelib.payments.domain import Payment, Reversal, ReversalReason, parse_payment_id
from chalicelib.payments.service.beginning import check_still_open
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused, transact
from chalicelib.tenancy.domain import Project, ProjectContext

_ATTEMPTS = 12
_ACTIONS_OF_FEE = 5
_KINDS = frozenset({"payment", "advance", "deposit", "late_charge_lowered"})


def reverse_payment(
    ctx: ProjectContext, *, payment_id: str, reason: ReversalReason, note: str | None = None
) -> Payment:
    """Reverse a payment with a reason. Its bills are as if it had never been made, from its own day on.

    The open cashier session of the actor counts it; else the one that took the payment, if it is still open. Without
    the permission for all payments, only those of the actor's own open session are reversed. No session counts what a
    bank or gateway received.

    Late charges and waivers that are posted stand. Credit that it brought is taken back, also from bills that it was
    used for since, the newest use first. A returned check costs its payer the project's fee: a bill of its own. A
    repeated request gets the reversed payment.

    :raises NotFound: if there is no such payment, or it is out of the actor's reach.
    :raises Forbidden: if the actor reverses only own payments, and it is none of their open session.
    :raises Conflict: if it is reversed already, or the cashier session was closed meanwhile.
    """
    project = ctx.project
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        payment = repository.find_payment(project, parse_payment_id(payment_id))
        if payment is None or not _within_reach(ctx, payment):
            raise NotFound("not-found", "there is no payment with this id")
        if payment.reversal:
            if _is_repeated(ctx, payment, act_id):
                return payment
            raise Conflict("already-reversed", f"payment {payment.id} was reversed on {payment.reversal.at.date()}")
        till = _till_for(ctx, payment)
        reversal = Reversal(
            reason=reason,
            note=note,
            by=ctx.actor.id,
            at=ctx.now,
            cashier_session_id=till.session_id if till else None,
        )
        reversal, fee = _with_fee(ctx, payment, reversal, act_id)
        after = replace(payment, reversal=reversal)
        try:
            transact([*_reversal_writes(ctx, after, act_id, till), *fee])
        except Refused as refused:
            if till and till.cashier == ctx.actor.id:
                check_still_open(refused)
            ctx = ledger.with_books_of_now(ctx, refused)
            dynamo.pause(attempt)
        else:
            return after
    raise Conflict("changed", "others are changing the same bills; send the reversal again")


def _with_fee(ctx: ProjectContext, payment: Payment, reversal: Reversal, act_id: str) -> tuple[Reversal, list[Action]]:
    """Return a reversal with the bill of the fee for a returned check, and its writes, if there is one. Source: B22."""
    settings = ctx.project.settings
    fee = Money(settings.payments.returned_check_fee_minor, settings.currency)
    if reversal.reason != "returned_check" or not fee.minor:
        return reversal, []
    connection = connections.find_by_number(ctx.project, account=payment.account, meter_number=None)
    if connection is None:
        return reversal, []
    reason = f"check of receipt {payment.receipt_number or payment.id} returned"
    charge = Charge(code="returned-check", label="Returned check fee", amount=fee, reason=reason)
    payer = (payment.consumer_id, payment.consumer_name)
    bill, writes = bills.charge_bill(ctx, connection, charge, act_id=act_id, holder=payer)
    return replace(reversal, fee_bill_id=bill.id), writes


def _is_repeated(ctx: ProjectContext, payment: Payment, act_id: str) -> bool:
    """Return whether this very request reversed it before it was interrupted."""
    if ctx.request_key is None or payment.reversal is None:
        return False
    day = ledger.booking_day(ctx.project, payment.reversal.at)
    return any(ledger.entries_of_origin(ctx.project, payment.account, act_id, first=day, last=day))


def _within_reach(ctx: ProjectContext, payment: Payment) -> bool:
    accounts = set(payment.accounts)
    return accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts)


def _till_for(ctx: ProjectContext, payment: Payment) -> Till | None:
    """Return the till that gives the money back: the actor's, or the one that took it, if its session is open.

    None gives back what a bank or gateway received.

    :raises Forbidden: for a payment that the actor may not reverse.
    """
    tills = cashiers.tills_of(ctx.project, [ctx.actor.id, payment.recorded_by])
    mine, taken_in = tills.get(ctx.actor.id), tills.get(payment.recorded_by)
    if taken_in and taken_in.session_id != payment.cashier_session_id:
        taken_in = None
    if not ctx.actor.may("payments.reverse") and (taken_in is None or taken_in != mine):
        message = "you reverse only what you took in the cashier session that you have open"
        raise Forbidden("forbidden", message)
    return None if payment.source in {"bank", "online"} else mine or taken_in


def _counting_writes(project: Project, payment: Payment, till: Till | None) -> list[Action]:
    if till is None:
        return []
    moved = Movement(flow="reversed", method=payment.method, amount=payment.amount.minor)
    return [cashiers.movement_write(project, till, moved)]


def _reversal_writes(ctx: ProjectContext, after: Payment, act_id: str, till: Till | None) -> list[Action]:
    """Build the writes of a reversal, from the books as they are now.

    :raises Refused: if others changed them meanwhile, so that what was read does not fit together.
    :raises Conflict: if credit that it brought is gone, or was used too often.
    """
    project = ctx.project
    paid, made = _made(ctx, after)
    holders = {(each.account, each.holder) for each in made if each.credit_minor or each.deposit_minor}
    before = ledger.open_books(project, holders=holders)
    used = [use for account in after.accounts for use in _uses_to_undo(ctx, after, before, account, made)]
    undone = [*made, *used]
    others = ledger.open_books(project, bill_ids=_bill_ids(used) - paid.keys(), holders=holders)
    # The payment is read last: while it stands, its money was on the bills when they were read.
    now = repository.find_payment(project, after.id)
    if others.positions != before.positions or now is None or now.reversal:
        raise Refused([("payment", None)])
    if any(not bill.is_standing for bill in others.bills.values()):
        raise Refused([("bill", None)])  # voided since its entries were read: decide anew
    books = ledger.with_successors(project, Books({**paid, **others.bills}, others.positions))
    drafts = _reversals(books, undone, after)
    _check_left(books, drafts)
    drafts += ledger.moved_on(books, drafts)
    entries = ledger.entries_of_act(ctx, act_id, drafts)
    posting = ledger.entry_writes(project, books, entries)
    counting = _counting_writes(project, after, till)
    writes = [repository.payment_reversal_write(project, after), *counting, *posting, _audit_write(ctx, after)]
    if len(writes) > MAX_ACTIONS - _ACTIONS_OF_FEE:
        raise Conflict("too-many-changes", "its credit was used too often since then to take it back at once")
    return writes


def _bill_ids(entries: Iterable[Entry]) -> set[str]:
    return {effect.bill_id for each in entries for effect in each.effects}


def _made(ctx: ProjectContext, payment: Payment) -> tuple[Mapping[str, Bill], list[Entry]]:
    """Read what a payment is to give back: its bills, and its entries as they still count.

    Bills that were voided since have given back theirs as credit. Those that money of a past day made credit of are
    paid again from that, as far as they are due without the payment.

    :raises Refused: if others changed the bills meanwhile.
    """
    project = ctx.project
    since = [each for account in payment.accounts for each in ledger.entries_since(project, account, payment.booked_on)]
    found = [each for each in since if each.origin == payment.id and each.kind in _KINDS]
    paid = ledger.open_books(project, bill_ids=_bill_ids(found)).bills
    voided = {bill.id for bill in paid.values() if not bill.is_standing}
    made = [without_voided(each, voided) for each in found]
    lowered = _bill_ids(each for each in since if each.kind == "late_charge_lowered")
    freed = [paid[bill_id] for bill_id in sorted(_bill_ids(made) & lowered)]
    # Their entries are read after the bills: none of those that the bills count is missing.
    entries = ledger.entries_by_account(project, freed)
    for bill in freed:
        made = with_freed_credit(made, bill, freed_credit(bill, entries[bill.account]))
    for bill_id in _bill_ids(made):
        if paid[bill_id].balance.paid < sum(each.paid_on(bill_id) for each in made):
            raise Refused([("bill", None)])  # lowered since its entries were read: decide anew
    return paid, made


def _uses_to_undo(
    ctx: ProjectContext, payment: Payment, books: Books, account: str, made: Iterable[Entry]
) -> list[Entry]:
    """Return the uses of credit that have to go, the newest first, so that the credit suffices."""
    brought = sum(each.credit_minor for each in made if each.account == account)
    missing = brought - books.position(account, payment.consumer_id).credit_minor
    if brought <= 0:
        return []
    return ledger.uses_of_credit(ctx.project, account, payment.consumer_id, since=payment.booked_on, missing=missing)


def _reversals(books: Books, undone: Sequence[Entry], payment: Payment) -> list[ledger.EntryDraft]:
    """Return what takes entries back, one after the other: uses of credit first, so that none falls below zero."""
    drafts: list[ledger.EntryDraft] = []
    for entry in sorted(undone, key=lambda each: each.credit_minor >= 0):
        # Also a bill that gives nothing back is named: its money was taken from the credit that was freed of it.
        effects = tuple(take_back(books.bill(effect.bill_id), [effect]) for effect in entry.effects)
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

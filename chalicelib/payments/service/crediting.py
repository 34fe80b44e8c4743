"""Take money in advance, and use a holder's credit for their bills."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType
from typing import Literal

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Effect
from chalicelib.payments import repository
from chalicelib.payments.domain import MAX_BILLS, Payment, PaymentSource, Tender, check_tender, received_for
from chalicelib.payments.service.beginning import Beginning, begin, check_number_free, check_still_open
from chalicelib.payments.service.numbering import numbered_receipt
from chalicelib.payments.service.taking import Also, no_more_writes
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12
_REPEATED_WITHIN = timedelta(days=2)
"""So long a request may be sent again with its key: as long as answers are kept."""


def record_advance(
    ctx: ProjectContext,
    *,
    account: str,
    tender: Tender,
    into: Literal["credit", "deposit"] = "credit",
    payment_id: str | None = None,
    source: PaymentSource = "counter",
    also: Also = no_more_writes,
) -> Payment:
    """Take money that no bill is named for: it is credit of the connection's present holder, or a deposit.

    A repeated request gets the payment that the first one made. What is to change with it (`also`) is in the same
    transaction.

    :raises Invalid: for a method, day or amount that the project does not take, or without an amount.
    :raises NotFound: for an unknown connection, or one out of the actor's reach.
    :raises Conflict: if the cashier session was closed meanwhile.
    """
    project = ctx.project
    today = local_day(ctx.now, project.settings.timezone)
    check_tender(tender, project.settings.payments, today=today)
    if tender.amount is None:
        raise Invalid("bad-amount", "say how much is paid in advance", field="amount")
    connection = connections.get_connection(ctx, account=account)
    payment_id = payment_id or ctx.new_id()
    day = tender.paid_on or today
    for attempt in range(_ATTEMPTS):
        begun = begin(ctx, tender=tender, payment_id=payment_id, day=day, at_counter=source == "counter")
        if begun.stored:
            return begun.stored
        number, numbering = numbered_receipt(project, begun.plan, payment_id, last=begun.last, attempt=attempt)
        payment = _advance(ctx, connection, tender, begun, payment_id, number, is_deposit=into == "deposit")
        payment = replace(payment, source=source)
        writes = [*numbering, *begun.counting_writes(project, payment), *_advance_writes(ctx, payment), *also(payment)]
        try:
            transact(writes)
        except Refused as refused:
            if "connection" in refused.labels:
                message = f"connection {account} was deleted meanwhile"
                raise NotFound("not-found", message, field="accountNumber") from None
            check_still_open(refused)
            check_number_free(refused, tender)
            ctx = ledger.with_books_of_now(ctx, refused)
            dynamo.pause(attempt)
        else:
            return payment
    raise _changed()


def _advance(
    ctx: ProjectContext,
    connection: Connection,
    tender: Tender,
    begun: Beginning,
    payment_id: str,
    number: str,
    *,
    is_deposit: bool,
) -> Payment:
    amount = tender.amount
    if amount is None:
        raise AssertionError("an advance has an amount")
    return Payment(
        id=payment_id,
        account=connection.account,
        consumer_id=connection.consumer_id,
        consumer_name=connection.consumer_name,
        amount=amount,
        received=received_for(tender, amount, ctx.project.settings.payments),
        paid_on=begun.plan.day,
        booked_on=ledger.booking_day(ctx.project, ctx.now),
        method=tender.method,
        credit_minor=0 if is_deposit else amount.minor,
        deposit_minor=amount.minor if is_deposit else 0,
        receipt_number=number,
        desk=begun.plan.desk,
        cashier_session_id=begun.session_id,
        check_number=tender.check_number,
        upi_id=tender.upi_id,
        reference=tender.reference,
        notes=tender.notes,
        recorded_by=ctx.actor.id,
        recorded_at=ctx.now,
    )


def _advance_writes(ctx: ProjectContext, payment: Payment) -> list[Action]:
    draft = ledger.EntryDraft(
        account=payment.account,
        holder=payment.consumer_id,
        kind="deposit" if payment.deposit_minor else "advance",
        value_on=payment.paid_on,
        credit_minor=payment.credit_minor,
        deposit_minor=payment.deposit_minor,
    )
    books = ledger.open_books(ctx.project, holders=[(payment.account, payment.consumer_id)])
    posting = ledger.entry_writes(ctx.project, books, ledger.entries_of_act(ctx, payment.id, [draft]))
    facts: dict[str, object] = {
        "account": payment.account,
        "kind": payment.kind,
        "amount": payment.amount,
        "currency": payment.amount.currency,
        "paid_on": payment.paid_on,
        "method": payment.method,
        "receipt": payment.receipt_number,
    }
    subject = ("payment", f"{ctx.project_id}.{payment.id}")
    written = audit.entry_write(ctx, action="payment.recorded", subject=subject, after=facts)
    exists = connections.connection_exists_check(ctx.project, payment.account)
    return [repository.payment_insert_write(ctx.project, payment), *posting, exists, written]


def use_credit(ctx: ProjectContext, *, account: str, amount_minor: int | None = None) -> ledger.Owed:
    """Use the credit of a connection's present holder for their open bills, the oldest first; return what is owed then.

    What was paid on a voided bill goes to the one that was issued in its place first.

    Late charges of the day are posted first and paid first. A repeated request changes nothing.

    :raises Conflict: if there is no credit, or nothing is due.
    :raises Invalid: for more than the credit.
    """
    connection = connections.get_connection(ctx, account=account)
    return apply_credit(ctx, connection, connection.consumer_id, amount_minor=amount_minor)


def apply_credit(
    ctx: ProjectContext, connection: Connection, holder: str | None, *, amount_minor: int | None = None
) -> ledger.Owed:
    """Use a holder's credit at a connection for their open bills.

    :raises Conflict: if there is no credit, or nothing is due.
    :raises Invalid: for more than the credit.
    """
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        owed = ledger.owed_of(ctx, connection, holder)
        if is_done(ctx, connection, act_id, owed.on):
            return owed
        try:
            transact(_credit_writes(ctx, owed, act_id, amount_minor, owed.on))
        except Refused:
            dynamo.pause(attempt)
        else:
            return ledger.owed_of(ctx, connection, holder)
    raise _changed()


def is_done(ctx: ProjectContext, connection: Connection, act_id: str, today: date) -> bool:
    """Return whether this very request did its act before it was interrupted, perhaps before midnight."""
    if ctx.request_key is None:
        return False
    first = today - _REPEATED_WITHIN
    return any(ledger.entries_of_origin(ctx.project, connection.account, act_id, first=first, last=today))


def _credit_writes(
    ctx: ProjectContext, owed: ledger.Owed, act_id: str, amount_minor: int | None, today: date
) -> list[Action]:
    credit = owed.credit.minor
    if credit <= 0:
        raise Conflict("no-credit", f"there is no credit at {owed.connection.account}", field="accountNumber")
    wanted = credit if amount_minor is None else amount_minor
    if not 0 < wanted <= credit:
        message = f"give more than zero, and no more than the credit of {owed.credit}"
        raise Invalid("above-credit", message, field="amount")
    if not owed.to_pay and not owed.paying_out:
        raise Conflict("nothing-due", f"nothing is due at {owed.connection.account}", field="accountNumber")
    books = books_of(ctx, owed)
    shares = _shares_of_reissues(ctx, owed)
    drafts = [*paid_out(owed, today), *used_for_bills(owed, wanted, today, shares=shares)]
    posting = ledger.entry_writes(ctx.project, books, ledger.entries_of_act(ctx, act_id, drafts))
    facts: dict[str, object] = {
        "used": Money(-sum(each.credit_minor for each in drafts if each.kind == "credit_used"), owed.credit.currency),
        "currency": owed.credit.currency,
        "bills": tuple(effect.bill_id for each in drafts for effect in each.effects if effect.paid > 0),
    }
    subject = ("connection", f"{ctx.project_id}.{owed.connection.account}")
    return [*posting, audit.entry_write(ctx, action="credit.used", subject=subject, after=facts)]


def books_of(ctx: ProjectContext, owed: ledger.Owed) -> Books:
    """Open the books of what was looked at.

    :raises Refused: if it was changed since, so that the act is decided anew.
    """
    place = (owed.connection.account, owed.holder)
    known = {each.bill.id: each.bill for each in (*owed.paying_out, *owed.to_pay[:MAX_BILLS])}
    books = ledger.open_books(ctx.project, bill_ids=known, holders=[place])
    held = books.position(*place)
    paid_out = -sum(each.due.minor for each in owed.paying_out)
    if books.bills != known or held.credit_minor + paid_out != owed.credit.minor:
        raise Refused([("bill", None)])
    if held.deposit_minor != owed.deposit.minor:
        raise Refused([("position", None)])
    return books


def paid_out(owed: ledger.Owed, today: date) -> list[ledger.EntryDraft]:
    """Return what makes bills below zero credit of their holder."""
    if not owed.paying_out:
        return []
    effects = tuple(Effect(bill_id=each.bill.id, paid=each.due.minor) for each in owed.paying_out)
    freed = -sum(effect.paid for effect in effects)
    return [_draft(owed, today)(kind="credit_brought", effects=effects, credit_minor=freed)]


def _shares_of_reissues(ctx: ProjectContext, owed: ledger.Owed) -> dict[str, int]:
    """Return how much of what was paid on voided bills the bills that were issued in their place have yet to get."""
    reissues = {str(each.bill.replaces): each.bill for each in owed.to_pay[:MAX_BILLS] if each.bill.replaces}
    if not reissues:
        return {}
    entries = ledger.entries_of_bills(ctx.project, bills.bills_by_id(ctx.project, list(reissues)).values())
    shares: dict[str, int] = {}
    for replaced, found in entries.items():
        freed = sum(
            min(-effect.paid, each.credit_minor)
            for each in found
            for effect in each.effects
            if each.kind == "voided" and effect.bill_id == replaced
        )
        reissue = reissues[replaced]
        shares[reissue.id] = max(freed - reissue.balance.paid, 0)
    return shares


def used_for_bills(
    owed: ledger.Owed, wanted: int, today: date, *, shares: Mapping[str, int] = MappingProxyType({})
) -> list[ledger.EntryDraft]:
    """Return what pays open bills from credit, after their late charges of the day; none if none is open.

    Bills get their `shares` first, and the oldest get the rest.
    """
    late: list[Effect] = []
    money: list[Effect] = []
    to_pay = owed.to_pay[:MAX_BILLS]
    parts = _parts(to_pay, wanted, shares)
    for each in to_pay:
        part = parts[each.bill.id]
        if not part:
            continue
        if each.coming.minor:
            late.append(Effect(bill_id=each.bill.id, late=each.coming.minor, late_steps=each.coming.steps))
        money.append(Effect(bill_id=each.bill.id, paid=part, late_paid=min(part, each.late_due.minor)))
    draft, used = _draft(owed, today), sum(effect.paid for effect in money)
    charged = [draft(kind="late_charge", effects=tuple(late))] if late else []
    return [*charged, *([draft(kind="credit_used", effects=tuple(money), credit_minor=-used)] if used else [])]


def _parts(to_pay: Sequence[ledger.OwedBill], wanted: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Return what each bill gets of an amount: its share first, then what is due on the oldest."""
    parts, left = {each.bill.id: 0 for each in to_pay}, wanted
    for each in to_pay:
        parts[each.bill.id] = min(left, each.due.minor, shares.get(each.bill.id, 0))
        left -= parts[each.bill.id]
    for each in to_pay:
        more = min(left, each.due.minor - parts[each.bill.id])
        parts[each.bill.id] += more
        left -= more
    return parts


def _draft(owed: ledger.Owed, today: date) -> partial[ledger.EntryDraft]:
    return partial(ledger.EntryDraft, account=owed.connection.account, holder=owed.holder, value_on=today)


def _changed() -> Conflict:
    return Conflict("changed", "others are changing the same account; look at it, and send the request again")

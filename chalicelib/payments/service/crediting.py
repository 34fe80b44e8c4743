"""Take money in advance, and use a holder's credit for their bills."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Effect, Entry
from chalicelib.payments import repository
from chalicelib.payments.domain import MAX_BILLS, Payment, Tender, check_tender, received_for
from chalicelib.payments.service.beginning import Beginning, begin, check_still_open
from chalicelib.payments.service.numbering import receipt_writes
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


def record_advance(ctx: ProjectContext, *, account: str, tender: Tender) -> Payment:
    """Take money that no bill is named for: it is credit of the connection's present holder.

    A repeated request gets the payment that the first one made.

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
    payment_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        begun = begin(ctx, tender=tender, payment_id=payment_id, day=tender.paid_on or today)
        if begun.stored:
            return begun.stored
        payment, writes = _advance(ctx, connection, tender, begun, payment_id, attempt=attempt)
        try:
            transact(writes)
        except Refused as refused:
            check_still_open(refused)
            if "receipt number" in refused.labels and tender.receipt_number is not None:
                message = f"receipt {payment.receipt_number} is taken by another payment; give the number of this one"
                raise Conflict("receipt-taken", message, field="receiptNumber") from None
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
    *,
    attempt: int,
) -> tuple[Payment, list[Action]]:
    project, amount, plan = ctx.project, tender.amount, begun.plan
    if amount is None:
        raise AssertionError("an advance has an amount")
    number, numbering = receipt_writes(project, plan, payment_id, last=begun.last, attempt=attempt)
    payment = Payment(
        id=payment_id,
        account=connection.account,
        consumer_id=connection.consumer_id,
        consumer_name=connection.consumer_name,
        amount=amount,
        received=received_for(tender, amount, project.settings.payments),
        paid_on=plan.day,
        booked_on=local_day(ctx.now, project.settings.timezone),
        method=tender.method,
        credit_minor=amount.minor,
        receipt_number=number,
        desk=plan.desk,
        cashier_session_id=begun.session_id,
        check_number=tender.check_number,
        upi_id=tender.upi_id,
        reference=tender.reference,
        notes=tender.notes,
        recorded_by=ctx.actor.id,
        recorded_at=ctx.now,
    )
    draft = ledger.EntryDraft(
        account=connection.account,
        holder=connection.consumer_id,
        kind="advance",
        value_on=plan.day,
        credit_minor=amount.minor,
    )
    books = ledger.open_books(project, holders=[(connection.account, connection.consumer_id)])
    entries = ledger.entries_of_act(ctx, payment_id, [draft])
    _, posting = ledger.entry_writes(project, books, entries)
    facts: dict[str, object] = {
        "account": payment.account,
        "amount": amount,
        "currency": amount.currency,
        "paid_on": payment.paid_on,
        "method": payment.method,
        "receipt": number,
    }
    subject = ("payment", f"{ctx.project_id}.{payment_id}")
    written = audit.entry_write(ctx, action="payment.recorded", subject=subject, after=facts)
    counting = begun.counting_writes(project, payment)
    return payment, [repository.payment_insert_write(project, payment), *numbering, *counting, *posting, written]


def use_credit(ctx: ProjectContext, *, account: str, amount_minor: int | None = None) -> ledger.Owed:
    """Use the credit of a connection's present holder for their open bills, the oldest first; return what is owed then.

    Late charges of the day are posted first and paid first. A repeated request changes nothing.

    :raises Conflict: if there is no credit, or nothing is due.
    :raises Invalid: for more than the credit.
    """
    connection = connections.get_connection(ctx, account=account)
    today = local_day(ctx.now, ctx.project.settings.timezone)
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        owed = ledger.owed_at(ctx, [connection], on=today)[0]
        if _is_done(ctx, connection, act_id, today):
            return owed
        try:
            transact(_credit_writes(ctx, owed, act_id, amount_minor, today))
        except Refused:
            dynamo.pause(attempt)
        else:
            return ledger.owed_at(ctx, [connection], on=today)[0]
    raise _changed()


def _is_done(ctx: ProjectContext, connection: Connection, act_id: str, today: date) -> bool:
    if ctx.request_key is None:
        return False
    return any(ledger.entries_of_origin(ctx.project, connection.account, act_id, booked_on=today))


def _credit_writes(
    ctx: ProjectContext, owed: ledger.Owed, act_id: str, amount_minor: int | None, today: date
) -> list[Action]:
    credit = owed.credit.minor
    if credit <= 0:
        raise Conflict("no-credit", f"there is no credit at {owed.connection.account}", field="accountNumber")
    wanted = credit if amount_minor is None else amount_minor
    if not 0 < wanted <= credit:
        raise Invalid(
            "above-credit", f"give more than zero, and no more than the credit of {owed.credit}", field="amount"
        )
    due = [each for each in owed.bills if each.due.minor > 0][:MAX_BILLS]
    if not due:
        raise Conflict("nothing-due", f"nothing is due at {owed.connection.account}", field="accountNumber")
    entries = _credit_entries(ctx, owed, due, act_id, wanted, today)
    place = (owed.connection.account, owed.holder)
    books = ledger.open_books(ctx.project, bill_ids=[each.bill.id for each in due], holders=[place])
    fresh = {each.bill.id: each.bill for each in due}
    if books.bills != fresh or books.position(*place).credit_minor != credit:
        raise Refused([("bill", None)])  # changed since it was looked at: decide anew
    _, posting = ledger.entry_writes(ctx.project, books, entries)
    facts: dict[str, object] = {
        "used": Money(-sum(each.credit_minor for each in entries), owed.credit.currency),
        "currency": owed.credit.currency,
        "bills": tuple(effect.bill_id for each in entries for effect in each.effects if effect.paid),
    }
    subject = ("connection", f"{ctx.project_id}.{owed.connection.account}")
    return [*posting, audit.entry_write(ctx, action="credit.used", subject=subject, after=facts)]


def _credit_entries(
    ctx: ProjectContext, owed: ledger.Owed, due: Sequence[ledger.OwedBill], act_id: str, wanted: int, today: date
) -> list[Entry]:
    late: list[Effect] = []
    money: list[Effect] = []
    left = wanted
    for each in due:
        if not left:
            break
        part = min(left, each.due.minor)
        if each.coming.minor:
            late.append(Effect(bill_id=each.bill.id, late=each.coming.minor, late_steps=each.coming.steps))
        money.append(Effect(bill_id=each.bill.id, paid=part, late_paid=min(part, each.late_due.minor)))
        left -= part
    draft = partial(ledger.EntryDraft, account=owed.connection.account, holder=owed.holder, value_on=today)
    drafts = [draft(kind="late_charge", effects=tuple(late))] if late else []
    used = sum(effect.paid for effect in money)
    return ledger.entries_of_act(
        ctx, act_id, [*drafts, draft(kind="credit_used", effects=tuple(money), credit_minor=-used)]
    )


def _changed() -> Conflict:
    return Conflict("changed", "others are changing the same account; look at it, and send the request again")

"""Settle the money of a holder who has left: deposit and credit pay what is owed, and the rest is theirs."""

from datetime import date

from chalicelib.audit import service as audit
from chalicelib.cashiers import service as cashiers
from chalicelib.cashiers.domain import Movement
from chalicelib.connections import service as connections
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books
from chalicelib.payments.domain import MAX_BILLS, check_method_known
from chalicelib.payments.service.crediting import books_of, is_done, paid_out, used_for_bills
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


def settle_account(
    ctx: ProjectContext,
    *,
    account: str,
    consumer_id: str | None = None,
    refund_by: str | None = None,
    move_to: str | None = None,
) -> ledger.Owed:
    """Settle what a holder who has left owes and has at a connection; return what is owed then.

    The deposit becomes credit, credit pays the oldest bills with the late charges of the day, and what is left is paid
    back, moved to another connection of theirs, or stays their credit. A repeated request changes nothing.
    Source: decisions.md, "Closing".

    :raises Conflict: while the holder is still served there, or if there is nothing to settle with.
    :raises NotFound: for an unknown connection or holder.
    :raises Invalid: for an unknown method, a refund that needs a second person, another connection that is not theirs,
        or more bills than one transaction can settle.
    """
    if refund_by and move_to:
        raise Invalid("bad-settlement", "pay back what is left, or move it: not both", field="moveTo")
    if refund_by:
        check_method_known(refund_by, ctx.project.settings.payments, field="refundBy")
    connection = connections.get_connection(ctx, account=account)
    holder = consumer_id or connection.consumer_id
    if holder == connection.consumer_id and connection.status != "closed":
        who = connection.consumer_name or "the unit"
        message = f"{who} is still served at {account}: close the connection or hand it over first"
        raise Conflict("still-served", message)
    if move_to:
        _check_theirs(ctx, move_to, holder, account)
    today = local_day(ctx.now, ctx.project.settings.timezone)
    act_id = ctx.new_id()
    for attempt in range(_ATTEMPTS):
        owed = ledger.owed_of(ctx, connection, holder)
        if is_done(ctx, connection, act_id, today):
            return owed
        try:
            transact(_settlement_writes(ctx, owed, act_id, today, refund_by=refund_by, move_to=move_to))
        except Refused:
            dynamo.pause(attempt)
        else:
            return ledger.owed_of(ctx, connection, holder)
    raise Conflict("changed", "others are changing the same account; look at it, and send the request again")


def _check_theirs(ctx: ProjectContext, move_to: str, holder: str | None, account: str) -> None:
    other = connections.get_connection(ctx, account=move_to)
    if holder is None or other.consumer_id != holder or other.account == account:
        message = f"{move_to} is not another connection of the same consumer: credit never crosses consumers"
        raise Invalid("other-holder", message, field="moveTo")


def _settlement_writes(
    ctx: ProjectContext, owed: ledger.Owed, act_id: str, today: date, *, refund_by: str | None, move_to: str | None
) -> list[Action]:
    has = owed.credit.minor + owed.deposit.minor
    if has <= 0:
        raise Conflict("no-credit", f"there is neither deposit nor credit at {owed.connection.account}")
    books = books_of(ctx, owed)
    drafts = paid_out(owed, today)
    if owed.deposit.minor:
        applied = ledger.EntryDraft(
            account=owed.connection.account,
            holder=owed.holder,
            kind="deposit_applied",
            value_on=today,
            credit_minor=owed.deposit.minor,
            deposit_minor=-owed.deposit.minor,
        )
        drafts.append(applied)
    drafts += used_for_bills(owed, has, today)
    left = has + sum(each.credit_minor for each in drafts if each.kind == "credit_used")
    if left and (refund_by or move_to):
        if len(owed.to_pay) > MAX_BILLS:
            message = f"more than {MAX_BILLS} bills are open: use the credit for some of them first"
            raise Invalid("too-many-bills", message, field="refundBy" if refund_by else "moveTo")
        if refund_by:
            _check_alone(ctx, Money(left, owed.credit.currency))
        books = _with_other(ctx, books, move_to, owed.holder)
        drafts += _given_back(owed, left, today, refund_by=refund_by, move_to=move_to)
    elif len(drafts) == 0:
        raise Conflict("nothing-due", f"nothing is due at {owed.connection.account}: pay the credit back, or move it")
    posting = ledger.entry_writes(ctx.project, books, ledger.entries_of_act(ctx, act_id, drafts))
    counting = refund_counting_writes(ctx, refund_by, Money(left, owed.credit.currency)) if refund_by and left else []
    return [*posting, *counting, _audit_write(ctx, owed, drafts, left, refund_by=refund_by, move_to=move_to)]


def _check_alone(ctx: ProjectContext, left: Money) -> None:
    """Check that one person may pay so much back.

    :raises Invalid: if a second person must approve it.
    """
    limit = ctx.project.settings.payments.approval_above_minor
    if limit and left.minor > limit:
        message = f"{left} are left, and more than {Money(limit, left.currency)} need a second person: leave this out, "
        raise Invalid("bad-settlement", message + "and ask for a refund of the credit", field="refundBy")


def refund_counting_writes(ctx: ProjectContext, method: str, amount: Money) -> list[Action]:
    """Build the write that counts money paid back in the actor's open cashier session; none without one."""
    till = cashiers.tills_of(ctx.project, [ctx.actor.id]).get(ctx.actor.id)
    if till is None:
        return []
    return [cashiers.movement_write(ctx.project, till, Movement(flow="refunded", method=method, amount=amount.minor))]


def _with_other(ctx: ProjectContext, books: Books, move_to: str | None, holder: str | None) -> Books:
    if move_to is None:
        return books
    other = ledger.open_books(ctx.project, holders=[(move_to, holder)])
    return Books(books.bills, {**books.positions, **other.positions})


def _given_back(
    owed: ledger.Owed, left: int, today: date, *, refund_by: str | None, move_to: str | None
) -> list[ledger.EntryDraft]:
    account, holder = owed.connection.account, owed.holder
    if move_to is None:
        refund = ledger.EntryDraft(
            account=account, holder=holder, kind="refund", value_on=today, credit_minor=-left, reason=refund_by
        )
        return [refund]
    return [
        ledger.EntryDraft(
            account=place, holder=holder, kind="credit_moved", value_on=today, credit_minor=minor, reason=said
        )
        for place, minor, said in ((account, -left, f"to {move_to}"), (move_to, left, f"from {account}"))
    ]


def _audit_write(
    ctx: ProjectContext,
    owed: ledger.Owed,
    drafts: list[ledger.EntryDraft],
    left: int,
    *,
    refund_by: str | None,
    move_to: str | None,
) -> Action:
    currency = owed.credit.currency
    facts: dict[str, object] = {
        "consumer": owed.holder,
        "deposit": owed.deposit,
        "used": Money(-sum(each.credit_minor for each in drafts if each.kind == "credit_used"), currency),
        "left": Money(left, currency),
        "currency": currency,
    }
    facts |= {"refund_by": refund_by} if refund_by else {}
    facts |= {"moved_to": move_to} if move_to else {}
    subject = ("connection", f"{ctx.project_id}.{owed.connection.account}")
    return audit.entry_write(ctx, action="account.settled", subject=subject, after=facts)

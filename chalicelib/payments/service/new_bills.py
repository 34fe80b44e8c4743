"""What a new bill takes: credit of its holder, or the dues of their older bills, which it supersedes."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date

from chalicelib.audit import service as audit
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Effect
from chalicelib.payments.domain import MAX_BILLS
from chalicelib.payments.service.crediting import apply_credit
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12


def after_billing(ctx: ProjectContext, made: Iterable[Bill]) -> None:
    """Do what the project wants of new bills: pay them from credit, or let them take over older dues.

    A bill below zero takes no dues over: what it gives pays its holder's open bills instead.

    It is safe to repeat, and repairs what an interrupted call left. Nothing is read where the project wants nothing;
    else five requests for a bill whose holder owes or has something.
    """
    takes = ctx.project.settings.payments.new_bills_take
    if takes == "nothing":
        return
    bills = {bill.account: bill for bill in sorted(made, key=lambda bill: bill.place)}  # the last one of each account
    known = connections.connections_by_account(ctx.project, bills) if bills else {}
    for account, bill in bills.items():
        if account in known and takes == "credit":
            with suppress(Conflict):  # there is no credit, or nothing is due
                apply_credit(ctx, known[account], bill.consumer_id)
        elif account in known and bill.total.minor < 0:
            _give(ctx, known[account], bill)
        elif account in known:
            _supersede(ctx, known[account], bill)


def _give(ctx: ProjectContext, connection: Connection, newest: Bill) -> None:
    """Let what a bill below zero gives pay its holder's open bills: it can't take dues over, so they keep theirs.

    The rest is credit.
    """
    owed = ledger.owed_of(ctx, connection, newest.consumer_id)
    given = -sum(each.due.minor for each in owed.paying_out if each.bill.id == newest.id)
    if given:
        with suppress(Conflict, Invalid):  # nothing is due, or somebody used it meanwhile
            apply_credit(ctx, connection, newest.consumer_id, amount_minor=given)


def _supersede(ctx: ProjectContext, connection: Connection, newest: Bill) -> None:
    """Let the newest bill take over what its holder owes on older ones, with the late charges of the day."""
    for attempt in range(_ATTEMPTS):
        owed = ledger.owed_of(ctx, connection, newest.consumer_id)
        older = [each for each in owed.to_pay if _is_taken_over(each.bill, newest, owed.on)][: MAX_BILLS - 1]
        if not older:
            return
        try:
            transact(_superseding_writes(ctx, owed, older, newest.id))
        except Refused:
            dynamo.pause(attempt)
        else:
            return
    raise Conflict("changed", f"others are changing the bills of {connection.account}; send the request again")


def _is_taken_over(bill: Bill, newest: Bill, today: date) -> bool:
    """Return whether a newer bill takes a bill over: one whose due day was extended keeps that day until it is over."""
    is_older = (bill.billed_on, bill.period, bill.number) < (newest.billed_on, newest.period, newest.number)
    return is_older and not (bill.extended_due_on and bill.extended_due_on >= today)


def _superseding_writes(
    ctx: ProjectContext, owed: ledger.Owed, older: Sequence[ledger.OwedBill], newest_id: str
) -> list[Action]:
    known = {each.bill.id: each.bill for each in older}
    books = ledger.open_books(ctx.project, bill_ids=[*known, newest_id])
    if any(books.bills.get(bill_id) != bill for bill_id, bill in known.items()):
        raise Refused([("bill", None)])
    late = [
        Effect(bill_id=each.bill.id, late=each.coming.minor, late_steps=each.coming.steps)
        for each in older
        if each.coming.minor
    ]
    moved = [
        Effect(
            bill_id=each.bill.id,
            moved_out=each.due.minor,
            late_moved=each.late_due.minor,
            successor=newest_id,
        )
        for each in older
    ]
    taken = Effect(
        bill_id=newest_id,
        moved_in=sum(effect.moved_out for effect in moved),
        late_moved_in=sum(effect.late_moved for effect in moved),
    )
    account, holder = owed.connection.account, owed.holder
    drafts = [
        ledger.EntryDraft(account=account, holder=holder, kind="superseded", value_on=owed.on, effects=(*moved, taken))
    ]
    if late:
        charged = ledger.EntryDraft(
            account=account, holder=holder, kind="late_charge", value_on=owed.on, effects=tuple(late)
        )
        drafts.insert(0, charged)
    # The same dues move once: their versions, which name the act, are part of every condition.
    act_id = derived_ids("superseded", newest_id, *(f"{each.bill.id} {each.bill.balance.version}" for each in older))()
    posting = ledger.entry_writes(ctx.project, books, ledger.entries_of_act(ctx, act_id, drafts))
    facts: dict[str, object] = {
        "older": tuple(known),
        "moved": Money(taken.moved_in, owed.credit.currency),
        "currency": owed.credit.currency,
    }
    subject = ("bill", f"{ctx.project_id}.{newest_id}")
    return [*posting, audit.entry_write(ctx, action="bill.took-over", subject=subject, after=facts)]

"""Ask for adjustments: most are posted at once; large ones wait for a second person."""

from dataclasses import replace
from datetime import date

from chalicelib.adjustments import repository
from chalicelib.adjustments.domain import Adjustment, AdjustmentKind, CreditReason, Decision, Leak, needs_approval
from chalicelib.adjustments.service.posting import (
    ATTEMPTS,
    audit_write,
    bill_within_reach,
    changed,
    posting_of,
    read_standing,
)
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import check_method_known
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext


def waive_late_charge(ctx: ProjectContext, *, bill_id: str, amount: Money | None, reason: str) -> Adjustment:
    """Waive a bill's late charge of today, all of it or an amount; what was charged stays on record.

    A repeated request gets the first one's adjustment. Source: S3-056, S3-057, S3-058.

    :raises NotFound: if there is no such bill, or it is out of the actor's areas.
    :raises Conflict: if no late charge is due.
    :raises Invalid: for more than is due.
    """
    bill = bill_within_reach(ctx, bill_id)
    return _ask(ctx, _draft(ctx, bill, "waiver", reason, amount=amount))


def credit_bill(
    ctx: ProjectContext,
    *,
    bill_id: str,
    amount: Money,
    code: CreditReason,
    reason: str,
    leak: Leak | None = None,
) -> Adjustment:
    """Credit an amount of a bill: it lowers what is due, and what exceeds that becomes the holder's credit.

    Above the project's limit it is pending until somebody else approves it.

    :raises NotFound: if there is no such bill, or it is out of the actor's areas.
    :raises Invalid: for more than the bill, less what was credited already.
    """
    bill = bill_within_reach(ctx, bill_id)
    return _ask(ctx, replace(_draft(ctx, bill, "credit_note", reason, amount=amount), reason_code=code, leak=leak))


def write_off_bill(ctx: ProjectContext, *, bill_id: str, reason: str) -> Adjustment:
    """Write off all that is due on a bill: its rest as a bad debt, late charges waived.

    :raises NotFound: if there is no such bill, or it is out of the actor's areas.
    :raises Conflict: if nothing is due.
    """
    bill = bill_within_reach(ctx, bill_id)
    return _ask(ctx, _draft(ctx, bill, "write_off", reason))


def extend_due_day(ctx: ProjectContext, *, bill_id: str, due_on: date, reason: str) -> Adjustment:
    """Give a bill a later due day. The old one stays visible, and late charges that are posted stand.

    :raises NotFound: if there is no such bill, or it is out of the actor's areas.
    :raises Invalid: if the day is not after today and the present due day.
    :raises Conflict: if the bill is paid.
    """
    bill = bill_within_reach(ctx, bill_id)
    return _ask(ctx, replace(_draft(ctx, bill, "due_day", reason), due_on=due_on, former_due_on=bill.due_day))


def refund_credit(
    ctx: ProjectContext, *, account: str, amount: Money, method: str, reason: str, consumer_id: str | None = None
) -> Adjustment:
    """Pay a connection's holder, or a former one, their credit back.

    :raises NotFound: for an unknown connection, or one out of the actor's reach.
    :raises Invalid: for more than the credit, or a method that the project does not have.
    """
    check_method_known(method, ctx.project.settings.payments, field="method")
    connection = connections.get_connection(ctx, account=account)
    holder = consumer_id or connection.consumer_id
    draft = Adjustment(
        id=ctx.new_id(),
        account=connection.account,
        holder=holder,
        kind="refund",
        amount=amount,
        reason=reason,
        method=method,
        state="pending",
        asked_by=ctx.actor.id,
        asked_at=ctx.now,
    )
    return _ask(ctx, draft)


def _draft(
    ctx: ProjectContext, bill: Bill, kind: AdjustmentKind, reason: str, *, amount: Money | None = None
) -> Adjustment:
    return Adjustment(
        id=ctx.new_id(),
        account=bill.account,
        holder=bill.consumer_id,
        kind=kind,
        bill_id=bill.id,
        amount=amount,
        reason=reason,
        state="pending",
        asked_by=ctx.actor.id,
        asked_at=ctx.now,
    )


def _ask(ctx: ProjectContext, draft: Adjustment) -> Adjustment:
    """Post an adjustment, or store it as pending. A repeated request gets the stored one."""
    for attempt in range(ATTEMPTS):
        if stored := repository.find_adjustment(ctx.project, draft.id):
            return stored
        adjustment, writes = _decide(ctx, draft)
        try:
            transact(writes)
        except Refused:
            dynamo.pause(attempt)
        else:
            return adjustment
    raise changed()


def _decide(ctx: ProjectContext, draft: Adjustment) -> tuple[Adjustment, list[Action]]:
    amount, posting = posting_of(ctx, draft, *read_standing(ctx, draft))
    adjustment, action = replace(draft, amount=amount), "adjustment.asked"
    if amount is None or not needs_approval(draft, amount, ctx.project.settings.payments):
        decision = Decision(id=draft.id, by=ctx.actor.id, at=ctx.now)
        adjustment, action = replace(adjustment, state="posted", decision=decision), "adjustment.posted"
    else:
        posting = []  # it changes nothing until somebody else approves it
    stored = repository.adjustment_insert_write(ctx.project, adjustment)
    return adjustment, [stored, *posting, audit_write(ctx, action, adjustment)]

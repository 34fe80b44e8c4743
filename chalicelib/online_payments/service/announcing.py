"""Cash that a consumer announces: staff confirm it when it is there, or reject it. Nothing is posted before."""

from collections.abc import Sequence
from functools import partial

from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.online_payments import repository
from chalicelib.online_payments.domain import (
    Intent,
    check_method,
    check_pending,
    confirmed,
    parse_intent_id,
    rejected,
)
from chalicelib.online_payments.service.starting import Wish, audit_write, insert_intent, intent_of
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, Tender
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext


def announce(ctx: ProjectContext, *, wish: Wish) -> Intent:
    """Announce a payment at the office: it waits until staff confirm it.

    :raises Invalid: for a method that is paid online, or that the project does not take.
    :raises NotFound: if there is no such bill, or it is somebody else's.
    :raises Conflict: if nothing is due.
    """
    check_method(wish.method, ctx.project.settings.payments, kind="announced")
    return insert_intent(ctx, ctx.new_id(), wish, kind="announced")


def confirm(ctx: ProjectContext, *, intent_id: str, tender: Tender) -> Intent:
    """Confirm an announced payment with what was received: it becomes a payment at the counter, of today's rules.

    A repeated request gets what the first one confirmed.

    :raises Conflict: if it was decided before, or nothing is due any more.
    :raises Invalid: for a method, day or amount that the project does not take.
    """
    decision = ctx.new_id()
    intent = _within_reach(ctx, intent_id)
    if intent.decision == decision:
        return intent
    check_pending(intent)
    order = payments.Order(tender=tender, bills={part.bill_id: None for part in intent.parts})
    payments.record_payment(
        ctx, order=order, payment_id=intent.id, also=partial(_confirmation_writes, ctx, intent.id, decision)
    )
    after = intent_of(ctx, intent.id, "announced")
    if after.decision != decision:
        check_pending(after)
    return after


def _confirmation_writes(ctx: ProjectContext, intent_id: str, decision: str, payment: Payment) -> Sequence[Action]:
    """Build what is written with the payment at the counter: what was announced, confirmed."""
    intent = intent_of(ctx, intent_id, "announced")
    after = confirmed(intent, payment.amount, decision=decision, by=ctx.actor.id, now=ctx.now)
    return [repository.intent_write(ctx.project, after)]


def reject(ctx: ProjectContext, *, intent_id: str, reason: str) -> Intent:
    """Reject an announced payment with a reason: nobody brought the money.

    A repeated request gets what the first one rejected.

    :raises Conflict: if it was decided before.
    """
    decision = ctx.new_id()
    intent = _within_reach(ctx, intent_id)
    if intent.decision == decision:
        return intent
    after = rejected(intent, reason, decision=decision, by=ctx.actor.id, now=ctx.now)
    written = audit_write(ctx, "announced-payment.rejected", after, {"reason": reason})
    try:
        transact([repository.intent_write(ctx.project, after), written])
    except Refused:
        now = intent_of(ctx, intent.id, "announced")
        if now.decision != decision:
            check_pending(now)
            raise Conflict("changed", "this payment was changed meanwhile; look at it again") from None
        return now
    return after


def _within_reach(ctx: ProjectContext, intent_id: str) -> Intent:
    intent = intent_of(ctx, parse_intent_id(intent_id), "announced")
    accounts = {part.account for part in intent.parts}
    if not accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts):
        raise NotFound("not-found", "there is no payment with this id")
    return intent

"""Start an online payment: its amount is fixed, and nothing is posted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.audit import service as audit
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.online_payments import repository
from chalicelib.online_payments.domain import Intent, IntentKind, Part, check_method, check_size
from chalicelib.online_payments.service import gateway
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Tender, check_tender
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

SUBJECTS: Mapping[IntentKind, str] = {"online": "online-payment", "announced": "announced-payment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which bills somebody means to pay, and how."""

    bill_ids: Sequence[str]
    method: str
    upi_id: str | None = None
    check_number: str | None = None
    reference: str | None = None
    notes: str | None = None

    def tender(self) -> Tender:
        """Return the facts of the method."""
        return Tender(
            method=self.method,
            amount=None,
            received=None,
            paid_on=None,
            upi_id=self.upi_id,
            check_number=self.check_number,
            reference=self.reference,
        )


def start(ctx: ProjectContext, *, wish: Wish) -> Intent:
    """Start an online payment of bills of one consumer, with the late charges of today, and open it at the gateway.

    Consumers pay only their own bills. A repeated request gets what the first one started. Source: S2-031, S2-320.

    :raises Invalid: for a method that is not for paying online, or without its facts.
    :raises NotFound: if there is no such bill, or it is somebody else's.
    :raises Conflict: if nothing is due, or there is no gateway.
    """
    check_method(wish.method, ctx.project.settings.payments, kind="online")
    today = local_day(ctx.now, ctx.project.settings.timezone)
    check_tender(wish.tender(), ctx.project.settings.payments, today=today)
    intent_id = ctx.new_id()
    checkout = gateway.open_checkout(ctx.project, intent_id)
    return insert_intent(ctx, intent_id, wish, kind="online", checkout=checkout)


def insert_intent(
    ctx: ProjectContext, intent_id: str, wish: Wish, *, kind: IntentKind, checkout: gateway.Checkout | None = None
) -> Intent:
    """Write a new intent with what is due today, or find the one that the first of repeated requests wrote."""
    if ctx.request_key is not None and (stored := repository.find_intent(ctx.project, intent_id)):
        return stored
    intent = _intent(ctx, intent_id, wish, kind, checkout)
    action = "online-payment.started" if kind == "online" else "announced-payment.made"
    facts: dict[str, object] = {
        "amount": intent.amount,
        "currency": intent.amount.currency,
        "method": intent.method,
        "bills": tuple(part.bill_id for part in intent.parts),
    }
    written = audit_write(ctx, action, intent, facts)
    try:
        transact([repository.intent_insert_write(ctx.project, intent), written])
    except Refused:
        stored = repository.find_intent(ctx.project, intent_id)
        if stored is None:
            raise
        return stored
    return intent


def _intent(
    ctx: ProjectContext, intent_id: str, wish: Wish, kind: IntentKind, checkout: gateway.Checkout | None
) -> Intent:
    today = local_day(ctx.now, ctx.project.settings.timezone)
    if len(set(wish.bill_ids)) < len(wish.bill_ids):
        raise Invalid("bill-twice", "a bill is named twice", field="bills")
    order = payments.Order(tender=wish.tender(), bills=dict.fromkeys(wish.bill_ids))
    standing = payments.read_standing(ctx, order, today)
    parts = tuple(Part(bill.id, bill.account, standing.due(bill)) for bill in standing.bills)
    for part in parts:
        if part.minor <= 0:
            raise Conflict("nothing-due", f"nothing is due on bill {part.bill_id}: it is paid", field="bills")
    check_size(parts)
    first = standing.bills[0]
    return Intent(
        id=intent_id,
        kind=kind,
        account=first.account,
        consumer_id=first.consumer_id,
        consumer_name=first.consumer_name,
        parts=parts,
        amount=Money(sum(part.minor for part in parts), ctx.project.settings.currency),
        method=wish.method,
        upi_id=wish.upi_id,
        check_number=wish.check_number,
        reference=wish.reference,
        notes=wish.notes,
        gateway_reference=checkout.reference if checkout else None,
        pay_at=checkout.pay_at if checkout else None,
        started_by=ctx.actor.id,
        started_at=ctx.now,
    )


def intent_of(ctx: ProjectContext, intent_id: str, kind: IntentKind) -> Intent:
    """Read an intent of a kind.

    :raises NotFound: if there is none.
    """
    intent = repository.find_intent(ctx.project, intent_id)
    if intent is None or intent.kind != kind:
        raise NotFound("not-found", "there is no payment with this id")
    return intent


def audit_write(ctx: ProjectContext, action: str, intent: Intent, facts: Mapping[str, object]) -> Action:
    """Build the write of an intent's entry in the audit log."""
    subject = (SUBJECTS[intent.kind], f"{ctx.project_id}.{intent.id}")
    return audit.entry_write(ctx, action=action, subject=subject, after=facts)

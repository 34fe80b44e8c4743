"""Hear from the gateway what became of online payments: late, twice or out of order, nothing is lost."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import Invalid, MeterbookError, TryLater
from chalicelib.kernel.ids import slug
from chalicelib.kernel.money import LARGEST_MINOR
from chalicelib.kernel.signatures import is_signed
from chalicelib.online_payments import repository
from chalicelib.online_payments.domain import (
    DESK,
    Heard,
    Intent,
    completed,
    day_of,
    failed,
    heard_again,
    parse_intent_id,
    refusal,
)
from chalicelib.online_payments.service.gateway import callback_secrets
from chalicelib.online_payments.service.starting import audit_write, intent_of
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import ProjectContext

MAX_BYTES = 8_000
_ATTEMPTS = 12
_GATEWAY = Actor("gateway:simulated", "gateway", frozenset())


def authenticate(ctx: Context, *, client: str, timestamp: str, signature: str, body: bytes) -> Context:
    """Check that the gateway signed a callback for a client, and return a context with the gateway as the actor.

    A callback may come twice: it is answered the same way, and changes nothing.

    :raises Invalid: for a body of more than 8 KB.
    :raises Unauthenticated: if it is not signed with the client's secret within five minutes.
    """
    if len(body) > MAX_BYTES:
        raise Invalid("too-large", f"a callback has {MAX_BYTES} bytes at most")
    try:
        named = slug(client, "a client's id")
    except MeterbookError:
        raise refusal() from None
    signed = partial(is_signed, timestamp=timestamp, signature=signature, body=body, now=ctx.now)
    if not any(map(signed, callback_secrets(named))):
        raise refusal()
    return replace(ctx, client=named, actor=_GATEWAY)


def hear(ctx: Context, *, project_id: str, intent_id: str, heard: Heard) -> Intent:
    """Take in what the gateway says of an online payment: post its money, or note that it failed.

    Money that has arrived is posted whatever was heard before and whatever became of the bills; a failure after that
    changes nothing. The same callback, however often, makes one payment.

    :raises NotFound: if there is no such payment.
    :raises Invalid: for an amount that is none, or in another currency: nothing is known to have arrived then.
    """
    here = tenancy.enter_project(ctx.in_project(project_id))
    intent = intent_of(here, parse_intent_id(intent_id), "online")
    if heard.amount.currency != intent.amount.currency or not 0 < heard.amount.minor <= LARGEST_MINOR:
        raise Invalid("bad-amount", f"give an amount above zero in {intent.amount.currency}", field="amount")
    if heard.outcome == "completed" and intent.status != "completed":
        payments.record_arrival(
            here, arrival=_arrival(here, intent, heard), also=partial(_completion_writes, here, intent, heard)
        )
        intent = intent_of(here, intent.id, "online")
    return _noted(here, intent, heard)


def _arrival(ctx: ProjectContext, intent: Intent, heard: Heard) -> payments.Arrival:
    return payments.Arrival(
        payment_id=intent.id,
        account=intent.account,
        consumer_id=intent.consumer_id,
        consumer_name=intent.consumer_name,
        bills={part.bill_id: part.minor for part in intent.parts},
        amount=heard.amount,
        on=day_of(intent, heard.at, now=ctx.now, timezone=ctx.project.settings.timezone),
        desk=DESK,
        source="online",
        method=intent.method,
        upi_id=intent.upi_id,
        check_number=intent.check_number,
        reference=heard.transaction_id,
    )


def _completion_writes(ctx: ProjectContext, intent: Intent, heard: Heard, payment: Payment) -> Sequence[Action]:
    """Build what is written with the payment: the intent as it is now, completed."""
    fresh = intent_of(ctx, intent.id, "online")
    after = completed(fresh, heard, credit_minor=payment.credit_minor, by=ctx.actor.id, now=ctx.now)
    return [repository.intent_write(ctx.project, after)]


def _noted(ctx: ProjectContext, intent: Intent, heard: Heard) -> Intent:
    """Note a failure, or a second payment that differs from the one that is posted."""
    for attempt in range(_ATTEMPTS):
        if heard.outcome == "failed":
            action, after = "online-payment.failed", failed(intent, heard.reason, by=ctx.actor.id, now=ctx.now)
        else:
            action, after = "online-payment.flagged", heard_again(intent, heard)
        if after == intent:
            return intent
        facts = {"reason": after.reason or "not said", "transaction": heard.transaction_id}
        written = audit_write(ctx, action, after, facts)
        try:
            transact([repository.intent_write(ctx.project, after), written])
        except Refused:
            dynamo.pause(attempt)
            intent = intent_of(ctx, intent.id, "online")
        else:
            return after
    raise TryLater("busy", "others are changing the same payment; send this again in a moment")

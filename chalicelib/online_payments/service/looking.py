"""Look up payment intents, and review those that need a person."""

from chalicelib.connections import service as connections
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.page import Page
from chalicelib.online_payments import repository
from chalicelib.online_payments.domain import (
    Intent,
    IntentKind,
    IntentStatus,
    Review,
    parse_intent_id,
    reviewed,
)
from chalicelib.online_payments.service.starting import audit_write, intent_of
from chalicelib.platform.transaction import Refused, transact
from chalicelib.tenancy.domain import ProjectContext


def get_intent(ctx: ProjectContext, *, kind: IntentKind, intent_id: str) -> Intent:
    """Return an intent of a kind that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    intent = intent_of(ctx, parse_intent_id(intent_id), kind)
    if not _sees(ctx, intent):
        raise NotFound("not-found", "there is no payment with this id")
    return intent


def list_intents(
    ctx: ProjectContext,
    *,
    kind: IntentKind,
    status: IntentStatus | None,
    needs_attention: bool,
    limit: int,
    cursor: str | None,
) -> Page[Intent]:
    """List the intents that need attention or have a status (pending, if none is said), oldest first.

    A consumer gets all of their own, newest first. A page may be short and still have a next one.
    """
    if not ctx.actor.may("payments.read"):
        page = repository.consumer_page(ctx.project, kind, str(ctx.actor.consumer_id), limit=limit, cursor=cursor)
        chosen = (each for each in page.items if ctx.actor.owns(each.consumer_id))
        wanted = (each for each in chosen if status in {None, each.status})
        return Page(tuple(each for each in wanted if each.needs_attention or not needs_attention), page.next_cursor)
    state = "attention" if needs_attention else status or "pending"
    page = repository.state_page(ctx.project, kind, state, limit=limit, cursor=cursor)
    return Page(tuple(each for each in page.items if _sees(ctx, each)), page.next_cursor)


def review(ctx: ProjectContext, *, intent_id: str, note: str) -> Intent:
    """Note that a person has looked at an online payment that needed attention, and what they found.

    :raises Conflict: if it needs none, or was changed meanwhile.
    """
    intent = get_intent(ctx, kind="online", intent_id=intent_id)
    if intent.review and (intent.review.by, intent.review.note) == (ctx.actor.id, note):
        return intent  # this request was repeated
    after = reviewed(intent, Review(ctx.actor.id, ctx.now, note))
    written = audit_write(ctx, "online-payment.reviewed", after, {"note": note})
    try:
        transact([repository.intent_write(ctx.project, after), written])
    except Refused:
        raise Conflict("changed", "this payment was changed meanwhile; look at it again") from None
    return after


def _sees(ctx: ProjectContext, intent: Intent) -> bool:
    if not ctx.actor.may("payments.read"):
        return ctx.actor.owns(intent.consumer_id)
    accounts = {part.account for part in intent.parts}
    return accounts <= connections.accounts_within_reach(ctx, ctx.project, accounts)

"""Open a session at a desk, count its cash, close it, and hand the cash over."""

from collections.abc import Callable, Mapping

from chalicelib.audit import service as audit
from chalicelib.cashiers import repository
from chalicelib.cashiers.domain import (
    CashCount,
    CashHandover,
    CashierSession,
    Closing,
    Till,
    check_cash,
    sum_of_pieces,
)
from chalicelib.cashiers.service.looking import session_with_till
from chalicelib.identity import service as identity
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

_ATTEMPTS = 12

Step = Callable[[CashierSession], CashierSession]


def open_session(ctx: ProjectContext, *, desk: str, float_minor: int) -> CashierSession:
    """Open a session of the actor at a desk, with a float. A repeated request gets the session that it opened.

    :raises Invalid: for a desk that the project does not have, or a float below zero.
    :raises Conflict: if the actor has a session open, or the desk has one.
    """
    settings = ctx.project.settings
    check_cash(float_minor, settings.currency, field="float")
    if desk not in settings.payments.desks:
        raise Invalid("bad-desk", f"the desks here are {', '.join(settings.payments.desks)}", field="desk")
    session = CashierSession(
        id=ctx.new_id(),
        desk=desk,
        cashier=ctx.actor.id,
        currency=settings.currency,
        float_minor=float_minor,
        opened_on=local_day(ctx.now, settings.timezone),
        opened_at=ctx.now,
    )
    facts = {"desk": desk, "float": Money(float_minor, session.currency), "currency": session.currency}
    written = _audit_write(ctx, session, "cashier-session.opened", facts)
    try:
        transact([*repository.opening_writes(ctx.project, session), written])
    except Refused as refused:
        if "session" in refused.labels:
            return session_with_till(ctx.project, session.id)[0]
        raise _not_opened(ctx, session, refused) from None
    return session


def _not_opened(ctx: ProjectContext, session: CashierSession, refused: Refused) -> Conflict:
    if "till" in refused.labels:
        mine = repository.tills_of(ctx.project, [session.cashier]).get(session.cashier)
        where = f" at desk {mine.desk}" if mine else ""
        return Conflict("session-open", f"you have a cashier session open{where}: close it first")
    return Conflict("desk-taken", f"another cashier has a session open at desk {session.desk}", field="desk")


def count_cash(
    ctx: ProjectContext, *, session_id: str, cash_minor: int | None, pieces: Mapping[int, int]
) -> CashierSession:
    """Record a count of the cash in an open session: its amount, or its notes and coins as pieces by value.

    It changes nothing else, and can be repeated.

    :raises NotFound: if there is no such session.
    :raises Forbidden: if it is another cashier's.
    :raises Conflict: if it is closed.
    """
    act_id = ctx.new_id()
    cash = sum_of_pieces(pieces) if cash_minor is None else cash_minor
    check_cash(cash, ctx.project.settings.currency, field="cash")

    def count(session: CashierSession) -> CashierSession:
        if session.last_count and session.last_count.id == act_id:
            return session
        counted = CashCount(
            id=act_id,
            cash=cash,
            expected=session.expected_minor,
            denominations=tuple(sorted(pieces.items(), reverse=True)),
            by=ctx.actor.id,
            at=ctx.now,
        )
        return session.counted(counted)

    return _advance(ctx, session_id, count, "cashier-session.counted", {"counted": cash})


def close_session(ctx: ProjectContext, *, session_id: str, counted_minor: int, reason: str | None) -> CashierSession:
    """Close a session with the cash that was counted. It takes nothing more; a difference has a reason.

    :raises NotFound: if there is no such session.
    :raises Forbidden: if it is another cashier's.
    :raises Conflict: if it is closed.
    :raises Invalid: for a difference without a reason.
    """
    act_id = ctx.new_id()
    check_cash(counted_minor, ctx.project.settings.currency, field="counted")
    closing = Closing(id=act_id, counted=counted_minor, reason=reason, by=ctx.actor.id, at=ctx.now)

    def close(session: CashierSession) -> CashierSession:
        return session if session.closing and session.closing.id == act_id else session.closed(closing)

    facts: dict[str, str | int | None] = {"counted": counted_minor, "reason": reason}
    return _advance(ctx, session_id, close, "cashier-session.closed", facts)


def hand_cash_over(ctx: ProjectContext, *, session_id: str, to: str, amount_minor: int) -> CashierSession:
    """Hand cash of a closed session over to another person, who then accepts it.

    :raises NotFound: if there is no such session, or no user who may take the cash.
    :raises Forbidden: if it is another cashier's session.
    :raises Conflict: if it is open, or its cash is accepted.
    :raises Invalid: for more than was counted.
    """
    act_id = ctx.new_id()
    if not identity.may(ctx, user_id=to, permission="payments.record"):
        message = "there is no active user with this id who may take money"
        raise NotFound("not-found", message, field="to")
    handover = CashHandover(id=act_id, to=to, amount=amount_minor, by=ctx.actor.id, at=ctx.now)

    def hand_over(session: CashierSession) -> CashierSession:
        if session.handover and session.handover.id == act_id:
            return session
        return session.handed_over(handover)

    facts: dict[str, str | int | None] = {"handed_over": amount_minor, "to": to}
    return _advance(ctx, session_id, hand_over, "cashier-session.handed-over", facts)


def accept_cash(ctx: ProjectContext, *, session_id: str) -> CashierSession:
    """Accept the cash of a session that was handed over to the actor. Again, it changes nothing.

    :raises NotFound: if there is no such session, or nothing was handed over.
    :raises Forbidden: if it was handed over to another person.
    """

    def accept(session: CashierSession) -> CashierSession:
        if session.handover is None:
            raise NotFound("not-found", "no cash of this session was handed over")
        if session.handover.to != ctx.actor.id:
            raise Forbidden("forbidden", "this cash was handed over to another person")
        return session if session.handover.accepted_at else session.accepted(at=ctx.now)

    return _advance(ctx, session_id, accept, "cashier-session.accepted", {}, of_cashier=False)


def _advance(
    ctx: ProjectContext,
    session_id: str,
    step: Step,
    action: str,
    facts: Mapping[str, str | int | None],
    *,
    of_cashier: bool = True,
) -> CashierSession:
    """Take a session one step on, from how it is now; a step that is done already changes nothing."""
    for attempt in range(_ATTEMPTS):
        before, till = session_with_till(ctx.project, session_id)
        if of_cashier and before.cashier != ctx.actor.id:
            ctx.require("cashier_sessions.manage")
        after = step(before)
        if after == before:
            return after
        try:
            transact([*_step_writes(ctx, after, till), _audit_write(ctx, after, action, _said(after, facts))])
        except Refused:
            dynamo.pause(attempt)
        else:
            return after
    raise Conflict("changed", "payments are being taken in this session; stop taking them, and try again")


def _step_writes(ctx: ProjectContext, after: CashierSession, till: Till | None) -> list[Action]:
    if after.closing and till:
        return repository.closing_writes(ctx.project, after, till)
    return [repository.session_update_write(ctx.project, after)]


def _said(session: CashierSession, facts: Mapping[str, str | int | None]) -> dict[str, object]:
    """Return facts for the audit log, with amounts as money."""
    said = {name: Money(each, session.currency) if isinstance(each, int) else each for name, each in facts.items()}
    if session.handover is None:
        said["expected"] = Money(session.expected_minor, session.currency)
    return {**said, "desk": session.desk, "currency": session.currency}


def _audit_write(ctx: ProjectContext, session: CashierSession, action: str, facts: Mapping[str, object]) -> Action:
    subject = ("cashier-session", f"{ctx.project_id}.{session.id}")
    return audit.entry_write(ctx, action=action, subject=subject, after=facts)

"""Cashier sessions over HTTP."""

from chalice.app import Blueprint

from chalicelib.cashiers import service
from chalicelib.cashiers.domain import CashierSession
from chalicelib.cashiers.schemas import (
    CashierSessionOut,
    CashierSessionPage,
    NewCashCount,
    NewCashHandover,
    NewCashierSession,
    NewClosing,
    SessionsQuery,
    SessionView,
    parsed_cash,
)
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_SESSIONS = "/api/clients/{clientId}/projects/{projectId}/cashier-sessions"
_SESSION = _SESSIONS + "/{cashierSessionId}"


@endpoint(
    blueprint,
    "POST",
    _SESSIONS,
    permission="payments.record",
    body=NewCashierSession,
    returns=CashierSessionOut,
    status=201,
    location=_SESSIONS + "/{id}",
    errors="bad-amount bad-desk desk-taken session-open",
)
def open_cashier_session(ctx: ProjectContext, *, body: NewCashierSession) -> CashierSessionOut:
    """Open your session at a desk, with a float. From then on it counts what you take, until it is closed."""
    opening_float = parsed_cash(body.opening_float, ctx.project.settings.currency, "float")
    return _shown(ctx, service.open_session(ctx, desk=body.desk, float_minor=opening_float))[0]


@endpoint(blueprint, "GET", _SESSIONS, permission="payments.read", query=SessionsQuery, returns=CashierSessionPage)
def list_cashier_sessions(ctx: ProjectContext, *, query: SessionsQuery) -> CashierSessionPage:
    """List cashier sessions, newest first: all, of a day, of a cashier, or those that are open."""
    page = service.list_sessions(
        ctx, day=query.day, cashier=query.cashier, only_open=query.open, limit=query.limit, cursor=query.cursor
    )
    return CashierSessionPage(items=_shown(ctx, *page.items), next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", _SESSION, permission="payments.read", returns=CashierSessionOut)
def get_cashier_session(ctx: ProjectContext, *, cashier_session_id: str) -> CashierSessionOut:
    """Show a session with its totals by method, and the cash that is expected."""
    return _shown(ctx, service.get_session(ctx, session_id=cashier_session_id))[0]


@endpoint(
    blueprint,
    "POST",
    _SESSION + "/count",
    permission="payments.record",
    body=NewCashCount,
    returns=CashierSessionOut,
    errors="bad-amount changed session-closed",
)
def count_cash(ctx: ProjectContext, *, cashier_session_id: str, body: NewCashCount) -> CashierSessionOut:
    """Record a count of the cash in an open session, and compare it with what is expected."""
    currency = ctx.project.settings.currency
    cash = None if body.cash is None else parsed_cash(body.cash, currency, "cash")
    pieces = body.pieces(currency)
    return _shown(ctx, service.count_cash(ctx, session_id=cashier_session_id, cash_minor=cash, pieces=pieces))[0]


@endpoint(
    blueprint,
    "POST",
    _SESSION + "/closing",
    permission="payments.record",
    body=NewClosing,
    returns=CashierSessionOut,
    errors="bad-amount changed reason-missing session-closed",
)
def close_cashier_session(ctx: ProjectContext, *, cashier_session_id: str, body: NewClosing) -> CashierSessionOut:
    """Close a session with the cash that was counted. It takes nothing more; a difference needs a reason."""
    counted = parsed_cash(body.counted, ctx.project.settings.currency, "counted")
    closed = service.close_session(ctx, session_id=cashier_session_id, counted_minor=counted, reason=body.reason)
    return _shown(ctx, closed)[0]


@endpoint(
    blueprint,
    "POST",
    _SESSION + "/handover",
    permission="payments.record",
    body=NewCashHandover,
    returns=CashierSessionOut,
    errors="above-counted bad-amount cash-accepted changed other-person session-open",
)
def hand_cash_over(ctx: ProjectContext, *, cashier_session_id: str, body: NewCashHandover) -> CashierSessionOut:
    """Hand cash of a closed session over to another person. Until they accept it, it can be handed to another."""
    amount = parsed_cash(body.amount, ctx.project.settings.currency, "amount")
    return _shown(ctx, service.hand_cash_over(ctx, session_id=cashier_session_id, to=body.to, amount_minor=amount))[0]


@endpoint(
    blueprint,
    "POST",
    _SESSION + "/handover/acceptance",
    permission="payments.record",
    returns=CashierSessionOut,
    errors="changed",
)
def accept_cash(ctx: ProjectContext, *, cashier_session_id: str) -> CashierSessionOut:
    """Accept the cash of a session that was handed over to you."""
    return _shown(ctx, service.accept_cash(ctx, session_id=cashier_session_id))[0]


def _shown(ctx: ProjectContext, *sessions: CashierSession) -> tuple[CashierSessionOut, ...]:
    people = [each for session in sessions for each in _people(session)]
    names = user_names(ctx.client, people)
    return tuple(CashierSessionOut.of(SessionView(session), session, names=names) for session in sessions)


def _people(session: CashierSession) -> list[str]:
    closing, handover = session.closing, session.handover
    return [session.cashier, *([closing.by] if closing else []), *([handover.to] if handover else [])]

"""Look up cashier sessions, with what they have taken so far."""

from dataclasses import replace
from datetime import date

from chalicelib.cashiers import repository
from chalicelib.cashiers.domain import CashierSession, Till, parse_session_id
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page
from chalicelib.tenancy.domain import Project, ProjectContext


def get_session(ctx: ProjectContext, *, session_id: str) -> CashierSession:
    """Return one session with its totals as they are now.

    :raises NotFound: if there is none with this id.
    """
    return session_with_till(ctx.project, session_id)[0]


def list_sessions(
    ctx: ProjectContext, *, day: date | None, cashier: str | None, only_open: bool, limit: int, cursor: str | None
) -> Page[CashierSession]:
    """List sessions, newest first, one page at a time: all, of a day, of a cashier, or those that are open."""
    page = repository.sessions_page(
        ctx.project, day=day, cashier=cashier, only_open=only_open, limit=limit, cursor=cursor
    )
    tills = repository.tills_of(ctx.project, [each.cashier for each in page.items if each.closing is None])
    return Page(tuple(_counted(each, tills.get(each.cashier)) for each in page.items), page.next_cursor)


def session_with_till(project: Project, session_id: str) -> tuple[CashierSession, Till | None]:
    """Read a session and, while it is open, its till, whose totals it then has.

    :raises NotFound: if there is no such session.
    """
    session = _found(project, session_id)
    if session.closing:
        return session, None
    till = repository.tills_of(project, [session.cashier]).get(session.cashier)
    if till is None or till.session_id != session.id:
        return _found(project, session_id), None  # it was closed between the two requests
    return _counted(session, till), till


def _found(project: Project, session_id: str) -> CashierSession:
    session = repository.find_session(project, parse_session_id(session_id))
    if session is None:
        raise NotFound("not-found", "there is no cashier session with this id")
    return session


def _counted(session: CashierSession, till: Till | None) -> CashierSession:
    mine = till is not None and till.session_id == session.id and session.closing is None
    return replace(session, totals=till.totals) if till and mine else session

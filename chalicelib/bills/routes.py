"""Bills over HTTP."""

from collections.abc import Iterable

from chalice.app import Blueprint

from chalicelib.bills import service
from chalicelib.bills.domain import Bill
from chalicelib.bills.schemas import (
    BillOut,
    BillPage,
    BillsQuery,
    BillSummary,
    BillView,
    ConnectionBillsQuery,
    UnbilledOut,
    UnbilledPage,
    UnbilledQuery,
    UnbilledView,
)
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import Project, ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"


@endpoint(blueprint, "GET", _PROJECT + "/bills", permission="bills.read", query=BillsQuery, returns=BillPage)
def list_bills(ctx: ProjectContext, *, query: BillsQuery) -> BillPage:
    """List the bills of a period or of the last five years, newest first; all, or those with a status."""
    project, page = service.list_bills(
        ctx,
        period=query.period,
        status=query.status,
        affected_by=query.tariff_version,
        limit=query.limit,
        cursor=query.cursor,
    )
    return BillPage(items=_listed(ctx, project, page.items), next_cursor=page.next_cursor)


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/readings/unbilled",
    permission="bills.generate",
    query=UnbilledQuery,
    returns=UnbilledPage,
)
def list_unbilled(ctx: ProjectContext, *, query: UnbilledQuery) -> UnbilledPage:
    """List the confirmed readings of a period that have no bill yet."""
    page = service.list_unbilled(ctx, period=query.period, limit=query.limit, cursor=query.cursor)
    items = tuple(UnbilledOut.of(UnbilledView(connection), reading, connection) for reading, connection in page.items)
    return UnbilledPage(items=items, next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", _PROJECT + "/bills/{billId}", permission="bills.read", or_own=True, returns=BillOut)
def get_bill(ctx: ProjectContext, *, bill_id: str) -> BillOut:
    """Show a bill with its lines; a consumer sees only their own."""
    return _shown(ctx, *service.get_bill(ctx, bill_id=bill_id))


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/connections/{accountNumber}/bills",
    permission="bills.read",
    or_own=True,
    query=ConnectionBillsQuery,
    returns=BillPage,
)
def list_bills_of_connection(ctx: ProjectContext, *, account_number: str, query: ConnectionBillsQuery) -> BillPage:
    """List a connection's bills, newest first: all, or those that would differ now; a consumer sees only their own."""
    project, page = service.list_bills_of_connection(
        ctx,
        account=account_number,
        only_differing=query.would_differ,
        limit=query.limit,
        cursor=query.cursor,
    )
    return BillPage(items=_listed(ctx, project, page.items), next_cursor=page.next_cursor)


@endpoint(blueprint, "GET", "/api/me/bills", permission="bills.read.own", query=PageQuery, returns=BillPage)
def my_bills(ctx: Context, *, query: PageQuery) -> BillPage:
    """List your bills, newest first, over all projects and connections.

    This includes bills of connections that were handed over since. With more than twenty connections, the bills of the
    first twenty are listed first, then those of the next twenty.
    """
    page = service.my_bills(ctx, limit=query.limit, cursor=query.cursor)
    items = tuple(one for project, bill in page.items for one in _listed(ctx, project, [bill]))
    return BillPage(items=items, next_cursor=page.next_cursor)


def _shown(ctx: Context, project: Project, bill: Bill) -> BillOut:
    view = BillView(bill, project, local_day(ctx.now, project.settings.timezone))
    people = [bill.issued_by, bill.voided_by, bill.waiver.by if bill.waiver else None]
    return BillOut.of(view, bill, names=user_names(ctx.client, people))


def _listed(ctx: Context, project: Project, bills: Iterable[Bill]) -> tuple[BillSummary, ...]:
    today = local_day(ctx.now, project.settings.timezone)
    return tuple(BillSummary.of(BillView(bill, project, today), bill) for bill in bills)

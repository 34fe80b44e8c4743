"""What is owed, ledger entries and statements over HTTP."""

from chalice.app import Blueprint

from chalicelib.connections.schemas.connections import ConnectionOut
from chalicelib.consumers.schemas import ConsumerOut
from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page
from chalicelib.ledger import service
from chalicelib.ledger.domain import Entry
from chalicelib.ledger.schemas import (
    EntriesQuery,
    EntryOut,
    EntryPage,
    EntryView,
    InquiryQuery,
    MyOwed,
    OwedList,
    OwedOut,
    OwedView,
    StatementOut,
    StatementQuery,
    StatementView,
)
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_CONNECTION = _PROJECT + "/connections/{accountNumber}"


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/inquiry",
    permission="payments.read",
    query=InquiryQuery,
    returns=OwedList,
    errors="bad-day bad-filter not-found nothing-to-find",
)
def inquire(ctx: ProjectContext, *, query: InquiryQuery) -> OwedList:
    """Show all that is owed today, by account number, meter number or name, with late charges as they are today."""
    found = service.inquire(
        ctx,
        account=query.account_number,
        meter_number=query.meter_number,
        name=query.q,
        consumer_id=query.consumer_id,
        on=query.on,
    )
    return OwedList(items=tuple(OwedOut.of(OwedView(each, ctx.project), each) for each in found))


@endpoint(blueprint, "GET", "/api/me/owed", permission="payments.read.own", returns=MyOwed)
def my_owed(ctx: Context) -> MyOwed:
    """Show what you owe today at your connections of all projects, with late charges as they are today."""
    return MyOwed.of(service.my_owed(ctx))


@endpoint(
    blueprint,
    "GET",
    _CONNECTION + "/entries",
    permission="payments.read",
    or_own=True,
    query=EntriesQuery,
    returns=EntryPage,
)
def list_entries(ctx: ProjectContext, *, account_number: str, query: EntriesQuery) -> EntryPage:
    """List the ledger entries of a connection, newest first; a consumer sees only their own."""
    return _entry_page(ctx, service.list_entries(ctx, account=account_number, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/bills/{billId}/entries",
    permission="payments.read",
    or_own=True,
    query=EntriesQuery,
    returns=EntryPage,
)
def list_entries_of_bill(ctx: ProjectContext, *, bill_id: str, query: EntriesQuery) -> EntryPage:
    """List the ledger entries of a bill, newest first: what was paid, charged, waived and credited, by whom and why.

    A consumer sees only those of their own bills.
    """
    return _entry_page(ctx, service.list_entries_of_bill(ctx, bill_id=bill_id, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "GET",
    _CONNECTION + "/statement",
    permission="payments.read",
    or_own=True,
    query=StatementQuery,
    returns=StatementOut,
    errors="bad-day",
)
def get_statement(ctx: ProjectContext, *, account_number: str, query: StatementQuery) -> StatementOut:
    """Show the statement of a connection's consumer: bills, payments and all else, with a running balance.

    A consumer sees only their own.
    """
    statement = service.statement_of(
        ctx,
        account=account_number,
        first_day=query.from_day,
        last_day=query.until_day,
        consumer_id=query.consumer_id,
    )
    return StatementOut.of(StatementView(statement), statement)


@endpoint(
    blueprint,
    "DELETE",
    "/api/clients/{clientId}/consumers/{consumerId}",
    permission="consumers.manage",
    returns=ConsumerOut,
    errors="changed consumer-connected consumer-owes role-too-high",
)
def delete_consumer(ctx: Context, *, consumer_id: str) -> ConsumerOut:
    """Delete a consumer who has no active connection, owes nothing and is owed nothing. The record stays.

    It is refused while a connection of theirs is active, a bill of theirs is not settled, credit of theirs is left, or
    a reading of a day when a connection was theirs waits to be billed. Their login is deleted, too; bills go on naming
    them.
    """
    return ConsumerOut.of(service.delete_consumer(ctx, consumer_id=consumer_id))


@endpoint(
    blueprint,
    "DELETE",
    _CONNECTION,
    permission="connections.manage",
    returns=ConnectionOut,
    errors="changed connection-used",
)
def delete_connection(ctx: ProjectContext, *, account_number: str) -> ConnectionOut:
    """Delete a connection that has no readings, bills or payments."""
    return ConnectionOut.of(service.delete_connection(ctx, account=account_number))


def _entry_page(ctx: ProjectContext, page: Page[Entry]) -> EntryPage:
    names = user_names(ctx.client, [entry.recorded_by for entry in page.items])
    items = tuple(EntryOut.of(EntryView(entry), entry, names=names) for entry in page.items)
    return EntryPage(items=items, next_cursor=page.next_cursor)

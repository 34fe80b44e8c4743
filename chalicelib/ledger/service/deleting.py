"""Delete consumers and connections, which nobody may who owe money or are owed some."""

from collections.abc import Sequence
from datetime import date

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, may_be_billed_to
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.consumers import service as consumers
from chalicelib.consumers.domain import Consumer
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.ledger import repository
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy.domain import Project, ProjectContext


def delete_consumer(ctx: Context, *, consumer_id: str) -> Consumer:
    """Delete a consumer who owes nothing and is owed nothing, with their login; their bills keep the name.

    It reads the bills of each present and former connection, until one is not settled, and its readings of five years,
    until one is not billed: three requests for each that was ever read, and two for each project.

    :raises NotFound: if the client has no such consumer.
    :raises Conflict: while one of their connections is active, a bill is not settled, credit or a deposit is left, or a
        reading is not billed.
    """
    consumer = consumers.get_consumer(ctx, consumer_id=consumer_id)
    if consumer.status != "deleted" and not consumer.connections:
        accounts: dict[str, tuple[Project, list[str]]] = {}
        for project, account in connections.accounts_ever_of(ctx, consumer_id=consumer.id):
            accounts.setdefault(project.id, (project, []))[1].append(account)
        for project, theirs in accounts.values():
            _check_holds_nothing(project, theirs, consumer.id)
            _check_settled(ctx, project, theirs, consumer.id)
    return consumers.delete_consumer(ctx, consumer_id=consumer_id)


def _check_holds_nothing(project: Project, accounts: Sequence[str], consumer_id: str) -> None:
    for position in repository.positions(project, [(account, consumer_id) for account in accounts]).values():
        for what, minor in (("credit", position.credit_minor), ("a deposit", position.deposit_minor)):
            if minor:
                held = f"{what} of {Money(minor, project.settings.currency)}"
                message = (
                    f"{held} is left at {position.account} in {project.id}; use it for bills, or pay it back, first"
                )
                raise Conflict("consumer-owes", message)


def _check_settled(ctx: Context, project: Project, accounts: Sequence[str], consumer_id: str) -> None:
    known = connections.connections_by_account(project, accounts)
    for account in accounts:
        billed: dict[Period, date] = {}
        for bill in bills.bills_of_account(project, account):
            if bill.has_reading:
                billed[bill.period] = max(bill.read_on, billed.get(bill.period, date.min))
            if bill.consumer_id == consumer_id and bill.amount_due.minor:
                raise _unsettled(project, bill)
        connection = known.get(account)
        if connection is None or not connection.taken:
            continue  # it was never read
        for reading in readings.readings_of_account(project, bills.periods_listed(ctx, project), account):
            open_yet = reading.read_on > billed.get(reading.period, date.min)
            if open_yet and may_be_billed_to(consumer_id, reading, connection):
                raise _unbilled(project, reading)


def _unbilled(project: Project, reading: Reading) -> Conflict:
    remedy = "bill it" if reading.state == "confirmed" else "confirm and bill it"
    return Conflict("consumer-owes", f"reading {reading.id} in {project.id} has no bill; {remedy}, or correct it first")


def _unsettled(project: Project, bill: Bill) -> Conflict:
    due = bill.amount_due
    what = f"{due} is to be paid" if due.minor > 0 else f"{Money(-due.minor, due.currency)} is to be paid back"
    return Conflict("consumer-owes", f"{what} for bill {bill.id} in {project.id}; settle it first")


def delete_connection(ctx: ProjectContext, *, account: str) -> Connection:
    """Delete a connection that was registered by mistake: it has no readings, no bills and no money.

    :raises NotFound: if the project has no such connection.
    :raises Conflict: if it has any; close it instead.
    """
    connection = connections.get_connection(ctx, account=account)
    project = ctx.project
    entered = repository.entries_page(project, connection.account, limit=1, cursor=None).items
    if entered or any(bills.bills_of_account(project, connection.account)):
        message = f"connection {connection.account} has bills or payments; close it instead"
        raise Conflict("connection-used", message)
    unused = repository.no_position_check(project, connection.account, connection.consumer_id)
    return connections.delete_connection(ctx, account=account, also=[unused])

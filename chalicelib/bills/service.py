"""Issue bills and read them."""

from collections.abc import Iterator, Sequence

from chalicelib.bills import repository
from chalicelib.bills.domain import Bill, parse_bill_id
from chalicelib.consumers import service as consumers
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def issue_bills(project: Project, bills: Sequence[Bill]) -> list[bool]:
    """This function will write up to 25 bills at once and say of each whether it is new.

    A bill's key is its connection, period and revision: the table refuses the second one. One request, three write
    units a bill.
    """
    return repository.insert_bills(project, bills)


def issue_bill(project: Project, bill: Bill) -> Action:
    """This function will give the write of one bill, for a transaction. Label: `bill {account}`. Four write units."""
    return repository.insert_bill(project, bill)


def settle_bill(project: Project, bill: Bill, *, before: Bill) -> Action:
    """This function will give the write of a bill with payments counted, for the transaction that records them.

    It holds only if nothing else was paid meanwhile. Label: `bill {account}`. Four write units, and one when it leaves
    the index of open bills.
    """
    return repository.store_bill(project, bill, before=before)


def shard_bills(project: Project, period: Period, shard: int) -> Iterator[Bill]:
    """This function will read all bills of a period's shard, as they are now."""
    return repository.shard_bills(project, period, shard)


def get_bill(ctx: Context, *, bill_id: str) -> tuple[Project, Bill]:
    """This function will give one bill; a consumer gets only their own.

    :raises NotFound: for anything else.
    """
    project = tenancy.get_project(ctx)
    bill = find_bill(project, bill_id)
    if bill is None or not _may_see(ctx, bill) or not consumers.accounts_within_reach(ctx, project, [bill.account]):
        raise NotFound("not-found", "there is no bill with this id")
    return project, bill


def find_bill(project: Project, bill_id: str) -> Bill | None:
    """This function will give a bill as it is now, whoever asks, or None.

    :raises NotFound: if no bill can have this id.
    """
    return repository.find_bill(project, *parse_bill_id(bill_id))


def list_bills(ctx: Context, *, period: Period, limit: int, cursor: str | None) -> tuple[Project, Page[Bill]]:
    """This function will list the bills of a period, one page at a time.

    Whoever has to do in some areas only gets those whose connections lie there now.
    """
    project = tenancy.get_project(ctx)

    def read(some: int, at: str | None) -> Page[Bill]:
        return repository.period_page(project, period, limit=some, cursor=at)

    def choose(bills: tuple[Bill, ...]) -> list[Bill]:
        mine = consumers.accounts_within_reach(ctx, project, (bill.account for bill in bills))
        return [bill for bill in bills if bill.account in mine]

    return project, choose_page(read, choose, limit=limit, cursor=cursor)


def list_bills_of_connection(
    ctx: Context, *, account: str, limit: int, cursor: str | None
) -> tuple[Project, Page[Bill]]:
    """This function will list a connection's bills, the newest first; a consumer sees only their own.

    :raises NotFound: for a connection that is not there, or not the consumer's.
    """
    connection = consumers.get_connection(ctx, account=account)
    project = tenancy.get_project(ctx)
    page = repository.account_page(project, connection.account, limit=limit, cursor=cursor)
    # Bills of whoever had the connection before are theirs, not the present consumer's.
    return project, Page(tuple(bill for bill in page.items if _may_see(ctx, bill)), page.cursor)


def my_bills(ctx: Context, *, limit: int) -> tuple[tuple[Project, Bill], ...]:
    """This function will list the newest bills of the signed-in consumer, over all projects and connections.

    Those of a connection that was handed over since are theirs, too.
    """
    mine: list[tuple[Project, Bill]] = []
    for project, account in consumers.my_accounts(ctx):
        page = repository.account_page(project, account, limit=limit, cursor=None)
        mine += [(project, bill) for bill in page.items if ctx.actor.owns(bill.consumer_id)]
    newest_first = sorted(mine, key=lambda pair: (pair[1].period, pair[0].id, pair[1].account), reverse=True)
    return tuple(newest_first[:limit])


def _may_see(ctx: Context, bill: Bill) -> bool:
    return ctx.actor.may("bills.read") or ctx.actor.owns(bill.consumer_id)

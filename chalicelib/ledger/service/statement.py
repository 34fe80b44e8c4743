"""The statement of a connection's holder: bills and entries by booking day, with a running balance."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge
from operator import itemgetter

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.kernel.clock import iso, local_day
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page, choose_page
from chalicelib.ledger import repository
from chalicelib.ledger.domain import Entry
from chalicelib.tenancy.domain import Project, ProjectContext

MAX_DAYS = 731
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A bill or an entry, by how much it changed what is owed, and what was owed after it."""

    booked_on: date
    source: Bill | Entry
    change: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """What a holder owed at a connection from one day to another; below zero, it was owed to them."""

    account: str
    holder: str | None
    holder_name: str
    first_day: date
    last_day: date
    opening: Money
    lines: tuple[StatementLine, ...]
    closing: Money


def statement_of(
    ctx: ProjectContext,
    *,
    account: str,
    first_day: date | None,
    last_day: date | None,
    consumer_id: str | None = None,
) -> Statement:
    """Return the statement of a connection's present holder, or of a former one; without days, of the last year.

    Late charges that nobody has posted yet are not in it. It reads all bills of the connection, a read unit for about
    eight, and all entries, a unit for about ten.

    :raises Invalid: for days in the wrong order, or more than two years apart.
    :raises NotFound: for an unknown connection, or another consumer's.
    """
    today = local_day(ctx.now, ctx.project.settings.timezone)
    last = last_day or today
    first = first_day or last - _YEAR
    if not first <= last <= first + timedelta(days=MAX_DAYS):
        raise Invalid("bad-day", f"give days in order, {MAX_DAYS} days apart at most", field="from")
    connection = connections.get_connection_ever_held(ctx, account=account)
    holder = consumer_id or (connection.consumer_id if ctx.actor.may("payments.read") else ctx.actor.consumer_id)
    if not _may_see(ctx, holder):
        raise NotFound("not-found", "there is no such statement", field="consumerId")
    project = ctx.project
    theirs = [bill for bill in bills.bills_of_account(project, account) if bill.consumer_id == holder]
    entries = [each for each in repository.entries_between(project, account, None, last) if each.holder == holder]
    events = sorted(_events(theirs, entries, last), key=lambda event: event[:2])
    opening = sum(minor for day, _, _, minor in events if day < first)
    currency, owed, lines = project.settings.currency, opening, []
    for day, _, source, minor in events:
        if day >= first:
            owed += minor
            lines.append(StatementLine(day, source, Money(minor, currency), Money(owed, currency)))
    name = connection.consumer_name if holder == connection.consumer_id else next((b.consumer_name for b in theirs), "")
    return Statement(account, holder, name, first, last, Money(opening, currency), tuple(lines), Money(owed, currency))


def _events(
    theirs: Iterable[Bill], entries: Iterable[Entry], last: date
) -> Iterator[tuple[date, str, Bill | Entry, int]]:
    """Yield what changed what is owed: its day, its place in the day (bills first), itself, and by how much."""
    for bill in theirs:
        if bill.billed_on <= last:
            yield bill.billed_on, f"0{bill.id}", bill, bill.total.minor
    for entry in entries:
        yield entry.booked_on, f"1{iso(entry.recorded_at)}{entry.id}", entry, entry.owed_minor


def list_entries(ctx: ProjectContext, *, account: str, limit: int, cursor: str | None) -> Page[Entry]:
    """List the ledger entries of a connection, newest first; a consumer sees their own.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection_ever_held(ctx, account=account)
    return own_entries(ctx, account=connection.account, limit=limit, cursor=cursor)


def own_entries(
    ctx: ProjectContext,
    *,
    account: str,
    kinds: frozenset[str] | None = None,
    only: Callable[[Entry], bool] = lambda _: True,
    limit: int,
    cursor: str | None,
) -> Page[Entry]:
    """List the entries of an account that the actor may see, newest first: all, or those of some kinds.

    A former consumer still sees their own.
    """

    def read(some: int, at: str | None) -> Page[Entry]:
        return repository.entries_page(ctx.project, account, limit=some, cursor=at)

    def choose(found: tuple[Entry, ...]) -> list[Entry]:
        of_kinds = [each for each in found if kinds is None or each.kind in kinds]
        return [each for each in of_kinds if _may_see(ctx, each.holder) and only(each)]

    return choose_page(read, choose, limit=limit, cursor=cursor)


def newest_entries(
    accounts: Iterable[tuple[Project, str]], *, below: str, at_once: int
) -> Iterator[tuple[str, Project, Entry]]:
    """Read the entries of several accounts together with their places, newest first: a request for each account.

    With `below`, those before that place.
    """

    def read(project: Project, account: str) -> Iterator[tuple[str, Project, Entry]]:
        found = repository.newest_entries(project, account, below=below, at_once=at_once)
        return ((place, project, entry) for place, entry in found)

    return merge(*(read(*each) for each in accounts), key=itemgetter(0), reverse=True)


def list_entries_of_bill(ctx: ProjectContext, *, bill_id: str, limit: int, cursor: str | None) -> Page[Entry]:
    """List the ledger entries that name a bill, newest first; a consumer sees only those of their own bills.

    :raises NotFound: for an unknown bill, or another consumer's.
    """
    bill = bills.find_bill(ctx.project, bill_id)
    if bill is None or not _may_see(ctx, bill.consumer_id):
        raise NotFound("not-found", "there is no bill with this id")
    return own_entries(
        ctx,
        account=bill.account,
        only=lambda entry: any(effect.bill_id == bill.id for effect in entry.effects),
        limit=limit,
        cursor=cursor,
    )


def _may_see(ctx: ProjectContext, holder: str | None) -> bool:
    return ctx.actor.may("payments.read") or ctx.actor.owns(holder)

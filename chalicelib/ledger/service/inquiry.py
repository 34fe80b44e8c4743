"""What connections and their holders owe on a day, with late charges as they would be on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.consumers.domain import Consumer
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.ledger import repository
from chalicelib.ledger.domain import LateCharge, Position
from chalicelib.ledger.service.posting import late_charges_on
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import LateChargeRule, Project, ProjectContext

MAX_FOUND = 20
"""So many connections an inquiry shows at most: beyond that, the name is to be given more exactly."""


@dataclass(frozen=True, slots=True)
class OwedBill:
    """A bill that is not settled, with its late charge as of a day: what is posted, and what has begun since."""

    bill: Bill
    coming: LateCharge

    @property
    def late_due(self) -> Money:
        """The late charge that is to be paid: posted or not, without what is waived or paid."""
        return Money(self.bill.balance.late_due + self.coming.minor, self.bill.total.currency)

    @property
    def due(self) -> Money:
        return self.bill.principal_due + self.late_due


@dataclass(frozen=True, slots=True)
class Owed:
    """What one holder owes at a connection on a day: open bills, the oldest first, and what they have there.

    `credit` is money that no bill took, with what bills below zero are to pay out; `deposit` is held as security.
    """

    connection: Connection
    holder: str | None
    holder_name: str
    on: date
    bills: tuple[OwedBill, ...]
    credit: Money
    deposit: Money

    @property
    def to_pay(self) -> tuple[OwedBill, ...]:
        """The bills on which something is due."""
        return tuple(each for each in self.bills if each.due.minor > 0)

    @property
    def paying_out(self) -> tuple[OwedBill, ...]:
        """The bills below zero, whose amounts are credit."""
        return tuple(each for each in self.bills if each.due.minor < 0)

    @property
    def due(self) -> Money:
        """What is to be paid, without credit."""
        return Money(sum(each.due.minor for each in self.to_pay), self.credit.currency)


def owed_at(ctx: ProjectContext, found: Iterable[Connection], *, on: date, holder: str | None = None) -> list[Owed]:
    """Return what is owed at some connections on a day, for each holder who owes or is owed something there.

    The present holder comes first, also if nothing is owed; so it is with an asked former one (`holder`). Three
    requests for each connection, and one for histories.
    """
    return _owed_in(ctx.project, found, on, holder)


def _owed_in(project: Project, found: Iterable[Connection], on: date, holder: str | None = None) -> list[Owed]:
    rule = tenancy.late_charge_rule(project)
    return [each for connection in found for each in _owed_at_one(project, rule, connection, on, holder)]


def owed_of(ctx: ProjectContext, connection: Connection, holder: str | None) -> Owed:
    """Return what one holder of a connection owes and has there today.

    :raises NotFound: if they never were its holder.
    """
    today = local_day(ctx.now, ctx.project.settings.timezone)
    for owed in owed_at(ctx, [connection], on=today, holder=holder):
        if owed.holder == holder:
            return owed
    raise NotFound("not-found", f"there is no such consumer of {connection.account}")


def _owed_at_one(
    project: Project, rule: LateChargeRule | None, connection: Connection, on: date, asked: str | None
) -> list[Owed]:
    account = connection.account
    listed = [bill.id for bill in bills.bills_of_account(project, account) if bill.amount_due.minor]
    # The list of an account's bills lags behind: what it names is read anew.
    fresh = {bill.id: bill for part in _parts(listed) for bill in bills.bills_by_id(project, part).values()}
    known = {bill_id: bill for bill_id, bill in fresh.items() if bill.amount_due.minor}
    charges = late_charges_on(project, rule, known, on)
    positions = {position.holder: position for position in repository.positions_of(project, account)}
    former = [each for each in connection.former if each.consumer_id == asked]
    names: dict[str | None, str] = {each.consumer_id: each.name for each in former}
    names |= {bill.consumer_id: bill.consumer_name for bill in known.values()}
    names[connection.consumer_id] = connection.consumer_name
    holders = [connection.consumer_id, *(each for each in names if each != connection.consumer_id)]
    holders += [
        each for each, held in positions.items() if (held.credit_minor or held.deposit_minor) and each not in names
    ]
    ordered = sorted(known.values(), key=lambda bill: (bill.due_day, bill.id))
    made = []
    for holder in holders:
        theirs = tuple(OwedBill(bill, charges[bill.id]) for bill in ordered if bill.consumer_id == holder)
        held = positions.get(holder, Position(account, holder))
        credit = held.credit_minor - sum(min(each.due.minor, 0) for each in theirs)
        currency = project.settings.currency
        name = names.get(holder, "")
        made.append(
            Owed(connection, holder, name, on, theirs, Money(credit, currency), Money(held.deposit_minor, currency))
        )
    return made


def my_owed(ctx: Context) -> list[tuple[Project, Owed]]:
    """Return what the signed-in consumer owes today at each of their connections, over all projects.

    A former connection is among them while something is owed there, by them or to them. Three requests for each.
    """
    accounts: dict[str, tuple[Project, list[str]]] = {}
    for project, account in connections.my_accounts(ctx):
        accounts.setdefault(project.id, (project, []))[1].append(account)
    owed = []
    for _, (project, theirs) in sorted(accounts.items()):
        known = connections.connections_by_account(project, theirs)
        today = local_day(ctx.now, project.settings.timezone)
        owed += [(project, each) for each in _owed_in(project, [known[one] for one in sorted(known)], today)]
    return [(project, each) for project, each in owed if ctx.actor.owns(each.holder)]


def _parts(bill_ids: Sequence[str]) -> list[Sequence[str]]:
    return [bill_ids[at : at + 100] for at in range(0, len(bill_ids), 100)]


def inquire(
    ctx: ProjectContext,
    *,
    account: str | None = None,
    meter_number: str | None = None,
    name: str | None = None,
    consumer_id: str | None = None,
    on: date | None = None,
) -> list[Owed]:
    """Return what is owed at the connections that an account number, meter number, name or consumer finds.

    :raises Invalid: unless exactly one of them is given, or if a name finds more than twenty connections.
    """
    asked = [each for each in (account, meter_number, name, consumer_id) if each]
    if len(asked) != 1:
        raise Invalid("bad-filter", "give one of accountNumber, meterNumber, q and consumerId", field="accountNumber")
    today = local_day(ctx.now, ctx.project.settings.timezone)
    if on and on < today:
        raise Invalid("bad-day", f"{on} is past; a statement shows what was owed then", field="on")
    day = on or today
    if account:
        return owed_at(ctx, [connections.get_connection(ctx, account=account)], on=day)
    if meter_number:
        page = connections.list_connections(ctx, meter_number=meter_number, limit=MAX_FOUND, cursor=None)
        return owed_at(ctx, page.items, on=day)
    if consumer_id:
        consumer = connections.get_consumer_within_reach(ctx, consumer_id=consumer_id)
        return _owed_by(ctx, [consumer], day)
    people = connections.search_consumers(ctx, text=str(name), status=None, limit=MAX_FOUND, cursor=None)
    if people.next_cursor:
        raise Invalid("bad-filter", f"more than {MAX_FOUND} consumers have such a name: give more of it", field="q")
    return _owed_by(ctx, people.items, day)


def _owed_by(ctx: ProjectContext, people: Iterable[Consumer], day: date) -> list[Owed]:
    """Return what consumers owe at their present and former connections of the project."""
    accounts: dict[str, set[str]] = {}
    for consumer in people:
        for project, account in connections.accounts_ever_of(ctx, consumer_id=consumer.id):
            if project.id == ctx.project_id:
                accounts.setdefault(account, set()).add(consumer.id)
    if len(accounts) > MAX_FOUND:
        raise Invalid("bad-filter", f"these are more than {MAX_FOUND} connections: give more of the name", field="q")
    within = connections.accounts_within_reach(ctx, ctx.project, accounts)
    found = connections.connections_by_account(ctx.project, [each for each in accounts if each in within])
    owed = owed_at(ctx, found.values(), on=day)
    return [each for each in owed if each.holder in accounts[each.connection.account]]

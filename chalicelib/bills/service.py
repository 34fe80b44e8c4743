"""Issue and look up bills."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from chalicelib.audit import service as audit
from chalicelib.bills import repository
from chalicelib.bills.domain import (
    AffectedBy,
    Bill,
    BillKind,
    Charge,
    Consumption,
    IssueTerms,
    UsualTotals,
    WantedStatus,
    bill_of,
    charge_bill_of,
    check_billable,
    check_charge,
    check_days,
    consumptions_of,
    free_charge_number,
    last_billed,
    rated,
    usage_of,
    with_history,
    would_differ,
)
from chalicelib.bills.domain.unread import (
    bill_without_reading,
    less_advances,
    months_before,
    period_without_reading,
    unmetered_service,
)
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.page import Page, choose_page
from chalicelib.kernel.period import Period
from chalicelib.platform.cursors import decode_cursor, encode_cursor, periods_page
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

# Without a period, a list of bills goes back five years.
_MONTHS_LISTED = 60
_MONTHS_AHEAD = 11

# The number of periods that a run looks back for bills to compare its own with.
_PERIODS_COMPARED = 12

# The number of connections whose bills are merged at once: each costs a request for a page.
_CONNECTIONS_MERGED = 20


def issue_bills(project: Project, bills: Sequence[Bill]) -> list[bool]:
    """Insert up to 25 bills in one request; return for each whether it is new.

    A bill's key is its connection, period and number, so the table refuses a duplicate. One request, two write
    units a bill.
    """
    return repository.insert_bills(project, bills)


def bill_insert_write(project: Project, bill: Bill) -> Action:
    """Build the write of one bill, for a transaction. Label: `bill`. Three write units."""
    return repository.bill_insert_write(project, bill)


def bill_reading(
    ctx: ProjectContext, *, reading_id: str, billed_on: date | None = None, due_on: date | None = None
) -> tuple[Project, Bill]:
    """Bill one confirmed reading at once, with earlier ones of its round and holder that are not billed: as by a run.

    Ten write units, and two for each tariff version that has not rated a bill before.

    :raises Invalid: for days that don't fit the period, or if no tariff rates the use.
    :raises NotFound: for an unknown reading.
    :raises Conflict: if it is pending, is billed or never billed, or a run is working on its period.
    """
    project = ctx.project
    reading = readings.get_reading(ctx, reading_id=reading_id)
    today = local_day(ctx.now, project.settings.timezone)
    connection = connections.find_by_number(project, account=reading.account, meter_number=None)
    group = group_of(project, connection, reading.period) if connection else None
    check_days(project, reading.period, billed_on, due_on, today=today, group=group)
    check_billable(reading, connection)
    bill_request_id = ctx.new_id()
    of_round = readings.round_of_account(project, reading.period, reading.account)
    standing = repository.round_bills(project, reading.period, reading.account)
    covering = [bill for bill in standing if bill.has_reading and bill.place >= reading.place]
    if covering:
        return project, _repeated(covering[0], reading, bill_request_id)
    tenancy.stay_with_cycle(project)
    terms = IssueTerms(bill_request_id, ctx.now, billed_on, due_on, tenancy.due_rule(project), by=ctx.actor.id)
    consumption = _closing_with(project, reading, of_round, connection, standing)
    book = tariffs.tariff_book(project, until_day=max(reading.read_on, reading.period.shifted(1).first_day))
    bill = bill_of(project, terms, consumption, connection, book)
    bill = less_advances(bill, advances_before(project, connection, consumption), beside=standing)
    others = [each for each in of_round if each.counts and each.id != reading.id]
    try:
        transact(
            [
                readings.period_open_check(project, reading.period),
                readings.reading_unchanged_check(project, reading),
                bill_insert_write(project, bill),
                *repository.no_bill_checks(project, others, standing),
                _audit_write(ctx, bill),
            ]
        )
    except Refused as refused:
        raise _lost_race(project, reading, refused) from None
    return project, bill


def closing_bill(
    ctx: ProjectContext, reading: Reading, connection: Connection, *, is_new: bool
) -> tuple[Bill | None, list[Action]]:
    """Return the bill that ends the time of a holder with a reading, and its writes; None if it is billed already.

    `connection` is as it is after the act. A reading that is not new becomes the final one, if it is unchanged.
    Labels: `bill`, `other bill`, `reading`.

    :raises Invalid: if no tariff rates the use.
    """
    project = ctx.project
    of_round = [
        each for each in readings.round_of_account(project, reading.period, reading.account) if each.id != reading.id
    ]
    standing = repository.round_bills(project, reading.period, reading.account)
    if any(bill.has_reading and bill.place >= reading.place for bill in standing):
        return None, []
    terms = IssueTerms(ctx.new_id(), ctx.now, None, None, tenancy.due_rule(project), by=ctx.actor.id)
    ends = reading if is_new else replace(reading, kind="final", version=reading.version + 1)
    consumption = _closing_with(project, ends, [*of_round, ends], connection, standing)
    book = tariffs.tariff_book(project, until_day=max(reading.read_on, reading.period.shifted(1).first_day))
    bill = bill_of(project, terms, consumption, connection, book)
    bill = less_advances(bill, advances_before(project, connection, consumption), beside=standing)
    others = [each for each in of_round if each.counts]
    ended = [] if is_new else [readings.reading_change_write(project, ends, before=reading)]
    checks = [*ended, *repository.no_bill_checks(project, others, standing)]
    return bill, [bill_insert_write(project, bill), *checks, _audit_write(ctx, bill)]


def advances_before(project: Project, connection: Connection | None, consumption: Consumption) -> list[Bill]:
    """Read the bills of the months before that may be advances: a request a month, none where there are no advances."""
    if connection is None:
        return []
    months = months_before(project, connection, consumption.period, rounds=consumption.rounds)
    return [bill for month in months for bill in repository.round_bills(project, month, connection.account)]


def closing_bill_without_reading(
    ctx: ProjectContext, connection: Connection, *, on: date, kind: BillKind = "final"
) -> tuple[Bill | None, list[Action]]:
    """Return the bill that ends a service without a meter, or its holder's time, on a day, and its writes.

    None if no day of the period is left to bill. `connection` is as it was before. Label: `bill`.

    :raises Invalid: if no tariff rates it.
    """
    project = ctx.project
    period = period_without_reading(project, connection, on)
    billed = repository.round_bills(project, period, connection.account)
    months = months_before(project, connection, period, rounds=1)
    earlier = [bill for month in months for bill in repository.round_bills(project, month, connection.account)]
    service = unmetered_service(project, connection, period, until=on, billed=[*billed, *earlier])
    if service is None or any(bill.number == service.number for bill in billed):
        return None, []
    terms = IssueTerms(ctx.new_id(), ctx.now, None, None, tenancy.due_rule(project), by=ctx.actor.id)
    book = tariffs.tariff_book(project, until_day=service.span.until_day)
    factors = tariffs.factors_of(project, period)
    bill = bill_without_reading(project, terms, replace(service, factors=factors, kind=kind), book)
    bill = less_advances(bill, [*billed, *earlier])
    return bill, [bill_insert_write(project, bill), _audit_write(ctx, bill)]


def billed_until_without_reading(project: Project, connection: Connection, *, on: date) -> date | None:
    """Return the first day after what is billed of a service without a meter in a day's period; None if nothing is."""
    period = period_without_reading(project, connection, on)
    billed = [bill for bill in repository.round_bills(project, period, connection.account) if not bill.has_reading]
    return max((bill.last_day + timedelta(days=1) for bill in billed if bill.is_of_service), default=None)


def find_charge(project: Project, account: str, act_id: str, *, day: date) -> Bill | None:
    """Return the bill of a charge that an act made on a day or in the period before it, or None."""
    period = project.period_of(day)
    for asked in (period, period.shifted(-project.months)):
        for bill in repository.round_bills(project, asked, account):
            if bill.kind == "charge" and bill.run_id == act_id:
                return bill
    return None


def charge_bill(
    ctx: ProjectContext,
    connection: Connection,
    charge: Charge,
    *,
    act_id: str,
    holder: tuple[str | None, str] | None = None,
) -> tuple[Bill, list[Action]]:
    """Return the bill of an amount that somebody set, and its writes: of the connection's consumer, or a `holder`.

    `holder` is a consumer's id and name. Label: `bill`; it is refused if another charge got its number. Five write
    units.

    :raises Invalid: for an amount that is not above zero, or a due day that is not after today or too far ahead.
    :raises Conflict: if the connection has too many charges of this period.
    """
    project = ctx.project
    check_charge(charge)
    today = local_day(ctx.now, project.settings.timezone)
    period = project.period_of(today)
    check_days(project, period, None, charge.due_on, today=today)
    terms = IssueTerms(act_id, ctx.now, today, charge.due_on, tenancy.due_rule(project), by=ctx.actor.id)
    standing = repository.round_bills(project, period, connection.account)
    number = free_charge_number({bill.number for bill in standing})
    bill = charge_bill_of(project, terms, charge, connection, number=number, holder=holder)
    return bill, [bill_insert_write(project, bill), _audit_write(ctx, bill)]


def less_by(project: Project, bill: Bill, units: Decimal) -> Money:
    """Return by how much a bill would be less with less use of the main register, by the tariffs as they are now.

    :raises Conflict: if it closes with no reading that counts.
    :raises Invalid: if no tariff rates the use.
    """
    connection = connections.find_by_number(project, account=bill.account, meter_number=None)
    of_round = readings.round_of_account(project, bill.period, bill.account) if bill.has_reading else []
    standing = repository.round_bills(project, bill.period, bill.account) if bill.has_reading else []
    until = [each for each in of_round if each.place <= bill.place]
    before = last_billed(each for each in standing if each.place < bill.place)
    consumptions = consumptions_of(until, connection, before, tariffs.factors_of(project, bill.period))
    if connection is None or not consumptions:
        raise Conflict("no-reading", f"bill {bill.id} has no reading: there is no use to lower", field="billId")
    usage = usage_of(project, consumptions[-1], connection)
    measures = dict(usage.measures)
    if connection.main_measure in measures:
        measures[connection.main_measure] -= units
    book, terms = tariffs.unsealed_book(project), connection.terms_on(usage.first_day)
    asked = (usage, replace(usage, quantity=usage.quantity - units, measures=measures))
    full, less = (
        rated(book, terms, with_history(project, each, connection, book, period=bill.period, until=bill.read_on))
        for each in asked
    )
    return full.total - less.total


def _closing_with(
    project: Project,
    reading: Reading,
    of_round: Sequence[Reading],
    connection: Connection | None,
    standing: Sequence[Bill],
) -> Consumption:
    """Return the consumption of a round that closes with a reading, without what is billed."""
    until = [each for each in of_round if each.place <= reading.place]
    factors = tariffs.factors_of(project, reading.period)
    return consumptions_of(until, connection, last_billed(standing), factors)[-1]


def list_unbilled(
    ctx: ProjectContext, *, period: Period, limit: int, cursor: str | None
) -> Page[tuple[Reading, Connection]]:
    """List the confirmed readings of a period that have no bill yet, with their connections.

    Meters that are never billed are left out. It reads five pages of readings at the most.
    """
    project = ctx.project

    def read(some: int, at: str | None) -> Page[Reading]:
        return readings.list_readings(ctx, period=period, state="confirmed", limit=some, cursor=at)

    def choose(taken: tuple[Reading, ...]) -> list[tuple[Reading, Connection]]:
        accounts = {reading.account for reading in taken}
        billed = readings.billed_days(project, period, accounts, adjacent=ctx.actor.areas is None)
        left = [
            reading for reading in taken if reading.counts and reading.read_on > billed.get(reading.account, date.min)
        ]
        # Who has only some areas gets readings from anywhere: read one by one, at a unit each.
        whole = ctx.actor.areas is None
        by_account = connections.connections_in_order if whole else connections.connections_by_account
        known = by_account(project, {reading.account for reading in left})
        unbilled = [(reading, known[reading.account]) for reading in left if reading.account in known]
        return [(reading, connection) for reading, connection in unbilled if connection.is_billed]

    return choose_page(read, choose, limit=limit, cursor=cursor)


def balance_write(project: Project, bill: Bill, *, before: Bill) -> Action:
    """Build the write of a bill's new balance, for the transaction of the ledger entries that change it.

    It is refused if another change was made meanwhile. Label: `bill`, subject: its id. Three write units.
    """
    return repository.balance_write(project, bill, before=before)


def other_bill_checks(project: Project, taken: Iterable[Reading]) -> list[Action]:
    """Build the checks that no bill closes with some readings. Label: `other bill`."""
    return repository.no_bill_checks(project, taken, ())


def round_bills(project: Project, period: Period, account: str) -> list[Bill]:
    """Read the bills of a connection for a period, without voided ones, by number. One request, a unit for four."""
    return repository.round_bills(project, period, account)


def bills_by_id(project: Project, bill_ids: Iterable[str]) -> dict[str, Bill]:
    """Return the bills with these ids, without those that don't exist: one request, one read unit each.

    :raises NotFound: if one is not a valid id.
    """
    return repository.bills_by_id(project, bill_ids)


def bills_of_account(project: Project, account: str) -> Iterator[Bill]:
    """Read all bills of a connection, newest first. Eventually consistent; a read unit for about eight."""
    return repository.account_bills(project, account)


def shard_bills(project: Project, period: Period, shard: int) -> Iterator[Bill]:
    """Read all bills of a period's shard. Strongly consistent."""
    return repository.shard_bills(project, period, shard)


def bills_closing_with(project: Project, taken: Iterable[Reading]) -> dict[str, Bill]:
    """Read the bills that close with some readings, by the readings' ids: 100 to a request, one read unit each."""
    return repository.bills_closing_with(project, taken)


def usual_totals(project: Project, period: Period, shard: int, *, classes: Collection[str]) -> UsualTotals:
    """Return the totals of a shard's last bills before a period, to find bills that are far above them.

    It looks back until each of the classes has a bill, twelve periods at the most. A request of half a read unit for
    a period without bills; usually one period is enough.
    """
    usual = UsualTotals()
    for back in range(1, _PERIODS_COMPARED + 1):
        if usual.of_classes.keys() >= set(classes):
            break
        earlier = repository.shard_totals(project, period.shifted(-back * project.months), shard)
        usual = usual.with_earlier(UsualTotals.of(earlier))
    return usual


def get_bill(ctx: ProjectContext, *, bill_id: str) -> tuple[Project, Bill]:
    """Return one bill that the actor may see; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    project = ctx.project
    bill = find_bill(project, bill_id)
    if bill is None or not _may_see(ctx, bill) or not connections.accounts_within_reach(ctx, project, [bill.account]):
        raise NotFound("not-found", "there is no bill with this id")
    return project, bill


def bill_issued_at(project: Project, connection: Connection, at: datetime, *, on: date) -> Bill | None:
    """Return the bill that a closing act of a day made at a moment, if it made one."""
    unmetered = period_without_reading(project, connection, on)
    period = (connection.is_metered and connection.last_period) or unmetered
    standing = repository.round_bills(project, period, connection.account)
    return next((bill for bill in standing if bill.issued_at == at and bill.kind != "charge"), None)


def find_bill(project: Project, bill_id: str) -> Bill | None:
    """Return a bill without a permission check, or None. Strongly consistent.

    :raises NotFound: if it is not a valid id.
    """
    return repository.find_bill(project, bill_id)


def list_bills(
    ctx: ProjectContext,
    *,
    period: Period | None,
    status: WantedStatus | None,
    affected_by: tuple[str, int] | None = None,
    limit: int,
    cursor: str | None,
) -> tuple[Project, Page[Bill]]:
    """List the bills of a period, or of five years, or those that stand so today, one page at a time.

    With `affected_by`, a tariff and its version, only bills that this version should have rated but did not.
    The newest period comes first. A user limited to areas gets only bills whose connections are there now.

    :raises NotFound: if there is no such version.
    """
    project = ctx.project
    affected = _affected_by(ctx, *affected_by) if affected_by else None
    today = local_day(ctx.now, project.settings.timezone)

    def choose(every: tuple[Bill, ...]) -> list[Bill]:
        bills = [bill for bill in every if bill.is_as_wanted(status, today)]
        bills = [bill for bill in bills if affected is None or (bill.is_standing and affected.includes(bill))]
        mine = connections.accounts_within_reach(ctx, project, (bill.account for bill in bills))
        return [bill for bill in bills if bill.account in mine]

    def read_period(asked: Period, some: int, inner: str | None) -> Page[Bill]:
        def read(more: int, at: str | None) -> Page[Bill]:
            return repository.period_page(project, asked, limit=more, cursor=at)

        return choose_page(read, choose, limit=some, cursor=inner)

    periods = (period,) if period else periods_listed(ctx, project)
    place = f"bills|{project.client}|{project.id}"
    return project, periods_page(periods, read_period, limit=limit, cursor=cursor, place=place)


def _affected_by(ctx: ProjectContext, tariff_id: str, version: int) -> AffectedBy:
    known = tariffs.get_version(ctx, tariff_id=tariff_id, version=version)
    classes = [each.tariff.consumer_class for each in tariffs.list_tariffs(ctx) if not each.tariff.by_choice]
    return AffectedBy(ctx.project, known.tariff, set(filter(None, classes)))


def list_bills_of_connection(
    ctx: ProjectContext, *, account: str, only_differing: bool = False, limit: int, cursor: str | None
) -> tuple[Project, Page[Bill]]:
    """List a connection's bills, the newest first; a consumer sees only their own.

    Or only those that would be different if they were made now, because facts of their days, or a tariff, were changed
    since. That reads the tariffs, and for each page the readings. Bills of a former system are not among them.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection(ctx, account=account)
    project = ctx.project
    book = tariffs.unsealed_book(project) if only_differing else None

    def read(some: int, at: str | None) -> Page[Bill]:
        return repository.account_page(project, account, limit=some, cursor=at)

    def choose(found: tuple[Bill, ...]) -> list[Bill]:
        seen = [bill for bill in found if _may_see(ctx, bill)]
        return seen if book is None else _differing(project, seen, connection, book)

    return project, choose_page(read, choose, limit=limit, cursor=cursor)


def _differing(project: Project, bills: Sequence[Bill], connection: Connection, book: TariffBook) -> list[Bill]:
    found = []
    asked = [bill for bill in bills if bill.has_reading and bill.is_standing and not bill.migrated]
    for period, theirs in groupby(asked, key=lambda bill: bill.period):
        of_round = readings.round_of_account(project, period, connection.account)
        factors = tariffs.factors_of(project, period)
        billed = sorted(theirs, key=lambda bill: bill.place)
        for before, bill in zip([None, *billed], billed, strict=False):
            until = [each for each in of_round if each.place <= bill.place]
            consumptions = consumptions_of(until, connection, before.place if before else None, factors)
            if consumptions and would_differ(project, bill, consumptions[-1], connection, book):
                found.append(bill)
    return found


def my_bills(ctx: Context, *, limit: int, cursor: str | None) -> Page[tuple[Project, Bill]]:
    """List the bills of the signed-in consumer, the newest first, over all projects and connections.

    Those of a connection that was handed over since are theirs, too. One request for each connection. Of more than
    twenty connections the bills of the first twenty come first, and so on, so that a page costs a bounded number.
    """
    mine = sorted(connections.my_accounts(ctx), key=_name_of)
    place = f"my-bills|{ctx.client}|{ctx.actor.consumer_id}"

    def read(some: int, at: str | None) -> Page[tuple[Project, Bill]]:
        done, below = (*map(tuple, decode_cursor(at, place).values()),) if at else ((), ())
        left = [each for each in mine if _name_of(each) > done]
        group, others = left[:_CONNECTIONS_MERGED], left[_CONNECTIONS_MERGED:]
        found = [(project, bill) for project, account in group for bill in _below(project, account, below, some + 1)]
        newest = sorted(found, key=_place_of, reverse=True)
        if len(newest) > some:
            return Page(
                tuple(newest[:some]), encode_cursor({"done": done, "below": _place_of(newest[some - 1])}, place)
            )
        rest = encode_cursor({"done": _name_of(group[-1]), "below": ()}, place) if others else None
        return Page(tuple(newest), rest)

    def choose(bills: tuple[tuple[Project, Bill], ...]) -> list[tuple[Project, Bill]]:
        return [(project, bill) for project, bill in bills if _may_see(ctx, bill)]

    return choose_page(read, choose, limit=limit, cursor=cursor)


def _name_of(connection: tuple[Project, str]) -> tuple[str, ...]:
    return connection[0].id, connection[1]


def _place_of(found: tuple[Project, Bill]) -> tuple[str, str, str, int, int]:
    """Return a bill's place in a list over several connections; the newest has the highest."""
    project, bill = found
    return str(bill.period), project.id, bill.account, bill.number, bill.revision


def _below(project: Project, account: str, place: tuple[Any, ...], limit: int) -> tuple[Bill, ...]:
    """Read a connection's newest bills below a place in such a list; without a place, its newest."""
    if not place:
        return repository.newest_bills(project, account, limit=limit)
    period, *whose, number, revision = place
    if (project.id, account) == tuple(whose):
        before = (Period.parse(period), number, revision)
    else:
        # In the place's own period, the bills of the connections before its own are below it.
        before = (Period.parse(period).shifted((project.id, account) < tuple(whose)), 0, 1)
    return repository.newest_bills(project, account, limit=limit, before=before)


def periods_listed(ctx: Context, project: Project) -> tuple[Period, ...]:
    """Return the periods that a list without a period covers, the newest first: those of five years."""
    newest = project.period_of(local_day(ctx.now, project.settings.timezone))
    ahead = _MONTHS_AHEAD if project.settings.billing_groups else 0  # a group's period may end so much later
    return tuple(newest.shifted(-back) for back in range(-ahead, _MONTHS_LISTED, project.months))


def _repeated(standing: Bill, reading: Reading, bill_request_id: str) -> Bill:
    """Return the bill that this request made before it was interrupted."""
    if standing.run_id == bill_request_id:
        return standing
    raise _billed(standing, reading)


def _lost_race(project: Project, reading: Reading, refused: Refused) -> MeterbookError:
    if "period" in refused.labels:
        return readings.frozen(project, reading.period)
    for standing in repository.round_bills(project, reading.period, reading.account):
        if standing.has_reading and standing.place >= reading.place:
            return _billed(standing, reading)
    return Conflict("changed", "this reading was changed meanwhile; reload and retry")


def _billed(standing: Bill, reading: Reading) -> Conflict:
    return Conflict("billed", f"reading {reading.id} is billed: see bill {standing.id}")


def _audit_write(ctx: Context, bill: Bill) -> Action:
    facts: dict[str, object] = {
        "reading": bill.reading_id,
        "total": bill.total,
        "currency": bill.total.currency,
        "billed_on": bill.billed_on,
        "due_on": bill.due_on,
        "reason": bill.reason,
    }
    return audit.entry_write(ctx, action="bill.issued", subject=("bill", f"{ctx.project_id}.{bill.id}"), after=facts)


def _may_see(ctx: Context, bill: Bill) -> bool:
    return ctx.actor.may("bills.read") or ctx.actor.owns(bill.consumer_id)

"""Find out what a correction changes: readings, connections, and the bills to issue again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, Consumption, IssueTerms, bill_of, consumptions_of
from chalicelib.bills.domain.unread import less_advances
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.corrections.domain import Plan, RecountedAccount, Reissue, check_reissuable, with_bill_voided
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, MeterbookError, NotFound
from chalicelib.kernel.period import Period
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import Reading, parse_reading_id
from chalicelib.readings.domain.recounting import Recounted, Told, TrueValue, connection_after, recount
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import ProjectContext

_MONTHS = 50
"""So many months back a correction reaches: their readings are one request."""


def plan_of_readings(ctx: ProjectContext, said: Mapping[str, TrueValue], told: Told, book: TariffBook) -> Plan:
    """Return what a correction of some readings changes: these, those that count on from them, and their bills.

    :raises NotFound: for an unknown reading, or one out of the actor's reach.
    :raises Invalid: for a value below the one before.
    :raises Conflict: for a reading that does not count, or is too old.
    """
    firsts: dict[str, Period] = {}
    for reading_id in said:
        period, account, _ = parse_reading_id(reading_id)
        firsts[account] = min(period, firsts.get(account, period))
    accounts = []
    for account, first in sorted(firsts.items()):
        connection = connections.get_connection(ctx, account=account)
        taken = counting_since(ctx, connection, first)
        if missing := [each for each in said if each not in {one.id for one in taken} and _is_of(each, account)]:
            raise NotFound("not-found", f"there is no confirmed reading {missing[0]}", field="readings")
        found = recount(connection, taken, said, told)
        accounts.append(RecountedAccount(connection, connection_after(connection, found), found))
    return plan_of(ctx, "readings", accounts, book, act_id=told.correction)


def _is_of(reading_id: str, account: str) -> bool:
    return parse_reading_id(reading_id)[1] == account


def counting_since(ctx: ProjectContext, connection: Connection, first: Period) -> list[Reading]:
    """Return the readings of a connection that count, from a period on, in order.

    :raises Conflict: if that is too many months.
    """
    if connection.last_period is None or connection.last_period < first:
        return []
    months = [first]
    while months[-1] < connection.last_period:
        months.append(months[-1].shifted(1))
    if len(months) > _MONTHS:
        message = f"{first} is more than {_MONTHS} months before the last reading: correct what is owed by a note"
        raise Conflict("too-long-ago", message, field="readings")
    found = readings.readings_of_account(ctx.project, months, connection.account)
    return sorted((each for each in found if each.counts), key=lambda each: (each.period, each.place))


def plan_of(
    ctx: ProjectContext, kind: str, accounts: Sequence[RecountedAccount], book: TariffBook, *, act_id: str
) -> Plan:
    """Return what a correction does to bills, with the readings and connections that it makes."""
    project = ctx.project
    today = local_day(ctx.now, project.settings.timezone)
    terms = IssueTerms(act_id, ctx.now, today, None, tenancy.due_rule(project), by=ctx.actor.id)
    done, reissues = [], []
    for each in accounts:
        made, recounted = _Reissuing(ctx, each, terms, book).carry_out()
        reissues += made
        done.append(replace(each, readings=recounted))
    return Plan("crossed_meters" if kind == "crossed_meters" else "readings", done, reissues)


class _Reissuing:
    """The bills of one connection that are made again."""

    def __init__(self, ctx: ProjectContext, each: RecountedAccount, terms: IssueTerms, book: TariffBook) -> None:
        self.project, self.each, self.terms, self.book = ctx.project, each, terms, book

    def carry_out(self) -> tuple[list[Reissue], list[Recounted]]:
        """Return the bills to issue again, and the readings with what that does to them."""
        made: list[Reissue] = []
        recounted: list[Recounted] = []
        for period, of_round in groupby(self.each.readings, key=lambda one: one.before.period):
            pairs = list(of_round)
            for reissue in self._of_round(period, pairs):
                made.append(reissue)
                pairs = [_voided(each) if each.before.id == reissue.old.reading_id else each for each in pairs]
            recounted += pairs
        return made, recounted

    def _of_round(self, period: Period, pairs: Sequence[Recounted]) -> list[Reissue]:
        standing = bills.round_bills(self.project, period, self.each.account)
        billed = sorted((bill for bill in standing if bill.has_reading), key=lambda bill: bill.place)
        if not billed:
            return []
        factors = tariffs.factors_of(self.project, period)
        found: list[Reissue] = []
        since: Bill | None = None
        for bill in billed:
            until = [each for each in pairs if each.before.place <= bill.place]
            start = since.place if since else None
            old = consumptions_of([each.before for each in until], self.each.before, start, factors)
            changed = {each.before.id for each in until if each.changed}
            since = bill
            if not old:
                continue
            theirs = {each.id for each in old[-1].readings}
            pair = [_voided(each) if each.before.id == bill.reading_id else each for each in until]
            new = replace(old[-1], readings=tuple(each.after for each in pair if each.before.id in theirs))
            made = self._again(bill, old[-1], new, is_touched=bool(changed & theirs), beside=standing)
            if made:
                found.append(Reissue(bill, made))
        return found

    def _again(
        self, bill: Bill, old: Consumption, new: Consumption, *, is_touched: bool, beside: Sequence[Bill]
    ) -> Bill | None:
        """Return a bill made again; None if nothing that it was made from has changed."""
        if not is_touched and self.each.before.uses == self.each.after.uses:
            return None
        if not is_touched and not self._differs(old, new):
            return None
        check_reissuable(bill)
        made = bill_of(self.project, self.terms, new, self.each.after, self.book)
        others = [each for each in beside if each.id != bill.id]
        advances = bills.advances_before(self.project, self.each.after, new)
        made = less_advances(made, advances, beside=others)
        return made if made.total.minor > bill.total.minor else replace(made, due_on=bill.due_on)

    def _differs(self, old: Consumption, new: Consumption) -> bool:
        """Return whether a bill differs by what tariffs take from earlier periods, such as the highest peak."""
        try:
            was = bill_of(self.project, self.terms, old, self.each.before, self.book)
            now = bill_of(self.project, self.terms, new, self.each.after, self.book)
        except MeterbookError:
            return False  # its tariff is gone: what can't be rated is not touched
        return was.digest != now.digest


def _voided(each: Recounted) -> Recounted:
    after = with_bill_voided(each.after) if each.after.bills_voided == each.before.bills_voided else each.after
    return Recounted(each.before, replace(after, version=each.before.version + 1))

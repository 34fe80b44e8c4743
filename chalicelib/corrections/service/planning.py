"""Find out what a correction changes: readings, connections, and the bills to issue again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, Consumption, IssueTerms, bill_of, consumptions_of
from chalicelib.bills.domain.unread import less_advances
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.corrections.domain import (
    CorrectionKind,
    Entered,
    Plan,
    RecountedAccount,
    Reissue,
    Side,
    check_reissuable,
    check_voidable,
    crossed,
    with_bill_voided,
)
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, NotFound
from chalicelib.kernel.period import Period
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import MeterValue, Provenance, Reading, parse_reading_id
from chalicelib.readings.domain.recording import check_day, record_reading, taken_back, withdraw
from chalicelib.readings.domain.recounting import CorrectionNote, Recounted, TrueValue, connection_after, recount
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import TariffBook
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext

_MONTHS = 50
"""So many months back a correction reaches: their readings are one request."""


def plan_of_readings(
    ctx: ProjectContext, said: Mapping[str, TrueValue], note: CorrectionNote, book: TariffBook
) -> Plan:
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
        found = recount(connection, taken, said, note)
        accounts.append(RecountedAccount(connection, connection_after(connection, found), found))
    return plan_of(ctx, "readings", accounts, book, act_id=note.correction)


def plan_of_crossing(
    ctx: ProjectContext, accounts: Sequence[str], *, since: date, note: CorrectionNote, book: TariffBook
) -> Plan:
    """Return what it changes that the meters of two connections were crossed from a day on.

    :raises NotFound: for an unknown connection, or one out of the actor's reach.
    :raises Invalid: for a day in the future or within a round.
    :raises Conflict: if the two were not read alike.
    """
    check_day(since, local_day(ctx.now, ctx.project.settings.timezone), where="from")
    sides = [_side(ctx, connections.get_connection(ctx, account=account), since) for account in accounts]
    done = crossed(sides[0], sides[1], since=since, note=note)
    return plan_of(ctx, "crossed_meters", done, book, act_id=note.correction, since=since)


def plan_of_moving(ctx: ProjectContext, reading_id: str, account: str, note: CorrectionNote) -> Plan:
    """Return what it changes that a reading, which is its connection's last one, belongs to another connection.

    :raises NotFound: for an unknown reading or connection, or one out of the actor's reach.
    :raises Invalid: if the other connection can't have shown it.
    :raises Conflict: if readings were counted from it since, or its bill can't be voided.
    """
    project = ctx.project
    reading = readings.get_reading(ctx, reading_id=reading_id)
    wrong = connections.get_connection(ctx, account=reading.account)
    right = connections.get_connection(ctx, account=account)
    if right.account == wrong.account:
        raise Invalid("same-meter", "name the connection on which it belongs", field="accountNumber")
    if not reading.counts:
        raise Conflict("not-confirmed", f"reading {reading.id} is {reading.state}: withdraw it", field="readingId")
    before = readings.reading_before(project, wrong, reading)
    stepped_back = taken_back(wrong, reading, before)
    withdrawn = withdraw(reading, by=note.by, at=note.at, reason=note.reason)
    standing = bills.round_bills(project, reading.period, reading.account)
    closing = [bill for bill in standing if bill.reading_id == reading.id]
    for bill in closing:
        check_voidable(bill, standing)
        withdrawn = replace(with_bill_voided(withdrawn), version=withdrawn.version)
    shown = MeterValue(
        reading.value,
        reading.read_on,
        registers={each.code: each.value for each in reading.registers if not each.estimated},
        measures=reading.measures,
        period=reading.period,
        reader_code=reading.reader_code,
        photo=reading.photo,
    )
    today = local_day(ctx.now, project.settings.timezone)
    entry = Provenance(note.by, note.at, reading.source, note.correction)
    of_round = readings.round_of_account(project, reading.period, right.account)
    entered = record_reading(project, right, shown, today=today, entry=entry, taken=of_round)
    each = RecountedAccount(wrong, stepped_back, [Recounted(reading, withdrawn)])
    reissues = [Reissue(bill, None) for bill in closing]
    return Plan("misplaced_reading", [each], reissues, entered=Entered(entered, right))


def _side(ctx: ProjectContext, connection: Connection, since: date) -> Side:
    """Return a connection with the readings of the rounds that were read from a day on."""
    today = Period.of(local_day(ctx.now, ctx.project.settings.timezone))
    found = _since(ctx, connection, Period.of(since).shifted(-1), until=max(connection.last_period or today, today))
    rounds = {each.period for each in found if each.is_live and each.read_on >= since}
    return Side(connection, [each for each in found if each.period in rounds])


def _is_of(reading_id: str, account: str) -> bool:
    return parse_reading_id(reading_id)[1] == account


def counting_since(ctx: ProjectContext, connection: Connection, first: Period) -> list[Reading]:
    """Return the readings of a connection that count, from a period on, in order.

    :raises Conflict: if that is too many months.
    """
    if connection.last_period is None or connection.last_period < first:
        return []
    return [each for each in _since(ctx, connection, first, until=connection.last_period) if each.counts]


def _since(ctx: ProjectContext, connection: Connection, first: Period, *, until: Period) -> list[Reading]:
    months = [first]
    while months[-1] < until:
        months.append(months[-1].shifted(1))
    if len(months) > _MONTHS:
        message = f"{first} is more than {_MONTHS} months before the last reading: correct what is owed by a note"
        raise Conflict("too-long-ago", message, field="readings")
    found = readings.readings_of_account(ctx.project, months, connection.account)
    return sorted(found, key=lambda each: (each.period, each.place))


def plan_of(
    ctx: ProjectContext,
    kind: CorrectionKind,
    accounts: Sequence[RecountedAccount],
    book: TariffBook,
    *,
    act_id: str,
    since: date | None = None,
) -> Plan:
    """Return what a correction does to bills, with the readings and connections that it makes."""
    project = ctx.project
    today = local_day(ctx.now, project.settings.timezone)
    terms = IssueTerms(act_id, ctx.now, today, None, tenancy.due_rule(project), by=ctx.actor.id)
    done, reissues = [], []
    for each in accounts:
        made, recounted = _made_again(_Making(project, each, terms, book))
        reissues += made
        done.append(replace(each, readings=recounted))
    return Plan(kind, done, reissues, since)


@dataclass(frozen=True, slots=True)
class _Making:
    """What the bills of one connection are made again from."""

    project: Project
    each: RecountedAccount
    terms: IssueTerms
    book: TariffBook


def _made_again(making: _Making) -> tuple[list[Reissue], list[Recounted]]:
    """Return the bills to issue again, and the readings with what that does to them."""
    made: list[Reissue] = []
    recounted: list[Recounted] = []
    for period, of_round in groupby(making.each.readings, key=lambda one: one.before.period):
        pairs = list(of_round)
        found = _of_round(making, period, pairs)
        voided = {each.old.reading_id for each in found}
        made += found
        recounted += [_voided(each) if each.before.id in voided else each for each in pairs]
    return made, recounted


def _of_round(making: _Making, period: Period, pairs: Sequence[Recounted]) -> list[Reissue]:
    standing = bills.round_bills(making.project, period, making.each.account)
    billed = sorted((bill for bill in standing if bill.has_reading), key=lambda bill: bill.place)
    if not billed:
        return []
    factors = tariffs.factors_of(making.project, period)
    found: list[Reissue] = []
    for since, bill in zip([None, *billed], billed, strict=False):
        until = [each for each in pairs if each.before.place <= bill.place]
        start = since.place if since else None
        old = consumptions_of([each.before for each in until], making.each.before, start, factors)
        if not old:
            continue
        theirs = {each.id for each in old[-1].readings}
        touched = any(each.changed for each in until if each.before.id in theirs)
        pair = [_voided(each) if each.before.id == bill.reading_id else each for each in until]
        new = replace(old[-1], readings=tuple(each.after for each in pair if each.before.id in theirs))
        if touched or _differs(making, old[-1], new):
            found.append(Reissue(bill, _again(making, bill, new, beside=standing)))
    return found


def _differs(making: _Making, old: Consumption, new: Consumption) -> bool:
    """Return whether a bill differs by what tariffs take from earlier periods, such as the highest peak."""
    before, after = making.each.before, making.each.after
    if before.uses == after.uses:
        return False
    try:
        was = bill_of(making.project, making.terms, old, before, making.book)
        now = bill_of(making.project, making.terms, new, after, making.book)
    except MeterbookError:
        return False  # its tariff is gone: what can't be rated is not touched
    return was.digest != now.digest


def _again(making: _Making, bill: Bill, new: Consumption, *, beside: Sequence[Bill]) -> Bill:
    """Return a bill made again, due anew if it rises.

    :raises Conflict: if it can't be.
    """
    check_reissuable(bill)
    connection = making.each.after
    made = bill_of(making.project, making.terms, new, connection, making.book)
    others = [each for each in beside if each.id != bill.id]
    made = less_advances(made, bills.advances_before(making.project, connection, new), beside=others)
    if made.total.minor > bill.total.minor:
        return made
    return replace(
        made,
        due_on=bill.due_on,
        extended_due_on=bill.extended_due_on,
        extended_after_steps=bill.extended_after_steps,
    )


def _voided(each: Recounted) -> Recounted:
    after = with_bill_voided(each.after) if each.after.bills_voided == each.before.bills_voided else each.after
    return Recounted(each.before, replace(after, version=each.before.version + 1))

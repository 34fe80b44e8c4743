"""Making a bill from confirmed readings."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.bills.domain.bill import Bill
from chalicelib.bills.domain.consumption import Consumption, span_of
from chalicelib.bills.domain.counting import count_shown, registers_shown
from chalicelib.bills.domain.history import with_history
from chalicelib.connections.domain import Connection, ConnectionTerms
from chalicelib.cycles.domain import MAX_DUE_DAYS, DueRule, due_on
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tariffs.domain import Line, Rating, TariffBook, Usage, check_length, with_adjustments
from chalicelib.tenancy.domain import BillingGroup, Project

# A bill may be dated at most a month ahead. A given due day may be as far from the bill's day as a cycle allows.
MAX_DAYS_AHEAD = 31


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """What a run, a migration or a user (`by`) decides for the bills that it makes.

    Without given days, each reading's day and the rule `due` decide.
    """

    run_id: str
    issued_at: datetime
    billed_on: date | None
    due_on: date | None
    due: DueRule
    migrated: bool = False
    by: str | None = None


def usage_of(project: Project, consumption: Consumption, connection: Connection) -> Usage:
    """Return the usage of a consumption: its use, days, and the facts of the connection as they were on the first day.

    Over several periods without a reading it is as if each had been read, unless the project says otherwise.
    """
    span = span_of(project, consumption, connection)
    terms = connection.terms_on(span.first_day)
    facts = terms.facts
    group = group_of(project, connection, consumption.period)
    rounds = max(consumption.rounds, 1)
    if project.settings.unread_periods == "one_period":
        rounds = 1
    whole = (
        consumption.period.shifted(1).first_day - consumption.period.shifted(1 - group.months * rounds).first_day
    ).days
    return Usage(
        quantity=consumption.quantity,
        unit=project.settings.unit,
        first_day=span.first_day,
        until_day=span.until_day,
        period_days=whole if (span.is_cut and not span.is_of(group.months * rounds)) or not span.days else None,
        months=group.months,
        periods=rounds,
        fixed_charged=consumption.rounds == 0,
        consumer_class=terms.consumer_class,
        meter_size=facts.meter_size,
        dwelling_units=facts.dwelling_units,
        winter_average=facts.winter_average,
        flags=facts.all_flags,
        measures={**consumption.factors, **facts.all_measures, **consumption.measures(connection.main_measure)},
    )


def make_bill(
    project: Project, consumption: Consumption, connection: Connection, rating: Rating, terms: IssueTerms
) -> Bill:
    """Make the bill of confirmed readings; it closes with the last of them.

    It is dated with the day of that reading unless the terms give a day, so the same readings give the same bill
    whenever it is made. S3: read 2025-11-05, 10 m3 residential -> 225.00 + 50.00 = 275.00, due 2025-11-20.

    :raises Invalid: if the given bill's day is before the reading, or the due day is not after the bill's day.
        Source: S1-135. A migrated bill keeps its days.
    """
    reading = consumption.closing
    billed_on = terms.billed_on or reading.read_on
    if billed_on < reading.read_on and not terms.migrated:
        raise Invalid(
            "bad-day", f"the bill's day {billed_on} is before its reading of {reading.read_on}", field="billedOn"
        )
    due_day = due_day_of(terms, reading.period, billed_on)
    span = span_of(project, consumption, connection)
    of = connection.terms_on(span.first_day)
    counted = count_shown(consumption)
    lines, total = charged(rating)
    return Bill(
        account=reading.account,
        period=reading.period,
        number=reading.number,
        run_id=terms.run_id,
        consumer_id=connection.consumer_on(reading.read_on),
        consumer_name=connection.consumer_name_on(reading.read_on),
        consumer_class=of.consumer_class,
        meter_number=reading.meter_number,
        read_on=reading.read_on,
        previous=counted.previous,
        reading=reading.value,
        usage=consumption.main_use,
        unit=project.settings.unit,
        lines=lines,
        total=total,
        billed_on=billed_on,
        due_on=due_day,
        issued_at=terms.issued_at,
        digest=rating.digest,
        first_day=span.first_day,
        last_day=span.last_day,
        use_brought_forward=counted.use_brought_forward,
        tariff_id=of.tariff_id,
        use_carried_forward=reading.use_carried_forward,
        estimated=reading.estimated,
        migrated=terms.migrated,
        issued_by=terms.by,
        kind="final" if reading.kind == "final" else "regular",
        rounds=consumption.rounds,
        months=group_of(project, connection, reading.period).months,
        multiplier=reading.multiplier,
        registers=registers_shown(consumption),
        revision=reading.bills_voided + 1,
    )


def due_day_of(terms: IssueTerms, period: Period, billed_on: date) -> date:
    """Return the due day of a bill: the given one, or the one by the rule.

    :raises Invalid: if the given one is not after the bill's day.
    """
    if terms.due_on and terms.due_on <= billed_on:
        raise Invalid(
            "due-too-early", f"the due day {terms.due_on} is not after the bill's day {billed_on}", field="dueOn"
        )
    return terms.due_on or due_on(terms.due, period, billed_on)


def bill_of(
    project: Project, terms: IssueTerms, consumption: Consumption, connection: Connection | None, book: TariffBook
) -> Bill:
    """Rate confirmed readings and make their bill; runs, migrations and single bills all use this.

    :raises NotFound: if the connection was deleted.
    :raises Invalid: if no tariff rates the use, the terms' days contradict each other, or the bill can't be stored.
    """
    if connection is None:
        message = f"connection {consumption.account} no longer exists, so no consumer owes this use"
        raise NotFound("no-connection", message, field="readingId")
    of = connection.terms_on(span_of(project, consumption, connection).first_day)
    begins = book.first_day(of.consumer_class, tariff_id=of.tariff_id)
    if begins and begins <= consumption.closing.read_on:
        consumption = replace(consumption, not_before=begins)
    usage = usage_of(project, consumption, connection)
    closing = consumption.closing
    usage = with_history(project, usage, connection, book, period=closing.period, until=closing.read_on)
    try:
        rating = rated(book, connection.terms_on(usage.first_day), usage)
    except Invalid as error:
        raise with_advice(project, error) from None
    return make_bill(project, consumption, connection, rating, terms)


_ADVICE = {
    "register": "give the connection a register that feeds it",
    "reading": "correct the reading, with its measures",
    "place": "enter it among the facts of the connection",
    "period": "enter it among the factors of the period: PUT .../periods/{period}/factors",
}


def with_advice(project: Project, error: Invalid) -> Invalid:
    """Return an error of rating; if a measure is missing, with the place where this project enters it."""
    found = _MEASURE.search(str(error)) if error.code == "missing-measure" else None
    sources = {each.name: each.source for each in project.settings.measures}
    source = sources.get(found[1]) if found else None
    if source is None:
        return error
    return Invalid(error.code, f"{error}: {_ADVICE[source]}", faults=error.faults)


_MEASURE = re.compile(r"measure '([^']+)'")


def rated(book: TariffBook, of: ConnectionTerms, usage: Usage, *, as_on: date | None = None) -> Rating:
    """Rate a usage by the tariff of a connection's terms, of its days or `as_on` one day.

    A measure with the code of an adjustment is its amount.

    :raises Invalid: if no tariff rates it, or its bill can't be stored.
    """
    try:
        usage = with_adjustments(usage, book.versions_for(of.consumer_class, tariff_id=of.tariff_id))
        if as_on is None:
            rating = book.rate(of.consumer_class, usage, tariff_id=of.tariff_id)
        else:
            rating = book.rate_as_on(as_on, of.consumer_class, usage, tariff_id=of.tariff_id)
        check_length(rating.lines)
    except MeterbookError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a tariff does wrong may not stop its neighbours' bills
        raise Invalid("not-rated", f"rating failed: {type(error).__name__}") from None
    return rating


def charged(rating: Rating) -> tuple[tuple[Line, ...], Money]:
    """Return the lines of a bill and their total. What was sold in advance is only said: it adds nothing."""
    sold = {(each.tariff.id, each.tariff.version) for each, _ in rating.parts if each.tariff.prepaid}
    if not sold:
        return rating.lines, rating.total
    lines = tuple(
        replace(line, informational=True) if (line.trace.tariff_id, line.trace.tariff_version) in sold else line
        for line in rating.lines
    )
    return lines, Money(sum(line.amount.minor for line in lines if not line.informational), rating.currency)


def check_days(
    project: Project,
    period: Period,
    billed_on: date | None,
    due_on: date | None,
    *,
    today: date,
    group: BillingGroup | None = None,
) -> None:
    """Check the period and the days that a run names, or the bill of a connection of a group.

    :raises Invalid: for a period that is not billed here or has not begun, a bill's day before it or more than a month
        ahead, or a due day that is not after the bill's day or more than 90 days after it. Source: S1-135.
    """
    if group is None:
        project.check_period(period)
    first_day = project.first_day_of(period, group)
    if first_day > today:
        raise Invalid("future-date", f"{period} begins on {first_day}; today is {today}", field="period")
    latest = today + timedelta(days=MAX_DAYS_AHEAD)
    if billed_on and billed_on > latest:
        raise Invalid("bad-day", f"{billed_on} is too far ahead: give {latest} at the latest", field="billedOn")
    latest = (billed_on or today) + timedelta(days=MAX_DUE_DAYS)
    if due_on and due_on > latest:
        raise Invalid("bad-day", f"{due_on} is too far ahead: give {latest} at the latest", field="dueOn")
    if billed_on and billed_on < first_day:
        raise Invalid("bad-day", f"{billed_on} is before the period {period} begins", field="billedOn")
    if due_on and due_on <= (billed_on or first_day):
        raise Invalid("bad-day", f"{due_on} must be after the day on the bills", field="dueOn")


def may_be_billed_to(consumer_id: str, reading: Reading, connection: Connection) -> bool:
    """Return whether a reading without a bill can still be billed, to this consumer.

    A pending one can't, if it can't be confirmed any more: its connection is closed, or read for its period or later.
    """
    if connection.consumer_on(reading.read_on) != consumer_id:
        return False
    if reading.kind == "check" or not reading.is_live:
        return False
    overtaken = connection.last_read_on is not None and reading.read_on <= connection.last_read_on
    return reading.state == "confirmed" or (connection.status != "closed" and not overtaken)


def check_billable(reading: Reading, connection: Connection | None) -> None:
    """Check that a reading is confirmed and its meter is billed.

    :raises Conflict: if not.
    """
    if not reading.is_live:
        raise Conflict("withdrawn", f"reading {reading.id} was withdrawn; bill another one")
    if reading.state != "confirmed":
        raise Conflict("not-confirmed", f"reading {reading.id} is {reading.state}; confirm it first")
    if reading.kind == "check":
        raise Conflict("never-billed", f"reading {reading.id} is a check, which is never billed")
    if connection is not None and not connection.is_billed:
        raise Conflict(
            "never-billed", f"meter {reading.meter_number} is of a common area or building, which is never billed"
        )

"""Bills without a reading: services without a meter, and advances on what a later bill settles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from chalicelib.bills.domain.bill import Bill, BillKind
from chalicelib.bills.domain.consumption import ServiceSpan
from chalicelib.bills.domain.history import with_history
from chalicelib.bills.domain.issuing import IssueTerms, charged, due_day_of, rated
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.uses import expected_use
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money, exponent_of
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided
from chalicelib.readings.domain.reading import LAST_READ_NUMBER
from chalicelib.readings.domain.rounds import group_of, months_between
from chalicelib.tariffs.domain import Line, Rounding, TariffBook, Trace, TraceFactor, Usage, share_of
from chalicelib.tariffs.domain.trace import TraceTerm
from chalicelib.tenancy.domain import Project

_DAY = timedelta(days=1)
_MONTHS_OF_ADVANCES = 60
ADVANCES = "advances"
"""The code of the line by which a bill has the advances off that were billed for its days."""


@dataclass(frozen=True, slots=True)
class UnreadService:
    """Days of service that are billed without a reading: of a service without a meter, or an advance.

    An advance is a `share` of what the `whole` period, with the use that is `expected` of it, costs by the tariff of
    the advance's first day.
    """

    connection: Connection
    period: Period
    span: ServiceSpan
    number: int
    kind: BillKind
    quantity: Decimal = Decimal(0)
    months: int = 1
    whole_days: int = 30
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    share: Fraction | None = None
    whole: ServiceSpan | None = None
    expected: Decimal = Decimal(0)

    @property
    def rated_span(self) -> ServiceSpan:
        return self.whole or self.span


def unmetered_service(
    project: Project, connection: Connection, period: Period, *, until: date | None = None, billed: Iterable[Bill] = ()
) -> UnreadService | None:
    """Return the days of a period that a service without a meter is billed for; None if it has none there.

    They begin with the service, or its holder's time, and end with the period; or `until` a day, on which it is closed,
    handed over or gets a meter. Days of bills that are made already (`billed`) are not billed again.
    """
    without_meter = not connection.is_metered or connection.metered_from is not None
    if not without_meter or not connection.is_billed:
        return None
    group = group_of(project, connection, period)
    if until is None and not project.ends_in(period, group):
        return None
    starts, ends = project.first_day_of(period, group), period.shifted(1).first_day
    begun = _begun_on(project, connection)
    done = [each.last_day + _DAY for each in billed if not each.has_reading and each.is_of_service]
    first_day = max([starts, *([begun] if begun else []), *_handovers_before(connection, ends), *done])
    until_day = min(ends, until or ends, _ended_on(connection) or ends)
    if first_day >= until_day:
        return None
    handed = sum(starts <= each.until < ends for each in connection.former)
    whole = (first_day, until_day) == (starts, ends)
    return UnreadService(
        connection,
        period,
        ServiceSpan(first_day, until_day, is_cut=not whole),
        number=0 if handed == 0 else LAST_READ_NUMBER + handed,
        kind="regular" if until is None else "final",
        months=group.months if whole else min(group.months, months_between(Period.of(first_day), period) + 1),
        whole_days=(ends - max(starts, first_day.replace(day=1))).days,
    )


def _ended_on(connection: Connection) -> date | None:
    """Return the day on which a service without a meter ended, if it did: it was closed, or got a meter."""
    if connection.is_metered:
        return connection.metered_from
    return connection.idle_since if connection.status == "closed" else None


def _handovers_before(connection: Connection, day: date) -> list[date]:
    return [each.until for each in connection.former if each.until < day]


def _begun_on(project: Project, connection: Connection) -> date | None:
    """Return the first day of a service without a meter; if it is not known, that of the period of its registration."""
    if connection.begins_on:
        return connection.begins_on
    registered = Period.of(local_day(connection.created_at, project.settings.timezone))
    group = group_of(project, connection, registered)
    return project.first_day_of(group.frequency.period_of(registered), group)


def advance_service(project: Project, connection: Connection, month: Period) -> UnreadService | None:
    """Return what an advance of a month is for; None if the connection has none in this month.

    It is the month's share of what the whole period is expected to cost: a twelfth of a year, by days if a new holder's
    month is cut. Without an earlier use, that is what the tariff charges without use.
    """
    group = group_of(project, connection, month)
    due = group.advances == "monthly" and not project.ends_in(month, group)
    if not due or not connection.is_billed or connection.status != "active":
        return None
    begun = connection.begins_on
    starts, ends = month.first_day, month.shifted(1).first_day
    first_day = max([starts, *([begun] if begun else []), *_handovers_before(connection, ends)])
    period = group.frequency.period_of(month)
    settled = connection.last_period is not None and connection.last_period >= period
    if first_day >= ends or settled or any(each.until >= ends for each in connection.former):
        return None  # its days are on the bill of the period, or on the final bill of the holder whose they are
    whole = ServiceSpan(project.first_day_of(period, group), period.shifted(1).first_day)
    days = (ends - first_day).days
    return UnreadService(
        connection,
        month,
        ServiceSpan(first_day, ends, is_cut=first_day != starts),
        number=0,
        kind="advance",
        quantity=_expected(connection, month, days),
        months=group.months,
        share=Fraction(days, (ends - starts).days * group.months),
        whole=whole,
        expected=_expected(connection, period, whole.days),
    )


def _expected(connection: Connection, period: Period, days: int) -> Decimal:
    try:
        return expected_use(connection.uses, period, days) if connection.is_metered else Decimal(0)
    except Invalid:
        return Decimal(0)


def bill_without_reading(project: Project, terms: IssueTerms, service: UnreadService, book: TariffBook) -> Bill:
    """Rate days of service without a reading, and make their bill. It is dated with the day on which it is made.

    :raises Invalid: if no tariff rates them, or the bill can't be stored.
    """
    connection, span, days = service.connection, service.span, service.rated_span
    of = connection.terms_on(span.first_day)
    usage = Usage(
        quantity=service.quantity if service.share is None else service.expected,
        unit=project.settings.unit,
        first_day=days.first_day,
        until_day=days.until_day,
        period_days=service.whole_days if days.is_cut else None,
        months=service.months,
        consumer_class=of.consumer_class,
        meter_size=of.facts.meter_size,
        dwelling_units=of.facts.dwelling_units,
        winter_average=of.facts.winter_average,
        flags=of.facts.all_flags,
        measures={**service.factors, **of.facts.all_measures},
    )
    usage = with_history(project, usage, connection, book, period=service.period, until=span.until_day)
    rating = rated(book, of, usage, as_on=None if service.share is None else span.first_day)
    lines = _shared(charged(rating)[0], service)
    billed_on = terms.billed_on or local_day(terms.issued_at, project.settings.timezone)
    return Bill(
        account=connection.account,
        period=service.period,
        number=service.number,
        run_id=terms.run_id,
        consumer_id=connection.consumer_on(span.last_day),
        consumer_name=connection.consumer_name_on(span.last_day),
        consumer_class=of.consumer_class,
        meter_number=connection.meter_number,
        read_on=span.until_day,
        previous=Decimal(0),
        reading=Decimal(0),
        usage=service.quantity,
        unit=project.settings.unit,
        lines=lines,
        total=Money(sum(each.amount.minor for each in lines if not each.informational), rating.currency),
        billed_on=billed_on,
        due_on=due_day_of(terms, service.period, billed_on),
        issued_at=terms.issued_at,
        digest=rating.digest,
        first_day=span.first_day,
        last_day=span.last_day,
        tariff_id=of.tariff_id,
        issued_by=terms.by,
        kind=service.kind,
        months=service.months,
    )


def _shared(lines: Iterable[Line], service: UnreadService) -> tuple[Line, ...]:
    if service.share is None:
        return tuple(lines)
    part = TraceFactor(f"share of {service.span.days} days of {service.months} months", service.share)
    return tuple(share_of(each, part) for each in lines)


def less_advances(bill: Bill, advances: Iterable[Bill], *, beside: Iterable[Bill] = ()) -> Bill:
    """Return a bill with a line that has off the advances billed for its days, whether they were paid or not.

    Those that another bill of the period has off (`beside`) are left out; a final bill has all later ones off, too.

    Eleven advances of 40.00 and a year's 500.00: a line of -440.00, and 60.00 are due.
    """
    settled = [each for each in beside if each.is_of_service and any(line.code == ADVANCES for line in each.lines)]
    of_its_days = [
        each
        for each in advances
        if _is_of_its_days(each, bill) and not any(_is_of_its_days(each, other) for other in settled)
    ]
    if not of_its_days:
        return bill
    currency = bill.total.currency
    off = Money(-sum(each.total.minor for each in of_its_days), currency)
    return replace(bill, lines=(*bill.lines, _advances_line(bill, off, of_its_days)), total=bill.total + off)


def _is_of_its_days(advance: Bill, bill: Bill) -> bool:
    same = (advance.account, advance.consumer_id, advance.kind) == (bill.account, bill.consumer_id, "advance")
    begun = advance.first_day <= bill.last_day or bill.kind == "final"
    return same and begun and bill.first_day.replace(day=1) <= advance.first_day


def _advances_line(bill: Bill, off: Money, advances: Sequence[Bill]) -> Line:
    last = bill.lines[-1].trace if bill.lines else None
    unit = 10 ** exponent_of(off.currency)
    terms = tuple(TraceTerm(Fraction(1), divided(Decimal(-each.total.minor), unit)) for each in advances)
    trace = Trace(
        tariff_id=last.tariff_id if last else ADVANCES,
        tariff_version=last.tariff_version if last else 1,
        kind="adjustment",
        terms=terms,
        rounding=Rounding("half-up", divided(Decimal(1), unit)),
    )
    months = sorted(each.period for each in advances)
    label = (
        f"Less the advance of {months[0]}" if len(months) == 1 else f"Less the advances of {months[0]} to {months[-1]}"
    )
    return Line(ADVANCES, label, off, trace)


def period_without_reading(project: Project, connection: Connection, day: date) -> Period:
    """Return the period in which a day of a service without a meter is billed."""
    month = Period.of(day)
    return group_of(project, connection, month).frequency.period_of(month)


def months_before(project: Project, connection: Connection, period: Period, *, rounds: int) -> Sequence[Period]:
    """Return the months before the last one of a bill's periods, in which bills without a reading may have been made.

    None, unless the connection's group has advances, or it has no meter and is billed for months together; of five
    years at the most.
    """
    group = group_of(project, connection, period)
    if group.advances == "none" and (connection.is_metered or group.months == 1):
        return ()
    return tuple(period.shifted(-back) for back in range(1, min(group.months * max(rounds, 1), _MONTHS_OF_ADVANCES)))

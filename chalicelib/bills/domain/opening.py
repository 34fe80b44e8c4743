"""Bills of what was owed before: balances that a former system brought forward, each with its due day."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from chalicelib.bills.domain.bill import Bill
from chalicelib.connections.domain import Connection
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import Money, exponent_of
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided
from chalicelib.readings.domain.rounds import group_of
from chalicelib.tariffs.domain import Line, Rounding, Trace
from chalicelib.tariffs.domain.trace import TraceTerm
from chalicelib.tenancy.domain import Project

CODE = "opening"
LABEL = "Balance brought forward"
MAX_AMOUNTS = 24
"""The most amounts of an account, each due on another day."""

_FIRST_NUMBER = 931
"""The numbers below are those of readings (up to 900) and of bills made at handovers (from 901 on)."""

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpeningTerms:
    """The day of the balances, and the import that brings them in."""

    on: date
    run_id: str
    issued_at: datetime


def opening_bills(
    project: Project, connection: Connection, terms: OpeningTerms, owed: Iterable[tuple[date, Money]]
) -> tuple[Bill, ...]:
    """Return a bill for each amount that the connection's present holder owed, by its due day.

    Each lies in the period of its due day, the oldest first. It has one line and no reading, and is of no days of
    service.
    """
    bills: list[Bill] = []
    count: Counter[Period] = Counter()
    for due_on, amount in sorted(owed, key=lambda each: each[0]):
        month = Period.of(due_on)
        group = group_of(project, connection, month)
        period = group.frequency.period_of(month)
        bills.append(
            Bill(
                account=connection.account,
                period=period,
                number=_FIRST_NUMBER + count[period],
                run_id=terms.run_id,
                consumer_id=connection.consumer_id,
                consumer_name=connection.consumer_name,
                consumer_class=connection.consumer_class,
                meter_number=connection.meter_number,
                read_on=terms.on,
                previous=_NOTHING,
                reading=_NOTHING,
                usage=_NOTHING,
                unit=project.settings.unit,
                lines=(_line(amount),),
                total=amount,
                billed_on=terms.on,
                due_on=due_on,
                issued_at=terms.issued_at,
                digest=fingerprint(CODE, connection.account, due_on.isoformat(), str(amount)),
                first_day=due_on,
                last_day=due_on,
                migrated=True,
                kind="opening",
                months=group.months,
            )
        )
        count[period] += 1
    return tuple(bills)


def _line(amount: Money) -> Line:
    unit = 10 ** exponent_of(amount.currency)
    trace = Trace(
        tariff_id=CODE,
        tariff_version=1,
        kind="fixed",
        terms=(TraceTerm(Fraction(1), divided(Decimal(amount.minor), unit)),),
        rounding=Rounding("half-up", divided(Decimal(1), unit)),
    )
    return Line(CODE, LABEL, amount, trace)

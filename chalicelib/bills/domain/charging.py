"""Bills of an amount that somebody sets, such as a connection fee: one line, and no reading."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from chalicelib.bills.domain.bill import FIRST_CHARGE_NUMBER, Bill
from chalicelib.bills.domain.issuing import IssueTerms, due_day_of
from chalicelib.connections.domain import Connection
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.money import LARGEST_MINOR, Money, exponent_of
from chalicelib.kernel.quantity import divided
from chalicelib.tariffs.domain import Line, Rounding, Trace
from chalicelib.tariffs.domain.trace import TraceTerm
from chalicelib.tenancy.domain import Project

_LAST_NUMBER = 999
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is charged, and why; without a due day, the project's rule decides."""

    code: str
    label: str
    amount: Money
    reason: str
    due_on: date | None = None


def check_charge(charge: Charge) -> None:
    """Check the amount of a charge.

    :raises Invalid: if it is not above zero, or too large for a bill.
    """
    if charge.amount.minor <= 0:
        raise Invalid("bad-amount", "the amount must be greater than zero", field="amount")
    if charge.amount.minor > LARGEST_MINOR:
        largest = Money(LARGEST_MINOR, charge.amount.currency)
        raise Invalid("amount-too-large", f"a bill is at most {largest}", field="amount")


def free_charge_number(numbers: set[int]) -> int:
    """Return the number of the next charge, beside the numbers of a connection's bills of the period.

    :raises Conflict: if none is left.
    """
    number = max([FIRST_CHARGE_NUMBER, *(each + 1 for each in numbers)])
    if number > _LAST_NUMBER:
        most = _LAST_NUMBER - FIRST_CHARGE_NUMBER + 1
        raise Conflict("too-many-charges", f"there are {most} charges of this period already: add them up in one")
    return number


def charge_bill_of(
    project: Project,
    terms: IssueTerms,
    charge: Charge,
    connection: Connection,
    *,
    number: int,
    holder: tuple[str | None, str] | None = None,
) -> Bill:
    """Return the bill of a charge, for the connection's consumer or a `holder`, given by id and name.

    :raises Invalid: if the due day is not after today.
    """
    today = local_day(terms.issued_at, project.settings.timezone)
    period = project.period_of(today)
    consumer_id, consumer_name = holder or (connection.consumer_id, connection.consumer_name)
    return Bill(
        account=connection.account,
        period=period,
        number=number,
        run_id=terms.run_id,
        consumer_id=consumer_id,
        consumer_name=consumer_name,
        consumer_class=connection.consumer_class,
        meter_number=connection.meter_number,
        read_on=today,
        previous=_NOTHING,
        reading=_NOTHING,
        usage=_NOTHING,
        unit=project.settings.unit,
        lines=(_line(charge),),
        total=charge.amount,
        billed_on=today,
        due_on=due_day_of(terms, period, today),
        issued_at=terms.issued_at,
        digest=fingerprint(charge.code, charge.label, str(charge.amount), charge.amount.currency),
        first_day=today,
        last_day=today,
        issued_by=terms.by,
        kind="charge",
        months=project.months,
        reason=charge.reason,
    )


def _line(charge: Charge) -> Line:
    step = divided(Decimal(1), 10 ** exponent_of(charge.amount.currency))
    trace = Trace(
        tariff_id="charges",
        tariff_version=1,
        kind="adjustment",
        terms=(TraceTerm(Fraction(1), Decimal(charge.amount.minor) * step),),
        rounding=Rounding("half-up", step),
    )
    return Line(charge.code, charge.label, charge.amount, trace)

"""Bills as the API shows them."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.bills.domain import Bill, BillStatus
from chalicelib.connections.domain import Connection
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.platform.schema import Amount, Day, DecimalText, Instant, PageQuery, PeriodText, Schema
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.domain import Line, explain, ratio_text
from chalicelib.tenancy.domain import Project


class FiscalMonthOut(Schema):
    """A period as counted in the client's fiscal year; `month` counts from 0."""

    year: int
    month: int

    @classmethod
    def of(cls, project: Project, period: Period) -> Self | None:
        fiscal = project.fiscal_month_of(period)
        return cls(year=fiscal.year, month=fiscal.month) if fiscal else None


class BillTerm(Schema):
    """A quantity at a rate per so many; what has no finite decimal is a ratio, such as 1/3."""

    quantity: str = Field(examples=["10"])
    rate: str = Field(examples=["22.5"])
    per: str = Field(examples=["1"])


class BillFactor(Schema):
    """A multiplier of the whole line."""

    label: str
    value: str = Field(examples=["0.5", "1/3"])


class BillLine(Schema):
    """One line of a bill and how it came about, in numbers and in words.

    The sum of the terms, times all factors, less what other charges brought already, is `unrounded`.
    """

    code: str
    label: str
    amount: Amount
    tariff: str = Field(description="The tariff and version it was rated by", examples=["residential@1"])
    terms: tuple[BillTerm, ...]
    factors: tuple[BillFactor, ...]
    less: str = Field(examples=["0"])
    unrounded: str = Field(examples=["225"])
    rounding: str = Field(examples=["half-up to 0.01"])
    explanation: tuple[str, ...] = Field(examples=[["10 m3 at 22.50 = 225.00"]])

    @classmethod
    def of(cls, line: Line) -> Self:
        trace = line.trace
        return cls(
            code=line.code,
            label=line.label,
            amount=str(line.amount),
            tariff=f"{trace.tariff_id}@{trace.tariff_version}",
            terms=tuple(
                BillTerm(quantity=ratio_text(each.quantity), rate=plain(each.rate), per=plain(each.per))
                for each in trace.terms
            ),
            factors=tuple(BillFactor(label=each.label, value=ratio_text(each.value)) for each in trace.factors),
            less=ratio_text(trace.less),
            unrounded=ratio_text(trace.unrounded),
            rounding=f"{trace.rounding.mode} to {plain(trace.rounding.step)}",
            explanation=tuple(explain(line)),
        )


class BillOut(Schema):
    """What one connection owes for one period."""

    id: str
    project: str
    account_number: str
    consumer_id: str | None
    consumer_class: str
    meter_number: str
    period: PeriodText
    billing_period: str = Field(description="The period in words", examples=["November 2025"])
    first_day: Day = Field(description="Of the period: three months before its end where quarters are billed")
    last_day: Day
    fiscal: FiscalMonthOut | None
    reading_id: str
    read_on: Day
    previous_reading: DecimalText
    current_reading: DecimalText
    rolled_over: bool = Field(description="The register ran over between the two readings: its range is in the use")
    usage: DecimalText
    use_brought_forward: DecimalText | None = Field(
        description="The part of the use that a meter exchanged meanwhile showed; below zero, billed ahead by estimates"
    )
    use_carried_forward: DecimalText | None = Field(
        description="Below zero: billed ahead even so, off the next bill's use"
    )
    estimated: bool = Field(description="Nobody read the meter: the use is the average of the last three")
    use_explained: tuple[str, ...] = Field(description="Where the use comes from", examples=[["150 - 140 = 10 m3"]])
    unit: str
    lines: tuple[BillLine, ...]
    total: Amount
    currency: str
    billed_on: Day
    due_on: Day
    paid: Amount
    amount_due: Amount = Field(description="What is left to pay")
    status: BillStatus
    days_overdue: int = Field(description="Since the due day, while something is due")
    issued_at: Instant
    issued_by: Literal["run", "person", "migration"]
    run_id: str | None = Field(description="The billing run that made it")
    made_by: str | None = Field(description="Who had it made on its own; null: a run or a migration made it")
    import_id: str | None = Field(description="The import of a former system's history that made it")
    chosen_tariff: str | None = Field(description="The tariff that the connection named; null: its class decided")
    digest: str = Field(description="Stands for everything the bill was rated from")

    @classmethod
    def of(cls, project: Project, bill: Bill, *, today: date) -> Self:
        return cls(
            id=bill.id,
            project=project.id,
            account_number=bill.account,
            consumer_id=bill.consumer_id,
            consumer_class=bill.consumer_class,
            meter_number=bill.meter_number,
            period=bill.period,
            billing_period=project.label_of(bill.period),
            first_day=project.first_day_of(bill.period),
            last_day=bill.period.last_day,
            fiscal=FiscalMonthOut.of(project, bill.period),
            reading_id=bill.reading_id,
            read_on=bill.read_on,
            previous_reading=bill.previous,
            current_reading=bill.reading,
            rolled_over=bool(bill.register_range),
            usage=bill.usage,
            use_brought_forward=bill.use_brought_forward,
            use_carried_forward=bill.use_carried_forward,
            estimated=bill.estimated,
            use_explained=bill.explain_use(),
            unit=bill.unit,
            lines=tuple(BillLine.of(line) for line in bill.lines),
            total=str(bill.total),
            currency=bill.total.currency,
            billed_on=bill.billed_on,
            due_on=bill.due_on,
            paid=str(bill.paid),
            amount_due=str(bill.amount_due),
            status=bill.status_on(today),
            days_overdue=bill.days_overdue_on(today),
            issued_at=bill.issued_at,
            **_origin_of(bill),
            chosen_tariff=bill.tariff_id,
            digest=bill.digest,
        )


def _origin_of(bill: Bill) -> dict[str, Any]:
    """Say what made a bill: a run, one person, or the import of a history."""
    origin = "migration" if bill.migrated else "person" if bill.issued_by else "run"
    return {
        "issued_by": origin,
        "run_id": bill.run_id if origin == "run" else None,
        "made_by": bill.issued_by,
        "import_id": bill.run_id if origin == "migration" else None,
    }


class BillPage(Schema):
    """One page of bills. With a status it may be short and still have a cursor."""

    items: tuple[BillOut, ...]
    cursor: str | None


class NewBill(Schema):
    """The confirmed reading to bill. Days left out follow the project's settings and the reading's own day."""

    reading_id: Annotated[str, Field(max_length=60, examples=["2025-11.2025110001"])]
    billed_on: Day | None = Field(default=None, description="The day printed on the bill; else the reading's day")
    due_on: Day | None = Field(default=None, description="The day to pay by; else as the project's settings have it")


class UnbilledOut(Schema):
    """A confirmed reading without a bill."""

    reading_id: str
    account_number: str
    consumer_name: str
    consumer_class: str
    meter_number: str
    area: str
    read_on: Day
    reading: DecimalText
    previous: DecimalText
    usage: DecimalText
    estimated: bool

    @classmethod
    def of(cls, reading: Reading, connection: Connection) -> Self:
        return cls(
            reading_id=reading.id,
            account_number=reading.account,
            consumer_name=connection.consumer_name,
            consumer_class=connection.consumer_class,
            meter_number=reading.meter_number,
            area=connection.area,
            read_on=reading.read_on,
            reading=reading.value,
            previous=reading.previous,
            usage=reading.usage,
            estimated=reading.estimated,
        )


class UnbilledPage(Schema):
    """One page of readings without a bill. It may be short and still have a cursor."""

    items: tuple[UnbilledOut, ...]
    cursor: str | None


class UnbilledQuery(PageQuery):
    """Of which period."""

    period: PeriodText


class BillsQuery(PageQuery):
    """Which period's bills; only those that stand so today, if a status is named."""

    period: PeriodText
    status: BillStatus | None = None


class MyBillsQuery(Schema):
    """How many of your newest bills."""

    limit: int = Field(default=24, ge=1, le=100)


class MyBills(Schema):
    """The signed-in consumer's bills, the newest first."""

    items: tuple[BillOut, ...]

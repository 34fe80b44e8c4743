"""Bills as the API shows them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AliasPath, BeforeValidator, Field

from chalicelib.bills.domain import Bill, BillKind, BillStatus, WantedStatus
from chalicelib.connections.domain import Connection, RegisterRole
from chalicelib.kernel.period import FiscalMonth, Frequency
from chalicelib.platform.schema import (
    Amount,
    Day,
    DecimalText,
    Instant,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    UserName,
)
from chalicelib.readings.domain.reading import Reading
from chalicelib.tariffs.schemas import LineOut, LineView
from chalicelib.tenancy.domain import Project


class FiscalMonthOut(OutSchema):
    """A period as counted in the client's fiscal year."""

    year: int
    month: Annotated[int, BeforeValidator(lambda counted_from_0: counted_from_0 + 1)] = Field(
        description="Counted from 1: in a fiscal year from July, July is 1"
    )


@dataclass(frozen=True, slots=True)
class BillView:
    """The fields of a bill that depend on its project or on today."""

    bill: Bill
    project: Project
    today: date

    @property
    def period_label(self) -> str:
        return Frequency(self.bill.months).label_of(self.bill.period)

    @property
    def fiscal(self) -> FiscalMonth | None:
        return self.project.fiscal_month_of(self.bill.period)

    @property
    def rolled_over(self) -> bool:
        return bool(self.bill.register_range)

    @property
    def use_explained(self) -> tuple[str, ...]:
        return self.bill.explain_use()

    @property
    def lines(self) -> tuple[LineOut, ...]:
        return tuple(LineOut.of(LineView(line), line.trace, line) for line in self.bill.lines)

    @property
    def status(self) -> BillStatus:
        return self.bill.status_on(self.today)

    @property
    def days_overdue(self) -> int:
        return self.bill.days_overdue_on(self.today)

    @property
    def waived_by(self) -> str | None:
        return self.bill.waiver.by if self.bill.waiver else None

    @property
    def waived_reason(self) -> str | None:
        return self.bill.waiver.reason if self.bill.waiver else None

    @property
    def waived_at(self) -> datetime | None:
        return self.bill.waiver.at if self.bill.waiver else None

    @property
    def origin(self) -> Literal["run", "person", "migration"]:
        return "migration" if self.bill.migrated else "person" if self.bill.issued_by else "run"

    @property
    def run_id(self) -> str | None:
        return self.bill.run_id if self.origin == "run" else None

    @property
    def import_id(self) -> str | None:
        return self.bill.run_id if self.origin == "migration" else None


class BilledRegisterOut(OutSchema):
    """What a further register showed, and the use that this is."""

    code: str
    role: RegisterRole
    measure: str | None
    previous: DecimalText
    reading: DecimalText
    multiplier: DecimalText
    use_brought_forward: DecimalText = Field(description="Of an exchanged meter; below zero, billed by estimates")
    usage: DecimalText = Field(validation_alias="use")
    estimated: bool


class BillSummary(OutSchema, Shows[BillView, Bill]):
    """A bill in a list, without its lines. Get the whole bill by its id."""

    id: str
    project_id: str = Field(validation_alias=AliasPath("project", "id"))
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None
    consumer_name: str = Field(description="The consumer's name when the bill was issued")
    consumer_class: str
    period: PeriodText
    period_label: str = Field(description="The period in words", examples=["November 2025"])
    kind: BillKind = Field(
        description="A final bill ends a holder's time; an advance is settled by a later bill; a charge is an amount "
        "that somebody set; an opening is what was owed in former books"
    )
    first_day: Day = Field(description="The first day of service that it is for")
    last_day: Day = Field(description="The last day of service that it is for; its reading is of the day after")
    usage: DecimalText = Field(validation_alias="quantity")
    unit: str
    estimated: bool = Field(
        description="Nobody read the meter: the use is as in the same month of last year or the last ones, by the day"
    )
    total: Amount
    late_charge: Amount = Field(description="Late charges that are posted, those waived included")
    waived: Amount = Field(description="What was waived of the late charges")
    credited: Amount = Field(description="What was credited or written off")
    carried_over: Amount = Field(
        validation_alias="moved_in", description="The dues of older bills that it took over", examples=["0.00"]
    )
    moved_on: Amount = Field(
        validation_alias="moved_out", description="The dues that a newer bill took over", examples=["0.00"]
    )
    superseded_by: str | None = Field(description="The newer bill that took its dues over: pay that one")
    paid: Amount
    amount_due: Amount = Field(
        description="The amount still to pay, with posted late charges: total + carriedOver + lateCharge - waived - "
        "credited - paid - movedOn"
    )
    currency: str = Field(validation_alias=AliasPath("total", "currency"))
    billed_on: Day
    due_on: Day = Field(validation_alias="due_day", description="The day until which it is to be paid")
    original_due_on: Day = Field(validation_alias="due_on", description="The due day before any extension")
    status: BillStatus
    days_overdue: int = Field(description="Days since the due day; 0 if the bill is paid")
    revision: int = Field(description="1, or how many times it was issued again after it was voided")
    replaced_by: str | None = Field(
        validation_alias="successor", description="The bill that was issued in its place when it was voided"
    )


class BillOut(BillSummary):
    """What one connection owes for one period."""

    meter_number: str
    fiscal: FiscalMonthOut | None
    rounds: int = Field(description="How many periods its use is of; 0: an earlier bill has charged this one")
    reading_id: str | None = Field(description="The reading that it closes with; null: it has none")
    read_on: Day
    previous_reading: DecimalText = Field(validation_alias="previous")
    current_reading: DecimalText = Field(validation_alias="reading")
    multiplier: DecimalText = Field(description="The units of use for one step of the register")
    registers: tuple[BilledRegisterOut, ...] = Field(description="Further registers")
    rolled_over: bool = Field(
        description="The register rolled over between the two readings: the use includes its range"
    )
    use_brought_forward: DecimalText | None = Field(
        description="The use of a meter exchanged since the last reading; below zero, use billed ahead by estimates"
    )
    use_carried_forward: DecimalText | None = Field(
        description="Below zero: use billed ahead that remains, subtracted from the next bill's use"
    )
    use_explained: tuple[str, ...] = Field(description="How the use was computed", examples=[["150 - 140 = 10 m3"]])
    lines: tuple[LineOut, ...]
    issued_at: Instant
    origin: Literal["run", "person", "migration"] = Field(description="What made it")
    run_id: str | None = Field(description="The billing run that made it")
    issued_by: str | None = Field(
        description="The user who billed this reading without a run; null: a run or a migration made the bill"
    )
    issued_by_name: UserName = Field(validation_alias="issued_by")
    import_id: str | None = Field(description="The import of a former system's history that made it")
    chosen_tariff: str | None = Field(
        validation_alias="tariff_id", description="The tariff that the connection named; null: its class decided"
    )
    digest: str = Field(description="A hash of everything the bill was rated from")
    reason: str | None = Field(description="Why an amount was charged; null for all other bills")
    replaces: str | None = Field(description="The voided bill in whose place it was issued")
    voided_on: Day | None = Field(description="The day on which it was voided; null: it stands")
    voided_by: str | None
    voided_by_name: UserName = Field(validation_alias="voided_by")
    void_reason: str | None
    waived_by: str | None = Field(description="The user who last waived late charges; null: none are waived")
    waived_by_name: UserName = Field(validation_alias="waived_by")
    waived_reason: str | None
    waived_at: Instant | None


class BillPage(OutSchema):
    """One page of bills. With a status it may be short and still have a `nextCursor`."""

    items: tuple[BillSummary, ...]
    next_cursor: str | None


class NewBill(Schema):
    """The confirmed reading to bill, with earlier ones of its round that are not billed.

    Days that are left out follow the project's settings and the reading's day.
    """

    reading_id: Annotated[str, Field(max_length=60, examples=["2025-11.2025110001"])]
    billed_on: Day | None = Field(
        default=None, description="The day printed on the bill; if left out, the reading's day"
    )
    due_on: Day | None = Field(default=None, description="The due day; if left out, it follows the project's settings")


@dataclass(frozen=True, slots=True)
class UnbilledView:
    """The fields of the reading's connection."""

    connection: Connection

    @property
    def area(self) -> str:
        return self.connection.area


class UnbilledOut(OutSchema, Shows[UnbilledView, Reading, Connection]):
    """A confirmed reading without a bill."""

    reading_id: str = Field(validation_alias="id")
    account_number: str = Field(validation_alias="account")
    consumer_name: str
    consumer_class: str
    meter_number: str
    area: str
    read_on: Day
    reading: DecimalText = Field(validation_alias="value")
    previous: DecimalText
    usage: DecimalText
    estimated: bool


class UnbilledPage(OutSchema):
    """One page of readings without a bill. It may be short and still have a `nextCursor`."""

    items: tuple[UnbilledOut, ...]
    next_cursor: str | None


class UnbilledQuery(PageQuery):
    """The period whose unbilled readings to list."""

    period: PeriodText


class ConnectionBillsQuery(PageQuery):
    """Which bills of a connection."""

    would_differ: bool = Field(
        default=False,
        description="Only bills that would be different if they were made now, because facts of their days, or a "
        "tariff, were changed since",
    )


class BillsQuery(PageQuery):
    """Which bills: of a period, or of the last five years, the newest first; of any status, or that stand so today."""

    period: PeriodText | None = None
    status: WantedStatus | None = Field(
        default=None, description="As it is today; unpaid: open, paid in part or overdue", examples=["overdue"]
    )
    affected_by: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}\.[1-9][0-9]{0,5}$",
        description="A version of a tariff: only bills that it should have rated but did not",
        examples=["residential.2"],
    )

    @property
    def tariff_version(self) -> tuple[str, int] | None:
        tariff, _, version = (self.affected_by or "").rpartition(".")
        return (tariff, int(version)) if tariff else None

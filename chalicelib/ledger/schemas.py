"""What is owed, ledger entries and statements, as the API shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AliasPath, Field

from chalicelib.bills.domain import Bill, BillKind, BillStatus
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Effect, Entry, EntryKind
from chalicelib.ledger.service import Owed, OwedBill, Statement, StatementLine
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    Day,
    Instant,
    MeterNumber,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
    WholeList,
)
from chalicelib.tenancy.domain import Project


class InquiryQuery(Schema):
    """Whose bills to show: exactly one of the first four."""

    account_number: AccountNumber | None = None
    meter_number: MeterNumber | None = None
    q: Text | None = Field(default=None, description="The beginnings of words of a consumer's name")
    consumer_id: Annotated[str, Field(max_length=26)] | None = None
    on: Day | None = Field(default=None, description="Late charges as of this day; without it, today")


@dataclass(frozen=True, slots=True)
class OwedBillView:
    """The fields of an open bill that depend on the day."""

    owed: OwedBill
    on: date

    @property
    def period_label(self) -> str:
        return self.owed.bill.label

    @property
    def status(self) -> BillStatus:
        return self.owed.bill.status_on(self.on)

    @property
    def days_overdue(self) -> int:
        return self.owed.bill.days_overdue_on(self.on)


class OwedBillOut(OutSchema, Shows[OwedBillView, OwedBill, Bill]):
    """A bill that is not settled, with its late charge as of the day."""

    bill_id: str = Field(validation_alias="id")
    period: PeriodText
    period_label: str = Field(description="The period in words, or what a charge is for", examples=["November 2025"])
    kind: BillKind
    total: Amount
    carried_over: Amount = Field(
        validation_alias="moved_in", description="The dues of older bills that it took over", examples=["0.00"]
    )
    credited: Amount = Field(description="What was credited or written off", examples=["0.00"])
    paid: Amount = Field(description="What was paid, of the bill and of late charges")
    principal_due: Amount = Field(description="What is due of the bill itself")
    late_charge: Amount = Field(validation_alias="late_due", description="What is due for paying late, posted or not")
    amount_due: Amount = Field(validation_alias="due", description="What a payment of this day settles it with")
    due_on: Day = Field(validation_alias="due_day")
    status: BillStatus
    days_overdue: int


@dataclass(frozen=True, slots=True)
class OwedView:
    """The fields of an inquiry's answer that have another form."""

    owed: Owed
    project: Project

    @property
    def project_id(self) -> str:
        return self.project.id

    @property
    def account_number(self) -> str:
        return self.owed.connection.account

    @property
    def meter_number(self) -> str:
        return self.owed.connection.meter_number

    @property
    def consumer_id(self) -> str | None:
        return self.owed.holder

    @property
    def consumer_name(self) -> str:
        return self.owed.holder_name

    @property
    def bills(self) -> tuple[OwedBillOut, ...]:
        return tuple(OwedBillOut.of(OwedBillView(each, self.owed.on), each, each.bill) for each in self.owed.bills)


class OwedOut(OutSchema, Shows[OwedView, Owed]):
    """What one consumer owes at a connection on a day."""

    project_id: str
    account_number: str
    meter_number: str
    consumer_id: str | None
    consumer_name: str
    on: Day
    bills: tuple[OwedBillOut, ...] = Field(description="Open bills, the oldest due day first")
    amount_due: Amount = Field(validation_alias="due", description="All that is to be paid, without the credit")
    credit: Amount = Field(description="Money that no bill has taken yet", examples=["0.00"])
    deposit: Amount = Field(description="What is held as security", examples=["0.00"])
    currency: str = Field(validation_alias=AliasPath("credit", "currency"))


class OwedList(WholeList):
    """What is owed at the connections that were found."""

    items: tuple[OwedOut, ...]


class OwedTotal(Schema):
    """What is owed in one currency, at all connections together."""

    currency: str
    amount_due: Amount = Field(description="All that is to be paid, without the credit")
    credit: Amount = Field(examples=["0.00"])


class MyOwed(OwedList):
    """What you owe today at your connections of all projects, and the sums."""

    totals: tuple[OwedTotal, ...] = Field(description="One for each currency")

    @classmethod
    def of(cls, found: Iterable[tuple[Project, Owed]]) -> Self:
        """Make the answer, with the sums."""
        listed = list(found)
        sums: dict[str, tuple[Money, Money]] = {}
        for _, owed in listed:
            currency = owed.credit.currency
            due, credit = sums.get(currency, (Money(0, currency), Money(0, currency)))
            sums[currency] = due + owed.due, credit + owed.credit
        return cls(
            items=tuple(OwedOut.of(OwedView(owed, project), owed) for project, owed in listed),
            totals=tuple(
                OwedTotal(currency=currency, amount_due=str(due), credit=str(credit))
                for currency, (due, credit) in sorted(sums.items())
            ),
        )


@dataclass(frozen=True, slots=True)
class EffectView:
    """An effect's amounts, in the entry's currency."""

    effect: Effect
    currency: str

    @property
    def paid(self) -> Money:
        return Money(self.effect.paid, self.currency)

    @property
    def late_charge_paid(self) -> Money:
        return Money(self.effect.late_paid, self.currency)

    @property
    def late_charge(self) -> Money:
        return Money(self.effect.late, self.currency)

    @property
    def waived(self) -> Money:
        return Money(self.effect.waived, self.currency)

    @property
    def credited(self) -> Money:
        return Money(self.effect.credited + self.effect.written_off, self.currency)


class EffectOut(OutSchema, Shows[EffectView, Effect]):
    """By how much an entry changed a bill."""

    bill_id: str
    paid: Amount
    late_charge_paid: Amount
    late_charge: Amount
    waived: Amount
    credited: Amount = Field(description="Credited or written off")


@dataclass(frozen=True, slots=True)
class EntryView:
    """The fields of an entry that have another form in the answer."""

    entry: Entry

    @property
    def bills(self) -> tuple[EffectOut, ...]:
        return tuple(EffectOut.of(EffectView(each, self.entry.currency), each) for each in self.entry.effects)

    @property
    def change(self) -> Money:
        return Money(self.entry.owed_minor, self.entry.currency)

    @property
    def credit(self) -> Money:
        return Money(self.entry.credit_minor, self.entry.currency)

    @property
    def deposit(self) -> Money:
        return Money(self.entry.deposit_minor, self.entry.currency)


class EntryOut(OutSchema, Shows[EntryView, Entry]):
    """One entry of the ledger."""

    id: str
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None = Field(validation_alias="holder")
    kind: EntryKind
    value_on: Day = Field(description="The day that counts for being late")
    booked_on: Day = Field(description="The day on which it was entered")
    change: Amount = Field(description="By how much it changed what is owed; below zero: less is owed")
    credit: Amount = Field(description="By how much it changed the credit")
    deposit: Amount = Field(description="By how much it changed the deposit")
    currency: str
    bills: tuple[EffectOut, ...]
    origin: str | None = Field(description="The payment or act that it belongs to")
    reverses: str | None = Field(description="The entry that it takes back")
    reason: str | None
    due_on: Day | None = Field(description="The due day that it gives its bills; null: it changes none")
    recorded_by: str
    recorded_by_name: UserName = Field(validation_alias="recorded_by")
    recorded_at: Instant


class EntryPage(OutSchema):
    """One page of ledger entries, newest first."""

    items: tuple[EntryOut, ...]
    next_cursor: str | None


class EntriesQuery(PageQuery):
    """Which page of a connection's entries."""


class StatementQuery(Schema):
    """The days of a statement, and whose it is."""

    from_day: Day | None = Field(default=None, alias="from", description="Without it, a year before the last day")
    until_day: Day | None = Field(default=None, alias="to", description="The last day; without it, today")
    consumer_id: Annotated[str, Field(max_length=26)] | None = Field(
        default=None, description="A former consumer of the connection; without it, the present one"
    )


@dataclass(frozen=True, slots=True)
class StatementLineView:
    """What a line of a statement shows of its bill or entry."""

    line: StatementLine

    @property
    def kind(self) -> str:
        return "bill" if isinstance(self.line.source, Bill) else self.line.source.kind

    @property
    def bill_ids(self) -> tuple[str, ...]:
        source = self.line.source
        return (source.id,) if isinstance(source, Bill) else tuple(each.bill_id for each in source.effects)

    @property
    def value_on(self) -> date:
        source = self.line.source
        return source.billed_on if isinstance(source, Bill) else source.value_on

    @property
    def due_on(self) -> date | None:
        return self.line.source.due_day if isinstance(self.line.source, Bill) else None

    @property
    def origin(self) -> str | None:
        return None if isinstance(self.line.source, Bill) else self.line.source.origin

    @property
    def reason(self) -> str | None:
        return None if isinstance(self.line.source, Bill) else self.line.source.reason


class StatementLineOut(OutSchema, Shows[StatementLineView, StatementLine]):
    """A bill or an entry on a statement, and what was owed after it."""

    booked_on: Day
    value_on: Day
    kind: Literal["bill"] | EntryKind
    bill_ids: tuple[str, ...]
    change: Amount
    balance: Amount
    due_on: Day | None = Field(description="Of a bill")
    origin: str | None = Field(description="The payment or act that an entry belongs to")
    reason: str | None


@dataclass(frozen=True, slots=True)
class StatementView:
    """The lines of a statement as the API shows them."""

    statement: Statement

    @property
    def lines(self) -> tuple[StatementLineOut, ...]:
        return tuple(StatementLineOut.of(StatementLineView(line), line) for line in self.statement.lines)


class StatementOut(OutSchema, Shows[StatementView, Statement]):
    """What a consumer owed at a connection, from one day to another. Below zero, it was owed to them."""

    account_number: str = Field(validation_alias="account")
    consumer_id: str | None = Field(validation_alias="holder")
    consumer_name: str = Field(validation_alias="holder_name")
    first_day: Day
    last_day: Day
    opening: Amount
    lines: tuple[StatementLineOut, ...]
    closing: Amount
    currency: str = Field(validation_alias=AliasPath("closing", "currency"))

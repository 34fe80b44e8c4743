"""Payments as the API shows and lists them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.consumers.domain import words_of
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import (
    Payment,
    PaymentFilter,
    PaymentKind,
    PaymentSource,
    PaymentStatus,
    ReversalReason,
    Share,
    bill_place,
)
from chalicelib.payments.schemas.taking import GivenAmount, parsed_amount
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    Day,
    Instant,
    OutSchema,
    PageQuery,
    PeriodText,
    Shows,
    Text,
    UserName,
)
from chalicelib.tenancy.domain import Project


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share's amounts, in the payment's currency."""

    share: Share
    currency: str

    @property
    def year(self) -> int:
        return bill_place(self.share).year

    @property
    def month(self) -> int:
        return bill_place(self.share).month

    @property
    def principal_due(self) -> Money:
        return Money(self.share.principal_due, self.currency)

    @property
    def late_charge(self) -> Money:
        return Money(self.share.late_due, self.currency)

    @property
    def is_waived(self) -> bool:
        return self.share.waived > 0

    @property
    def waived(self) -> Money:
        return Money(self.share.waived, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.share.paid, self.currency)

    @property
    def late_charge_paid(self) -> Money:
        return Money(self.share.late_paid, self.currency)


class ShareOut(OutSchema, Shows[ShareView, Share]):
    """What a payment did for one bill: its period as year and month (from 1), and in words."""

    bill_id: str
    account_number: str = Field(validation_alias="account")
    year: int
    month: int
    period: str = Field(validation_alias="period_label", examples=["July 2025"])
    principal_due: Amount = Field(description="What was due of the bill itself")
    late_charge: Amount = Field(description="What was due for paying late, waived or not", examples=["27.50"])
    waived: Amount = Field(examples=["0.00"])
    paid: Amount
    late_charge_paid: Amount = Field(description="The part of it that paid the late charge", examples=["27.50"])
    late_charge_waived: bool = Field(validation_alias="is_waived")


@dataclass(frozen=True, slots=True)
class PaymentView:
    """The fields of a payment that have another form in the answer."""

    payment: Payment

    @property
    def bills(self) -> tuple[ShareOut, ...]:
        currency = self.payment.amount.currency
        return tuple(ShareOut.of(ShareView(share, currency), share) for share in self.payment.shares)

    @property
    def import_id(self) -> str | None:
        return self.payment.origin

    @property
    def ledger_posted(self) -> bool:
        return True

    @property
    def reversal_reason(self) -> ReversalReason | None:
        return self.payment.reversal.reason if self.payment.reversal else None

    @property
    def reversal_note(self) -> str | None:
        return self.payment.reversal.note if self.payment.reversal else None

    @property
    def fee_bill_id(self) -> str | None:
        return self.payment.reversal.fee_bill_id if self.payment.reversal else None

    @property
    def reversal_cashier_session_id(self) -> str | None:
        return self.payment.reversal.cashier_session_id if self.payment.reversal else None

    @property
    def reversed_by(self) -> str | None:
        return self.payment.reversal.by if self.payment.reversal else None

    @property
    def reversed_at(self) -> datetime | None:
        return self.payment.reversal.at if self.payment.reversal else None


class PaymentOut(OutSchema, Shows[PaymentView, Payment]):
    """Money received: for bills, or in advance."""

    id: str
    kind: PaymentKind
    status: PaymentStatus
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None
    consumer_name: str = Field(description="The consumer's name when the payment was made")
    bills: tuple[ShareOut, ...] = Field(description="The bills it paid, and what each got")
    amount: Amount
    received: Amount = Field(description="What was handed over")
    change: Amount = Field(description="What was given back", examples=["0.00"])
    credit: Amount = Field(description="What no bill took: the consumer's credit", examples=["0.00"])
    deposit: Amount = Field(description="What is held as security", examples=["0.00"])
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    paid_on: Day
    booked_on: Day = Field(description="The day on which it was entered")
    method: str
    receipt_number: str | None = Field(description="Null: a former system received it", examples=["OR-MAIN-000123"])
    desk: str | None
    cashier_session_id: str | None = Field(description="The cashier session that counted it")
    check_number: str | None
    upi_id: str | None
    reference: str | None = Field(description="The payer's or the bank's; of a migrated payment, its id there")
    notes: str | None
    waiver_reason: str | None = Field(description="Why late charges were waived with this payment")
    source: PaymentSource
    import_id: str | None
    ledger_posted: bool = Field(description="Always true: the payment is the posting")
    recorded_by: str
    recorded_by_name: UserName = Field(validation_alias="recorded_by")
    recorded_at: Instant
    reversal_reason: ReversalReason | None
    reversal_note: str | None
    fee_bill_id: str | None = Field(description="The bill of the fee for a returned check")
    reversal_cashier_session_id: str | None = Field(description="The cashier session that gave the money back")
    reversed_by: str | None
    reversed_by_name: UserName = Field(validation_alias="reversed_by")
    reversed_at: Instant | None


class PaymentPage(OutSchema):
    """One page of payments. It may be short and still have a `nextCursor`."""

    items: tuple[PaymentOut, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MyPaymentView(PaymentView):
    """A consumer's own payment, in the project that took it."""

    project: Project

    @property
    def project_id(self) -> str:
        return self.project.id

    @property
    def project_label(self) -> str:
        return self.project.settings.label


class MyPaymentOut(PaymentOut, Shows[MyPaymentView, Payment]):
    """A payment of yours, and the project that took it."""

    project_id: str
    project_label: str = Field(description="What the project is called", examples=["Waterworks"])


class MyPaymentPage(OutSchema):
    """One page of your payments. It may be short and still have a `nextCursor`."""

    items: tuple[MyPaymentOut, ...]
    next_cursor: str | None


class PaymentsQuery(PageQuery):
    """Which payments to list: those that match all that is given."""

    month: PeriodText | None = Field(default=None, description="A calendar month; without days either, the present one")
    from_day: Day | None = Field(default=None, alias="from", description="Instead of a month: the first day")
    until_day: Day | None = Field(
        default=None, alias="to", description="The last day, at most a year later; without it, today"
    )
    method: Annotated[str, Field(min_length=1, max_length=40, examples=["cash"])] | None = None
    status: PaymentStatus | None = None
    account_number: AccountNumber | None = Field(
        default=None, description="Payments of this account's bills, or in advance; in the order in which they came"
    )
    consumer_id: Annotated[str, Field(max_length=26)] | None = None
    q: Text | None = Field(
        default=None, description="The beginnings of words of the consumer's name, as it was then", examples=["Ann"]
    )
    min_amount: GivenAmount | None = Field(default=None, examples=["100.00"])
    max_amount: GivenAmount | None = Field(default=None, examples=["200.00"])
    receipt_number: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        default=None, description="Without a month or days, payments of any day"
    )

    def only(self, currency: str) -> PaymentFilter:
        """Return the filter, but for the days and what has a list of its own.

        :raises Invalid: for an amount that is none, or a name without a word.
        """
        words = words_of(self.q) if self.q else []
        if self.q and not words:
            raise Invalid("nothing-to-find", "give the beginning of at least one word of the name", field="q")
        least = parsed_amount(self.min_amount, currency, "minAmount")
        most = parsed_amount(self.max_amount, currency, "maxAmount")
        return PaymentFilter(
            method=self.method,
            status=self.status,
            consumer_id=self.consumer_id,
            words=tuple(words),
            min_minor=least.minor if least else None,
            max_minor=most.minor if most else None,
        )

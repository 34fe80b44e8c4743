"""Payments as the API takes and shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, ConfigDict, Field

from chalicelib.consumers.domain import words_of
from chalicelib.kernel.errors import Invalid, MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import (
    MAX_BILLS,
    Payment,
    PaymentFilter,
    PaymentKind,
    PaymentSource,
    PaymentStatus,
    ReversalReason,
    Share,
    Tender,
    bill_place,
)
from chalicelib.payments.domain.words import amount_in_words
from chalicelib.payments.service import Order, Outcome
from chalicelib.platform.problems import status_of
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    Day,
    Instant,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
)
from chalicelib.tenancy.domain import Project

GivenAmount = Annotated[str, Field(max_length=20, examples=["275.00"])]
BillId = Annotated[str, Field(max_length=60, examples=["2025-11.2025110001.1"])]


class TenderBody(Schema):
    """What the payer hands over."""

    method: Annotated[str, Field(min_length=1, max_length=40, examples=["cash"])] = Field(
        description="One of the methods that the project's settings name"
    )
    received: GivenAmount | None = Field(
        default=None, description="What was handed over, if more than the amount: the rest is change"
    )
    paid_on: Day | None = Field(default=None, description="The day of the payment; without it, today")
    desk: Annotated[str, Field(max_length=12, examples=["MAIN"])] | None = Field(
        default=None,
        description="The desk or channel that takes it; without it, that of your cashier session, or the first one",
    )
    receipt_number: Annotated[str, Field(max_length=40, examples=["A-1001"])] | None = Field(
        default=None, description="The number of a printed receipt, where the project takes such numbers"
    )
    check_number: Text | None = Field(default=None, examples=["1234"])
    upi_id: Text | None = Field(default=None, examples=["ana@upi"])
    reference: Text | None = Field(default=None, description="The payer's or the bank's reference")
    notes: Text | None = Field(default=None, examples=["Paid at the office"])

    def tender(self, currency: str, amount: str | None) -> Tender:
        """Return the money that is handed over.

        :raises Invalid: for an amount that is none.
        """
        return Tender(
            method=self.method,
            amount=parsed_amount(amount, currency, "amount"),
            received=parsed_amount(self.received, currency, "received"),
            paid_on=self.paid_on,
            desk=self.desk,
            receipt_number=self.receipt_number,
            check_number=self.check_number,
            upi_id=self.upi_id,
            reference=self.reference,
            notes=self.notes,
        )


def parsed_amount(text: str | None, currency: str, field: str) -> Money | None:
    """Return an amount of a request.

    :raises Invalid: naming the field.
    """
    try:
        return Money.parse(text, currency) if text is not None else None
    except Invalid as error:
        raise Invalid(error.code, str(error), field=field) from None


class PaidBillBody(Schema):
    """A bill to pay, and how much of it."""

    bill_id: BillId
    amount: GivenAmount | None = Field(default=None, description="Its part; without it, all that is due on it")


class NewPayment(TenderBody):
    """A payment of bills: those named, or the oldest open ones of an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"method": "cash", "received": "300.00", "bills": [{"billId": "2025-11.2025110001.1"}]}]
        }
    )

    bills: Annotated[tuple[PaidBillBody, ...], Field(max_length=MAX_BILLS)] = Field(
        default=(), description="The bills, all of one consumer; those without an amount are paid oldest first"
    )
    account_number: AccountNumber | None = Field(
        default=None, description="Instead of bills: the account whose oldest open bills are paid"
    )
    amount: GivenAmount | None = Field(default=None, description="The whole amount; without it, all that is due")
    waive_late_charges: Text | None = Field(
        default=None,
        description="The reason why the late charges of these bills are waived; only for those who may waive",
        examples=["First-time late payment"],
    )

    def order(self, currency: str) -> Order:
        """Return what is paid.

        :raises Invalid: for neither or both of bills and account, a bad amount, or a bill that is named twice.
        """
        if bool(self.bills) == bool(self.account_number):
            raise Invalid("number-missing", "give either bills or accountNumber", field="bills")
        parts: dict[str, int | None] = {}
        for at, each in enumerate(self.bills):
            if each.bill_id in parts:
                raise Invalid("bill-twice", "this bill is named twice", field=f"bills.{at}.billId")
            part = parsed_amount(each.amount, currency, f"bills.{at}.amount")
            parts[each.bill_id] = part.minor if part else None
        return Order(
            tender=self.tender(currency, self.amount),
            bills=parts,
            account=self.account_number,
            waive_reason=self.waive_late_charges,
        )


class NewPayments(Schema):
    """Several payments, each by itself."""

    payments: Annotated[tuple[NewPayment, ...], Field(min_length=1, max_length=MAX_BILLS)]


class NewAdvance(TenderBody):
    """Money paid in advance: it is credit of the connection's present consumer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"method": "cash", "accountNumber": "2025110001", "amount": "100.00"}]}
    )

    account_number: AccountNumber
    amount: GivenAmount


class NewDeposit(TenderBody):
    """Money that the connection's present consumer leaves as security."""

    account_number: AccountNumber
    amount: GivenAmount


class NewSettlement(Schema):
    """How the money of a holder who has left is settled."""

    consumer_id: Annotated[str, Field(max_length=26)] | None = Field(
        default=None, description="A former consumer; without it, the last one of a closed connection"
    )
    refund_by: Text | None = Field(
        default=None, description="How what is left is paid back; null: it stays their credit", examples=["cash"]
    )
    move_to: AccountNumber | None = Field(
        default=None, description="Instead of a refund: another connection of theirs, whose credit it becomes"
    )


class CreditUse(Schema):
    """How much credit to use for open bills."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "100.00"}]})

    amount: GivenAmount | None = Field(default=None, description="Without it, as much as is due, or as there is")


class NewReversal(Schema):
    """Why a payment is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "typing_error", "note": "Entered twice"}]})

    reason: ReversalReason
    note: Text | None = Field(default=None, examples=["Returned by the bank: no funds"])


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


class RefusedPayment(Schema):
    """Why one of several payments was refused: as it would be if it were sent alone."""

    status: int
    code: str
    detail: str
    field: str | None


class OutcomeOut(Schema):
    """What became of one payment of several."""

    payment: PaymentOut | None
    refusal: RefusedPayment | None


class OutcomesOut(Schema):
    """What became of each payment, in the order in which they were sent."""

    taken: int
    refused: int
    results: tuple[OutcomeOut, ...]


def refused_payment(error: MeterbookError) -> RefusedPayment:
    """Return a refusal as part of an answer."""
    field = error.faults[0].field if error.faults else None
    return RefusedPayment(status=status_of(error), code=error.code, detail=str(error), field=field)


def outcome_of(outcome: Outcome, shown: Mapping[str, PaymentOut]) -> OutcomeOut:
    """Return what became of a payment as the API shows it."""
    payment = shown[outcome.payment.id] if outcome.payment else None
    return OutcomeOut(payment=payment, refusal=refused_payment(outcome.error) if outcome.error else None)


class ReceiptLine(Schema):
    """One line of a receipt."""

    label: str = Field(examples=["Water, July 2025"])
    amount: Amount
    original: Amount | None = Field(description="What it was before it was waived; null: nothing was waived")


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What a receipt prints, from its payment alone."""

    payment: Payment
    project_label: str
    client_name: str
    waiver_name: str | None

    @property
    def issuer(self) -> str:
        return self.client_name

    @property
    def lines(self) -> tuple[ReceiptLine, ...]:
        payment = self.payment
        made = [line for share in payment.shares for line in self._lines_of(share)]
        if payment.credit_minor:
            made.append(ReceiptLine(label="Credit", amount=str(payment.credit), original=None))
        if payment.deposit_minor:
            made.append(ReceiptLine(label="Deposit", amount=str(payment.deposit), original=None))
        return tuple(made)

    def _lines_of(self, share: Share) -> list[ReceiptLine]:
        currency = self.payment.amount.currency
        what = f"{self.project_label}, {share.period_label}"
        made = [ReceiptLine(label=what, amount=str(Money(share.paid - share.late_paid, currency)), original=None)]
        if share.waived:
            late, zero = str(Money(share.late_due, currency)), str(Money(share.late_due - share.waived, currency))
            made.append(ReceiptLine(label="Late charge (waived)", amount=zero, original=late))
        elif share.late_paid:
            late = str(Money(share.late_paid, currency))
            made.append(ReceiptLine(label="Late charge", amount=late, original=None))
        return made

    @property
    def amount_in_words(self) -> str:
        return amount_in_words(self.payment.amount)

    @property
    def waived_by_name(self) -> str | None:
        return self.waiver_name

    @property
    def is_void(self) -> bool:
        return self.payment.reversal is not None


class ReceiptOut(OutSchema, Shows[ReceiptView, Payment]):
    """All that an official receipt prints."""

    receipt_number: str | None
    payment_id: str = Field(validation_alias="id")
    void: bool = Field(validation_alias="is_void", description="Its payment was reversed")
    issuer: str = Field(description="The utility's name")
    consumer_name: str
    account_number: str = Field(validation_alias="account")
    paid_on: Day
    method: str
    check_number: str | None
    upi_id: str | None
    lines: tuple[ReceiptLine, ...]
    amount: Amount = Field(description="The total paid")
    amount_in_words: str = Field(examples=["Two hundred seventy-five and 00/100 PHP"])
    received: Amount
    change: Amount
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    waiver_reason: str | None
    waived_by_name: str | None = Field(description="The name of who waived late charges")
    desk: str | None
    recorded_by_name: UserName = Field(validation_alias="recorded_by")
    recorded_at: Instant

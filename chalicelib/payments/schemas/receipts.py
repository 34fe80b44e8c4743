"""Official receipts as the API shows them."""

from dataclasses import dataclass

from pydantic import AliasPath, Field

from chalicelib.kernel.money import Money
from chalicelib.payments.domain import (
    Payment,
    Share,
)
from chalicelib.payments.domain.words import amount_in_words
from chalicelib.platform.schema import (
    Amount,
    Day,
    Instant,
    OutSchema,
    Schema,
    Shows,
    UserName,
)


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

"""What the API takes at a counter: payments, advances, deposits, settlements, reversals."""

from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import LARGEST_MINOR, Money
from chalicelib.payments.domain import (
    MAX_BILLS,
    ReversalReason,
    Tender,
)
from chalicelib.payments.service import Order
from chalicelib.platform.schema import (
    AccountNumber,
    BillId,
    Day,
    Schema,
    Text,
)

GivenAmount = Annotated[str, Field(max_length=20, examples=["275.00"])]


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
        amount = Money.parse(text, currency) if text is not None else None
    except Invalid as error:
        raise Invalid(error.code, str(error), field=field) from None
    if amount and abs(amount.minor) > LARGEST_MINOR:
        raise Invalid("bad-amount", f"an amount is at most {Money(LARGEST_MINOR, currency)}", field=field)
    return amount


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

    def orders(self, currency: str) -> list[Order | Invalid]:
        """Return what is paid by each, or what is wrong with it."""
        return [_order_of(each, currency) for each in self.payments]


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


def _order_of(payment: NewPayment, currency: str) -> Order | Invalid:
    try:
        return payment.order(currency)
    except Invalid as error:
        return error

"""Online and announced payments as the API takes and shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.kernel.clock import parse_iso
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.online_payments.domain import Attention, Heard, Intent, IntentStatus, Outcome
from chalicelib.online_payments.service import Wish
from chalicelib.payments.domain import MAX_BILLS, Tender
from chalicelib.payments.schemas.taking import GivenAmount, TenderBody, parsed_amount
from chalicelib.platform.schema import (
    Amount,
    BillId,
    Instant,
    OutSchema,
    PageQuery,
    Schema,
    Shows,
    Text,
    UserName,
)

_MethodName = Annotated[str, Field(min_length=1, max_length=40, examples=["online"])]


class BillToPay(Schema):
    """A bill that is to be paid, with all that is due on it."""

    bill_id: BillId


class NewOnlinePayment(Schema):
    """An online payment to start. Its amount is what is due today on these bills."""

    bills: Annotated[tuple[BillToPay, ...], Field(min_length=1, max_length=MAX_BILLS)] = Field(
        description="The bills, all of one consumer"
    )
    method: _MethodName = Field(description="One of the project's methods that are paid online")
    upi_id: Text | None = Field(default=None, examples=["ana@upi"])
    reference: Text | None = Field(default=None, description="The payer's reference")

    def wish(self) -> Wish:
        """Return what somebody means to pay."""
        bills = [each.bill_id for each in self.bills]
        return Wish(bill_ids=bills, method=self.method, upi_id=self.upi_id, reference=self.reference)


class NewAnnouncedPayment(Schema):
    """A payment that somebody will make at the office."""

    bills: Annotated[tuple[BillToPay, ...], Field(min_length=1, max_length=MAX_BILLS)] = Field(
        description="The bills, all of one consumer"
    )
    method: _MethodName = Field(
        default="cash", description="One of the project's methods that are not paid online", examples=["cash"]
    )
    notes: Text | None = Field(default=None, examples=["I come on Friday"])

    def wish(self) -> Wish:
        """Return what somebody means to pay."""
        return Wish(bill_ids=[each.bill_id for each in self.bills], method=self.method, notes=self.notes)


class NewConfirmation(TenderBody):
    """What was received of an announced payment."""

    amount: GivenAmount | None = Field(default=None, description="The whole amount; without it, all that is due")

    def received_tender(self, currency: str) -> Tender:
        """Return the money that was received.

        :raises Invalid: for an amount that is none.
        """
        return self.tender(currency, self.amount)


class CashRejection(Schema):
    """Why an announced payment is rejected."""

    reason: Text = Field(examples=["Nobody came"])


class NewReview(Schema):
    """What a person found who looked at an online payment."""

    note: Text = Field(examples=["Called Ana: keep it for the next bill"])


class GatewayCallback(Schema):
    """What the gateway says of an online payment."""

    project_id: Annotated[str, Field(min_length=1, max_length=32, examples=["waterworks"])]
    online_payment_id: Annotated[str, Field(min_length=1, max_length=40)]
    outcome: Outcome
    transaction_id: Annotated[Text, Field(max_length=80, examples=["T-1"])] = Field(
        description="The gateway's id of the payment"
    )
    amount: GivenAmount = Field(description="What the payer paid, or was to pay")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["INR"])]
    at: Annotated[
        str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$", examples=["2025-11-05T02:30:00Z"])
    ] = Field(description="When the payer paid, or it failed")
    reason: Text | None = Field(default=None, description="Why it failed", examples=["Declined by the bank"])

    def heard(self) -> Heard:
        """Return what the gateway says.

        :raises Invalid: for an amount or an instant that is none.
        """
        amount = parsed_amount(self.amount, self.currency, "amount")
        if amount is None:
            raise AssertionError("a callback has an amount")
        try:
            at = parse_iso(self.at)
        except ValueError:
            raise Invalid("bad-date", "this is no instant; write it like 2025-11-05T02:30:00Z", field="at") from None
        return Heard(outcome=self.outcome, transaction_id=self.transaction_id, amount=amount, at=at, reason=self.reason)


class CallbackOut(OutSchema, Shows[Intent]):
    """How an online payment stands now."""

    online_payment_id: str = Field(validation_alias="id")
    status: IntentStatus
    payment_id: str | None


class PlannedBill(Schema):
    """One bill of a payment that somebody means to make."""

    bill_id: BillId
    account_number: str
    amount: Amount = Field(description="What was due on it when the payment was started")


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent with what follows from the present instant."""

    intent: Intent
    now: datetime

    @property
    def bills(self) -> tuple[PlannedBill, ...]:
        currency = self.intent.amount.currency
        return tuple(
            PlannedBill(bill_id=part.bill_id, account_number=part.account, amount=str(Money(part.minor, currency)))
            for part in self.intent.parts
        )

    @property
    def expired(self) -> bool:
        return self.intent.is_expired(self.now)

    @property
    def received(self) -> Money | None:
        minor = self.intent.arrived_minor
        return None if minor is None else Money(minor, self.intent.amount.currency)

    @property
    def credit(self) -> Money:
        return Money(self.intent.credit_minor, self.intent.amount.currency)

    @property
    def review_note(self) -> str | None:
        return self.intent.review.note if self.intent.review else None

    @property
    def reviewed_by(self) -> str | None:
        return self.intent.review.by if self.intent.review else None

    @property
    def reviewed_at(self) -> datetime | None:
        return self.intent.review.at if self.intent.review else None


class OnlinePaymentOut(OutSchema, Shows[IntentView, Intent]):
    """What somebody means to pay online, and what became of it."""

    id: str
    status: IntentStatus
    expired: bool = Field(description="Pending for so long that the payer may have given up; money that comes counts")
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None
    consumer_name: str
    bills: tuple[PlannedBill, ...]
    amount: Amount = Field(description="What was due on its bills when it was started")
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    method: str = Field(examples=["online"])
    upi_id: str | None = Field(examples=["ana@upi"])
    reference: str | None
    pay_at: str | None = Field(description="Where the payer confirms it", examples=["/simulated-gateway/a/water/01K"])
    gateway_reference: str | None = Field(description="What the gateway calls it", examples=["SIM-01KBN5Q3W6"])
    transaction_id: str | None = Field(description="The gateway's id of the payment", examples=["T-1"])
    received: Amount | None = Field(description="What arrived; null: nothing yet")
    credit: Amount = Field(description="What the bills had no use for: the payer's credit", examples=["0.00"])
    payment_id: str | None = Field(description="The payment that was posted")
    reason: str | None = Field(description="Why it failed, or what the gateway reported besides")
    needs_attention: bool
    attention: Attention | None = Field(
        description="Why a person should look at it: a part became credit, another amount arrived, or the gateway "
        "reported a second payment, of which nothing is posted (again)"
    )
    started_by: str
    started_by_name: UserName = Field(validation_alias="started_by")
    started_at: Instant
    expires_at: Instant
    ended_at: Instant | None
    reviewed_by: str | None
    reviewed_by_name: UserName = Field(validation_alias="reviewed_by")
    reviewed_at: Instant | None
    review_note: str | None = Field(description="What a person found", examples=["Kept for the next bill"])


class OnlinePaymentPage(OutSchema):
    """One page of online payments. It may be short and still have a `nextCursor`."""

    items: tuple[OnlinePaymentOut, ...]
    next_cursor: str | None


class AnnouncedPaymentOut(OutSchema, Shows[IntentView, Intent]):
    """What somebody announced to pay at the office, and what became of it."""

    id: str
    status: IntentStatus
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None
    consumer_name: str
    bills: tuple[PlannedBill, ...]
    amount: Amount = Field(description="What was due on its bills when it was announced")
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    method: str = Field(examples=["cash"])
    notes: str | None
    received: Amount | None = Field(description="What was taken for the bills; null: nothing yet")
    payment_id: str | None = Field(description="The payment at the counter")
    reason: str | None = Field(description="Why it was rejected")
    announced_by: str = Field(validation_alias="started_by")
    announced_by_name: UserName = Field(validation_alias="started_by")
    announced_at: Instant = Field(validation_alias="started_at")
    decided_by: str | None = Field(validation_alias="ended_by")
    decided_by_name: UserName = Field(validation_alias="ended_by")
    decided_at: Instant | None = Field(validation_alias="ended_at")


class AnnouncedPaymentPage(OutSchema):
    """One page of announced payments. It may be short and still have a `nextCursor`."""

    items: tuple[AnnouncedPaymentOut, ...]
    next_cursor: str | None


class AnnouncedPaymentsQuery(PageQuery):
    """Which announced payments to list."""

    status: IntentStatus | None = Field(
        default=None, description="Without it, those that are pending; a consumer's: all"
    )


class OnlinePaymentsQuery(PageQuery):
    """Which online payments to list."""

    status: IntentStatus | None = Field(
        default=None,
        description="Without it, those that are pending; a consumer's: all. Completed ones that need attention are "
        "listed by needsAttention only",
    )
    needs_attention: bool = Field(default=False, description="Those that a person should look at")

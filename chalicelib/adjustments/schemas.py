"""Adjustments as the API takes and shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.adjustments.domain import Adjustment, AdjustmentKind, AdjustmentState, CreditReason
from chalicelib.adjustments.service import LeakAllowance
from chalicelib.bills.domain import Charge
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    Day,
    DecimalText,
    Instant,
    OutSchema,
    PageQuery,
    Schema,
    Shows,
    Text,
    UserName,
)

GivenAmount = Annotated[str, Field(max_length=20, examples=["275.00"])]
BillId = Annotated[str, Field(max_length=60, examples=["2025-11.2025110001.1"])]
Reason = Annotated[Text, Field(examples=["First-time late payment"])]


def parsed_amount(text: str, currency: str) -> Money:
    """Return the amount of a request.

    :raises Invalid: naming the field.
    """
    try:
        return Money.parse(text, currency)
    except Invalid as error:
        raise Invalid(error.code, str(error), field="amount") from None


class NewWaiver(Schema):
    """Why a late charge is waived."""

    reason: Reason
    amount: GivenAmount | None = Field(default=None, description="Without it, all of the late charge that is due today")


class NewCreditNote(Schema):
    """What a bill is credited with, and why."""

    amount: GivenAmount
    reason_code: CreditReason
    reason: Reason


class NewLeakAllowance(Schema):
    """The usual use, and what leaked."""

    usual_use: DecimalText = Field(description="The use of a usual period", examples=["6"])
    reason: Reason


class NewWriteOff(Schema):
    """Why a bill is not collected any more."""

    reason: Reason


class NewDueDay(Schema):
    """Until when a bill may be paid, and why."""

    due_on: Day = Field(description="A day after today and after the present due day")
    reason: Reason


class NewRefund(Schema):
    """Credit that is paid back."""

    amount: GivenAmount
    method: Annotated[Text, Field(max_length=40, examples=["cash"])]
    reason: Reason
    consumer_id: Annotated[str, Field(max_length=26)] | None = Field(
        default=None, description="A former consumer of the connection; without it, the present one"
    )


class NewCharge(Schema):
    """An amount to charge, and why: it is a bill of its own."""

    code: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_-]{0,39}$", examples=["reconnection"])] = Field(
        description="What programs call it"
    )
    label: Annotated[Text, Field(description="What the consumer reads", examples=["Reconnection fee"])]
    amount: GivenAmount
    due_on: Day | None = Field(default=None, description="The due day; if left out, it follows the project's settings")
    reason: Reason

    def charge(self, currency: str) -> Charge:
        """Return what is charged.

        :raises Invalid: for an amount that is none.
        """
        amount = parsed_amount(self.amount, currency)
        return Charge(code=self.code, label=self.label, amount=amount, reason=self.reason, due_on=self.due_on)


class NewRejection(Schema):
    """Why an adjustment is rejected, or taken back."""

    reason: Reason


class LeakQuery(Schema):
    """The usual use to compute a leak allowance with."""

    usual_use: DecimalText = Field(examples=["6"])


class AdjustmentsQuery(PageQuery):
    """Which adjustments: of a connection or bill, or in a state; without any of these, those that are pending."""

    account_number: AccountNumber | None = None
    bill_id: BillId | None = None
    state: AdjustmentState | None = None


class LeakOut(OutSchema, Shows[LeakAllowance]):
    """What a leak allowance would come to."""

    bill_id: str = Field(validation_alias=AliasPath("bill", "id"))
    use: DecimalText = Field(validation_alias=AliasPath("leak", "use"))
    usual_use: DecimalText = Field(validation_alias=AliasPath("leak", "usual_use"))
    units: DecimalText = Field(
        validation_alias=AliasPath("leak", "units"), description="Half of the excess, in whole units"
    )
    amount: Amount = Field(description="What the bill is credited with")
    total: Amount = Field(validation_alias=AliasPath("bill", "total"))
    total_after: Amount
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))


class LeakFactsOut(OutSchema):
    """How a leak allowance was computed."""

    use: DecimalText
    usual_use: DecimalText
    units: DecimalText


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """The fields of an adjustment that have another form in the answer."""

    adjustment: Adjustment
    currency: str

    @property
    def decided_by(self) -> str | None:
        decision = self.adjustment.decision
        return decision.by if decision else None

    @property
    def decided_at(self) -> datetime | None:
        decision = self.adjustment.decision
        return decision.at if decision else None

    @property
    def decision_reason(self) -> str | None:
        decision = self.adjustment.decision
        return decision.reason if decision else None

    @property
    def reversed_by(self) -> str | None:
        reversal = self.adjustment.reversal
        return reversal.by if reversal else None

    @property
    def reversed_at(self) -> datetime | None:
        reversal = self.adjustment.reversal
        return reversal.at if reversal else None

    @property
    def reversal_reason(self) -> str | None:
        reversal = self.adjustment.reversal
        return reversal.reason if reversal else None


class AdjustmentOut(OutSchema, Shows[AdjustmentView, Adjustment]):
    """One adjustment: what was changed, by how much, why, by whom and when."""

    id: str
    account_number: str = Field(validation_alias="account")
    consumer_id: str | None = Field(validation_alias="holder")
    kind: AdjustmentKind
    bill_id: str | None = Field(description="Null for a refund")
    amount: Amount | None = Field(description="Null for a due day")
    currency: str
    reason_code: CreditReason | None = Field(description="Of a credit note")
    reason: str
    method: str | None = Field(description="How a refund was paid")
    due_on: Day | None = Field(description="The new due day")
    former_due_on: Day | None = Field(description="The due day before")
    leak: LeakFactsOut | None
    state: AdjustmentState = Field(description="A pending one changes nothing until somebody else approves it")
    asked_by: str
    asked_by_name: UserName = Field(validation_alias="asked_by")
    asked_at: Instant
    decided_by: str | None
    decided_by_name: UserName = Field(validation_alias="decided_by")
    decided_at: Instant | None
    decision_reason: str | None = Field(description="Why it was rejected")
    reversed_by: str | None
    reversed_by_name: UserName = Field(validation_alias="reversed_by")
    reversed_at: Instant | None
    reversal_reason: str | None


class AdjustmentPage(OutSchema):
    """One page of adjustments, newest first. It may be short and still have a `nextCursor`."""

    items: tuple[AdjustmentOut, ...]
    next_cursor: str | None

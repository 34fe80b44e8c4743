"""Payments as the API shows them."""

from dataclasses import dataclass
from typing import Literal

from pydantic import AliasPath, Field

from chalicelib.payments.domain import Payment
from chalicelib.platform.schema import Amount, Day, Instant, OutSchema, PageQuery, PeriodText, Shows, UserName


class BillReference(OutSchema):
    """The bill of a payment: its period as year and month (from 1), and in words."""

    bill_id: str
    year: int
    month: int
    period: str = Field(examples=["July 2025"])


@dataclass(frozen=True, slots=True)
class PaymentView:
    """The fields of a payment that have another form in the answer."""

    payment: Payment

    @property
    def bill_reference(self) -> BillReference:
        period = self.payment.period
        return BillReference(bill_id=self.payment.bill_id, year=period.year, month=period.month, period=period.label())


class PaymentOut(OutSchema, Shows[PaymentView, Payment]):
    """Money received for one bill."""

    id: str
    account_number: str = Field(validation_alias="account")
    bill_reference: BillReference
    amount: Amount
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    paid_on: Day
    method: Literal["cash", "check", "transfer", "online"]
    check_number: str | None
    reference: str | None = Field(description="The payment's id in the former system")
    notes: str | None
    source: Literal["migrated"]
    import_id: str = Field(validation_alias="origin")
    recorded_by: str
    recorded_by_name: UserName = Field(validation_alias="recorded_by")
    recorded_at: Instant


class PaymentPage(OutSchema):
    """One page of payments."""

    items: tuple[PaymentOut, ...]
    next_cursor: str | None


class PaymentsQuery(PageQuery):
    """The calendar month whose payments to list."""

    month: PeriodText

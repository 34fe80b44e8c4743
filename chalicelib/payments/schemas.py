"""Payments as the API shows them."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.payments.domain import Payment
from chalicelib.platform.schema import Amount, Day, Instant, PageQuery, PeriodText, Schema


class BillReference(Schema):
    """The bill that a payment is for: its period as a calendar month, counted from 1, and in words."""

    bill_id: str
    year: int
    month: int
    period: str = Field(examples=["July 2025"])


class PaymentOut(Schema):
    """Money received for one bill."""

    id: str
    account_number: str
    bill_reference: BillReference
    amount: Amount
    currency: str
    paid_on: Day
    method: Literal["cash", "check", "transfer", "online"]
    check_number: str | None
    reference: str | None = Field(description="What the books that it comes from call it")
    notes: str | None
    source: Literal["migrated"]
    import_id: str
    recorded_by: str
    recorded_at: Instant

    @classmethod
    def of(cls, payment: Payment) -> Self:
        period = payment.period
        bill = BillReference(bill_id=payment.bill_id, year=period.year, month=period.month, period=period.label())
        return cls(
            id=payment.id,
            account_number=payment.account,
            bill_reference=bill,
            amount=str(payment.amount),
            currency=payment.amount.currency,
            paid_on=payment.paid_on,
            method=payment.method,
            check_number=payment.check_number,
            reference=payment.reference,
            notes=payment.notes,
            source=payment.source,
            import_id=payment.origin,
            recorded_by=payment.recorded_by,
            recorded_at=payment.recorded_at,
        )


class PaymentPage(Schema):
    """One page of payments."""

    items: tuple[PaymentOut, ...]
    cursor: str | None


class PaymentsQuery(PageQuery):
    """Which calendar month's payments."""

    month: PeriodText

"""The rules of payments: no clock, no table, no HTTP."""

from chalicelib.payments.domain.allocation import Allocation, Due, allocate
from chalicelib.payments.domain.payment import (
    MAX_BILLS,
    Payment,
    PaymentKind,
    PaymentSource,
    PaymentStatus,
    Reversal,
    ReversalReason,
    Share,
    Tender,
    bill_place,
    check_paid_day,
    check_tender,
    parse_payment_id,
    received_for,
)

__all__ = [
    "MAX_BILLS",
    "Allocation",
    "Due",
    "Payment",
    "PaymentKind",
    "PaymentSource",
    "PaymentStatus",
    "Reversal",
    "ReversalReason",
    "Share",
    "Tender",
    "allocate",
    "bill_place",
    "check_paid_day",
    "check_tender",
    "parse_payment_id",
    "received_for",
]

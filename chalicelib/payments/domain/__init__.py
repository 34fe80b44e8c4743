"""The rules of payments: no clock, no table, no HTTP."""

from chalicelib.payments.domain.allocation import Allocation, Due, allocate
from chalicelib.payments.domain.filtering import EVERY_PAYMENT, PaymentFilter, days_of, months_between
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
    check_method_known,
    check_paid_day,
    check_tender,
    parse_payment_id,
    received_for,
)

__all__ = [
    "EVERY_PAYMENT",
    "MAX_BILLS",
    "Allocation",
    "Due",
    "Payment",
    "PaymentFilter",
    "PaymentKind",
    "PaymentSource",
    "PaymentStatus",
    "Reversal",
    "ReversalReason",
    "Share",
    "Tender",
    "allocate",
    "bill_place",
    "check_method_known",
    "check_paid_day",
    "check_tender",
    "days_of",
    "months_between",
    "parse_payment_id",
    "received_for",
]

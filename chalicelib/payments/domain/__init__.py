"""The rules of payments: no clock, no table, no HTTP."""

from chalicelib.payments.domain.payment import (
    METHODS,
    Payment,
    PaymentMethod,
    PaymentSource,
    check_payment,
    paid_by,
    parse_payment_id,
)

__all__ = [
    "METHODS",
    "Payment",
    "PaymentMethod",
    "PaymentSource",
    "check_payment",
    "paid_by",
    "parse_payment_id",
]

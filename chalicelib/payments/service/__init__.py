"""Take, reverse and look up payments; use credit."""

from chalicelib.payments.service.batching import Outcome, record_payments
from chalicelib.payments.service.crediting import record_advance, use_credit
from chalicelib.payments.service.looking import (
    get_payment,
    list_payments,
    list_payments_of_bill,
    list_payments_of_connection,
    migrated_writes,
    my_payments,
    standing_payments,
    stored_payments,
)
from chalicelib.payments.service.new_bills import after_billing
from chalicelib.payments.service.reversing import reverse_payment
from chalicelib.payments.service.settling import settle_account
from chalicelib.payments.service.standing import Order
from chalicelib.payments.service.taking import record_payment

__all__ = [
    "Order",
    "Outcome",
    "after_billing",
    "get_payment",
    "list_payments",
    "list_payments_of_bill",
    "list_payments_of_connection",
    "migrated_writes",
    "my_payments",
    "record_advance",
    "record_payment",
    "record_payments",
    "reverse_payment",
    "settle_account",
    "standing_payments",
    "stored_payments",
    "use_credit",
]

"""Take, reverse and look up payments; use credit."""

from chalicelib.payments.service.arriving import Arrival, record_arrival
from chalicelib.payments.service.batching import Outcome, record_payments
from chalicelib.payments.service.crediting import record_advance, use_credit
from chalicelib.payments.service.looking import (
    get_payment,
    list_payments,
    list_payments_of_bill,
    list_payments_of_connection,
    migrated_write,
    my_payments,
    standing_payments,
    stored_payments,
)
from chalicelib.payments.service.new_bills import after_billing
from chalicelib.payments.service.reversing import reverse_payment
from chalicelib.payments.service.settling import refund_counting_writes, settle_account
from chalicelib.payments.service.standing import Order, Standing, read_standing
from chalicelib.payments.service.taking import record_payment

__all__ = [
    "Arrival",
    "Order",
    "Outcome",
    "Standing",
    "after_billing",
    "get_payment",
    "list_payments",
    "list_payments_of_bill",
    "list_payments_of_connection",
    "migrated_write",
    "my_payments",
    "read_standing",
    "record_advance",
    "record_arrival",
    "record_payment",
    "record_payments",
    "refund_counting_writes",
    "reverse_payment",
    "settle_account",
    "standing_payments",
    "stored_payments",
    "use_credit",
]

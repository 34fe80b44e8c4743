"""Ask for, decide on, take back and look up adjustments; charge amounts freely."""

from chalicelib.adjustments.service.asking import (
    credit_bill,
    extend_due_day,
    refund_credit,
    waive_late_charge,
    write_off_bill,
)
from chalicelib.adjustments.service.charging import charge_connection
from chalicelib.adjustments.service.deciding import approve_adjustment, reject_adjustment, reverse_adjustment
from chalicelib.adjustments.service.leaks import LeakAllowance, allow_leak, leak_allowance
from chalicelib.adjustments.service.looking import (
    get_adjustment,
    list_adjustments,
    list_adjustments_of_connection,
)

__all__ = [
    "LeakAllowance",
    "allow_leak",
    "approve_adjustment",
    "charge_connection",
    "credit_bill",
    "extend_due_day",
    "get_adjustment",
    "leak_allowance",
    "list_adjustments",
    "list_adjustments_of_connection",
    "refund_credit",
    "reject_adjustment",
    "reverse_adjustment",
    "waive_late_charge",
    "write_off_bill",
]

"""The rules of bills: no clock, no table, no HTTP."""

from chalicelib.bills.domain.affected import AffectedBy, would_differ
from chalicelib.bills.domain.balance import Balance
from chalicelib.bills.domain.bill import Bill, BillKind, BillStatus, Waiver, WantedStatus, last_billed, parse_bill_id
from chalicelib.bills.domain.charging import Charge, charge_bill_of, check_charge, free_charge_number
from chalicelib.bills.domain.consumption import Consumption, consumptions_of, span_of
from chalicelib.bills.domain.history import with_history
from chalicelib.bills.domain.issuing import (
    IssueTerms,
    bill_of,
    check_billable,
    check_days,
    make_bill,
    may_be_billed_to,
    rated,
    usage_of,
)
from chalicelib.bills.domain.plausibility import UsualTotals

__all__ = [
    "AffectedBy",
    "Balance",
    "Bill",
    "BillKind",
    "BillStatus",
    "Charge",
    "Consumption",
    "IssueTerms",
    "UsualTotals",
    "Waiver",
    "WantedStatus",
    "bill_of",
    "charge_bill_of",
    "check_billable",
    "check_charge",
    "check_days",
    "consumptions_of",
    "free_charge_number",
    "last_billed",
    "make_bill",
    "may_be_billed_to",
    "parse_bill_id",
    "rated",
    "span_of",
    "usage_of",
    "with_history",
    "would_differ",
]

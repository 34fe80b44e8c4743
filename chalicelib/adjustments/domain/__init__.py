"""The rules of adjustments: no clock, no table, no HTTP."""

from chalicelib.adjustments.domain.adjustment import (
    Adjustment,
    AdjustmentKind,
    AdjustmentState,
    CreditReason,
    Decision,
    Leak,
    check_reversible,
    check_second_person,
    check_undecided,
    is_of_credit,
    needs_approval,
    parse_adjustment_id,
)
from chalicelib.adjustments.domain.effects import Part, Standing, parts_of, taken_back
from chalicelib.adjustments.domain.leaks import allowed_units

__all__ = [
    "Adjustment",
    "AdjustmentKind",
    "AdjustmentState",
    "CreditReason",
    "Decision",
    "Leak",
    "Part",
    "Standing",
    "allowed_units",
    "check_reversible",
    "check_second_person",
    "check_undecided",
    "is_of_credit",
    "needs_approval",
    "parse_adjustment_id",
    "parts_of",
    "taken_back",
]

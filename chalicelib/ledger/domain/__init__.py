"""The rules of the ledger: no clock, no table, no HTTP."""

from chalicelib.ledger.domain.entry import Effect, Entry, EntryKind, balance_after, effect_between
from chalicelib.ledger.domain.late_charges import (
    NO_CHARGE,
    LateCharge,
    Settled,
    accrued_minor,
    late_charge_on,
    needs_history,
    settled_by,
    step_begins,
    steps_begun,
)
from chalicelib.ledger.domain.position import (
    Books,
    Position,
    bill_violations,
    credit_violations,
    fold_violations,
    post,
    violations,
)
from chalicelib.ledger.domain.settling import (
    PastDay,
    Settlement,
    is_back_dated,
    on_past_day,
    settle,
    settle_back_dated,
    take_back,
)

__all__ = [
    "NO_CHARGE",
    "Books",
    "Effect",
    "Entry",
    "EntryKind",
    "LateCharge",
    "PastDay",
    "Position",
    "Settled",
    "Settlement",
    "accrued_minor",
    "balance_after",
    "bill_violations",
    "credit_violations",
    "effect_between",
    "fold_violations",
    "is_back_dated",
    "late_charge_on",
    "needs_history",
    "on_past_day",
    "post",
    "settle",
    "settle_back_dated",
    "settled_by",
    "step_begins",
    "steps_begun",
    "take_back",
    "violations",
]

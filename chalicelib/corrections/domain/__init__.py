"""The rules of corrections: no clock, no table, no HTTP."""

from chalicelib.corrections.domain.correction import (
    ChangedBill,
    ChangedReading,
    Correction,
    CorrectionKind,
    Entered,
    Plan,
    RecountedAccount,
    Reissue,
    check_digest,
    check_plan,
    parse_correction_id,
    too_many_bills,
)
from chalicelib.corrections.domain.crossing import Side, crossed
from chalicelib.corrections.domain.voiding import check_reissuable, check_voidable, voided, with_bill_voided

__all__ = [
    "ChangedBill",
    "ChangedReading",
    "Correction",
    "CorrectionKind",
    "Entered",
    "Plan",
    "RecountedAccount",
    "Reissue",
    "Side",
    "check_digest",
    "check_plan",
    "check_reissuable",
    "check_voidable",
    "crossed",
    "parse_correction_id",
    "too_many_bills",
    "voided",
    "with_bill_voided",
]

"""The rules of corrections: no clock, no table, no HTTP."""

from chalicelib.corrections.domain.voiding import check_voidable, with_bill_voided

__all__ = ["check_voidable", "with_bill_voided"]

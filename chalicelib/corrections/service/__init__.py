"""Void bills, and correct what was billed."""

from chalicelib.corrections.service.correcting import (
    Preview,
    PreviewedBill,
    correct_readings,
    get_correction,
    move_misplaced,
    preview_crossed,
    preview_misplaced,
    preview_readings,
    swap_crossed,
)
from chalicelib.corrections.service.voiding import void_bill

__all__ = [
    "Preview",
    "PreviewedBill",
    "correct_readings",
    "get_correction",
    "move_misplaced",
    "preview_crossed",
    "preview_misplaced",
    "preview_readings",
    "swap_crossed",
    "void_bill",
]

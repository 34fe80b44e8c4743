"""Void bills, and correct what was billed."""

from chalicelib.corrections.service.voiding import void_bill

__all__ = ["void_bill"]

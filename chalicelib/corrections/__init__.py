"""Correct what is billed: void bills, and issue them again."""

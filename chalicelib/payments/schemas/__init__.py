"""Payments and receipts as the API takes and shows them."""

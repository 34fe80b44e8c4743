"""Billing as the API shows it."""

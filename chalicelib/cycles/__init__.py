"""Billing cycles: on which day of the month bills are made, when they are due and when they are late."""

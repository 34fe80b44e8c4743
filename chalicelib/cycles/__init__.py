"""Billing cycles: the day of the month on which bills are made, and when they are due and late."""

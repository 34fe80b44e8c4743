"""Billing runs: plan, split into chunks, rate, issue bills, complete."""

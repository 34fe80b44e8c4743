"""Payments, each of one bill."""

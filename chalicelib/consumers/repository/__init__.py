"""Consumers in the table."""

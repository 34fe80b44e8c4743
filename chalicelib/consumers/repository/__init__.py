"""Consumers and connections in the table."""

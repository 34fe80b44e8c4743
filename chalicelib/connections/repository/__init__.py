"""Connections in the table, and what they are found by."""

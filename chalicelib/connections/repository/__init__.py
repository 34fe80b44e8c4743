"""Connections in the table, and the items that find them."""

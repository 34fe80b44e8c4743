"""Connections, their meters, and what becomes of them."""

"""Connections, their meters, and their history."""

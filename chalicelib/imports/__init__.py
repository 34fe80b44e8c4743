"""Bringing files in: readings, and whole registries of consumers and connections."""

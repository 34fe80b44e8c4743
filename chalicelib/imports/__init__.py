"""Bringing files in: readings, whole registries of consumers and connections, and a former system's history."""

"""Imports of files: readings, registries of consumers and connections, and a former system's history."""

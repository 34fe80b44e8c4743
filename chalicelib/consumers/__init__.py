"""Consumers: their names and contacts, finding them, and their logins."""

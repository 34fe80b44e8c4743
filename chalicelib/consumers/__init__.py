"""Consumers: who they are, how they are found and reached, and how they sign in."""

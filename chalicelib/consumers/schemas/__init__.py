"""Consumers and connections as the API shows them."""

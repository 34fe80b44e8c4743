"""Clients and projects as the API shows them."""

"""Meterbook's functions: creates the Chalice app and registers what the features bring."""

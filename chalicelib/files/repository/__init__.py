"""Announced files and column mappings in the table."""

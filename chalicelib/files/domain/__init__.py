"""Announced files, and parsing a table from a file's bytes."""

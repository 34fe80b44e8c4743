"""Announced and uploaded files: upload form, record, parsing tables, and report."""

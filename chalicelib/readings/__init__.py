"""Meter readings: entered by hand, imported by file, confirmed, corrected."""

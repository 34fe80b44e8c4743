"""Meter readings: recording, importing, confirming and correcting them."""

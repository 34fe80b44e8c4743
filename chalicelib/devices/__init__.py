"""Devices that push readings, and the keys with which they sign."""

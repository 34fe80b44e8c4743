"""Machines that push readings: what they are, the keys they sign with, and what they send."""

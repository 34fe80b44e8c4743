"""Cashier sessions: who took money at which desk, from the float to the count, the closing and the handover."""

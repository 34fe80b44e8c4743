"""Tariffs as data, and the engine that rates a use by them."""

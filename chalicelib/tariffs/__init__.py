"""Tariffs: what a utility publishes, kept as data, and the engine that rates a reading by it."""

"""Clients, their projects (one utility service each) and the settings by which one code serves them all."""

"""Consumers' requests for connections, and issue reports."""

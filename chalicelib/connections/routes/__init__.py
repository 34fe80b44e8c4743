"""Connections, meter brands, and operations on consumers that need their connections, over HTTP."""

from chalicelib.connections.routes import brands, connections, consumers
from chalicelib.connections.routes.common import blueprint

__all__ = ["blueprint", "brands", "connections", "consumers"]

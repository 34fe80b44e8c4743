"""Connections, meter brands, and consumers as far as their connections matter, over HTTP."""

from chalicelib.connections.routes import brands, connections, consumers
from chalicelib.connections.routes.common import blueprint

__all__ = ["blueprint", "brands", "connections", "consumers"]

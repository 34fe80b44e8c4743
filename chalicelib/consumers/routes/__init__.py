"""Consumers, connections and meter brands over HTTP."""

from chalicelib.consumers.routes import brands, connections, people
from chalicelib.consumers.routes.common import blueprint

__all__ = ["blueprint", "brands", "connections", "people"]

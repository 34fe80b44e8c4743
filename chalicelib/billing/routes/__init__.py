"""Billing over HTTP."""

from chalicelib.billing.routes import closing, runs
from chalicelib.billing.routes.common import blueprint

__all__ = ["blueprint", "closing", "runs"]

"""Billing over HTTP."""

from chalicelib.billing.routes import bills, closing, runs
from chalicelib.billing.routes.common import blueprint

__all__ = ["bills", "blueprint", "closing", "runs"]

"""Bills, and deleting consumers, which depends on what they owe, over HTTP."""

from chalicelib.bills.routes import bills, consumers
from chalicelib.bills.routes.common import blueprint

__all__ = ["bills", "blueprint", "consumers"]

"""Every endpoint of the API, for tests that are made from them: importing the app registers them."""

import app as _app
from chalicelib.platform.http import ENDPOINTS, Endpoint

ALL: tuple[Endpoint, ...] = tuple(ENDPOINTS)
assert _app.app.routes


def status_of(row: tuple[str, str]) -> int:
    """Return the status that an operation answers when all went well."""
    return next(one.status for one in ALL if (one.method, one.path) == row)


def name(one: Endpoint) -> str:
    """Name a test after its operation."""
    return one.name

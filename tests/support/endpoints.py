"""Every endpoint of the API, for tests that are made from them: importing the app registers them."""

import app as _app
from chalicelib.platform.http import ENDPOINTS, Endpoint

ALL: tuple[Endpoint, ...] = tuple(ENDPOINTS)
assert _app.app.routes


def status_of(row: tuple[str, str]) -> int:
    """Return the status that an operation answers when all went well."""
    return next(one.status for one in ALL if (one.method, one.path) == row)


def needed_query(one: Endpoint) -> dict[str, str]:
    """Return what an operation needs to find something: November 2025, or the consumers called Juan."""
    if one.path.endswith("/inquiry"):
        return {"q": "juan"}
    if one.path.endswith("/leak-allowance"):
        return {"usualUse": "2"}
    if one.name == "list_adjustments":
        return {"state": "posted"}
    return {name: "2025-11" for name in ("period", "month") if one.query and name in one.query.model_fields}


def name(one: Endpoint) -> str:
    """Name a test after its operation."""
    return one.name

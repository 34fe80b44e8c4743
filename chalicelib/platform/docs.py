"""The API's documentation page: Redoc, served from our own origin."""

import gzip
from functools import cache
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.platform.problems import SECURITY_HEADERS

blueprint = Blueprint(__name__)

Headers = dict[str, str | list[str]]

VERSION = "2.5.4"
FOLDER = Path(__file__).with_name("redoc")
SCRIPT = FOLDER / "redoc.standalone.js.gz"
# Redoc writes its styles into the page and searches in a worker that it creates itself. Everything else is blocked: it
# would load its maker's logo from another host.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src blob:",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
# Addresses are relative, because a deployed API may have its stage in front of all paths.
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meterbook API</title>
<link rel="icon" href="data:,">
<style>body {{ margin: 0 }}</style>
</head>
<body>
<redoc spec-url="openapi.json" required-props-first="true" expand-responses="200,201,202"></redoc>
<script src="docs/redoc-{VERSION}.js"></script>
</body>
</html>
"""


@blueprint.route("/api/docs", methods=["GET", "HEAD"], content_types=[])
def show_docs() -> Response:
    """Show the API's documentation as a page."""
    headers: Headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _POLICY,
        **SECURITY_HEADERS,
    }
    return Response(_PAGE, headers)


@blueprint.route(f"/api/docs/redoc-{VERSION}.js", methods=["GET", "HEAD"], content_types=[])
def show_redoc() -> Response:
    """Return the page's script. Its address contains its version, so browsers may cache it."""
    headers: Headers = {"Content-Type": "text/javascript; charset=utf-8", **SECURITY_HEADERS}
    headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return Response(_script(), headers)


@cache
def _script() -> str:
    return gzip.decompress(SCRIPT.read_bytes()).decode()

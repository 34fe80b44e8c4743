"""The headers of every answer: encryption only, and which web origins may read it in a browser (CORS)."""

from collections.abc import Callable, Mapping

from chalice.app import Chalice, Request, Response

from chalicelib.platform import settings

EXPOSED = "Location,Retry-After"
_ASKED_FOR = "Authorization,Content-Type,Idempotency-Key"
_REMEMBERED_SECONDS = "600"


def add_headers(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Give an answer the headers that all have; Chalice's own answers to what it could not route or run as well."""
    response = get_response(request)
    origin = request.headers.get("origin")
    common = {"Strict-Transport-Security": settings.environment().hsts, **origin_headers(origin)}
    response.headers = {**response.headers, **common}
    return response


def origin_headers(origin: str | None) -> Mapping[str, str]:
    """Return what tells a browser whether a page of an origin may read an answer.

    Only one origin can be named, so it is the one that asks; an answer kept for one is then no good for another.
    """
    allowed = settings.allowed_origins()
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    if origin in allowed:
        named = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
        return {**named, "Vary": "Origin"}
    return {"Vary": "Origin"}


def answer_preflights(app: Chalice) -> None:
    """Let each path of an app answer the browsers that ask before they send.

    The function answers, not a fixed answer of API Gateway's: that knows one origin only, and keeps it until the API
    itself is deployed anew (ADR 56).
    """
    for path, routes in list(app.routes.items()):
        methods = ",".join(sorted({*routes, "OPTIONS"}))
        app.route(path, methods=["OPTIONS"], content_types=[], name=f"OPTIONS {path}")(_preflight(methods))


def _preflight(methods: str) -> Callable[..., Response]:
    def answer(**_path_parameters: str) -> Response:
        headers: dict[str, str | list[str]] = {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": _ASKED_FOR,
            "Access-Control-Max-Age": _REMEMBERED_SECONDS,
        }
        return Response("", headers, 204)

    return answer

"""Headers of every answer: HSTS, and CORS."""

from collections.abc import Callable, Mapping

from chalice.app import Chalice, Request, Response

from chalicelib.platform import settings

EXPOSED = "Location,Retry-After"
_ASKED_FOR = "Authorization,Content-Type,Idempotency-Key"
_REMEMBERED_SECONDS = "600"


def add_headers(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Add the headers that all answers have, Chalice's own error answers included."""
    response = get_response(request)
    origin = request.headers.get("origin")
    common = {"Strict-Transport-Security": settings.environment().hsts, **origin_headers(origin)}
    response.headers = {**response.headers, **common}
    return response


def origin_headers(origin: str | None) -> Mapping[str, str]:
    """Return the CORS headers for a request from a web origin.

    The header can name one origin only, so it names the caller's, and `Vary` keeps caches from using it for another.
    """
    allowed = settings.allowed_origins()
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    if origin in allowed:
        named = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
        return {**named, "Vary": "Origin"}
    return {"Vary": "Origin"}


def answer_preflights(app: Chalice) -> None:
    """Answer CORS preflights (OPTIONS) on each path of an app.

    The function answers, because a fixed answer of API Gateway allows one origin only, and keeps it until the API
    itself is deployed again (ADR 56).
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

"""HTTP, wrapped once: one decorator carries path, permission and schemas; one place turns errors into answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel
from pynamodb.exceptions import PynamoDBException

from chalicelib.kernel import errors
from chalicelib.kernel.context import Actor, Context, ReadAlong
from chalicelib.kernel.errors import Fault, Invalid, MeterbookError, NotFound
from chalicelib.kernel.ids import derived_ids, slug
from chalicelib.platform import clock, keys, log
from chalicelib.platform.auth import check_session, verify_access_token
from chalicelib.platform.idempotency import request_fingerprint, run_once
from chalicelib.platform.request_parsing import bearer_token, body_of, clean, query_of
from chalicelib.platform.schema import Problem, ProblemField, Schema

PUBLIC = "(public)"
SIGNED_IN = "(signed in)"

_STATUS: Mapping[type[MeterbookError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooMany: 429,
    errors.TryLater: 503,
}
_CODE_STATUS = {"too-large": 413, "not-json": 415, "key-reused": 422}
_TITLES = {
    400: "Bad request",
    401: "Sign in first",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Key used for another request",
    429: "Too many requests",
    500: "Our mistake",
    503: "Try again in a moment",
}
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
}
_ANONYMOUS = Actor(id="anonymous", role="anonymous", permissions=frozenset())

Headers = dict[str, str | list[str]]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API: what the gateway, the guard and the OpenAPI document need to know of it."""

    method: str
    path: str
    permission: str
    or_own: bool
    view: Callable[..., BaseModel]
    body: type[Schema] | None
    query: type[Schema] | None
    returns: type[BaseModel]
    status: int
    location: str | None

    @property
    def name(self) -> str:
        return self.view.__name__

    @property
    def feature(self) -> str:
        return self.view.__module__.split(".")[1]


ENDPOINTS: list[Endpoint] = []


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    permission: str,
    returns: type[BaseModel],
    or_own: bool = False,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    status: int = 200,
    location: str | None = None,
) -> Callable[[View], View]:
    """Register a view with its permission and schemas.

    The view is called with a Context, then `body` and `query` if it declares schemas for them and the path's parameters
    other than client and project. `or_own` lets actors in who hold the permission only for what is theirs: the use case
    then looks at whose it is. `location` is a path template filled from the path's parameters and the answer.
    """

    def register(view: View) -> View:
        known = Endpoint(method, path, permission, or_own, view, body, query, returns, status, location)
        ENDPOINTS.append(known)

        @wraps(view)
        def answer(**path_parameters: str) -> Response:
            return _answer(known, blueprint.current_request, path_parameters)

        # An empty list of content types leaves that check to us, so that the refusal reads like every other.
        blueprint.route(path, methods=[method], content_types=[], name=f"{method} {path}")(answer)
        return view

    return register


def _answer(known: Endpoint, request: Request, path_parameters: dict[str, str]) -> Response:
    request_id = str((request.context or {}).get("requestId") or clock.fresh_id())
    client = ""  # of whoever asks, once it is known: what the path says may be anything
    try:
        context = _context_of(known, request, path_parameters, request_id)
        client = context.client
        arguments: dict[str, Any] = {k: v for k, v in path_parameters.items() if k not in {"client", "project"}}
        if known.query:
            arguments["query"] = query_of(known.query, request)
        elif request.query_params:
            raise Invalid("unknown-parameter", "this operation takes no query parameters")
        if known.body:
            arguments["body"] = body_of(known.body, request)
        response = _execute(known, context, request, arguments, path_parameters)
    except MeterbookError as error:
        response = _problem(error, request_id)
    except (PynamoDBException, ClientError, BotoCoreError) as error:
        response = _outage(error, request_id)
    except Exception:  # noqa: BLE001 - the outermost guard: nothing may leave without an answer in our form
        log.failure("request_failed", request_id=request_id, method=known.method, path=known.path)
        response = _problem_response(500, "internal", "something went wrong on our side; it is logged", request_id)
    log.event(
        "request_answered",
        request_id=request_id,
        method=known.method,
        path=known.path,
        status=response.status_code,
        client=client,
    )
    return response


def _execute(
    known: Endpoint, context: Context, request: Request, arguments: dict[str, Any], path_parameters: dict[str, str]
) -> Response:
    """Call the view; with an Idempotency-Key only once, however often the request is sent."""

    def call(ctx: Context) -> Response:
        result = known.view(ctx, **arguments)
        headers: Headers = {}
        if known.location:
            headers["Location"] = known.location.format(**(result.model_dump(by_alias=False) | path_parameters))
        return Response(result.model_dump_json(by_alias=True), headers, known.status)

    if context.request_key is None or known.method != "POST":
        response = call(context)
    else:
        place = (known.method, str(request.context.get("path", known.path)))
        asked = request_fingerprint(context, arguments["body"].model_dump_json() if known.body else "")
        ids = derived_ids(context.client, context.actor.id, *place, context.request_key, asked)
        again = replace(context, new_id=ids)
        # A stranger's answer is not kept; with the same key and body they meet what they made.
        public = known.permission == PUBLIC
        response = call(again) if public else run_once(context, place, asked, lambda: call(again))
    response.headers.update({"Content-Type": "application/json", **SECURITY_HEADERS})
    return response


def _context_of(known: Endpoint, request: Request, path_parameters: dict[str, str], request_id: str) -> Context:
    """Say who asks and whether they may, before anything of the request is read."""
    now = clock.now()
    client, project, actor = "", path_parameters.get("project", ""), _ANONYMOUS
    read_along: ReadAlong = {}
    if known.permission != PUBLIC:
        token = verify_access_token(bearer_token(request), now=now)
        client = token.client
        also = (keys.project(client, slug(project, "a project's id")),) if project else ()
        actor, read_along = check_session(token, now, also)
    key = request.headers.get("idempotency-key") if known.permission != PUBLIC or known.status == 201 else None
    if key is not None and not (1 <= len(key) <= 128 and key.isascii() and key.isprintable()):
        raise Invalid("bad-idempotency-key", "an Idempotency-Key is 1 to 128 printable ASCII characters")
    context = Context(
        client=client,
        project=project,
        actor=actor,
        now=now,
        new_id=clock.fresh_id,
        request_id=request_id,
        request_key=key,
        address=clean((request.context.get("identity") or {}).get("sourceIp")),
        agent=clean(request.headers.get("user-agent")),
        read_along=read_along,
    )
    _authorize(known, context, path_parameters.get("client", client))
    return context


def _authorize(known: Endpoint, context: Context, asked: str) -> None:
    """Stop whoever asks for another tenant or without permission, and log each such try."""
    try:
        if asked != context.client:
            raise NotFound("not-found", "there is no such client, or it is not yours")
        if known.permission not in {PUBLIC, SIGNED_IN}:
            context.require(known.permission, or_own=known.or_own)
    except MeterbookError as error:
        log.event(
            "access_denied",
            request_id=context.request_id,
            method=known.method,
            path=known.path,
            client=context.client,
            actor=context.actor.id,
            role=context.actor.role,
            code=error.code,
        )
        raise


def _problem(error: MeterbookError, request_id: str) -> Response:
    by_class = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    status = _CODE_STATUS.get(error.code, by_class)
    response = _problem_response(status, error.code, str(error), request_id, error.faults)
    if isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _outage(error: Exception, request_id: str) -> Response:
    """Answer for an AWS call that failed: 503 if waiting helps, 500 if it is our mistake."""
    cause = getattr(error, "cause", None) or error
    code = getattr(cause, "response", {}).get("Error", {}).get("Code", "")
    log.failure("aws_call_failed", request_id=request_id, error=type(cause).__name__, code=code)
    if code in _THROTTLED or (isinstance(cause, BotoCoreError) and not code):
        return _problem_response(503, "busy", "the store is busy; nothing was lost, try again in a moment", request_id)
    return _problem_response(500, "internal", "something went wrong on our side; it is logged", request_id)


def _problem_response(status: int, code: str, detail: str, request_id: str, faults: tuple[Fault, ...] = ()) -> Response:
    body = problem_json(status, code, detail, request_id, faults)
    headers: Headers = {"Content-Type": "application/problem+json", **SECURITY_HEADERS}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503 or code == "in-progress":
        headers["Retry-After"] = "2"
    return Response(body, headers, status)


def problem_json(status: int, code: str, detail: str, request_id: str, faults: tuple[Fault, ...] = ()) -> str:
    """Write an error as RFC 9457 problem details."""
    return Problem(
        type=f"urn:meterbook:problem:{code}",
        title=_TITLES[status],
        status=status,
        detail=detail,
        code=code,
        request_id=request_id,
        errors=[ProblemField(where=fault.where, reason=fault.reason) for fault in faults],
    ).model_dump_json(by_alias=True)

"""HTTP, wrapped once: one decorator carries an operation's path, permission, schemas and errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import Fault, Invalid, MeterbookError, NotFound
from chalicelib.kernel.ids import derived_ids, slug
from chalicelib.platform import clock, keys, log, problems
from chalicelib.platform.auth import check_session, verify_access_token
from chalicelib.platform.csv_file import CsvFile
from chalicelib.platform.idempotency import request_fingerprint, run_once
from chalicelib.platform.problems import SECURITY_HEADERS
from chalicelib.platform.request_parsing import bearer_token, body_of, caller_address, clean, query_of
from chalicelib.platform.schema import Schema

PUBLIC = "(public)"
SIGNED_IN = "(signed in)"

_ANONYMOUS = Actor(id="anonymous", role="anonymous", permissions=frozenset())

RawItem = Mapping[str, Any] | None
# Makes the ProjectContext of a Context from the project's raw item.
ProjectEntry = Callable[[Context, RawItem], Context]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API: all that routing, authorization and the OpenAPI document need."""

    method: str
    path: str
    permission: str
    or_own: bool
    view: Callable[..., BaseModel | CsvFile]
    body: type[Schema] | None
    query: type[Schema] | None
    returns: type[BaseModel | CsvFile]
    status: int
    location: str | None
    errors: frozenset[str]
    secret: bool = False

    @property
    def name(self) -> str:
        return self.view.__name__

    @property
    def subject(self) -> str:
        """The view's feature or, if its routes are a package, the module."""
        _, feature, *_, module = self.view.__module__.split(".")
        return feature if module == "routes" else module

    @property
    def takes_key(self) -> bool:
        """Return whether an Idempotency-Key is read: for a public operation only if it creates something."""
        return self.method == "POST" and (self.permission != PUBLIC or self.status == 201)

    @property
    def keeps_answer(self) -> bool:
        """Return whether the first answer is stored for a repeated request; public and secret answers are not."""
        return self.takes_key and self.permission != PUBLIC and not self.secret

    @property
    def error_codes(self) -> frozenset[str]:
        """Return every error code that the operation may answer with: the implied and the declared ones."""
        shape = {
            "busy internal": True,
            "no-token bad-token token-expired session-ended": self.permission != PUBLIC,
            "forbidden": self.permission not in {PUBLIC, SIGNED_IN},
            "not-found": "{" in self.path,
            "bad-name no-such-project": "{projectId}" in self.path,
            "invalid-body not-json too-large": self.body,
            "invalid-query repeated-parameter": self.query,
            "unknown-parameter": not self.query,
            "bad-cursor": self.query and "cursor" in self.query.model_fields,
            "bad-idempotency-key": self.takes_key,
            "key-reused in-progress": self.keeps_answer,
        }
        return self.errors.union(*(codes.split() for codes, implied in shape.items() if implied))


ENDPOINTS: list[Endpoint] = []


def _nowhere(ctx: Context, item: RawItem) -> Context:  # noqa: ARG001
    raise RuntimeError("no feature has said how a project is entered (see enter_projects_by)")


_enter_project: ProjectEntry = _nowhere


def enter_projects_by(entry: ProjectEntry) -> None:
    """Register the function that makes a ProjectContext where a path names a project; tenancy provides it."""
    global _enter_project  # noqa: PLW0603 - one process has one way in
    _enter_project = entry


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    permission: str,
    returns: type[BaseModel | CsvFile],
    or_own: bool = False,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    status: int = 200,
    location: str | None = None,
    errors: str = "",
    secret: bool = False,
) -> Callable[[View], View]:
    """Register a view as an operation of the API, with its permission, schemas and errors.

    The view is called with a Context (a ProjectContext, if the path names a project), then `body` and `query` if it
    declares schemas for them, and the path's parameters other than client and project. `or_own` also admits actors who
    have the permission only for their own data: the use case then checks the owner. `location` is a path template
    filled from the path's parameters and the answer; an operation that creates something (status 201) needs one. A GET
    answers HEAD, too. `errors` names the codes of the errors that the use case raises, separated by spaces; those that
    any operation of this kind may answer with are implied (see `Endpoint.error_codes`). The answer of a `secret`
    operation is not stored for a repeated request: the use case must return the same again. An operation returns a
    schema, sent as JSON, or a `CsvFile`. Send a binary file as a `FileLink`.
    """
    if status == 201 and location is None:
        raise AssertionError(f"{method} {path} creates a thing: say by `location` where it is")
    if issubclass(returns, CsvFile) and method != "GET":
        raise AssertionError(f"{method} {path} can't answer a CSV file: the answer kept for a repetition is JSON")

    def register(view: View) -> View:
        codes = frozenset(errors.split())
        operation = Endpoint(
            method, path, permission, or_own, view, body, query, returns, status, location, codes, secret
        )
        ENDPOINTS.append(operation)

        @wraps(view)
        def answer(**path_parameters: str) -> Response:
            return _answer(operation, blueprint.current_request, path_parameters)

        methods = [method, "HEAD"] if method == "GET" else [method]
        # An empty list of content types leaves this check to us, so that the error has the same form as all others.
        blueprint.route(path, methods=methods, content_types=[], name=f"{method} {path}")(answer)
        return view

    return register


def _answer(endpoint: Endpoint, request: Request, path_parameters: dict[str, str]) -> Response:
    request_id = str((request.context or {}).get("requestId") or clock.fresh_id())
    client = ""  # the authenticated one; the path may name another
    try:
        context, project = _context_of(endpoint, request, path_parameters, request_id)
        client = context.client
        arguments: dict[str, Any] = {
            to_snake(name): value for name, value in path_parameters.items() if name not in {"clientId", "projectId"}
        }
        if endpoint.query:
            arguments["query"] = query_of(endpoint.query, request)
        elif request.query_params:
            faults = tuple(Fault(name, "Leave this parameter out.") for name in sorted(request.query_params))
            raise Invalid("unknown-parameter", "this operation takes no query parameters", faults=faults)
        if endpoint.body:
            arguments["body"] = body_of(endpoint.body, request)
        response = _execute(endpoint, context, project, request, arguments, path_parameters)
    except MeterbookError as error:
        response = problems.refusal(error, request_id, endpoint.body, endpoint.query)
    except problems.AWS_ERRORS as error:
        response = problems.outage(error, request_id)
    except Exception:  # noqa: BLE001 - the outermost guard: nothing may leave without an answer in our form
        log.failure("request_failed", request_id=request_id, method=endpoint.method, path=endpoint.path)
        response = problems.internal_error(request_id)
    log.event(
        "request_answered",
        request_id=request_id,
        method=request.method,
        path=endpoint.path,
        status=response.status_code,
        client=client,
    )
    return response


def _execute(
    endpoint: Endpoint,
    context: Context,
    project: RawItem,
    request: Request,
    arguments: dict[str, Any],
    path_parameters: dict[str, str],
) -> Response:
    """Call the view; with an Idempotency-Key only once, however often the request is sent."""

    def call(ctx: Context) -> Response:
        result = endpoint.view(_enter_project(ctx, project) if ctx.project_id else ctx, **arguments)
        return _response(endpoint, result, {"clientId": ctx.client} | path_parameters)

    if context.request_key is None:
        response = call(context)
    else:
        place = (endpoint.method, str(request.context.get("path", endpoint.path)))
        asked = request_fingerprint(context, arguments["body"].model_dump_json() if endpoint.body else "")
        ids = derived_ids(context.client, context.actor.id, *place, context.request_key, asked)
        again = replace(context, new_id=ids)
        response = run_once(context, place, asked, lambda: call(again)) if endpoint.keeps_answer else call(again)
    response.headers = {"Content-Type": "application/json", **SECURITY_HEADERS, **response.headers}
    return response


def _response(endpoint: Endpoint, result: BaseModel | CsvFile, names: dict[str, str]) -> Response:
    headers: dict[str, str | list[str]] = {}
    if isinstance(result, CsvFile):
        headers["Content-Type"] = "text/csv; charset=utf-8"
        headers["Content-Disposition"] = f'attachment; filename="{result.name}"'
        return Response(result.text, headers, endpoint.status)
    if endpoint.location:
        headers["Location"] = endpoint.location.format(**(result.model_dump(by_alias=False) | names))
    return Response(result.model_dump_json(by_alias=True), headers, endpoint.status)


def _context_of(
    endpoint: Endpoint, request: Request, path_parameters: dict[str, str], request_id: str
) -> tuple[Context, RawItem]:
    """Authenticate and authorize the caller, before the body or query is read; return the Context.

    Also return the raw item of the project in the path, which is read in the same request as the session.
    """
    now = clock.now()
    client, project, actor = "", path_parameters.get("projectId", ""), _ANONYMOUS
    item: RawItem = None
    if endpoint.permission != PUBLIC:
        token = verify_access_token(bearer_token(request), now=now)
        client = token.client
        also = (keys.project(client, slug(project, "a project's id", field="projectId")),) if project else ()
        actor, items = check_session(token, now, also)
        item = next(iter(items.values()), None)
    key = request.headers.get("idempotency-key") if endpoint.takes_key else None
    if key is not None and not (1 <= len(key) <= 128 and key.isascii() and key.isprintable()):
        raise Invalid("bad-idempotency-key", "give 1 to 128 printable ASCII characters", field="Idempotency-Key")
    context = Context(
        client=client,
        project_id=project,
        actor=actor,
        now=now,
        new_id=clock.fresh_id,
        request_id=request_id,
        request_key=key,
        address=caller_address(request),
        agent=clean(request.headers.get("user-agent")),
        read_clock=clock.now,
    )
    _authorize(endpoint, context, path_parameters.get("clientId", client))
    return context, item


def _authorize(endpoint: Endpoint, context: Context, asked: str) -> None:
    """Refuse access to another tenant or without the permission, and log each refusal."""
    try:
        if asked != context.client:
            raise NotFound("not-found", "there is no such client, or it is not yours")
        if endpoint.permission not in {PUBLIC, SIGNED_IN}:
            context.require(endpoint.permission, or_own=endpoint.or_own)
    except MeterbookError as error:
        log.event(
            "access_denied",
            request_id=context.request_id,
            method=endpoint.method,
            path=endpoint.path,
            client=context.client,
            actor=context.actor.id,
            role=context.actor.role,
            code=error.code,
        )
        raise

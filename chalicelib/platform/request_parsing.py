"""What a request brings along: its token, body and query, each read or refused in words."""

from chalice.app import MultiDict, Request
from pydantic import ValidationError

from chalicelib.kernel.errors import Fault, Invalid, Unauthenticated
from chalicelib.platform.schema import Schema

_MAX_BODY_BYTES = 1_000_000
_MAX_ORIGIN = 200


def clean(sent: object) -> str:
    """Make what a request says about its origin fit to be kept."""
    return "".join(filter(str.isprintable, str(sent or "")))[:_MAX_ORIGIN]


def bearer_token(request: Request) -> str:
    """Give the token that a request brings along.

    :raises Unauthenticated: if it brings none.
    """
    scheme, _, token = str(request.headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            "no-token", "sign in at /api/auth/login and send the header Authorization: Bearer <token>"
        )
    return token.strip()


def raw_body(request: Request) -> bytes:
    """Give the body as it was sent, for whoever signed it."""
    raw = request.raw_body
    return raw.encode() if isinstance(raw, str) else raw or b""


def body_of(schema: type[Schema], request: Request) -> Schema:
    """Read the body.

    :raises Invalid: naming everything that is wrong with it.
    """
    raw = raw_body(request)
    if len(raw) > _MAX_BODY_BYTES:
        raise Invalid("too-large", "the body is larger than 1 MB")
    content_type = str(request.headers.get("content-type", "application/json")).partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Invalid("not-json", "send the body as Content-Type: application/json")
    try:
        return schema.model_validate_json(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid("body", error) from None


def query_of(schema: type[Schema], request: Request) -> Schema:
    """Read the query.

    :raises Invalid: naming everything that is wrong with it.
    """
    sent = request.query_params or MultiDict({})
    if repeated := sorted(name for name in sent if len(sent.getlist(name)) > 1):
        raise Invalid("repeated-parameter", f"give each of these query parameters once: {', '.join(repeated)}")
    try:
        return schema.model_validate(dict(sent), by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid("query", error) from None


def _invalid(what: str, error: ValidationError) -> Invalid:
    faults = tuple(
        Fault(".".join(str(step) for step in fault["loc"]) or what, fault["msg"].removeprefix("Value error, "))
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    )
    first = f"{faults[0].where}: {faults[0].reason}"
    more = f" (and {len(faults) - 1} more, see errors)" if len(faults) > 1 else ""
    return Invalid(f"invalid-{what}", first + more, faults=faults)

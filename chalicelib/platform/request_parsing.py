"""Parse a request's token, body and query, with messages that say what to change."""

from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from chalice.app import MultiDict, Request
from pydantic import ValidationError
from pydantic_core import from_json

from chalicelib.kernel.errors import Fault, Invalid, Unauthenticated
from chalicelib.platform import settings
from chalicelib.platform.auth import is_origin_key
from chalicelib.platform.schema import Schema
from chalicelib.platform.validation import faults_of

_MAX_BODY_BYTES = 1_000_000
_MAX_VALUES = 100_000  # many times the longest tariff; each may become a fault
_MAX_FAULTS = 1_000
_MAX_FIELD = 200
_MAX_ORIGIN = 200


def clean(sent: object) -> str:
    """Clean a header's text for storage."""
    return "".join(filter(str.isprintable, str(sent or "")))[:_MAX_ORIGIN]


def caller_address(request: Request) -> str:
    """Return the network address that a request comes from, if known.

    Behind CloudFront the gateway sees only CloudFront's own address; the caller's is in a header, with its port, that
    CloudFront sets whatever the caller sent. A caller who bypasses CloudFront could set it as well, so it is
    used only together with the key that our distribution adds.
    """
    if settings.environment().behind_cloudfront and is_origin_key(str(request.headers.get("x-origin-key", ""))):
        seen = str(request.headers.get("cloudfront-viewer-address", "")).rpartition(":")[0].strip("[]")
        with suppress(ValueError):
            return str(ip_address(seen))
    return clean((request.context.get("identity") or {}).get("sourceIp"))


def bearer_token(request: Request) -> str:
    """Return the bearer token of a request.

    :raises Unauthenticated: if it has none.
    """
    scheme, _, token = str(request.headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            "no-token", "sign in at /api/auth/login and send the header Authorization: Bearer <token>"
        )
    return token.strip()


def raw_body(request: Request) -> bytes:
    """Return the body as it was sent, to check its signature."""
    raw = request.raw_body
    return raw.encode() if isinstance(raw, str) else raw or b""


def body_of(schema: type[Schema], request: Request) -> Schema:
    """Parse the body.

    :raises Invalid: naming everything that is wrong with it.
    """
    raw = raw_body(request)
    if len(raw) > _MAX_BODY_BYTES:
        raise Invalid("too-large", "the body is larger than 1 MB")
    if raw.count(b",") + raw.count(b":") > _MAX_VALUES:  # before each of them can become a fault of its own
        raise Invalid("too-large", "the body has too many fields and list entries")
    content_type = str(request.headers.get("content-type", "application/json")).partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Invalid("not-json", "send the body as Content-Type: application/json")
    try:
        return schema.model_validate_json(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid("body", error, _read(raw)) from None


def query_of(schema: type[Schema], request: Request) -> Schema:
    """Parse the query parameters.

    :raises Invalid: naming everything that is wrong with them.
    """
    sent = request.query_params or MultiDict({})
    if repeated := sorted(name for name in sent if len(sent.getlist(name)) > 1):
        faults = tuple(Fault(name, "Give this parameter once.") for name in repeated)
        raise Invalid("repeated-parameter", "give each query parameter once", faults=faults)
    try:
        return schema.model_validate(dict(sent), by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid("query", error, dict(sent)) from None


def _read(raw: bytes) -> Any:  # noqa: ANN401
    try:
        return from_json(raw)
    except ValueError:
        return None


def _invalid(what: str, error: ValidationError, sent: Any) -> Invalid:  # noqa: ANN401
    found = faults_of(error, sent)
    if what == "query":
        found = tuple(Fault(one.field, one.message.replace("his field", "his parameter")) for one in found)
    faults = [Fault(fault.field and fault.field[:_MAX_FIELD], fault.message) for fault in found[:_MAX_FAULTS]]
    if len(found) > _MAX_FAULTS:
        faults.append(Fault(None, f"{len(found) - _MAX_FAULTS} other fields are at fault, too: change these first."))
    return Invalid(f"invalid-{what}", faults[0].message, faults=tuple(faults))

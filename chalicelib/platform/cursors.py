"""Cursors of lists: where a page ended, sealed, so that nobody can make one or use it elsewhere."""

import base64
import binascii
import hmac
import json
from hashlib import sha256
from typing import Any

from chalicelib.kernel.errors import Invalid
from chalicelib.platform import settings


def _cursor_tag(body: bytes, place: str) -> bytes:
    secret = next(iter(settings.token_keys().values())).encode()
    return hmac.digest(secret, b"cursor|" + place.encode() + b"|" + body, sha256)[:12]


def encode_cursor(last: dict[str, Any], place: str) -> str:
    """Hide where a page ended, for the list of that place alone."""
    body = json.dumps(last, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_cursor_tag(body, place) + body).decode().rstrip("=")


def decode_cursor(cursor: str, place: str) -> dict[str, Any]:
    """Say where the page before ended.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    tag, body = raw[:12], raw[12:]
    if not hmac.compare_digest(tag, _cursor_tag(body, place)):
        raise Invalid("bad-cursor", "this cursor does not belong to this list; start again without it")
    opened: dict[str, Any] = json.loads(body)
    return opened

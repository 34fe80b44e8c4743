"""Cursors of lists: where a page ended, signed, so that nobody can make one or use it elsewhere."""

from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from chalicelib.kernel.errors import Invalid
from chalicelib.platform import settings


def encode_cursor(last: dict[str, Any], place: str) -> str:
    """Write down where a page ended, for the list of that place alone. A place names its tenant."""
    return _serializer(place).dumps(last)


def decode_cursor(cursor: str, place: str) -> dict[str, Any]:
    """Return where the page before ended.

    :raises Invalid: for a cursor that this list did not hand out.
    """
    try:
        opened: dict[str, Any] = _serializer(place).loads(cursor)
    except BadData:
        raise Invalid(
            "bad-cursor", "this cursor does not belong to this list; start again without it", field="cursor"
        ) from None
    return opened


def _serializer(place: str) -> URLSafeSerializer:
    # A cursor outlives a change of keys: all of them verify, and the current one signs, which comes last here.
    keys = [*settings.token_keys().values()][::-1]
    signer = {"key_derivation": "hmac", "digest_method": sha256}
    return URLSafeSerializer(keys, salt=f"cursor|{place}", signer_kwargs=signer)

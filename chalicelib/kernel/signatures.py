"""Signatures of requests that machines send: HMAC-SHA256 over a timestamp and the body."""

import hmac
import re
from datetime import datetime, timedelta

# The largest accepted difference between a request's timestamp and now, either way.
TOLERANCE = timedelta(minutes=5)
_SCHEME = "v1="
_DIGITS = re.compile(r"\d{9,11}\Z", re.ASCII)


def signature_of(secret: str, *, timestamp: str, body: bytes) -> str:
    """Sign a body: HMAC-SHA256 over the timestamp, a dot and the body, in hex after `v1=`.

    Payment providers sign their webhooks in the same form (timestamp.body).
    """
    return _SCHEME + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def is_signed(secret: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Return whether a request was signed with the secret, within five minutes of now. Takes the same time for any."""
    signed = signature_of(secret, timestamp=timestamp, body=body)
    same = hmac.compare_digest(signed.encode(), signature.encode())
    timely = bool(_DIGITS.match(timestamp)) and abs(int(timestamp) - int(now.timestamp())) <= TOLERANCE.seconds
    return same and timely

"""Devices, and checking the signatures of their requests."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Unauthenticated

# The largest accepted difference between a request's timestamp and now, either way.
TOLERANCE = timedelta(minutes=5)
_SCHEME = "v1="
_DIGITS = re.compile(r"\d{9,11}\Z", re.ASCII)


DeviceStatus = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True)
class Device:
    """A machine that may push readings of one project, in some `areas` or (none named) in all.

    `key_version` counts the keys issued to it (0: none yet); only the last one is valid. `root_id` names the root key
    from which it is derived, `key_request` the request that issued it.
    """

    id: str
    title: str
    areas: tuple[str, ...]
    active: bool
    key_version: int
    root_id: str
    created_at: datetime
    key_request: str | None = None

    @property
    def status(self) -> DeviceStatus:
        return "active" if self.active else "disabled"

    def as_actor(self) -> Actor:
        """Return the device as an actor, who may record readings and nothing else."""
        return Actor(f"device:{self.id}", "device", frozenset({"readings.submit"}), areas=self.areas or None)


def signature_of(secret: str, *, timestamp: str, body: bytes) -> str:
    """Sign a body: HMAC-SHA256 over the timestamp, a dot and the body, in hex after `v1=`.

    Payment providers sign their webhooks in the same form (timestamp.body).
    """
    return _SCHEME + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def check_signature(secret: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Check that a request was signed with the secret, within five minutes of now.

    :raises Unauthenticated: if not, without saying what is wrong.
    """
    signed = signature_of(secret, timestamp=timestamp, body=body)
    same = hmac.compare_digest(signed.encode(), signature.encode())
    timely = bool(_DIGITS.match(timestamp)) and abs(int(timestamp) - int(now.timestamp())) <= TOLERANCE.seconds
    if not (same and timely):
        raise refusal()


def refusal() -> Unauthenticated:
    """Return the error for a request that is not validly signed; always the same."""
    return Unauthenticated("bad-signature", "device, timestamp or signature is wrong; sign with the newest key")

"""Devices, and checking the signatures of their requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.kernel.signatures import is_signed

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


def check_signature(secret: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Check that a request was signed with the secret, within five minutes of now.

    :raises Unauthenticated: if not, without saying what is wrong.
    """
    if not is_signed(secret, timestamp=timestamp, signature=signature, body=body, now=now):
        raise refusal()


def refusal() -> Unauthenticated:
    """Return the error for a request that is not validly signed; always the same."""
    return Unauthenticated("bad-signature", "device, timestamp or signature is wrong; sign with the newest key")

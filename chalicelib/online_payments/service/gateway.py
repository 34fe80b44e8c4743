"""The port to the payment gateway: where payers are sent, and the keys of its callbacks.

There is one gateway, the simulated one: it needs no call to open a checkout. It stands where METERBOOK_PAYMENT_GATEWAY
says, on a laptop and in tests only. Another gateway takes its place by these functions.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.kernel.errors import Conflict
from chalicelib.platform import auth, settings
from chalicelib.tenancy.domain import Project

_PURPOSE = "payment-gateway"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the gateway calls an intent, and the address at which the payer pays it."""

    reference: str
    pay_at: str


def open_checkout(project: Project, intent_id: str) -> Checkout:
    """Open an intent at the gateway. The same id opens the same one again.

    :raises Conflict: if this deployment has no gateway.
    """
    base = settings.environment().payment_gateway
    if base is None:
        raise Conflict("no-gateway", "there is no payment gateway here: pay at the office")
    return Checkout(f"SIM-{intent_id}", f"{base}/{project.client}/{project.id}/{intent_id}")


def callback_secret(client: str, key_id: str | None = None) -> str:
    """Derive the secret with which the gateway signs callbacks for a client. It is never stored."""
    _, secret = auth.derived_key(_PURPOSE, client, key_id=key_id)
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def callback_secrets(client: str) -> Iterator[str]:
    """Yield the secrets that are valid for a client: one of each root key, so that a root key can be replaced."""
    return (callback_secret(client, key_id) for key_id in settings.root_keys())

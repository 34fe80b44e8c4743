"""The simulated payment gateway: a payer confirms or fails a payment, and the API hears of it by a signed callback.

It is on the laptop and in tests only; no deployed function has it. It sends the callback to the same gateway that it
stands behind, over no network.
"""

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from chalicelib.kernel.clock import iso
from chalicelib.kernel.signatures import signature_of
from chalicelib.online_payments.service import callback_secret
from chalicelib.platform import clock

PATH = "/simulated-gateway"
_CALLBACKS = "/api/gateway/callbacks"
_PAGE = """<!doctype html><meta charset="utf-8"><title>Simulated gateway</title>
<h1>Simulated gateway</h1><p>No money moves here. Payment {intent} of {client}, {project}.</p>
<form method="post"><label>Amount <input name="amount" required></label> <label>Currency <input name="currency"
required></label> <button name="outcome" value="completed">Pay</button> <button name="outcome" value="failed">Fail
</button></form>"""

Outcome = Literal["completed", "failed"]
# Sends a request to the API and returns the answer's status and body.
Send = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Paid:
    """What the payer did at the gateway."""

    pay_at: str
    outcome: Outcome
    amount: str
    currency: str
    at: datetime
    transaction_id: str = "T-1"
    reason: str | None = None


def callback_of(paid: Paid, *, sent_at: datetime) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of the callback that tells of it."""
    client, project, intent = place_of(paid.pay_at)
    told = {
        "projectId": project,
        "onlinePaymentId": intent,
        "outcome": paid.outcome,
        "transactionId": paid.transaction_id,
        "amount": paid.amount,
        "currency": paid.currency,
        "at": iso(paid.at),
        "reason": paid.reason,
    }
    body = json.dumps(told).encode()
    timestamp = str(int(sent_at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Meterbook-Client": client,
        "Meterbook-Timestamp": timestamp,
        "Meterbook-Signature": signature_of(callback_secret(client), timestamp=timestamp, body=body),
    }
    return headers, body


def place_of(pay_at: str) -> tuple[str, str, str]:
    """Return the client, project and payment of an address.

    :raises ValueError: if it is none of ours.
    """
    client, project, intent = urlsplit(pay_at).path.removeprefix(f"{PATH}/").split("/")
    return client, project, intent


def answer(method: str, target: str, body: bytes, send: Send) -> tuple[int, str, bytes]:
    """Show the payer's page, or do what its form says; return the status, the type and the text of the answer."""
    try:
        client, project, intent = place_of(target)
    except ValueError:
        return 404, "text/plain", b"There is no such payment."
    if method == "GET":
        names = {"client": client, "project": project, "intent": intent}
        page = _PAGE.format_map({name: html.escape(text) for name, text in names.items()})
        return 200, "text/html; charset=utf-8", page.encode()
    form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    outcome: Outcome = "completed" if form.get("outcome") == "completed" else "failed"
    now = clock.now()
    paid = Paid(
        pay_at=target,
        outcome=outcome,
        amount=form.get("amount", ""),
        currency=form.get("currency", ""),
        at=now,
        transaction_id=f"T-{intent}",
        reason=None if outcome == "completed" else "The payer chose to fail",
    )
    headers, told = callback_of(paid, sent_at=now)
    status, text = send("POST", _CALLBACKS, headers, told)
    return status, "application/json", text

"""Messages between functions."""

import json
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.platform import settings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_BATCH = 10


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


def send_to_billing(bodies: Sequence[dict[str, Any]]) -> None:
    """Put messages on the bill generator's queue, ten to a request.

    :raises RuntimeError: if the queue did not take one; what was taken stays, and a repetition is harmless.
    """
    url = settings.billing_queue_url()
    for start in range(0, len(bodies), _BATCH):
        entries = [
            {"Id": str(at), "MessageBody": json.dumps(body, sort_keys=True)}
            for at, body in enumerate(bodies[start : start + _BATCH])
        ]
        answer = _client().send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        if answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(answer['Failed'])} messages")


def send_to_mails(body: dict[str, Any]) -> None:
    """Put one message on the queue of mails to send."""
    _client().send_message(QueueUrl=settings.mail_queue_url(), MessageBody=json.dumps(body, sort_keys=True))

"""Messages between functions."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import boto3

from chalicelib.platform import settings
from chalicelib.platform.messages import BillChunk, MailReset, PlanRun

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_BATCH = 10


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


def send_to_billing(messages: Sequence[PlanRun | BillChunk]) -> None:
    """Put messages on the bill generator's queue, ten to a request.

    :raises RuntimeError: if the queue did not take one; what was taken stays, and a repetition is harmless.
    """
    url = settings.billing_queue_url()
    for start in range(0, len(messages), _BATCH):
        entries = [
            {"Id": str(at), "MessageBody": message.as_body()}
            for at, message in enumerate(messages[start : start + _BATCH])
        ]
        answer = _client().send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        if answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(answer['Failed'])} messages")


def send_to_mails(message: MailReset) -> None:
    """Put one message on the queue of mails to send."""
    _client().send_message(QueueUrl=settings.mail_queue_url(), MessageBody=message.as_body())

"""Messages between functions."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from chalicelib.platform import log, settings
from chalicelib.platform.messages import BillChunk, MailReset, PlanRun

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_BATCH = 10


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs")


def send_to_billing(messages: Sequence[PlanRun | BillChunk], *, after_seconds: int = 0) -> None:
    """Put messages on the bill generator's queue, ten to a request; with a delay, up to 15 minutes.

    :raises RuntimeError: if the queue did not accept one. The accepted ones stay, and repeating the call is safe.
    """
    url = settings.billing_queue_url()
    for start in range(0, len(messages), _BATCH):
        entries = [
            {"Id": str(at), "MessageBody": message.as_body(), "DelaySeconds": after_seconds}
            for at, message in enumerate(messages[start : start + _BATCH])
        ]
        answer = _client().send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        if answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(answer['Failed'])} messages")


def hide_billing_message(receipt: str, *, seconds: int) -> None:
    """Keep a message that is being processed from being delivered again for `seconds` from now.

    If that fails, it is delivered again at the time set before, which is safe.
    """
    try:
        _client().change_message_visibility(
            QueueUrl=settings.billing_queue_url(), ReceiptHandle=receipt, VisibilityTimeout=seconds
        )
    except ClientError as error:
        log.event("message_not_hidden", code=error.response["Error"]["Code"])


def send_to_mails(message: MailReset) -> None:
    """Put one message on the queue of mails to send."""
    _client().send_message(QueueUrl=settings.mail_queue_url(), MessageBody=message.as_body())

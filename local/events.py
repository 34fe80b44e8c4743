"""Plays Lambda behind the queues and schedules: finds the app's handlers and calls them as Lambda would."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from chalice.app import Chalice, Rate, ScheduledEventConfig, SQSEventConfig
from chalice.local import LambdaContext

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

_REGION, _ACCOUNT = "us-east-1", "000000000000"
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_LAMBDA_SECONDS = 300

Handler = Callable[[dict[str, Any], LambdaContext], Any]


@dataclass(frozen=True, slots=True)
class QueueHandler:
    """A handler and the queue whose messages it is called with, at most `batch_size` at a time."""

    name: str
    queue: str
    batch_size: int
    handler: Handler


@dataclass(frozen=True, slots=True)
class ScheduledHandler:
    """A handler and how often it is called."""

    name: str
    every_seconds: int
    handler: Handler


@cache
def sqs() -> "SQSClient":
    """Return the one SQS client of this process."""
    return boto3.client("sqs")


def queue_handlers(app: Chalice) -> tuple[QueueHandler, ...]:
    """Return the app's handlers of queues."""
    return tuple(
        QueueHandler(source.name, _queue_name(source), min(source.batch_size or 10, 10), app.handler_map[source.name])
        for source in app.event_sources
        if isinstance(source, SQSEventConfig)
    )


def scheduled_handlers(app: Chalice) -> tuple[ScheduledHandler, ...]:
    """Return the app's handlers of schedules."""
    return tuple(
        ScheduledHandler(source.name, _seconds_of(source), app.handler_map[source.name])
        for source in app.event_sources
        if isinstance(source, ScheduledEventConfig)
    )


def receive(queue_url: str, *, at_most: int, wait_seconds: int) -> list["MessageTypeDef"]:
    """Receive messages from a queue; they are delivered again unless they are deleted."""
    answer = sqs().receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=at_most, WaitTimeSeconds=wait_seconds, AttributeNames=["All"]
    )
    return answer.get("Messages", [])


def deliver(target: QueueHandler, messages: Sequence["MessageTypeDef"]) -> list["MessageTypeDef"]:
    """Call a handler with messages and return those that succeeded.

    An exception of the handler is raised again; then none has succeeded.
    """
    result = target.handler(_sqs_event(target.queue, messages), _context(target.name))
    failures = result.get("batchItemFailures", []) if isinstance(result, dict) else []
    failed = {failure["itemIdentifier"] for failure in failures}
    return [message for message in messages if message["MessageId"] not in failed]


def delete(queue_url: str, messages: Iterable["MessageTypeDef"]) -> None:
    """Delete messages from a queue."""
    for message in messages:
        sqs().delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def tick(target: ScheduledHandler) -> None:
    """Call a handler as its schedule would."""
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": _ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": _REGION,
        "resources": [f"arn:aws:events:{_REGION}:{_ACCOUNT}:rule/{target.name}"],
        "detail": {},
    }
    target.handler(event, _context(target.name))


def queue_url(name: str) -> str:
    """Return the URL of a queue by its name."""
    return sqs().get_queue_url(QueueName=name)["QueueUrl"]


def _queue_name(source: SQSEventConfig) -> str:
    return str(source.queue or str(source.queue_arn).rpartition(":")[2])


def _seconds_of(source: ScheduledEventConfig) -> int:
    expression = source.schedule_expression
    text = expression.to_string() if isinstance(expression, Rate) else str(expression)
    matched = _RATE.fullmatch(text)
    if not matched:
        raise AssertionError(f"{source.name}: {text}: the laptop's clock knows rate(...) only")
    return int(matched[1]) * _SECONDS[matched[2]]


def _sqs_event(queue: str, messages: Sequence["MessageTypeDef"]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message.get("Attributes", {})),
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{queue}",
                "awsRegion": _REGION,
            }
            for message in messages
        ]
    }


def _context(name: str) -> LambdaContext:
    return LambdaContext(name, memory_size=512, max_runtime_ms=_LAMBDA_SECONDS * 1000)

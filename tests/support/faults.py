"""Faults at the edge where AWS is called: death before or after a call, a lost answer, a throttle."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.platform import dynamo, mail, queue, storage

Mode = Literal["dies before", "dies after", "answer lost", "throttled"]
MODES: tuple[Mode, ...] = ("dies before", "dies after", "answer lost", "throttled")
_READS = {"BatchGetItem", "GetItem", "GetObject", "Query"}


def strikes(calls: Sequence[str]) -> list[tuple[Mode, int]]:
    """Return every way to stop a flow that makes these calls, each at its place.

    Left out is what can't leave another table: dying before a call leaves what dying after the call before it
    leaves, and a throttled call is asked again, by AWS's own client, the same way each time for a call of its kind.
    Of reads of one kind that follow each other, only the first is struck: nothing is written between them.
    """
    places = range(len(calls))
    told = [at for at in places if not (at and calls[at] in _READS and calls[at] == calls[at - 1])]
    return [
        *(("dies before", at) for at in places[:1]),
        *(("dies after", at) for at in told),
        *(("answer lost", at) for at in told),
        *(("throttled", at) for at in places if calls[at] not in calls[:at]),
    ]


class Death(BaseException):
    """The process is gone. Not an Exception, so that no `except Exception` can swallow it."""


class Faults:
    """Counts the AWS calls of a flow and strikes at one of them."""

    def __init__(self, *, strike_at: int | None = None, mode: Mode = "dies before") -> None:
        self.calls: list[str] = []
        self.strike_at = strike_at
        self.mode = mode
        self.struck = False

    def before_call(self, model: Any, **_: Any) -> None:  # noqa: ANN401
        self.calls.append(model.name)
        if self._is_now("dies before"):
            raise Death(f"before {model.name}")

    def after_call(self, model: Any, **_: Any) -> None:  # noqa: ANN401
        if self._is_now("dies after"):
            raise Death(f"after {model.name}")

    def before_send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:  # noqa: ANN401
        if self._is_now("answer lost"):
            URLLib3Session().send(request)
            raise ReadTimeoutError(endpoint_url=request.url)
        # DynamoDB alone answers so; SQS and S3 are asked again after a server error.
        if self._is_now("throttled"):
            if "X-Amz-Target" in request.headers and b"DynamoDB" in _bytes(request.headers["X-Amz-Target"]):
                body = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}'
                return _answer(request, 400, body)
            return _answer(request, 503, b"{}")
        return None

    def _is_now(self, mode: Mode) -> bool:
        if self.struck or self.mode != mode or len(self.calls) - 1 != self.strike_at:
            return False
        self.struck = True
        return True


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:  # noqa: ANN401
        yield self.read()


def _answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Raw(body))  # type: ignore[arg-type]


@contextmanager
def faults(*, strike_at: int | None = None, mode: Mode = "dies before") -> Iterator[Faults]:
    """Count the AWS calls made meanwhile, and strike at call number `strike_at` (from 0)."""
    watching = Faults(strike_at=strike_at, mode=mode)
    hooks: list[tuple[str, Callable[..., Any]]] = [
        ("before-call.*.*", watching.before_call),
        ("after-call.*.*", watching.after_call),
        ("before-send.*.*", watching.before_send),
    ]
    clients: list[Any] = [dynamo.client(), queue._client(), storage._client(), mail._client()]
    for client in clients:
        for name, hook in hooks:
            client.meta.events.register(name, hook)
    # The pause before a call is asked again says nothing about what is left in the table.
    hurry = patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    try:
        with hurry:
            yield watching
    finally:
        for client in clients:
            for name, hook in hooks:
                client.meta.events.unregister(name, hook)


@contextmanager
def just_before_writing(act: Callable[[], object]) -> Iterator[None]:
    """Let something else happen between what the next request reads and its transaction, once."""
    waiting = [act]

    def hook(**_: Any) -> None:  # noqa: ANN401
        while waiting:
            waiting.pop()()

    events = dynamo.client().meta.events
    events.register("before-call.dynamodb.TransactWriteItems", hook)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", hook)
    assert not waiting, "nothing was written"


@contextmanager
def mails_refused(code: str) -> Iterator[None]:
    """Let SES refuse every mail meanwhile, for a reason by its code."""

    def refuse(request: AWSPreparedRequest, **_: Any) -> AWSResponse:  # noqa: ANN401
        return _answer(request, 400, f'{{"__type":"{code}","message":"refused"}}'.encode())

    events = mail._client().meta.events
    events.register("before-send.sesv2.SendEmail", refuse)
    try:
        yield
    finally:
        events.unregister("before-send.sesv2.SendEmail", refuse)

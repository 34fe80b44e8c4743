"""What the queues would bring about: the app's own handlers, called with the messages that are there."""

import time

from chalice.app import Chalice

from local import events
from local.events import QueueHandler


def drain(app: Chalice, queue: str | None = None, *, twice: bool = False, backwards: bool = False) -> int:
    """Deliver messages until none is left, and give how many there were.

    With a `queue` name only that one; with `twice` each delivery happens a second time, as SQS may do; with
    `backwards` the last message of a batch comes first.
    """
    handlers = [target for target in events.queue_handlers(app) if queue in {None, target.queue}]
    assert handlers, f"the app has no handler for {queue or 'any queue'}"
    delivered, quiet = 0, 0
    while quiet < 2:
        now = sum(_deliver_some(target, twice=twice, backwards=backwards) for target in handlers)
        delivered += now
        quiet = 0 if now else quiet + 1
    return delivered


def deliver_to(app: Chalice, queue: str, *, within_seconds: float = 60) -> int:
    """Wait for the first message of a queue (a bucket's event takes a moment), then drain it."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        if delivered := drain(app, queue):
            return delivered
        time.sleep(0.05)
    raise AssertionError(f"no message came to {queue} within {within_seconds} seconds")


def _deliver_some(target: QueueHandler, *, twice: bool, backwards: bool) -> int:
    url = events.queue_url(target.queue)
    messages = events.receive(url, at_most=target.batch_size, wait_seconds=0)
    if not messages:
        return 0
    if backwards:
        messages = messages[::-1]
    for _ in range(2 if twice else 1):
        done = events.deliver(target, messages)
    events.delete(url, done)
    return len(messages)

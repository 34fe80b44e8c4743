"""Queues and schedules call the app's handlers as Lambda would."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chalice.app import Chalice, CloudWatchEvent, SQSEvent

from local import events
from local.workers import Workers
from tests.support.engine import Engine


@pytest.fixture
def queue(engine: Engine, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name: str = request.node.name[:60]
    events.sqs().create_queue(QueueName=name)
    return name


def app_with(queue: str, handler: Callable[[SQSEvent], Any]) -> Chalice:
    app = Chalice(app_name="small")
    app.on_sqs_message(queue=queue, batch_size=10, name="listen")(handler)
    return app


@contextmanager
def working(app: Chalice) -> Iterator[Workers]:
    workers = Workers(app)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def put(queue: str, *bodies: str) -> None:
    for body in bodies:
        events.sqs().send_message(QueueUrl=events.queue_url(queue), MessageBody=body)


def left_in(queue: str) -> int:
    found = events.sqs().get_queue_attributes(QueueUrl=events.queue_url(queue), AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_message_reaches_its_handler_and_is_then_gone(queue: str) -> None:
    heard: list[str] = []

    def listen(event: SQSEvent) -> None:
        heard.extend(record.body for record in event)

    with working(app_with(queue, listen)):
        put(queue, "one")
        wait_until(lambda: heard == ["one"] and left_in(queue) == 0)


def test_a_message_whose_handler_fails_comes_again(queue: str) -> None:
    counts: list[int] = []

    def listen(event: SQSEvent) -> None:
        record = event.to_dict()["Records"][0]
        counts.append(int(record["attributes"]["ApproximateReceiveCount"]))
        if len(counts) == 1:
            raise RuntimeError("not today")

    events.sqs().set_queue_attributes(QueueUrl=events.queue_url(queue), Attributes={"VisibilityTimeout": "2"})
    with working(app_with(queue, listen)):
        put(queue, "one")
        wait_until(lambda: counts[:2] == [1, 2] and left_in(queue) == 0)


def test_of_a_batch_only_what_failed_stays(queue: str) -> None:
    def listen(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
        records = event.to_dict()["Records"]
        return {
            "batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in records if each["body"] == "bad"]
        }

    put(queue, "good", "bad", "fine")
    target = events.queue_handlers(app_with(queue, listen))[0]
    url = events.queue_url(queue)

    events.delete(url, events.deliver(target, events.receive(url, at_most=10, wait_seconds=1)))

    assert left_in(queue) == 1


def test_a_stop_waits_for_the_message_in_hand(queue: str) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def listen(event: SQSEvent) -> None:
        begun.set()
        may_end.wait(60)

    with working(app_with(queue, listen)) as workers:
        put(queue, "one")
        assert begun.wait(60)
        stopping = threading.Thread(target=workers.stop)
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
        may_end.set()
        stopping.join(60)
        assert not stopping.is_alive()

    assert left_in(queue) == 0


def test_a_schedule_is_ticked_and_outlives_a_tick_that_fails() -> None:
    app = Chalice(app_name="small")
    ticks: list[str] = []

    def look(event: CloudWatchEvent) -> None:
        ticks.append(event.detail_type)
        raise RuntimeError("not today")

    app.schedule("rate(5 minutes)", name="look")(look)
    (target,) = events.scheduled_handlers(app)
    assert (target.name, target.every_seconds) == ("look", 300)

    with working(app) as workers:
        wait_until(lambda: ticks == ["Scheduled Event"])
        assert all(thread.is_alive() for thread in workers._threads)


def test_the_app_is_heard_on_its_queues_and_by_the_clock(app: Chalice) -> None:
    assert {target.queue for target in events.queue_handlers(app)} == {
        "meterbook-billing",
        "meterbook-imports",
        "meterbook-mails",
    }
    assert sorted((each.name, each.every_seconds) for each in events.scheduled_handlers(app)) == [
        ("resume_runs", 300),
        ("seal_audit_logs", 86_400),
    ]

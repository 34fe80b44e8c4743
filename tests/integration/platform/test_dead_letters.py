"""What no handler knows ends in the dead-letter queue, and keeps nobody else's message waiting."""

import pytest
from chalice.app import Chalice

from chalicelib.platform.messages import BadMessage
from local import events
from tests.support.engine import Engine


def test_a_message_that_its_queue_does_not_carry_becomes_a_dead_letter(app: Chalice, engine: Engine) -> None:
    url = engine.mail_queue
    body = '{"kind":"mail-everybody"}'
    events.sqs().send_message(QueueUrl=url, MessageBody=body)
    target = next(one for one in events.queue_handlers(app) if one.name == "send_mails")
    for _ in range(5):
        (message,) = events.receive(url, at_most=1, wait_seconds=5)
        with pytest.raises(BadMessage):
            events.deliver(target, [message])
        receipt = message["ReceiptHandle"]
        events.sqs().change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    assert events.receive(url, at_most=1, wait_seconds=0) == []
    dead = events.receive(f"{url}-dead-letters", at_most=1, wait_seconds=5)
    assert [message["Body"] for message in dead] == [body]
    events.delete(f"{url}-dead-letters", dead)

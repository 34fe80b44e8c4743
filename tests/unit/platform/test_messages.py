"""Each queue carries its own kinds of messages, and whatever else arrives is refused in one place."""

import json
import logging
from typing import Any

import pytest
from chalice.app import SQSEvent
from pydantic import TypeAdapter

from chalicelib.platform.messages import (
    BILLING,
    IMPORTS,
    MAILS,
    BadMessage,
    BillChunk,
    FileUploaded,
    MailReset,
    PlanRun,
    read_messages,
)

_RUN = {"client": "AVII", "project": "waterBills", "run": "01K9R6TGM0JVFDWAJM3ESG02Q2"}
_PLAN = PlanRun(client="AVII", project="waterBills", run="01K9R6TGM0JVFDWAJM3ESG02Q2")
_CHUNK = BillChunk(client="AVII", project="waterBills", run="01K9R6TGM0JVFDWAJM3ESG02Q2", shard=0)


def delivery(*bodies: str) -> SQSEvent:
    return SQSEvent({"Records": [{"body": body, "receiptHandle": "r"} for body in bodies]}, None)


def test_what_is_sent_is_what_arrives() -> None:
    assert list(read_messages(delivery(_PLAN.as_body(), _CHUNK.as_body()), BILLING)) == [_PLAN, _CHUNK]
    reset = MailReset(client="AVII", login="ana", order="1")
    assert list(read_messages(delivery(reset.as_body()), MAILS)) == [reset]


def test_the_bucket_may_say_more_of_a_file_than_its_name() -> None:
    body = {"version": "0", "detail-type": "Object Created", "detail": {"object": {"key": "a/b.csv", "size": 5}}}
    (uploaded,) = read_messages(delivery(json.dumps(body)), IMPORTS)
    assert isinstance(uploaded, FileUploaded)
    assert uploaded.key == "a/b.csv"


@pytest.mark.parametrize(
    ("queue", "body"),
    [
        (BILLING, "no json"),
        (BILLING, "{}"),
        (BILLING, "[]"),
        (BILLING, json.dumps(_RUN | {"shard": None})),  # no kind
        (BILLING, json.dumps(_RUN | {"kind": "bill-everything"})),
        (BILLING, json.dumps(_RUN | {"kind": "bill-chunk"})),
        (BILLING, json.dumps(_RUN | {"kind": "bill-chunk", "shard": None})),
        (BILLING, json.dumps(_RUN | {"kind": "bill-chunk", "shard": "3"})),
        (BILLING, json.dumps(_RUN | {"kind": "bill-chunk", "shard": -1})),
        (BILLING, json.dumps(_RUN | {"kind": "plan-run", "shard": 3})),
        (BILLING, MailReset(client="AVII", login="ana", order="1").as_body()),
        (MAILS, _PLAN.as_body()),
        (MAILS, json.dumps({"kind": "mail-reset", "client": "AVII", "login": None, "order": "1"})),
        (IMPORTS, _PLAN.as_body()),
        (IMPORTS, json.dumps({"detail": {"object": {}}})),
    ],
)
def test_a_message_that_its_queue_does_not_carry_is_refused(queue: TypeAdapter[Any], body: str) -> None:
    with pytest.raises(BadMessage):
        list(read_messages(delivery(body), queue))


def test_a_refusal_is_logged_without_what_the_message_said(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("meterbook")
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.INFO)
    try:
        with pytest.raises(BadMessage) as refused:
            list(read_messages(delivery(json.dumps({"kind": "mail-reset", "login": "planted"})), MAILS))
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records[-1].getMessage() == "message_refused"
    assert "planted" not in f"{refused.value} {[vars(record) for record in caplog.records]}"

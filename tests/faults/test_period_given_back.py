"""A run that ends between a refusal and the look for what refused: nobody is told of a run that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.kernel.period import Period
from chalicelib.platform import clock, dynamo, keys, settings
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection


@pytest.fixture
def utility(app: Chalice, api: Api) -> Iterator[Utility]:
    """A waterworks whose November is held by a run."""
    clock.use_time(lambda: NOVEMBER)
    made = open_waterworks(api)
    register_connection(made.as_staff(), made, "SM-1")
    made.as_staff().post(f"{made.base}/billing-runs", {"period": "2025-11"}).expect(202)
    yield made
    clock.use_time(None)


@contextmanager
def the_period_given_back_after_the_next_refusal(utility: Utility) -> Iterator[None]:
    client = dynamo.client()
    pk, sk = keys.period(utility.client, utility.project, Period(2025, 11))

    def give_back(http_response: Any, **_: Any) -> None:  # noqa: ANN401
        if http_response.status_code == 400:
            client.delete_item(TableName=settings.table_name(), Key={"pk": {"S": pk}, "sk": {"S": sk}})

    client.meta.events.register("after-call.dynamodb.TransactWriteItems", give_back)
    try:
        yield
    finally:
        client.meta.events.unregister("after-call.dynamodb.TransactWriteItems", give_back)


def test_a_second_run_is_asked_to_try_again(utility: Utility) -> None:
    admin = utility.as_staff()
    asked = {"period": "2025-11", "dueOn": "2025-12-31"}

    with the_period_given_back_after_the_next_refusal(utility):
        refused = admin.post(f"{utility.base}/billing-runs", asked).expect(503)

    assert refused["code"] == "busy"
    admin.post(f"{utility.base}/billing-runs", asked).expect(202)


def test_a_reading_is_asked_to_try_again(utility: Utility) -> None:
    admin = utility.as_staff()
    reading = {"meterNumber": "SM-1", "reading": "10", "readOn": "2025-11-05"}

    with the_period_given_back_after_the_next_refusal(utility):
        refused = admin.post(f"{utility.base}/readings", reading).expect(503)

    assert refused["code"] == "busy"
    admin.post(f"{utility.base}/readings", reading).expect(201)

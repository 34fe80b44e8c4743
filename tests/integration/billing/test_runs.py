"""Billing runs: what they say of themselves, and how they go on after an interruption."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.platform import clock, dynamo, settings, storage
from chalicelib.readings import service as readings
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

QUEUE = "meterbook-billing"
At = Callable[[datetime], None]


@pytest.fixture
def utility(app: Chalice, api: Api, at: At) -> Utility:
    """A waterworks in November with three readings that wait for confirmation."""
    at(NOVEMBER)
    made = open_waterworks(api)
    admin = made.as_staff()
    for number in range(3):
        connection = register_connection(admin, made, f"SM-{number}")
        taken = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
        admin.post(f"{made.base}/readings", taken).expect(201)
    return made


def confirm_all(utility: Utility) -> Api:
    """Confirm what waits, and give the admin."""
    admin = utility.as_staff()
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    return admin


def put_object(key: str, file: bytes) -> None:
    """Upload a file, without the event that it sets off."""
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)


@contextmanager
def each_takes(operation: str, minutes: int) -> Iterator[None]:
    """Let each call of an operation of DynamoDB take some minutes by the clock."""
    at, events = clock.now(), dynamo.client().meta.events
    elapsed = [timedelta()]

    def hook(**_: object) -> None:
        elapsed[0] += timedelta(minutes=minutes)

    clock.use_time(lambda: at + elapsed[0])
    events.register(f"after-call.dynamodb.{operation}", hook)
    try:
        yield
    finally:
        events.unregister(f"after-call.dynamodb.{operation}", hook)
        clock.use_time(lambda: at)


def test_d5_a_run_is_completed_when_its_last_bill_is_written_and_not_when_that_step_began(
    app: Chalice, utility: Utility
) -> None:
    admin = confirm_all(utility)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    billing.plan_run(utility.context(), run_id=run["id"])
    with each_takes("BatchExecuteStatement", 4):  # the bills of the only chunk
        drain(app, QUEUE)
    shown = admin.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)
    assert (shown["bills"], shown["startedAt"]) == (3, "2025-11-11T01:00:00.000Z")
    assert shown["completedAt"] == "2025-11-11T01:04:00.000Z"
    entries = admin.get(f"/api/clients/{utility.client}/audit-log", action="billing-run.completed").expect(200)
    assert entries["items"][0]["at"] == "2025-11-11T01:04:00.000Z"


def test_d5_an_import_is_finished_when_its_readings_are_written(utility: Utility) -> None:
    admin = utility.as_staff()
    register_connection(admin, utility, "SM-9")
    ctx = replace(utility.context(), read_clock=clock.now)
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "n.csv"}).expect(201)
    put_object(announced["upload"]["fields"]["key"], b"meter_number,reading,read_on\nSM-9,10,2025-11-05\n")
    with each_takes("BatchExecuteStatement", 4):
        readings.run_import(ctx, import_id=announced["id"])
    shown = admin.get(f"{utility.base}/readings/imports/{announced['id']}").expect(200)
    assert (shown["counts"]["accepted"], shown["finishedAt"]) == (1, "2025-11-11T01:04:00.000Z")


def test_d5_a_refused_file_is_finished_when_it_was_read(utility: Utility) -> None:
    admin = utility.as_staff()
    ctx = replace(utility.context(), read_clock=lambda: NOVEMBER + timedelta(minutes=2))
    announced = admin.post(f"{utility.base}/readings/imports", {"fileName": "n.csv"}).expect(201)
    put_object(announced["upload"]["fields"]["key"], b"no,such,columns\n1,2,3\n")
    readings.run_import(ctx, import_id=announced["id"])
    shown = admin.get(f"{utility.base}/readings/imports/{announced['id']}").expect(200)
    assert (shown["status"], shown["finishedAt"]) == ("refused", "2025-11-11T01:02:00.000Z")


def test_d5_readings_are_confirmed_when_their_part_of_all_is_written(utility: Utility) -> None:
    """Those of a later period are confirmed in a transaction of their own, minutes later."""
    admin = utility.as_staff()
    connection = register_connection(admin, utility, "SM-8")
    for day, value in (("2025-10-05", "5"), ("2025-11-05", "9")):
        taken = {"accountNumber": connection["accountNumber"], "reading": value, "readOn": day}
        admin.post(f"{utility.base}/readings", taken).expect(201)
    with each_takes("TransactWriteItems", 4):
        confirm_all(utility)
    found = admin.get(f"{utility.base}/readings", accountNumber=connection["accountNumber"]).expect(200)["items"]
    moments = [datetime.fromisoformat(one["confirmedAt"]) for one in found]
    assert moments[0] - moments[1] == timedelta(minutes=4)


def test_f6_a_bill_a_hundred_times_as_high_is_held_until_a_person_bills_it(app: Chalice, utility: Utility) -> None:
    admin = confirm_all(utility)
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, QUEUE)
    clock.use_time(lambda: NOVEMBER + timedelta(days=30))
    admin = utility.as_staff()
    readings = {"SM-0": "20", "SM-1": "28900", "SM-2": "20"}
    taken = {
        meter: admin.post(
            f"{utility.base}/readings", {"meterNumber": meter, "reading": value, "readOn": "2025-12-05"}
        ).expect(201)
        for meter, value in readings.items()
    }
    for reading in taken.values():
        admin.post(f"{utility.base}/readings/{reading['id']}/confirmation").expect(200)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-12"}).expect(202)
    drain(app, QUEUE)
    shown = admin.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)
    assert (shown["status"], shown["bills"], shown["exceptions"]) == ("complete", 2, 1)
    (held,) = admin.get(f"{utility.base}/billing-runs/{run['id']}/exceptions").expect(200)["items"]
    assert (held["code"], "650,075.00".replace(",", "") in held["reason"]) == ("implausible-amount", True)
    bill = admin.post(f"{utility.base}/bills", {"readingId": taken["SM-1"]["id"]}).expect(201)
    assert bill["total"] == "650075.00"

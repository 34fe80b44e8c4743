"""What an online payment costs: starting it, and hearing that it is paid."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.meter import Meter, metered
from tests.support.online import Online


@pytest.fixture
def office(app: Chalice, api: Api) -> Iterator[Online]:
    yield Online(app, api).on("2025-11-18")
    clock.use_time(None)


def test_starting_and_hearing_of_a_payment_cost_so_much(office: Online) -> None:
    consumer = office.as_consumer()
    body = {"method": "online", "upiId": "ana@upi", "bills": [{"billId": office.first["id"]}]}
    with metered() as start:
        started = consumer.post(f"{office.base}/online-payments", body).expect(201)
    with metered() as hear:
        office.completes(started)
    with metered() as again:
        office.completes(started)
    assert _told(start) == "7 written, 3.5 read, 4 requests"
    assert _told(hear) == "19 written, 7.5 read, 8 requests"
    assert _told(again) == "0 written, 1.5 read, 2 requests"


def _told(meter: Meter) -> str:
    lock = meter.as_lock()
    return f"{lock['write_units']} written, {lock['read_units']} read, {sum(lock['requests'].values())} requests"

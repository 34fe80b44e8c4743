"""Whoever loses a race to somebody who did the same gets the answer of a repetition (F15)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from chalicelib.platform import clock
from tests.support.faults import just_before_writing
from tests.support.http import Api, Reply
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks, register_connection


@dataclass(frozen=True)
class _Prepared:
    utility: Utility
    admin: Api

    def reading(self) -> Callable[[], Reply]:
        register_connection(self.admin, self.utility, "SM-1")
        body = {"meterNumber": "SM-1", "reading": "10", "readOn": "2025-11-05"}
        reading = self.admin.post(f"{self.utility.base}/readings", body).expect(201)["id"]
        return lambda: self.admin.post(f"{self.utility.base}/readings/{reading}/confirmation")

    def consumer(self) -> Callable[[], Reply]:
        person = {"firstName": "Ana", "lastName": "Reyes"}
        consumer = self.admin.post(self.utility.consumers, person).expect(201)["id"]
        return lambda: self.admin.delete(f"{self.utility.consumers}/{consumer}")

    def consumer_with_login(self) -> Callable[[], Reply]:
        person = {"firstName": "Ana", "lastName": "Reyes"}
        path = f"{self.utility.consumers}/{self.admin.post(self.utility.consumers, person).expect(201)['id']}"
        self.admin.post(f"{path}/login", {"login": "ana", "password": PASSWORD}).expect(201)
        return lambda: self.admin.delete(path)

    def device(self) -> Callable[[], Reply]:
        devices = f"{self.utility.base}/devices"
        device = self.admin.post(devices, {"title": "Collector"}).expect(201)["id"]
        return lambda: self.admin.delete(f"{devices}/{device}")

    def request(self) -> Callable[[], Reply]:
        person = {"firstName": "Ana", "lastName": "Reyes"}
        path = f"{self.utility.consumers}/{self.admin.post(self.utility.consumers, person).expect(201)['id']}"
        self.admin.post(f"{path}/login", {"login": "ana", "password": PASSWORD}).expect(201)
        ana = self.utility.api.sign_in(self.utility.client, "ana", PASSWORD)
        asked = {"projectId": self.utility.project, "address": "Purok 2"}
        request = ana.post("/api/me/service-requests", asked).expect(201)["id"]
        return lambda: ana.post(f"/api/me/service-requests/{request}/withdrawal")

    def project(self) -> Callable[[], Reply]:
        return lambda: self.admin.post(f"{self.utility.base}/closure")


@pytest.fixture
def prepared(api: Api) -> Iterator[_Prepared]:
    clock.use_time(lambda: NOVEMBER)
    utility = open_waterworks(api)
    yield _Prepared(utility, utility.as_staff())
    clock.use_time(None)


@pytest.mark.parametrize("what", ["reading", "consumer", "consumer_with_login", "device", "request", "project"])
def test_who_loses_to_the_same_deed_gets_what_a_repetition_gets(prepared: _Prepared, what: str) -> None:
    """F15: losing a confirmation race was a 409 where repeating is a 200."""
    act: Callable[[], Reply] = getattr(prepared, what)()
    others: list[Reply] = []
    with just_before_writing(lambda: others.append(act())):
        mine = act()
    first = others[0].expect(200)
    assert mine.expect(200) == first
    assert act().expect(200) == first


def test_who_loses_to_another_value_is_told(prepared: _Prepared) -> None:
    """The reading was corrected meanwhile: what was looked at is not what is confirmed."""
    confirm = prepared.reading()
    base, admin = prepared.utility.base, prepared.admin
    reading = admin.get(f"{base}/readings/pending").expect(200)["items"][0]["id"]

    def correct() -> None:
        admin.put(f"{base}/readings/{reading}", {"reading": "12", "readOn": "2025-11-05"}).expect(200)
        confirm().expect(200)

    with just_before_writing(correct):
        assert confirm().expect(409)["code"] == "changed"

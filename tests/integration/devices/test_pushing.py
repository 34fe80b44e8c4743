"""A device pushes readings: only signed with its newest key, at about now, once, and for its own utility."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.signatures import signature_of
from chalicelib.platform import clock
from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support import table
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api, Reply
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

_URL = "/api/webhooks/readings"


@dataclass(frozen=True)
class Collector:
    """A device with its key, and the connection that it reads."""

    api: Api
    utility: Utility
    id: str
    secret: str
    account: str

    @property
    def name(self) -> str:
        return f"{self.utility.client}/{self.utility.project}/{self.id}"

    def body(self, **changes: Any) -> bytes:  # noqa: ANN401
        return json.dumps({"accountNumber": self.account, "reading": "10", "readOn": "2025-11-05"} | changes).encode()

    def push(
        self,
        body: bytes | None = None,
        *,
        at: datetime = NOVEMBER,
        secret: str | None = None,
        **headers: str,
    ) -> Reply:
        """Push a reading; whatever is given takes the place of what would be right."""
        body = body or self.body()
        timestamp = str(int(at.timestamp()))
        signature = signature_of(secret or self.secret, timestamp=timestamp, body=body)
        right = {"Device": self.name, "Timestamp": timestamp, "Signature": signature} | headers
        return self.api.send("POST", _URL, body, {f"Meterbook-{name}": value for name, value in right.items() if value})

    def readings(self) -> list[str]:
        return [key for key in table.items_of(self.utility.client) if " | READING#" in key]


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def collector(api: Api) -> Collector:
    return _collector(api, open_waterworks(api))


def _collector(api: Api, utility: Utility, *areas: str) -> Collector:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    body = {"title": "Collector", "areas": list(areas)}
    device = admin.post(f"{utility.base}/devices", body).expect(201)
    key = admin.post(f"{utility.base}/devices/{device['id']}/keys").expect(201)
    assert key["keyVersion"] == 1
    return Collector(api, utility, device["id"], key["secret"], account)


def _is_refused(reply: Reply) -> None:
    assert reply.expect(401)["code"] == "bad-signature"


@pytest.mark.covers("S3-093", "S3-015")
def test_a_signed_reading_is_taken_in_the_devices_name(collector: Collector) -> None:
    taken = collector.push().expect(200)
    assert taken == {"readingId": f"2025-11.{collector.account}", "status": "pending", "flags": []}
    shown = collector.utility.as_staff().get(f"{collector.utility.base}/readings/{taken['readingId']}").expect(200)
    assert (shown["reading"], shown["enteredBy"], shown["source"]) == ("10", f"device:{collector.id}", "device")
    (entry,) = [
        item for item in table.items_of(collector.utility.client).values() if item.get("ac") == {"S": "reading.taken"}
    ]
    assert (entry["by"]["S"], entry["ro"]["S"]) == (f"device:{collector.id}", "device")


@pytest.mark.covers("S3-093")
@pytest.mark.parametrize("missing", ["Device", "Timestamp", "Signature"])
def test_a_missing_header_is_refused(collector: Collector, missing: str) -> None:
    empty: Any = {missing: ""}
    _is_refused(collector.push(**empty))
    assert collector.readings() == []


@pytest.mark.parametrize("signature", ["v1=" + "0" * 64, "x", "v1=", "é", "v2=" + "0" * 64])
def test_a_wrong_signature_is_refused(collector: Collector, signature: str) -> None:
    _is_refused(collector.push(Signature=signature))
    _is_refused(collector.push(secret="another"))
    assert collector.readings() == []


def test_another_tenants_signature_is_refused(api: Api, collector: Collector) -> None:
    stranger = _collector(api, open_waterworks(api))
    _is_refused(collector.push(secret=stranger.secret))
    _is_refused(collector.push(Device=stranger.name))
    _is_refused(collector.push(Device=f"{collector.utility.client}/{collector.utility.project}/{stranger.id}"))
    assert collector.readings() == []


def test_an_altered_body_is_refused(collector: Collector) -> None:
    timestamp = str(int(NOVEMBER.timestamp()))
    signature = signature_of(collector.secret, timestamp=timestamp, body=collector.body())
    _is_refused(collector.push(collector.body(reading="11"), Signature=signature))
    _is_refused(collector.push(collector.body() + b" ", Signature=signature))
    assert collector.readings() == []


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 200), (300, 200), (-300, 200), (301, 401), (-301, 401), (86_400, 401)]
)
def test_a_timestamp_is_good_for_five_minutes_either_way(collector: Collector, seconds: int, status: int) -> None:
    assert collector.push(at=NOVEMBER + timedelta(seconds=seconds)).status == status


@pytest.mark.parametrize("timestamp", ["", "now", "1e9", "-1", "9" * 40, "１７６２８２２０００"])
def test_a_timestamp_that_is_none_is_refused(collector: Collector, timestamp: str) -> None:
    signature = signature_of(collector.secret, timestamp=timestamp, body=collector.body())
    _is_refused(collector.push(Timestamp=timestamp, Signature=signature))


@pytest.mark.covers("S3-093")
def test_a_replay_of_a_good_request_is_refused_and_has_no_effect(collector: Collector) -> None:
    collector.push().expect(200)
    assert collector.push().expect(409)["code"] == "replayed"
    assert len(collector.readings()) == 1
    # The same reading, signed again because the answer got lost, is answered as before.
    collector.push(at=NOVEMBER + timedelta(seconds=1)).expect(200)
    assert len(collector.readings()) == 1


def test_after_the_next_key_the_old_one_is_refused(collector: Collector) -> None:
    admin = collector.utility.as_staff()
    renewed = admin.post(f"{collector.utility.base}/devices/{collector.id}/keys").expect(201)
    assert (renewed["keyVersion"], renewed["secret"] == collector.secret) == (2, False)
    _is_refused(collector.push())
    collector.push(secret=renewed["secret"]).expect(200)


def test_the_same_request_gets_the_same_key_and_another_the_next(collector: Collector) -> None:
    admin, path = collector.utility.as_staff(), f"{collector.utility.base}/devices/{collector.id}/keys"
    first = admin.post(path, key="roll-1")
    again = admin.post(path, key="roll-1")
    assert (first.expect(201), first.headers["location"]) == (again.expect(201), path.removesuffix("/keys"))
    assert admin.post(path, key="roll-2").expect(201)["keyVersion"] == first.json["keyVersion"] + 1
    assert first.json["secret"] not in str(
        table.items_of(collector.utility.client)
    )  # no answer is kept that shows a key


def test_devices_are_listed_by_their_status(collector: Collector) -> None:
    admin, path = collector.utility.as_staff(), f"{collector.utility.base}/devices"
    gone = admin.post(path, {"title": "Old"}).expect(201)["id"]
    admin.delete(f"{path}/{gone}").expect(200)
    for status, ids in {"active": [collector.id], "disabled": [gone]}.items():
        shown = admin.get(path, status=status).expect(200)["items"]
        assert [(device["id"], device["status"]) for device in shown] == [(each, status) for each in ids]


def test_signatures_are_compared_in_constant_time(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(real(one, other))
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", compare)
    _is_refused(collector.push(Signature="v1=wrong"))
    collector.push().expect(200)
    assert compared == [False, True]


def test_a_disabled_device_and_one_without_a_key_are_refused(collector: Collector) -> None:
    admin, base = collector.utility.as_staff(), collector.utility.base
    fresh = admin.post(f"{base}/devices", {"title": "New"}).expect(201)
    _is_refused(collector.push(Device=f"{collector.utility.client}/{collector.utility.project}/{fresh['id']}"))
    assert admin.delete(f"{base}/devices/{collector.id}").expect(200)["status"] == "disabled"
    _is_refused(collector.push())
    assert admin.post(f"{base}/devices/{collector.id}/keys").expect(409)["code"] == "device-disabled"


def test_a_device_pushes_only_for_its_areas(api: Api) -> None:
    utility = open_waterworks(api)
    stranger = _collector(api, utility, "Elsewhere")
    assert stranger.push().expect(404)["code"] == "not-found"
    assert stranger.readings() == []
    admin = utility.as_staff()
    area = admin.get(f"{utility.base}/connections/{stranger.account}").expect(200)["area"]
    device = admin.post(f"{utility.base}/devices", {"title": "Local", "areas": [area]}).expect(201)
    secret = admin.post(f"{utility.base}/devices/{device['id']}/keys").expect(201)["secret"]
    Collector(api, utility, device["id"], secret, stranger.account).push().expect(200)


def test_a_device_is_not_registered_for_an_area_that_is_not_there(api: Api) -> None:
    utility = open_waterworks(api, area_levels=("barangay", "purok"))
    admin = utility.as_staff()
    admin.post(f"/api/clients/{utility.client}/areas", {"code": "Cabad", "name": "Cabad"}).expect(201)
    devices = f"{utility.base}/devices"
    for wrong in ("cabad", "Cabad.P1", "Poblacion"):
        refused = admin.post(devices, {"title": "Local", "areas": ["Cabad", wrong]}).expect(400)
        assert refused["code"] == "unknown-area"
    body = {"title": "Local", "areas": ["Cabad"]}
    made = [admin.post(devices, body, key="local").expect(201) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0]["areas"] == ["Cabad"]
    assert len(admin.get(devices).expect(200)["items"]) == 1


def test_a_devices_area_holds_what_lies_in_it(api: Api) -> None:
    utility = open_waterworks(api)
    collector = _collector(api, utility, "Poblacion")
    inside, beside = (
        register_connection(utility.as_staff(), utility, f"SM-{area}", area=area)["accountNumber"]
        for area in ("Poblacion.P1", "Poblaciona")
    )
    collector.push(collector.body(accountNumber=inside)).expect(200)
    for number, unknown in (
        ({"accountNumber": beside}, {"accountNumber": "999"}),
        ({"accountNumber": None, "meterNumber": "SM-Poblaciona"}, {"accountNumber": None, "meterNumber": "SM-999"}),
    ):
        refused, nowhere = (collector.push(collector.body(**one)).expect(404) for one in (number, unknown))
        assert (refused["detail"], refused["errors"]) == (nowhere["detail"], nowhere["errors"])


def test_no_key_is_stored_anywhere(collector: Collector) -> None:
    collector.push().expect(200)
    assert collector.secret not in json.dumps(table.items_of(collector.utility.client))


def test_a_device_may_do_nothing_else(collector: Collector) -> None:
    signed_in = collector.api.with_token(collector.secret)
    for path in (f"{collector.utility.base}/readings/pending", collector.utility.consumers, "/api/me"):
        assert signed_in.get(path).status == 401


def test_a_device_pushes_registers_peaks_and_the_round_as_a_person_enters_them(api: Api) -> None:
    expected = (DeliveredMeasure("nightUse", "register"), DeliveredMeasure("peakKw", "reading"))
    collector = _collector(api, open_waterworks(api, settings=with_settings(WATERWORKS, measures=expected).settings))
    registers = [{"code": "night", "role": "measured", "measure": "nightUse"}]
    staff, path = collector.utility.as_staff(), f"{collector.utility.base}/connections/{collector.account}"
    exchange = {"meterNumber": "SM-9", "finalReading": "0", "on": "2025-11-01", "reason": "Day and night"}
    staff.post(f"{path}/meter-exchanges", exchange | {"registers": registers}).expect(200)

    alone = collector.push()
    assert (alone.status, alone.json["code"]) == (400, "register-missing")
    more = {"registers": {"night": "4"}, "measures": {"peakKw": "7.5"}, "readerCode": "gate", "period": "2025-10"}
    taken = collector.push(collector.body(**more), at=NOVEMBER + timedelta(seconds=1)).expect(200)
    assert taken["readingId"] == f"2025-10.{collector.account}"
    shown = staff.get(f"{collector.utility.base}/readings/{taken['readingId']}").expect(200)
    assert (shown["measures"], shown["readerCode"]) == ({"peakKw": "7.5"}, "gate")
    assert [(each["code"], each["usage"]) for each in shown["registers"]] == [("night", "4")]


def test_an_implausible_value_that_is_pushed_is_held(collector: Collector) -> None:
    assert collector.push(collector.body(reading="98765432")).expect(200)["status"] == "held"

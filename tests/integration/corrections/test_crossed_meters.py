"""Two meters that were taken for each other's are swapped in one act, with their readings and bills."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.corrected import Corrected
from tests.support.http import Api


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Corrected:
    """A1 with the meter CM-1 from 100 to 130, A2 with CM-2 from 1000 to 1010, both billed for October."""
    office = Corrected(app, api, misread=False)
    office.connect("A1", meter="CM-1", consumer=office.ana, initialReading="100")
    office.connect("A2", meter="CM-2", consumer=office.consumer("Ben"), initialReading="1000")
    office.read("A1", "2025-10-05", "130")
    office.read("A2", "2025-10-05", "1010")
    assert [bill["total"] for bill in office.run("2025-10")] == ["350.00", "150.00"]
    return office


def _body(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"accountNumbers": ["A1", "A2"], "from": "2025-09-01", "reason": "CM-1 hangs at A2"} | more


def test_crossed_meters_are_swapped_with_their_bills(office: Corrected) -> None:
    """B13: A1 owes 150.00 and A2 350.00; A1 had paid, and A2 had paid its 150.00."""
    office.on("2025-10-10")
    office.pay("2025-10.A1.1", "350.00").expect(201)
    office.pay("2025-10.A2.1", "150.00").expect(201)
    office.on("2025-10-15")
    path = f"{office.base}/corrections/crossed-meters"
    seen = office.staff.post(f"{path}/preview", _body()).expect(200)
    assert [(bill["old"]["total"], bill["new"]["total"]) for bill in seen["bills"]] == [
        ("350.00", "150.00"),
        ("150.00", "350.00"),
    ]
    assert (seen["difference"], seen["credit"]) == ("0.00", "200.00")
    assert office.staff.post(path, _body(digest="0" * 32)).expect(409)["code"] == "changed"
    done = office.staff.post(path, _body(digest=seen["digest"]), key="swap").expect(201)
    assert office.staff.post(path, _body(digest=seen["digest"]), key="swap").expect(201) == done
    assert (done["kind"], done["accountNumbers"]) == ("crossed_meters", ["A1", "A2"])

    bills = [office.bill(f"2025-10.{account}.1r2") for account in ("A1", "A2")]
    assert [(bill["total"], bill["meterNumber"], bill["status"], bill["amountDue"]) for bill in bills] == [
        ("150.00", "CM-2", "paid", "0.00"),
        ("350.00", "CM-1", "partial", "200.00"),
    ]
    assert office.owed("A1") == ("0.00", "200.00")
    assert office.owed("A2") == ("200.00", "0.00")
    for meter, account in (("CM-1", "A2"), ("CM-2", "A1")):
        found = office.staff.get(f"{office.base}/connections", meterNumber=meter).expect(200)["items"]
        assert [each["accountNumber"] for each in found] == [account]
    events = office.staff.get(f"{office.path('A1')}/history").expect(200)["items"]
    assert events[0]["kind"] == "meters_crossed"

    office.read("A1", "2025-11-05", "1020")
    office.read("A2", "2025-11-05", "160")
    assert [bill["total"] for bill in office.run("2025-11")] == ["150.00", "350.00"]


def test_pending_readings_of_crossed_meters_are_withdrawn(office: Corrected) -> None:
    office.on("2025-11-05")
    project = office.staff.get(office.base).expect(200)
    settings = {"version": project["version"], "settings": {"confirmation": "required"}}
    office.staff.patch(f"{office.base}/settings", settings).expect(200)
    waiting = office.read("A1", "2025-11-05", "160")
    path = f"{office.base}/corrections/crossed-meters"
    digest = office.staff.post(f"{path}/preview", _body()).expect(200)["digest"]
    office.staff.post(path, _body(digest=digest)).expect(201)
    assert office.staff.get(f"{office.base}/readings/{waiting['id']}").expect(200)["status"] == "withdrawn"


def test_meters_that_were_not_read_alike_are_not_swapped(office: Corrected) -> None:
    office.read("A1", "2025-11-05", "160")
    path = f"{office.base}/corrections/crossed-meters/preview"
    assert office.staff.post(path, _body()).expect(409)["code"] == "rounds-differ"
    assert office.staff.post(path, _body(accountNumbers=["A1", "A1"])).expect(400)["code"] == "same-meter"
    assert office.staff.post(path, _body(**{"from": "2025-12-01"})).expect(400)["code"] == "future-date"
    assert office.staff.post(path, _body(accountNumbers=["A1", "A9"])).status == 404

"""How far a round is, visits without a reading, and readings that are billed."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.office import FLAT, Office
from tests.support.utilities import bring_file


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _areas(office: Office, period: str) -> dict[str, tuple[int, int, int, int]]:
    round_ = office.staff.get(f"{office.base}/readings/round", period=period).expect(200)
    assert round_["nextCursor"] is None
    return {
        each["area"]: (each["total"], each["ready"], each["waiting"], each["notUpdated"]) for each in round_["areas"]
    }


def test_a_round_is_counted_by_area(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-20", confirmation="required")
    for account, area in (("P1", "Poblacion"), ("P2", "Poblacion"), ("P3", "Poblacion"), ("S1", "San-Isidro")):
        office.connect(account, area=area)
    office.connect("H1", meter=None)
    assert _areas(office, "2025-11") == {"Poblacion": (3, 0, 0, 3), "San-Isidro": (1, 0, 0, 1)}

    office.read("P1", "2025-11-05", "10")
    office.staff.post(f"{office.base}/readings/2025-11.P1/confirmation").expect(200)
    office.read("P2", "2025-11-05", "10")
    office.read("S1", "2025-11-05", "16777.215")
    assert _areas(office, "2025-11") == {"Poblacion": (3, 1, 1, 1), "San-Isidro": (1, 0, 1, 0)}

    office.staff.post(f"{office.base}/readings/2025-11.P1/withdrawal", {"reason": "Wrong house"}).expect(200)
    assert _areas(office, "2025-11")["Poblacion"] == (3, 0, 1, 2)


def test_a_visit_without_a_reading_is_listed_with_its_code(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-11-05")
    office.connect("A1")
    office.connect("A2")
    visits = f"{office.base}/readings/visits"
    said = {"accountNumber": "A1", "visitedOn": "2025-11-05", "readerCode": "dog", "photo": "2025-11/A1.jpg"}
    noted = office.staff.post(visits, said).expect(200)
    assert (noted["period"], noted["readerCode"]) == ("2025-11", "dog")
    assert office.staff.post(visits, said).expect(200) == noted, "noted twice"
    office.on("2025-11-06")
    office.staff.post(visits, said | {"visitedOn": "2025-11-06", "readerCode": "locked"}).expect(200)

    unread = office.staff.get(f"{office.base}/readings/unread", period="2025-11").expect(200)["items"]
    found = {each["accountNumber"]: each["lastVisit"] and each["lastVisit"]["readerCode"] for each in unread}
    assert found == {"A1": "locked", "A2": None}
    refused = office.staff.post(visits, said | {"visitedOn": "2025-11-07"})
    assert (refused.status, refused.json["code"]) == (400, "future-date")
    assert office.staff.post(visits, said | {"accountNumber": "A9"}).status == 404


def test_a_reading_shows_that_it_is_billed(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-10-05")
    office.connect("A1")
    office.connect("A2")
    for day, value in (("2025-11-05", "5"), ("2025-11-20", "9")):
        office.read("A1", day, value)
    office.read("A2", "2025-11-20", "3")
    office.staff.post(f"{office.base}/bills", {"readingId": "2025-11.A1:2"}).expect(201)
    office.read("A1", "2025-11-29", "12")

    listed = office.staff.get(f"{office.base}/readings", period="2025-11").expect(200)["items"]
    billed = {each["id"]: each["billed"] for each in listed}
    assert billed == {"2025-11.A1": True, "2025-11.A1:2": True, "2025-11.A1:3": False, "2025-11.A2": False}
    of_account = office.staff.get(f"{office.base}/readings", accountNumber="A1").expect(200)["items"]
    assert [each["billed"] for each in of_account] == [False, True, True]
    for reading_id, expected in billed.items():
        assert office.staff.get(f"{office.base}/readings/{reading_id}").expect(200)["billed"] is expected
    refused = office.staff.post(f"{office.base}/readings/2025-11.A1:2/withdrawal", {"reason": "Why not"})
    assert (refused.status, refused.json["code"]) == (409, "later-reading")


def test_a_file_brings_readers_codes_where_nobody_could_read(app: Chalice, api: Api) -> None:
    office = Office(app, api, FLAT, today="2025-11-05")
    for account in ("A1", "A2", "A3"):
        office.connect(account)
    file = b"account_number,reading,read_on,reader_code\nA1,12,2025-11-05,\nA2,,2025-11-05,dog\nA3,,2025-11-05,\n"
    for _ in range(2):
        brought = bring_file(office.utility, office.staff, "readings", file)
        shown = office.staff.get(f"{office.base}/readings/imports/{brought}").expect(200)
        assert (shown["counts"]["rows"], shown["counts"]["refused"]) == (3, 1)
    unread = office.staff.get(f"{office.base}/readings/unread", period="2025-11").expect(200)["items"]
    found = {each["accountNumber"]: each["lastVisit"] and each["lastVisit"]["readerCode"] for each in unread}
    assert found == {"A2": "dog", "A3": None}

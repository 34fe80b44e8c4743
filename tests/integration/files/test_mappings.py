"""K9 over HTTP: a mapping is saved and tried, and files are imported by it; workbooks, too."""

from datetime import date
from typing import Any

import pytest

from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from chalicelib.tenancy.domain import DeliveredMeasure
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection
from tests.support.workbooks import workbook

_SENSUS = "METER_ADDRESS,READING_DATE,READING_VALUE_L\n{0},05/11/25 12:00,12345\n"
_OURS = {
    "name": "Readings of the north",
    "dateForm": "dd/mm/yy hh:mm",
    "decimalSign": ".",
    "columns": [
        {"to": "meter_number", "title": "METER_ADDRESS"},
        {"to": "read_on", "title": "READING_DATE"},
        {"to": "reading", "title": "READING_VALUE_L", "factor": "0.001"},
    ],
}


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return _opened(api)


def _opened(api: Api, **settings: Any) -> Utility:  # noqa: ANN401
    opened = open_waterworks(api, settings=with_settings(WATERWORKS, **settings).settings)
    for number in (1, 2):
        register_connection(opened.as_staff(), opened, f"SM-{number}")
    return opened


def _announce(utility: Utility, content: bytes, **body: str) -> str:
    announced = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": "f.xlsx", **body}).expect(201)
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=content)
    return str(announced["id"])


def _import(utility: Utility, import_id: str) -> dict[str, Any]:
    readings.run_import(utility.context(), import_id=import_id)
    shown: dict[str, Any] = utility.as_staff().get(f"{utility.base}/readings/imports/{import_id}").expect(200)
    return shown


def _readings(utility: Utility) -> list[tuple[str, str]]:
    listed = utility.as_staff().get(f"{utility.base}/readings", period="2025-11").expect(200)["items"]
    return [(one["reading"], one["readOn"]) for one in listed]


def test_b36_a_sensus_export_becomes_readings_by_the_mapping_that_was_tried(utility: Utility) -> None:
    admin, base = utility.as_staff(), f"{utility.base}/readings"
    before = items_of(utility.client)
    sample = {"text": _SENSUS.format("1234-abc-0000") + "x,17/03/23,many\n", "draft": _OURS}
    tried = admin.post(f"{base}/import-trials", sample).expect(200)
    assert [(row["meterNumber"], row["reading"], row["readOn"]) for row in tried["rows"]] == [
        ("1234-abc-0000", "12.345", "2025-11-05")
    ]
    assert [(line["line"], line["column"], line["code"]) for line in tried["refused"]] == [
        (3, "READING_DATE", "bad-date")
    ]
    assert items_of(utility.client) == before, "a trial stores nothing"

    saved = admin.put(f"{base}/import-mappings/north", _OURS).expect(200)
    assert admin.get(f"{base}/import-mappings/north").expect(200) == saved
    listed = admin.get(f"{base}/import-mappings").expect(200)["items"]
    assert {"north": False, "sensus": True}.items() <= {one["id"]: one["builtIn"] for one in listed}.items()

    import_id = _announce(utility, _SENSUS.format("SM-1").encode(), mappingId="north")
    admin.delete(f"{base}/import-mappings/north").expect(200)  # what is announced keeps it
    done = _import(utility, import_id)
    assert (done["status"], done["mappingId"], done["counts"]["accepted"]) == ("done", "north", 1)
    assert _readings(utility) == [("12.345", "2025-11-05")]
    admin.get(f"{base}/import-mappings/north").expect(404)


def test_a_mapping_with_a_presets_id_stands_in_its_place_until_it_is_deleted(utility: Utility) -> None:
    admin, path = utility.as_staff(), f"{utility.base}/readings/import-mappings/sensus"
    preset = admin.get(path).expect(200)
    assert admin.put(path, _OURS).expect(200)["builtIn"] is False
    assert admin.get(path).expect(200)["name"] == _OURS["name"]
    stored = items_of(utility.client)
    admin.put(path, _OURS).expect(200)
    assert items_of(utility.client) == stored, "the same again changes nothing"
    admin.delete(path).expect(200)
    assert admin.get(path).expect(200) == preset
    admin.delete(path).expect(404)


def test_a_mapping_that_nobody_saved_and_one_that_can_not_be_used_are_refused(utility: Utility) -> None:
    admin, base = utility.as_staff(), f"{utility.base}/readings"
    unknown = admin.post(f"{base}/imports", {"fileName": "f.csv", "mappingId": "nobodys"}).expect(400)
    assert (unknown["code"], unknown["errors"][0]["field"]) == ("unknown-mapping", "mappingId")
    bad = admin.put(f"{base}/import-mappings/bad", _OURS | {"columns": _OURS["columns"][1:]}).expect(400)
    assert (bad["code"], bad["errors"][0]["field"]) == ("bad-mapping", "columns")
    tried = admin.post(f"{base}/import-trials", {"text": "\ud800", "mappingId": "sensus"})
    assert tried.status in {200, 400}


def test_a_workbook_of_readings_is_taken_in(utility: Utility) -> None:
    content = workbook([("meter", "reading", "date"), ("SM-1", 12.375, date(2025, 11, 5)), ("SM-2", "#REF!", "x")])
    done = _import(utility, _announce(utility, content))
    assert (done["counts"]["accepted"], done["counts"]["refused"]) == (1, 1)
    assert _readings(utility) == [("12.375", "2025-11-05")]


def test_b32_all_readings_of_a_month_are_taken_by_their_days(utility: Utility) -> None:
    text = b"meter,reading,date\nSM-1,125,2025-11-10\nSM-1,101,2025-11-01\nSM-1,112,2025-11-05\n"
    done = _import(utility, _announce(utility, text))
    assert done["counts"]["accepted"] == 3
    assert _readings(utility) == [("101", "2025-11-01"), ("112", "2025-11-05"), ("125", "2025-11-10")]


def test_a_file_brings_registers_measures_a_readers_code_and_the_round(api: Api) -> None:
    delivered = (DeliveredMeasure("offpeak", "register"), DeliveredMeasure("demandKw", "reading"))
    utility = _opened(api, measures=delivered)
    admin = utility.as_staff()
    consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    two_rates = {
        "consumerId": consumer,
        "consumerClass": "residential",
        "meterNumber": "SM-3",
        "initialReading": "100",
        "registers": [{"code": "night", "measure": "offpeak", "initialReading": "800"}],
    }
    account = admin.post(f"{utility.base}/connections", two_rates).expect(201)["accountNumber"]
    text = (
        "meter,reading,date,register_night,measure_demandKw,reader_code,round\n"
        "SM-3,125,2025-10-31,812,4.5,dog,2025-11\n"  # 2: read a day early
        "SM-1,10,2025-11-05,7,,,\n"  # 3: its meter has no register night
        "SM-3,130,2025-11-05,,,,\n"  # 4: without its register
        "SM-2,10,2025-11-05,,,,2025-09\n"  # 5: no round of that day
    )
    done = _import(utility, _announce(utility, text.encode()))
    report = admin.get(f"{utility.base}/readings/imports/{done['id']}/report", kind="refused").expect(200)["items"]
    assert [(line["line"], line["column"], line["code"]) for line in report] == [
        (3, "register_night", "unknown-register"),
        (4, "register_night", "register-missing"),
        (5, "round", "other-period"),
    ]
    taken = admin.get(f"{utility.base}/readings/2025-11.{account}").expect(200)
    assert (taken["readOn"], taken["period"], taken["reading"], taken["usage"]) == (
        "2025-10-31",
        "2025-11",
        "125",
        "25",
    )
    assert taken["registers"] == [
        {
            "code": "night",
            "role": "billed",
            "measure": "offpeak",
            "previous": "800",
            "reading": "812",
            "usage": "12",
            "estimated": False,
        }
    ]
    assert (taken["measures"], taken["readerCode"]) == ({"demandKw": "4.5"}, "dog")

"""Registries by file: consumers and connections line by line, twice without harm, over the very path of readings."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.imports import service
from chalicelib.kernel.errors import NotFound
from chalicelib.platform import clock, settings, storage
from local import events
from tests.support.faults import Death
from tests.support.http import Api
from tests.support.queues import deliver_to
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks, register_connection

_HEADER = "meter_number,consumer_class,area,initial_reading,consumer_number,first_name,last_name,email,phone\n"
_GOOD = (
    "SM-1,residential,Poblacion,120,7,Juan,Dela Cruz,juan@example.com,+63 917 555\n"
    "SM-2,commercial,Poblacion,0,7,Juan,Dela Cruz,juan@example.com,+63 917 555\n"
    "SM-3,residential,Hanopol,,,Ana,Peña,,\n"
)
_TROUBLE = (
    "SM-9,residential,Poblacion,0,,Eva,Luna,,\n"  # 5: on somebody's connection already
    "SM-4,castle,Poblacion,0,,Eva,Luna,,\n"  # 6
    "SM-5,residential,Poblacion,ten,,Eva,Luna,,\n"  # 7
    "SM-6,residential,Poblacion,0,7,Juana,Dela Cruz,juan@example.com,+63 917 555\n"  # 8: another name for number 7
    "SM-1,residential,Poblacion,0,,Eva,Luna,,\n"  # 9: twice in the file
    "SM-7,residential,Poblacion,0,,,,,\n"  # 10: nobody's, and here each connection is somebody's
)
_REFUSED = [
    (5, "consumer_number", "differs"),
    (6, "consumer_class", "unknown-class"),
    (7, "initial_reading", "bad-number"),
    (8, "consumer_number", "other-consumer"),
    (9, "meter_number", "duplicate-row"),
    (10, "first_name", "consumer-missing"),
]


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks with one connection, of meter SM-9."""
    opened = open_waterworks(api)
    register_connection(opened.as_staff(), opened, "SM-9")
    return opened


def _announce(utility: Utility, text: str) -> str:
    announced = utility.as_staff().post(f"{utility.base}/registry/imports", {"fileName": "r.csv"}).expect(201)
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=text.encode())
    return str(announced["id"])


def _import(utility: Utility, text: str) -> dict[str, Any]:
    import_id = _announce(utility, text)
    service.run_registry_import(utility.context(), import_id=import_id)
    shown: dict[str, Any] = utility.as_staff().get(f"{utility.base}/registry/imports/{import_id}").expect(200)
    return shown


def _report(utility: Utility, import_id: str) -> list[dict[str, Any]]:
    report = utility.as_staff().get(f"{utility.base}/registry/imports/{import_id}/report").expect(200)
    lines: list[dict[str, Any]] = report["items"]
    return lines


def _registered(utility: Utility) -> dict[str, Any]:
    return {k: item for k, item in items_of(utility.client).items() if "#IMPORT" not in k and "AUDIT" not in k}


def test_good_lines_are_kept_and_each_bad_one_is_named_with_line_column_and_reason(utility: Utility) -> None:
    done = _import(utility, _HEADER + _GOOD + _TROUBLE)
    assert done["status"] == "done"
    assert done["counts"] == {"rows": 9, "accepted": 3, "unchanged": 0, "refused": 6, "flagged": 0, "blank": 0}
    report = _report(utility, done["id"])
    assert [(line["line"], line["column"], line["code"]) for line in report] == _REFUSED
    assert all(line["reason"] for line in report)


def test_lines_with_one_consumer_number_are_one_consumers_connections(utility: Utility) -> None:
    _import(utility, _HEADER + _GOOD)
    admin = utility.as_staff()
    listed = admin.get(f"{utility.base}/connections").expect(200)["items"]
    by_meter = {one["meterNumber"]: one for one in listed}
    assert by_meter["SM-1"]["consumerId"] == by_meter["SM-2"]["consumerId"] != by_meter["SM-3"]["consumerId"]
    assert (by_meter["SM-1"]["initialReading"], by_meter["SM-1"]["lastReading"]) == ("120", "120")
    assert by_meter["SM-3"]["consumerName"] == "Ana Peña"
    juan = admin.get(f"{utility.consumers}/{by_meter['SM-1']['consumerId']}").expect(200)
    assert (juan["email"], juan["phone"]) == ("juan@example.com", "+63 917 555")
    assert len([key for key in items_of(utility.client) if key.endswith(" | CONSUMER")]) == 3


def test_the_same_registry_again_changes_nothing(utility: Utility) -> None:
    first = _import(utility, _HEADER + _GOOD + _TROUBLE)
    before = _registered(utility)
    again = _import(utility, _HEADER + _GOOD + _TROUBLE)
    assert _registered(utility) == before
    assert again["counts"] == {**first["counts"], "accepted": 0, "unchanged": 3}
    assert _report(utility, again["id"]) == _report(utility, first["id"])


def test_a_registry_delivered_twice_is_taken_in_once(utility: Utility) -> None:
    done = _import(utility, _HEADER + _GOOD)
    before = items_of(utility.client)
    service.run_registry_import(utility.context(), import_id=done["id"])
    assert items_of(utility.client) == before


def test_a_registry_that_is_interrupted_and_carried_on_reports_the_same(utility: Utility) -> None:
    import_id = _announce(utility, _HEADER + _GOOD)

    def die(**_: object) -> None:
        raise Death

    hooks = storage._client().meta.events
    hooks.register("before-call.s3.PutObject", die)
    try:
        with pytest.raises(Death):
            service.run_registry_import(utility.context(), import_id=import_id)
    finally:
        hooks.unregister("before-call.s3.PutObject", die)
    before = _registered(utility)
    done = service.run_registry_import(utility.context(), import_id=import_id)
    assert (done.state, done.counts.accepted, done.counts.unchanged) == ("done", 3, 0)
    assert _registered(utility) == before


def test_a_corrected_file_adds_what_was_missing(utility: Utility) -> None:
    _import(utility, _HEADER + _GOOD + "SM-4,castle,Poblacion,0,,Eva,Luna,,\n")
    done = _import(utility, _HEADER + _GOOD + "SM-4,residential,Poblacion,0,,Eva,Luna,,\n")
    assert (done["counts"]["accepted"], done["counts"]["unchanged"], done["counts"]["refused"]) == (1, 3, 0)


def test_an_empty_cell_says_nothing_of_a_known_consumer_or_connection(utility: Utility) -> None:
    """D8: it was taken for other contact data, and for another consumer and initial reading."""
    more = "SM-4,residential,Hanopol,,7,Juan,Dela Cruz,,\nSM-5,residential,Hanopol,,7,Juan,Dela Cruz,,+63 917 556\n"
    done = _import(utility, _HEADER + _GOOD + more)
    assert (done["counts"]["accepted"], done["counts"]["refused"]) == (4, 1)
    (refused,) = _report(utility, done["id"])
    assert (refused["line"], refused["code"]) == (6, "other-consumer")  # another telephone number is said
    later = NOVEMBER + timedelta(hours=1)
    clock.use_time(lambda: later)
    again = _import(utility, _HEADER + "SM-1,residential,,,7,Juan,Dela Cruz,,\nSM-2,commercial,,,,,,,\n")
    assert (again["counts"]["unchanged"], again["counts"]["refused"]) == (2, 0)
    connection = utility.as_staff().get(f"{utility.base}/connections", meterNumber="SM-4").expect(200)["items"][0]
    juan = utility.as_staff().get(f"{utility.consumers}/{connection['consumerId']}").expect(200)
    assert (juan["email"], juan["phone"], juan["connections"]) == ("juan@example.com", "+63 917 555", 3)


def test_units_without_consumers_come_in_under_their_own_numbers(api: Api) -> None:
    opened = open_condominium(api)
    done = _import(opened, "Unit;Meter;Class;Building;Initial\n101;WM-101;unit;A;1774\n102;WM-102;unit;A;30\n")
    assert done["counts"]["accepted"] == 2
    unit = opened.as_staff().get(f"{opened.base}/connections/101").expect(200)
    assert (unit["consumerId"], unit["meterNumber"], unit["lastReading"]) == (None, "WM-101", "1774")


@pytest.mark.parametrize(
    ("text", "said"), [("", "first line"), ("meter_number,reading,read_on\nSM-1,1,2025-11-05\n", "consumer_class")]
)
def test_a_file_that_is_no_registry_is_refused_whole(utility: Utility, text: str, said: str) -> None:
    before = _registered(utility)
    done = _import(utility, text)
    assert done["status"] == "refused"
    assert said in done["refusal"]
    assert _registered(utility) == before


def test_an_uploaded_registry_goes_the_way_of_readings_from_form_to_report(app: Chalice, utility: Utility) -> None:
    # What other tests left in the queue, a file that can't be taken in yet among it, is none of this one's.
    events.sqs().purge_queue(QueueUrl=events.queue_url("meterbook-imports"))
    admin = utility.as_staff()
    announced = admin.post(f"{utility.base}/registry/imports", {"fileName": "registry.csv"}).expect(201)
    form = announced["upload"]
    body = {"file": ("registry.csv", (_HEADER + _GOOD).encode())}
    assert httpx.post(form["url"], data=form["fields"], files=body, trust_env=False, timeout=60).status_code == 204
    deliver_to(app, "meterbook-imports")
    shown = admin.get(f"{utility.base}/registry/imports/{announced['id']}").expect(200)
    assert (shown["status"], shown["counts"]["accepted"]) == ("done", 3)
    assert [one["id"] for one in admin.get(f"{utility.base}/registry/imports").expect(200)["items"]] == [shown["id"]]


def test_a_registry_is_no_import_of_readings_and_only_administrators_bring_one_in(utility: Utility) -> None:
    import_id = _announce(utility, _HEADER + _GOOD)
    admin = utility.as_staff()
    admin.get(f"{utility.base}/readings/imports/{import_id}").expect(404)
    assert admin.get(f"{utility.base}/readings/imports").expect(200)["items"] == []
    with pytest.raises(NotFound):
        service.run_registry_import(open_waterworks(utility.api).context(), import_id=import_id)
    utility.as_staff("manager").post(f"{utility.base}/registry/imports", {"fileName": "r.csv"}).expect(403)


def test_a_line_names_an_area_only_where_a_list_of_areas_is_kept(api: Api) -> None:
    line = "meter_number,consumer_class,first_name,last_name\nSM-1,residential,Juan,Dela Cruz\n"
    anywhere = open_waterworks(api)
    done = _import(anywhere, line)
    assert (done["status"], done["counts"]["accepted"]) == ("done", 1)
    (made,) = anywhere.as_staff().get(f"{anywhere.base}/connections").expect(200)["items"]
    assert (made["meterNumber"], made["area"]) == ("SM-1", "")

    listed = open_waterworks(api, area_levels=("barangay", "purok"))
    refused = _import(listed, line)
    (entry,) = _report(listed, refused["id"])
    assert (entry["line"], entry["column"], entry["code"]) == (2, "area", "unknown-area")


def test_a_report_names_a_column_as_the_file_does(api: Api) -> None:
    """G5: the first line said "Barangay", the report said "area"; what was wrong in a cell had the file's word."""
    listed = open_waterworks(api, area_levels=("barangay", "purok"))
    lines = "Meter No,Class,Barangay,First name,Last name,Mobile\n"
    lines += "SM-1,residential,Nowhere,Juan,Dela Cruz,+63 917 555\nSM-2,castle,,Juan,Dela Cruz,x\n"
    refused = _import(listed, lines)
    found = [(entry["line"], entry["column"], entry["code"]) for entry in _report(listed, refused["id"])]
    assert found == [(2, "Barangay", "unknown-area"), (3, "Mobile", "bad-phone")]


@pytest.mark.parametrize(
    ("kind", "name", "endings"),
    [
        ("registry", "Consumers.XLS", ".csv or .tsv or .txt or .xlsx"),
        ("registry", "registry.json", ".csv or .tsv or .txt"),
        ("readings", "November.ods", ".csv or .tsv or .txt"),
        ("history", "history.csv", ".json"),
    ],
)
def test_a_file_of_another_format_is_refused_when_it_is_announced(api: Api, kind: str, name: str, endings: str) -> None:
    """G5: a spreadsheet was announced and uploaded, and refused only then."""
    utility = open_waterworks(api)
    admin = utility.as_staff()
    before = items_of(utility.client)
    refused = admin.post(f"{utility.base}/{kind}/imports", {"fileName": name}).expect(400)
    (fault,) = refused["errors"]
    assert (refused["code"], fault["field"], endings in fault["message"]) == ("bad-file-name", "fileName", True)
    assert items_of(utility.client) == before


def test_an_organisation_comes_in_by_its_one_name_and_is_known_again(utility: Utility) -> None:
    """B46."""
    line = "meter_number,consumer_class,first_name,last_name,consumer_number\nM1,residential,,Example School,12\n"
    assert _import(utility, line)["counts"]["accepted"] == 1
    school = utility.as_staff().get(utility.consumers, q="school").expect(200)["items"][0]
    assert (school["name"], school["connections"]) == ("Example School", 1)
    more = line + "M2,residential,Example School,,12\nM3,residential,Example,School,12\nM4,residential,,Chapel,12\n"
    shown = _import(utility, more)
    assert (shown["counts"]["accepted"], shown["counts"]["unchanged"]) == (2, 1)
    assert [(each["line"], each["code"]) for each in _report(utility, shown["id"])] == [(5, "other-consumer")]


def test_consumers_of_a_file_may_share_an_e_mail_address(utility: Utility) -> None:
    """B47."""
    header = "meter_number,consumer_class,first_name,last_name,email\n"
    lines = "M1,residential,Ana,Lagman,home@lab.example\nM2,residential,Ben,Lagman,Home@lab.example\n"
    shown = _import(utility, header + lines)
    assert shown["counts"] == shown["counts"] | {"accepted": 2, "refused": 0}
    people = utility.as_staff().get(utility.consumers, q="lagman").expect(200)["items"]
    assert sorted((each["name"], each["email"]) for each in people) == [
        ("Ana Lagman", "home@lab.example"),
        ("Ben Lagman", "Home@lab.example"),
    ]

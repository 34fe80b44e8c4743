"""Files of readings: taken in line by line, twice without harm, and only where they were announced."""

import base64
import json
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.kernel.errors import NotFound, TryLater
from chalicelib.platform import clock, settings, storage
from chalicelib.platform.bulk import FEW
from chalicelib.readings import service
from chalicelib.tenancy.domain import ProjectContext
from local import events
from tests.support.engine import Engine
from tests.support.examples import WATERWORKS, with_settings
from tests.support.faults import Death
from tests.support.http import Api, whole_bills
from tests.support.meter import metered
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

_HEADER = "meter_number,reading,read_on\n"
_GOOD = "".join(f"SM-{number},1{number},2025-11-05\n" for number in range(1, 5))
_TROUBLE = (
    "SM-9,10,2025-11-05\n"  # 6: unknown
    "SM-1,99,2025-11-06\n"  # 7: a day later than line 2, so another reading of the round
    "SM-5,99,2025-11-05\n"  # 8: below its initial 100
    "SM-5,ten,2025-11-05\n"  # 9
    "SM-5,110,2025-11-12\n"  # 10: tomorrow
    ",,\n"  # 11: empty
    "SM-5,110,2025-12-01\n"  # 12: another period, and in the future
)
_REFUSED = [
    (6, "meter_number", "unknown-meter"),
    (8, "reading", "below-previous"),
    (9, "reading", "bad-number"),
    (10, "read_on", "future-date"),
    (12, "read_on", "future-date"),
]


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks with five connections; the fifth begins at 100."""
    opened = open_waterworks(api)
    admin = opened.as_staff()
    for number in range(1, 6):
        register_connection(admin, opened, f"SM-{number}", initial="100" if number == 5 else "0")
    return opened


def _announce(utility: Utility, text: bytes | str) -> str:
    announced = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": "f.csv"}).expect(201)
    key = announced["upload"]["fields"]["key"]
    body = text.encode() if isinstance(text, str) else text
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=body)
    import_id: str = announced["id"]
    return import_id


def _import(utility: Utility, text: bytes | str) -> dict[str, Any]:
    import_id = _announce(utility, text)
    service.run_import(utility.context(), import_id=import_id)
    return _shown(utility, import_id)


def _shown(utility: Utility, import_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = utility.as_staff().get(f"{utility.base}/readings/imports/{import_id}").expect(200)
    return shown


def _report(utility: Utility, import_id: str, **query: object) -> dict[str, Any]:
    address = f"{utility.base}/readings/imports/{import_id}/report"
    report: dict[str, Any] = utility.as_staff().get(address, **query).expect(200)
    return report


def _readings(utility: Utility) -> dict[str, Any]:
    return {
        key: item for key, item in items_of(utility.client).items() if "#IMPORT" not in key and "#AUDIT#" not in key
    }


@pytest.mark.covers("S1-095", "S1-034", "S3-101")
def test_good_rows_are_kept_and_each_bad_one_is_named_with_line_column_and_reason(utility: Utility) -> None:
    done = _import(utility, _HEADER + _GOOD + _TROUBLE)
    assert done["status"] == "done"
    assert done["counts"] == {"rows": 10, "accepted": 5, "unchanged": 0, "refused": 5, "flagged": 0, "blank": 1}
    report = _report(utility, done["id"])["items"]
    assert [(line["line"], line["column"], line["code"]) for line in report] == _REFUSED
    assert all(line["reason"] for line in report)
    listed = utility.as_staff().get(f"{utility.base}/readings", period="2025-11").expect(200)["items"]
    assert [(one["meterNumber"], one["source"]) for one in listed] == [(f"SM-{n}", "import") for n in (1, 1, 2, 3, 4)]


@pytest.mark.covers("S1-095")
def test_the_same_file_again_changes_nothing(utility: Utility) -> None:
    first = _import(utility, _HEADER + _GOOD + _TROUBLE)
    before = _readings(utility)
    again = _import(utility, _HEADER + _GOOD + _TROUBLE)
    assert _readings(utility) == before
    assert again["counts"] == {**first["counts"], "accepted": 0, "unchanged": 5}
    assert _report(utility, again["id"]) == _report(utility, first["id"])


def test_b32_several_readings_of_a_month_are_one_bill_from_the_first_to_the_last_value(app: Chalice, api: Api) -> None:
    opened = open_waterworks(api, rates={"residential": "10.00"})
    admin = opened.as_staff()
    register_connection(admin, opened, "SM-1", initial="100")
    done = _import(opened, _HEADER + "SM-1,125,2025-11-10\nSM-1,101,2025-11-01\nSM-1,112,2025-11-05\n")
    assert (done["counts"]["accepted"], done["counts"]["refused"]) == (3, 0)
    confirmed = admin.post(f"{opened.base}/readings/confirmations", {}).expect(200)
    assert (confirmed["confirmed"], confirmed["left"]) == (3, [])
    listed = admin.get(f"{opened.base}/readings", period="2025-11").expect(200)["items"]
    assert [(one["previous"], one["reading"], one["usage"]) for one in listed] == [
        ("100", "101", "1"),
        ("101", "112", "11"),
        ("112", "125", "13"),
    ]
    admin.post(f"{opened.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    (bill,) = whole_bills(admin, opened.base, "2025-11")
    assert (bill["previousReading"], bill["currentReading"], bill["usage"]) == ("100", "125", "25")
    assert [line["amount"] for line in bill["lines"]] == ["250.00", "50.00"]
    assert (bill["total"], bill["useExplained"]) == ("300.00", ["125 - 100 = 25 m3"])


@pytest.mark.parametrize("confirmation", ["required", "none"])
def test_a_row_that_repeats_another_one_is_unchanged_also_when_the_import_is_resumed(
    api: Api, confirmation: str
) -> None:
    opened = open_waterworks(api, settings=with_settings(WATERWORKS, confirmation=confirmation).settings)
    admin = opened.as_staff()
    account = register_connection(admin, opened, "SM-1", initial="100")["accountNumber"]
    text = (
        "account_number,meter_number,reading,read_on\n"
        f"{account},,110,2025-11-05\n,SM-1,110,2025-11-05\n{account},,110,2025-11-05\n"
    )
    counts = {"rows": 3, "accepted": 1, "unchanged": 2, "refused": 0, "flagged": 0, "blank": 0}
    interrupted = _interrupt(opened, text)
    service.run_import(opened.context(), import_id=interrupted)
    assert _shown(opened, interrupted)["counts"] == counts
    assert _import(opened, text)["counts"] == counts | {"accepted": 0, "unchanged": 3}
    assert len(admin.get(f"{opened.base}/readings", period="2025-11").expect(200)["items"]) == 1


def test_rows_that_contradict_each_other_by_account_and_by_meter_number_are_all_refused(utility: Utility) -> None:
    account = utility.as_staff().get(f"{utility.base}/connections").expect(200)["items"][0]["accountNumber"]
    header = "account_number,meter_number,reading,read_on\n"
    rows = [f"{account},,110,2025-11-05\n", ",SM-1,111,2025-11-05\n", ",SM-1,110,2025-11-05\n", ",SM-2,7,2025-11-05\n"]
    for order in (rows, rows[::-1]):
        done = _import(utility, header + "".join(order))
        assert done["counts"]["refused"] == 3
        report = _report(utility, done["id"])["items"]
        assert [line["code"] for line in report] == ["contradicting-rows"] * 3
        assert all("110 in line" in line["reason"] and "111 in line" in line["reason"] for line in report)
    listed = utility.as_staff().get(f"{utility.base}/readings", period="2025-11").expect(200)["items"]
    assert [one["meterNumber"] for one in listed] == ["SM-2"]


def test_an_import_delivered_twice_is_done_once(utility: Utility) -> None:
    done = _import(utility, _HEADER + _GOOD)
    before = items_of(utility.client)
    service.run_import(utility.context(), import_id=done["id"])
    assert items_of(utility.client) == before


def test_an_interrupted_import_carried_on_reports_the_same(utility: Utility) -> None:
    whole = _import(utility, _HEADER + _GOOD + _TROUBLE)
    whole_report = _report(utility, whole["id"])
    twin = _import_interrupted(utility)
    service.run_import(utility.context(), import_id=twin)
    assert _shown(utility, twin)["counts"]["accepted"] == 1
    assert _report(utility, twin)["items"] == []
    assert whole_report["items"]


def _import_interrupted(utility: Utility) -> str:
    return _interrupt(utility, _HEADER + "SM-5,150,2025-11-05\n")


def _interrupt(utility: Utility, text: str) -> str:
    """Stop an import after its readings are written and before its result is."""
    import_id = _announce(utility, text)

    def die(**_: object) -> None:
        raise Death

    hooks = storage._client().meta.events
    hooks.register("before-call.s3.PutObject", die)
    try:
        with pytest.raises(Death):
            service.run_import(utility.context(), import_id=import_id)
    finally:
        hooks.unregister("before-call.s3.PutObject", die)
    assert _shown(utility, import_id)["status"] == "awaiting_upload"
    return import_id


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"PK\x03\x04" + bytes(50), "UTF-8"),
        ("meter_number,reading,read_on\nPe\u00f1a,1,2025-11-05\n".encode("latin-1"), "UTF-8"),
        (b"name,amount\na,1\n", "first line"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_whole_with_the_reason(
    utility: Utility, content: bytes, said: str
) -> None:
    before = _readings(utility)
    done = _import(utility, content)
    assert (done["status"], done["counts"]["rows"]) == ("refused", 0)
    assert said in done["refusal"]
    assert [line["kind"] for line in _report(utility, done["id"])["items"]] == ["refused"]
    assert _readings(utility) == before


def test_a_report_is_read_in_parts_without_cutting_a_line_in_two(utility: Utility) -> None:
    done = _import(utility, _HEADER + "SM-1,0,2025-11-11\nSM-2,0,2025-11-11\nSM-9,1,2025-11-11\n")
    first = _report(utility, done["id"], limit=2)
    assert [line["code"] for line in first["items"]] == ["late", "no_use"]
    rest = _report(utility, done["id"], limit=100, cursor=first["nextCursor"])
    assert ([line["line"] for line in rest["items"]], rest["nextCursor"]) == ([3, 3, 4], None)
    assert done["counts"]["flagged"] == 2
    assert [line["line"] for line in _report(utility, done["id"], code="late")["items"]] == [2, 3]
    refused = _report(utility, done["id"], kind="refused")["items"]
    assert [line["line"] for line in refused] == [4]
    assert _report(utility, done["id"], kind="refused", code="late")["items"] == []


def test_a_row_for_a_period_that_a_run_works_on_waits_where_readings_count_at_once(api: Api) -> None:
    opened = open_waterworks(api, settings=with_settings(WATERWORKS, confirmation="none").settings)
    admin = opened.as_staff()
    register_connection(admin, opened, "SM-1")
    admin.post(f"{opened.base}/billing-runs", {"period": "2025-11"}).expect(202)
    import_id = _announce(opened, _HEADER + "SM-1,10,2025-11-05\n")
    before = items_of(opened.client)
    with pytest.raises(TryLater, match="billing run"):
        service.run_import(opened.context(), import_id=import_id)
    after = items_of(opened.client)
    assert after.keys() == before.keys()
    changed = {key: after[key].keys() - before[key].keys() for key in after if after[key] != before[key]}
    assert list(changed.values()) == [{"admitted_at"}]  # it waits, and its sender need not be asked again


@pytest.fixture(scope="module")
def announced(api: Api) -> tuple[Utility, str]:
    """A waterworks and the id of an import whose file is there, and not imported yet."""
    opened = open_waterworks(api)
    register_connection(opened.as_staff(), opened, "SM-1")
    return opened, _announce(opened, _HEADER + "SM-1,10,2025-11-05\n")


_OTHER_ID = "01K9R6TGM0JVFDWAJM3ESG02Q2"


@pytest.mark.parametrize(
    "key",
    [
        "{client}/{project}/imports/" + _OTHER_ID + ".csv",  # nobody announced it
        "nobody/{project}/imports/{id}.csv",
        "{client}/nothing/imports/{id}.csv",
        "{client}/{project}/imports/{id}.report.json",
        "{client}/{project}/imports/../{id}.csv",
        "../{client}/{project}/imports/{id}.csv",
        "/{client}/{project}/imports/{id}.csv",
        "{client}/{project}/imports/{id}.csv/",
        "{client}/{project}/imports/{id}.csv\n",
        "{client}/{project}/imports/{id}.CSV",
        "{client}/{project}/imports/{id}.csv.exe",
        "{client}%2F{project}/imports/{id}.csv",
        "{client}/{project}/imports/%2e%2e/{id}.csv",
        "{client}#x/{project}/imports/{id}.csv",
        "{client}/{project}/imports/" + "０" * 26 + ".csv",
        "{client}/{project}/imports/" + "I" * 26 + ".csv",
        "{client}/{project}/imports/.csv",
        "{client}/{project}/exports/{id}.csv",
        "{client}\0/{project}/imports/{id}.csv",
        "",
    ],
)
def test_an_object_that_nobody_announced_under_that_very_name_is_ignored(
    app: Chalice, announced: tuple[Utility, str], key: str
) -> None:
    utility, import_id = announced
    before = items_of(utility.client)
    name = key.format(client=utility.client, project=utility.project, id=import_id)
    body = json.dumps({"detail": {"object": {"key": name}}})
    target = next(one for one in events.queue_handlers(app) if one.name == "import_readings")
    message: Any = {"MessageId": "1", "ReceiptHandle": "r", "Body": body}
    events.deliver(target, [message])
    assert items_of(utility.client) == before


def test_the_upload_form_is_for_one_key_one_type_and_one_size(engine: Engine, api: Api) -> None:
    utility = open_waterworks(api)
    announced = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": "../../x"}).expect(201)
    fields = announced["upload"]["fields"]
    assert fields["key"] == f"{utility.client}/{utility.project}/imports/{announced['id']}.csv"
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert {"key": fields["key"]} in policy["conditions"]
    assert {"Content-Type": "text/csv"} in policy["conditions"]
    assert ["content-length-range", 1, 10_000_000] in policy["conditions"]
    assert {"bucket": engine.bucket} in policy["conditions"]
    assert announced["upload"]["expiresIn"] == 900


def _post(form: dict[str, Any], body: bytes, **changes: str) -> int:
    answer = httpx.post(
        form["url"], data={**form["fields"], **changes}, files={"file": ("f.csv", body)}, trust_env=False, timeout=60
    )
    return answer.status_code


def test_a_file_of_another_type_size_or_name_is_not_taken(engine: Engine, api: Api) -> None:
    utility = open_waterworks(api)
    form = utility.as_staff().post(f"{utility.base}/readings/imports", {"fileName": "f.csv"}).expect(201)["upload"]
    assert engine.bucket
    refused = [
        _post(form, b"x" * 10_000_001),
        _post(form, b""),
        _post(form, b"x", **{"Content-Type": "text/html"}),
        _post(form, b"x", key="AVII/waterBills/imports/" + _OTHER_ID + ".csv"),
    ]
    assert all(400 <= status < 500 for status in refused), refused
    assert _post(form, b"x") == 204


def test_the_use_case_of_another_tenant_finds_no_such_import(api: Api, utility: Utility) -> None:
    import_id = _announce(utility, _HEADER + _GOOD)
    other = open_waterworks(api)
    before = items_of(utility.client), items_of(other.client)
    context: ProjectContext = other.context()
    with pytest.raises(NotFound):
        service.run_import(context, import_id=import_id)
    assert (items_of(utility.client), items_of(other.client)) == before


def test_a_small_file_is_looked_up_by_number_whatever_the_size_of_the_project(app: Chalice, utility: Utility) -> None:
    """Fifty rows in 50,000 connections took 64 queries and 1,400 read units before."""
    rows = [f"SM-{number},20{number},2025-11-05\n" for number in range(1, 6)]
    import_id = _announce(utility, _HEADER + "".join(rows))
    with metered() as meter:
        service.run_import(utility.context(), import_id=import_id)
    assert meter.requests["Query"] == 5 + 1  # one for each meter number, and what is usual in the class
    assert meter.requests["BatchGetItem"] == 3  # the sender, connections, readings of the period


def test_a_large_file_reads_the_connections_all_at_once(app: Chalice, utility: Utility) -> None:
    rows = [f"SM-{number},20{number},2025-11-05\n" for number in range(1, FEW + 2)]
    import_id = _announce(utility, _HEADER + "".join(rows))
    with metered() as meter:
        service.run_import(utility.context(), import_id=import_id)
    # And what is usual in the class; the sender.
    assert (meter.requests["Query"], meter.requests["BatchGetItem"]) == (1 + 1, 2)

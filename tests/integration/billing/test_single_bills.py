"""One confirmed reading is billed at once, and readings without a bill can be listed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.bills import service as bills
from chalicelib.kernel.errors import Conflict
from chalicelib.platform import clock
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks, register_connection


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture(scope="module")
def utility(api: Api) -> Utility:
    clock.use_time(lambda: NOVEMBER)
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _read(admin: Api, utility: Utility, meter: str, read_on: str, *, confirmed: bool = True) -> str:
    made = register_connection(admin, utility, meter)
    body = {"accountNumber": made["accountNumber"], "reading": "10", "readOn": read_on}
    reading: str = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    if confirmed:
        admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    return reading


def _unbilled(admin: Api, utility: Utility, period: str) -> list[Any]:
    items: list[Any] = admin.get(f"{utility.base}/readings/unbilled", period=period).expect(200)["items"]
    return items


@pytest.mark.covers(
    "S0-061", "S2-053", "S2-054", "S2-058", "S2-186", "S2-309", "S2-311", "S2-388", "S2-408", "S4-016",
    "S4-022", "S4-056",
)  # fmt: skip
def test_one_reading_is_billed_at_once_and_a_run_bills_the_others_alike(app: Chalice, utility: Utility) -> None:
    officer = utility.as_staff("manager")
    one, other = (_read(officer, utility, meter, "2025-10-05") for meter in ("ONE", "OTHER"))
    assert [each["readingId"] for each in _unbilled(officer, utility, "2025-10")] == [one, other]

    answer = officer.post(f"{utility.base}/bills", {"readingId": one})
    bill = answer.expect(201)
    assert answer.headers["location"].endswith(f"/bills/{bill['id']}")
    assert (bill["total"], bill["dueOn"], bill["billedOn"]) == ("275.00", "2025-10-20", "2025-10-05")
    assert (bill["readingId"], bill["accountNumber"]) == (one, one.partition(".")[2])
    assert bill["issuedAt"] == "2025-11-11T01:00:00.000Z"
    me = officer.get("/api/me").expect(200)["id"]
    assert (bill["origin"], bill["issuedBy"], bill["issuedByName"], bill["runId"]) == ("person", me, "manager", None)
    assert officer.get(f"{utility.base}/bills/{bill['id']}").expect(200) == bill
    assert [each["readingId"] for each in _unbilled(officer, utility, "2025-10")] == [other]

    started = officer.post(f"{utility.base}/billing-runs", {"period": "2025-10"}).expect(202)
    drain(app, "meterbook-billing")
    run = officer.get(f"{utility.base}/billing-runs/{started['id']}").expect(200)
    assert (run["bills"], run["total"]) == (1, "275.00")
    by_run = officer.get(f"{utility.base}/bills/{other}.1").expect(200)
    assert officer.get(f"{utility.base}/bills/{bill['id']}").expect(200) == bill
    its_own = {
        "id",
        "readingId",
        "accountNumber",
        "consumerId",
        "meterNumber",
        "digest",
        "origin",
        "runId",
        "issuedBy",
        "issuedByName",
        "consumerName",
    }
    assert {name: by_run[name] for name in by_run.keys() - its_own} == {
        name: bill[name] for name in bill.keys() - its_own
    }
    assert (by_run["origin"], by_run["runId"], by_run["issuedBy"]) == ("run", run["id"], None)
    assert _unbilled(officer, utility, "2025-10") == []


@pytest.mark.covers("S2-186", "S2-309", "S4-022", "S0-027", "S0-061", "S3-102")
def test_what_is_billed_waits_or_is_not_there_is_refused(admin: Api, utility: Utility) -> None:
    billed = _read(admin, utility, "BILLED", "2025-09-05")
    waiting = _read(admin, utility, "WAITING", "2025-09-05", confirmed=False)
    bill = admin.post(f"{utility.base}/bills", {"readingId": billed}).expect(201)
    again = admin.post(f"{utility.base}/bills", {"readingId": billed}).expect(409)
    assert (again["code"], bill["id"] in again["detail"]) == ("billed", True)
    read = admin.get(f"{utility.base}/readings/{bill['readingId']}").expect(200)
    assert (bill["readingId"], bill["previousReading"]) == (billed, read["previous"])
    assert admin.post(f"{utility.base}/bills", {"readingId": waiting}).expect(409)["code"] == "not-confirmed"
    for unknown in ("2025-09.nobody", "2024-09" + billed[7:], "what"):
        assert admin.post(f"{utility.base}/bills", {"readingId": unknown}).expect(404)["code"] == "not-found"
    admin.post(f"{utility.base}/bills", {}).expect(400)
    utility.as_staff("viewer").post(f"{utility.base}/bills", {"readingId": billed}).expect(403)
    utility.api.post(f"{utility.base}/bills", {"readingId": billed}).expect(401)
    correction = {"reading": "11", "readOn": "2025-09-05"}
    assert admin.put(f"{utility.base}/readings/{billed}", correction).expect(409)["code"] == "billed"


@pytest.mark.covers("S2-055", "S2-056", "S2-316", "S3-030", "S3-033", "S3-050", "S3-126")
def test_a_bill_turns_overdue_by_itself_on_the_day_after_its_due_day_where_the_utility_is(
    admin: Api, utility: Utility
) -> None:
    reading = _read(admin, utility, "OVERDUE", "2025-11-05")
    bill = admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)
    assert (bill["dueOn"], bill["status"], bill["daysOverdue"]) == ("2025-11-20", "open", 0)
    for instant, status, days in (
        ("2025-11-20T15:59:59+00:00", "open", 0),  # a second before midnight in Manila
        ("2025-11-20T16:00:00+00:00", "overdue", 1),
        ("2025-11-25T01:00:00+00:00", "overdue", 5),
    ):
        clock.use_time(lambda instant=instant: datetime.fromisoformat(instant))  # type: ignore[misc]
        shown = utility.as_staff().get(f"{utility.base}/bills/{bill['id']}").expect(200)
        assert shown == bill | {"status": status, "daysOverdue": days}


def test_days_may_be_named_and_must_fit(admin: Api, utility: Utility) -> None:
    reading = _read(admin, utility, "DAYS", "2025-08-05")
    for days in ({"billedOn": "2025-07-31"}, {"billedOn": "2025-08-20", "dueOn": "2025-08-20"}):
        assert admin.post(f"{utility.base}/bills", {"readingId": reading, **days}).expect(400)["code"] == "bad-day"
    days = {"billedOn": "2025-08-20", "dueOn": "2025-09-01"}
    bill = admin.post(f"{utility.base}/bills", {"readingId": reading, **days}).expect(201)
    assert (bill["billedOn"], bill["dueOn"]) == ("2025-08-20", "2025-09-01")


def test_while_a_run_works_on_the_period_no_single_bill_is_made(app: Chalice, admin: Api, utility: Utility) -> None:
    reading = _read(admin, utility, "FROZEN", "2025-07-05")
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-07"}).expect(202)
    refused = admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(409)
    assert (refused["code"], run["id"] in refused["detail"]) == ("period-frozen", True)
    drain(app, "meterbook-billing")
    assert admin.get(f"{utility.base}/bills/{reading}.1").expect(200)["runId"] == run["id"]


def test_a_run_and_single_bills_at_the_same_moment_bill_each_reading_once(
    app: Chalice, admin: Api, utility: Utility
) -> None:
    readings = [_read(admin, utility, f"ONCE-{number}", "2025-04-05") for number in range(4)]

    def bill(reading: str) -> int:
        return admin.post(f"{utility.base}/bills", {"readingId": reading}).status

    def start() -> str:
        while (reply := admin.post(f"{utility.base}/billing-runs", {"period": "2025-04"})).status == 503:
            pass  # the others were quicker
        run: str = reply.expect(202)["id"]
        return run

    with ThreadPoolExecutor(5) as hands:
        singly = [hands.submit(bill, reading) for reading in (*readings, *readings)]
        run = hands.submit(start)
        statuses = [one.result() for one in singly]
    drain(app, "meterbook-billing")
    made = whole_bills(admin, utility.base, "2025-04")
    assert sorted(one["readingId"] for one in made) == sorted(readings)
    assert set(statuses) <= {201, 409, 503}
    of_run = [one for one in made if one["origin"] == "run"]
    assert statuses.count(201) == len(made) - len(of_run)
    done = admin.get(f"{utility.base}/billing-runs/{run.result()}").expect(200)
    assert (done["status"], done["bills"], done["exceptions"]) == ("complete", len(of_run), 0)


def test_a_reading_that_is_corrected_meanwhile_is_not_billed_as_it_was(admin: Api, utility: Utility) -> None:
    reading = _read(admin, utility, "RACE", "2025-06-05")

    def somebody_corrects_it() -> str:
        admin.put(f"{utility.base}/readings/{reading}", {"reading": "12", "readOn": "2025-06-05"}).expect(200)
        return clock.fresh_id()

    with pytest.raises(Conflict, match="this reading was changed"):
        bills.bill_reading(utility.context(new_id=somebody_corrects_it), reading_id=reading)
    assert admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)["usage"] == "12"


def test_a_building_meter_is_read_and_neither_billed_nor_waited_for(api: Api) -> None:
    condominium = open_condominium(api)
    admin = condominium.as_staff()
    for account, purpose in (("101", "service"), ("B", "building")):
        facts = {"accountNumber": account, "meterNumber": f"W-{account}", "consumerClass": "unit", "purpose": purpose}
        admin.post(f"{condominium.base}/connections", facts).expect(201)
        read = {"accountNumber": account, "reading": "11", "readOn": "2025-11-01"}
        admin.post(f"{condominium.base}/readings", read).expect(201)
    assert [one["accountNumber"] for one in _unbilled(admin, condominium, "2025-10")] == ["101"]
    refused = admin.post(f"{condominium.base}/bills", {"readingId": "2025-10.B"}).expect(409)
    assert refused["code"] == "never-billed"
    assert admin.post(f"{condominium.base}/bills", {"readingId": "2025-10.101"}).expect(201)["total"] == "25.06"


def test_bills_are_made_on_record(admin: Api, utility: Utility) -> None:
    reading = _read(admin, utility, "RECORD", "2025-05-05")
    admin.post(f"{utility.base}/bills", {"readingId": reading}).expect(201)
    bill = {"projectId": utility.project, "subjectKind": "bill", "subjectId": f"{reading}.1"}
    (entry,) = admin.get(f"/api/clients/{utility.client}/audit-log", **bill).expect(200)["items"]
    assert (entry["action"], entry["before"]) == ("bill.issued", {})
    assert entry["after"] == {
        "readingId": reading, "total": "275.00", "currency": "PHP", "billedOn": "2025-05-05", "dueOn": "2025-05-20",
    }  # fmt: skip

"""The audit log over HTTP: every change of a month, found by actor, action, subject and day."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Chalice
from pydantic import TypeAdapter

from chalicelib.audit import repository
from chalicelib.audit import service as audit
from chalicelib.audit.schemas import Facts
from chalicelib.platform import clock
from chalicelib.platform.transaction import transact
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection


@pytest.fixture(scope="module")
def utility(app: Chalice, api: Api) -> Iterator[Utility]:
    """A waterworks where one reading was taken, corrected, confirmed and billed."""
    clock.use_time(lambda: NOVEMBER)
    made = open_waterworks(api)
    admin = made.as_staff()
    connection = register_connection(admin, made, "SM-1")
    body = {"accountNumber": connection["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
    taken = made.as_staff("manager").post(f"{made.base}/readings", body).expect(201)
    admin.send("PUT", f"{made.base}/readings/{taken['id']}", {"reading": "12", "readOn": "2025-11-05"}).expect(200)
    admin.post(f"{made.base}/readings/{taken['id']}/confirmation").expect(200)
    admin.post(f"{made.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    yield made
    clock.use_time(None)


def _log(utility: Utility, **query: object) -> list[dict[str, Any]]:
    path = f"/api/clients/{utility.client}/audit-log"
    entries: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = utility.as_staff().get(path, **query, **cursor).expect(200)
        entries += page["items"]
        if page["nextCursor"] is None:
            return entries
        cursor = {"cursor": page["nextCursor"]}


def _actions(entries: list[dict[str, Any]]) -> set[str]:
    return {entry["action"] for entry in entries}


@pytest.mark.covers("S2-017", "S2-142", "S2-212")
def test_a_month_of_deeds_stands_in_the_log(utility: Utility) -> None:
    assert _actions(_log(utility)) >= {
        "consumer.registered",
        "connection.registered",
        "reading.taken",
        "reading.corrected",
        "reading.confirmed",
        "billing-run.started",
        "billing-run.completed",
    }


@pytest.mark.covers("S3-111")
def test_an_entry_leads_to_the_login_by_which_its_actor_had_come_in(utility: Utility) -> None:
    (entry,) = _log(utility, action="reading.confirmed")
    assert entry["at"].endswith("Z")
    logins = (
        utility.as_staff("superuser").get(f"/api/clients/{utility.client}/logins", userId=entry["actorId"]).expect(200)
    )
    (login,) = [event for event in logins["items"] if event["id"] == entry["sessionId"]]
    assert (login["userId"], login["outcome"]) == (entry["actorId"], "signed_in")
    assert login["address"]
    (done,) = _log(utility, action="billing-run.completed")  # by a job, which signs in nowhere
    assert done["sessionId"] is None


def test_an_entry_says_who_what_which_and_what_changed(utility: Utility) -> None:
    (entry,) = _log(utility, action="reading.corrected")
    me = utility.as_staff().get("/api/me").expect(200)
    assert (entry["actorId"], entry["actorName"], entry["actorRole"]) == (me["id"], me["name"], "admin")
    assert (entry["before"], entry["after"]) == ({"reading": "10", "usage": "10"}, {"reading": "12", "usage": "12"})
    assert (entry["projectId"], entry["at"]) == (utility.project, "2025-11-11T01:00:00.000Z")
    assert entry["requestId"]


def test_the_history_of_one_thing_is_asked_for_by_its_id(utility: Utility) -> None:
    (confirmed,) = _log(utility, action="reading.confirmed")
    subject = confirmed["subject"]
    reading = utility.as_staff().get(f"{utility.base}/readings/{subject['id']}").expect(200)
    of_it = {"projectId": utility.project, "subjectKind": subject["kind"], "subjectId": reading["id"]}
    history = _log(utility, **of_it)
    assert sorted(entry["action"] for entry in history) == ["reading.confirmed", "reading.corrected", "reading.taken"]
    only = _log(utility, **of_it, action="reading.taken")
    assert _actions(only) == {"reading.taken"}
    path = f"/api/clients/{utility.client}/audit-log"
    refused = utility.as_staff().get(path, subjectKind="reading", subjectId=reading["id"]).expect(400)
    assert [fault["field"] for fault in refused["errors"]] == ["projectId"]


def test_an_entry_is_written_as_the_api_writes_everything(utility: Utility) -> None:
    (done,) = _log(utility, action="billing-run.completed")
    assert done["after"] == {"period": "2025-11", "bills": "1", "exceptions": "0", "total": "320.00", "currency": "PHP"}
    assert (done["actorId"], done["actorName"]) == ("job:generate_bills", None)
    run = utility.as_staff().get(f"{utility.base}/billing-runs/{done['subject']['id']}").expect(200)
    assert run["total"] == done["after"]["total"]


def test_the_log_of_one_project_is_asked_for_by_its_id(utility: Utility) -> None:
    of_project = _log(utility, projectId=utility.project)
    assert {entry["projectId"] for entry in of_project} == {utility.project}
    assert _actions(of_project) < _actions(_log(utility))
    assert _log(utility, projectId="elsewhere") == []


def test_an_action_that_there_is_not_is_refused(utility: Utility) -> None:
    refused = utility.as_staff().get(f"/api/clients/{utility.client}/audit-log", action="bill.eaten").expect(400)
    assert refused["errors"][0]["field"] == "action"


def test_what_one_person_did_is_asked_for_by_their_id(utility: Utility) -> None:
    manager = utility.as_staff("manager").get("/api/me").expect(200)
    assert _actions(_log(utility, actorId=manager["id"])) == {"reading.taken"}
    assert _actions(_log(utility, actorId="job:generate_bills")) == {"billing-run.completed"}


def test_pages_are_without_gap_and_repetition_whatever_their_size(utility: Utility) -> None:
    whole = _log(utility)
    for limit in (1, 2, 3, len(whole), 200):
        assert _log(utility, limit=limit) == whole


def test_days_outside_hold_nothing(utility: Utility) -> None:
    assert _log(utility, **{"from": "2025-11-11", "to": "2025-11-11"}) == _log(utility)
    assert _log(utility, **{"from": "2025-11-12", "to": "2026-01-31"}) == []
    assert _log(utility, to="2025-11-10") == []


@pytest.mark.covers("S2-144", "S2-365")
def test_the_newest_stands_first_over_months(api: Api, at: Callable[[datetime], None]) -> None:
    utility = open_waterworks(api)
    start = datetime(2025, 9, 30, 23, 0, tzinfo=UTC)
    for hours in range(0, 24 * 70, 160):
        ctx = utility.client_context(now=start + timedelta(hours=hours))
        transact([audit.entry_write(ctx, action="area.opened", subject=("thing", "1"), after={"hours": hours})])
    at(start + timedelta(days=80))
    told = [int(entry["after"]["hours"]) for entry in _log(utility, limit=2, action="area.opened")]
    assert told == sorted(range(0, 24 * 70, 160), reverse=True)
    october = _log(utility, action="area.opened", **{"from": "2025-10-01", "to": "2025-10-31"})
    assert {entry["at"][:7] for entry in october} == {"2025-10"}


def test_a_page_stops_after_so_many_entries_looked_at(
    api: Api, at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "_LOOKED_AT", 3)
    utility = open_waterworks(api)
    at(NOVEMBER)
    before = len(_log(utility))
    for number in range(8):
        ctx = utility.client_context(now=NOVEMBER + timedelta(seconds=number))
        action = "area.opened" if number else "area.renamed"
        transact([audit.entry_write(ctx, action=action, subject=("thing", "1"))])
    first = utility.as_staff().get(f"/api/clients/{utility.client}/audit-log", action="area.renamed").expect(200)
    assert (first["items"], first["nextCursor"] is None) == ([], False)
    assert len(_log(utility, action="area.renamed")) == 1
    assert len(_log(utility)) == before + 8


def test_a_refused_deed_leaves_no_entry(utility: Utility) -> None:
    before = {key for key in items_of(utility.client) if "#AUDIT#" in key}
    admin = utility.as_staff()
    body = {"consumerClass": "residential", "meterNumber": "SM-1", "area": "A"}
    consumer = admin.get(utility.consumers).expect(200)["items"][0]["id"]
    admin.post(f"{utility.base}/connections", {**body, "consumerId": consumer}).expect(409)
    admin.post(f"{utility.base}/readings", {"meterNumber": "SM-1", "reading": "13", "readOn": "2025-11-05"}).expect(409)
    assert {key for key in items_of(utility.client) if "#AUDIT#" in key} == before


def test_a_stored_fact_is_shown_by_the_name_of_the_field() -> None:
    """G6: `state` and `value` of a reading, `reading` of a bill, `account` and `consumer` of a request."""
    shown = {"state": "pending", "value": "10", "account": "1", "consumer": "c", "read_on": "2025-11-05"}
    assert TypeAdapter(Facts).validate_python(shown) == {
        "status": "pending",
        "reading": "10",
        "accountNumber": "1",
        "consumerId": "c",
        "readOn": "2025-11-05",
    }
    assert TypeAdapter(Facts).validate_python({"reading": "2025-11.1"}) == {"readingId": "2025-11.1"}

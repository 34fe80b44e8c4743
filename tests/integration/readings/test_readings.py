"""Readings by hand: taken, confirmed, corrected, and left alone while a billing run works on their period."""

from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from chalicelib.readings.service import confirming
from local import presets
from tests.support.examples import WATERWORKS, with_settings
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_condominium, open_waterworks, register_connection

_READ_ON = "2025-11-05"


@pytest.fixture(autouse=True)
def in_november() -> Any:  # noqa: ANN401
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


def _take(staff: Api, utility: Utility, account: str, value: str, read_on: str = _READ_ON) -> dict[str, Any]:
    body = {"accountNumber": account, "reading": value, "readOn": read_on}
    taken: dict[str, Any] = staff.post(f"{utility.base}/readings", body).expect(201)
    return taken


@pytest.mark.covers("S3-013", "S3-018", "S3-019", "S3-088", "S3-090", "S2-038", "S2-181", "S3-066", "S3-015")
def test_a_submitted_reading_waits_and_leaves_the_connection_as_it_was(utility: Utility) -> None:
    account = register_connection(utility.as_staff(), utility, "SM-1", initial="140")["accountNumber"]
    taken = _take(utility.as_staff("field_staff"), utility, account, "150")
    assert (taken["status"], taken["previous"], taken["usage"], taken["period"]) == ("pending", "140", "10", "2025-11")
    admin = utility.as_staff()
    assert admin.get(f"{utility.base}/connections/{account}").expect(200)["lastReading"] == "140"
    assert admin.get(f"{utility.base}/readings/pending").expect(200)["items"] == [taken]


def test_the_same_reading_again_is_the_same_and_another_is_a_conflict(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    taken = _take(admin, utility, account, "10")
    before = items_of(utility.client)
    assert _take(admin, utility, account, "10.0") == taken
    body = {"accountNumber": account, "reading": "11", "readOn": _READ_ON}
    assert admin.post(f"{utility.base}/readings", body).expect(409)["code"] == "already-read"
    assert items_of(utility.client) == before


@pytest.mark.covers("S3-090", "S2-304", "S2-306", "S2-307", "S2-386", "S4-040")
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"reading": "99"}, 400, "below-previous"),
        ({"readOn": "2025-11-12"}, 400, "future-date"),
        ({"reading": 150}, 400, "invalid-body"),
        ({"reading": "-1"}, 400, "invalid-body"),
        ({"reading": "1e9"}, 400, "invalid-body"),
        ({"readOn": "2025-W45-3"}, 400, "invalid-body"),
        ({"accountNumber": None}, 400, "number-missing"),
        ({"meterNumber": "SM-1"}, 400, "number-missing"),
        ({"accountNumber": "2025119999"}, 404, "not-found"),
        ({"accountNumber": None, "meterNumber": "SM-9"}, 404, "not-found"),
    ],
)
def test_a_reading_that_can_not_be_is_refused_and_nothing_is_written(
    utility: Utility, changes: dict[str, Any], status: int, code: str
) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    before = items_of(utility.client)
    body = {"accountNumber": account, "reading": "150", "readOn": _READ_ON, **changes}
    assert admin.post(f"{utility.base}/readings", body).expect(status)["code"] == code
    assert items_of(utility.client) == before


@pytest.mark.covers("S2-040")
def test_the_use_is_counted_here_whatever_is_sent(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1", initial="100")["accountNumber"]
    body = {"accountNumber": account, "reading": "150", "readOn": _READ_ON}
    before = items_of(utility.client)
    for field in ("usage", "consumption", "previous"):
        refused = admin.post(f"{utility.base}/readings", body | {field: "1"}).expect(400)
        assert [fault["field"] for fault in refused["errors"]] == [field]
    assert items_of(utility.client) == before
    taken = admin.post(f"{utility.base}/readings", body).expect(201)
    assert (taken["previous"], taken["reading"], taken["usage"]) == ("100", "150", "50")


def test_a_reading_is_taken_by_meter_number_as_well(utility: Utility) -> None:
    admin = utility.as_staff()
    register_connection(admin, utility, "SM-1")
    body = {"meterNumber": "sm-1", "reading": "10", "readOn": _READ_ON}
    assert admin.post(f"{utility.base}/readings", body).expect(201)["meterNumber"] == "SM-1"


@pytest.mark.covers("S3-021", "S3-088", "S1-021", "S1-022")
def test_confirming_moves_the_connection_on_once(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    taken = _take(admin, utility, account, "10")
    confirmed = admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200)
    assert (confirmed["status"], confirmed["confirmedBy"]) == ("confirmed", admin.get("/api/me").json["id"])
    shown = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert (shown["lastReading"], shown["lastReadOn"], shown["lastPeriod"]) == ("10", _READ_ON, "2025-11")
    before = items_of(utility.client)
    assert admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200) == confirmed
    assert items_of(utility.client) == before
    assert admin.get(f"{utility.base}/readings/pending").expect(200)["items"] == []


@pytest.mark.covers("S3-020")
def test_all_that_wait_in_an_area_are_confirmed_and_others_still_wait(utility: Utility) -> None:
    admin = utility.as_staff()
    for number, area in enumerate(["Poblacion", "Poblacion", "San Isidro"], 1):
        account = register_connection(admin, utility, f"SM-{number}", area=area)["accountNumber"]
        _take(admin, utility, account, f"{number}0")
    waiting = admin.get(f"{utility.base}/readings/pending", area="Poblacion").expect(200)["items"]
    assert [(one["accountNumber"], one["reading"], one["previous"], one["status"]) for one in waiting] == [
        ("2025110001", "10", "0", "pending"),
        ("2025110002", "20", "0", "pending"),
    ]
    confirmations = f"{utility.base}/readings/confirmations"
    assert admin.post(confirmations, {"area": "Poblacion", "period": "2025-10"}).expect(200)["confirmed"] == 0
    assert admin.post(confirmations, {"area": "Poblacion"}).expect(200) == {
        "confirmed": 2,
        "left": [],
        "nextCursor": None,
    }
    waiting = admin.get(f"{utility.base}/readings/pending").expect(200)["items"]
    assert [one["area"] for one in waiting] == ["San Isidro"]
    assert admin.get(f"{utility.base}/readings/pending", area="Poblacion").expect(200)["items"] == []


def test_many_are_confirmed_a_bounded_number_at_a_time_each_once(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "_LOOKED_AT_ONCE", 2)
    monkeypatch.setattr(confirming, "_PAGES_PER_CALL", 1)
    admin = utility.as_staff()
    accounts = [register_connection(admin, utility, f"SM-{number}")["accountNumber"] for number in range(5)]
    _take(admin, utility, accounts[0], "5", "2025-10-05")
    for account in accounts[1:]:
        _take(admin, utility, account, "10")
    rounds: list[int] = []
    cursor: str | None = None
    while True:
        body = {"period": "2025-11"} | ({"cursor": cursor} if cursor else {})
        done = admin.post(f"{utility.base}/readings/confirmations", body).expect(200)
        rounds.append(done["confirmed"])
        cursor = done["nextCursor"]
        if cursor is None:
            break
    assert (len(rounds), sum(rounds)) == (3, 4)
    waiting = admin.get(f"{utility.base}/readings/pending").expect(200)["items"]
    assert [(one["accountNumber"], one["period"]) for one in waiting] == [(accounts[0], "2025-10")]


def test_what_can_not_be_confirmed_is_named_and_the_rest_is(utility: Utility) -> None:
    admin = utility.as_staff()
    first, second = (register_connection(admin, utility, f"SM-{n}")["accountNumber"] for n in (1, 2))
    october = _take(admin, utility, first, "50", "2025-10-05")
    november = _take(admin, utility, first, "10")  # below October's, which is not confirmed yet
    _take(admin, utility, second, "10")
    done = admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    assert done["confirmed"] == 2
    assert [one["readingId"] for one in done["left"]] == [november["id"]]
    assert "below the previous reading 50" in done["left"][0]["reason"]
    assert admin.get(f"{utility.base}/readings/{october['id']}").expect(200)["status"] == "confirmed"


@pytest.mark.covers("S1-067", "S2-184")
def test_a_confirmed_reading_is_corrected_together_with_its_connection(utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    taken = _take(admin, utility, account, "100")
    admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200)
    body = {"reading": "10", "readOn": "2025-11-06"}
    corrected = admin.put(f"{utility.base}/readings/{taken['id']}", body).expect(200)
    assert (corrected["usage"], corrected["status"]) == ("10", "confirmed")
    assert (corrected["confirmedBy"], corrected["confirmedAt"]) == (corrected["enteredBy"], corrected["enteredAt"])
    shown = admin.get(f"{utility.base}/connections/{account}").expect(200)
    assert (shown["lastReading"], shown["lastReadOn"]) == ("10", "2025-11-06")
    low = {"reading": "-1", "readOn": "2025-11-06"}
    admin.put(f"{utility.base}/readings/{taken['id']}", low).expect(400)


def test_a_confirmed_reading_is_not_corrected_by_whom_may_not_confirm(utility: Utility) -> None:
    admin = utility.as_staff()
    role = {"name": "editor", "permissions": ["readings.read", "readings.submit", "readings.edit"]}
    admin.post(f"/api/clients/{utility.client}/roles", role).expect(201)
    user = {"login": "editor", "name": "Ed", "password": PASSWORD, "role": "editor"}
    admin.post(f"/api/clients/{utility.client}/users", user).expect(201)
    editor = utility.api.sign_in(utility.client, "editor", PASSWORD)
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    path = f"{utility.base}/readings/{_take(editor, utility, account, '100')['id']}"
    waiting = editor.put(path, {"reading": "90", "readOn": "2025-11-06"}).expect(200)
    assert (waiting["status"], waiting["confirmedBy"]) == ("pending", None)
    admin.post(f"{path}/confirmation").expect(200)

    assert editor.put(path, {"reading": "80", "readOn": "2025-11-06"}).expect(403)["code"] == "forbidden"
    assert admin.get(path).expect(200)["reading"] == "90"


@pytest.mark.covers("S0-026")
def test_a_billed_reading_is_not_corrected(app: Chalice, utility: Utility) -> None:
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    taken = _take(admin, utility, account, "10")
    admin.post(f"{utility.base}/readings/{taken['id']}/confirmation").expect(200)
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    before = items_of(utility.client)
    body = {"reading": "11", "readOn": _READ_ON}
    assert admin.put(f"{utility.base}/readings/{taken['id']}", body).expect(409)["code"] == "billed"
    assert items_of(utility.client) == before


def test_while_a_run_works_on_a_period_its_readings_stand_still(app: Chalice, utility: Utility) -> None:
    admin = utility.as_staff()
    accounts = [register_connection(admin, utility, f"SM-{n}")["accountNumber"] for n in (1, 2)]
    confirmed, pending = (_take(admin, utility, account, "10") for account in accounts)
    admin.post(f"{utility.base}/readings/{confirmed['id']}/confirmation").expect(200)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    before = items_of(utility.client)
    body = {"reading": "11", "readOn": _READ_ON}
    refusals = [
        admin.post(f"{utility.base}/readings/{pending['id']}/confirmation"),
        admin.post(f"{utility.base}/readings/confirmations", {}),
        admin.put(f"{utility.base}/readings/{confirmed['id']}", body),
        admin.put(f"{utility.base}/readings/{pending['id']}", body),
    ]
    for reply in refusals:
        assert reply.expect(409)["code"] == "period-frozen"
        assert run["id"] in reply.json["detail"]
    assert items_of(utility.client) == before
    drain(app, "meterbook-billing")
    admin.post(f"{utility.base}/readings/{pending['id']}/confirmation").expect(200)


def test_where_readings_count_at_once_none_is_taken_while_a_run_works(app: Chalice, api: Api) -> None:
    project = with_settings(WATERWORKS, confirmation="none")
    utility = open_waterworks(api, settings=project.settings)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    body = {"accountNumber": account, "reading": "10", "readOn": _READ_ON}
    assert admin.post(f"{utility.base}/readings", body).expect(409)["code"] == "period-frozen"
    drain(app, "meterbook-billing")
    assert admin.post(f"{utility.base}/readings", body).expect(201)["status"] == "confirmed"


@pytest.mark.covers("S1-024", "S1-025", "S1-029", "S1-032", "S1-033", "S1-034", "S1-028", "S1-064", "S2-355")
def test_the_condominiums_reading_of_august_first_bills_july(api: Api) -> None:
    assert presets.WATER_BILLS_SETTINGS.confirmation == "none"
    utility = open_condominium(api)
    admin = utility.as_staff()
    body = {
        "accountNumber": "101",
        "consumerClass": "unit",
        "meterNumber": "WM-101",
        "area": "Tower",
        "initialReading": "1774",
    }
    admin.post(f"{utility.base}/connections", body).expect(201)
    taken = _take(admin, utility, "101", "1785", "2025-08-01")
    assert (taken["period"], taken["previous"], taken["reading"], taken["usage"]) == ("2025-07", "1774", "1785", "11")
    september = {"accountNumber": "101", "reading": "1800", "readOn": "2025-09-01"}
    utility.as_staff("viewer").post(f"{utility.base}/readings", september).expect(403)
    api.post(f"{utility.base}/readings", september).expect(401)
    utility.as_staff("manager").post(f"{utility.base}/readings", september).expect(201)
    assert (taken["enteredBy"], taken["source"]) == (admin.get("/api/me").json["id"], "manual")
    assert taken["enteredAt"] == "2025-11-11T01:00:00.000Z"

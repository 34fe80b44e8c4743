"""Billing cycles over HTTP: kept by administrators, named by projects, kept once used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.kernel.errors import TryLater
from chalicelib.platform import clock
from chalicelib.tenancy import service as tenancy
from local import presets
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_condominium

MONTHLY = {"id": "monthly", "name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 5}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium whose readings count at once."""
    return open_condominium(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _cycles(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/billing-cycles"


def _name(admin: Api, base: str, cycle: str | None, **changes: object) -> dict[str, Any]:
    """Let a project name a cycle, and its bills be due by it."""
    shown = admin.get(f"{base}/settings").expect(200)
    due = {"due": {"by": "cycle"}} if cycle else {"due": {"days": 10}}
    settings = shown["settings"] | due | {"billingCycle": cycle} | changes
    return {"version": shown["version"], "settings": settings}


def _read(admin: Api, utility: Utility, meter: str, value: str = "1000", read_on: str = "2025-11-01") -> None:
    body = {"meterNumber": meter, "reading": value, "readOn": read_on}
    admin.post(f"{utility.base}/readings", body).expect(201)


def _connect(admin: Api, utility: Utility, meter: str) -> None:
    facts = {"accountNumber": meter, "meterNumber": meter, "consumerClass": "unit"}
    admin.post(f"{utility.base}/connections", facts).expect(201)


@pytest.mark.covers("S2-016", "S2-164", "S2-165", "S2-166", "S2-403")
def test_an_administrator_keeps_the_list_of_cycles(utility: Utility, admin: Api) -> None:
    path = _cycles(utility)
    made = admin.post(path, MONTHLY).expect(201)
    assert made == MONTHLY | {"active": True, "version": 0, "projects": 0, "used": False}
    assert admin.post(path, MONTHLY).expect(201) == made
    assert admin.post(path, MONTHLY | {"dueDays": 20}).expect(409)["code"] == "cycle-taken"
    facts = {"name": "Late", "generationDay": 28, "dueDays": 0, "graceDays": 0, "active": False}
    changed = admin.patch(f"{path}/monthly", facts | {"version": 0}).expect(200)
    assert changed == facts | {"id": "monthly", "version": 1, "projects": 0, "used": False}
    assert admin.get(f"{path}/monthly").expect(200) == changed
    assert admin.patch(f"{path}/monthly", facts | {"version": 0}).expect(409)["code"] == "changed"
    assert admin.get(path).expect(200)["items"] == [changed]
    assert admin.delete(f"{path}/monthly").expect(200) == {"id": "monthly", "projectIds": []}
    admin.get(f"{path}/monthly").expect(404)
    admin.delete(f"{path}/monthly").expect(404)
    admin.patch(f"{path}/monthly", facts | {"version": 0}).expect(404)


def test_a_change_that_does_not_say_active_leaves_a_cycle_as_it_was(utility: Utility, admin: Api) -> None:
    path = _cycles(utility)
    admin.post(path, MONTHLY | {"active": False}).expect(201)
    facts = {name: value for name, value in MONTHLY.items() if name != "id"}
    changed = admin.patch(f"{path}/monthly", facts | {"version": 0, "dueDays": 20}).expect(200)
    assert (changed["active"], changed["dueDays"]) == (False, 20)


@pytest.mark.covers("S2-291", "S2-292", "S2-293")
@pytest.mark.parametrize(
    ("fact", "value", "where"),
    [
        ("generationDay", 0, "generationDay"),
        ("generationDay", 29, "generationDay"),
        ("generationDay", 32, "generationDay"),
        ("dueDays", -1, "dueDays"),
        ("dueDays", 91, "dueDays"),
        ("graceDays", -1, "graceDays"),
        ("graceDays", "5", "graceDays"),
        ("name", "n" * 101, "name"),
        ("name", "", "name"),
        ("active", 1, "active"),
    ],
)
def test_a_cycle_that_can_not_be_kept_to_is_refused_by_its_field(
    utility: Utility, admin: Api, fact: str, value: object, where: str
) -> None:
    refused = admin.post(_cycles(utility), MONTHLY | {fact: value}).expect(400)
    assert [each["field"] for each in refused["errors"]] == [where]
    assert admin.get(_cycles(utility)).expect(200)["items"] == []


@pytest.mark.covers("S2-162", "S2-163")
def test_cycles_are_listed_by_day_and_by_whether_they_are_active(utility: Utility, admin: Api) -> None:
    for name, active in (("first", True), ("second", False)):
        admin.post(_cycles(utility), MONTHLY | {"id": name, "active": active}).expect(201)
    for asked, found in (({"active": "true"}, ["first"]), ({"active": "false"}, ["second"]), ({}, ["first", "second"])):
        listed = admin.get(_cycles(utility), **asked).expect(200)
        assert ([cycle["id"] for cycle in listed["items"]], listed["nextCursor"]) == (found, None)
    day = f"2025-11-{MONTHLY['generationDay']:02}"
    assert admin.get(_cycles(utility), generatingOn=day, active="false").expect(200)["items"] == []


def test_billing_officers_see_cycles_and_only_administrators_keep_them(utility: Utility, admin: Api) -> None:
    path = _cycles(utility)
    admin.post(path, MONTHLY).expect(201)
    users = f"/api/clients/{utility.client}/users"
    for role, status in (("billing_officer", 200), ("account_officer", 403)):
        login = f"{role}@example.com"
        admin.post(users, {"login": login, "name": role, "password": PASSWORD, "role": role}).expect(201)
        somebody = utility.api.sign_in(utility.client, login, PASSWORD)
        somebody.get(path).expect(status)
        somebody.get(f"{path}/monthly").expect(status)
        somebody.post(path, MONTHLY | {"id": "other"}).expect(403)
        somebody.patch(f"{path}/monthly", MONTHLY | {"version": 0}).expect(403)
        somebody.delete(f"{path}/monthly").expect(403)
    utility.api.get(path).expect(401)


@pytest.mark.covers("S2-139")
def test_what_becomes_of_a_cycle_is_in_the_audit_log(utility: Utility, admin: Api) -> None:
    path = _cycles(utility)
    admin.post(path, MONTHLY).expect(201)
    facts = {each: value for each, value in MONTHLY.items() if each != "id"}
    admin.patch(f"{path}/monthly", facts | {"dueDays": 20, "version": 0}).expect(200)
    admin.delete(f"{path}/monthly").expect(200)
    log = admin.get(
        f"/api/clients/{utility.client}/audit-log", subjectKind="billing-cycle", subjectId="monthly"
    ).expect(200)
    entries = {entry["action"]: (entry["before"], entry["after"]) for entry in log["items"]}
    assert entries["billing-cycle.changed"] == ({"dueDays": "15"}, {"dueDays": "20"})
    assert entries["billing-cycle.opened"][1]["generationDay"] == "1"
    assert entries["billing-cycle.deleted"][0]["dueDays"] == "20"


def test_an_inactive_cycle_makes_bills_on_no_day(utility: Utility, admin: Api) -> None:
    path = _cycles(utility)
    for cycle, facts in (
        ("second", {"generationDay": 2}),
        ("off", {"generationDay": 2, "active": False}),
        ("first", {}),
    ):
        admin.post(path, MONTHLY | facts | {"id": cycle}).expect(201)

    def on(day: str) -> list[str]:
        return [each["id"] for each in admin.get(path, generatingOn=day).expect(200)["items"]]

    assert (on("2025-11-01"), on("2025-11-02"), on("2025-11-03")) == (["first"], ["second"], [])


@pytest.mark.covers("S2-285", "S2-349", "S2-350")
def test_two_projects_share_a_cycle_and_a_project_may_have_none(utility: Utility, admin: Api) -> None:
    projects = f"/api/clients/{utility.client}/projects"
    admin.post(_cycles(utility), MONTHLY).expect(201)
    assert admin.get(utility.base).expect(200)["settings"]["billingCycle"] is None
    unknown = admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "yearly")).expect(400)
    assert unknown["code"] == "unknown-cycle"
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    settings = admin.get(utility.base).expect(200)["settings"]
    other = {"id": "gas", "settings": settings | {"label": "Gas"}}
    unknown = admin.post(projects, {"id": "gas", "settings": settings | {"billingCycle": "yearly"}}).expect(400)
    assert unknown["code"] == "unknown-cycle"
    admin.post(projects, other).expect(201)
    assert admin.get(f"{_cycles(utility)}/monthly").expect(200)["projects"] == 2
    admin.patch(f"{projects}/gas/settings", _name(admin, f"{projects}/gas", None)).expect(200)
    assert admin.get(f"{_cycles(utility)}/monthly").expect(200)["projects"] == 1


@pytest.mark.covers("S2-166", "S2-368")
def test_deleting_a_cycle_leaves_its_projects_without_one_and_their_bills_due_as_before(
    utility: Utility, admin: Api
) -> None:
    projects = f"/api/clients/{utility.client}/projects"
    admin.post(_cycles(utility), MONTHLY).expect(201)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    settings = admin.get(utility.base).expect(200)["settings"]
    by_day = settings | {"due": {"day": 20, "month": "reading"}}
    admin.post(projects, {"id": "gas", "settings": by_day}).expect(201)
    gone = admin.delete(f"{_cycles(utility)}/monthly").expect(200)
    assert gone == {"id": "monthly", "projectIds": ["gas", utility.project]}
    for project, due in ((utility.project, {"days": 15}), ("gas", {"day": 20, "month": "reading"})):
        left = admin.get(f"{projects}/{project}").expect(200)["settings"]
        assert (left["billingCycle"], left["due"]) == (None, due)
    former = admin.get(f"{utility.base}/settings/history").expect(200)["items"]
    assert [each["settings"]["billingCycle"] for each in former] == ["monthly", None]
    _connect(admin, utility, "101")
    _read(admin, utility, "101")


@pytest.mark.covers("S2-166", "S2-356", "S2-378")
def test_a_cycle_under_which_something_was_read_can_not_be_deleted(utility: Utility, admin: Api) -> None:
    cycle = f"{_cycles(utility)}/monthly"
    admin.post(_cycles(utility), MONTHLY).expect(201)
    _connect(admin, utility, "101")
    _connect(admin, utility, "102")
    _read(admin, utility, "101")  # before there is a cycle
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    assert admin.get(cycle).expect(200)["used"] is False
    _read(admin, utility, "102")
    assert admin.get(cycle).expect(200)["used"] is True
    kept = items_of(utility.client)
    assert admin.delete(cycle).expect(409)["code"] == "cycle-used"
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, None)).expect(200)
    assert admin.delete(cycle).expect(409)["code"] == "cycle-used"  # what is on record names it still
    assert {key for key in kept if "CYCLE" in key} <= items_of(utility.client).keys()


def test_the_second_of_two_first_readings_finds_the_cycle_used(utility: Utility, admin: Api) -> None:
    admin.post(_cycles(utility), MONTHLY).expect(201)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    seen = utility.context().project
    tenancy.stay_with_cycle(seen)
    kept = items_of(utility.client)
    tenancy.stay_with_cycle(seen)
    assert items_of(utility.client) == kept
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly", label="Ours")).expect(200)
    tenancy.stay_with_cycle(seen)  # another label: the same cycle, kept all the same
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, None)).expect(200)
    with pytest.raises(TryLater):
        tenancy.stay_with_cycle(seen)


def test_of_64_first_readings_under_a_cycle_at_once_none_is_turned_away(utility: Utility, admin: Api) -> None:
    admin.post(_cycles(utility), MONTHLY).expect(201)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    project = utility.context().project
    with ThreadPoolExecutor(64) as threads:
        assert list(threads.map(tenancy.stay_with_cycle, [project] * 64)) == [None] * 64
    assert admin.get(f"{_cycles(utility)}/monthly").expect(200)["used"] is True


@pytest.mark.covers("S2-293", "S2-312", "S2-378")
def test_a_run_dates_its_bills_by_the_cycle_as_it_was_when_the_run_began(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    cycle = f"{_cycles(utility)}/monthly"
    for meter in ("101", "102"):
        _connect(admin, utility, meter)
    _read(admin, utility, "101")
    admin.post(_cycles(utility), MONTHLY).expect(201)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    run = {"period": "2025-10", "billedOn": "2025-11-01"}
    started = admin.post(f"{utility.base}/billing-runs", run).expect(202)
    assert started["billingCycle"] == "monthly"
    facts = {each: value for each, value in MONTHLY.items() if each != "id"}
    admin.patch(cycle, facts | {"dueDays": 3, "version": 0}).expect(200)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, None)).expect(200)
    drain(app, "meterbook-billing")
    (bill,) = admin.get(f"{utility.base}/bills", period="2025-10").expect(200)["items"]
    assert (bill["billedOn"], bill["dueOn"]) == ("2025-11-01", "2025-11-16")
    assert admin.delete(cycle).expect(409)["code"] == "cycle-used"


def test_a_cycle_is_either_deleted_or_read_under_never_both(utility: Utility, admin: Api) -> None:
    for number in range(8):
        cycle = MONTHLY | {"id": f"cycle{number}"}
        admin.post(_cycles(utility), cycle).expect(201)
        admin.patch(f"{utility.base}/settings", _name(admin, utility.base, f"cycle{number}")).expect(200)
        _connect(admin, utility, f"M-{number}")
        reading = {"meterNumber": f"M-{number}", "reading": "1", "readOn": "2025-11-01"}
        with ThreadPoolExecutor(2) as pool:
            deleted = pool.submit(admin.delete, f"{_cycles(utility)}/{cycle['id']}")
            read = pool.submit(admin.post, f"{utility.base}/readings", reading)
            outcome = (deleted.result().status, read.result().status)
        there = [each["id"] for each in admin.get(_cycles(utility)).expect(200)["items"]]
        # Read while it was there: it stays. Deleted first: the reading is taken without a cycle, or asked for again.
        assert outcome in {(409, 201), (200, 201), (200, 503), (409, 503)}
        named = admin.get(utility.base).expect(200)["settings"]["billingCycle"]
        assert named is None or named in there
        if outcome[0] == 409:
            assert cycle["id"] in there


def test_settings_brought_up_to_date_by_the_operator_count_their_cycle_too(utility: Utility, admin: Api) -> None:
    admin.post(_cycles(utility), MONTHLY).expect(201)
    settings = replace(presets.WATER_BILLS_SETTINGS, billing_cycle="monthly")
    for _ in range(2):
        tenancy.open_project(client_id=utility.client, project_id=utility.project, settings=settings)
        assert admin.get(f"{_cycles(utility)}/monthly").expect(200)["projects"] == 1


@pytest.mark.covers("S2-353")
def test_of_two_readings_of_one_connection_in_one_cycle_one_counts(utility: Utility, admin: Api) -> None:
    admin.post(_cycles(utility), MONTHLY).expect(201)
    admin.patch(f"{utility.base}/settings", _name(admin, utility.base, "monthly")).expect(200)
    _connect(admin, utility, "101")
    bodies = [{"meterNumber": "101", "reading": str(100 + n), "readOn": "2025-11-01"} for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda body: admin.post(f"{utility.base}/readings", body).status, bodies))
    assert (replies.count(201), replies.count(409)) == (1, 7)

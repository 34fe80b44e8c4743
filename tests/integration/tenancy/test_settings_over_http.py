"""Settings are read, changed once per version, kept in history, and refused with a reason for each field."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks, register_connection


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api, area_levels=("barangay", "purok"))


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _change(admin: Api, path: str, **changes: object) -> dict[str, Any]:
    shown = admin.get(f"{path}/settings").expect(200)
    return {"version": shown["version"], "settings": {**shown["settings"], **changes}}


@pytest.mark.covers("S1-081", "S1-082", "S3-005", "S3-042", "S2-401")
def test_settings_are_changed_and_what_they_were_stays_readable(utility: Utility, admin: Api) -> None:
    due = {"day": 25, "month": "period"}
    changed = admin.patch(f"{utility.base}/settings", _change(admin, utility.base, due=due)).expect(200)

    assert (changed["version"], changed["settings"]["due"]) == (1, due)
    assert admin.get(f"{utility.base}/settings").expect(200) == changed
    (former,) = admin.get(f"{utility.base}/settings/history").expect(200)["items"]
    assert (former["version"], former["settings"]["due"]) == (0, {"day": 20, "month": "period"})
    assert former["replacedBy"]
    assert former["replacedAt"]


@pytest.mark.covers("S1-082")
@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_only_who_administers_changes_settings(utility: Utility, admin: Api, role: str) -> None:
    change = _change(admin, utility.base, label="Mine")
    utility.as_staff(role).patch(f"{utility.base}/settings", change).expect(403)
    assert admin.get(f"{utility.base}/settings").expect(200)["version"] == 0


def test_of_8_who_change_the_same_version_at_once_one_wins(utility: Utility, admin: Api) -> None:
    change = _change(admin, utility.base)

    def put(number: int) -> int:
        body = {"version": 0, "settings": {**change["settings"], "label": f"Label {number}"}}
        return admin.patch(f"{utility.base}/settings", body).status

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(put, range(8)))
    assert statuses == [200] + [409] * 7
    assert len(admin.get(f"{utility.base}/settings/history").expect(200)["items"]) == 1


def test_what_a_change_of_settings_leaves_out_stays_and_null_takes_it_away(utility: Utility, admin: Api) -> None:
    window = {"firstDay": 1, "lastDay": 10}
    all_of_it = _change(admin, utility.base, readingWindow=window, highUsagePercent=150, fiscalStart=7)
    before = admin.patch(f"{utility.base}/settings", all_of_it).expect(200)["settings"]

    unsaid = {"readingWindow", "highUsagePercent", "fiscalStart", "shards", "billingCycle"}
    known = {name: value for name, value in before.items() if name not in unsaid}
    changed = {"version": 1, "settings": known | {"label": "Our water", "highUsagePercent": None}}
    after = admin.patch(f"{utility.base}/settings", changed).expect(200)["settings"]
    assert after == before | {"label": "Our water", "highUsagePercent": None}


def test_a_change_says_its_version_and_what_is_to_change(utility: Utility, admin: Api) -> None:
    path = f"{utility.base}/settings"
    before = admin.get(path).expect(200)
    after = admin.patch(path, {"version": before["version"], "settings": {"label": "Ours"}}).expect(200)
    assert after["settings"] == before["settings"] | {"label": "Ours"}
    for wrong in ({"settings": {"label": "Ours"}}, {"version": 1, "settings": {"label": None}}):
        assert admin.patch(path, wrong).expect(400)["errors"]
    me = admin.get("/api/me").expect(200)
    (former,) = admin.get(f"{path}/history").expect(200)["items"]
    assert (former["replacedBy"], former["replacedByName"]) == (me["id"], me["name"])


def test_what_a_change_of_a_client_leaves_out_stays(utility: Utility, admin: Api) -> None:
    path = f"/api/clients/{utility.client}"
    rule = {"minLength": 8, "upper": True, "lower": True, "digit": True, "special": True}
    before = admin.patch(f"{path}/settings", _change(admin, path, passwordRule=rule)).expect(200)["settings"]

    known = {name: value for name, value in before.items() if name != "areaLevels"}
    changed = {"version": 1, "settings": known | {"passwordRule": {"minLength": 9}}}
    after = admin.patch(f"{path}/settings", changed).expect(200)["settings"]
    assert after == before | {"passwordRule": rule | {"minLength": 9}}


@pytest.mark.covers("S2-422")
def test_everything_that_is_wrong_is_named_with_its_field(utility: Utility, admin: Api) -> None:
    wrong = _change(admin, utility.base, timezone="Mars", fiscalStart=13, shards=0, readingWindow=None)
    refused = admin.patch(f"{utility.base}/settings", wrong).expect(400)
    assert refused["code"] == "bad-setting"
    assert {each["field"] for each in refused["errors"]} == {
        "settings.timezone", "settings.fiscalStart", "settings.shards"
    }  # fmt: skip


def test_settings_that_contradict_each_other_are_refused(utility: Utility, admin: Api) -> None:
    wrong = _change(admin, utility.base, periodRule="previous_month")
    refused = admin.patch(f"{utility.base}/settings", wrong).expect(400)
    assert [each["field"] for each in refused["errors"]] == ["settings.due.month"]


def test_unknown_settings_are_refused_by_name(utility: Utility, admin: Api) -> None:
    wrong = _change(admin, utility.base, penaltyRate="10")
    refused = admin.patch(f"{utility.base}/settings", wrong).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("invalid-body", "settings.penaltyRate")


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"unit": "gal"}, {"shards": 4}])
def test_what_bills_depend_on_stays(utility: Utility, admin: Api, change: dict[str, object]) -> None:
    refused = admin.patch(f"{utility.base}/settings", _change(admin, utility.base, **change)).expect(409)
    assert refused["code"] == "fixed-setting"


@pytest.mark.covers("S1-003", "S2-219")
def test_a_clients_settings_hold_for_it_alone_and_keep_their_history(api: Api, utility: Utility, admin: Api) -> None:
    other = open_condominium(api)
    before = items_of(other.client)
    path = f"/api/clients/{utility.client}"
    rule = {"minLength": 12, "upper": False, "lower": False, "digit": False, "special": False}
    changed = admin.patch(f"{path}/settings", _change(admin, path, passwordRule=rule, sessionMinutes=5)).expect(200)
    assert changed["settings"]["passwordRule"] == rule
    somebody = {"clientId": utility.client, "login": "admin", "password": PASSWORD}
    assert api.post("/api/auth/login", somebody).expect(200)["expiresIn"] == 300
    weak = {"login": "u", "name": "U", "password": "Abcdef1!", "role": "viewer"}
    assert admin.post(f"{path}/users", weak).expect(400)["code"] == "weak-password"
    (former,) = admin.get(f"{path}/settings/history").expect(200)["items"]
    assert former["settings"]["passwordRule"]["minLength"] == 8
    assert items_of(other.client) == before


@pytest.mark.parametrize("change", [{"loginNames": "email"}, {"areaLevels": ["barangay"]}])
def test_what_stored_names_depend_on_stays(utility: Utility, admin: Api, change: dict[str, object]) -> None:
    path = f"/api/clients/{utility.client}"
    refused = admin.patch(f"{path}/settings", _change(admin, path, **change)).expect(409)
    assert refused["code"] == "fixed-setting"


@pytest.mark.covers("S2-014", "S2-154", "S2-155", "S2-401")
def test_a_utility_type_is_a_project_that_an_administrator_adds(utility: Utility, admin: Api) -> None:
    projects = f"/api/clients/{utility.client}/projects"
    settings = {**admin.get(utility.base).expect(200)["settings"], "label": "Electricity", "unit": "kWh"}
    made = admin.post(projects, {"id": "electricity", "settings": settings}).expect(201)
    assert (made["id"], made["label"], made["version"], made["closed"]) == ("electricity", "Electricity", 0, False)
    assert admin.post(projects, {"id": "electricity", "settings": settings}).expect(201) == made
    other = {"id": "electricity", "settings": {**settings, "label": "Other"}}
    assert admin.post(projects, other).expect(409)["code"] == "project-taken"
    utility.as_staff("manager").post(projects, {"id": "propane", "settings": settings}).expect(403)
    for role in ("viewer", "field_staff", "manager"):
        listed = utility.as_staff(role).get(projects).expect(200)["items"]
        assert [each["id"] for each in listed] == ["electricity", "waterworks"]


def test_a_project_is_added_as_a_preset_has_it_with_its_tariffs(utility: Utility, admin: Api) -> None:
    projects = f"/api/clients/{utility.client}/projects"
    asked = {"presetId": "electricity", "presetProjectId": "electricity", "id": "power"}
    assert admin.post(f"{projects}/adoptions", asked).expect(201) == {
        "id": "power",
        "label": "Electricity",
        "closed": False,
    }
    tariffs = admin.get(f"{projects}/power/tariffs").expect(200)["items"]
    assert {each["id"] for each in tariffs} == {"household", "commercial", "industrial"}
    admin.post(f"{projects}/adoptions", {**asked, "presetId": "nobody"}).expect(404)
    assert len(admin.get("/api/presets").expect(200)["items"]) == 5


@pytest.mark.covers("S2-370")
def test_a_project_is_closed_only_without_active_connections_and_takes_none_then(utility: Utility, admin: Api) -> None:
    admin.post(f"/api/clients/{utility.client}/areas", {"code": "Poblacion", "name": "Poblacion"}).expect(201)
    connection = register_connection(admin, utility, "SM-1")
    assert admin.post(f"{utility.base}/closure").expect(409)["code"] == "project-used"
    register_connection(admin, utility, "SM-2")  # it went on
    for account in (connection["accountNumber"], str(int(connection["accountNumber"]) + 1)):
        admin.post(f"{utility.base}/connections/{account}/closure", {"reason": "End", "finalReading": "0"}).expect(200)
    assert admin.post(f"{utility.base}/closure").expect(200)["closed"] is True
    assert admin.delete(utility.base).expect(409)["code"] == "project-used"  # it was used
    assert admin.get(utility.base).expect(200)["closed"] is True
    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "SM-3", "area": "Poblacion"}
    assert admin.post(f"{utility.base}/connections", body).expect(409)["code"] == "project-closed"
    refused = admin.patch(f"{utility.base}/settings", _change(admin, utility.base, label="X")).expect(409)
    assert refused["code"] == "changed"
    assert admin.get(utility.base).expect(200)["closed"] is True


@pytest.mark.covers("S2-156", "S2-369", "S2-370", "S2-371", "S2-401")
def test_a_project_that_anything_depends_on_is_not_deleted_and_an_unused_one_is(utility: Utility, admin: Api) -> None:
    projects = f"/api/clients/{utility.client}/projects"
    settings = admin.get(utility.base).expect(200)["settings"]
    admin.post(projects, {"id": "unused", "settings": settings}).expect(201)
    unused = f"{projects}/unused"
    sheet = admin.get(f"{utility.base}/tariffs/residential/versions/1").expect(200)["sheet"]
    admin.post(f"{unused}/tariffs", {"id": "residential", "sheet": sheet}).expect(201)
    assert "tariff residential" in admin.delete(unused).expect(409)["detail"]
    admin.delete(f"{unused}/tariffs/residential/versions/1").expect(200)

    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]
    asked = {"projectId": "unused", "address": "Purok 2", "consumerId": consumer}
    request = admin.post(f"/api/clients/{utility.client}/service-requests", asked).expect(201)["id"]
    for refused in (admin.delete(unused), admin.post(f"{unused}/closure")):
        assert (refused.expect(409)["code"], request in refused.json["detail"]) == ("project-used", True)
    decision = f"/api/clients/{utility.client}/service-requests/{request}/rejection"
    admin.post(decision, {"reason": "no main there"}).expect(200)
    assert admin.delete(unused).expect(409)["code"] == "project-used"  # the consumer still has the answer

    admin.post(projects, {"id": "mistake", "settings": settings}).expect(201)
    assert admin.delete(f"{projects}/mistake").expect(200)["closed"] is True
    tariff = {"id": "residential", "sheet": sheet}
    assert admin.post(f"{projects}/mistake/tariffs", tariff).expect(409)["code"] == "project-closed"
    asked = asked | {"projectId": "mistake"}
    answer = admin.post(f"/api/clients/{utility.client}/service-requests", asked).expect(409)
    assert answer["code"] == "project-closed"

    admin.post(f"/api/clients/{utility.client}/areas", {"code": "Poblacion", "name": "Poblacion"}).expect(201)
    register_connection(admin, utility, "SM-1")
    assert "Connection" in admin.delete(utility.base).expect(409)["detail"]
    register_connection(admin, utility, "SM-2")  # it went on


_VILLAGES = {"id": "villages", "name": "Villages", "areas": ["Magsija"], "months": 2, "firstMonth": 2}


@pytest.fixture
def november(at: Callable[[datetime], None]) -> None:
    at(datetime(2025, 11, 20, 12, tzinfo=UTC))


@pytest.mark.usefixtures("november")
def test_villages_are_billed_every_two_months_from_a_later_period_on(utility: Utility, admin: Api) -> None:
    path = f"{utility.base}/settings"
    refused = admin.patch(path, {"version": 0, "settings": {"billingGroups": [_VILLAGES]}}).expect(409)
    assert (refused["code"], refused["errors"][0]["field"]) == ("fixed-setting", "settings.billingGroups")
    assert "give villages a fromPeriod after 2025-11" in refused["detail"]
    later = {**_VILLAGES, "fromPeriod": "2025-12"}
    changed = admin.patch(path, {"version": 0, "settings": {"billingGroups": [later]}}).expect(200)
    whole = {**later, "classes": [], "advances": "none", "untilPeriod": None}
    assert changed["settings"]["billingGroups"] == [whole]
    assert admin.get(path).expect(200)["settings"]["billingGroups"] == [whole]
    admin.patch(path, {"version": 1, "settings": {"label": "Ours"}}).expect(200)
    former = admin.get(f"{path}/history").expect(200)["items"]
    assert [each["settings"]["billingGroups"] for each in former] == [[whole], []]


def test_a_group_that_fits_no_run_is_refused_with_its_fields(utility: Utility, admin: Api) -> None:
    wrong = [
        {**_VILLAGES, "months": 5},
        {**_VILLAGES, "id": "shops", "areas": [], "classes": ["castle"], "advances": "monthly", "months": 1},
    ]
    body = {"version": 0, "settings": {"billingGroups": wrong}}
    refused = admin.patch(f"{utility.base}/settings", body).expect(400)
    assert {each["field"] for each in refused["errors"]} == {
        "settings.billingGroups.0.months", "settings.billingGroups.1.classes", "settings.billingGroups.1.advances"
    }  # fmt: skip


def test_a_new_project_begins_with_its_groups(utility: Utility, admin: Api) -> None:
    settings = admin.get(f"{utility.base}/settings").expect(200)["settings"]
    cottages = {"id": "cottages", "name": "Cottages", "classes": ["commercial"], "months": 12, "advances": "monthly"}
    body = {"id": "lake", "settings": settings | {"billingGroups": [cottages]}}
    opened = admin.post(f"/api/clients/{utility.client}/projects", body).expect(201)
    (shown,) = opened["settings"]["billingGroups"]
    assert (shown["months"], shown["firstMonth"], shown["advances"]) == (12, 1, "monthly")


def test_which_days_a_bill_covers_is_a_setting(utility: Utility, admin: Api) -> None:
    path = f"{utility.base}/settings"
    said = {"serviceDays": "calendar", "unreadPeriods": "one_period"}
    before = admin.get(path).expect(200)["settings"]
    assert (before["serviceDays"], before["unreadPeriods"]) == ("between_readings", "as_read_monthly")
    assert admin.patch(path, {"version": 0, "settings": said}).expect(200)["settings"] == before | said
    wrong = {"version": 1, "settings": {"serviceDays": "workdays"}}
    assert admin.patch(path, wrong).expect(400)["errors"][0]["field"] == "settings.serviceDays"

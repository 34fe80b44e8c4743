"""Requests for connections: asked by consumers, decided by administrators, one connection at the most."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from local import presets
from tests.support.http import Api
from tests.support.table import items_of
from tests.support.utilities import PASSWORD, Utility, open_condominium, open_waterworks, register_connection

_MINE = "/api/me/service-requests"
_ASKED = {
    "projectId": "waterworks",
    "consumerClass": "residential",
    "address": "Purok 2, Poblacion",
    "note": "Corner\nlot",
}
_APPROVAL = {"consumerClass": "commercial", "meterNumber": "sm-77", "area": "Poblacion", "initialReading": "12.5"}


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks where Juan and Ana may sign in."""
    opened = open_waterworks(api)
    admin = opened.as_staff()
    for login in ("juan", "ana"):
        _consumer(admin, opened, login)
    return opened


def _consumer(admin: Api, utility: Utility, login: str) -> str:
    made = admin.post(utility.consumers, {"firstName": login.title(), "lastName": "Reyes"}).expect(201)
    admin.post(f"{utility.consumers}/{made['id']}/login", {"login": login, "password": PASSWORD}).expect(201)
    return str(made["id"])


def _as(utility: Utility, login: str) -> Api:
    return utility.api.sign_in(utility.client, login, PASSWORD)


def _all(utility: Utility) -> str:
    return f"/api/clients/{utility.client}/service-requests"


def _ask(utility: Utility, login: str = "juan", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    made: dict[str, Any] = _as(utility, login).post(_MINE, {**_ASKED, **changes}).expect(201)
    return made


def _connections(utility: Utility) -> list[str]:
    return [key for key in items_of(utility.client) if "#CONNECTIONS#" in key]


@pytest.mark.covers("S2-028", "S2-129", "S2-174", "S2-175")
def test_a_consumer_asks_for_a_connection_and_sees_their_own_requests_only(utility: Utility) -> None:
    made = _ask(utility)
    hers = _ask(utility, "ana", address="Purok 3")
    assert (made["status"], made["consumerName"], made["note"]) == ("pending", "Juan Reyes", "Corner\nlot")
    juan = _as(utility, "juan")
    assert juan.get(_MINE).expect(200)["items"] == [made]
    assert juan.get(f"{_all(utility)}/{made['id']}").expect(200) == made
    juan.get(f"{_all(utility)}/{hers['id']}").expect(404)
    for role in ("admin", "manager"):
        officer = utility.as_staff(role)
        assert [officer.get(f"{_all(utility)}/{one['id']}").expect(200) for one in (made, hers)] == [made, hers]
    juan.post(f"{_MINE}/{hers['id']}/withdrawal").expect(404)
    utility.as_staff().get(_MINE).expect(403)


@pytest.mark.covers("S2-035")
def test_a_consumer_can_not_make_a_connection_past_the_request(utility: Utility) -> None:
    made = _ask(utility)
    juan = _as(utility, "juan")
    connection = {"consumerId": made["consumerId"], "consumerClass": "residential", "meterNumber": "X", "area": "A"}
    juan.post(f"{utility.base}/connections", connection).expect(403)
    juan.post(f"{_all(utility)}/{made['id']}/approval", _APPROVAL).expect(403)
    assert _connections(utility) == []


@pytest.mark.covers("S2-176")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"projectId": "electricity"}, "unknown-project"),
        ({"projectId": "#"}, "invalid-body"),
        ({"consumerClass": "castle"}, "unknown-class"),
        ({"address": " "}, "invalid-body"),
        ({"note": "bell \a"}, "invalid-body"),
    ],
)
def test_a_request_that_can_not_be_is_a_400(utility: Utility, changes: dict[str, str], code: str) -> None:
    assert _as(utility, "juan").post(_MINE, {**_ASKED, **changes}).expect(400)["code"] == code


@pytest.mark.covers("S2-301")
@pytest.mark.parametrize("field", ["id", "consumerId", "status", "askedAt", "accountNumber", "reason"])
def test_what_the_desk_decides_can_not_be_sent_along(utility: Utility, field: str) -> None:
    refused = _as(utility, "juan").post(_MINE, {**_ASKED, field: "x"}).expect(400)
    assert [fault["field"] for fault in refused["errors"]] == [field]


@pytest.mark.covers("S2-176")
def test_an_administrator_asks_in_a_consumers_name_and_officers_do_not(utility: Utility) -> None:
    consumer = _ask(utility)["consumerId"]
    body = {**_ASKED, "consumerId": consumer}
    made = utility.as_staff().post(_all(utility), body)
    assert made.headers["location"] == f"{_all(utility)}/{made.expect(201)['id']}"
    assert made.json["consumerId"] == consumer
    utility.as_staff("manager").post(_all(utility), body).expect(403)
    utility.as_staff().post(_all(utility), {**body, "consumerId": "01K9R6TGM0JVFDWAJM3ESG02Q2"}).expect(404)


@pytest.mark.covers("S2-019", "S2-131", "S2-177")
def test_an_approved_request_is_a_connection_of_its_consumer(utility: Utility) -> None:
    made = _ask(utility)
    approved = utility.as_staff().post(f"{_all(utility)}/{made['id']}/approval", _APPROVAL).expect(200)
    assert (approved["status"], approved["reason"]) == ("approved", None)
    assert (approved["askedByName"], approved["decidedByName"]) == ("Juan Reyes", "admin")
    juan = _as(utility, "juan")
    (mine,) = juan.get("/api/me/connections").expect(200)["items"]
    connection = mine["connection"]
    assert connection["accountNumber"] == approved["accountNumber"]
    assert (connection["meterNumber"], connection["consumerClass"]) == ("SM-77", "commercial")
    assert (connection["area"], connection["initialReading"]) == ("Poblacion", "12.5")
    assert juan.get(_MINE).expect(200)["items"] == [approved]


@pytest.mark.covers("S2-134", "S2-302", "S2-303")
@pytest.mark.parametrize("missing", ["meterNumber", "consumerClass", "area"])
def test_an_approval_without_its_details_changes_nothing(utility: Utility, missing: str) -> None:
    made = _ask(utility)
    before = items_of(utility.client)
    body = {name: value for name, value in _APPROVAL.items() if name != missing}
    utility.as_staff().post(f"{_all(utility)}/{made['id']}/approval", body).expect(400)
    assert items_of(utility.client) == before


@pytest.mark.covers("S2-302")
def test_an_approval_for_a_class_that_is_not_there_changes_nothing(utility: Utility) -> None:
    made = _ask(utility)
    before = items_of(utility.client)
    body = {**_APPROVAL, "consumerClass": "castle"}
    refused = utility.as_staff().post(f"{_all(utility)}/{made['id']}/approval", body).expect(400)
    assert refused["code"] == "unknown-class"
    assert items_of(utility.client) == before


@pytest.mark.covers("S2-303")
def test_a_request_goes_on_waiting_where_the_meter_is_taken(utility: Utility) -> None:
    admin = utility.as_staff()
    register_connection(admin, utility, "SM-77")
    made = _ask(utility)
    refused = admin.post(f"{_all(utility)}/{made['id']}/approval", _APPROVAL).expect(409)
    assert refused["code"] == "meter-taken"
    assert admin.get(f"{_all(utility)}/{made['id']}").expect(200) == made
    assert len(_connections(utility)) == 1
    admin.post(f"{_all(utility)}/{made['id']}/approval", {**_APPROVAL, "meterNumber": "SM-78"}).expect(200)


def test_where_account_numbers_are_given_an_approval_gives_one(api: Api) -> None:
    condominium = open_condominium(api)
    admin = condominium.as_staff()
    consumer = admin.post(condominium.consumers, {"firstName": "Eva", "lastName": "Luna"}).expect(201)
    body = {"consumerId": consumer["id"], "projectId": presets.WATER_BILLS, "address": "Unit 201"}
    made = admin.post(_all(condominium), body).expect(201)
    approval = {"consumerClass": "unit", "meterNumber": "WM-201", "area": "Building A"}
    path = f"{_all(condominium)}/{made['id']}/approval"
    assert admin.post(path, approval).expect(400)["code"] == "account-missing"
    assert admin.post(path, {**approval, "accountNumber": "201"}).expect(200)["accountNumber"] == "201"


@pytest.mark.covers("S2-284")
def test_a_project_is_open_at_first_and_closed_takes_no_requests(utility: Utility) -> None:
    admin = utility.as_staff()
    assert admin.get(utility.base).expect(200)["closed"] is False
    admin.post(f"{utility.base}/closure").expect(200)
    assert _as(utility, "juan").post(_MINE, _ASKED).expect(409)["code"] == "project-closed"


@pytest.mark.covers("S2-367")
def test_what_a_consumer_asked_stays_theirs_once_they_are_deleted(utility: Utility) -> None:
    made = _ask(utility)
    admin = utility.as_staff()
    admin.delete(f"{utility.consumers}/{made['consumerId']}").expect(200)
    assert admin.get(f"{_all(utility)}/{made['id']}").expect(200) == made


@pytest.mark.covers("S2-019", "S2-178", "S2-352")
def test_a_rejected_request_tells_its_consumer_why_and_makes_no_connection(utility: Utility) -> None:
    made = _ask(utility)
    assert made["askedAt"] is not None
    assert made["decidedAt"] is None
    admin = utility.as_staff()
    admin.post(f"{_all(utility)}/{made['id']}/rejection", {}).expect(400)
    rejected = admin.post(f"{_all(utility)}/{made['id']}/rejection", {"reason": "No main there yet."}).expect(200)
    (mine,) = _as(utility, "juan").get(_MINE).expect(200)["items"]
    assert (mine["status"], mine["reason"]) == ("rejected", "No main there yet.")
    assert rejected["decidedAt"] is not None
    assert _connections(utility) == []


@pytest.mark.covers("S2-133", "S2-177", "S2-178")
@pytest.mark.parametrize("role", ["manager", "viewer", "field_staff"])
@pytest.mark.parametrize(("act", "body"), [("approval", _APPROVAL), ("rejection", {"reason": "no"})])
def test_only_an_administrator_decides(utility: Utility, role: str, act: str, body: dict[str, str]) -> None:
    made = _ask(utility)
    utility.as_staff(role).post(f"{_all(utility)}/{made['id']}/{act}", body).expect(403)
    assert utility.as_staff().get(f"{_all(utility)}/{made['id']}").expect(200)["status"] == "pending"


@pytest.mark.covers("S2-132")
def test_a_decided_request_is_not_decided_again(utility: Utility) -> None:
    admin, made = utility.as_staff(), _ask(utility)
    admin.post(f"{_all(utility)}/{made['id']}/approval", _APPROVAL).expect(200)
    before = items_of(utility.client)
    other = {**_APPROVAL, "meterNumber": "SM-78"}
    assert admin.post(f"{_all(utility)}/{made['id']}/approval", other).expect(409)["code"] == "already-decided"
    admin.post(f"{_all(utility)}/{made['id']}/rejection", {"reason": "no"}).expect(409)
    _as(utility, "juan").post(f"{_MINE}/{made['id']}/withdrawal").expect(409)
    assert items_of(utility.client) == before


def test_a_withdrawn_request_stays_so_and_can_not_be_approved(utility: Utility) -> None:
    juan, made = _as(utility, "juan"), _ask(utility)
    withdrawn = juan.post(f"{_MINE}/{made['id']}/withdrawal").expect(200)
    assert withdrawn["status"] == "withdrawn"
    assert juan.post(f"{_MINE}/{made['id']}/withdrawal").expect(200) == withdrawn
    utility.as_staff().post(f"{_all(utility)}/{made['id']}/approval", _APPROVAL).expect(409)
    assert _connections(utility) == []


def test_a_request_sent_again_with_its_key_meets_its_own_work(utility: Utility) -> None:
    juan, admin = _as(utility, "juan"), utility.as_staff()
    made = juan.post(_MINE, _ASKED, key="ask").expect(201)
    assert juan.post(_MINE, _ASKED, key="ask").expect(201) == made
    juan.post(_MINE, {**_ASKED, "address": "elsewhere"}, key="ask").expect(422)
    path = f"{_all(utility)}/{made['id']}"
    approved = admin.post(f"{path}/approval", _APPROVAL, key="yes").expect(200)
    assert admin.post(f"{path}/approval", _APPROVAL, key="yes").expect(200) == approved
    assert len(_connections(utility)) == 1
    no = _ask(utility)
    rejected = admin.post(f"{_all(utility)}/{no['id']}/rejection", {"reason": "no"}, key="no").expect(200)
    assert admin.post(f"{_all(utility)}/{no['id']}/rejection", {"reason": "no"}, key="no").expect(200) == rejected


@pytest.mark.covers("S2-130", "S2-173")
def test_staff_see_everybodys_requests_by_status_page_by_page(utility: Utility) -> None:
    first, second, third = _ask(utility), _ask(utility, "ana"), _ask(utility)
    admin = utility.as_staff()
    admin.post(f"{_all(utility)}/{second['id']}/rejection", {"reason": "no"}).expect(200)
    manager = utility.as_staff("manager")
    assert _ids(manager.get(_all(utility), status="pending").expect(200)) == [first["id"], third["id"]]
    assert _ids(manager.get(_all(utility), status="rejected").expect(200)) == [second["id"]]
    assert _ids(manager.get(_all(utility), status="withdrawn").expect(200)) == []
    page = manager.get(_all(utility), limit=2).expect(200)
    assert _ids(page) == [first["id"], third["id"]]
    assert _ids(manager.get(_all(utility), limit=2, cursor=page["nextCursor"]).expect(200)) == [second["id"]]
    manager.get(_all(utility), status="closed").expect(400)
    utility.as_staff("viewer").get(_all(utility)).expect(403)
    _as(utility, "juan").get(_all(utility)).expect(403)


def test_another_clients_desk_is_not_there(utility: Utility, api: Api) -> None:
    made, other = _ask(utility), open_waterworks(api)
    theirs = other.as_staff()
    theirs.get(f"{_all(other)}/{made['id']}").expect(404)
    theirs.post(f"{_all(other)}/{made['id']}/approval", _APPROVAL).expect(404)
    assert theirs.get(_all(other)).expect(200)["items"] == []


def _ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["items"]]


@pytest.mark.parametrize("same_meter", [True, False])
def test_eight_approvals_at_once_make_one_connection(utility: Utility, same_meter: bool) -> None:
    made, admin = _ask(utility), utility.as_staff()

    def approve(number: int) -> int:
        meter = "SM-77" if same_meter else f"SM-{number}"
        return admin.post(f"{_all(utility)}/{made['id']}/approval", {**_APPROVAL, "meterNumber": meter}).status

    with ThreadPoolExecutor(8) as hands:
        statuses = sorted(hands.map(approve, range(8)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 503}
    approved = admin.get(f"{_all(utility)}/{made['id']}").expect(200)
    (connection,) = admin.get(f"{utility.base}/connections").expect(200)["items"]
    assert connection["accountNumber"] == approved["accountNumber"]
    assert len([key for key in items_of(utility.client) if "#METER#" in key]) == 1


def test_an_approval_and_a_withdrawal_at_once_have_one_winner(utility: Utility) -> None:
    admin, juan = utility.as_staff(), _as(utility, "juan")
    for number in range(4):
        made = _ask(utility)
        approval = {**_APPROVAL, "meterNumber": f"SM-{number}"}
        with ThreadPoolExecutor(2) as hands:
            yes = hands.submit(admin.post, f"{_all(utility)}/{made['id']}/approval", approval)
            back = hands.submit(juan.post, f"{_MINE}/{made['id']}/withdrawal")
            statuses = [yes.result().status, back.result().status]
        stands = admin.get(f"{_all(utility)}/{made['id']}").expect(200)
        assert sorted(statuses) == [200, 409]
        assert (stands["status"] == "approved") == (statuses[0] == 200) == bool(stands["accountNumber"])


def test_an_approval_in_a_project_of_other_settings_follows_those(api: Api) -> None:
    opened = open_waterworks(api, settings=replace(presets.WATERWORKS_SETTINGS, shards=7))
    admin = opened.as_staff()
    consumer = _consumer(admin, opened, "juan")
    made = admin.post(_all(opened), {**_ASKED, "consumerId": consumer}).expect(201)
    account = admin.post(f"{_all(opened)}/{made['id']}/approval", _APPROVAL).expect(200)["accountNumber"]
    assert admin.get(f"{opened.base}/connections/{account}").expect(200)["consumerId"] == consumer


@pytest.mark.covers("S2-141")
def test_the_audit_log_tells_who_approved_and_who_rejected(utility: Utility) -> None:
    admin, yes, no = utility.as_staff(), _ask(utility), _ask(utility, "ana")
    account = admin.post(f"{_all(utility)}/{yes['id']}/approval", _APPROVAL).expect(200)["accountNumber"]
    admin.post(f"{_all(utility)}/{no['id']}/rejection", {"reason": "Ana Reyes lives elsewhere"}).expect(200)
    log = f"/api/clients/{utility.client}/audit-log"
    entries = admin.get(log).expect(200)["items"]
    told = {one["action"]: one for one in entries}
    assert told["request.approved"]["subject"]["id"] == yes["id"]
    assert told["request.approved"]["after"]["accountNumber"] == account
    assert told["connection.registered"]["subject"]["id"].endswith(account)
    assert told["request.rejected"]["subject"]["id"] == no["id"]
    me = admin.get("/api/me").expect(200)["id"]
    assert {told[action]["actorId"] for action in ("request.approved", "request.rejected")} == {me}
    assert "lives elsewhere" not in str(entries)

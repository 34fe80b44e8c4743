"""Field staff meet what lies in their areas, and nothing else: by any list, any id and any file."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks, register_connection

_AREAS = ("Poblacion", "Poblacion.P1", "Poblacion.P2", "Poblaciona", "San-Isidro")
_ALL = [
    "areas.read", "bills.read", "connections.manage", "connections.read", "consumers.read", "readings.confirm",
    "readings.edit", "readings.import", "readings.read", "readings.submit",
]  # fmt: skip


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    """11 November 2025."""
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A waterworks with a connection in each of five areas; the meter is named after the area."""
    opened = open_waterworks(api, area_levels=("barangay", "purok"))
    admin = opened.as_staff()
    for area in _AREAS:
        admin.post(f"/api/clients/{opened.client}/areas", {"code": area, "name": area}).expect(201)
        register_connection(admin, opened, f"SM-{area}", area=area)
    role = {"name": "surveyor", "scope": "area", "permissions": _ALL}
    admin.post(f"/api/clients/{opened.client}/roles", role).expect(201)
    return opened


def _users(utility: Utility, user: dict[str, Any] | None = None, end: str = "") -> str:
    return f"/api/clients/{utility.client}/users" + (f"/{user['id']}" if user else "") + end


def _staff(utility: Utility, *areas: str, role: str = "field_staff", login: str = "walker") -> Api:
    """Make somebody with areas and sign them in."""
    body = {"login": login, "name": "Ana", "password": PASSWORD, "role": role, "areas": list(areas)}
    utility.as_staff().post(_users(utility), body).expect(201)
    return utility.api.sign_in(utility.client, login, PASSWORD)


def _all(person: Api, path: str, *, limit: int = 50, **query: str) -> list[dict[str, Any]]:
    """Read a whole list, page by page."""
    found, cursor, more = [], None, True
    while more:
        asked = {"limit": limit, **query} | ({"cursor": cursor} if cursor else {})
        page = person.get(path, **asked).expect(200)
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["nextCursor"]
        more = cursor is not None
    return found


def _meters(person: Api, utility: Utility, *, limit: int = 50, **query: str) -> list[str]:
    path = f"{utility.base}/connections"
    return [one["meterNumber"].removeprefix("SM-") for one in _all(person, path, limit=limit, **query)]


def _account(utility: Utility, area: str) -> str:
    (found,) = utility.as_staff().get(f"{utility.base}/connections", meterNumber=f"SM-{area}").expect(200)["items"]
    account: str = found["accountNumber"]
    return account


def _take(person: Api, utility: Utility, area: str, value: str = "10") -> Any:  # noqa: ANN401
    return person.post(
        f"{utility.base}/readings", {"meterNumber": f"SM-{area}", "reading": value, "readOn": "2025-11-05"}
    )


@pytest.mark.covers("S3-012", "S3-064", "S3-086", "S3-063")
@pytest.mark.parametrize(
    ("areas", "seen"),
    [
        (["Poblacion"], ["POBLACION", "POBLACION.P1", "POBLACION.P2"]),
        (["Poblacion.P2"], ["POBLACION.P2"]),
        (["San-Isidro", "Poblacion.P1", "Poblacion"], ["POBLACION", "POBLACION.P1", "POBLACION.P2", "SAN-ISIDRO"]),
        (["Poblacion.P2", "Poblaciona"], ["POBLACION.P2", "POBLACIONA"]),
        ([], []),
    ],
)
def test_connections_consumers_and_readings_end_at_ones_areas(
    utility: Utility, areas: list[str], seen: list[str]
) -> None:
    person, admin = _staff(utility, *areas), utility.as_staff()
    for area in _AREAS:
        _take(admin, utility, area).expect(201)
    for limit in (1, 2, 50):
        _sees_everywhere(person, utility, seen, limit)


def _sees_everywhere(person: Api, utility: Utility, seen: list[str], limit: int) -> None:
    assert sorted(_meters(person, utility, limit=limit)) == seen
    for consumers in (
        _all(person, utility.consumers, limit=limit),
        _all(person, utility.consumers, limit=limit, q="dela"),
    ):
        assert sorted(one["lastName"].upper().removeprefix("DELA CRUZ SM-") for one in consumers) == seen
    pending = _all(person, f"{utility.base}/readings/pending", limit=limit)
    for found in (pending, _all(person, f"{utility.base}/readings", limit=limit, period="2025-11")):
        assert sorted(one["meterNumber"].removeprefix("SM-") for one in found) == seen


def test_an_area_that_is_asked_for_is_cut_to_what_one_has_in_it(utility: Utility) -> None:
    person = _staff(utility, "Poblacion.P1", "San-Isidro")
    assert _meters(person, utility, area="Poblacion") == ["POBLACION.P1"]
    assert _meters(person, utility, area="Poblacion.P2") == []
    assert _meters(person, utility, area="San-Isidro") == ["SAN-ISIDRO"]
    assert _meters(utility.as_staff(), utility, area="Poblacion") == ["POBLACION", "POBLACION.P1", "POBLACION.P2"]
    codes = [area["code"] for area in person.get(f"/api/clients/{utility.client}/areas").expect(200)["items"]]
    assert codes == ["Poblacion", "Poblacion.P1", "San-Isidro"]


@pytest.mark.covers("S1-139", "S3-083")
def test_a_reader_signs_in_sees_who_is_to_be_read_and_sends_a_reading(utility: Utility) -> None:
    _staff(utility, "San-Isidro")
    body = {"clientId": utility.client, "login": "walker", "password": PASSWORD}
    session = utility.api.post("/api/auth/login", body).expect(200)
    user = session["user"]
    assert (user["login"], user["areas"], len(user["id"])) == ("walker", ["San-Isidro"], 26)
    app = utility.api.with_token(session["accessToken"])
    assert app.get(f"/api/clients/{utility.client}/areas/San-Isidro").expect(200)["name"] == "San-Isidro"
    (unit,) = app.get(f"{utility.base}/connections").expect(200)["items"]
    read = {"accountNumber": unit["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
    taken = app.post(f"{utility.base}/readings", read).expect(201)
    assert (taken["enteredBy"], taken["meterNumber"]) == (user["id"], "SM-SAN-ISIDRO")


@pytest.mark.covers("S3-013")
def test_a_reading_is_taken_in_ones_own_areas_only(utility: Utility) -> None:
    person, account = _staff(utility, "Poblacion"), _account(utility, "San-Isidro")
    assert _take(person, utility, "Poblacion.P1").expect(201)["area"] == "Poblacion.P1"
    before = items_of(utility.client)
    body = {"reading": "10", "readOn": "2025-11-05"}
    elsewhere = person.post(f"{utility.base}/readings", {"accountNumber": account, **body}).expect(404)
    nowhere = person.post(f"{utility.base}/readings", {"accountNumber": "999", **body}).expect(404)
    assert elsewhere["detail"] == nowhere["detail"]
    _take(person, utility, "San-Isidro").expect(404)
    assert items_of(utility.client) == before


def test_areas_that_change_count_from_the_next_request_on_and_sessions_go_on(utility: Utility) -> None:
    person, admin = _staff(utility, "Poblacion"), utility.as_staff()
    me = person.get("/api/me").expect(200)
    assert me["areas"] == ["Poblacion"]
    cursor = person.get(f"{utility.base}/connections", limit=1).expect(200)["nextCursor"]
    given = admin.put(_users(utility, me, "/areas"), {"areas": ["San-Isidro", "Poblacion.P1", "Poblacion.P1"]})
    assert given.expect(200)["areas"] == ["Poblacion.P1", "San-Isidro"]
    assert _meters(person, utility) == ["POBLACION.P1", "SAN-ISIDRO"]
    assert person.get(f"{utility.base}/connections", limit=1, cursor=cursor).expect(400)["code"] == "bad-cursor"
    admin.put(_users(utility, me, "/areas"), {"areas": []}).expect(200)
    assert _meters(person, utility) == []
    entries = admin.get(f"/api/clients/{utility.client}/audit-log", action="user.areas-changed").expect(200)["items"]
    assert sorted(entry["after"]["areas"] for entry in entries) == ["", "Poblacion.P1, San-Isidro"]
    admin.put(_users(utility, me, "/role"), {"role": "viewer"}).expect(200)
    admin.put(_users(utility, me, "/role"), {"role": "field_staff"}).expect(200)
    assert admin.get(_users(utility, me)).expect(200)["areas"] == []


def test_areas_that_are_not_there_can_not_be_given(utility: Utility) -> None:
    admin, person = utility.as_staff(), _staff(utility, "Poblacion")
    before = items_of(utility.client)
    me = person.get("/api/me").expect(200)
    for area in ("Nowhere", "Poblacion.P9", "A B", "#"):
        answer = admin.put(_users(utility, me, "/areas"), {"areas": ["Poblacion", area]}).expect(400)
        assert answer["code"] in {"unknown-area", "invalid-body"}
        made = {"login": "x", "name": "X", "password": PASSWORD, "role": "field_staff", "areas": [area]}
        admin.post(_users(utility), made).expect(400)
    assert items_of(utility.client) == before


def test_a_role_with_all_of_the_tenant_is_not_ended_by_areas(utility: Utility) -> None:
    assert len(_meters(_staff(utility, "Poblacion", role="manager"), utility)) == len(_AREAS)


def test_a_connection_that_moves_goes_out_of_reach_with_its_readings(utility: Utility) -> None:
    person, there = _staff(utility, "Poblacion"), _staff(utility, "San-Isidro", login="other")
    admin, account = utility.as_staff(), _account(utility, "Poblacion.P1")
    taken = _take(person, utility, "Poblacion.P1").expect(201)
    path = f"{utility.base}/connections/{account}"
    seen = person.get(path).expect(200)
    consumer = seen["consumerId"]
    change = {"consumerClass": "residential", "area": "San-Isidro", "version": seen["version"]}
    admin.patch(path, change).expect(200)
    for gone in (path, f"{path}/history", f"{utility.base}/readings/{taken['id']}", f"{utility.consumers}/{consumer}"):
        person.get(gone).expect(404)
        there.get(gone).expect(200)
    assert account not in [one["accountNumber"] for one in _all(person, f"{utility.base}/readings/pending")]
    assert account not in [one["accountNumber"] for one in _all(person, f"{utility.base}/readings", period="2025-11")]
    assert account in [one["accountNumber"] for one in _all(there, f"{utility.base}/readings", period="2025-11")]
    corrected = admin.put(f"{utility.base}/readings/{taken['id']}", {"reading": "11", "readOn": "2025-11-05"}).expect(
        200
    )
    assert corrected["area"] == "San-Isidro"
    assert account in [one["accountNumber"] for one in _all(there, f"{utility.base}/readings/pending")]


def test_what_waits_is_confirmed_in_ones_areas_only(utility: Utility) -> None:
    surveyor, admin = _staff(utility, "Poblacion", role="surveyor"), utility.as_staff()
    taken = {area: _take(admin, utility, area).expect(201)["id"] for area in _AREAS}
    elsewhere = f"{utility.base}/readings/{taken['San-Isidro']}"
    surveyor.get(elsewhere).expect(404)
    surveyor.put(elsewhere, {"reading": "11", "readOn": "2025-11-05"}).expect(404)
    surveyor.post(f"{elsewhere}/confirmation").expect(404)
    surveyor.post(f"{utility.base}/readings/{taken['Poblacion.P1']}/confirmation").expect(200)
    assert surveyor.post(f"{utility.base}/readings/confirmations", {"area": "San-Isidro"}).expect(200)["confirmed"] == 0
    account = _account(utility, "Poblacion.P2")
    moved = {"consumerClass": "residential", "area": "San-Isidro", "version": 1}
    admin.patch(f"{utility.base}/connections/{account}", moved).expect(200)
    done = surveyor.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    assert (done["confirmed"], done["left"]) == (1, [])
    waiting = [one["meterNumber"] for one in admin.get(f"{utility.base}/readings/pending").expect(200)["items"]]
    assert sorted(waiting) == ["SM-POBLACION.P2", "SM-POBLACIONA", "SM-SAN-ISIDRO"]
    admin.post(f"{elsewhere}/confirmation").expect(200)
    surveyor.post(f"{elsewhere}/confirmation").expect(404)


def test_what_nobody_read_is_listed_and_estimated_in_ones_areas_only(utility: Utility) -> None:
    admin = utility.as_staff()
    for area in _AREAS:
        _take(admin, utility, area).expect(201)
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    clock.use_time(lambda: NOVEMBER.replace(month=12))
    surveyor = _staff(utility, "Poblacion", role="surveyor")
    unread = _all(surveyor, f"{utility.base}/readings/unread", period="2025-12")
    assert sorted(one["area"] for one in unread) == ["Poblacion", "Poblacion.P1", "Poblacion.P2"]
    estimates, period = f"{utility.base}/readings/estimates", {"period": "2025-12"}
    elsewhere = period | {"accountNumber": _account(utility, "San-Isidro")}
    assert surveyor.post(estimates, elsewhere).expect(404)["code"] == "not-found"
    assert surveyor.post(estimates, period).expect(200)["estimated"] == 3
    mine = _all(surveyor, f"{utility.base}/readings", status="pending")
    assert sorted(one["area"] for one in mine) == ["Poblacion", "Poblacion.P1", "Poblacion.P2"]
    account = elsewhere["accountNumber"]
    assert surveyor.get(f"{utility.base}/readings", accountNumber=account).expect(200)["items"] == []
    assert len(utility.as_staff().get(f"{utility.base}/readings", accountNumber=account).expect(200)["items"]) == 1


@pytest.mark.parametrize("confirmed_later", [True, False])
def test_a_file_ends_at_the_areas_of_the_user_who_announced_it(utility: Utility, confirmed_later: bool) -> None:
    surveyor, other = (_staff(utility, area, role="surveyor", login=area) for area in ("Poblacion", "San-Isidro"))
    base = f"{utility.base}/readings/imports"
    announced = surveyor.post(base, {"fileName": "f.csv"}).expect(201)
    me = surveyor.get("/api/me").expect(200)
    if confirmed_later:  # what counts is what somebody had when they announced the file
        utility.as_staff().put(_users(utility, me, "/areas"), {"areas": ["San-Isidro"]}).expect(200)
    account = _account(utility, "San-Isidro")
    rows = (
        f"SM-Poblacion.P1,,10,2025-11-05\nSM-San-Isidro,,10,2025-11-05\n,{account},10,2025-11-05\nSM-9,,1,2025-11-05\n"
    )
    file = "meter_number,account_number,reading,read_on\n" + rows
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file.encode())
    readings.run_import(utility.context(now=NOVEMBER), import_id=announced["id"])
    path = f"{base}/{announced['id']}"
    assert surveyor.get(path).expect(200)["counts"]["accepted"] == 1
    lines = surveyor.get(f"{path}/report").expect(200)["items"]
    assert [(line["line"], line["code"]) for line in lines] == [(n, "unknown-meter") for n in (3, 4, 5)]
    assert [one["id"] for one in surveyor.get(base).expect(200)["items"]] == [announced["id"]]
    assert other.get(base).expect(200)["items"] == []
    other.get(path).expect(404)
    other.get(f"{path}/report").expect(404)
    assert len(utility.as_staff().get(base).expect(200)["items"]) == 1


def test_who_keeps_connections_of_an_area_can_not_push_them_out_of_it_or_see_whose_a_meter_is(utility: Utility) -> None:
    surveyor = _staff(utility, "Poblacion", role="surveyor")
    account, foreign = _account(utility, "Poblacion.P1"), _account(utility, "San-Isidro")
    path = f"{utility.base}/connections/{account}"
    change = {"consumerClass": "residential", "area": "San-Isidro", "version": 0}
    assert surveyor.patch(path, change).expect(400)["code"] == "unknown-area"
    surveyor.patch(path, {**change, "area": "Poblacion.P2"}).expect(200)
    surveyor.post(f"{path}/disconnection", {"reason": "Unpaid"}).expect(200)
    surveyor.post(f"{utility.base}/connections/{foreign}/disconnection", {"reason": "Unpaid"}).expect(404)
    own = surveyor.get(path).expect(200)["consumerId"]
    new = {"consumerId": own, "consumerClass": "residential", "meterNumber": "SM-San-Isidro", "area": "Poblacion"}
    stranger = utility.as_staff().get(f"{utility.base}/connections/{foreign}").expect(200)["consumerId"]
    surveyor.post(f"{utility.base}/connections", {**new, "meterNumber": "SM-1", "consumerId": stranger}).expect(404)
    sold = {"consumerId": stranger, "reason": "Sold", "finalReading": "0"}
    surveyor.post(f"{path}/handovers", sold).expect(404)
    taken = surveyor.post(f"{utility.base}/connections", new)
    assert taken.expect(409)["code"] == "meter-taken"
    assert foreign not in taken.body.decode()
    exchange = {"meterNumber": "SM-San-Isidro", "finalReading": "3", "reason": "Stuck"}
    refused = surveyor.post(f"{path}/meter-exchanges", exchange)
    assert refused.expect(409)["code"] == "meter-taken"
    assert foreign not in refused.body.decode()
    told = utility.as_staff().post(f"{utility.base}/connections", new).expect(409)["detail"]
    assert f" is already on connection {foreign};" in told


def test_idle_connections_and_those_of_a_meter_or_consumer_end_at_areas_too(utility: Utility) -> None:
    person, admin = _staff(utility, "Poblacion"), utility.as_staff()
    for area in ("Poblacion.P1", "San-Isidro", "Poblaciona"):
        path = f"{utility.base}/connections/{_account(utility, area)}/disconnection"
        admin.post(path, {"reason": "Unpaid"}).expect(200)
    assert _meters(person, utility, status="disconnected", limit=1) == ["POBLACION.P1"]
    assert _meters(person, utility, status="active", limit=1) == ["POBLACION", "POBLACION.P2"]
    assert _meters(person, utility, meterNumber="SM-San-Isidro") == []
    assert _meters(person, utility, meterNumber="SM-Poblacion") == ["POBLACION"]
    one = admin.get(f"{utility.base}/connections/{_account(utility, 'San-Isidro')}").expect(200)
    person.get(f"{utility.base}/connections", consumerId=one["consumerId"]).expect(404)


def test_a_consumer_with_several_connections_is_listed_once(utility: Utility) -> None:
    admin = utility.as_staff()
    person = _staff(utility, "Poblacion", "San-Isidro")
    one = admin.get(f"{utility.base}/connections/{_account(utility, 'San-Isidro')}").expect(200)["consumerId"]
    for number, area in enumerate(("Poblacion", "Poblacion.P2", "Poblaciona", "San-Isidro")):
        body = {"consumerId": one, "consumerClass": "residential", "meterNumber": f"N-{number}", "area": area}
        made = admin.post(f"{utility.base}/connections", body).expect(201)["accountNumber"]
        if number % 2:
            admin.post(f"{utility.base}/connections/{made}/disconnection", {"reason": "Unpaid"}).expect(200)
    for limit in (1, 2, 3, 50):
        ids = [each["id"] for each in _all(person, utility.consumers, limit=limit)]
        assert len(ids) == len(set(ids)) == 4
        assert one in ids
    shown = person.get(f"{utility.base}/connections", consumerId=one).expect(200)["items"]
    assert sorted(each["area"] for each in shown) == ["Poblacion", "Poblacion.P2", "San-Isidro", "San-Isidro"]
    assert person.get(utility.consumers, sort="name").expect(400)["code"] == "bad-filter"


def test_what_ends_at_areas_costs_so_many_requests(utility: Utility) -> None:
    person, account = _staff(utility, "Poblacion", "San-Isidro"), _account(utility, "Poblacion")
    with metered() as connections:
        person.get(f"{utility.base}/connections").expect(200)
    assert connections.requests == {"BatchGetItem": 2, "Query": 2}
    with metered() as one:
        person.get(f"{utility.base}/connections/{account}").expect(200)
    assert one.requests == {"BatchGetItem": 1, "GetItem": 1}
    with metered() as listed:
        person.get(f"{utility.base}/readings", period="2025-11").expect(200)
    assert listed.requests == {"BatchGetItem": 3, "Query": 2}
    with metered() as taken:
        _take(person, utility, "Poblacion").expect(201)
    # A first use is compared with what is usual for its class, which takes a query or two.
    assert taken.requests == {"BatchGetItem": 2, "GetItem": 1, "Query": 3, "TransactWriteItems": 1}
    with metered() as consumers:
        person.get(utility.consumers).expect(200)
    assert consumers.requests == {"BatchGetItem": 3, "Query": 3}

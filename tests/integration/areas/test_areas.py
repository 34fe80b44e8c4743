"""Areas: a list on the client's own levels, which nobody can pull from under a connection."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http import Api
from tests.support.utilities import Utility, open_waterworks, register_connection


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api, area_levels=("barangay", "purok"))


@pytest.fixture
def admin(utility: Utility) -> Api:
    admin = utility.as_staff()
    for code, name in (("Poblacion", "Poblacion"), ("Poblacion.P1", "Purok 1"), ("Santo-Nino", "Santo Niño")):
        admin.post(_areas(utility), {"code": code, "name": name}).expect(201)
    return admin


def _areas(utility: Utility, code: str = "") -> str:
    return f"/api/clients/{utility.client}/areas" + (f"/{code}" if code else "")


@pytest.mark.covers("S3-094")
def test_a_purok_lies_in_one_barangay_and_shows_it(utility: Utility, admin: Api) -> None:
    shown = admin.get(_areas(utility, "Poblacion.P1")).expect(200)
    assert (shown["name"], shown["parent"], shown["level"]) == ("Purok 1", "Poblacion", 2)
    assert [area["code"] for area in admin.get(_areas(utility)).expect(200)["items"]] == [
        "Poblacion",
        "Poblacion.P1",
        "Santo-Nino",
    ]
    within = admin.get(_areas(utility), within="Poblacion").expect(200)["items"]
    assert [area["code"] for area in within] == ["Poblacion", "Poblacion.P1"]
    for text, found in {
        "pur": ["Poblacion.P1"],
        "POB 1": ["Poblacion.P1"],
        "santo": ["Santo-Nino"],
        "oblacion": [],
    }.items():
        assert [area["code"] for area in admin.get(_areas(utility), q=text).expect(200)["items"]] == found
    assert admin.get(_areas(utility), q="pob", within="Santo-Nino").expect(200)["items"] == []


@pytest.mark.covers("S3-094", "S3-097")
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("Nowhere.P1", "unknown-area"),
        ("Poblacion.P1.Deep", "bad-area"),
        ("A B", "bad-area"),
        ("Poblacion.", "bad-area"),
    ],
)
def test_an_area_of_nowhere_or_of_no_level_is_refused(utility: Utility, admin: Api, code: str, error: str) -> None:
    assert admin.post(_areas(utility), {"code": code, "name": "X"}).expect(400)["code"] == error


def test_a_client_that_names_no_levels_keeps_no_list(api: Api) -> None:
    utility = open_waterworks(api)
    refused = utility.as_staff().post(_areas(utility), {"code": "Poblacion", "name": "P"}).expect(400)
    assert refused["code"] == "no-areas"


def test_an_area_made_again_is_the_same_and_under_another_name_a_conflict(utility: Utility, admin: Api) -> None:
    body = {"code": "Poblacion", "name": "Poblacion"}
    assert admin.post(_areas(utility), body).expect(201)["createdAt"]
    assert admin.post(_areas(utility), {**body, "name": "Town"}).expect(409)["code"] == "area-taken"


def test_an_area_is_renamed_once_per_version(utility: Utility, admin: Api) -> None:
    change = {"name": "Town proper", "version": 0}
    assert admin.patch(_areas(utility, "Poblacion"), change).expect(200)["version"] == 1
    assert admin.patch(_areas(utility, "Poblacion"), change).expect(409)["code"] == "changed"
    assert admin.get(_areas(utility, "Poblacion")).expect(200)["name"] == "Town proper"


@pytest.mark.covers("S3-097")
def test_a_connection_lies_in_an_area_of_the_list(utility: Utility, admin: Api) -> None:
    register_connection(admin, utility, "SM-1", area="Poblacion.P1")
    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": "SM-2"}
    for area in ("Nowhere", "San Isidro", ""):
        refused = admin.post(f"{utility.base}/connections", {**body, "area": area}).expect(400)
        assert refused["code"] == "unknown-area"
    assert admin.get(f"{utility.base}/connections", meterNumber="SM-2").expect(200)["items"] == []


def test_an_area_can_be_deleted_once_nothing_names_it(utility: Utility, admin: Api) -> None:
    connection = register_connection(admin, utility, "SM-1", area="Poblacion.P1")
    for code in ("Poblacion", "Poblacion.P1"):
        assert admin.delete(_areas(utility, code)).expect(409)["code"] == "area-used"
    path = f"{utility.base}/connections/{connection['accountNumber']}"
    change = {"version": 0, "consumerClass": "residential", "area": "Santo-Nino"}
    admin.patch(path, change).expect(200)
    assert admin.delete(_areas(utility, "Santo-Nino")).expect(409)["code"] == "area-used"
    admin.delete(_areas(utility, "Poblacion.P1")).expect(200)
    admin.delete(_areas(utility, "Poblacion")).expect(200)
    admin.post(f"{path}/closure", {"reason": "Moved away", "finalReading": "0"}).expect(200)
    admin.delete(_areas(utility, "Santo-Nino")).expect(200)
    assert admin.get(_areas(utility)).expect(200)["items"] == []


def test_connections_are_listed_by_area_with_what_lies_in_it(utility: Utility, admin: Api) -> None:
    made = {
        area: register_connection(admin, utility, f"SM-{number}", area=area)["accountNumber"]
        for number, area in enumerate(("Poblacion", "Poblacion.P1", "Santo-Nino"))
    }

    def accounts(area: str) -> list[str]:
        page = admin.get(f"{utility.base}/connections", area=area).expect(200)
        return [each["accountNumber"] for each in page["items"]]

    assert accounts("Poblacion") == [made["Poblacion"], made["Poblacion.P1"]]
    assert accounts("Poblacion.P1") == [made["Poblacion.P1"]]
    assert accounts("Pob") == []


def test_readings_of_a_barangay_are_confirmed_with_those_of_its_puroks(utility: Utility, admin: Api) -> None:
    for number, area in enumerate(("Poblacion", "Poblacion.P1", "Santo-Nino")):
        register_connection(admin, utility, f"SM-{number}", area=area)
        admin.post(
            f"{utility.base}/readings", {"meterNumber": f"SM-{number}", "reading": "10", "readOn": "2025-11-05"}
        ).expect(201)
    done = admin.post(f"{utility.base}/readings/confirmations", {"area": "Poblacion"}).expect(200)
    assert done["confirmed"] == 2
    left = admin.get(f"{utility.base}/readings/pending").expect(200)["items"]
    assert [reading["area"] for reading in left] == ["Santo-Nino"]


def test_an_area_is_never_deleted_under_a_connection_that_is_being_registered(utility: Utility, admin: Api) -> None:
    consumer = admin.post(utility.consumers, {"firstName": "A", "lastName": "B"}).expect(201)["id"]

    def act(number: int) -> int:
        if number % 2:
            return admin.delete(_areas(utility, "Santo-Nino")).status
        body = {
            "consumerId": consumer,
            "consumerClass": "residential",
            "meterNumber": f"SM-{number}",
            "area": "Santo-Nino",
        }
        return admin.post(f"{utility.base}/connections", body).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(act, range(16)))
    registered = admin.get(f"{utility.base}/connections", area="Santo-Nino").expect(200)["items"]
    assert statuses.count(201) == len(registered)
    there = admin.get(_areas(utility, "Santo-Nino"))
    assert there.status == (200 if registered else 404)
    if registered:
        assert there.json["uses"] == len(registered)


def test_a_deed_for_an_area_that_is_not_there_says_so(utility: Utility, admin: Api) -> None:
    requests: dict[str, dict[str, str]] = {"confirmations": {}, "estimates": {"period": "2025-11"}}
    for act, body in requests.items():
        path = f"{utility.base}/readings/{act}"
        refused = admin.post(path, body | {"area": "Poblcion"}).expect(400)
        assert refused["code"] == "unknown-area"
        assert "'Poblcion'" in refused["detail"]
        admin.post(path, body | {"area": "Poblacion"}).expect(200)

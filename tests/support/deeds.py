"""A good request for each operation that makes something, as often as one is needed, for tests over the route table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.period import Period
from tests.support.http import Api, Reply
from tests.support.utilities import PASSWORD, Utility, open_waterworks, register_connection

CLIENT = "/api/clients/{client}"
PROJECT = CLIENT + "/projects/{project}"


@dataclass(frozen=True, slots=True)
class Ground:
    """A waterworks with an admin, and a consumer who can sign in."""

    utility: Utility
    admin: Api
    consumer: Api
    consumer_id: str

    def post(self, deed: "Deed", body: object = None, *, key: str | None = None) -> Reply:
        """Send a deed as whoever does it; with a body, that one."""
        who = self.consumer if deed.path.startswith("/api/me") else self.admin
        return who.post(deed.path, body or deed.body, key=key)

    @property
    def sheet(self) -> dict[str, Any]:
        """A tariff sheet that suits the project."""
        found: dict[str, Any] = self.admin.get(f"{self.utility.base}/tariffs").expect(200)["items"][0]["sheet"]
        return found


@dataclass(frozen=True, slots=True)
class Deed:
    """One request that will be carried out, and another one to the same address that would be, too."""

    path: str
    body: Any
    other: Any


def open_ground(api: Api) -> Ground:
    """Open a waterworks to do deeds in."""
    utility = open_waterworks(api, area_levels=("barangay", "purok"))
    admin = utility.as_staff()
    area = {"code": "Poblacion", "name": "Poblacion"}
    admin.post(f"/api/clients/{utility.client}/areas", area).expect(201)
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Dela Cruz"}).expect(201)
    login = {"login": "juan", "password": PASSWORD}
    admin.post(f"{utility.consumers}/{consumer['id']}/login", login).expect(201)
    return Ground(utility, admin, api.sign_in(utility.client, "juan", PASSWORD), consumer["id"])


def _consumer(ground: Ground, number: int) -> Deed:
    body = {"firstName": "Ana", "lastName": f"Reyes {number}"}
    return Deed(ground.utility.consumers, body, body | {"firstName": "Eva"})


def _user(ground: Ground, number: int) -> Deed:
    body = {"login": f"user{number}", "name": "Ana", "password": PASSWORD, "role": "viewer"}
    return Deed(f"/api/clients/{ground.utility.client}/users", body, body | {"name": "Eva"})


def _login(ground: Ground, number: int) -> Deed:
    made = ground.admin.post(ground.utility.consumers, {"firstName": "Ana", "lastName": f"L{number}"}).expect(201)
    body = {"login": f"consumer{number}", "password": PASSWORD}
    return Deed(f"{ground.utility.consumers}/{made['id']}/login", body, body | {"login": f"another{number}"})


def _connection(ground: Ground, number: int) -> Deed:
    made = ground.admin.post(ground.utility.consumers, {"firstName": "Ana", "lastName": f"C{number}"}).expect(201)
    body = {
        "consumerId": made["id"],
        "consumerClass": "residential",
        "meterNumber": f"DEED-{number}",
        "area": "Poblacion",
    }
    return Deed(f"{ground.utility.base}/connections", body, body | {"meterNumber": f"OTHER-{number}"})


def _tariff(ground: Ground, number: int) -> Deed:
    sheet = ground.sheet | {"consumerClass": f"class{number}"}
    body = {"id": f"tariff{number}", "sheet": sheet}
    return Deed(f"{ground.utility.base}/tariffs", body, body | {"id": f"other{number}"})


def _adoption(ground: Ground, number: int) -> Deed:
    fitting = [
        entry["id"]
        for entry in ground.admin.get("/api/tariff-library").expect(200)["items"]
        if (entry["sheet"]["currency"], entry["sheet"]["unit"]) == ("PHP", "m3")
    ]
    body = {"libraryId": fitting[0], "id": f"adopted{number}", "validFrom": "2025-01-01", "consumerClass": f"a{number}"}
    return Deed(f"{ground.utility.base}/tariffs/adopt", body, body | {"id": f"adopted{number}x"})


def _version(ground: Ground, number: int) -> Deed:
    opened = _tariff(ground, number)
    ground.admin.post(opened.path, opened.body).expect(201)
    later = opened.body["sheet"] | {"validFrom": "2026-01-01"}
    path = f"{ground.utility.base}/tariffs/tariff{number}/versions"
    return Deed(path, later, later | {"validFrom": "2026-02-01"})


def _reading(ground: Ground, number: int) -> Deed:
    made = register_connection(ground.admin, ground.utility, f"READ-{number}")
    body = {"accountNumber": made["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
    return Deed(f"{ground.utility.base}/readings", body, body | {"reading": "11"})


def _import(ground: Ground, number: int) -> Deed:
    body = {"fileName": f"readings-{number}.csv"}
    return Deed(f"{ground.utility.base}/readings/imports", body, body | {"period": "2025-11"})


def _registry(ground: Ground, number: int) -> Deed:
    body = {"fileName": f"registry-{number}.csv"}
    return Deed(f"{ground.utility.base}/registry/imports", body, {"fileName": f"other-{number}.csv"})


def _history(ground: Ground, number: int) -> Deed:
    body = {"fileName": f"history-{number}.json"}
    return Deed(f"{ground.utility.base}/history/imports", body, {"fileName": f"other-{number}.json"})


def _run(ground: Ground, number: int) -> Deed:
    body = {"period": str(Period(2020, 1).shifted(number))}
    return Deed(f"{ground.utility.base}/billing-runs", body, {"period": str(Period(2010, 1).shifted(number))})


def _bill(ground: Ground, number: int) -> Deed:
    read = _reading(ground, number)
    reading = ground.admin.post(read.path, read.body).expect(201)["id"]
    ground.admin.post(f"{read.path}/{reading}/confirmation").expect(200)
    body = {"readingId": reading}
    return Deed(f"{ground.utility.base}/bills", body, body | {"dueOn": "2025-12-01"})


def _device(ground: Ground, number: int) -> Deed:
    body = {"title": f"Collector {number}"}
    return Deed(f"{ground.utility.base}/devices", body, body | {"areas": ["Poblacion"]})


def _area(ground: Ground, number: int) -> Deed:
    body = {"code": f"area{number}", "name": f"Area {number}"}
    return Deed(f"/api/clients/{ground.utility.client}/areas", body, body | {"name": "Another"})


def _brand(ground: Ground, number: int) -> Deed:
    body = {"id": f"brand{number}", "name": f"Brand {number}"}
    return Deed(f"/api/clients/{ground.utility.client}/meter-brands", body, body | {"name": "Another"})


def _cycle(ground: Ground, number: int) -> Deed:
    body = {"id": f"cycle{number}", "name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 5}
    return Deed(f"/api/clients/{ground.utility.client}/billing-cycles", body, body | {"dueDays": 10})


def _role(ground: Ground, number: int) -> Deed:
    name = "clerk" + "".join(chr(ord("a") + int(digit)) for digit in str(number))
    body = {"name": name, "scope": "tenant", "permissions": ["bills.read"]}
    return Deed(f"/api/clients/{ground.utility.client}/roles", body, body | {"permissions": ["settings.read"]})


def _project(ground: Ground, number: int) -> Deed:
    settings = ground.admin.get(ground.utility.base).expect(200)["settings"]
    body = {"id": f"project{number}", "settings": settings}
    return Deed(f"/api/clients/{ground.utility.client}/projects", body, body | {"id": f"other{number}"})


def _adopted_project(ground: Ground, number: int) -> Deed:
    body = {"preset": "balilihan", "presetProject": "waterworks", "id": f"adopted{number}"}
    path = f"/api/clients/{ground.utility.client}/projects/adopt"
    return Deed(path, body, body | {"id": f"adopted{number}x"})


def _my_request(ground: Ground, number: int) -> Deed:
    body = {"projectId": ground.utility.project, "address": f"Purok {number}"}
    return Deed("/api/me/service-requests", body, body | {"note": "soon"})


def _request(ground: Ground, number: int) -> Deed:
    body = {"projectId": ground.utility.project, "address": f"Purok {number}", "consumerId": ground.consumer_id}
    return Deed(f"/api/clients/{ground.utility.client}/service-requests", body, body | {"note": "soon"})


def _issue(_: Ground, number: int) -> Deed:
    body = {"title": f"Leak {number}", "description": "Beside the meter."}
    return Deed("/api/me/issues", body, body | {"description": "Under the road."})


def _response(ground: Ground, number: int) -> Deed:
    issue = ground.post(_issue(ground, number)).expect(201)["id"]
    body = {"text": "We come tomorrow."}
    path = f"/api/clients/{ground.utility.client}/issues/{issue}/responses"
    return Deed(path, body, {"text": "We come today."})


DEEDS: Mapping[tuple[str, str], Callable[[Ground, int], Deed]] = {
    ("POST", CLIENT + "/users"): _user,
    ("POST", CLIENT + "/consumers"): _consumer,
    ("POST", CLIENT + "/consumers/{consumer}/login"): _login,
    ("POST", PROJECT + "/connections"): _connection,
    ("POST", PROJECT + "/tariffs"): _tariff,
    ("POST", PROJECT + "/tariffs/adopt"): _adoption,
    ("POST", PROJECT + "/tariffs/{tariff}/versions"): _version,
    ("POST", PROJECT + "/readings"): _reading,
    ("POST", PROJECT + "/readings/imports"): _import,
    ("POST", PROJECT + "/registry/imports"): _registry,
    ("POST", PROJECT + "/history/imports"): _history,
    ("POST", PROJECT + "/billing-runs"): _run,
    ("POST", PROJECT + "/bills"): _bill,
    ("POST", PROJECT + "/devices"): _device,
    ("POST", CLIENT + "/projects"): _project,
    ("POST", CLIENT + "/projects/adopt"): _adopted_project,
    ("POST", CLIENT + "/areas"): _area,
    ("POST", CLIENT + "/meter-brands"): _brand,
    ("POST", CLIENT + "/billing-cycles"): _cycle,
    ("POST", CLIENT + "/roles"): _role,
    ("POST", "/api/me/service-requests"): _my_request,
    ("POST", CLIENT + "/service-requests"): _request,
    ("POST", "/api/me/issues"): _issue,
    ("POST", CLIENT + "/issues/{issue}/responses"): _response,
}

"""A good request for each operation that writes, on a thing that was made for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.deeds import CLIENT, DEEDS, PROJECT, Ground
from tests.support.http import Api, Reply
from tests.support.utilities import PASSWORD, register_connection


@dataclass(frozen=True, slots=True)
class Change:
    """One request that will be carried out, and who sends it."""

    by: Api
    method: str
    path: str
    body: Any = None

    def send(self) -> Reply:
        """Carry it out."""
        return self.by.send(self.method, self.path, self.body)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a change is made: a ground, and a number that no other change has."""

    ground: Ground
    number: int

    @property
    def client(self) -> str:
        return f"/api/clients/{self.ground.utility.client}"

    def make(self, path: str) -> dict[str, Any]:
        """Make a thing by the deed of a path."""
        made: dict[str, Any] = self.ground.post(DEEDS["POST", path](self.ground, self.number)).json
        return made

    def by_admin(self, method: str, path: str, body: Any = None) -> Change:  # noqa: ANN401
        return Change(self.ground.admin, method, path, body)

    def user(self, method: str, end: str = "", body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(method, f"{self.client}/users/{self.make(CLIENT + '/users')['id']}{end}", body)

    def area(self, method: str, body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(method, f"{self.client}/areas/{self.make(CLIENT + '/areas')['code']}", body)

    def brand(self, method: str, body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(method, f"{self.client}/meter-brands/{self.make(CLIENT + '/meter-brands')['id']}", body)

    def role(self, method: str, body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(method, f"{self.client}/roles/{self.make(CLIENT + '/roles')['name']}", body)

    def cycle(self, method: str, body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(
            method, f"{self.client}/billing-cycles/{self.make(CLIENT + '/billing-cycles')['id']}", body
        )

    def consumer(self, method: str, body: Any = None) -> Change:  # noqa: ANN401
        return self.by_admin(method, f"{self.client}/consumers/{self.make(CLIENT + '/consumers')['id']}", body)

    def connection(self, method: str, end: str = "", body: Any = None) -> Change:  # noqa: ANN401
        made = register_connection(self.ground.admin, self.ground.utility, f"CHANGED-{self.number}")
        path = f"{self.ground.utility.base}/connections/{made['accountNumber']}"
        if end == "/reconnection":
            self.ground.admin.post(f"{path}/disconnection", body).expect(200)
        return self.by_admin(method, path + end, body)

    def request(self, end: str, body: Any) -> Change:  # noqa: ANN401
        return self.by_admin(
            "POST", f"{self.client}/service-requests/{self.make('/api/me/service-requests')['id']}{end}", body
        )

    def version(self, method: str) -> Change:
        made = self.make(PROJECT + "/tariffs")
        sheet = DEEDS["POST", PROJECT + "/tariffs"](self.ground, self.number).body["sheet"]
        body = sheet | {"name": "Another"} if method == "PUT" else None
        return self.by_admin(method, f"{self.ground.utility.base}/tariffs/{made['id']}/versions/1", body)

    def reading(self, method: str, end: str = "", body: Any = None) -> Change:  # noqa: ANN401
        made = self.make(PROJECT + "/readings")
        return self.by_admin(method, f"{self.ground.utility.base}/readings/{made['id']}{end}", body)

    def device(self, method: str, end: str = "") -> Change:
        made = self.make(PROJECT + "/devices")
        return self.by_admin(method, f"{self.ground.utility.base}/devices/{made['id']}{end}")

    def settings(self, path: str) -> Change:
        shown = self.ground.admin.get(path).expect(200)
        return self.by_admin("PUT", path, {"version": shown["version"], "settings": shown["settings"]})

    def as_newcomer(self, password: str) -> Change:
        """Let somebody change their own password."""
        body = {"login": f"newcomer{self.number}", "name": "Ana", "password": PASSWORD, "role": "viewer"}
        self.ground.admin.post(f"{self.client}/users", body).expect(201)
        own = self.ground.utility.api.sign_in(self.ground.utility.client, body["login"], PASSWORD)
        return Change(own, "PUT", "/api/me/password", {"current": PASSWORD, "new": password})

    def profile(self) -> Change:
        version = self.ground.consumer.get("/api/me/profile").expect(200)["version"]
        return Change(
            self.ground.consumer, "PATCH", "/api/me/profile", {"version": version, "phone": "+63 917 555 0001"}
        )

    def withdrawal(self) -> Change:
        asked = self.make("/api/me/service-requests")["id"]
        return Change(self.ground.consumer, "POST", f"/api/me/service-requests/{asked}/withdrawal")

    def project(self, method: str, end: str = "") -> Change:
        return self.by_admin(method, f"{self.client}/projects/{self.make(CLIENT + '/projects')['id']}{end}")

    def estimate(self) -> Change:
        """Let somebody estimate November of what was read in October."""
        admin, base = self.ground.admin, self.ground.utility.base
        account = register_connection(admin, self.ground.utility, f"UNREAD-{self.number}")["accountNumber"]
        read = {"accountNumber": account, "reading": "10", "readOn": "2025-10-05"}
        made = admin.post(f"{base}/readings", read).expect(201)
        admin.post(f"{base}/readings/{made['id']}/confirmation").expect(200)
        return self.by_admin("POST", f"{base}/readings/estimates", {"period": "2025-11", "accountNumber": account})

    def confirmations(self) -> Change:
        self.make(PROJECT + "/readings")
        return self.by_admin("POST", f"{self.ground.utility.base}/readings/confirmations", {})

    def issue(self) -> Change:
        made = self.make("/api/me/issues")["id"]
        return self.by_admin("PUT", f"{self.client}/issues/{made}/status", {"status": "taking_action"})


_WHY = {"reason": "Asked for"}
_PERSON = {"firstName": "Ana", "lastName": "Reyes", "version": 0}
_CONNECTION = {"consumerClass": "commercial", "area": "Poblacion", "version": 0}
_CYCLE = {"name": "Other", "generationDay": 2, "dueDays": 10, "graceDays": 5, "version": 0}
_EXCHANGE = {"finalReading": "3", "reason": "Stuck"}

CHANGES: Mapping[tuple[str, str], Callable[[Ground, int], Change]] = {
    row: lambda ground, number, change=change: change(_Place(ground, number))  # type: ignore[misc]
    for row, change in {
        ("PATCH", "/api/me"): lambda at: at.by_admin("PATCH", "/api/me", {"phone": "+63 917 555 0003"}),
        ("PUT", "/api/me/password"): lambda at: at.as_newcomer("Abcdef1!"),
        ("PATCH", "/api/me/profile"): _Place.profile,
        ("POST", "/api/me/service-requests/{request}/withdrawal"): _Place.withdrawal,
        ("PUT", CLIENT + "/settings"): lambda at: at.settings(f"{at.client}/settings"),
        ("PUT", PROJECT + "/settings"): lambda at: at.settings(f"{at.ground.utility.base}/settings"),
        ("DELETE", PROJECT): lambda at: at.project("DELETE"),
        ("POST", PROJECT + "/closure"): lambda at: at.project("POST", "/closure"),
        ("PUT", CLIENT + "/areas/{area}"): lambda at: at.area("PUT", {"name": "Another", "version": 0}),
        ("DELETE", CLIENT + "/areas/{area}"): lambda at: at.area("DELETE"),
        ("PUT", CLIENT + "/meter-brands/{brand}"): lambda at: at.brand("PUT", {"name": "Another"}),
        ("DELETE", CLIENT + "/meter-brands/{brand}"): lambda at: at.brand("DELETE"),
        ("PATCH", CLIENT + "/users/{user}"): lambda at: at.user("PATCH", "", {"name": "Eva"}),
        ("DELETE", CLIENT + "/users/{user}"): lambda at: at.user("DELETE"),
        ("PUT", CLIENT + "/users/{user}/role"): lambda at: at.user("PUT", "/role", {"role": "manager"}),
        ("PUT", CLIENT + "/users/{user}/status"): lambda at: at.user("PUT", "/status", {"status": "disabled"}),
        ("PUT", CLIENT + "/users/{user}/password"): lambda at: at.user("PUT", "/password", {"password": PASSWORD}),
        ("PUT", CLIENT + "/users/{user}/areas"): lambda at: at.user("PUT", "/areas", {"areas": ["Poblacion"]}),
        ("PUT", CLIENT + "/roles/{role}"): lambda at: at.role("PUT", {"permissions": ["settings.read"]}),
        ("DELETE", CLIENT + "/roles/{role}"): lambda at: at.role("DELETE"),
        ("PUT", CLIENT + "/billing-cycles/{cycle}"): lambda at: at.cycle("PUT", _CYCLE),
        ("DELETE", CLIENT + "/billing-cycles/{cycle}"): lambda at: at.cycle("DELETE"),
        ("PATCH", CLIENT + "/consumers/{consumer}"): lambda at: at.consumer("PATCH", _PERSON),
        ("DELETE", CLIENT + "/consumers/{consumer}"): lambda at: at.consumer("DELETE"),
        ("PATCH", PROJECT + "/connections/{account}"): lambda at: at.connection("PATCH", "", _CONNECTION),
        ("DELETE", PROJECT + "/connections/{account}"): lambda at: at.connection("DELETE"),
        ("POST", PROJECT + "/connections/{account}/disconnection"): lambda at: at.connection(
            "POST", "/disconnection", _WHY
        ),
        ("POST", PROJECT + "/connections/{account}/reconnection"): lambda at: at.connection(
            "POST", "/reconnection", _WHY
        ),
        ("POST", PROJECT + "/connections/{account}/closure"): lambda at: at.connection("POST", "/closure", _WHY),
        ("POST", PROJECT + "/connections/{account}/meter-exchanges"): lambda at: at.connection(
            "POST", "/meter-exchanges", {"meterNumber": f"NEW-{at.number}", **_EXCHANGE}
        ),
        ("POST", PROJECT + "/connections/{account}/handovers"): lambda at: at.connection(
            "POST", "/handovers", {"consumerId": at.ground.consumer_id, **_WHY}
        ),
        ("POST", CLIENT + "/service-requests/{request}/approval"): lambda at: at.request(
            "/approval", {"consumerClass": "residential", "meterNumber": f"ASKED-{at.number}", "area": "Poblacion"}
        ),
        ("POST", CLIENT + "/service-requests/{request}/rejection"): lambda at: at.request("/rejection", _WHY),
        ("PUT", CLIENT + "/issues/{issue}/status"): _Place.issue,
        ("PUT", PROJECT + "/tariffs/{tariff}/versions/{version}"): lambda at: at.version("PUT"),
        ("DELETE", PROJECT + "/tariffs/{tariff}/versions/{version}"): lambda at: at.version("DELETE"),
        ("POST", PROJECT + "/readings/confirmations"): _Place.confirmations,
        ("POST", PROJECT + "/readings/estimates"): _Place.estimate,
        ("PUT", PROJECT + "/readings/{reading}"): lambda at: at.reading(
            "PUT", "", {"reading": "12", "readOn": "2025-11-05"}
        ),
        ("POST", PROJECT + "/readings/{reading}/confirmation"): lambda at: at.reading("POST", "/confirmation"),
        ("PUT", PROJECT + "/devices/{device}/key"): lambda at: at.device("PUT", "/key"),
        ("DELETE", PROJECT + "/devices/{device}"): lambda at: at.device("DELETE"),
    }.items()
}


def good_request(ground: Ground, row: tuple[str, str], number: int) -> Change:
    """Return a request that will be carried out, for any operation that asks for a permission and is no GET."""
    if row in DEEDS:
        deed = DEEDS[row](ground, number)
        return Change(
            ground.consumer if deed.path.startswith("/api/me") else ground.admin, row[0], deed.path, deed.body
        )
    if row == ("POST", PROJECT + "/tariffs/quote"):
        usage = {"quantity": "10", "unit": "m3", "firstDay": "2025-11-01", "untilDay": "2025-12-01"}
        body = {"tariffId": "residential", "usage": usage}
        return Change(ground.admin, row[0], f"{ground.utility.base}/tariffs/quote", body)
    return CHANGES[row](ground, number)

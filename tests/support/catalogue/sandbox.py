"""A waterworks to send requests to, and what each request needs to be there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.period import Period
from tests.support.catalogue.model import CLIENT, PROJECT, Operation, Request, Row, Things
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, open_waterworks, register_connection


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A waterworks with an admin, and a consumer who can sign in."""

    utility: Utility
    admin: Api
    consumer: Api
    consumer_id: str


def open_sandbox(api: Api) -> Sandbox:
    """Open a waterworks with one area and one consumer."""
    utility = open_waterworks(api, area_levels=("barangay", "purok"))
    admin = utility.as_staff()
    area = {"code": "Poblacion", "name": "Poblacion"}
    admin.post(f"/api/clients/{utility.client}/areas", area).expect(201)
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": "Dela Cruz"}).expect(201)
    login = {"login": "juan", "password": PASSWORD}
    admin.post(f"{utility.consumers}/{consumer['id']}/login", login).expect(201)
    return Sandbox(utility, admin, api.sign_in(utility.client, "juan", PASSWORD), consumer["id"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request is sent: a sandbox, and a number that no other request in it has."""

    sandbox: Sandbox
    number: int

    @property
    def _admin(self) -> Api:
        return self.sandbox.admin

    @property
    def _base(self) -> str:
        return self.sandbox.utility.base

    def request(self, row: Row, operation: Operation) -> Request:
        """Create what an operation needs, and build its request."""
        method, path = row
        things = {"consumerId": self.sandbox.consumer_id} | dict(operation.on(self) if operation.on else {})
        utility = self.sandbox.utility
        who = {"admin": self._admin, "consumer": self.sandbox.consumer, "newcomer": things.get("newcomer")}
        names = {"clientId": utility.client, "projectId": utility.project} | things
        return Request(
            who[operation.by] or self._admin,
            method,
            path.format(**names),
            operation.body_of(names, number=self.number),
            operation.other_of(names, number=self.number),
        )

    def _create(self, path: str) -> Any:  # noqa: ANN401
        """Send the catalogue's own request for creating something, and return the answer's body."""
        from tests.support.catalogue.operations import CATALOGUE

        made = self.request(("POST", path), CATALOGUE["POST", path]).send()
        assert made.status == 201, made.body
        return made.json

    # --- what requests need, by the names of path parameters
    def consumer(self) -> Things:
        return {"consumerId": self._create(CLIENT + "/consumers")["id"]}

    def user(self) -> Things:
        return {"userId": self._create(CLIENT + "/users")["id"]}

    def newcomer(self) -> Things:
        """Create somebody who is signed in, and may be locked out."""
        body = {"login": f"newcomer{self.number}", "name": "Ana", "password": PASSWORD, "role": "viewer"}
        self._admin.post(f"/api/clients/{self.sandbox.utility.client}/users", body).expect(201)
        return {"newcomer": self.sandbox.utility.api.sign_in(self.sandbox.utility.client, body["login"], PASSWORD)}

    def area(self) -> Things:
        return {"area": self._create(CLIENT + "/areas")["code"]}

    def brand(self) -> Things:
        return {"brandId": self._create(CLIENT + "/meter-brands")["id"]}

    def role(self) -> Things:
        return {"role": self._create(CLIENT + "/roles")["name"]}

    def cycle(self) -> Things:
        return {"cycleId": self._create(CLIENT + "/billing-cycles")["id"]}

    def project(self) -> Things:
        return {"projectId": self._create(CLIENT + "/projects")["id"]}

    def connection(self) -> Things:
        made = register_connection(self._admin, self.sandbox.utility, f"METER-{self.number}")
        return {"accountNumber": made["accountNumber"]}

    def connection_without_meter(self) -> Things:
        consumer = self.consumer()["consumerId"]
        body = {"consumerId": consumer, "consumerClass": "residential", "area": "Poblacion"}
        made = self._admin.post(f"{self._base}/connections", body).expect(201)
        return {"accountNumber": made["accountNumber"]}

    def connection_in_its_area(self) -> Things:
        things = self.connection()
        return {**things, "area": self._admin.get(f"{self._base}/connections/{things['accountNumber']}").json["area"]}

    def prepaid_connection(self) -> Things:
        """Open a tariff whose units are sold in advance, and a connection that names it."""
        sheet = {**self.sheet()["sheet"], "consumerClass": None, "byChoice": True, "prepaid": True}
        tariff = {"id": f"prepaid{self.number}", "sheet": sheet}
        self._admin.post(f"{self._base}/tariffs", tariff).expect(201)
        things = self.connection()
        path = f"{self._base}/connections/{things['accountNumber']}"
        change = {"tariffId": tariff["id"], "version": 0}
        self._admin.patch(path, change).expect(200)
        return things

    def disconnected(self) -> Things:
        things = self.connection()
        path = f"{self._base}/connections/{things['accountNumber']}/disconnection"
        self._admin.post(path, {"reason": "Asked for"}).expect(200)
        return things

    def reading(self) -> Things:
        return {"readingId": self._create(PROJECT + "/readings")["id"]}

    def confirmed_reading(self) -> Things:
        things = self.reading()
        self._admin.post(f"{self._base}/readings/{things['readingId']}/confirmation").expect(200)
        return things

    def bill(self) -> Things:
        return {"billId": self._create(PROJECT + "/bills")["id"]}

    def bill_and_credit(self) -> Things:
        """Bill a connection whose consumer has paid some money in advance."""
        billed = self._create(PROJECT + "/bills")
        body = {"accountNumber": billed["accountNumber"], "amount": "100.00", "method": "cash"}
        self._admin.post(f"{self._base}/advances", body).expect(201)
        return {"accountNumber": billed["accountNumber"]}

    def billed_reading(self) -> Things:
        """Bill a reading, and preview its correction to 12."""
        billed = self._create(PROJECT + "/bills")
        said = {"readings": [{"readingId": billed["readingId"], "reading": "12"}], "reason": "Misread"}
        seen = self._admin.post(f"{self._base}/corrections/preview", said).expect(200)
        return {"correction": said, "digest": seen["digest"]}

    def crossed_meters(self) -> Things:
        """Register two connections, and preview that they get each other's meter."""
        other = register_connection(self._admin, self.sandbox.utility, f"CROSSED-{self.number}")
        accounts = [self.connection()["accountNumber"], other["accountNumber"]]
        said = {"accountNumbers": accounts, "from": "2025-11-01", "reason": "Crossed"}
        seen = self._admin.post(f"{self._base}/corrections/crossed-meters/preview", said).expect(200)
        return {"correction": said, "digest": seen["digest"]}

    def misplaced_reading(self) -> Things:
        """Bill a reading, and preview that it belongs to another connection."""
        other = register_connection(self._admin, self.sandbox.utility, f"OTHER-{self.number}")
        billed = self._create(PROJECT + "/bills")
        said = {"readingId": billed["readingId"], "accountNumber": other["accountNumber"], "reason": "Read there"}
        seen = self._admin.post(f"{self._base}/corrections/misplaced-readings/preview", said).expect(200)
        return {"correction": said, "digest": seen["digest"]}

    def payment(self) -> Things:
        return {"paymentId": self._create(PROJECT + "/payments")["id"]}

    def read_in_october(self) -> Things:
        things = self.connection()
        read = {"accountNumber": things["accountNumber"], "reading": "10", "readOn": "2025-10-05"}
        made = self._admin.post(f"{self._base}/readings", read).expect(201)
        self._admin.post(f"{self._base}/readings/{made['id']}/confirmation").expect(200)
        return things

    def request_of_consumer(self) -> Things:
        return {"serviceRequestId": self._create("/api/me/service-requests")["id"]}

    def issue(self) -> Things:
        return {"issueId": self._create("/api/me/issues")["id"]}

    def device(self) -> Things:
        return {"deviceId": self._create(PROJECT + "/devices")["id"]}

    def mapping(self) -> Things:
        path = f"{self._base}/readings/import-mappings/mapping{self.number}"
        return {"mappingId": self._admin.send("PUT", path, {"name": "Sensus"}).expect(200)["id"]}

    def tariff(self) -> Things:
        return {"tariffId": self._create(PROJECT + "/tariffs")["id"], "version": "1", **self.sheet()}

    def sheet(self) -> Things:
        """Find a tariff sheet that suits the project."""
        one = self._admin.get(f"{self._base}/tariffs").expect(200)["items"][0]
        place = f"{self._base}/tariffs/{one['id']}/versions/{one['version']}"
        return {"sheet": self._admin.get(place).expect(200)["sheet"] | {"consumerClass": f"class{self.number}"}}

    def library_tariff(self) -> Things:
        listed = self._admin.get("/api/tariff-library").expect(200)["items"]
        fitting = (one for one in listed if (one["sheet"]["currency"], one["sheet"]["unit"]) == ("PHP", "m3"))
        return {"library": next(fitting)["id"]}

    def own_profile(self) -> Things:
        return {"profile_version": self.sandbox.consumer.get("/api/me/profile").expect(200)["version"]}

    def client_settings(self) -> Things:
        return self._settings(f"/api/clients/{self.sandbox.utility.client}/settings")

    def period_with_factors(self) -> Things:
        """Let the project take a measure from periods, and name one that nobody has entered it for."""
        path = f"{self._base}/settings"
        shown = self._admin.get(path).expect(200)
        if not shown["settings"]["measures"]:
            delivered = {"measures": [{"name": "calorificValue", "from": "period"}]}
            self._admin.patch(path, {"version": shown["version"], "settings": delivered}).expect(200)
        return {"period": str(Period(2001, 1).shifted(self.number))}

    def project_settings(self) -> Things:
        return self._settings(f"{self._base}/settings")

    def _settings(self, path: str) -> Things:
        shown: Mapping[str, Any] = self._admin.get(path).expect(200)
        return {"settings_now": {"version": shown["version"], "settings": shown["settings"]}}

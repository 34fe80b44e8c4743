"""A waterworks to send requests to, and what each request needs to be there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.period import Period
from chalicelib.platform import clock
from local.simulated_gateway import Paid, callback_of
from tests.support.catalogue.model import CLIENT, PROJECT, Operation, Request, Row, Things
from tests.support.http import Api
from tests.support.utilities import PASSWORD, Utility, bring_file, open_waterworks, register_connection


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

    def late_bill(self) -> Things:
        """Make a bill of 275.00 that is late, where lateness costs 10 %."""
        self._collect(lateCharge={"kind": "percent", "percent": "10"})
        connection = self.connection()
        read = {**connection, "reading": "10", "readOn": "2025-11-05"}
        made = self._admin.post(f"{self._base}/readings", read).expect(201)
        self._admin.post(f"{self._base}/readings/{made['id']}/confirmation").expect(200)
        body = {"readingId": made["id"], "dueOn": "2025-11-06"}
        return {**connection, "billId": self._admin.post(f"{self._base}/bills", body).expect(201)["id"]}

    def posted_credit(self) -> Things:
        return self._credit(self._admin, "10.00")

    def pending_credit(self) -> Things:
        """Let somebody else than the admin ask for a credit that needs a second person."""
        return self._credit(self.sandbox.utility.as_staff("superuser"), "200.00")

    def _credit(self, by: Api, amount: str) -> Things:
        self._collect(payments={"approvalAbove": "100.00"})
        things = self.late_bill()
        body = {"amount": amount, "reasonCode": "goodwill", "reason": "Dirty water"}
        made = by.post(f"{self._base}/bills/{things['billId']}/credit-notes", body).expect(201)
        return {**things, "adjustmentId": made["id"]}

    def late_bill_where_credits_need_approval(self) -> Things:
        self._collect(payments={"approvalAbove": "100.00"})
        return self.late_bill()

    def connection_with_credit(self) -> Things:
        things = self.connection()
        body = {**things, "amount": "100.00", "method": "cash"}
        self._admin.post(f"{self._base}/advances", body).expect(201)
        return things

    def closed_connection_with_deposit(self) -> Things:
        things = self.connection()
        body = {**things, "amount": "100.00", "method": "cash"}
        self._admin.post(f"{self._base}/deposits", body).expect(201)
        closing = {"reason": "He moved out", "finalReading": "0"}
        self._admin.post(f"{self._base}/connections/{things['accountNumber']}/closure", closing).expect(200)
        return things

    def transfers(self) -> Things:
        self._collect(payments={"methods": [{"name": "cash"}, {"name": "transfer"}]})
        return {}

    def bank_line(self) -> Things:
        """Import a transfer that names nothing, and make a bill that it could be for."""
        self.transfers()
        things = self.bill()
        file = f"amount,date,reference\n275.00,2025-11-11,T-{self.number}\n".encode()
        bring_file(self.sandbox.utility, self._admin, "bank", file)
        lines = self._admin.get(f"{self._base}/bank-lines").expect(200)["items"]
        return {**things, "lineId": next(one["id"] for one in lines if one["reference"] == f"T-{self.number}")}

    def _collect(self, **settings: Any) -> None:  # noqa: ANN401
        version = self._admin.get(f"{self._base}/settings").expect(200)["version"]
        self._admin.patch(f"{self._base}/settings", {"version": version, "settings": settings}).expect(200)

    def read_in_october(self) -> Things:
        things = self.connection()
        read = {"accountNumber": things["accountNumber"], "reading": "10", "readOn": "2025-10-05"}
        made = self._admin.post(f"{self._base}/readings", read).expect(201)
        self._admin.post(f"{self._base}/readings/{made['id']}/confirmation").expect(200)
        return things

    def free_desk(self) -> Things:
        """Sign in a cashier of this number, for whom the project has a desk."""
        path = f"{self._base}/settings"
        shown = self._admin.get(path).expect(200)
        near = [f"D{number}" for number in range(max(self.number - 10, 0), self.number + 10)]
        if f"D{self.number}" not in shown["settings"]["payments"]["desks"]:
            desks = {"payments": {"desks": near}}
            self._admin.patch(path, {"version": shown["version"], "settings": desks}).expect(200)
        login = f"cashier{self.number}"
        body = {"login": login, "name": "Lita", "password": PASSWORD, "role": "cashier"}
        self._admin.post(f"/api/clients/{self.sandbox.utility.client}/users", body).expect(201)
        cashier = self.sandbox.utility.api.sign_in(self.sandbox.utility.client, login, PASSWORD)
        return {"newcomer": cashier, "desk": f"D{self.number}"}

    def cashier_session(self) -> Things:
        things = self.free_desk()
        body = {"desk": things["desk"], "float": "100.00"}
        made = things["newcomer"].post(f"{self._base}/cashier-sessions", body).expect(201)
        return {**things, "cashierSessionId": made["id"]}

    def closed_cashier_session(self) -> Things:
        """Close a session, and name who takes its cash: the one who asks."""
        things = self.cashier_session()
        path = f"{self._base}/cashier-sessions/{things['cashierSessionId']}/closing"
        things["newcomer"].post(path, {"counted": "100.00"}).expect(200)
        return {**things, "receiver": self._admin.get("/api/me").expect(200)["id"]}

    def handed_over_cash(self) -> Things:
        things = self.closed_cashier_session()
        path = f"{self._base}/cashier-sessions/{things['cashierSessionId']}/handover"
        things["newcomer"].post(path, {"to": things["receiver"], "amount": "100.00"}).expect(200)
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

    def bill_to_pay_online(self) -> Things:
        """Bill the consumer's connection, in a project where people pay online."""
        path = f"{self._base}/settings"
        shown = self._admin.get(path).expect(200)
        methods = shown["settings"]["payments"]["methods"]
        if not any(method["online"] for method in methods):
            online = {"payments": {"methods": [*methods, {"name": "online", "needs": ["upiId"], "online": True}]}}
            self._admin.patch(path, {"version": shown["version"], "settings": online}).expect(200)
        meter = f"PAID-{self.number}"
        body = {"consumerId": self.sandbox.consumer_id, "consumerClass": "residential", "area": "Poblacion"}
        self._admin.post(f"{self._base}/connections", body | {"meterNumber": meter, "initialReading": "0"}).expect(201)
        read = {"meterNumber": meter, "reading": "10", "readOn": "2025-11-05"}
        made = self._admin.post(f"{self._base}/readings", read).expect(201)["id"]
        self._admin.post(f"{self._base}/readings/{made}/confirmation").expect(200)
        return {"billId": self._admin.post(f"{self._base}/bills", {"readingId": made}).expect(201)["id"]}

    def online_payment(self) -> Things:
        started = self._create(PROJECT + "/online-payments")
        return {"onlinePaymentId": started["id"], "started": started}

    def online_payment_to_review(self) -> Things:
        """Let the gateway report less money than it was asked for."""
        things = self.online_payment()
        paid = Paid(things["started"]["payAt"], "completed", "1.00", "PHP", clock.now())
        headers, body = callback_of(paid, sent_at=clock.now())
        self._admin.send("POST", "/api/gateway/callbacks", body, headers).expect(200)
        return things

    def announced_payment(self) -> Things:
        return {"announcedPaymentId": self._create(PROJECT + "/announced-payments")["id"]}

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

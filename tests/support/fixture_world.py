"""A waterworks with something of everything in it, its neighbour, and everybody who may try to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from chalice.app import Chalice

from chalicelib.consumers import service as consumers
from chalicelib.identity import service as identity
from chalicelib.identity.domain.roles import ENDS_AT_AREAS, Role
from chalicelib.platform import auth, clock
from tests.support import table
from tests.support.http import Api
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, bring_file, bring_history, open_waterworks

STAFF = ("superuser", "admin", "manager", "billing_officer", "account_officer", "cashier", "viewer", "field_staff")
PERIOD = "2025-11"

_number = count(1)
_opened: "list[tuple[World, table.Items]]" = []


@dataclass(frozen=True, slots=True)
class World:
    """`ids` name one thing of each kind, by path parameter; all belong to the consumer who is `people["owner"]`."""

    utility: Utility
    ids: Mapping[str, str]
    people: Mapping[str, Api]
    foreign_ids: Mapping[str, str]

    def fresh(self, who: str) -> Api:
        """Sign in a newcomer like somebody, for what ends sessions."""
        login = f"fresh{next(_number)}"
        ctx = self.utility.context(now=NOVEMBER)
        if who in STAFF:
            identity.register_staff(ctx, login=login, name=login, password=PASSWORD, role=who, areas=["Poblacion"])
        elif who in {"owner", "other consumer"}:
            made = (
                self.people["admin"].post(self.utility.consumers, {"firstName": "New", "lastName": login}).expect(201)
            )
            consumers.open_login(ctx, consumer_id=made["id"], login=login, password=PASSWORD)
        else:
            return self.people[who]
        return self.utility.api.sign_in(self.utility.client, login, PASSWORD)

    def fill(self, path: str, ids: Mapping[str, str] | None = None) -> str:
        """Put ids into a path template. Files of each kind have an import of their own."""
        known = dict(ids or self.ids)
        kind = path.partition("/imports")[0].rpartition("/")[2]
        if kind in known and known["importId"] in {self.ids["importId"], self.foreign_ids["importId"]}:
            known["importId"] = known[kind]
        if path.endswith("/leak-allowance") and known["billId"] == self.ids["billId"]:
            known["billId"] = known["readingId"] + ".1"  # the bill of November, which has some use
        return path.format(**known)

    @property
    def ids_to_read(self) -> dict[str, str]:
        """The ids of things that are all there. `ids` has some that are not, so that nobody deletes what is needed."""
        return {**self.ids, "role": "viewer", "version": "1"}

    def someone_for(self, path: str) -> Api:
        """Return somebody who may ask that: the admin, or the consumer whose own things they are."""
        return self.people["owner" if path.startswith("/api/me/") else "admin"]


def open_world(app: Chalice, api: Api) -> World:
    """Open two waterworks in which November 2025 is read and billed, as of 11 November.

    It is opened once in a process. Later calls write into an emptied table what was stored then.
    """
    if _opened:
        world, items = _opened[0]
        table.write(items)
    else:
        world = _open_world(app, api)
        _opened.append((world, table.items_about(world.utility.client, world.foreign_ids["clientId"])))
    return world


def _open_world(app: Chalice, api: Api) -> World:
    clock.use_time(lambda: NOVEMBER)
    try:
        utility, ids, consumers = _billed_month(app, api, "")
        neighbour, foreign_ids, foreigners = _billed_month(app, api, "x")
        for role in ("billing_officer", "account_officer", "cashier"):
            identity.register_staff(utility.context(), login=role, name=role, password=PASSWORD, role=role)
        people = {role: utility.as_staff(role) for role in STAFF} | consumers | _surveyors(utility)
        reader = people["field_staff"].get("/api/me").expect(200)["id"]
        areas = {"areas": ["Poblacion"]}
        people["admin"].put(f"/api/clients/{utility.client}/users/{reader}/areas", areas).expect(200)
        people["field_staff"] = utility.as_staff("field_staff")
        people["other tenant's admin"] = neighbour.as_staff()
        people["other tenant's consumer"] = foreigners["owner"]
        people["anonymous"] = api
        people["garbage token"] = api.with_token("garbage")
        people["expired token"] = api.with_token(_expired(utility.client))
        world = World(utility, ids, people, foreign_ids)
        people["signed-out admin"] = world.fresh("admin")
        people["signed-out admin"].post("/api/auth/logout").expect(200)
        people["disabled admin"] = world.fresh("admin")
        disabled = people["disabled admin"].get("/api/me").expect(200)["id"]
        people["admin"].put(f"/api/clients/{utility.client}/users/{disabled}/status", {"status": "disabled"}).expect(
            200
        )
        return world
    finally:
        clock.use_time(None)


def _surveyors(utility: Utility) -> dict[str, Api]:
    """Sign in people who may do all that can end at areas: where the world's things lie, and not."""
    role = Role("surveyor", "area", ENDS_AT_AREAS)
    identity.define_role(utility.context(), role=role)
    areas = {"surveyor": ["Poblacion"], "surveyor of another area": ["San-Isidro"], "surveyor without areas": []}
    people = {}
    for number, (who, where) in enumerate(areas.items()):
        login = f"surveyor{number}"
        identity.register_staff(
            utility.context(), login=login, name=login, password=PASSWORD, role=role.name, areas=where
        )
        people[who] = utility.api.sign_in(utility.client, login, PASSWORD)
    return people


def _expired(client: str) -> str:
    token = auth.AccessToken(client, "somebody", "admin", "some session", None)
    return auth.issue_access_token(token, now=clock.now() - timedelta(minutes=61), minutes=60)


def _billed_month(app: Chalice, api: Api, mark: str) -> tuple[Utility, dict[str, str], dict[str, Api]]:
    utility = open_waterworks(api, area_levels=("barangay", "purok"))
    admin = utility.as_staff()
    for area in ("Poblacion", "San-Isidro"):
        admin.post(f"/api/clients/{utility.client}/areas", {"code": area, "name": area}).expect(201)
    admin.post(f"/api/clients/{utility.client}/meter-brands", {"id": "itron", "name": "Itron"}).expect(201)
    cycle = {"id": "monthly", "name": "Monthly", "generationDay": 1, "dueDays": 15, "graceDays": 5}
    admin.post(f"/api/clients/{utility.client}/billing-cycles", cycle).expect(201)
    made = [_consumer_with_connection(admin, utility, f"{mark}SM-{number}") for number in (1, 2)]
    people = {}
    for name, (consumer_id, _) in zip(("owner", "other consumer"), made, strict=True):
        login = {"login": f"{mark}{name.split()[0]}", "password": PASSWORD}
        admin.post(f"{utility.consumers}/{consumer_id}/login", login).expect(201)
        people[name] = api.sign_in(utility.client, login["login"], PASSWORD)
    (consumer_id, account), (_, other_account) = made
    # Under a cycle, which then is used: a permitted deletion deletes nothing.
    for path, more in ((utility.base, {"billingCycle": "monthly"}), (f"/api/clients/{utility.client}", {})):
        shown = admin.get(f"{path}/settings").expect(200)
        admin.patch(f"{path}/settings", {"version": 0, "settings": shown["settings"] | more}).expect(200)
    for verb in ("disconnection", "reconnection"):
        admin.post(f"{utility.base}/connections/{account}/{verb}", {"reason": "Works on the main"}).expect(200)
    history, payment = _history_with_a_payment(admin, utility, account)
    for each in (account, other_account):
        body = {"accountNumber": each, "reading": "10", "readOn": "2025-11-05"}
        admin.post(f"{utility.base}/readings", body).expect(201)
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    run = admin.post(f"{utility.base}/billing-runs", {"period": PERIOD}).expect(202)
    drain(app, "meterbook-billing")
    correction = _corrected(admin, utility, f"{PERIOD}.{other_account}")
    sale = _units_sold(admin, utility, account)
    credit = {"amount": "1.00", "reasonCode": "goodwill", "reason": "Dirty water"}
    credited = admin.post(f"{utility.base}/bills/{PERIOD}.{account}.1/credit-notes", credit).expect(201)
    online, announced_payment = _paid_by(admin, people["owner"], utility, f"2025-10.{account}.1")
    # Files of one line each, which is refused, so that there is a report and nothing else.
    line = b"meter_number,reading,read_on\nNOBODYS,10,2025-11-05\n"
    announced = bring_file(utility, admin, "readings", line)
    line = b"meter_number,consumer_class,area,first_name,last_name\nP-1,castle,Poblacion,Ana,Cruz\n"
    registry = bring_file(utility, admin, "registry", line)
    line = b"amount,date,reference\n1.00,2025-11-05,T-1\n2.00,2025-11-05,T-2\n"
    bank = bring_file(utility, admin, "bank", line)
    transfer = admin.get(f"{utility.base}/bank-lines").expect(200)["items"][0]["id"]
    admin.post(f"{utility.base}/bank-lines/{transfer}/dismissal", {"reason": "Rent of the hall"}).expect(200)
    clerk = identity.register_staff(
        utility.context(), login=f"{mark}clerk", name="Clerk", password=PASSWORD, role="viewer"
    )
    ids = {
        "userId": clerk.id,
        "role": "no_such_role",
        "clientId": utility.client,
        "projectId": utility.project,
        "consumerId": consumer_id,
        "accountNumber": account,
        "area": "Poblacion",
        "brandId": "itron",
        "cycleId": "monthly",
        "readingId": f"{PERIOD}.{account}",
        "period": PERIOD,
        "billId": f"2025-10.{account}.1",
        "serviceRequestId": _asked(people["owner"], utility),
        "issueId": _reported(people["owner"]),
        "runId": run["id"],
        "importId": announced,
        "registry": registry,
        "history": history,
        "bank": bank,
        "lineId": transfer,
        "paymentId": payment,
        "correctionId": correction,
        "adjustmentId": credited["id"],
        "saleId": sale,
        "cashierSessionId": _session_closed(admin, utility),
        "onlinePaymentId": online,
        "announcedPaymentId": announced_payment,
        "mappingId": "sensus",  # a preset: a permitted deletion deletes nothing
        "deviceId": admin.post(f"{utility.base}/devices", {"title": "Collector"}).expect(201)["id"],
        "tariffId": "residential",
        "version": "7",  # not there: a permitted deletion deletes nothing
    }
    return utility, ids, people


def _corrected(admin: Api, utility: Utility, reading: str) -> str:
    """Correct a reading that is billed."""
    path = f"{utility.base}/corrections"
    said = {"readings": [{"readingId": reading, "reading": "11"}], "reason": "Misread"}
    digest = admin.post(f"{path}/preview", said).expect(200)["digest"]
    return str(admin.post(path, said | {"digest": digest}).expect(201)["id"])


def _units_sold(admin: Api, utility: Utility, account: str) -> str:
    """Sell units in advance by a tariff that the connection names only for this."""
    place = f"{utility.base}/connections/{account}"
    fixed = {"kind": "usage", "code": "use", "label": "Use", "rate": "1"}
    sheet = {"name": "Prepaid", "currency": "PHP", "unit": "m3", "validFrom": "2020-01-01", "charges": [fixed]}
    plan = {"id": "prepaid", "sheet": sheet | {"byChoice": True, "prepaid": True}}
    admin.post(f"{utility.base}/tariffs", plan).expect(201)

    def name(tariff: str | None) -> None:
        version = admin.get(place).expect(200)["version"]
        admin.patch(place, {"tariffId": tariff, "version": version}).expect(200)

    name("prepaid")
    sold = admin.post(f"{place}/prepaid-sales", {"amount": "10.00", "currency": "PHP"}).expect(201)
    name(None)
    return str(sold["id"])


def _session_closed(admin: Api, utility: Utility) -> str:
    """Open a cashier session and close it: whatever else is asked of it changes nothing."""
    path = f"{utility.base}/cashier-sessions"
    session = admin.post(path, {"desk": "MAIN", "float": "0.00"}).expect(201)["id"]
    admin.post(f"{path}/{session}/closing", {"counted": "0.00"}).expect(200)
    return str(session)


def _paid_by(admin: Api, consumer: Api, utility: Utility, bill: str) -> tuple[str, str]:
    """Let a consumer start an online payment of a bill, and announce cash for it."""
    shown = admin.get(f"{utility.base}/settings").expect(200)
    payments = {"payments": {"methods": [{"name": "cash"}, {"name": "online", "online": True}, {"name": "transfer"}]}}
    admin.patch(f"{utility.base}/settings", {"version": shown["version"], "settings": payments}).expect(200)
    body = {"bills": [{"billId": bill}]}
    started = consumer.post(f"{utility.base}/online-payments", body | {"method": "online"}).expect(201)
    return str(started["id"]), str(consumer.post(f"{utility.base}/announced-payments", body).expect(201)["id"])


def _history_with_a_payment(admin: Api, utility: Utility, account: str) -> tuple[str, str]:
    """Bring October in from a former system: nothing used, a part of the bill paid, and a unit that nobody knows."""
    paid = {"paymentDate": "2025-11-03", "amount": "20.00", "method": "cash"}
    unit = {"prior": 0, "current": 0, "payments": [paid]}
    month = {"year": 2025, "month": 10, "readingDate": "2025-10-05", "units": {account: unit, "NOBODYS": unit}}
    history = bring_history(utility, admin, [month])
    (payment,) = admin.get(f"{utility.base}/payments", month=PERIOD).expect(200)["items"]
    return history, str(payment["id"])


def _asked(consumer: Api, utility: Utility) -> str:
    body = {"projectId": utility.project, "address": "Purok 2, Poblacion"}
    return str(consumer.post("/api/me/service-requests", body).expect(201)["id"])


def _reported(consumer: Api) -> str:
    body = {"title": "Leaking pipe", "description": "Beside the meter."}
    return str(consumer.post("/api/me/issues", body).expect(201)["id"])


def _consumer_with_connection(admin: Api, utility: Utility, meter: str) -> tuple[str, str]:
    consumer = admin.post(utility.consumers, {"firstName": "Juan", "lastName": meter}).expect(201)
    body = {
        "consumerId": consumer["id"],
        "consumerClass": "residential",
        "meterNumber": meter,
        "area": "Poblacion",
        "meterBrand": "itron",
    }
    connection = admin.post(f"{utility.base}/connections", body).expect(201)
    return consumer["id"], connection["accountNumber"]

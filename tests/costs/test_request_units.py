"""What each step of the journey costs, counted and locked: a change of cost must change the lock, with its reason."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.imports import service as imports
from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from chalicelib.tenancy.domain import DeliveredMeasure
from local import presets
from tests.support import table
from tests.support.http import Api
from tests.support.meter import Meter, metered, size_of
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_waterworks, register_connection

LOCK = Path(__file__).with_name("units.lock.json")
BILLS = 50


@pytest.fixture(scope="module")
def counted(app: Chalice, api: Api) -> Iterator[dict[str, Meter]]:
    """Each step of a month with fifty connections, and what it cost."""
    clock.use_time(lambda: NOVEMBER)
    steps: dict[str, Meter] = {}
    heat = DeliveredMeasure("calorificValue", "period")
    utility = open_waterworks(api, settings=replace(presets.WATERWORKS_SETTINGS, measures=(heat,)))
    _walk(app, utility, steps)
    yield steps
    clock.use_time(None)


@pytest.fixture(scope="module")
def utility_items(counted: dict[str, Meter]) -> table.Items:
    """Everything that the walk left in the table."""
    return _left


_left: table.Items = {}


def _walk(app: Chalice, utility: Utility, steps: dict[str, Meter]) -> None:
    base = utility.base

    def step(name: str, call: Any, *arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401
        with metered() as steps[name]:
            return call(*arguments, **keywords)

    admin = step("sign in", utility.as_staff)
    person = {"firstName": "Juan", "lastName": "Dela Cruz"}
    consumer = step("register a consumer", admin.post, utility.consumers, person).json
    step("let the consumer sign in", admin.post, f"{utility.consumers}/{consumer['id']}/login", _login())
    meter = {"consumerId": consumer["id"], "consumerClass": "residential", "meterNumber": "SM-0", "area": "Poblacion"}
    first = step("register a connection", admin.post, f"{base}/connections", meter).json
    for number in range(1, BILLS):
        register_connection(admin, utility, f"SM-{number}")
    mapping = {
        "name": "Sensus",
        "columns": [{"to": name, "title": name} for name in ("meter_number", "reading", "read_on")],
    }
    step("save a column mapping", admin.put, f"{base}/readings/import-mappings/ours", mapping).expect(200)
    step("list column mappings", admin.get, f"{base}/readings/import-mappings").expect(200)
    announced = step("ask for an upload", admin.post, f"{base}/readings/imports", {"fileName": "n.csv"}).json
    rows = "".join(f"SM-{number},10,2025-11-05\n" for number in range(1, BILLS))
    form = announced["upload"]
    file = {"file": ("n.csv", "meter_number,reading,read_on\n" + rows)}
    assert httpx.post(form["url"], data=form["fields"], files=file, trust_env=False, timeout=60).status_code == 204
    step("import 49 rows", _in_a_job, utility, readings.run_import, import_id=announced["id"])
    step("see an import", admin.get, f"{base}/readings/imports/{announced['id']}")
    step("see its report", admin.get, f"{base}/readings/imports/{announced['id']}/report")
    reading = {"accountNumber": first["accountNumber"], "reading": "10", "readOn": "2025-11-05"}
    taken = step("take a reading", admin.post, f"{base}/readings", reading).json
    step("list what is pending", admin.get, f"{base}/readings/pending")
    step("confirm a reading", admin.post, f"{base}/readings/{taken['id']}/confirmation")
    step("confirm 49 readings", admin.post, f"{base}/readings/confirmations", {})
    step("list 50 readings without a bill", admin.get, f"{base}/readings/unbilled", period="2025-11").expect(200)
    run = step("start a run", admin.post, f"{base}/billing-runs", {"period": "2025-11"}).json
    step("plan a run", _in_a_job, utility, billing.plan_run, run_id=run["id"])
    step(f"generate {BILLS} bills", _in_a_job, utility, billing.generate_chunks, run_id=run["id"], shard=0)
    step("see a run", admin.get, f"{base}/billing-runs/{run['id']}").expect(200)
    step("see a bill", admin.get, f"{base}/bills/2025-11.{first['accountNumber']}.1").expect(200)
    step("list 50 bills of a period", admin.get, f"{base}/bills", period="2025-11").expect(200)
    step("list nothing unbilled of 50", admin.get, f"{base}/readings/unbilled", period="2025-11").expect(200)
    step("list nothing unread of 50", admin.get, f"{base}/readings/unread", period="2025-11").expect(200)
    step("add 50 readings up", admin.get, f"{base}/readings/balance", period="2025-11").expect(200)
    step("list a connection's bills", admin.get, f"{base}/connections/{first['accountNumber']}/bills").expect(200)
    juan = utility.api.sign_in(utility.client, "juan", PASSWORD)
    step("list my bills", juan.get, "/api/me/bills").expect(200)
    step("see who I am", juan.get, "/api/me").expect(200)
    step("list 50 connections", admin.get, f"{base}/connections").expect(200)
    step("list 50 connections of an area", admin.get, f"{base}/connections", area="Poblacion").expect(200)
    step("list 50 consumers", admin.get, utility.consumers).expect(200)
    step("list 50 consumers by name", admin.get, utility.consumers, sort="name").expect(200)
    step("find 50 consumers by name", admin.get, utility.consumers, q="dela").expect(200)
    path = f"{base}/connections/{first['accountNumber']}"
    step("disconnect a connection", admin.post, f"{path}/disconnection", {"reason": "Unpaid"}).expect(200)
    step("reconnect a connection", admin.post, f"{path}/reconnection", {"reason": "Paid"}).expect(200)
    exchange = {"meterNumber": "SM-NEW", "finalReading": "12", "reason": "Stuck"}
    step("exchange a meter", admin.post, f"{path}/meter-exchanges", exchange).expect(200)
    step("list what became of a connection", admin.get, f"{path}/history").expect(200)
    drain(app, "meterbook-billing")
    _left.update(table.items_of(utility.client))
    _bring_a_registry(utility, admin, step)
    _bring_a_history(utility, admin, step)
    _walk_the_desk(utility, admin, juan, step)
    _estimate_december(utility, step)
    _bill_one(utility, step)
    _end_services(utility, step)
    _take_money(utility, step)


def _in_a_job(utility: Utility, use_case: Callable[..., Any], **arguments: Any) -> None:  # noqa: ANN401
    """Do what a job does with a message: look the project up, then carry the use case out."""
    use_case(utility.context(now=NOVEMBER), **arguments)


def _bill_one(utility: Utility, step: Callable[..., Any]) -> None:
    """A month after the run, whose tariff it is rated by."""
    clock.use_time(lambda: NOVEMBER.replace(month=12))
    admin = utility.as_staff()
    meter = register_connection(admin, utility, "SM-LATE")
    read = {"accountNumber": meter["accountNumber"], "reading": "10", "readOn": "2025-12-05"}
    reading = admin.post(f"{utility.base}/readings", read).expect(201)["id"]
    admin.post(f"{utility.base}/readings/{reading}/confirmation").expect(200)
    step("bill one reading", admin.post, f"{utility.base}/bills", {"readingId": reading}).expect(201)
    clock.use_time(lambda: NOVEMBER)


def _end_services(utility: Utility, step: Callable[..., Any]) -> None:
    """Withdraw a reading, hand one connection over, close another, and put a meter on a third: in December."""
    clock.use_time(lambda: NOVEMBER.replace(month=12))
    admin = utility.as_staff()
    factors = {"measures": {"calorificValue": "39.5"}, "version": 0}
    step("enter a period's factors", admin.put, f"{utility.base}/periods/2025-12/factors", factors).expect(200)
    step("see a period's factors", admin.get, f"{utility.base}/periods/2025-12/factors").expect(200)
    left, closed = (register_connection(admin, utility, f"SM-END-{n}")["accountNumber"] for n in range(2))
    for account in (left, closed):
        for reading, read_on in (("10", "2025-12-05"), ("12", "2025-12-08")):
            body = {"accountNumber": account, "reading": reading, "readOn": read_on}
            taken = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
            admin.post(f"{utility.base}/readings/{taken}/confirmation").expect(200)
            if read_on == "2025-12-05":
                admin.post(f"{utility.base}/bills", {"readingId": taken}).expect(201)
    wrong = {"reason": "Keyed on the neighbour's account"}
    withdrawal = f"{utility.base}/readings/2025-12.{left}:2/withdrawal"
    step("withdraw a reading that counted", admin.post, withdrawal, wrong).expect(200)
    admin.post(f"{utility.base}/readings/2025-12.{closed}:2/withdrawal", wrong).expect(200)
    body = {"accountNumber": closed, "reading": "14", "readOn": "2025-12-09"}
    taken = admin.post(f"{utility.base}/readings", body).expect(201)["id"]
    step("withdraw a reading", admin.post, f"{utility.base}/readings/{taken}/withdrawal", wrong).expect(200)
    consumer = admin.post(utility.consumers, {"firstName": "Eva", "lastName": "Luna"}).expect(201)["id"]
    end = {"reason": "Moved out", "finalReading": "14"}
    path = f"{utility.base}/connections"
    step("hand a connection over", admin.post, f"{path}/{left}/handovers", end | {"consumerId": consumer}).expect(200)
    step("close a connection", admin.post, f"{path}/{closed}/closure", end).expect(200)
    unmetered = {"consumerId": consumer, "consumerClass": "residential", "area": "Poblacion"}
    account = admin.post(path, unmetered).expect(201)["accountNumber"]
    meter = {"meterNumber": "SM-FIRST", "reason": "Metered now"}
    step("install a first meter", admin.post, f"{path}/{account}/meter-installations", meter).expect(200)
    _sell_in_advance(utility, step, account)
    clock.use_time(lambda: NOVEMBER)


def _sell_in_advance(utility: Utility, step: Callable[..., Any], account: str) -> None:
    admin, place = utility.as_staff(), f"{utility.base}/connections/{account}"
    listed = admin.get(f"{utility.base}/tariffs").expect(200)["items"][0]
    sheet = admin.get(f"{utility.base}/tariffs/{listed['id']}/versions/{listed['version']}").expect(200)["sheet"]
    plan = {"id": "plan", "sheet": sheet | {"consumerClass": None, "byChoice": True, "prepaid": True}}
    admin.post(f"{utility.base}/tariffs", plan).expect(201)
    version = admin.get(place).expect(200)["version"]
    admin.patch(place, {"tariffId": "plan", "version": version}).expect(200)
    money = {"amount": "500.00", "currency": "PHP"}
    admin.post(f"{place}/prepaid-sales", money).expect(201)  # the first sale seals the tariff
    step("sell units in advance", admin.post, f"{place}/prepaid-sales", money).expect(201)
    step("see prepaid units", admin.get, f"{place}/prepaid").expect(200)


def _take_money(utility: Utility, step: Callable[..., Any]) -> None:
    """Take payments of November's bills in November and, with 10 % for paying late, in December."""
    admin, base = utility.as_staff(), utility.base
    settings_of = admin.get(f"{base}/settings").expect(200)
    change = {"lateCharge": {"kind": "percent", "percent": "10"}}
    admin.patch(f"{base}/settings", {"version": settings_of["version"], "settings": change}).expect(200)
    bills = admin.get(f"{base}/bills", period="2025-11").expect(200)["items"]
    accounts = [bill["accountNumber"] for bill in bills]
    paid = [{"method": "cash", "bills": [{"billId": bill["id"]}]} for bill in bills]
    connection = f"{base}/connections/{accounts[1]}"
    admin.post(f"{base}/payments", paid[0]).expect(201)  # the first one begins the series of receipts
    step("see what is owed", admin.get, f"{base}/inquiry", accountNumber=accounts[1]).expect(200)
    payment = step("take a payment", admin.post, f"{base}/payments", paid[1]).expect(201)["id"]
    step("see a receipt", admin.get, f"{base}/payments/{payment}/receipt").expect(200)
    step("find a receipt by its number", admin.get, f"{base}/payments", receiptNumber="OR-MAIN-000002").expect(200)
    step("reverse a payment", admin.post, f"{base}/payments/{payment}/reversal", {"reason": "typing_error"}).expect(200)
    advance = {"accountNumber": accounts[1], "method": "cash", "amount": "100.00"}
    step("take money in advance", admin.post, f"{base}/advances", advance).expect(201)
    step("use credit", admin.post, f"{connection}/credit-uses", {}).expect(200)
    step("list a connection's entries", admin.get, f"{connection}/entries").expect(200)
    step("see a statement", admin.get, f"{connection}/statement").expect(200)
    ten = {"payments": paid[2:12]}
    assert step("take ten payments", admin.post, f"{base}/payments/batch", ten).expect(200)["taken"] == 10
    clock.use_time(lambda: NOVEMBER.replace(month=12))
    admin = utility.as_staff()
    late = step("take a late payment", admin.post, f"{base}/payments", paid[12]).expect(201)
    assert late["bills"][0]["lateChargePaid"] != "0.00"
    clock.use_time(lambda: NOVEMBER)


def _estimate_december(utility: Utility, step: Callable[..., Any]) -> None:
    clock.use_time(lambda: NOVEMBER.replace(month=12))
    admin = utility.as_staff()
    december = {"period": "2025-12"}
    step("list 50 connections that nobody read", admin.get, f"{utility.base}/readings/unread", **december).expect(200)
    account = admin.get(f"{utility.base}/connections", limit=1).json["items"][0]["accountNumber"]
    visit = {"accountNumber": account, "visitedOn": "2025-12-05", "readerCode": "dog"}
    step("note a visit", admin.post, f"{utility.base}/readings/visits", visit).expect(200)
    step("see how far a round is", admin.get, f"{utility.base}/readings/round", **december).expect(200)
    history = f"{utility.base}/readings"
    step("list 50 readings of a period", admin.get, history, period="2025-11").expect(200)
    step("list a year of a connection's readings", admin.get, history, accountNumber=account).expect(200)
    one = december | {"accountNumber": account}
    step("estimate a reading", admin.post, f"{utility.base}/readings/estimates", one).expect(200)
    done = step("estimate 59 readings", admin.post, f"{utility.base}/readings/estimates", december).expect(200)
    assert done["estimated"] == 59  # two transactions
    clock.use_time(lambda: NOVEMBER)


def _bring_a_history(utility: Utility, admin: Api, step: Callable[..., Any]) -> None:
    """Ten units of a former system, each with a bill that two payments settle, in one month."""
    base = utility.base
    accounts = [register_connection(admin, utility, f"SM-70{n}")["accountNumber"] for n in range(10)]
    announced = step("ask for a history's upload", admin.post, f"{base}/history/imports", {"fileName": "h.json"})
    key = announced.expect(201)["upload"]["fields"]["key"]
    paid = [{"paymentDate": f"2025-10-0{n}", "amount": "137.50", "method": "cash"} for n in (8, 9)]
    units = {account: {"prior": 0, "current": 10, "totalAmount": "275.00", "payments": paid} for account in accounts}
    months = [{"year": 2025, "month": 10, "readingDate": "2025-10-05", "units": units}]
    file = json.dumps({"months": months}).encode()
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file)
    step(
        "import a history of 10 entries", _in_a_job, utility, imports.run_history_import, import_id=announced.json["id"]
    )
    (payment, _) = step("list a bill's payments", admin.get, f"{base}/bills/2025-10.{accounts[0]}.1/payments").expect(
        200
    )["items"]
    step("list a connection's payments", admin.get, f"{base}/connections/{accounts[0]}/payments").expect(200)
    step("list a month's payments", admin.get, f"{base}/payments", month="2025-10").expect(200)
    step("see a payment", admin.get, f"{base}/payments/{payment['id']}").expect(200)


def _bring_a_registry(utility: Utility, admin: Api, step: Callable[..., Any]) -> None:
    base = utility.base
    announced = step("ask for a registry's upload", admin.post, f"{base}/registry/imports", {"fileName": "r.csv"})
    key = announced.expect(201)["upload"]["fields"]["key"]
    lines = "".join(f"SM-80{n},residential,Poblacion,Eva,Luna\n" for n in range(10))
    file = "meter,class,area,first_name,last_name\n" + lines
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file.encode())
    step(
        "import a registry of 10 lines", _in_a_job, utility, imports.run_registry_import, import_id=announced.json["id"]
    )


def _walk_the_desk(utility: Utility, admin: Api, juan: Api, step: Callable[..., Any]) -> None:
    desk = f"/api/clients/{utility.client}"
    asked = {"projectId": utility.project, "address": "Purok 2, Poblacion"}
    requests = [juan.post("/api/me/service-requests", asked).expect(201) for _ in range(3)]
    asked_id = step("ask for a connection", juan.post, "/api/me/service-requests", asked).expect(201)["id"]
    connection = {"consumerClass": "residential", "meterNumber": "SM-900", "area": "Poblacion"}
    step("approve a request", admin.post, f"{desk}/service-requests/{asked_id}/approval", connection).expect(200)
    reject = f"{desk}/service-requests/{requests[0]['id']}/rejection"
    step("reject a request", admin.post, reject, {"reason": "no main there"}).expect(200)
    withdraw = f"/api/me/service-requests/{requests[1]['id']}/withdrawal"
    step("withdraw a request", juan.post, withdraw).expect(200)
    step("see a request", admin.get, f"{desk}/service-requests/{asked_id}").expect(200)
    step("list requests that wait", admin.get, f"{desk}/service-requests", status="pending").expect(200)
    step("list my requests", juan.get, "/api/me/service-requests").expect(200)
    leak = {"title": "Leaking pipe", "description": "Beside the meter."}
    issue = step("report an issue", juan.post, "/api/me/issues", leak).expect(201)["id"]
    said = {"text": "Somebody comes tomorrow."}
    step("respond to an issue", admin.post, f"{desk}/issues/{issue}/responses", said).expect(201)
    step("move an issue on", admin.put, f"{desk}/issues/{issue}/status", {"status": "taking_action"}).expect(200)
    step("see an issue", admin.get, f"{desk}/issues/{issue}").expect(200)
    step("list issues that wait", admin.get, f"{desk}/issues", status="taking_action").expect(200)
    step("list my issues", juan.get, "/api/me/issues").expect(200)


def _login() -> dict[str, str]:
    return {"login": "juan", "password": PASSWORD}


@pytest.mark.covers("S2-361")
def test_every_step_costs_what_the_lock_says(counted: dict[str, Meter]) -> None:
    found = {name: meter.as_lock() for name, meter in counted.items()}
    if os.environ.get("METERBOOK_WRITE_LOCK"):
        LOCK.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(LOCK.read_text())


def test_signing_in_reads_twice_and_writes_once(counted: dict[str, Meter]) -> None:
    assert counted["sign in"].requests == {"BatchGetItem": 2, "TransactWriteItems": 1}


def test_knowing_who_asks_and_for_which_project_takes_one_request(counted: dict[str, Meter]) -> None:
    assert counted["see a bill"].requests == {"BatchGetItem": 1, "GetItem": 1}
    assert counted["see who I am"].requests == {"BatchGetItem": 1, "GetItem": 1}
    assert counted["list 50 bills of a period"].requests == {"BatchGetItem": 1, "Query": 1}


def test_a_bill_costs_two_write_units_and_a_twenty_fifth_of_a_request(counted: dict[str, Meter]) -> None:
    run = counted[f"generate {BILLS} bills"]
    once_per_chunk = 8  # lease, close, and completing the run
    once_per_tariff = 2  # its version is sealed by the first chunk that rates by it
    assert run.requests["BatchExecuteStatement"] == BILLS / 25
    entry = 3  # that the run is complete, in the audit log
    assert run.write_units == 2 * BILLS + once_per_chunk + 2 * once_per_tariff + entry


def test_reading_what_a_bill_is_made_from_costs_less_than_a_sixth_of_a_unit(utility_items: table.Items) -> None:
    readings = sum(size_of(item) for key, item in utility_items.items() if " | READING#" in key)
    connections = sum(
        size_of(item) for key, item in utility_items.items() if "#CONNECTIONS#" in key and " | CONNECTION#" in key
    )
    bills = sum(size_of(item) for key, item in utility_items.items() if " | BILL#" in key)
    # Readings are read as they are now, connections and the bills of the period before as they were a moment ago: half
    # price. Then project, run, bills that exist, tariffs and chunks: once per chunk, here the whole village.
    village, units_per_chunk = 300, Decimal(6)
    units_per_bill = (Decimal(readings) / 4096 + Decimal(connections + bills) / 4096 / 2) / BILLS
    assert units_per_bill + units_per_chunk / village <= Decimal(1) / 6


def test_a_payment_costs_fourteen_write_units_and_two_more_with_a_late_charge(counted: dict[str, Meter]) -> None:
    assert counted["take a payment"].write_units == 14
    assert counted["take a late payment"].write_units == 16


def test_a_bill_fits_into_half_a_kilobyte(utility_items: table.Items) -> None:
    sizes = sorted(size_of(item) for key, item in utility_items.items() if " | BILL#" in key)
    assert len(sizes) == BILLS
    assert sizes[-1] <= 512, sizes[-1]

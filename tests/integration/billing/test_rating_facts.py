"""What tariffs charge by besides use and class reaches the bill: from the connection, over HTTP, by a run."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, Utility, open_waterworks

_PER_DWELLING = [{"over": "0", "upTo": "10", "rate": "1"}, {"over": "10", "upTo": None, "rate": "3"}]
_SHEET: dict[str, Any] = {
    "name": "Water and sewer",
    "currency": "PHP",
    "unit": "m3",
    "validFrom": "2025-01-01",
    "consumerClass": "residential",
    "charges": [
        {"kind": "fixed", "code": "meter", "label": "Meter", "amount": "10", "byMeterSize": {"1": "40"}},
        {"kind": "blocks", "code": "water", "label": "Water", "limitsPer": "dwellingUnits", "blocks": _PER_DWELLING},
        {"kind": "usage", "code": "sewer", "label": "Sewer", "rate": "2", "measure": "winterAverage"},
        {
            "kind": "percent",
            "code": "senior",
            "label": "Senior",
            "of": ["water"],
            "percent": "-5",
            "when": {"flag": "senior"},
        },
    ],
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


def _register(admin: Api, utility: Utility, meter: str, facts: dict[str, Any]) -> str:
    consumer = admin.post(utility.consumers, {"firstName": "Rosa", "lastName": meter}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": meter, "area": "Poblacion"}
    account: str = admin.post(f"{utility.base}/connections", body | {"facts": facts}).expect(201)["accountNumber"]
    return account


def _bills(app: Chalice, admin: Api, utility: Utility, meters: list[str]) -> dict[str, dict[str, str]]:
    for meter in meters:
        reading = {"meterNumber": meter, "reading": "25", "readOn": "2025-11-05"}
        admin.post(f"{utility.base}/readings", reading).expect(201)
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    run = admin.post(f"{utility.base}/billing-runs", {"period": "2025-11"}).expect(202)
    drain(app, "meterbook-billing")
    assert admin.get(f"{utility.base}/billing-runs/{run['id']}/exceptions").expect(200)["items"] == []
    bills = whole_bills(admin, utility.base, "2025-11")
    return {bill["meterNumber"]: {line["code"]: line["amount"] for line in bill["lines"]} for bill in bills}


def test_a_run_charges_by_meter_size_dwellings_winter_average_and_flags(app: Chalice, api: Api) -> None:
    utility = open_waterworks(api, rates={})
    admin = utility.as_staff()
    admin.post(f"{utility.base}/tariffs", {"id": "sewered", "sheet": _SHEET}).expect(201)
    facts = {"meterSize": "1", "dwellingUnits": "2", "winterAverage": "8", "flags": ["senior"]}
    _register(admin, utility, "SM-1", facts)
    _register(admin, utility, "SM-2", {"winterAverage": "8"})

    bills = _bills(app, admin, utility, ["SM-1", "SM-2"])

    assert bills["SM-1"] == {"meter": "40.00", "water": "35.00", "sewer": "16.00", "senior": "-1.75"}
    assert bills["SM-2"] == {"meter": "10.00", "water": "55.00", "sewer": "16.00"}


def test_facts_are_shown_changed_and_kept_in_the_audit_log(api: Api) -> None:
    utility = open_waterworks(api)
    admin = utility.as_staff()
    path = f"{utility.base}/connections/{_register(admin, utility, 'SM-1', {'flags': ['senior']})}"
    shown = admin.get(path).expect(200)
    none: dict[str, Any] = {
        "meterSize": None,
        "dwellingUnits": "1",
        "winterAverage": None,
        "flags": [],
        "persons": None,
    }
    none |= {"placeFlags": [], "measures": {}}
    assert shown["facts"] == none | {"flags": ["senior"]}

    change = {"version": shown["version"], "consumerClass": "residential", "area": "Poblacion"}
    changed = admin.patch(path, change | {"facts": {"meterSize": "3/4", "flags": []}}).expect(200)

    assert changed["facts"] == none | {"meterSize": "3/4"}
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="connection.changed").expect(200)["items"]
    assert [(entry["before"], entry["after"]) for entry in log] == [({"flags": "senior"}, {"meterSize": "3/4"})]


@pytest.mark.parametrize(
    "facts", [{"dwellingUnits": "0"}, {"meterSize": ""}, {"flags": ["a,b"]}, {"senior": True}, {"winterAverage": "-1"}]
)
def test_facts_that_can_not_be_are_refused(api: Api, facts: dict[str, Any]) -> None:
    utility = open_waterworks(api)
    body = {"consumerClass": "residential", "meterNumber": "SM-1", "facts": facts}
    reply = utility.as_staff().post(f"{utility.base}/connections", body)
    assert (reply.status, reply.json["errors"][0]["field"].split(".")[0]) == (400, "facts")

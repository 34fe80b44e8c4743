"""A connection may name its tariff: it is charged by that one, and the tariff stays as long as it does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.imports import service as imports
from chalicelib.platform import clock, settings, storage
from chalicelib.tenancy import service as tenancy
from local import presets
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.utilities import NOVEMBER, PASSWORD, Utility, open_condominium


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    """A condominium: 25.00 and 5.50 per 1000 gal for every class; and a plan of 1.00 a gallon, by choice."""
    opened = open_condominium(api)
    opened.as_staff().post(f"{opened.base}/tariffs", {"id": "plan", "sheet": _sheet("1")}).expect(201)
    return opened


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _sheet(rate: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    charge = {"kind": "usage", "code": "usage", "label": "Water", "rate": rate}
    facts = {"name": "Plan", "currency": "USD", "unit": "gal", "validFrom": "2020-01-01", "byChoice": True}
    return facts | {"charges": [charge]} | more


def _body(meter: str, **more: object) -> dict[str, object]:
    return {"accountNumber": meter, "meterNumber": meter, "consumerClass": "unit", **more}


def _connect(admin: Api, utility: Utility, meter: str, **more: object) -> dict[str, Any]:
    made: dict[str, Any] = admin.post(f"{utility.base}/connections", _body(meter, **more)).expect(201)
    return made


def _change(admin: Api, utility: Utility, account: str, **changes: object) -> Any:  # noqa: ANN401
    path = f"{utility.base}/connections/{account}"
    shown = admin.get(path).expect(200)
    kept = {each: shown[each] for each in ("version", "consumerClass", "tariffId")}
    return admin.patch(path, kept | changes)


def _bills(app: Chalice, admin: Api, utility: Utility, meters: list[str]) -> dict[str, dict[str, Any]]:
    for meter in meters:
        reading = {"meterNumber": meter, "reading": "1000", "readOn": "2025-11-01"}
        admin.post(f"{utility.base}/readings", reading).expect(201)
    admin.post(f"{utility.base}/billing-runs", {"period": "2025-10"}).expect(202)
    drain(app, "meterbook-billing")
    bills = whole_bills(admin, utility.base, "2025-10")
    return {bill["accountNumber"]: bill for bill in bills}


@pytest.mark.covers("S2-027", "S2-169", "S2-347")
def test_a_run_charges_a_connection_by_the_tariff_that_it_names_and_else_by_its_class(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    assert _connect(admin, utility, "101", tariffId="plan")["tariffId"] == "plan"
    assert _connect(admin, utility, "102")["tariffId"] is None
    shown = admin.get(f"{utility.base}/connections/101").expect(200)
    assert (shown["tariffId"], shown["meterNumber"], shown["accountNumber"]) == ("plan", "101", "101")
    bills = _bills(app, admin, utility, ["101", "102"])
    assert {account: (bill["total"], bill["chosenTariff"]) for account, bill in bills.items()} == {
        "101": ("1000.00", "plan"),
        "102": ("30.50", None),
    }
    assert [line["tariff"] for line in bills["101"]["lines"]] == ["plan@1"]
    assert bills["101"]["digest"] != bills["102"]["digest"]
    listed = admin.get(f"{utility.base}/connections/101/bills").expect(200)["items"]
    assert [bill["id"] for bill in listed] == [bills["101"]["id"]]
    (version,) = admin.get(f"{utility.base}/tariffs/plan").expect(200)["items"]
    assert version["sealed"] is True


def test_a_named_tariff_rates_by_its_version_on_the_period(app: Chalice, utility: Utility, admin: Api) -> None:
    _connect(admin, utility, "101", tariffId="plan")
    admin.post(f"{utility.base}/tariffs/plan/versions", _sheet("2", validFrom="2025-10-01")).expect(201)
    admin.post(f"{utility.base}/tariffs/plan/versions", _sheet("3", validFrom="2025-11-01")).expect(201)
    bill = _bills(app, admin, utility, ["101"])["101"]
    assert (bill["total"], [line["tariff"] for line in bill["lines"]]) == ("2000.00", ["plan@2"])


def test_tariffs_to_choose_may_be_valid_side_by_side_and_rate_nobody_who_names_none(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    admin.post(f"{utility.base}/tariffs", {"id": "other", "sheet": _sheet("9")}).expect(201)
    overlapping = _sheet("2", byChoice=None)  # for every class, as the condominium's own is
    refused = admin.post(f"{utility.base}/tariffs", {"id": "third", "sheet": overlapping}).expect(400)
    assert refused["code"] == "overlapping-versions"
    _connect(admin, utility, "101", tariffId="other")
    _connect(admin, utility, "102")
    totals = {account: bill["total"] for account, bill in _bills(app, admin, utility, ["101", "102"]).items()}
    assert totals == {"101": "9000.00", "102": "30.50"}


@pytest.mark.covers("S2-298", "S2-351")
def test_a_tariff_that_is_not_there_or_has_ended_can_not_be_named(utility: Utility, admin: Api) -> None:
    ended = _sheet("1", validUntil="2025-11-10")  # today, in Cancun, it is not valid any more
    admin.post(f"{utility.base}/tariffs", {"id": "ended", "sheet": ended}).expect(201)
    admin.post(f"{utility.base}/tariffs", {"id": "ending", "sheet": ended | {"validUntil": "2025-11-11"}}).expect(201)
    for tariff in ("nobody", "ended"):
        refused = admin.post(f"{utility.base}/connections", _body("101", tariffId=tariff)).expect(400)
        assert refused["code"] == "unknown-tariff"
    _connect(admin, utility, "101", tariffId="ending")
    assert _change(admin, utility, "101", tariffId="ended").expect(400)["code"] == "unknown-tariff"


@pytest.mark.covers("S2-034", "S2-170", "S2-297", "S2-298")
def test_where_each_connection_names_its_tariff_none_is_made_without_one(utility: Utility, admin: Api) -> None:
    required = replace(presets.WATER_BILLS_SETTINGS, tariff_required=True)
    tenancy.open_project(client_id=utility.client, project_id=utility.project, settings=required)
    refused = admin.post(f"{utility.base}/connections", _body("101")).expect(400)
    assert refused["code"] == "tariff-missing"
    without_meter = {each: value for each, value in _body("100").items() if each != "meterNumber"}
    refused = admin.post(f"{utility.base}/connections", without_meter).expect(400)
    assert refused["code"] == "tariff-missing"
    admin.post(f"{utility.base}/connections", without_meter | {"tariffId": "plan"}).expect(201)
    nowhere = f"/api/clients/{utility.client}/projects/nowhere/connections"
    admin.post(nowhere, _body("101", tariffId="plan")).expect(404)
    _connect(admin, utility, "101", tariffId="plan")
    assert _change(admin, utility, "101", tariffId=None).expect(400)["code"] == "tariff-missing"
    _connect(admin, utility, "hall", purpose="common_area")  # never billed
    utility.as_staff("viewer").post(f"{utility.base}/connections", _body("102", tariffId="plan")).expect(403)


def test_another_tariff_counts_from_the_next_bill_and_is_on_record(utility: Utility, admin: Api) -> None:
    _connect(admin, utility, "101")
    changed = _change(admin, utility, "101", tariffId="plan", reason="Asked for it").expect(200)
    assert changed["tariffId"] == "plan"
    assert _change(admin, utility, "101", tariffId=None).expect(200)["tariffId"] is None
    later, first = admin.get(f"{utility.base}/connections/101/history").expect(200)["items"]
    if later["facts"]["to"] == "plan":  # of the same instant
        later, first = first, later
    assert (first["kind"], first["facts"], first["reason"]) == (
        "tariff_changed",
        {"from": "", "to": "plan"},
        "Asked for it",
    )
    assert (later["kind"], later["facts"]) == ("tariff_changed", {"from": "plan", "to": ""})
    log = admin.get(f"/api/clients/{utility.client}/audit-log", action="connection.changed").expect(200)["items"]
    assert {(str(each["before"]), str(each["after"])) for each in log} == {
        ("{}", "{'tariffId': 'plan'}"),
        ("{'tariffId': 'plan'}", "{}"),
    }


@pytest.mark.covers("S2-161", "S2-372", "S2-379")
def test_a_tariff_that_connections_name_is_neither_deleted_nor_ended(utility: Utility, admin: Api) -> None:
    _connect(admin, utility, "101", tariffId="plan")
    reading = {"meterNumber": "101", "reading": "1000", "readOn": "2025-11-01"}
    admin.post(f"{utility.base}/readings", reading).expect(201)
    plan = f"{utility.base}/tariffs/plan"
    assert admin.delete(f"{plan}/versions/1").expect(409)["code"] == "tariff-chosen"
    ending = _sheet("1", validUntil="2026-01-01")
    assert admin.put(f"{plan}/versions/1", ending).expect(409)["code"] == "tariff-chosen"
    later = _sheet("2", validFrom="2026-01-01")
    ended = later | {"validUntil": "2027-01-01"}
    assert admin.post(f"{plan}/versions", ended).expect(409)["code"] == "tariff-chosen"
    admin.post(f"{plan}/versions", later).expect(201)  # it goes on
    admin.put(f"{plan}/versions/2", _sheet("3", validFrom="2026-01-01")).expect(200)
    admin.delete(f"{plan}/versions/2").expect(200)  # the first one goes on again
    assert admin.delete(f"{plan}/versions/1").expect(409)["code"] == "tariff-chosen"
    _change(admin, utility, "101", tariffId=None).expect(200)
    admin.delete(f"{plan}/versions/1").expect(200)
    assert admin.post(f"{utility.base}/connections", _body("102", tariffId="plan")).expect(400)["code"] == (
        "unknown-tariff"
    )


def test_closed_and_deleted_connections_let_their_tariff_go(utility: Utility, admin: Api) -> None:
    """A closed one was billed by it, so it is not deleted; but it may end."""
    admin.post(f"{utility.base}/tariffs", {"id": "other", "sheet": _sheet("2")}).expect(201)
    _connect(admin, utility, "100", tariffId="other")
    other, plan = (f"{utility.base}/tariffs/{tariff}/versions" for tariff in ("other", "plan"))
    assert admin.delete(f"{other}/1").expect(409)["code"] == "tariff-chosen"
    admin.delete(f"{utility.base}/connections/100").expect(200)
    admin.delete(f"{other}/1").expect(200)

    for meter in ("101", "102", "103"):
        _connect(admin, utility, meter, tariffId="plan")
    assert admin.delete(f"{plan}/1").expect(409)["code"] == "tariff-chosen"
    closure = {"reason": "Sold", "finalReading": "0"}
    admin.post(f"{utility.base}/connections/101/closure", closure).expect(200)
    admin.delete(f"{utility.base}/connections/102").expect(200)
    admin.post(f"{utility.base}/connections/103/disconnection", {"reason": "Unpaid"}).expect(200)
    ending = _sheet("2", validFrom="2026-01-01", validUntil="2027-01-01")
    assert admin.post(plan, ending).expect(409)["code"] == "tariff-chosen"
    admin.post(f"{utility.base}/connections/103/closure", closure).expect(200)
    assert admin.get(f"{utility.base}/connections/103").expect(200)["tariffId"] == "plan"
    assert admin.delete(f"{plan}/1").expect(409)["code"] == "tariff-used"
    admin.post(plan, ending).expect(201)


def test_a_tariff_is_either_named_or_deleted_never_both(utility: Utility, admin: Api) -> None:
    for number in range(6):
        admin.post(f"{utility.base}/tariffs", {"id": f"t{number}", "sheet": _sheet("1")}).expect(201)
        body = _body(f"M-{number}", tariffId=f"t{number}")
        with ThreadPoolExecutor(2) as pool:
            deleted = pool.submit(admin.delete, f"{utility.base}/tariffs/t{number}/versions/1")
            named = pool.submit(admin.post, f"{utility.base}/connections", body)
            assert (deleted.result().status, named.result().status) in {(200, 400), (409, 201)}


@pytest.mark.covers("S2-131")
def test_a_request_is_approved_with_a_tariff(utility: Utility, admin: Api) -> None:
    consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    asked = {"consumerId": consumer, "projectId": utility.project, "address": "Unit 7"}
    requests = f"/api/clients/{utility.client}/service-requests"
    made = admin.post(requests, asked).expect(201)["id"]
    body = {**_body("107"), "area": "Building A"}
    refused = admin.post(f"{requests}/{made}/approval", body | {"tariffId": "nobody"}).expect(400)
    assert refused["code"] == "unknown-tariff"
    admin.post(f"{requests}/{made}/approval", body | {"tariffId": "plan"}).expect(200)
    assert admin.get(f"{utility.base}/connections/107").expect(200)["tariffId"] == "plan"


def test_a_registry_names_tariffs_in_a_column(utility: Utility, admin: Api) -> None:
    text = (
        "account,meter,class,area,tariff plan\n"
        "101,M-101,unit,A,plan\n"
        "102,M-102,unit,A,\n"
        "103,M-103,unit,A,nobody\n"
        "104,M-104,unit,A,pl an\n"
    )
    for accepted in (2, 0):
        announced = admin.post(f"{utility.base}/registry/imports", {"fileName": "r.csv"}).expect(201)
        key = announced["upload"]["fields"]["key"]
        storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=text.encode())
        imports.run_registry_import(utility.context(), import_id=announced["id"])
        shown = admin.get(f"{utility.base}/registry/imports/{announced['id']}").expect(200)
        assert (shown["counts"]["accepted"], shown["counts"]["refused"]) == (accepted, 2)
    report = admin.get(f"{utility.base}/registry/imports/{announced['id']}/report").expect(200)
    assert [(each["line"], each["code"]) for each in report["items"]] == [(4, "unknown-tariff"), (5, "bad-number")]
    tariffs = {each["accountNumber"]: each["tariffId"] for each in _all(admin, utility)}
    assert tariffs == {"101": "plan", "102": None}


def _all(admin: Api, utility: Utility) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get(f"{utility.base}/connections").expect(200)["items"]
    return found


def test_a_consumer_sees_by_which_tariff_they_are_charged(api: Api, utility: Utility, admin: Api) -> None:
    consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": "Reyes"}).expect(201)["id"]
    _connect(admin, utility, "101", tariffId="plan", consumerId=consumer)
    login = {"login": "ana@example.com", "password": PASSWORD}
    admin.post(f"{utility.consumers}/{consumer}/login", login).expect(201)
    ana = api.sign_in(utility.client, "ana@example.com", PASSWORD)
    (mine,) = ana.get("/api/me/connections").expect(200)["items"]
    assert mine["connection"]["tariffId"] == "plan"

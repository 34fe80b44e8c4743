"""Registers that run over: recognised by their digits, flagged for confirmation, and shown on the bill."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.files import service as files
from chalicelib.imports import service as imports
from chalicelib.platform import clock, settings, storage
from chalicelib.readings import service as readings
from tests.support.http import Api, whole_bills
from tests.support.queues import drain
from tests.support.table import items_of
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks

DECEMBER = datetime(2025, 12, 10, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _november(app: Chalice) -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _connect(admin: Api, utility: Utility, meter: str, initial: str, digits: int | None) -> dict[str, Any]:
    consumer = admin.post(utility.consumers, {"firstName": "Ana", "lastName": meter}).expect(201)["id"]
    body = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": meter, "area": "Poblacion"}
    said = {} if digits is None else {"meterDigits": digits}
    made: dict[str, Any] = admin.post(f"{utility.base}/connections", body | {"initialReading": initial} | said).expect(
        201
    )
    return made


def _bill(app: Chalice, admin: Api, utility: Utility, period: str) -> dict[str, Any]:
    admin.post(f"{utility.base}/readings/confirmations", {}).expect(200)
    admin.post(f"{utility.base}/billing-runs", {"period": period}).expect(202)
    drain(app, "meterbook-billing")
    (bill,) = whole_bills(admin, utility.base, period)
    return dict(bill)


def test_a_register_that_ran_over_is_flagged_billed_and_counted_on_from(
    app: Chalice, utility: Utility, admin: Api
) -> None:
    account = _connect(admin, utility, "SM-1", "99990.5", 5)["accountNumber"]
    body = {"accountNumber": account, "reading": "15.25", "readOn": "2025-11-05"}
    taken = admin.post(f"{utility.base}/readings", body).expect(201)
    assert (taken["previous"], taken["usage"], taken["flags"]) == ("99990.5", "24.75", ["rollover"])
    (waiting,) = admin.get(f"{utility.base}/readings/pending").expect(200)["items"]
    assert waiting["flags"] == ["rollover"]

    bill = _bill(app, admin, utility, "2025-11")
    assert (bill["previousReading"], bill["currentReading"], bill["usage"]) == ("99990.5", "15.25", "24.75")
    assert (bill["rolledOver"], bill["total"]) == (True, "606.88")  # 24.75 at 22.50 = 556.875, and 50.00
    assert admin.get(f"{utility.base}/bills/{bill['id']}").expect(200) == bill

    clock.use_time(lambda: DECEMBER)
    admin = utility.as_staff()
    body = {"accountNumber": account, "reading": "25.25", "readOn": "2025-12-05"}
    admin.post(f"{utility.base}/readings", body).expect(201)
    bill = _bill(app, admin, utility, "2025-12")
    assert (bill["previousReading"], bill["currentReading"], bill["rolledOver"]) == ("15.25", "25.25", False)
    assert bill["usage"] == "10"


def test_what_is_no_rollover_is_refused_with_what_to_do_and_nothing_is_written(utility: Utility, admin: Api) -> None:
    with_digits = _connect(admin, utility, "SM-1", "5000", 5)["accountNumber"]
    without = _connect(admin, utility, "SM-2", "99990", None)
    before = items_of(utility.client)
    for account, reading, code, hint in (
        (with_digits, "4990", "below-previous", "say rolledOver if it did"),
        (with_digits, "100000", "impossible-reading", "register that starts again at 100000"),
        (without["accountNumber"], "15", "below-previous", "give the meterDigits"),
    ):
        body = {"accountNumber": account, "reading": reading, "readOn": "2025-11-05"}
        refused = admin.post(f"{utility.base}/readings", body).expect(400)
        assert (refused["code"], hint in refused["detail"]) == (code, True)
    assert items_of(utility.client) == before

    change = {"version": without["version"], "consumerClass": "residential", "area": "Poblacion", "meterDigits": 4}
    path = f"{utility.base}/connections/{without['accountNumber']}"
    assert admin.patch(path, change).expect(400)["code"] == "impossible-reading"
    assert admin.patch(path, change | {"meterDigits": 5}).expect(200)["meterDigits"] == 5
    body = {"accountNumber": without["accountNumber"], "reading": "15", "readOn": "2025-11-05"}
    assert admin.post(f"{utility.base}/readings", body).expect(201)["usage"] == "25"


def test_somebody_may_say_that_a_register_ran_over_also_in_a_correction(utility: Utility, admin: Api) -> None:
    account = _connect(admin, utility, "SM-1", "7000", 4)["accountNumber"]
    body = {"accountNumber": account, "reading": "500", "readOn": "2025-11-05"}
    assert admin.post(f"{utility.base}/readings", body).expect(400)["code"] == "below-previous"
    taken = admin.post(f"{utility.base}/readings", body | {"rolledOver": True}).expect(201)
    assert (taken["usage"], "rollover" in taken["flags"]) == ("3500", True)
    path = f"{utility.base}/readings/{taken['id']}"
    correction = {"reading": "600", "readOn": "2025-11-05"}
    assert admin.put(path, correction).expect(400)["code"] == "below-previous"
    corrected = admin.put(path, correction | {"rolledOver": True}).expect(200)
    assert corrected["usage"] == "3600"
    assert admin.put(path, correction | {"rolledOver": True}).expect(200) == corrected
    assert admin.post(f"{path}/confirmation").expect(200)["usage"] == "3600"


def test_a_rollover_told_after_the_reading_was_taken_is_written_down(utility: Utility, admin: Api) -> None:
    """Taken from October's first reading; then October is read, and the same value is below it."""
    account = _connect(admin, utility, "SM-1", "400", 4)["accountNumber"]
    body = {"accountNumber": account, "reading": "500", "readOn": "2025-11-05"}
    taken = admin.post(f"{utility.base}/readings", body).expect(201)
    october = {"accountNumber": account, "reading": "8000", "readOn": "2025-10-05"}
    first = admin.post(f"{utility.base}/readings", october).expect(201)
    admin.post(f"{utility.base}/readings/{first['id']}/confirmation").expect(200)
    path = f"{utility.base}/readings/{taken['id']}"
    assert admin.post(f"{path}/confirmation").expect(409)["code"] == "below-previous"
    same = {"reading": "500", "readOn": "2025-11-05", "rolledOver": True}
    assert admin.put(path, same).expect(200)["usage"] == "2500"
    assert admin.post(f"{path}/confirmation").expect(200)["usage"] == "2500"


def test_a_file_of_a_project_where_readings_count_at_once_names_each_rollover(api: Api) -> None:
    utility = open_condominium(api)
    admin = utility.as_staff()
    for unit, initial in (("101", "9995"), ("102", "500")):
        body = {"accountNumber": unit, "consumerClass": "unit", "meterNumber": f"WM-{unit}", "area": "A"}
        admin.post(f"{utility.base}/connections", body | {"initialReading": initial, "meterDigits": 4}).expect(201)
    ctx = utility.context(now=NOVEMBER)
    announced, _ = files.ask_for_upload(ctx, kind="readings", file_name="f.csv", period=None)
    file = "account_number,reading,read_on\n101,6,2025-08-01\n102,499,2025-08-01\n"
    key = f"{utility.client}/{utility.project}/imports/{announced.id}.csv"
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file.encode())
    readings.run_import(ctx, import_id=announced.id)
    report = admin.get(f"{utility.base}/readings/imports/{announced.id}/report").expect(200)["items"]
    assert [(line["line"], line["kind"], line["code"]) for line in report] == [
        (2, "flagged", "rollover"),
        (3, "refused", "below-previous"),
    ]
    assert admin.get(f"{utility.base}/connections/101").expect(200)["lastReading"] == "6"


def test_a_registry_may_say_how_many_digits_the_meters_have(utility: Utility, admin: Api) -> None:
    announced = admin.post(f"{utility.base}/registry/imports", {"fileName": "r.csv"}).expect(201)
    file = (
        "meter,class,area,initial,digits,first_name,last_name\n"
        "SM-1,residential,Poblacion,99990,5,Ana,Reyes\n"
        "SM-2,residential,Poblacion,99990,4,Eva,Luna\n"
        "SM-3,residential,Poblacion,10,13,Eva,Luna\n"
        "SM-4,residential,Poblacion,10,,Eva,Luna\n"
    )
    key = announced["upload"]["fields"]["key"]
    storage._client().put_object(Bucket=settings.bucket_name(), Key=key, Body=file.encode())
    imports.run_registry_import(utility.context(now=NOVEMBER), import_id=announced["id"])
    report = admin.get(f"{utility.base}/registry/imports/{announced['id']}/report").expect(200)["items"]
    assert [(line["line"], line["column"], line["code"]) for line in report] == [
        (3, "initial", "impossible-reading"),
        (4, "digits", "bad-number"),
    ]
    shown = admin.get(f"{utility.base}/connections").expect(200)["items"]
    assert {each["meterNumber"]: each["meterDigits"] for each in shown} == {"SM-1": 5, "SM-4": None}


def test_an_exchange_counts_the_old_register_over_and_gives_the_new_ones_digits(utility: Utility, admin: Api) -> None:
    account = _connect(admin, utility, "SM-1", "9990", 4)["accountNumber"]
    path = f"{utility.base}/connections/{account}"
    exchange = {
        "meterNumber": "SM-2",
        "finalReading": "15",
        "firstReading": "99998",
        "on": "2025-11-04",
        "reason": "Stuck",
    }
    assert admin.post(f"{path}/meter-exchanges", exchange | {"meterDigits": 4}).expect(400)["code"] == (
        "impossible-reading"
    )
    after = admin.post(f"{path}/meter-exchanges", exchange | {"meterDigits": 5}).expect(200)
    assert (after["useBroughtForward"], after["lastReading"], after["meterDigits"]) == ("25", "99998", 5)
    body = {"accountNumber": account, "reading": "2", "readOn": "2025-11-05"}
    assert admin.post(f"{utility.base}/readings", body).expect(201)["usage"] == "29"

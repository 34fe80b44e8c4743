"""Bank files: what a rule matches is posted, the rest waits for a person, and the same transfer is posted once."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.imports import service as imports
from chalicelib.platform import clock, storage
from chalicelib.platform import settings as platform_settings
from chalicelib.platform.jobs import job_context
from chalicelib.tenancy import service as tenancy
from tests.support.counter import PARTS, Counter
from tests.support.http import Api

TRANSFERS = PARTS | {"methods": [{"name": "cash"}, {"name": "transfer"}], "desks": ["MAIN", "BANK"]}
TITLES = "account_number,bill_number,amount,date,reference,payer\n"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Counter:
    return Counter(app, api, late=None, payments=TRANSFERS).on("2025-11-18")


def _import(office: Counter, *lines: str) -> dict[str, Any]:
    """Upload a file, and let the job take it in: nobody is signed in there."""
    announced = office.staff.post(f"{office.base}/bank/imports", {"fileName": "bank.csv"}).expect(201)
    key = announced["upload"]["fields"]["key"]
    file = (TITLES + "\n".join(lines)).encode()
    storage._client().put_object(Bucket=platform_settings.bucket_name(), Key=key, Body=file)
    job = job_context("import_readings", client=office.utility.client, project=office.utility.project)
    imports.run_bank_import(tenancy.enter_project(job), import_id=announced["id"])
    done: dict[str, Any] = office.staff.get(f"{office.base}/bank/imports/{announced['id']}").expect(200)
    return done


def _counts(done: dict[str, Any]) -> tuple[int, ...]:
    return tuple(done["counts"][name] for name in ("rows", "accepted", "unchanged", "refused", "flagged"))


def _waiting(office: Counter, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.staff.get(f"{office.base}/bank-lines", **query).expect(200)["items"]
    return found


@pytest.mark.covers("S1-141")
def test_a_line_pays_the_bill_that_it_names_or_whose_amount_it_has(office: Counter) -> None:
    office.connect("A2", consumer=office.ana, initialReading="0")
    office.read("A2", "2025-11-05", "4")
    office.run("2025-11")
    office.on("2025-11-18")
    lines = (f",{office.first['id']},275.00,2025-11-17,T-1,Ana", "A2,,140.00,2025-11-17,T-2,Ana")
    done = _import(office, *lines)
    assert (done["status"], _counts(done)) == ("done", (2, 2, 0, 0, 0))
    assert {office.bill_now()["status"], office.bills_of("A2")[0]["status"]} == {"paid"}
    [paid] = office.staff.get(f"{office.base}/bills/{office.first['id']}/payments").expect(200)["items"]
    assert (paid["source"], paid["method"], paid["reference"], paid["paidOn"], paid["receiptNumber"]) == (
        "bank", "transfer", "T-1", "2025-11-17", "OR-BANK-000001",
    )  # fmt: skip

    again = _import(office, *lines)
    assert _counts(again) == (2, 0, 2, 0, 0), "the same transfers change nothing"
    assert office.bill_now()["paid"] == "275.00"


def test_what_fits_nothing_waits_for_a_person_and_is_not_lost(office: Counter) -> None:
    done = _import(
        office,
        "A1,,999.00,2025-11-17,T-1,Ana",
        ",,20.00,2025-11-17,T-2,Somebody",
        "XX,,20.00,2025-11-17,T-3,",
        "A1,,-5.00,2025-11-17,T-4,",
        "A1,,5.00,2025-12-17,T-5,",
    )
    assert _counts(done) == (5, 3, 0, 2, 3)
    report = office.staff.get(f"{office.base}/bank/imports/{done['id']}/report").expect(200)["items"]
    assert [(line["line"], line["kind"], line["code"]) for line in report] == [
        (2, "flagged", "no-match"),
        (3, "flagged", "no-match"),
        (4, "flagged", "not-found"),
        (5, "refused", "bad-amount"),
        (6, "refused", "future-date"),
    ]
    assert {line["reference"] for line in _waiting(office)} == {"T-1", "T-2", "T-3"}
    assert office.bill_now()["paid"] == "0.00"
    again = _import(office, "A1,,999.00,2025-11-17,T-1,Ana")
    assert (_counts(again), len(_waiting(office))) == ((1, 0, 1, 0, 0), 3)


def test_a_person_assigns_a_line_to_bills_or_as_an_advance_or_dismisses_it(office: Counter) -> None:
    _import(office, ",,100.00,2025-11-17,T-1,", ",,50.00,2025-11-17,T-2,", ",,30.00,2025-11-17,T-3,")
    lines = {line["reference"]: f"{office.base}/bank-lines/{line['id']}" for line in _waiting(office)}
    to_bill = {"billIds": [office.first["id"]], "note": "Ana called"}
    for _ in range(2):
        done = office.staff.post(f"{lines['T-1']}/assignment", to_bill, key="one").expect(200)
        assert (done["status"], done["note"]) == ("assigned", "Ana called")
    assert office.bill_now()["paid"] == "100.00"
    refused = office.staff.post(f"{lines['T-1']}/dismissal", {"reason": "Rent"}).expect(409)
    assert refused["code"] == "already-decided"
    done = office.staff.post(f"{lines['T-2']}/assignment", {"accountNumber": "A1"}).expect(200)
    assert done["status"] == "assigned", "also without a key"
    assert office.owed()["credit"] == "50.00"
    office.staff.post(f"{lines['T-3']}/dismissal", {"reason": "Rent of the hall"}).expect(200)
    assert _waiting(office) == []
    assert {line["reference"] for line in _waiting(office, status="assigned")} == {"T-1", "T-2"}
    again = _import(office, ",,100.00,2025-11-17,T-1,", ",,30.00,2025-11-17,T-3,")
    assert _counts(again) == (2, 0, 2, 0, 0)
    assert (office.bill_now()["paid"], office.owed()["credit"]) == ("100.00", "50.00")


def test_a_transfer_that_arrives_after_its_bill_was_superseded_is_assigned_to_the_successor(
    app: Chalice, api: Api
) -> None:
    fine = {"kind": "fixed", "amount": "150.00"}
    office = Counter(app, api, late=fine, payments=TRANSFERS | {"newBillsTake": "dues"})
    office.read("A1", "2025-12-05", "20")
    [new] = office.run("2025-12")
    office.on("2025-12-06")
    line = f",{office.first['id']},275.00,2025-11-18,T-1,Ana"
    _import(office, line)
    [waiting] = _waiting(office)
    assert (waiting["code"], new["id"] in waiting["reason"]) == ("superseded", True)
    body = {"reason": "Paid in time"}
    office.staff.post(f"{office.base}/bills/{new['id']}/waivers", body).expect(201)
    at = f"{office.base}/bank-lines/{waiting['id']}/assignment"
    done = office.staff.post(at, {"billIds": [new["id"]], "note": "Paid in time"}).expect(200)
    assert (done["status"], done["paidOn"]) == ("assigned", "2025-11-18")
    [paid] = office.staff.get(f"{office.base}/bills/{new['id']}/payments").expect(200)["items"]
    assert (paid["paidOn"], paid["amount"]) == ("2025-12-05", "275.00")
    assert office.owed()["amountDue"] == "275.00"
    assert _counts(_import(office, line)) == (1, 0, 1, 0, 0)


def test_a_project_without_transfers_takes_no_bank_file(app: Chalice, api: Api) -> None:
    office = Counter(app, api, late=None, payments=PARTS).on("2025-11-18")
    refused = office.staff.post(f"{office.base}/bank/imports", {"fileName": "transfers.csv"}).expect(400)
    assert refused["code"] == "bad-method"

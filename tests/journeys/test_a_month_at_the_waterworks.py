"""A month of the demo waterworks over HTTP, as a stranger would walk it: a file of readings in, correct bills out.

Each test asks the journey for the step it starts from. A step is walked once, with the steps before it, so that every
test passes alone and none is walked twice.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from local.demo import files
from local.demo import utilities as demo
from local.demo.day import DemoDay
from local.demo.files import AVII_FILE, BALILIHAN_FILE
from tests.support import table
from tests.support.http import Api
from tests.support.queues import deliver_to, drain

BASE = "/api/clients/balilihan/projects/waterworks"
CONDOMINIUM = "/api/clients/avii/projects/waterBills"
IMPORTS, BILLING = "meterbook-imports", "meterbook-billing"


@dataclass
class Journey:
    """Who is signed in, and the steps of the month, each with what was answered on the way."""

    app: Chalice
    api: Api
    admin: Api

    @cached_property
    def shop(self) -> dict[str, Any]:
        """Register Ana Reyes and her shop, each twice with its key; give what was answered."""
        who = {"firstName": "Ana", "lastName": "Reyes"}
        consumer, same = (
            self.admin.post("/api/clients/balilihan/consumers", who, key="ana").expect(201) for _ in range(2)
        )
        body = {
            "consumerId": consumer["id"],
            "consumerClass": "commercial",
            "meterNumber": "SM-20001",
            "area": "Poblacion",
            "initialReading": "100",
        }
        made, again = (self.admin.post(f"{BASE}/connections", body, key="anas-shop").expect(201) for _ in range(2))
        refused = self.admin.post(f"{BASE}/connections", body, key="another").expect(409)
        return {"consumers": (consumer, same), "connections": (made, again), "refused": refused}

    @cached_property
    def imported(self) -> dict[str, Any]:
        """Confirm what is left of October, import the month's file of readings, and give the import."""
        self.admin.post(f"{BASE}/readings/confirmations", {"period": "2025-10"}).expect(200)
        return self.upload(self.admin, BASE, BALILIHAN_FILE.read_bytes(), period="2025-11")

    @cached_property
    def confirmed(self) -> dict[str, Any]:
        """Confirm one reading twice, then those of an area, then the rest; give what was answered."""
        assert self.imported["status"] == "done"
        one, again = (self.admin.post(f"{BASE}/readings/2025-11.2025080001/confirmation").expect(200) for _ in range(2))
        waiting = self.admin.get(f"{BASE}/readings/pending", area="Poblacion", limit=200).expect(200)["items"]
        area = self.admin.post(f"{BASE}/readings/confirmations", {"area": "Poblacion"}).expect(200)
        rest = self.admin.post(f"{BASE}/readings/confirmations", {"period": "2025-11"}).expect(200)
        return {"one": one, "again": again, "waiting": waiting, "area": area, "rest": rest}

    @cached_property
    def billed(self) -> dict[str, Any]:
        """Bill the month; give the run and its bills."""
        assert self.confirmed
        run = self.run(self.admin, BASE, "2025-11")
        return {"run": run, "bills": self.all_bills(self.admin, BASE, "2025-11", limit=70)}

    def upload(self, staff: Api, base: str, file: bytes, **announcement: str) -> dict[str, Any]:
        """Announce a file, post it by the form, deliver the bucket's event and give the import."""
        announced = staff.post(f"{base}/readings/imports", {"fileName": "readings.csv", **announcement}).expect(201)
        form = announced["upload"]
        posted = httpx.post(
            form["url"], data=form["fields"], files={"file": ("f.csv", file)}, trust_env=False, timeout=60
        )
        assert posted.status_code == 204, posted.text
        deliver_to(self.app, IMPORTS)
        done: dict[str, Any] = staff.get(f"{base}/readings/imports/{announced['id']}").expect(200)
        return done

    def run(self, staff: Api, base: str, period: str, *, twice: bool = False) -> dict[str, Any]:
        """Start a billing run, deliver its messages and give the run as its Location shows it."""
        reply = staff.post(f"{base}/billing-runs", {"period": period})
        reply.expect(202)
        drain(self.app, BILLING, twice=twice)
        run: dict[str, Any] = staff.get(reply.headers["location"]).expect(200)
        return run

    def all_bills(self, staff: Api, base: str, period: str, limit: int) -> list[dict[str, Any]]:
        """Page through the bills of a period."""
        bills: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = staff.get(f"{base}/bills", period=period, limit=limit, **cursor).expect(200)
            assert len(page["items"]) <= limit
            bills += page["items"]
            if page["nextCursor"] is None:
                return bills
            cursor = {"cursor": page["nextCursor"]}


@pytest.fixture(scope="module")
def journey(app: Chalice, api: Api) -> Iterator[Journey]:
    """The demo utilities of 1 November 2025 on the 11th, and the admin of balilihan signed in."""
    clock.use_time(lambda: datetime(2025, 11, 11, 2, tzinfo=UTC))
    demo.load(DemoDay.on(files.DAY), lambda: None)
    yield Journey(app, api, api.sign_in("balilihan", "admin", demo.PASSWORD))
    clock.use_time(None)


@pytest.mark.covers("S3-108")
def test_1_an_admin_signs_in_and_sees_only_their_client(journey: Journey) -> None:
    assert journey.admin.get("/api/clients/balilihan").expect(200)["name"] == "Balilihan Waterworks"
    projects = journey.admin.get("/api/clients/balilihan/projects").expect(200)["items"]
    assert [project["id"] for project in projects] == ["waterworks"]
    for path in ("/api/clients/avii", f"{CONDOMINIUM}", f"{CONDOMINIUM}/bills?period=2025-07", "/api/clients/nobody"):
        assert "avii" not in str(journey.admin.get(path).expect(404))


def test_1a_last_months_bills_are_mostly_paid_some_open_and_some_overdue(journey: Journey) -> None:
    statuses = Counter(bill["status"] for bill in journey.all_bills(journey.admin, BASE, "2025-10", limit=200))

    assert statuses.keys() == {"paid", "partial", "open", "overdue"}
    assert 0.02 < statuses["overdue"] / statuses.total() < 0.25


def test_1b_only_a_superuser_changes_settings_as_the_preset_has_it(journey: Journey, api: Api) -> None:
    shown = journey.admin.get(f"{BASE}/settings").expect(200)
    same = {"version": shown["version"], "settings": shown["settings"]}
    journey.admin.patch(f"{BASE}/settings", same).expect(403)
    api.sign_in("balilihan", "super", demo.PASSWORD).patch(f"{BASE}/settings", same).expect(200)


@pytest.mark.covers("S3-072", "S3-071", "S3-098")
def test_2_consumers_and_connections_get_numbers_that_never_collide(journey: Journey) -> None:
    listed = journey.admin.get(f"{BASE}/connections", limit=1).expect(200)["items"]
    assert listed[0]["accountNumber"] == "2025080001"
    consumer, same = journey.shop["consumers"]
    assert same == consumer
    made, again = journey.shop["connections"]
    assert made["accountNumber"] == "2025110001"
    assert again == made
    assert "2025110001" in journey.shop["refused"]["detail"]


@pytest.mark.covers("S1-095", "S3-088")
def test_3_a_file_of_readings_is_imported_line_by_line(journey: Journey) -> None:
    done = journey.imported
    assert done["status"] == "done"
    assert done["counts"] | {"flagged": 0} == {
        "rows": 302, "accepted": 297, "unchanged": 1, "refused": 4, "flagged": 0, "blank": 1,
    }  # fmt: skip
    report = journey.admin.get(f"{BASE}/readings/imports/{done['id']}/report", limit=200).expect(200)["items"]
    refused = [(line["line"], line["column"], line["code"]) for line in report if line["kind"] == "refused"]
    assert refused == [
        (51, "meter_number", "unknown-meter"),
        (302, "reading", "below-previous"),
        (303, "reading", "bad-number"),
        (304, "read_on", "future-date"),
    ]
    assert len([line for line in report if line["kind"] == "flagged"]) >= done["counts"]["flagged"]
    connection = journey.admin.get(f"{BASE}/connections/2025080001").expect(200)
    assert connection["lastReading"] == "120", "an unconfirmed reading does not move the meter on"


@pytest.mark.covers("S1-095")
def test_3b_the_same_file_again_changes_nothing(journey: Journey) -> None:
    def readings() -> dict[str, Any]:
        return {
            key: item
            for key, item in table.items_of("balilihan").items()
            if "#IMPORT" not in key and "#AUDIT" not in key
        }

    assert journey.imported["status"] == "done"
    before = readings()
    done = journey.upload(journey.admin, BASE, BALILIHAN_FILE.read_bytes(), period="2025-11")
    assert (done["counts"]["accepted"], done["counts"]["unchanged"], done["counts"]["refused"]) == (0, 298, 4)
    assert readings() == before


@pytest.mark.covers("S3-008", "S3-078", "S3-100")
def test_4_readings_are_confirmed_one_by_one_and_by_area(journey: Journey) -> None:
    walked = journey.confirmed
    one = walked["one"]
    assert (one["status"], one["previous"], one["reading"], one["usage"]) == ("confirmed", "120", "130", "10")
    assert walked["again"] == one
    assert walked["area"] == {"confirmed": len(walked["waiting"]), "left": [], "nextCursor": None}
    assert walked["rest"]["confirmed"] == 297 - 1 - len(walked["waiting"])
    assert journey.admin.get(f"{BASE}/readings/pending").expect(200) == {"items": [], "nextCursor": None}
    reader = journey.api.sign_in("balilihan", "reader", demo.PASSWORD)
    assert reader.post(f"{BASE}/readings/confirmations", {}).expect(403)["code"] == "forbidden"


@pytest.mark.covers("S3-029", "S3-026", "S3-103", "S3-028", "S0-028", "S0-037")
def test_5_a_run_gives_every_confirmed_reading_exactly_one_bill(journey: Journey) -> None:
    run, bills = journey.billed["run"], journey.billed["bills"]
    assert (run["status"], run["readings"], run["bills"], run["exceptions"]) == ("complete", 297, 297, 0)
    assert run["chunks"] == {"done": 1, "of": 1}
    bill = journey.admin.get(f"{BASE}/bills/2025-11.2025080001.1").expect(200)
    assert [(line["code"], line["amount"]) for line in bill["lines"]] == [("usage", "225.00"), ("fixed", "50.00")]
    assert (bill["total"], bill["currency"], bill["dueOn"]) == ("275.00", "PHP", "2025-11-20")
    assert (bill["previousReading"], bill["currentReading"], bill["usage"]) == ("120", "130", "10")
    assert len({bill["accountNumber"] for bill in bills}) == len(bills) == 297
    assert run["total"] == f"{sum(_minor(bill['total']) for bill in bills) / 100:.2f}"
    for one in bills:
        lines = journey.admin.get(f"{BASE}/bills/{one['id']}").expect(200)["lines"]
        assert sum(_minor(line["amount"]) for line in lines) == _minor(one["total"])


@pytest.mark.covers("S0-011", "S1-137", "S2-030", "S2-404")
def test_6_bills_are_read_by_staff_and_by_the_consumer_they_are_for(journey: Journey) -> None:
    assert journey.billed["bills"]
    theirs = journey.admin.get(f"{BASE}/connections/2025080001/bills").expect(200)["items"]
    juan = journey.api.sign_in("balilihan", demo.BALILIHAN_CONSUMER, demo.PASSWORD)
    assert juan.get("/api/me/bills").expect(200)["items"] == theirs
    assert juan.get(f"{BASE}/connections/2025080001/bills").expect(200)["items"] == theirs
    whole = juan.get(f"{BASE}/bills/2025-11.2025080001.1").expect(200)
    assert {field: whole[field] for field in theirs[0]} == theirs[0]
    assert [mine["connection"]["accountNumber"] for mine in juan.get("/api/me/connections").expect(200)["items"]] == [
        "2025080001"
    ]
    juan.get(f"{BASE}/bills/2025-11.2025080002.1").expect(404)
    juan.get(f"{BASE}/connections/2025080002").expect(404)
    juan.get(f"{BASE}/connections/2025080002/bills").expect(404)
    juan.get(f"{BASE}/bills", period="2025-11").expect(403)
    juan.get(f"{BASE}/readings", period="2025-11").expect(403)


def test_7_the_run_again_with_every_message_twice_gives_the_same_bills(journey: Journey) -> None:
    bills = journey.billed["bills"]
    again = journey.run(journey.admin, BASE, "2025-11", twice=True)
    assert (again["status"], again["readings"], again["bills"]) == ("complete", 0, 0)
    assert journey.all_bills(journey.admin, BASE, "2025-11", limit=200) == bills


def test_8_a_late_reading_is_billed_by_the_next_run_and_nothing_else_is(journey: Journey) -> None:
    assert journey.billed["run"]["bills"] == 297
    (shop, _) = journey.shop["connections"]
    late = {"accountNumber": shop["accountNumber"], "reading": "112.5", "readOn": "2025-11-11"}
    taken = journey.admin.post(f"{BASE}/readings", late).expect(201)
    assert (taken["status"], taken["flags"]) == ("pending", ["late"])
    journey.admin.post(f"{BASE}/readings/{taken['id']}/confirmation").expect(200)
    run = journey.run(journey.admin, BASE, "2025-11", twice=True)
    assert (run["readings"], run["bills"], run["total"]) == (1, 1, "362.50")
    assert len(journey.all_bills(journey.admin, BASE, "2025-11", limit=200)) == 298


@pytest.mark.covers("S1-001", "S1-025", "S1-026", "S1-027", "S1-029", "S1-040", "S1-041", "S1-015", "S1-037")
def test_the_condominium_runs_on_the_same_code_by_other_settings(journey: Journey) -> None:
    admin = journey.api.sign_in("avii", "admin@avii.example", demo.PASSWORD)
    done = journey.upload(admin, CONDOMINIUM, AVII_FILE.read_bytes())
    assert (done["counts"]["accepted"], done["counts"]["refused"]) == (2, 0)
    assert admin.get(f"{CONDOMINIUM}/readings/2025-10.101").expect(200)["status"] == "confirmed"
    assert admin.get(f"{CONDOMINIUM}/connections/101").expect(200)["lastReading"] == "1785"
    run = journey.run(admin, CONDOMINIUM, "2025-10")
    assert (run["status"], run["bills"]) == ("complete", 2)
    bill = admin.get(f"{CONDOMINIUM}/bills/2025-10.101.1").expect(200)
    assert (bill["usage"], bill["unit"], bill["total"], bill["currency"]) == ("11", "gal", "25.06", "USD")
    assert [line["amount"] for line in bill["lines"]] == ["0.06", "25.00"]
    assert (bill["periodLabel"], bill["fiscal"]) == ("October 2025", {"year": 2026, "month": 4})
    assert (bill["billedOn"], bill["dueOn"]) == ("2025-11-01", "2025-11-10")


def _minor(amount: str) -> int:
    whole, _, cents = amount.partition(".")
    return int(whole) * 100 + int(cents)

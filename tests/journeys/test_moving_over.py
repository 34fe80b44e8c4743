"""A condominium moves over from its former system: preset, registry, history of a fiscal year, and the next bills."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from chalice.app import Chalice

from chalicelib.identity import service as identity
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor, Context
from chalicelib.onboarding import service as onboarding
from chalicelib.platform import clock
from tests.support.http import Api, whole_bills
from tests.support.queues import deliver_to, drain

PASSWORD = "Abcdef1!"
# Units as they stood before July 2025, and what each used in a month.
UNITS = {"101": (1774, 11), "102": (30, 5), "103": (500, 0)}
REGISTRY = "unit,meter,class,area,initial\n" + "".join(
    f"{unit},WM-{unit}-2025,unit,A,{before}\n" for unit, (before, _) in UNITS.items()
)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


def _now(day: str) -> None:
    clock.use_time(lambda: datetime.fromisoformat(f"{day}T12:00:00+00:00").astimezone(UTC))


def _upload(app: Chalice, admin: Api, path: str, file: str) -> dict[str, Any]:
    announced = admin.post(path, {"fileName": "file"}).expect(201)
    form = announced["upload"]
    posted = httpx.post(form["url"], data=form["fields"], files={"file": ("f", file)}, trust_env=False, timeout=60)
    assert posted.status_code == 204
    deliver_to(app, "meterbook-imports")
    done: dict[str, Any] = admin.get(f"{path}/{announced['id']}").expect(200)
    return done


def _fiscal_year() -> list[dict[str, Any] | None]:
    """Return twelve months, July 2025 to June 2026, of which five carry data."""
    months: list[dict[str, Any] | None] = []
    for at in range(5):
        days = {"readingDate": f"2025-{8 + at:02}-01", "billDate": f"2025-{8 + at:02}-01"}
        units: dict[str, dict[str, Any]] = {
            unit: {"prior": before + use * at, "current": before + use * (at + 1), "consumption": use}
            for unit, (before, use) in UNITS.items()
        }
        units["101"]["totalAmount"] = 25.06
        units["102"]["totalAmount"] = 25.03
        units["103"]["totalAmount"] = 25.00
        month = {"year": 2025, "month": 7 + at, **days, "dueDate": f"2025-{8 + at:02}-15", "units": units}
        month["commonArea"] = {"prior": 1730 + 20 * at, "current": 1750 + 20 * at, "consumption": 20}
        months.append(month)
    return [*months, {"year": 2025, "month": 12}, *[None] * 6]


def _paid(year: list[Any]) -> list[Any]:
    """Let 101 pay all but November, in two parts in August, and 102 a part of July."""
    for at in range(4):
        number = f"TXN-2025-{8 + at:02}-001"
        check = {"transactionId": number, "method": "check", "checkNumber": f"12{at}", "notes": "Paid at office"}
        year[at]["units"]["101"]["payments"] = [check | {"paymentDate": f"2025-{8 + at:02}-10", "amount": 25.06}]
    first = {"paymentDate": "2025-09-05", "amount": 10, "method": "cash"}
    year[1]["units"]["101"]["payments"] = [first, first | {"paymentDate": "2025-09-10", "amount": 15.06}]
    year[0]["units"]["102"]["payments"] = [first | {"paymentDate": "2025-08-11"}]
    return year


@pytest.mark.covers("S1-005", "S1-006", "S1-123", "S1-124", "S1-125", "S1-126", "S1-127", "S1-043", "S0-031")
def test_a_condominium_brings_its_history_in_and_goes_on_billing(app: Chalice, api: Api) -> None:
    _now("2025-12-10")
    ctx = Context("moves", Actor("operator", "superuser", ROLES["superuser"]), clock.now(), clock.fresh_id)
    onboarding.open_client(ctx, preset_id="water-bills", name=None)
    identity.register_staff(ctx, login="admin@example.com", name="Admin", password=PASSWORD, role="admin")
    admin = api.sign_in("moves", "admin@example.com", PASSWORD)
    base = "/api/clients/moves/projects/waterBills"

    assert _upload(app, admin, f"{base}/registry/imports", REGISTRY)["counts"]["accepted"] == 3
    common = {"accountNumber": "common", "meterNumber": "WM-C", "consumerClass": "unit", "initialReading": "1730"}
    admin.post(f"{base}/connections", common | {"purpose": "common_area"}).expect(201)

    year = _paid(_fiscal_year())
    year[2]["units"]["102"]["totalAmount"] = 26.00  # a slip of the old books
    done = _upload(app, admin, f"{base}/history/imports", json.dumps({"months": year}))
    assert done["counts"] == {"rows": 20, "accepted": 17, "unchanged": 0, "refused": 3, "flagged": 0, "blank": 7}
    report = admin.get(f"{base}/history/imports/{done['id']}/report").expect(200)["items"]
    assert [(line["column"], line["code"]) for line in report] == [
        ("months[2].units.102.totalAmount", "amount-differs"),
        ("months[3].units.102", "earlier-refused"),
        ("months[4].units.102", "earlier-refused"),
    ]
    assert report[0]["reason"].startswith("September 2025, 102: the file says 26.00, the tariff gives 25.03")

    year[2]["units"]["102"]["totalAmount"] = 25.03
    done = _upload(app, admin, f"{base}/history/imports", json.dumps({"months": year}))
    assert done["counts"] == {"rows": 20, "accepted": 3, "unchanged": 17, "refused": 0, "flagged": 0, "blank": 7}
    again = _upload(app, admin, f"{base}/history/imports", json.dumps({"months": year}))
    assert again["counts"] == {**done["counts"], "accepted": 0, "unchanged": 20}

    months = {}
    for month in range(7, 13):
        readings = admin.get(f"{base}/readings", period=f"2025-{month:02}").expect(200)["items"]
        bills = whole_bills(admin, base, f"2025-{month:02}")
        assert (len(readings), len(bills)) == ((4, 3) if month < 12 else (0, 0))
        months[month] = {bill["accountNumber"]: bill for bill in bills}
    assert {unit: bill["total"] for unit, bill in months[7].items()} == {"101": "25.06", "102": "25.03", "103": "25.00"}
    assert months[7]["101"]["fiscal"] == {"year": 2026, "month": 1}
    assert [months[month]["101"]["status"] for month in range(7, 12)] == ["paid"] * 4 + ["open"]
    july = months[7]["102"]
    assert (july["paid"], july["amountDue"], july["status"], july["dueOn"]) == (
        "10.00",
        "15.03",
        "overdue",
        "2025-08-15",
    )
    september = admin.get(f"{base}/payments", month="2025-09").expect(200)["items"]
    assert [(one["accountNumber"], one["paidOn"], one["amount"]) for one in september] == [
        ("101", "2025-09-10", "15.06"),
        ("101", "2025-09-05", "10.00"),
    ]
    assert {share["period"] for one in september for share in one["bills"]} == {"August 2025"}

    _now("2026-01-02")
    admin = api.sign_in("moves", "admin@example.com", PASSWORD)
    for unit, reading in (("101", "1840"), ("102", "60")):
        body = {"accountNumber": unit, "reading": reading, "readOn": "2026-01-01"}
        admin.post(f"{base}/readings", body).expect(201)
    admin.post(f"{base}/billing-runs", {"period": "2025-12"}).expect(202)
    drain(app, "meterbook-billing")
    december = {bill["accountNumber"]: bill for bill in whole_bills(admin, base, "2025-12")}
    first = december["101"]
    assert (first["previousReading"], first["usage"], first["total"]) == ("1829", "11", "25.06")
    assert (december["102"]["previousReading"], december["102"]["usage"]) == ("55", "5")
    assert (december["101"]["status"], december["101"]["origin"]) == ("open", "run")

"""A reading that was entered on the wrong account is moved to the right one, and its bill is voided."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.corrected import Corrected
from tests.support.http import Api


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def office(app: Chalice, api: Api) -> Corrected:
    """1690 was read at A2 and entered on A1, which was billed 1950.00 for it."""
    office = Corrected(app, api)
    office.connect("A2", initialReading="1680")
    return office.on("2025-10-10")


def _move(office: Corrected, *, preview: bool = False, **more: Any) -> Any:  # noqa: ANN401
    body = {"readingId": office.reading["id"], "accountNumber": "A2", "reason": "Read at A2"} | more
    path = f"{office.base}/corrections/misplaced-readings"
    return office.staff.post(f"{path}/preview" if preview else path, body)


def test_a_reading_on_the_wrong_account_is_moved_with_its_bill_voided(office: Corrected) -> None:
    office.pay(office.first["id"], "1950.00").expect(201)
    seen = _move(office, preview=True).expect(200)
    [bill] = seen["bills"]
    assert (bill["old"]["total"], bill["new"], bill["difference"], seen["credit"]) == (
        "1950.00", None, "-1950.00", "1950.00",
    )  # fmt: skip
    done = _move(office, digest=seen["digest"]).expect(201)
    assert (done["kind"], done["enteredReadingId"]) == ("misplaced_reading", "2025-10.A2")
    assert office.bill(office.first["id"])["status"] == "voided"
    assert office.owed() == ("0.00", "1950.00")
    withdrawn = office.staff.get(f"{office.base}/readings/{office.reading['id']}").expect(200)
    assert (withdrawn["status"], withdrawn["reason"]) == ("withdrawn", "Read at A2")
    office.read("A1", "2025-10-12", "1590")
    bills = {bill["id"]: bill["total"] for bill in office.run("2025-10") if bill["status"] != "voided"}
    assert bills == {"2025-10.A1.2": "950.00", "2025-10.A2.1": "150.00"}
    assert office.broken("A1", "A2") == []


def test_a_reading_from_which_others_were_counted_stays(office: Corrected) -> None:
    office.read("A1", "2025-11-05", "1700")
    assert _move(office, preview=True).expect(409)["code"] == "later-reading"
    assert _move(office, preview=True, accountNumber="A1").expect(400)["code"] == "same-meter"
    assert _move(office, preview=True, accountNumber="A9").status == 404

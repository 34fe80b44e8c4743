"""Lists of payments over HTTP, by every filter, and who may see and change what."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.office import FLAT, Office

_PAYMENTS = {
    "partPayments": True,
    "overpayment": "refuse",
    "methods": [{"name": "cash"}, {"name": "online", "needs": ["upiId"]}],
    "receipts": {"form": "series", "prefix": "OR"},
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Counter(Office):
    """Ana at A1 and Peña at A2 owe 150.00 each for October 2025, and pay in six parts until January."""

    def __init__(self, app: Chalice, api: Api) -> None:
        super().__init__(app, api, FLAT, today="2025-10-01")
        version = self.staff.get(self.base).expect(200)["version"]
        change = {"version": version, "settings": {"payments": _PAYMENTS, "lateCharge": None}}
        self.staff.patch(f"{self.base}/settings", change).expect(200)
        self.people = {"A1": self.consumer("Ana"), "A2": self.consumer("Peña")}
        for account, consumer in self.people.items():
            self.connect(account, consumer=consumer, initialReading="0")
            self.read(account, "2025-10-05", "10")
        self.bills = {bill["accountNumber"]: bill["id"] for bill in self.run("2025-10")}
        self.ids: dict[str, str] = {}
        self.pay("2025-10-31", "A1", "10.00")
        self.pay("2025-11-01", "A2", "20.00", method="online", upiId="p@upi")
        self.pay("2025-11-15", "A1", "30.00")
        self.pay("2025-11-30", "A1", "40.00", method="online", upiId="a@upi")
        self.pay("2025-12-01", "A2", "50.00")
        self.pay("2026-01-02", "A1", "60.00")
        self.staff.post(f"{self.base}/payments/{self.ids['50.00']}/reversal", {"reason": "typing_error"}).expect(200)

    def pay(self, day: str, account: str, amount: str, **more: Any) -> None:  # noqa: ANN401
        self.on(day)
        body = {"method": "cash", "bills": [{"billId": self.bills[account]}], "amount": amount}
        self.ids[amount] = self.staff.post(f"{self.base}/payments", body | more).expect(201)["id"]

    def listed(self, **query: object) -> list[str]:
        return [each["amount"] for each in self.staff.get(f"{self.base}/payments", **query).expect(200)["items"]]


@pytest.fixture
def counter(app: Chalice, api: Api) -> Counter:
    return Counter(app, api)


_ALL = {"from": "2025-10-01", "to": "2026-01-31"}


@pytest.mark.covers("S1-075", "S2-361")
def test_payments_are_listed_by_month_or_days_and_by_every_filter_together(counter: Counter) -> None:
    found = {
        "now": counter.listed(),
        "month": counter.listed(month="2025-11"),
        "all": counter.listed(**_ALL),
        "days": counter.listed(**{"from": "2025-10-31", "to": "2025-11-15"}),
        "since": counter.listed(**{"from": "2025-12-01"}),
        "until": counter.listed(to="2025-11-15"),
        "method": counter.listed(method="online", **_ALL),
        "account": counter.listed(accountNumber="A1", **_ALL),
        "account in a month": counter.listed(accountNumber="A1", month="2025-11"),
        "reversed": counter.listed(status="reversed", **_ALL),
        "completed": counter.listed(status="completed", month="2025-12"),
        "receipt": counter.listed(receiptNumber="or-main-000003"),
        "receipt of another day": counter.listed(receiptNumber="OR-MAIN-000003", month="2025-12"),
        "receipt of another account": counter.listed(receiptNumber="OR-MAIN-000003", accountNumber="A2"),
        "together": counter.listed(accountNumber="A1", method="cash", status="completed", minAmount="30.00", **_ALL),
    }
    assert found == {
        "now": ["60.00"],
        "month": ["40.00", "30.00", "20.00"],
        "all": ["60.00", "50.00", "40.00", "30.00", "20.00", "10.00"],
        "days": ["30.00", "20.00", "10.00"],
        "since": ["60.00", "50.00"],
        "until": ["30.00", "20.00"],
        "method": ["40.00", "20.00"],
        "account": ["60.00", "40.00", "30.00", "10.00"],
        "account in a month": ["40.00", "30.00"],
        "reversed": ["50.00"],
        "completed": [],
        "receipt": ["30.00"],
        "receipt of another day": [],
        "receipt of another account": [],
        "together": ["60.00", "30.00"],
    }


@pytest.mark.covers("S2-072", "S2-073", "S2-075", "S2-076", "S2-409")
def test_an_account_officer_filters_by_consumer_days_method_and_amount(counter: Counter) -> None:
    found = {
        "name": counter.listed(q="pen", **_ALL),
        "both words": counter.listed(q="REYES peña", **_ALL),
        "no such name": counter.listed(q="reyes ben", **_ALL),
        "id": counter.listed(consumerId=counter.people["A2"], **_ALL),
        "days": counter.listed(**{"from": "2025-11-15", "to": "2025-11-30"}),
        "method": counter.listed(method="cash", **_ALL),
        "amounts": counter.listed(minAmount="20.00", maxAmount="40.00", **_ALL),
    }
    assert found == {
        "name": ["50.00", "20.00"],
        "both words": ["50.00", "20.00"],
        "no such name": [],
        "id": ["50.00", "20.00"],
        "days": ["40.00", "30.00"],
        "method": ["60.00", "50.00", "30.00", "10.00"],
        "amounts": ["40.00", "30.00", "20.00"],
    }


@pytest.mark.parametrize("query", [{}, {"method": "cash"}, {"q": "Reyes"}, {"accountNumber": "A1"}])
def test_pages_of_payments_hold_each_once(counter: Counter, query: dict[str, str]) -> None:
    whole = counter.listed(**query, **_ALL)
    for limit in (1, 2, 5):
        amounts: list[str] = []
        at: dict[str, str] = {}
        while True:
            page = counter.staff.get(f"{counter.base}/payments", limit=limit, **query, **_ALL, **at).expect(200)
            assert len(page["items"]) <= limit
            amounts += [each["amount"] for each in page["items"]]
            if page["nextCursor"] is None:
                break
            at = {"cursor": page["nextCursor"]}
        assert amounts == whole


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"month": "2025-11", "from": "2025-11-01"}, "bad-filter"),
        ({"from": "2025-11-02", "to": "2025-11-01"}, "bad-day"),
        ({"from": "2024-11-01", "to": "2025-11-02"}, "bad-day"),
        ({"q": "..."}, "nothing-to-find"),
        ({"minAmount": "1.001"}, "bad-amount"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(counter: Counter, query: dict[str, str], code: str) -> None:
    assert counter.staff.get(f"{counter.base}/payments", **query).expect(400)["code"] == code
    counter.staff.get(f"{counter.base}/payments", accountNumber="A9").expect(404)


def test_a_year_of_days_is_listed(counter: Counter) -> None:
    assert len(counter.listed(**{"from": "2025-01-31", "to": "2026-01-31"})) == 6

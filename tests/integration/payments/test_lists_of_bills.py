"""Lists of bills by what they are right after payments, late charges and reversals."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.office import FLAT, Office


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Street(Office):
    """Four connections that owe 150.00 each for November, due on the 20th; 10 % is charged after that."""

    def __init__(self, app: Chalice, api: Api) -> None:
        super().__init__(app, api, FLAT, today="2025-11-01")
        version = self.staff.get(self.base).expect(200)["version"]
        payments = {"partPayments": True, "overpayment": "refuse"}
        late = {"kind": "percent", "percent": "10"}
        change = {"payments": payments, "lateCharge": late, "due": {"day": 20, "month": "period"}}
        self.staff.patch(f"{self.base}/settings", {"version": version, "settings": change}).expect(200)
        for account in ("A1", "A2", "A3", "A4"):
            self.connect(account, consumer=self.consumer("Ana"), initialReading="0")
            self.read(account, "2025-11-05", "10")
        self.ids = {bill["accountNumber"]: bill["id"] for bill in self.run("2025-11")}

    def pay(self, account: str, **more: str) -> str:
        body = {"method": "cash", "bills": [{"billId": self.ids[account]}]}
        return str(self.staff.post(f"{self.base}/payments", body | more).expect(201)["id"])

    def listed(self, **query: str) -> dict[str, tuple[Any, ...]]:
        bills = self.staff.get(f"{self.base}/bills", period="2025-11", **query).expect(200)["items"]
        names = ("status", "lateCharge", "paid", "amountDue")
        return {bill["accountNumber"]: tuple(bill[name] for name in names) for bill in bills}


def test_a_list_shows_what_is_due_right_after_payments(app: Chalice, api: Api) -> None:
    street = Street(app, api).on("2025-11-10")
    street.pay("A1")
    part = street.pay("A2", amount="50.00")
    expected = {
        "A1": ("paid", "0.00", "150.00", "0.00"),
        "A2": ("partial", "0.00", "50.00", "100.00"),
        "A3": ("open", "0.00", "0.00", "150.00"),
        "A4": ("open", "0.00", "0.00", "150.00"),
    }
    assert street.listed() == expected
    assert [each["status"] for each in street.bills_of("A2")] == ["partial"]
    lists = {status: list(street.listed(status=status)) for status in ("open", "partial", "paid", "overdue", "unpaid")}
    assert lists == {
        "open": ["A3", "A4"],
        "partial": ["A2"],
        "paid": ["A1"],
        "overdue": [],
        "unpaid": ["A2", "A3", "A4"],
    }

    street.on("2025-11-21")
    street.pay("A3")
    street.pay("A4", amount="100.00")
    street.staff.post(f"{street.base}/payments/{part}/reversal", {"reason": "typing_error"}).expect(200)
    assert street.listed(status="overdue") == {
        "A2": ("overdue", "0.00", "0.00", "150.00"),
        "A4": ("overdue", "15.00", "100.00", "65.00"),
    }
    assert street.listed(status="paid") == {
        "A1": ("paid", "0.00", "150.00", "0.00"),
        "A3": ("paid", "15.00", "165.00", "0.00"),
    }
    assert street.listed(status="partial") == {}
    assert list(street.listed(status="unpaid")) == ["A2", "A4"]

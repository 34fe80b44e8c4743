"""A counter to pay at: an office with a bill of 275.00, rules for late charges, and settings of payments."""

from typing import Any

from chalice.app import Chalice

from tests.support.http import Api
from tests.support.office import FLAT, Office

S3: dict[str, Any] = {"lateCharge": {"kind": "percent", "percent": "10", "cap": "500.00"}}
S3_PAYMENTS = {
    "methods": [{"name": "cash"}, {"name": "check", "needs": ["checkNumber"]}],
    "partPayments": False,
    "overpayment": "change",
    "receipts": {"form": "dated", "prefix": "OR"},
}
PARTS = {"partPayments": True, "overpayment": "refuse", "receipts": {"form": "series", "prefix": "OR"}}


class Counter(Office):
    """An office with a connection whose bill of 275.00 is due on 20 November 2025."""

    def __init__(self, app: Chalice, api: Api, *, late: dict[str, Any] | None, payments: dict[str, Any]) -> None:
        rate = [{"kind": "usage", "code": "use", "label": "Use", "rate": "22.50"}, FLAT[1]]
        super().__init__(app, api, rate, today="2025-10-01")
        project = self.staff.get(self.base).expect(200)
        changes = {"lateCharge": late, "payments": payments, "due": {"day": 20, "month": "period"}}
        self.staff.patch(f"{self.base}/settings", {"version": project["version"], "settings": changes}).expect(200)
        self.ana = self.consumer("Ana")
        self.connect("A1", consumer=self.ana, initialReading="0")
        self.read("A1", "2025-11-05", "10")
        [self.first] = self.run("2025-11")
        assert (self.first["total"], self.first["dueOn"]) == ("275.00", "2025-11-20")

    def pay(self, *bills: str, **more: Any) -> Any:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": bill} for bill in bills or (self.first["id"],)]}
        return self.staff.post(f"{self.base}/payments", body | more)

    def owed(self, **query: Any) -> dict[str, Any]:  # noqa: ANN401
        [found] = self.staff.get(f"{self.base}/inquiry", **(query or {"accountNumber": "A1"})).expect(200)["items"]
        return dict(found)

    def bill_now(self) -> dict[str, Any]:
        return self.bill(self.first["id"])

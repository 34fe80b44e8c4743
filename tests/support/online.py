"""An office whose consumers pay online, at a simulated gateway."""

from dataclasses import replace
from itertools import count
from typing import Any

from chalice.app import Chalice

from chalicelib.platform import clock
from local.simulated_gateway import Outcome, Paid, callback_of
from tests.support.http import Api, Reply
from tests.support.office import FLAT, Office
from tests.support.utilities import PASSWORD

CALLBACKS = "/api/gateway/callbacks"
_logins = count(1)

S2_PAYMENTS: dict[str, Any] = {
    "methods": [{"name": "cash"}, {"name": "online", "needs": ["upiId"], "online": True}],
    "partPayments": False,
    "overpayment": "refuse",
    "receipts": {"form": "given", "prefix": "RCPT"},
}
TEN_PERCENT: dict[str, Any] = {"kind": "percent", "percent": "10"}


class Online(Office):
    """An office with Ana's bill of 275.00, due on 20 November 2025; Ana signs in, and Ben does."""

    def __init__(self, app: Chalice, api: Api, **payments: Any) -> None:  # noqa: ANN401
        rate = [{"kind": "usage", "code": "use", "label": "Use", "rate": "22.50"}, FLAT[1]]
        super().__init__(app, api, rate, today="2025-10-01")
        project = self.staff.get(self.base).expect(200)
        changes = {
            "lateCharge": TEN_PERCENT,
            "payments": S2_PAYMENTS | payments,
            "due": {"day": 20, "month": "period"},
        }
        self.staff.patch(f"{self.base}/settings", {"version": project["version"], "settings": changes}).expect(200)
        self._logins: dict[str, str] = {}
        for name, account in (("Ana", "A1"), ("Ben", "B1")):
            consumer = self.consumer(name)
            self.connect(account, consumer=consumer, initialReading="0")
            self._logins[name] = f"payer{next(_logins)}"
            body = {"login": self._logins[name], "password": PASSWORD}
            self.staff.post(f"{self.utility.consumers}/{consumer}/login", body).expect(201)
        self.read("A1", "2025-11-05", "10")
        self.read("B1", "2025-11-05", "20")
        self.first, self.bens = sorted(self.run("2025-11"), key=lambda bill: str(bill["accountNumber"]))
        assert self.first["total"] == "275.00"

    def as_consumer(self, name: str = "Ana") -> Api:
        return self.utility.api.sign_in(self.utility.client, self._logins[name], PASSWORD)

    def asks(self, *bills: str, by: str = "Ana", key: str | None = None, **more: Any) -> Reply:  # noqa: ANN401
        body = {"method": "online", "upiId": "ana@upi", "bills": [{"billId": each} for each in bills]} | more
        body["bills"] = body["bills"] or [{"billId": self.first["id"]}]
        return self.as_consumer(by).post(f"{self.base}/online-payments", body, key=key)

    def starts(self, *bills: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        started: dict[str, Any] = self.asks(*bills, **more).expect(201)
        return started

    def paid(self, started: dict[str, Any], outcome: Outcome = "completed", **changes: Any) -> Paid:  # noqa: ANN401
        told = Paid(
            pay_at=started["payAt"],
            outcome=outcome,
            amount=started["amount"],
            currency=started["currency"],
            at=clock.now(),
        )
        return replace(told, **changes)

    def tell(self, paid: Paid, **headers: str) -> Reply:
        """Send the gateway's callback; headers that are given take the place of what would be right."""
        right, body = callback_of(paid, sent_at=clock.now())
        return self.utility.api.send("POST", CALLBACKS, body, right | headers)

    def completes(self, started: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        told: dict[str, Any] = self.tell(self.paid(started, **changes)).expect(200)
        return told

    def pays_at_the_counter(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": self.first["id"]}]} | more
        done: dict[str, Any] = self.staff.post(f"{self.base}/payments", body).expect(201)
        return done

    def seen(self, started: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.staff.get(f"{self.base}/online-payments/{started['id']}").expect(200)
        return found

    def payments(self, account: str = "A1") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.staff.get(f"{self.path(account)}/payments").expect(200)["items"]
        return found

    def owed(self, account: str = "A1") -> dict[str, Any]:
        [found] = self.staff.get(f"{self.base}/inquiry", accountNumber=account).expect(200)["items"]
        return dict(found)

    def needing_attention(self) -> list[str]:
        page = self.staff.get(f"{self.base}/online-payments", needsAttention="true").expect(200)
        return [each["id"] for each in page["items"]]

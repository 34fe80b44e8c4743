"""An office whose bills turn out to be wrong."""

from decimal import Decimal
from typing import Any

from chalice.app import Chalice

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.ledger import repository as ledger
from chalicelib.ledger.domain import bill_violations, credit_violations, fold_violations
from tests.support.http import Api
from tests.support.office import FLAT, Office

PAYMENTS = {"partPayments": True, "overpayment": "refuse", "receipts": {"form": "series", "prefix": "OR"}}


class Corrected(Office):
    """An office with a connection whose 1590 was misread as 1690 and billed: 1950.00, due on 20 October 2025 (B12)."""

    def __init__(
        self,
        app: Chalice,
        api: Api,
        *,
        late: dict[str, Any] | None = None,
        charges: list[dict[str, Any]] = FLAT,
        misread: bool = True,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(app, api, charges, today="2025-09-01", **settings)
        project = self.staff.get(self.base).expect(200)
        changes = {"lateCharge": late, "payments": PAYMENTS, "due": {"day": 20, "month": "period"}}
        self.staff.patch(f"{self.base}/settings", {"version": project["version"], "settings": changes}).expect(200)
        self.true_value = Decimal(1590)
        self.seen = ""
        self.ana = self.consumer("Ana")
        if not misread:
            return
        self.connect("A1", consumer=self.ana, initialReading="1500")
        self.reading = self.read("A1", "2025-10-05", "1690")
        [self.first] = self.run("2025-10")
        assert (self.first["total"], self.first["dueOn"]) == ("1950.00", "2025-10-20")

    def pay(self, bill_id: str, amount: str, **more: Any) -> Any:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": bill_id}], "amount": amount}
        return self.staff.post(f"{self.base}/payments", body | more)

    def void(self, bill_id: str, **more: Any) -> Any:  # noqa: ANN401
        return self.staff.post(f"{self.base}/bills/{bill_id}/void", {"reason": "Misread"}, **more)

    def owed(self, account: str = "A1") -> tuple[str, str]:
        [found] = self.staff.get(f"{self.base}/inquiry", accountNumber=account).expect(200)["items"]
        return found["amountDue"], found["credit"]

    def put_right(self, reading: str, value: str) -> None:
        path = f"{self.base}/readings/{reading}"
        day = self.staff.get(path).expect(200)["readOn"]
        self.staff.put(path, {"reading": value, "readOn": day}).expect(200)

    def preview(self, *readings: tuple[str, str], **more: Any) -> Any:  # noqa: ANN401
        body = {"readings": [{"readingId": one, "reading": value} for one, value in readings], "reason": "Misread"}
        return self.staff.post(f"{self.base}/corrections/preview", body | more)

    def correct(self, *readings: tuple[str, str], key: str | None = None, **more: Any) -> Any:  # noqa: ANN401
        """Preview a correction, and carry it out."""
        digest = self.preview(*readings).expect(200)["digest"]
        body = {"readings": [{"readingId": one, "reading": value} for one, value in readings], "reason": "Misread"}
        return self.staff.post(f"{self.base}/corrections", body | {"digest": digest} | more, key=key)

    def broken(self, *accounts: str) -> list[str]:
        """Return which invariants the books of some accounts break, in sentences."""
        project = self.utility.context().project
        said: list[str] = []
        for account in accounts or ("A1",):
            theirs = list(bills.bills_of_account(project, account))
            entries = list(ledger.entries_between(project, account, None, None))
            said += [each for bill in theirs for each in (*bill_violations(bill), *fold_violations(bill, entries))]
            positions = ledger.positions_of(project, account)
            said += [each for position in positions for each in credit_violations(position, entries)]
            due = sum(bill.amount_due.minor for bill in theirs) - sum(each.credit_minor for each in positions)
            owed = sum(bill.total.minor for bill in theirs) + sum(each.owed_minor for each in entries)
            said += [f"{account}: {due} is due, its bills and entries add up to {owed}"] if due != owed else []
            said += [f"{bill.id} has no successor" for bill in theirs if bill.successor and not self._is_there(bill)]
            closing = [bill.reading_id for bill in theirs if bill.is_standing and bill.has_reading]
            said += [f"two bills of {one} stand" for one in set(closing) if closing.count(one) > 1]
        return said

    def _is_there(self, bill: Bill) -> bool:
        return bills.find_bill(self.utility.context().project, str(bill.successor)) is not None

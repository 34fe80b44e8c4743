"""A consumer's own payments and what they owe, over HTTP: over all their connections, former ones too."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.office import FLAT, Office
from tests.support.utilities import PASSWORD


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Home(Office):
    """Ana's office with connections A1 to A3, each with a bill for November 2025; Ben will have A3."""

    def __init__(self, app: Chalice, api: Api) -> None:
        super().__init__(app, api, FLAT, today="2025-11-01")
        version = self.staff.get(self.base).expect(200)["version"]
        change = {"version": version, "settings": {"payments": {"partPayments": True, "overpayment": "refuse"}}}
        self.staff.patch(f"{self.base}/settings", change).expect(200)
        self.people = {name: self.consumer(name) for name in ("Ana", "Ben")}
        for name, consumer in self.people.items():
            login = {"login": name.lower(), "password": PASSWORD}
            self.staff.post(f"{self.utility.consumers}/{consumer}/login", login).expect(201)
        for account in ("A1", "A2", "A3"):
            self.connect(account, consumer=self.people["Ana"], initialReading="0")
            self.read(account, "2025-11-05", "10")
        self.bills = {bill["accountNumber"]: bill["id"] for bill in self.run("2025-11")}

    def sign_in(self, name: str) -> Api:
        return self.utility.api.sign_in(self.utility.client, name, PASSWORD)

    def pay(self, day: str, *bills: str, **more: Any) -> str:  # noqa: ANN401
        self.on(day)
        body = {"method": "cash", "bills": [{"billId": bill} for bill in bills]}
        return str(self.staff.post(f"{self.base}/payments", body | more).expect(201)["id"])

    def advance(self, day: str, account: str) -> str:
        self.on(day)
        body = {"accountNumber": account, "amount": "20.00", "method": "cash"}
        return str(self.staff.post(f"{self.base}/advances", body).expect(201)["id"])


@pytest.fixture
def home(app: Chalice, api: Api) -> Home:
    return Home(app, api)


def _pages(who: Api, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    at: dict[str, str] = {}
    while True:
        page = who.get("/api/me/payments", limit=limit, **at).expect(200)
        pages.append([each["id"] for each in page["items"]])
        if page["nextCursor"] is None:
            return pages
        at = {"cursor": page["nextCursor"]}


def test_pages_of_my_payments_hold_each_once_the_newest_first(home: Home) -> None:
    one, two, three = home.bills["A1"], home.bills["A2"], home.bills["A3"]
    made = [
        home.pay("2025-11-06", one, amount="10.00"),
        home.pay("2025-11-07", one, two, amount="160.00"),
        home.advance("2025-11-08", "A3"),
        home.pay("2025-11-09", three),
        home.pay("2025-11-10", two),
    ]
    path = f"{home.base}/payments/{made[3]}/reversal"
    home.staff.post(path, {"reason": "typing_error"}).expect(200)
    ana = home.sign_in("ana")
    for limit in (1, 2, 3, 5, 50):
        assert [each for page in _pages(ana, limit) for each in page] == made[::-1]
    shown = ana.get("/api/me/payments").expect(200)["items"]
    assert [each["status"] for each in shown] == ["completed", "reversed", "completed", "completed", "completed"]
    assert [share["billId"] for share in shown[3]["bills"]] == [one, two], "one payment of two connections"
    assert _pages(home.sign_in("ben"), 5) == [[]]


def test_a_cursor_of_my_payments_is_of_no_other_consumer(home: Home) -> None:
    home.pay("2025-11-06", home.bills["A1"])
    home.pay("2025-11-07", home.bills["A2"])
    cursor = home.sign_in("ana").get("/api/me/payments", limit=1).expect(200)["nextCursor"]
    refused = home.sign_in("ben").get("/api/me/payments", cursor=cursor).expect(400)
    assert refused["code"] == "bad-cursor"


def test_what_was_paid_and_is_owed_for_a_former_connection_stays_its_former_consumers(home: Home) -> None:
    paid = home.pay("2025-11-06", home.bills["A3"], amount="100.00")
    home.advance("2025-11-07", "A1")
    done = home.hand_over("A3", "2025-11-10", home.people["Ben"], finalReading="12")
    final = home.bill(done["finalBillId"])
    ana, ben = home.sign_in("ana"), home.sign_in("ben")
    assert paid in _pages(ana, 50)[0]
    assert _pages(ben, 50) == [[]]
    owed = ana.get("/api/me/owed").expect(200)
    dues = {each["accountNumber"]: [bill["billId"] for bill in each["bills"]] for each in owed["items"]}
    assert dues == {"A1": [home.bills["A1"]], "A2": [home.bills["A2"]], "A3": [home.bills["A3"], final["id"]]}
    total = Decimal("350.00") + Decimal(final["total"])
    assert owed["totals"] == [{"currency": "PHP", "amountDue": str(total), "credit": "20.00"}]
    assert ben.get("/api/me/owed").expect(200)["totals"] == [{"currency": "PHP", "amountDue": "0.00", "credit": "0.00"}]

    home.pay("2025-11-11", home.bills["A3"], final["id"])
    owed = home.sign_in("ana").get("/api/me/owed").expect(200)
    assert [each["accountNumber"] for each in owed["items"]] == ["A1", "A2"], "nothing is owed at the former one"


def test_a_former_consumer_still_sees_the_statement_and_payments_of_a_connection(home: Home) -> None:
    paid = home.pay("2025-11-06", home.bills["A3"], amount="100.00")
    home.hand_over("A3", "2025-11-10", home.people["Ben"], finalReading="12")
    home.read("A3", "2025-12-05", "30")
    home.run("2025-12")
    final = next(bill["total"] for bill in home.bills_of("A3") if bill["kind"] == "final")
    ana, ben = home.sign_in("ana"), home.sign_in("ben")
    path = f"{home.base}/connections/A3"
    assert [each["id"] for each in ana.get(f"{path}/payments").expect(200)["items"]] == [paid]
    assert [each["kind"] for each in ana.get(f"{path}/entries").expect(200)["items"]] == ["payment"]
    assert ana.get(f"{path}/statement").expect(200)["closing"] == str(Decimal("50.00") + Decimal(final))
    assert ana.get(f"{path}/adjustments").expect(200)["items"] == []
    [bill] = [each for each in home.bills_of("A3") if each["period"] == "2025-12"]
    assert ben.get(f"{path}/statement").expect(200)["closing"] == bill["total"]
    ana.get(path).expect(404)
    ana.get(f"{path}/statement", consumerId=home.people["Ben"]).expect(404)

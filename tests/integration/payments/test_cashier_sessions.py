"""A cashier's day over HTTP: the float, what is taken, the count, the closing, and the cash that is handed over."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.platform import clock
from tests.support.http import Api
from tests.support.meter import metered
from tests.support.office import FLAT, Office
from tests.support.utilities import PASSWORD

METHODS = [{"name": "cash"}, {"name": "check", "needs": ["checkNumber"]}]
SERIES = {"form": "series", "prefix": "OR"}
PAYMENTS = {"methods": METHODS, "overpayment": "change", "receipts": SERIES, "desks": ["MAIN", "MARKET"]}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    clock.use_time(None)


class Counter(Office):
    """An office with connections A1 to A3, each with a bill of 150.00, and people who take money."""

    def __init__(self, app: Chalice, api: Api, **payments: Any) -> None:  # noqa: ANN401
        super().__init__(app, api, FLAT, today="2025-10-01")
        project = self.staff.get(self.base).expect(200)
        changes = {"payments": PAYMENTS | payments}
        self.staff.patch(f"{self.base}/settings", {"version": project["version"], "settings": changes}).expect(200)
        self.ids: dict[str, str] = {}
        ana = self.consumer("Ana")
        for account in ("A1", "A2", "A3"):
            self.connect(account, consumer=ana, initialReading="0")
            self.read(account, "2025-11-05", "10")
        self.bills = [bill["id"] for bill in self.run("2025-11")]
        self.on("2025-11-10")

    def person(self, login: str, role: str = "cashier") -> Api:
        """Sign somebody in, whom the administrator registers first."""
        if login not in self.ids:
            users = f"/api/clients/{self.utility.client}/users"
            body = {"login": login, "name": login.title(), "password": PASSWORD, "role": role}
            self.ids[login] = str(self.staff.post(users, body).expect(201)["id"])
        return self.utility.api.sign_in(self.utility.client, login, PASSWORD)

    @property
    def sessions(self) -> str:
        return f"{self.base}/cashier-sessions"

    def pay(self, who: Api, bill: int, **more: Any) -> Any:  # noqa: ANN401
        body = {"method": "cash", "bills": [{"billId": self.bills[bill]}]}
        return who.post(f"{self.base}/payments", body | more)

    def opened(self, who: Api, *, desk: str = "MAIN", opening: str = "100.00") -> str:
        made = who.post(self.sessions, {"desk": desk, "float": opening}).expect(201)
        return f"{self.sessions}/{made['id']}"


@pytest.fixture
def counter(app: Chalice, api: Api) -> Counter:
    return Counter(app, api)


def _shown(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def _cash(session: dict[str, Any]) -> tuple[Any, ...]:
    [cash] = [each for each in session["methods"] if each["method"] == "cash"]
    return _shown(cash, "takenCount", "taken", "changeGiven", "reversedCount", "reversed")


def test_a_day_at_the_desk(counter: Counter) -> None:
    lita, maria = counter.person("lita"), counter.person("maria", "manager")
    opened = lita.post(counter.sessions, {"desk": "MAIN", "float": "100.00"}, key="morning").expect(201)
    assert _shown(opened, "status", "desk", "cashierName", "float", "expected", "openedOn", "methods") == (
        "open", "MAIN", "Lita", "100.00", "100.00", "2025-11-10", [],
    )  # fmt: skip
    assert lita.post(counter.sessions, {"desk": "MAIN", "float": "100.00"}, key="morning").expect(201) == opened
    session = f"{counter.sessions}/{opened['id']}"

    paid = counter.pay(lita, 0, received="200.00").expect(201)
    assert _shown(paid, "cashierSessionId", "desk", "change") == (opened["id"], "MAIN", "50.00")
    counter.pay(lita, 1, method="check", checkNumber="7").expect(201)
    advance = {"accountNumber": "A3", "amount": "20.00", "method": "cash"}
    lita.post(f"{counter.base}/advances", advance).expect(201)
    batch = {"payments": [{"method": "cash", "bills": [{"billId": counter.bills[2]}]}]}
    lita.post(f"{counter.base}/payments/batch", batch).expect(200)

    now = lita.get(session).expect(200)
    assert _cash(now) == (3, "320.00", "50.00", 0, "0.00")
    assert [_shown(each, "method", "takenCount", "taken") for each in now["methods"]] == [
        ("cash", 3, "320.00"),
        ("check", 1, "150.00"),
    ]
    assert now["expected"] == "420.00", "a check is no cash"

    counted = lita.post(f"{session}/count", {"denominations": {"100.00": 4, "5.00": 3}}).expect(200)["lastCount"]
    assert _shown(counted, "cash", "expected", "difference") == ("415.00", "420.00", "-5.00")
    assert counted["denominations"] == {"100.00": 4, "5.00": 3}

    refused = lita.post(f"{session}/closing", {"counted": "415.00"}).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("reason-missing", "reason")
    body = {"counted": "415.00", "reason": "Gave 5.00 too much change"}
    closed = lita.post(f"{session}/closing", body, key="evening").expect(200)
    assert _shown(closed, "status", "expected", "counted", "difference", "reason", "closedByName") == (
        "closed", "420.00", "415.00", "-5.00", "Gave 5.00 too much change", "Lita",
    )  # fmt: skip
    assert lita.post(f"{session}/closing", body, key="evening").expect(200) == closed
    assert lita.post(f"{session}/closing", body).expect(409)["code"] == "session-closed"
    assert lita.post(f"{session}/count", {"cash": "415.00"}).expect(409)["code"] == "session-closed"

    handed = lita.post(f"{session}/handover", {"to": counter.ids["maria"], "amount": "315.00"}).expect(200)
    assert _shown(handed, "status", "handedOver", "handedOverToName") == ("handed_over", "315.00", "Maria")
    lita.post(f"{session}/handover/acceptance").expect(403)
    accepted = maria.post(f"{session}/handover/acceptance").expect(200)
    assert _shown(accepted, "status", "acceptedAt") == ("accepted", "2025-11-10T01:00:00.000Z")
    assert maria.post(f"{session}/handover/acceptance").expect(200) == accepted
    again = lita.post(f"{session}/handover", {"to": counter.ids["maria"], "amount": "1.00"}).expect(409)
    assert again["code"] == "cash-accepted"


def test_cash_that_fits_needs_no_reason(counter: Counter) -> None:
    lita = counter.person("lita")
    session = counter.opened(lita)
    counter.pay(lita, 0).expect(201)
    closed = lita.post(f"{session}/closing", {"counted": "250.00"}).expect(200)
    assert _shown(closed, "difference", "reason") == ("0.00", None)


def test_one_session_is_open_for_a_cashier_and_for_a_desk(counter: Counter) -> None:
    lita, berto = counter.person("lita"), counter.person("berto")
    session = counter.opened(lita)
    assert lita.post(counter.sessions, {"desk": "MARKET", "float": "0"}).expect(409)["code"] == "session-open"
    assert berto.post(counter.sessions, {"desk": "MAIN", "float": "0"}).expect(409)["code"] == "desk-taken"
    assert berto.post(counter.sessions, {"desk": "BANK", "float": "0"}).expect(400)["code"] == "bad-desk"
    assert berto.post(counter.sessions, {"desk": "MARKET", "float": "-1.00"}).expect(400)["code"] == "bad-amount"
    lita.post(f"{session}/closing", {"counted": "100.00"}).expect(200)
    counter.opened(berto)
    counter.opened(lita, desk="MARKET")


def test_a_payment_is_at_the_desk_of_the_session(counter: Counter) -> None:
    lita = counter.person("lita")
    session = counter.opened(lita, desk="MARKET")
    assert counter.pay(lita, 0).expect(201)["receiptNumber"] == "OR-MARKET-000001"
    assert counter.pay(lita, 1).expect(201)["receiptNumber"] == "OR-MARKET-000002"
    elsewhere = counter.pay(lita, 2, desk="MAIN").expect(400)
    assert elsewhere["code"] == "other-desk"
    by_mail = counter.pay(lita, 2, desk="MAIN", method="check", checkNumber="8").expect(201)
    assert by_mail["receiptNumber"] == "OR-MAIN-000001"
    assert [each["takenCount"] for each in lita.get(session).expect(200)["methods"]] == [2, 1]


def test_without_a_session_payments_count_in_none_unless_one_is_required(counter: Counter) -> None:
    lita = counter.person("lita")
    assert counter.pay(lita, 0).expect(201)["cashierSessionId"] is None
    project = counter.staff.get(counter.base).expect(200)
    changes = {"version": project["version"], "settings": {"payments": {"sessions": "required"}}}
    counter.staff.patch(f"{counter.base}/settings", changes).expect(200)
    assert counter.pay(lita, 1).expect(409)["code"] == "no-session"
    advance = {"accountNumber": "A3", "amount": "20.00", "method": "cash"}
    assert lita.post(f"{counter.base}/advances", advance).expect(409)["code"] == "no-session"
    session = counter.opened(lita)
    counter.pay(lita, 1).expect(201)
    lita.post(f"{session}/closing", {"counted": "250.00"}).expect(200)
    refused = counter.pay(lita, 2).expect(409)
    assert refused["code"] == "no-session"


def test_a_cashier_reverses_only_what_the_open_session_took(counter: Counter) -> None:
    lita, berto = counter.person("lita"), counter.person("berto")
    before = counter.pay(lita, 2).expect(201)
    session = counter.opened(lita)
    theirs = counter.opened(berto, desk="MARKET")
    paid = counter.pay(lita, 0).expect(201)
    why = {"reason": "typing_error"}
    berto.post(f"{counter.base}/payments/{paid['id']}/reversal", why).expect(403)
    lita.post(f"{counter.base}/payments/{before['id']}/reversal", why).expect(403)
    done = lita.post(f"{counter.base}/payments/{paid['id']}/reversal", why).expect(200)
    assert done["reversalCashierSessionId"] == done["cashierSessionId"]
    now = lita.get(session).expect(200)
    assert (_cash(now), now["expected"]) == ((1, "150.00", "0.00", 1, "150.00"), "100.00")

    again = counter.pay(lita, 0).expect(201)
    lita.post(f"{session}/closing", {"counted": "250.00"}).expect(200)
    lita.post(f"{counter.base}/payments/{again['id']}/reversal", why).expect(403)
    assert berto.get(theirs).expect(200)["methods"] == []


def test_a_reversal_counts_where_the_money_is(counter: Counter) -> None:
    """Berto reverses no payment of his own; the administrator's session gives back, or else the one that took."""
    lita, chief = counter.person("lita"), counter.person("chief", "admin")
    session = counter.opened(lita)
    first, second, third = (counter.pay(lita, each).expect(201) for each in (0, 1, 2))
    why = {"reason": "wrong_account"}
    done = chief.post(f"{counter.base}/payments/{first['id']}/reversal", why).expect(200)
    assert done["reversalCashierSessionId"] == first["cashierSessionId"]
    assert lita.get(session).expect(200)["expected"] == "400.00"

    own = counter.opened(chief, desk="MARKET")
    chief.post(f"{counter.base}/payments/{second['id']}/reversal", why).expect(200)
    assert chief.get(own).expect(200)["expected"] == "-50.00"
    assert lita.get(session).expect(200)["expected"] == "400.00"
    chief.post(f"{own}/closing", {"counted": "0.00", "reason": "Paid out of pocket"}).expect(200)

    lita.post(f"{session}/closing", {"counted": "400.00"}).expect(200)
    done = chief.post(f"{counter.base}/payments/{third['id']}/reversal", why).expect(200)
    assert done["reversalCashierSessionId"] is None
    assert lita.get(session).expect(200)["expected"] == "400.00", "a closed session stays as it is"


def test_sessions_are_listed_by_day_by_cashier_and_open_ones(counter: Counter) -> None:
    lita = counter.person("lita")
    first = counter.opened(lita)
    lita.post(f"{first}/closing", {"counted": "100.00"}).expect(200)
    counter.on("2025-11-11")
    lita, berto = counter.person("lita"), counter.person("berto")
    second = counter.opened(lita)
    third = counter.opened(berto, desk="MARKET")
    counter.pay(berto, 0).expect(201)

    def listed(**query: Any) -> list[str]:  # noqa: ANN401
        found = counter.staff.get(counter.sessions, **query).expect(200)["items"]
        return [f"{counter.sessions}/{each['id']}" for each in found]

    assert listed()[-1] == first
    assert set(listed()) == {first, second, third}
    assert set(listed(day="2025-11-11")) == {second, third}
    assert listed(cashier=counter.ids["lita"]) == [second, first]
    assert listed(cashier=counter.ids["lita"], day="2025-11-10") == [first]
    assert set(listed(open="true")) == {second, third}
    [of_berto] = counter.staff.get(counter.sessions, cashier=counter.ids["berto"]).expect(200)["items"]
    assert of_berto["expected"] == "250.00", "with what it took so far"
    page = counter.staff.get(counter.sessions, limit=2).expect(200)
    rest = counter.staff.get(counter.sessions, limit=2, cursor=page["nextCursor"]).expect(200)
    assert (len(page["items"]), len(rest["items"]), rest["nextCursor"]) == (2, 1, None)


def test_only_supervisors_touch_the_session_of_another(counter: Counter) -> None:
    lita, berto = counter.person("lita"), counter.person("berto")
    maria = counter.person("maria", "manager")
    session = counter.opened(lita)
    berto.post(f"{session}/count", {"cash": "100.00"}).expect(403)
    berto.post(f"{session}/closing", {"counted": "100.00"}).expect(403)
    assert berto.get(session).expect(200)["status"] == "open"
    viewer = counter.utility.as_staff("viewer")
    viewer.get(session).expect(200)
    viewer.post(counter.sessions, {"desk": "MARKET", "float": "0"}).expect(403)
    counter.utility.as_staff("field_staff").get(session).expect(403)
    assert maria.post(f"{session}/closing", {"counted": "100.00"}).expect(200)["closedByName"] == "Maria"
    berto.post(f"{session}/handover", {"to": counter.ids["maria"], "amount": "1.00"}).expect(403)


def test_cash_is_handed_to_somebody_who_may_take_it(counter: Counter) -> None:
    lita, berto = counter.person("lita"), counter.person("berto")
    counter.person("vic", "viewer")
    session = counter.opened(lita)
    give = {"to": counter.ids["berto"], "amount": "100.00"}
    assert lita.post(f"{session}/handover", give).expect(409)["code"] == "session-open"
    lita.post(f"{session}/closing", {"counted": "100.00"}).expect(200)
    berto.post(f"{session}/handover/acceptance").expect(404)
    assert lita.post(f"{session}/handover", give | {"amount": "100.01"}).expect(400)["code"] == "above-counted"
    assert lita.post(f"{session}/handover", give | {"amount": "0.00"}).expect(400)["code"] == "above-counted"
    assert lita.post(f"{session}/handover", give | {"to": counter.ids["lita"]}).expect(400)["code"] == "other-person"
    lita.post(f"{session}/handover", give | {"to": counter.ids["vic"]}).expect(404)
    lita.post(f"{session}/handover", give | {"to": "nobody"}).expect(404)
    lita.post(f"{session}/handover", give).expect(200)
    maria = counter.person("maria", "manager")
    lita.post(f"{session}/handover", give | {"to": counter.ids["maria"]}).expect(200)
    berto.post(f"{session}/handover/acceptance").expect(403)
    maria.post(f"{session}/handover/acceptance").expect(200)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-body"),
        ({"cash": "1.00", "denominations": {"1.00": 1}}, "invalid-body"),
        ({"cash": "-1.00"}, "bad-amount"),
        ({"cash": "1.001"}, "bad-amount"),
        ({"denominations": {"0.00": 1}}, "bad-amount"),
        ({"denominations": {"1.00": -1}}, "invalid-body"),
        ({"denominations": {"1.00": 100_001}}, "invalid-body"),
        ({"denominations": {"ten": 1}}, "bad-amount"),
    ],
)
def test_a_count_is_an_amount_or_pieces(counter: Counter, body: dict[str, Any], code: str) -> None:
    lita = counter.person("lita")
    session = counter.opened(lita)
    assert lita.post(f"{session}/count", body).expect(400)["code"] == code


def test_another_tenant_sees_nothing_of_it(counter: Counter, app: Chalice, api: Api) -> None:
    lita = counter.person("lita")
    session = counter.opened(lita)
    other = Counter(app, api)
    theirs = session.replace(counter.base, other.base)
    stranger = other.person("lita")
    stranger.get(session).expect(404)
    stranger.get(theirs).expect(404)
    stranger.post(f"{theirs}/closing", {"counted": "100.00"}).expect(404)
    other.opened(stranger)
    assert other.pay(stranger, 0).expect(201)["receiptNumber"] == "OR-MAIN-000001"
    assert lita.get(session).expect(200)["methods"] == []


def test_the_log_tells_each_step(counter: Counter) -> None:
    lita, maria = counter.person("lita"), counter.person("maria", "manager")
    session = counter.opened(lita)
    lita.post(f"{session}/count", {"cash": "90.00"}).expect(200)
    lita.post(f"{session}/closing", {"counted": "90.00", "reason": "Bus fare"}).expect(200)
    lita.post(f"{session}/handover", {"to": counter.ids["maria"], "amount": "90.00"}).expect(200)
    maria.post(f"{session}/handover/acceptance").expect(200)
    session_id = session.rpartition("/")[2]
    query = {"subjectKind": "cashier-session", "subjectId": session_id, "projectId": counter.utility.project}
    log = counter.staff.get(f"/api/clients/{counter.utility.client}/audit-log", **query).expect(200)["items"]
    assert {each["action"].partition(".")[2] for each in log} == {
        "opened", "counted", "closed", "handed-over", "accepted",
    }  # fmt: skip
    [closed] = [each for each in log if each["action"] == "cashier-session.closed"]
    assert _shown(closed["after"], "expected", "counted", "reason") == ("100.00", "90.00", "Bus fare")


def test_counting_a_payment_in_a_session_costs_two_write_units(counter: Counter) -> None:
    """One more read in the same request, and one more write in the same transaction; 16 write units in all."""
    lita = counter.person("lita")
    counter.pay(lita, 2).expect(201)  # the first number of a series is an insert
    with metered() as without:
        counter.pay(lita, 0).expect(201)
    counter.opened(lita)
    with metered() as within:
        counter.pay(lita, 1).expect(201)
    assert within.write_units == without.write_units + 2 == 16
    assert within.read_units <= 8
    assert within.requests == without.requests
    assert sum(within.requests.values()) == 5

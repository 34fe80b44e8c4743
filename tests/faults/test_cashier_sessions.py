"""Cashier sessions stopped at every AWS call and tried again, and eight people paying while one session closes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.cashiers import service as cashiers
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.money import Money
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Tender
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from tests.support import table
from tests.support.faults import Death, Mode, faults, just_before_writing, strikes
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

LITA = "01K9R6TGM0T1TA0000000000AA"
ACCOUNTS = 8


@dataclass(frozen=True)
class Place:
    """A utility with connections, and what was stored of it at each stage of a session."""

    utility: Utility
    accounts: tuple[str, ...]
    maria: str

    def as_(self, person: str, role: str, request: str) -> ProjectContext:
        actor = Actor(id=person, role=role, permissions=ROLES[role])
        ctx = self.utility.context(now=NOVEMBER, new_id=derived_ids(request))
        return replace(ctx, actor=actor, request_key=request)

    def lita(self, request: str) -> ProjectContext:
        return self.as_(LITA, "cashier", request)

    @property
    def session(self) -> str:
        return derived_ids("open")()

    @property
    def payment(self) -> str:
        return derived_ids("pay")()

    def open(self) -> None:
        cashiers.open_session(self.lita("open"), desk="MAIN", float_minor=10000)

    def pay(self) -> None:
        tender = Tender(method="cash", amount=Money(5000, "PHP"), received=Money(6000, "PHP"), paid_on=None)
        payments.record_advance(self.lita("pay"), account=self.accounts[0], tender=tender)

    def reverse(self) -> None:
        payments.reverse_payment(self.lita("reverse"), payment_id=self.payment, reason="typing_error")

    def count(self) -> None:
        cashiers.count_cash(self.lita("count"), session_id=self.session, cash_minor=None, pieces={10000: 1, 1: 2})

    def close(self) -> None:
        cashiers.close_session(self.lita("close"), session_id=self.session, counted_minor=10002, reason="Found")

    def hand_over(self) -> None:
        cashiers.hand_cash_over(self.lita("give"), session_id=self.session, to=self.maria, amount_minor=10000)

    def accept(self) -> None:
        cashiers.accept_cash(self.as_(self.maria, "manager", "accept"), session_id=self.session)


STEPS = ("open", "pay", "reverse", "count", "close", "hand_over", "accept")


@pytest.fixture(autouse=True)
def _november(app: Chalice) -> Iterator[None]:
    clock.use_time(lambda: NOVEMBER)
    yield
    clock.use_time(None)


@pytest.fixture(scope="module")
def place(app: Chalice, api: Api) -> Place:
    clock.use_time(lambda: NOVEMBER)
    utility = open_waterworks(api)
    admin = utility.as_staff()
    accounts = [register_connection(admin, utility, f"SM-{n}")["accountNumber"] for n in range(ACCOUNTS)]
    project = admin.get(utility.base).expect(200)
    wanted = {"sessions": "required", "receipts": {"form": "series"}, "overpayment": "change"}
    changes = {"version": project["version"], "settings": {"payments": wanted}}
    admin.patch(f"{utility.base}/settings", changes).expect(200)
    maria = utility.as_staff("manager").get("/api/me").expect(200)["id"]
    return Place(utility, tuple(accounts), maria)


@pytest.fixture
def desk(place: Place) -> Iterator[Place]:
    """The place without what other tests left there."""
    before = table.everything()
    yield place
    table.put_back(before, table.everything())


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_step_stopped_at_any_call_and_tried_again_leaves_the_same_table(desk: Place, step: str) -> None:
    for earlier in STEPS[: STEPS.index(step)]:
        getattr(desk, earlier)()
    before = table.everything()
    act: Callable[[], None] = getattr(desk, step)
    smooth, calls = _play(act, before)
    assert smooth != before, "the step wrote nothing"
    wrong = [
        f"{mode} {calls[at]} (call {at})"
        for mode, at in strikes(calls)
        if _play(act, before, strike_at=at, mode=mode)[0] != smooth
    ]
    assert wrong == []

    def twice() -> None:
        act()
        act()

    assert _play(twice, before)[0] == smooth, "a second time it changes nothing"


def _play(
    act: Callable[[], object], before: table.Items, *, strike_at: int | None = None, mode: Mode = "dies before"
) -> tuple[table.Items, list[str]]:
    """Act until it ends well, and put back what was stored before."""
    with faults(strike_at=strike_at, mode=mode) as watched:
        for _ in range(3):
            try:
                act()
                break
            except (Death, Exception):  # noqa: BLE001 - whatever stops it, it is asked for again
                continue
        else:
            raise AssertionError(f"it never ended well after: {mode} call {strike_at}")
    left = table.everything()
    table.put_back(before, left)
    return left, watched.calls


def _sessions(place: Place) -> str:
    return f"{place.utility.base}/cashier-sessions"


def _advance(place: Place, account: int) -> tuple[str, dict[str, Any]]:
    body = {"accountNumber": place.accounts[account], "amount": "10.00", "method": "cash"}
    return f"{place.utility.base}/advances", body


@pytest.fixture
def opened(desk: Place) -> tuple[Api, str]:
    admin = desk.utility.as_staff()
    listed = admin.get(_sessions(desk), open="true").expect(200)["items"]
    assert listed == []
    made = admin.post(_sessions(desk), {"desk": "MAIN", "float": "0"}).expect(201)
    return admin, f"{_sessions(desk)}/{made['id']}"


def test_a_payment_that_the_closing_overtakes_is_refused_and_takes_no_number(
    desk: Place, opened: tuple[Api, str]
) -> None:
    admin, session = opened

    def close() -> None:
        admin.post(f"{session}/closing", {"counted": "0"}).expect(200)

    with just_before_writing(close):
        refused = admin.post(*_advance(desk, 0)).expect(409)
    assert refused["code"] == "session-closed"
    assert admin.get(f"{desk.utility.base}/payments", month="2025-11").expect(200)["items"] == []
    admin.post(_sessions(desk), {"desk": "MAIN", "float": "0"}).expect(201)
    assert admin.post(*_advance(desk, 0)).expect(201)["receiptNumber"] == "OR-MAIN-000001"


def test_a_closing_that_a_payment_overtakes_counts_it(desk: Place, opened: tuple[Api, str]) -> None:
    admin, session = opened
    with just_before_writing(lambda: admin.post(*_advance(desk, 0)).expect(201)):
        refused = admin.post(f"{session}/closing", {"counted": "0"}).expect(400)
    assert refused["code"] == "reason-missing"
    assert admin.post(f"{session}/closing", {"counted": "10.00"}).expect(200)["difference"] == "0.00"


def test_eight_people_pay_while_the_session_closes(desk: Place, opened: tuple[Api, str]) -> None:
    admin, session = opened
    closed, some_paid = Event(), Event()

    def pay(account: int) -> list[tuple[int, Any]]:
        replies = []
        while not closed.is_set():
            reply = admin.post(*_advance(desk, account))
            replies.append((reply.status, reply.json))
            some_paid.set()
        return [*replies, *((reply.status, reply.json) for reply in [admin.post(*_advance(desk, account))])]

    def close() -> dict[str, Any]:
        some_paid.wait(60)
        for _ in range(50):
            reply = admin.post(f"{session}/closing", {"counted": "5.00", "reason": "Counted in a hurry"})
            if reply.status == 200:
                closed.set()
                return dict(reply.json)
        closed.set()
        raise AssertionError("it was never closed")

    with ThreadPoolExecutor(ACCOUNTS + 1) as people:
        closing = people.submit(close)
        replies = [each for one in list(people.map(pay, range(ACCOUNTS))) for each in one]
    taken = [reply for status, reply in replies if status == 201]
    refused = {reply["code"] for status, reply in replies if status != 201}
    assert refused <= {"session-closed", "no-session", "changed", "busy"}
    assert "no-session" in refused
    [cash] = closing.result()["methods"]
    assert (cash["takenCount"], cash["taken"]) == (len(taken), f"{len(taken)}0.00")
    listed = admin.get(f"{desk.utility.base}/payments", month="2025-11", limit=200).expect(200)["items"]
    assert sorted(each["id"] for each in listed) == sorted(each["id"] for each in taken)
    numbers = sorted(each["receiptNumber"] for each in listed)
    assert numbers == [f"OR-MAIN-{n:06}" for n in range(1, len(taken) + 1)]
    assert {each["cashierSessionId"] for each in listed} == {session.rpartition("/")[2]}
    assert admin.get(session).expect(200) == closing.result()

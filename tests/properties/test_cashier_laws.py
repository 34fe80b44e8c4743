"""Whatever cashiers do, a session's totals are the sum of its payments: over the real services and table."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from chalice.app import Chalice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.cashiers import service as cashiers
from chalicelib.cashiers.domain import CashierSession, Movement, totals_of
from chalicelib.identity.domain import ROLES
from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Conflict, Forbidden
from chalicelib.kernel.money import Money
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, Tender
from chalicelib.platform import clock
from chalicelib.tenancy.domain import ProjectContext
from tests.support.http import Api
from tests.support.utilities import NOVEMBER, Utility, open_waterworks, register_connection

DESKS = ("ONE", "TWO", "THREE")
_rounds = count(1)


@pytest.fixture(scope="module")
def office(app: Chalice, api: Api) -> Iterator[tuple[Utility, str]]:
    clock.use_time(lambda: NOVEMBER)
    utility = open_waterworks(api)
    admin = utility.as_staff()
    account = register_connection(admin, utility, "SM-1")["accountNumber"]
    project = admin.get(utility.base).expect(200)
    wanted = {
        "methods": [{"name": "cash"}, {"name": "upi"}],
        "overpayment": "change",
        "desks": list(DESKS),
        "receipts": {"form": "series"},
    }
    changes = {"version": project["version"], "settings": {"payments": wanted}}
    admin.patch(f"{utility.base}/settings", changes).expect(200)
    yield utility, account
    clock.use_time(None)


class Day:
    """Three people with a desk each, of whom the last is an administrator, and all that they did."""

    def __init__(self, utility: Utility, account: str) -> None:
        number = next(_rounds)
        self.account = account
        self.people = [self._person(utility, f"P{number}-{n}", "admin" if n == 2 else "cashier") for n in range(3)]
        self.open: dict[int, str] = {}
        self.sessions: list[str] = []
        self.paid: list[str] = []

    def _person(self, utility: Utility, name: str, role: str) -> ProjectContext:
        actor = Actor(id=name, role=role, permissions=ROLES[role])
        return replace(utility.context(now=NOVEMBER), actor=actor)

    def turn(self, who: int, opening: int) -> None:
        """Open a session, or close the one that is open."""
        ctx = self.people[who]
        if who in self.open:
            cashiers.close_session(ctx, session_id=self.open.pop(who), counted_minor=opening, reason="Whatever")
        else:
            self.open[who] = cashiers.open_session(ctx, desk=DESKS[who], float_minor=opening).id
            self.sessions.append(self.open[who])

    def pay(self, who: int, method: str, amount: int, change: int) -> None:
        tender = Tender(
            method=method, amount=Money(amount, "PHP"), received=Money(amount + change, "PHP"), paid_on=None
        )
        self.paid.append(payments.record_advance(self.people[who], account=self.account, tender=tender).id)

    def reverse(self, who: int, which: int) -> None:
        if not self.paid:
            return
        payment_id = self.paid[which % len(self.paid)]
        before = self._payment(payment_id)
        ctx, mine = self.people[who], self.open.get(who)
        own = mine is not None and before.cashier_session_id == mine
        try:
            after = payments.reverse_payment(ctx, payment_id=payment_id, reason="typing_error")
        except Conflict:
            assert before.reversal
        except Forbidden:
            assert not own
            assert not ctx.actor.may("payments.reverse")
        else:
            assert own or ctx.actor.may("payments.reverse")
            assert after.reversal
            still_open = before.cashier_session_id in self.open.values()
            counted_in = mine or (before.cashier_session_id if still_open else None)
            assert after.reversal.cashier_session_id == counted_in

    def _payment(self, payment_id: str) -> Payment:
        return payments.get_payment(self.people[2], payment_id=payment_id)

    def check(self) -> None:
        known = [self._payment(each) for each in self.paid]
        for session_id in self.sessions:
            session: CashierSession = cashiers.get_session(self.people[2], session_id=session_id)
            assert session.totals == totals_of(_movements(known, session_id))
            assert (session.closing is None) == (session_id in self.open.values())
        assert all(each.cashier_session_id in {None, *self.sessions} for each in known)

    def end(self) -> None:
        for who in list(self.open):
            self.turn(who, 0)


def _movements(known: list[Payment], session_id: str) -> Iterator[Movement]:
    for each in known:
        amount = each.amount.minor
        if each.cashier_session_id == session_id:
            yield Movement(flow="taken", method=each.method, amount=amount, change=each.change.minor)
        if each.reversal and each.reversal.cashier_session_id == session_id:
            yield Movement(flow="reversed", method=each.method, amount=amount)


_who = st.integers(0, 2)
_steps = st.one_of(
    st.tuples(st.just("turn"), _who, st.integers(0, 10**6)),
    st.tuples(
        st.just("pay"), _who, st.sampled_from(["cash", "upi"]), st.integers(1, 10**9), st.sampled_from([0, 0, 1, 2500])
    ),
    st.tuples(st.just("reverse"), _who, st.integers(0, 20)),
)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(_steps, min_size=3, max_size=14))
def test_totals_are_the_sum_of_the_payments_of_a_session(
    office: tuple[Utility, str], steps: list[tuple[str, int]]
) -> None:
    day = Day(*office)
    try:
        for step, *arguments in steps:
            getattr(day, step)(*arguments)
        day.check()
    finally:
        day.end()
    day.check()

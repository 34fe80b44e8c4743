"""Bills to try the rules of the ledger on, and entries that change them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from chalicelib.bills.domain import Balance, Bill, Consumption, IssueTerms, make_bill, usage_of
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Books, Effect, Entry, EntryKind, post
from chalicelib.tenancy.domain import LateChargeRule
from tests.support.examples import NOW, WATERWORKS, WATERWORKS_BOOK, connection, due_of, reading

DUE = date(2025, 8, 15)

_USED = Consumption.of(reading())
_RATING = WATERWORKS_BOOK.rate("residential", usage_of(WATERWORKS, _USED, connection()))
_BILL = make_bill(WATERWORKS, _USED, connection(), _RATING, IssueTerms("run-1", NOW, None, None, due_of(WATERWORKS)))

S1 = LateChargeRule(kind="percent", percent=Decimal(5), repeats="monthly", grace_days=10, compound=True)
S3 = LateChargeRule(kind="percent", percent=Decimal(10), cap_minor=500_00)
S4 = LateChargeRule(kind="fixed", amount_minor=150_00)

_PERCENTS = st.sampled_from(["0", "0.07", "2.5", "5", "10", "33.333", "100"]).map(Decimal)
_AMOUNTS = st.sampled_from([0, 1, 7_00, 150_00])
_LIMITS = {"cap_minor": st.sampled_from([0, 0, 1, 20_00, 500_00]), "minimum_minor": st.sampled_from([0, 0, 3, 5_00])}
_GRACE = st.sampled_from([0, 0, 1, 5, 10, 30])

rules = st.one_of(
    st.builds(
        LateChargeRule,
        kind=st.just("percent"),
        percent=_PERCENTS,
        repeats=st.sampled_from(["once", "monthly", "daily"]),
        grace_days=_GRACE,
        **_LIMITS,
    ),
    st.builds(
        LateChargeRule,
        kind=st.just("percent"),
        percent=_PERCENTS,
        repeats=st.just("monthly"),
        compound=st.just(True),  # noqa: FBT003 - a strategy
        grace_days=_GRACE,
        **_LIMITS,
    ),
    st.builds(
        LateChargeRule,
        kind=st.just("fixed"),
        amount_minor=_AMOUNTS,
        repeats=st.sampled_from(["once", "monthly", "daily"]),
        grace_days=_GRACE,
        **_LIMITS,
    ),
)
"""Rules for late charges that a project may have."""


def owed(minor: int, *, due_on: date = DUE, **balance: int) -> Bill:
    """Return a bill of so much, in minor units, with a balance."""
    return replace(_BILL, total=Money(minor, "PHP"), due_on=due_on, balance=Balance(**balance))


def entry(
    *effects: Effect,
    kind: EntryKind = "payment",
    on: date = DUE,
    number: int = 1,
    **more: Any,  # noqa: ANN401
) -> Entry:
    """Return an entry of the bill's own account and holder."""
    facts: dict[str, Any] = {
        "id": f"entry-{number}",
        "account": _BILL.account,
        "holder": _BILL.consumer_id,
        "kind": kind,
        "value_on": on,
        "booked_on": on,
        "currency": "PHP",
        "effects": effects,
        "recorded_by": "tester",
        "recorded_at": NOW,
    }
    return Entry(**facts | more)


def after(bill: Bill, *effects: Effect) -> Bill:
    """Return a bill after some effects that one act has: all invariants hold then."""
    return post(Books({bill.id: bill}, {}), [entry(*effects)]).bill(bill.id)


def late_day(days: int) -> date:
    """Return a day so long after the due day."""
    return DUE + timedelta(days=days)

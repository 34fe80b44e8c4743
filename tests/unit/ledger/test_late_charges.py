"""What paying late costs: the figures of the sources, and laws that an independent count keeps to."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bills.domain import Bill
from chalicelib.ledger.domain import (
    NO_CHARGE,
    Effect,
    LateCharge,
    Settled,
    accrued_minor,
    late_charge_on,
    needs_history,
    settled_by,
    step_begins,
    steps_begun,
)
from chalicelib.tenancy.domain import LateChargeRule
from tests.support.owed import DUE, S1, S3, S4, after, entry, late_day, owed, rules

SIMPLE = replace(S1, compound=False)
_HISTORIES = st.lists(st.tuples(st.integers(-40, 150).map(late_day), st.integers(1, 40_00)), max_size=5)
_DAYS = st.integers(-5, 140)


def _charge(rule: LateChargeRule, minor: int, day: date, settled: tuple[Settled, ...] = ()) -> int:
    return late_charge_on(rule, owed(minor), day, settled).minor


@pytest.mark.parametrize(
    ("rule", "day", "minor"),
    [
        (S1, date(2025, 8, 25), 0),
        (S1, date(2025, 8, 26), 1_25),
        (S1, date(2025, 9, 24), 1_25),
        (S1, date(2025, 9, 25), 2_57),
        (SIMPLE, date(2025, 9, 24), 1_25),
        (SIMPLE, date(2025, 9, 25), 2_50),
        (SIMPLE, date(2025, 10, 25), 3_75),
    ],
)
@pytest.mark.covers("S1-012", "S1-013", "S1-014")
def test_25_06_at_5_percent_costs_a_month_s_interest_from_the_day_after_the_grace(
    rule: LateChargeRule, day: date, minor: int
) -> None:
    assert _charge(rule, 25_06, day) == minor


@pytest.mark.parametrize(
    ("rule", "total", "minor"),
    [
        (S3, 275_00, 27_50),
        (S3, 6000_00, 500_00),
        (replace(S3, cap_minor=0), 6000_00, 600_00),
        (LateChargeRule(kind="fixed", amount_minor=50_00), 275_00, 50_00),
        (LateChargeRule(kind="fixed", amount_minor=50_00), 6000_00, 50_00),
        (S4, 200_00, 150_00),
    ],
)
@pytest.mark.covers("S3-048", "S3-052", "S3-053", "S4-023")
def test_what_is_charged_once_is_charged_from_the_day_after_the_due_day_and_never_again(
    rule: LateChargeRule, total: int, minor: int
) -> None:
    assert [_charge(rule, total, late_day(days)) for days in (0, 1, 2, 31, 100)] == [0, *[minor] * 4]


@pytest.mark.covers("S3-051", "S2-294")
def test_days_of_grace_cost_nothing_and_the_day_after_them_does() -> None:
    rule = replace(S3, grace_days=5)
    assert [_charge(rule, 275_00, late_day(days)) for days in (5, 6)] == [0, 27_50]


def test_a_day_costs_at_least_the_minimum_while_anything_is_unpaid() -> None:
    daily = LateChargeRule(kind="percent", percent=Decimal("0.1"), repeats="daily", minimum_minor=50)
    assert [_charge(daily, 275_00, late_day(days)) for days in (1, 3)] == [50, 1_50]
    assert [_charge(daily, 1000_00, late_day(days)) for days in (1, 3)] == [1_00, 3_00]
    assert _charge(daily, 275_00, late_day(3), ((late_day(1), 274_99),)) == 1_50
    assert _charge(daily, 275_00, late_day(3), ((late_day(0), 275_00),)) == 0


def test_months_of_lateness_begin_every_thirty_days() -> None:
    begins = [step_begins(S1, DUE, step) for step in (1, 2, 3)]
    assert begins == [date(2025, 8, 26), date(2025, 9, 25), date(2025, 10, 25)]
    for step, day in enumerate(begins, 1):
        assert (steps_begun(S1, DUE, day - timedelta(days=1)), steps_begun(S1, DUE, day)) == (step - 1, step)


def test_money_of_the_day_on_which_a_step_begins_comes_too_late_for_it() -> None:
    begins = step_begins(SIMPLE, DUE, 1)
    before = begins - timedelta(days=1)
    assert _charge(SIMPLE, 100_00, begins, ((begins, 40_00),)) == 5_00
    assert _charge(SIMPLE, 100_00, begins, ((before, 40_00),)) == 3_00


@pytest.mark.parametrize("total", [0, -5_00])
@given(rule=rules, days=_DAYS)
def test_a_bill_of_nothing_or_less_costs_nothing(total: int, rule: LateChargeRule, days: int) -> None:
    assert late_charge_on(rule, owed(total), late_day(days), ()) == NO_CHARGE
    assert accrued_minor(rule, due_on=DUE, principal_minor=total, settled=(), steps=9) == 0


@given(rule=rules, days=_DAYS)
def test_a_bill_that_is_paid_costs_nothing_more(rule: LateChargeRule, days: int) -> None:
    paid = owed(275_00, paid=275_00, version=1)
    assert late_charge_on(rule, paid, late_day(days), ((DUE, 275_00),)) == NO_CHARGE


@given(rule=rules, total=st.integers(1, 10_000_00), settled=_HISTORIES)
def test_lateness_never_costs_less_as_days_go_by(rule: LateChargeRule, total: int, settled: list[Settled]) -> None:
    costs = [
        accrued_minor(
            rule, due_on=DUE, principal_minor=total, settled=settled, steps=steps_begun(rule, DUE, late_day(days))
        )
        for days in range(100)
    ]
    assert costs == sorted(costs)
    assert costs[0] == 0
    assert not rule.cap_minor or costs[-1] <= rule.cap_minor


@given(rule=rules, total=st.integers(1, 10_000_00), settled=_HISTORIES, days=_DAYS)
def test_an_independent_count_day_by_day_comes_to_the_same(
    rule: LateChargeRule, total: int, settled: list[Settled], days: int
) -> None:
    steps = steps_begun(rule, DUE, late_day(days))
    found = accrued_minor(rule, due_on=DUE, principal_minor=total, settled=settled, steps=steps)
    assert found == _counted_by_days(rule, total, settled, days)


def _counted_by_days(rule: LateChargeRule, total: int, settled: list[Settled], days: int) -> int:
    """Walk through the days, one after the other, as a clerk with a calendar would."""
    exact, rounded, charged = Fraction(0), 0, 0
    for at in range(1, days + 1):
        past_grace = at - (rule.grace_days or 0)
        begins = (
            past_grace >= 1
            and {
                "once": past_grace == 1,
                "monthly": past_grace % 30 == 1,
                "daily": True,
            }[rule.repeats]
        )
        unpaid = total - sum(minor for day, minor in settled if day < late_day(at))
        if not begins:
            continue
        charged += 1
        if unpaid <= 0:
            continue
        share = Fraction(str(rule.percent)) / 100
        cost = Fraction(rule.amount_minor) if rule.kind == "fixed" else unpaid * share
        for _ in range(charged - 1 if rule.compound else 0):
            cost *= 1 + share
        cost = max(cost, Fraction(rule.minimum_minor))
        exact += cost
        rounded += _half_up(cost)
    sum_ = _half_up(exact) if rule.compound or rule.repeats == "daily" else rounded
    return min(sum_, rule.cap_minor) if rule.cap_minor else sum_


def _half_up(amount: Fraction) -> int:
    precise = Context(prec=200)
    value = precise.divide(Decimal(amount.numerator), Decimal(amount.denominator))
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=precise))


@given(
    percent=st.sampled_from(["1", "2.5", "5", "12"]).map(Decimal),
    total=st.integers(1, 10_000_00),
    months=st.integers(1, 24),
)
def test_compound_interest_is_that_of_the_textbook(percent: Decimal, total: int, months: int) -> None:
    rule = LateChargeRule(kind="percent", percent=percent, repeats="monthly", compound=True)
    exact = total * ((1 + Fraction(percent) / 100) ** months - 1)
    assert accrued_minor(rule, due_on=DUE, principal_minor=total, settled=(), steps=months) == _half_up(exact)


@given(
    rule=rules,
    total=st.integers(1, 10_000_00),
    settled=_HISTORIES,
    days=st.lists(st.integers(1, 150), min_size=1, max_size=8).map(sorted),
)
def test_posting_step_by_step_comes_to_the_same_as_posting_at_once(
    rule: LateChargeRule, total: int, settled: list[Settled], days: list[int]
) -> None:
    """Posting what is due on a day in between changes nothing."""
    bill = owed(total)
    for each in days:
        bill = _posted(bill, late_charge_on(rule, bill, late_day(each), settled))
    at_once = late_charge_on(rule, owed(total), late_day(days[-1]), settled)
    assert bill.balance.late == at_once.minor


def _posted(bill: Bill, charge: LateCharge) -> Bill:
    if not charge.minor:
        return bill
    return after(bill, Effect(bill_id=bill.id, late=charge.minor, late_steps=charge.steps))


@given(rule=rules, posted=st.integers(0, 600_00), total=st.integers(1, 10_000_00), days=_DAYS)
def test_what_is_posted_and_what_comes_keep_within_the_cap(
    rule: LateChargeRule, posted: int, total: int, days: int
) -> None:
    """Also where the rule was another when a part was posted."""
    bill = owed(total, late=posted, late_steps=1 if posted else 0, version=1)
    charge = late_charge_on(rule, bill, late_day(days), ())
    assert charge.minor >= 0
    if rule.cap_minor and charge.minor:
        assert bill.balance.late + charge.minor <= rule.cap_minor


@pytest.mark.parametrize(
    ("bill", "needed"),
    [
        (owed(275_00), False),
        (owed(275_00, paid=10_00, version=1), True),
        (owed(275_00, version=2), True),
        (owed(275_00, late=27_50, late_steps=1, version=1), False),
    ],
)
def test_entries_are_read_only_where_they_matter(bill: Bill, *, needed: bool) -> None:
    assert needs_history(S3, bill, late_day(1)) is needed
    assert not needs_history(S3, bill, DUE) or bill.balance.late_steps
    assert not needs_history(None, bill, late_day(1))


def test_the_history_of_a_bill_is_what_entries_settle_of_it_itself() -> None:
    bill = owed(275_00)
    paid = entry(Effect(bill_id=bill.id, paid=100_00, late_paid=27_50), on=late_day(3))
    late = entry(Effect(bill_id=bill.id, late=27_50, late_steps=1), kind="late_charge", on=late_day(3))
    noted = entry(Effect(bill_id=bill.id, credited=5_00), Effect(bill_id="other", paid=1), on=late_day(4))
    assert settled_by([paid, late, noted], bill.id) == [(late_day(3), 72_50), (late_day(4), 5_00)]

"""How money settles a bill, dated back or not, and how it is taken back: nothing is lost, and nothing is made."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bills.domain import Balance, Bill
from chalicelib.ledger.domain import (
    BackDated,
    Effect,
    Settled,
    bill_after,
    bill_violations,
    is_back_dated,
    late_charge_on,
    on_past_day,
    settle,
    settle_back_dated,
    take_back,
)
from chalicelib.tenancy.domain import LateChargeRule
from tests.support.owed import DUE, S1, S3, after, late_day, owed, rules

LATE_27_50: dict[str, Any] = {"late": 27_50, "late_steps": 1, "version": 1}
_TOTALS = st.one_of(st.integers(1, 400_00), st.sampled_from([1, 25_06, 275_00, 6000_00]))


def test_money_of_today_pays_late_charges_first_then_the_bill() -> None:
    bill = owed(275_00, **LATE_27_50)
    done = settle(bill, 100_00)
    assert (done.effect.paid, done.effect.late_paid, done.credit_minor) == (100_00, 27_50, 0)
    bill = after(bill, done.effect)
    assert (bill.amount_due.minor, bill.principal_due.minor) == (202_50, 202_50)


@pytest.mark.parametrize("total", [0, -5_00])
def test_a_bill_of_nothing_or_less_takes_no_money(total: int) -> None:
    done = settle(owed(total), 10_00)
    assert (done.effect.paid, done.credit_minor) == (0, 10_00)


@given(
    total=st.integers(-100, 400_00),
    late=st.integers(0, 50_00),
    waived=st.integers(0, 50_00),
    paid=st.integers(0, 400_00),
    amount=st.integers(0, 900_00),
)
def test_of_any_amount_a_bill_takes_what_is_due_and_the_rest_is_credit(
    total: int, late: int, waived: int, paid: int, amount: int
) -> None:
    late = late if total > 0 else 0
    bill = owed(total, late=late, waived=min(waived, late))
    bill = after(bill, settle(bill, paid).effect)
    due = max(bill.amount_due.minor, 0)
    done = settle(bill, amount)
    assert done.effect.paid + done.credit_minor == amount
    assert done.effect.paid == min(amount, due)
    assert done.effect.late_paid == min(done.effect.paid, bill.balance.late_due)
    assert bill_violations(after(bill, done.effect)) == []


def test_what_was_paid_on_a_late_charge_that_falls_away_pays_the_bill() -> None:
    bill = owed(275_00, **LATE_27_50, paid=100_00, late_paid=27_50)
    history: list[Settled] = [(late_day(5), 72_50)]
    assert is_back_dated(S3, bill, DUE)
    assert on_past_day(S3, bill, DUE, history).due(bill) == 175_00
    done = settle_back_dated(S3, bill, 175_00, DUE, history)
    bill = after(bill, done.money, done.lowered)
    assert (bill.balance.late, bill.balance.late_paid, bill.amount_due.minor) == (10_00, 10_00, 10_00)
    assert done.credit_minor == 0


def test_a_second_payment_of_the_due_day_leaves_the_first_one_of_later_as_credit() -> None:
    bill = owed(275_00, **LATE_27_50, paid=302_50, late_paid=27_50)
    whole = settle_back_dated(S3, bill, 275_00, DUE, [(late_day(5), 275_00)])
    assert (whole.credit_minor, after(bill, whole.money, whole.lowered).balance.late) == (302_50, 0)
    part = settle_back_dated(S3, bill, 175_00, DUE, [(late_day(5), 275_00)])
    assert (part.credit_minor, after(bill, part.money, part.lowered).balance.late) == (192_50, 10_00)


def test_a_waiver_of_a_late_charge_that_falls_away_falls_away_with_it() -> None:
    bill = owed(275_00, **LATE_27_50, waived=27_50)
    done = settle_back_dated(S3, bill, 275_00, DUE, [])
    bill = after(bill, done.money, done.lowered)
    assert (bill.balance.late, bill.balance.waived, bill.amount_due.minor) == (0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "steps", "day", "back"),
    [(S3, 1, DUE, True), (S3, 1, late_day(1), False), (S1, 2, late_day(40), True), (S1, 2, late_day(41), False)],
)
def test_a_payment_is_dated_back_if_it_is_of_a_day_before_a_posted_step(
    rule: LateChargeRule, steps: int, day: date, *, back: bool
) -> None:
    bill = owed(275_00, late=27_50, late_steps=steps)
    assert is_back_dated(rule, bill, day) is back
    assert not is_back_dated(None, bill, day)


def test_nothing_is_dated_back_to_a_bill_whose_late_charge_a_newer_one_took_over() -> None:
    moved = Effect(bill_id="x", moved_out=302_50, late_moved=27_50, successor="y")
    bill = owed(275_00, **LATE_27_50)
    assert is_back_dated(S3, bill, DUE)
    assert not is_back_dated(S3, bill_after(bill, moved), DUE)


def test_a_late_charge_that_moved_in_is_due_but_no_principal() -> None:
    bill = owed(275_00, moved_in=302_50, late_moved_in=27_50)
    assert (bill.amount_due.minor, bill.principal_due.minor) == (577_50, 550_00)
    assert settle(bill, 30_00).effect.late_paid == 27_50
    assert bill_violations(bill_after(bill, Effect(bill_id=bill.id, waived=27_50))) == []
    assert bill_violations(bill_after(bill, Effect(bill_id=bill.id, waived=27_51)))


def test_the_part_of_a_returned_check_is_due_again_and_its_late_charge_stays_due() -> None:
    bill = owed(275_00, **LATE_27_50)
    money = settle(bill, 302_50).effect
    paid = after(bill, money)
    open_again = after(paid, take_back(paid, [money]))
    assert replace(open_again.balance, version=1) == bill.balance


# --- a bill through any number of acts


class Played:
    """A bill, its history, and all money that stands: each act as the services post it."""

    def __init__(self, rule: LateChargeRule, total: int) -> None:
        self.rule, self.bill = rule, owed(total)
        self.day = DUE
        self.history: list[Settled] = []
        self.standing: list[tuple[date, list[Effect], int]] = []
        self.credit = 0

    def pay(self, per_mille: int, days_ago: int) -> None:
        day = late_day((self.day - DUE).days - days_ago)
        if is_back_dated(self.rule, self.bill, day):
            amount = on_past_day(self.rule, self.bill, day, self.history).due(self.bill) * per_mille // 1000
            if amount > 0:
                done = settle_back_dated(self.rule, self.bill, amount, day, self.history)
                assert amount == done.money.paid + done.lowered.paid + done.credit_minor
                self._post(day, [done.money, done.lowered], done.credit_minor)
            return
        charge = late_charge_on(self.rule, self.bill, day, self.history)
        if charge.minor:
            self.bill = after(self.bill, Effect(bill_id=self.bill.id, late=charge.minor, late_steps=charge.steps))
        amount = self.bill.amount_due.minor * per_mille // 1000
        if amount > 0:
            self._post(day, [settle(self.bill, amount).effect], 0)

    def _post(self, day: date, effects: list[Effect], credit: int) -> None:
        self.bill = after(self.bill, *effects)
        self.history += [(day, each.principal_settled) for each in effects]
        self.standing.append((day, effects, credit))
        self.credit += credit

    def reverse(self, at: int) -> None:
        day, effects, credit = self.standing.pop(at % len(self.standing))
        for effect in effects:
            undone = take_back(self.bill, [effect])
            self.bill = after(self.bill, undone)
            self.history.append((day, undone.principal_settled))
        self.credit -= credit

    @property
    def given(self) -> int:
        return sum(sum(effect.paid for effect in effects) + credit for _, effects, credit in self.standing)


_PAY = st.tuples(st.just("pay"), st.integers(1, 1000), st.sampled_from([0, 0, 1, 20, 50]))
_REVERSE = st.tuples(st.just("reverse"), st.integers(0, 9), st.just(0))
_WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 31]), st.just(0))
_ACTS = st.lists(st.one_of(_PAY, _PAY, _REVERSE, _WAIT), max_size=12)


def _played(rule: LateChargeRule, total: int, acts: list[tuple[str, int, int]]) -> Played:
    played = Played(rule, total)
    for name, first, second in acts:
        if name == "wait":
            played.day = late_day((played.day - DUE).days + first)
        elif name == "pay":
            played.pay(first, second)
        elif played.standing:
            played.reverse(first)
        assert bill_violations(played.bill) == []
        assert played.bill.balance.paid + played.credit == played.given
    return played


@given(rule=rules, total=_TOTALS, acts=_ACTS)
def test_invariants_hold_and_no_money_is_lost_or_made_by_any_acts(
    rule: LateChargeRule, total: int, acts: list[tuple[str, int, int]]
) -> None:
    played = _played(rule, total, acts)
    while played.standing:
        played.reverse(0)
        assert bill_violations(played.bill) == []
    held = played.bill.balance
    assert (held.paid, held.late_paid, played.credit, played.bill.principal_due.minor) == (0, 0, 0, total)


@given(rule=rules, total=_TOTALS, acts=_ACTS, per_mille=st.integers(1, 1000), days_ago=st.sampled_from([0, 1, 20, 50]))
def test_a_payment_that_is_taken_back_at_once_leaves_the_bill_as_it_was(
    rule: LateChargeRule, total: int, acts: list[tuple[str, int, int]], per_mille: int, days_ago: int
) -> None:
    """But for the late charges of its day, which it posted and which stand."""
    played = _played(rule, total, acts)
    day = late_day((played.day - DUE).days - days_ago)
    charge = late_charge_on(rule, played.bill, day, played.history)
    before, standing = played.bill.balance, len(played.standing)
    played.pay(per_mille, days_ago)
    if len(played.standing) > standing:
        played.reverse(-1)
        expected = replace(before, late=before.late + charge.minor)
        assert _but_for_counts(played.bill.balance) == _but_for_counts(expected)


def _but_for_counts(balance: Balance) -> Balance:
    return replace(balance, version=0, late_steps=0)


@given(rule=rules, total=_TOTALS, acts=_ACTS, amount=st.integers(1, 900_00), days_ago=st.integers(0, 60))
def test_any_amount_of_a_past_day_is_on_the_bill_or_credit(
    rule: LateChargeRule, total: int, acts: list[tuple[str, int, int]], amount: int, days_ago: int
) -> None:
    """Also more than was due, as when a payment of the due day turns up after the bill was paid late."""
    played = _played(rule, total, acts)
    day = late_day((played.day - DUE).days - days_ago)
    if not is_back_dated(rule, played.bill, day):
        return
    done: BackDated = settle_back_dated(rule, played.bill, amount, day, played.history)
    assert amount == done.money.paid + done.lowered.paid + done.credit_minor
    bill: Bill = after(played.bill, done.money, done.lowered)
    assert done.credit_minor >= 0
    assert bill.balance.late <= played.bill.balance.late
    assert not done.credit_minor or bill.amount_due.minor == 0, "credit, though the bill is not paid"

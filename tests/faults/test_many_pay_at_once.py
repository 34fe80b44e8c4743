"""Eight hands at the same money at the same moment: one payment of a bill, no gap in receipts, books that add up."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from chalice.app import Chalice

from chalicelib.kernel.errors import Conflict, MeterbookError
from chalicelib.kernel.period import Period
from chalicelib.payments.domain import Payment
from chalicelib.platform import dynamo
from chalicelib.tenancy.domain import LateChargeRule, PaymentSettings, ReceiptForm, ReceiptRule
from tests.support.http import Api
from tests.support.ledger import wrong_with
from tests.support.money_office import MoneyOffice, open_money_office

pytestmark = pytest.mark.slow

HANDS = 8
BILL, NEWER = "2025-11.A2.1", "2025-12.A2.1"
WHOLE = PaymentSettings(part_payments=False)
LATE = LateChargeRule(kind="percent", percent=Decimal(10))
FORMS: tuple[ReceiptForm, ...] = ("series", "dated", "monthly", "given")

Act = Callable[[], object]


@pytest.fixture(scope="module")
def opened(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


@pytest.fixture
def office(opened: MoneyOffice) -> Iterator[MoneyOffice]:
    """The office as it was opened; whatever is done with it, its books are right in the end."""
    opened.start_again()
    yield opened
    assert wrong_with(opened.stored(), in_order=False) == []


def _at_once(acts: Sequence[Act]) -> list[object]:
    """Let each act begin at the same moment, and return their answers, or the codes of their refusals."""
    start = threading.Barrier(len(acts))

    def do(act: Act) -> object:
        start.wait()
        try:
            return act()
        except MeterbookError as refused:
            return refused.code

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(do, acts))


def _taken(answers: Sequence[object]) -> list[Payment]:
    return [each for each in answers if isinstance(each, Payment)]


@pytest.mark.parametrize("form", FORMS)
def test_of_eight_who_pay_the_same_bill_one_does_and_the_others_take_no_number(
    office: MoneyOffice, form: ReceiptForm
) -> None:
    office.go_by(replace(WHOLE, receipts=ReceiptRule(form=form)), LATE)
    answers = _at_once([lambda: office.pay(BILL)] * HANDS)
    assert len(_taken(answers)) == 1
    assert {each for each in answers if isinstance(each, str)} <= {"nothing-due", "changed"}
    stored = office.stored()
    assert [each.receipt_number for each in stored.payments.values()] == [_taken(answers)[0].receipt_number]
    assert set(stored.series.values()) <= {1}
    with pytest.raises(Conflict) as told:
        office.pay(BILL)
    assert told.value.code == "nothing-due"


def test_the_same_request_eight_times_is_one_payment(office: MoneyOffice) -> None:
    answers = _at_once([lambda: office.pay(BILL, key="the same")] * HANDS)
    assert len({each.id for each in _taken(answers)}) == 1
    assert len(office.stored().payments) == 1


@pytest.mark.parametrize("form", FORMS)
def test_parts_of_one_bill_from_eight_hands_are_all_taken_and_numbered_in_a_row(
    office: MoneyOffice, form: ReceiptForm
) -> None:
    office.go_by(PaymentSettings(receipts=ReceiptRule(form=form)))
    answers = _at_once([partial(office.pay, BILL, amount=part) for part in range(1, HANDS + 1)])
    assert len(_taken(answers)) == HANDS
    assert office.bill(BILL).balance.paid == sum(range(1, HANDS + 1))


def test_parts_that_are_too_much_together_are_taken_as_far_as_is_due(office: MoneyOffice) -> None:
    answers = _at_once([lambda: office.pay(BILL, amount=40_00)] * HANDS)
    assert (len(_taken(answers)), Counter(map(str, answers))["above-due"]) == (3, HANDS - 3)
    assert office.bill(BILL).amount_due.minor == 30_00


def test_two_desks_count_for_themselves(office: MoneyOffice) -> None:
    office.go_by(PaymentSettings(desks=("MAIN", "SIDE")))
    bills = sorted(office.stored().bills)

    def pay(at: int) -> Payment:
        return office.pay(bills[at], desk=("MAIN", "SIDE")[at % 2])

    assert len(_taken(_at_once([partial(pay, at) for at in range(len(bills))]))) == len(bills)
    assert sum(office.stored().series.values()) == len(bills)


def test_a_payment_is_reversed_once_while_others_pay(office: MoneyOffice) -> None:
    first = office.pay(BILL, amount=50_00)
    others = [partial(office.pay, BILL, amount=10_00)] * 4
    answers = _at_once([*[partial(office.reverse, first.id)] * 4, *others])
    assert [each.status for each in _taken(answers[:4])] == ["reversed"]
    assert Counter(map(str, answers[:4]))["already-reversed"] == 3
    assert office.bill(BILL).balance.paid == 40_00


def test_payments_and_reversals_of_each_other_end_in_one_of_the_orders(office: MoneyOffice) -> None:
    paid = [office.pay(BILL, amount=10_00).id for _ in range(4)]
    others = [partial(office.pay, BILL, amount=30_00)] * 4
    answers = _at_once([*(partial(office.reverse, each) for each in paid), *others])
    taken = [each for each in _taken(answers) if each.status == "completed"]
    assert office.bill(BILL).balance.paid == 30_00 * len(taken)


def test_a_late_charge_is_posted_once_and_waived_once(office: MoneyOffice) -> None:
    office.go_by(office.settings, LATE)
    parts = [partial(office.pay, BILL, amount=5_00)] * 4
    _at_once([*parts, *[partial(office.pay, BILL, waive="Hardship")] * 4])
    held = office.bill(BILL).balance
    assert (held.late, held.late_steps) == (15_00, 1)
    assert held.waived in {0, 5_00, 10_00, 15_00}


def test_a_run_bills_the_month_while_money_comes(office: MoneyOffice) -> None:
    office.on("2026-01-06")
    parts = [partial(office.pay, (BILL, NEWER)[at % 2], amount=7_00) for at in range(HANDS - 2)]
    acts: list[Act] = [lambda: office.bill_month(Period(2026, 1)), lambda: office.advance("A2", 10_00), *parts]
    answers = _at_once(acts)
    stored = office.stored()
    assert len(_taken(answers)) == HANDS - 1
    assert sum(bill.period == Period(2026, 1) for bill in stored.bills.values()) == 3


def test_advances_and_uses_of_credit_at_once_keep_every_cent(office: MoneyOffice) -> None:
    office.advance("A2", 20_00)
    acts: list[Act] = [lambda: office.advance("A2", 5_00)] * 4 + [lambda: office.use_credit("A2", minor=6_00)] * 4
    answers = _at_once(acts)
    assert len(_taken(answers)) == 4
    used = sum(not isinstance(each, str) for each in answers[4:])
    [credit] = [each.credit_minor for each in office.stored().positions.values()]
    assert credit == 40_00 - 6_00 * used


def test_the_same_credit_is_used_once_by_eight_requests_of_one_key(office: MoneyOffice) -> None:
    office.advance("A2", 200_00)
    _at_once([lambda: office.use_credit("A2", minor=10_00, key="the same")] * HANDS)
    [credit] = [each.credit_minor for each in office.stored().positions.values()]
    assert credit == 190_00


def test_an_advance_is_reversed_while_its_credit_is_used(office: MoneyOffice) -> None:
    paid = office.advance("A2", 100_00)
    acts: list[Act] = [lambda: office.use_credit("A2", minor=10_00)] * 6 + [lambda: office.reverse(paid.id)] * 2
    _at_once(acts)
    stored = office.stored()
    assert sum(each.credit_minor for each in stored.positions.values()) == 0
    assert all(bill.balance.paid == 0 for bill in stored.bills.values())


def test_two_payments_of_the_same_millisecond_are_two(office: MoneyOffice) -> None:
    """And either of them can be reversed alone."""
    moment = office.now
    same = [replace(office.context(), now=moment) for _ in range(2)]
    assert len({ctx.now for ctx in same}) == 1
    first, second = (office.pay(BILL, amount=10_00, ctx=ctx) for ctx in same)
    office.reverse(first.id)
    assert office.bill(BILL).balance.paid == 10_00
    office.reverse(second.id)
    assert office.bill(BILL).balance.paid == 0


def test_nobody_waits_for_long(office: MoneyOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where eight pay parts at one desk, all are taken within the attempts that a payment has."""
    waited: list[int] = []
    real = dynamo.pause

    def pause(attempt: int) -> None:
        waited.append(attempt)
        real(attempt)

    monkeypatch.setattr(dynamo, "pause", pause)
    answers = _at_once([lambda: office.pay(BILL, amount=1_00)] * HANDS)
    assert len(_taken(answers)) == HANDS
    assert max(waited, default=0) < 11

"""Reversals of what was used, re-split or moved on since: the books stay right."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from chalice.app import Chalice

from chalicelib.adjustments import service as adjustments
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import Payment
from chalicelib.tenancy.domain import LateChargeRule
from tests.support.http import Api
from tests.support.ledger import wrong_with
from tests.support.money_office import MoneyOffice, open_money_office

BILL = "2025-11.A2.1"  # 150.00, due on 20 November
LATE = LateChargeRule(kind="percent", percent=Decimal(10))


@pytest.fixture(scope="module")
def opened(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


@pytest.fixture
def office(opened: MoneyOffice) -> Iterator[MoneyOffice]:
    opened.start_again()
    yield opened
    assert wrong_with(opened.stored()) == []


def _credit(office: MoneyOffice) -> int:
    return sum(position.credit_minor for position in office.stored().positions.values())


def test_credit_that_took_the_place_of_a_reversed_advance_can_be_reversed_too(office: MoneyOffice) -> None:
    """The first advance is used up, reversed after a second one came, and so is the second one."""
    first = office.advance("A2", 100_00)
    office.use_credit("A2")
    second = office.on("2025-12-12").advance("A2", 100_00)
    office.reverse(first.id)
    assert (_credit(office), office.bill(BILL).balance.paid) == (0, 100_00)
    office.on("2025-12-14").reverse(second.id)
    assert (_credit(office), office.bill(BILL).balance.paid) == (0, 0)


def test_credit_is_used_once_though_its_request_is_sent_again_after_midnight(office: MoneyOffice) -> None:
    office.advance("A2", 100_00)
    office.use_credit("A2", minor=30_00, key="the same")
    again = office.on("2025-12-11").use_credit("A2", minor=30_00, key="the same")
    assert (again.credit.minor, office.bill(BILL).balance.paid) == (70_00, 30_00)


def test_more_uses_of_credit_than_one_act_can_undo_are_refused_in_words(office: MoneyOffice) -> None:
    paid = office.advance("A2", 1_20)
    for _ in range(98):
        office.use_credit("A2", minor=1)
    with pytest.raises(Conflict) as refused:
        office.reverse(paid.id)
    assert refused.value.code == "too-many-changes"


def _late_then_dated_back(office: MoneyOffice) -> tuple[Payment, Payment]:
    """50.00 are paid late, of them 15.00 late charge; then 60.00 of the due day turn up, and the charge is 9.00."""
    office.late = LATE
    late = office.pay(BILL, amount=50_00)
    in_time = office.pay(BILL, amount=60_00, paid_on=date(2025, 11, 20))
    held = office.bill(BILL).balance
    assert (held.late, held.late_paid, held.paid) == (9_00, 9_00, 110_00)
    return late, in_time


def test_the_late_payment_is_reversed_after_one_that_was_dated_back(office: MoneyOffice) -> None:
    late, _ = _late_then_dated_back(office)
    office.reverse(late.id)
    held = office.bill(BILL)
    assert (held.balance.late, held.balance.late_paid, held.balance.paid, held.amount_due.minor) == (
        9_00, 0, 60_00, 99_00,
    )  # fmt: skip


def test_the_payment_that_was_dated_back_is_reversed_and_the_late_charge_is_whole_again(office: MoneyOffice) -> None:
    late, in_time = _late_then_dated_back(office)
    office.reverse(in_time.id)
    held = office.bill(BILL).balance
    assert (held.late, held.late_paid, held.paid) == (15_00, 15_00, 50_00)
    office.reverse(late.id)
    assert office.bill(BILL).amount_due.minor == 165_00


def test_a_credit_note_whose_credit_was_paid_back_is_not_taken_back(office: MoneyOffice) -> None:
    """As an advance whose credit was paid back is not: what to undo first is said."""
    office.pay(BILL)
    granted = adjustments.credit_bill(
        office.context(), bill_id=BILL, amount=Money(10_00, "PHP"), code="goodwill", reason="Dirty water"
    )
    assert _credit(office) == 10_00
    adjustments.refund_credit(
        office.context(), account="A2", amount=Money(10_00, "PHP"), method="cash", reason="Asked for it"
    )
    with pytest.raises(Conflict) as refused:
        adjustments.reverse_adjustment(office.context(), adjustment_id=granted.id, reason="Typing error")
    assert refused.value.code == "already-used"

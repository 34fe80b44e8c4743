"""Which payments a bill takes, and how it stands after them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bills.domain import Balance, Bill, Consumption, IssueTerms, make_bill, usage_of
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import Payment, parse_payment_id
from chalicelib.payments.domain.migrating import advance_used, check_migrated, counted
from tests.support.examples import FIFTH, NOW, WATERWORKS, WATERWORKS_BOOK, connection, due_of, reading

_USED = Consumption.of(reading())
_RATING = WATERWORKS_BOOK.rate("residential", usage_of(WATERWORKS, _USED, connection()))
BILL = make_bill(WATERWORKS, _USED, connection(), _RATING, IssueTerms("run-1", NOW, None, None, due_of(WATERWORKS)))
PAYMENT = Payment(
    id="01K9R6TGM0W5GNPCRW6FPSSVTH",
    account=BILL.account,
    consumer_id=BILL.consumer_id,
    consumer_name=BILL.consumer_name,
    amount=Money(10_00, "PHP"),
    received=Money(10_00, "PHP"),
    paid_on=FIFTH,
    booked_on=FIFTH,
    method="cash",
    source="migrated",
    origin="import-1",
    recorded_by="admin",
    recorded_at=NOW,
)
TODAY = date(2025, 11, 20)


def _of(minor: int) -> Payment:
    amount = Money(minor, "PHP")
    return replace(PAYMENT, amount=amount, received=amount)


def _after(*payments: int) -> Bill:
    bill = BILL
    for minor in payments:
        bill = counted(_of(minor), bill, "November 2025").bill
    return bill


@pytest.mark.parametrize(
    ("payments", "day", "status"),
    [
        ((), BILL.due_on, "open"),
        ((), BILL.due_on + timedelta(days=1), "overdue"),
        ((100_00,), BILL.due_on, "partial"),
        ((100_00,), BILL.due_on + timedelta(days=1), "overdue"),
        ((100_00, 175_00), BILL.due_on, "paid"),
        ((275_00,), BILL.due_on + timedelta(days=900), "paid"),
    ],
)
@pytest.mark.covers("S1-043")
def test_a_bill_of_275_stands_as_its_payments_and_the_day_have_it(
    payments: tuple[int, ...], day: date, status: str
) -> None:
    assert _after(*payments).status_on(day) == status


def test_a_bill_of_nothing_is_paid() -> None:
    assert replace(BILL, total=Money(0, "PHP")).status_on(BILL.due_on + timedelta(days=1)) == "paid"


@given(st.lists(st.integers(1, 400_00), max_size=6))
def test_a_bill_takes_payments_up_to_its_total_and_not_a_cent_more(amounts: list[int]) -> None:
    bill = _after(*amounts)
    assert bill.paid.minor == min(sum(amounts), BILL.total.minor)
    assert bill.paid + bill.amount_due == bill.total
    assert replace(bill, balance=Balance()) == BILL


@given(paid=st.integers(1, 400_00), late=st.integers(0, 50_00), pays_late=st.booleans())
def test_of_a_payment_each_cent_pays_the_late_charge_or_the_bill_or_is_credit(
    *, paid: int, late: int, pays_late: bool
) -> None:
    bill = replace(BILL, balance=Balance(version=1, late=late, late_steps=1))
    one = counted(_of(paid), bill, "November 2025", pays_late=pays_late)
    held = one.bill.balance
    assert held.paid + one.payment.credit_minor == one.payment.amount.minor
    assert one.entry.credit_minor == one.payment.credit_minor
    assert held.late_paid == (min(paid, late) if pays_late else min(max(paid - BILL.total.minor, 0), late))
    assert one.payment.credit_minor == max(paid - late - BILL.total.minor, 0)
    assert [share.paid for share in one.payment.shares] == [held.paid]


def test_what_was_paid_before_the_bills_day_is_credit_and_the_bill_uses_it_on_its_day() -> None:
    early = replace(_of(300_00), paid_on=BILL.billed_on - timedelta(days=1))
    one = counted(early, BILL, "November 2025")
    assert (one.entry.kind, one.entry.credit_minor, one.entry.effects, one.payment.shares) == (
        "advance",
        300_00,
        (),
        (),
    )
    assert one.bill == BILL
    use, bill = advance_used(one.payment, BILL, one.payment.credit_minor)
    assert use is not None
    assert (use.kind, use.value_on, use.credit_minor) == ("credit_used", BILL.billed_on, -275_00)
    assert bill.amount_due.minor == 0
    assert advance_used(one.payment, bill, 25_00) == (None, bill)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": Money(0, "PHP")}, "bad-amount"),
        ({"amount": Money(-1, "PHP")}, "bad-amount"),
        ({"paid_on": TODAY + timedelta(days=1)}, "future-date"),
        ({"paid_on": BILL.billed_on - timedelta(days=367)}, "before-bill"),
        ({"method": "check"}, "check-number"),
        ({"check_number": "1234"}, "check-number"),
    ],
)
def test_a_payment_that_can_not_be_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_migrated(replace(PAYMENT, **change), BILL, today=TODAY)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_payment_is_good_from_a_year_before_the_bills_day_until_today() -> None:
    for day in (BILL.billed_on - timedelta(days=366), BILL.billed_on, TODAY):
        check_migrated(replace(PAYMENT, paid_on=day), BILL, today=TODAY)
    check_migrated(replace(PAYMENT, method="check", check_number="1234"), BILL, today=TODAY)


@pytest.mark.parametrize("text", ["", "2025-11.101.1.number", f"2025-11.101.1.{PAYMENT.id}", PAYMENT.id.lower(), "01"])
def test_what_is_no_payments_id_is_not_found(text: str) -> None:
    assert parse_payment_id(PAYMENT.id) == PAYMENT.id
    with pytest.raises(NotFound):
        parse_payment_id(text)


def test_two_payments_are_the_same_regardless_of_who_recorded_them() -> None:
    assert PAYMENT.is_same_as(replace(PAYMENT, origin="import-2", recorded_by="eva"))
    assert not PAYMENT.is_same_as(replace(PAYMENT, notes="at the office"))

"""Every act on money, stopped at every AWS call in each way that matters and sent again with its key: one effect."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from chalice.app import Chalice

from chalicelib.payments import service as payments
from chalicelib.tenancy.domain import LateChargeRule, PaymentSettings, ReceiptForm, ReceiptRule
from tests.support import table
from tests.support.faults import Death, Mode, faults, strikes
from tests.support.http import Api
from tests.support.ledger import wrong_with
from tests.support.money_office import MoneyOffice, open_money_office, tender_of

pytestmark = pytest.mark.slow

BILL, NEWER = "2025-11.A2.1", "2025-12.A2.1"
ANAS = (BILL, NEWER, "2025-11.A1.1", "2025-11.A1.2")
LATE = LateChargeRule(kind="percent", percent=Decimal(10))
KEY = "the same request"

Act = Callable[[MoneyOffice], object]


@dataclass(frozen=True)
class Flow:
    """What is done before, and what is asked for, and asked for again when no answer came."""

    act: Act
    before: Act = lambda _: None
    form: ReceiptForm = "series"


def _pay_many(office: MoneyOffice) -> object:
    orders = [
        payments.Order(tender=tender_of(amount=10_00), bills={bill: None}) for bill in (BILL, "no.such.1", NEWER, BILL)
    ]
    return payments.record_payments(office.context(KEY), orders=orders)


def _used_advance(office: MoneyOffice) -> None:
    payments.record_advance(office.context("ahead"), account="A2", tender=tender_of(amount=200_00))
    office.use_credit("A2")


def _reverse_the_first(office: MoneyOffice) -> object:
    """Reverse what the act before took: its id derives from its key."""
    return office.reverse(office.context("ahead").new_id(), key=KEY)


FLOWS = {
    "pay a bill with its late charge": Flow(lambda office: office.pay(BILL, key=KEY)),
    "pay a part, with a dated receipt": Flow(lambda office: office.pay(BILL, amount=5_00, key=KEY), form="dated"),
    "pay by a monthly series": Flow(lambda office: office.pay(BILL, key=KEY), form="monthly"),
    "pay with a number that is given": Flow(
        lambda office: office.pay(BILL, receipt_number="K-77", key=KEY), form="given"
    ),
    "pay and waive": Flow(lambda office: office.pay(BILL, waive="Hardship", key=KEY)),
    "pay bills of two connections": Flow(lambda office: office.pay(*ANAS, key=KEY)),
    "pay too much, of which the rest is credit": Flow(lambda office: office.pay(BILL, amount=200_00, key=KEY)),
    "pay what is open": Flow(
        lambda office: payments.record_payment(
            office.context(KEY), order=payments.Order(tender=tender_of(amount=200_00), account="A2")
        )
    ),
    "pay for a past day": Flow(
        lambda office: office.pay(BILL, amount=60_00, paid_on=date(2025, 11, 20), key=KEY),
        before=lambda office: office.pay(BILL, amount=50_00),
    ),
    "pay many": Flow(_pay_many),
    "pay in advance": Flow(lambda office: office.advance("A2", 50_00, key=KEY)),
    "use credit": Flow(
        lambda office: office.use_credit("A2", key=KEY), before=lambda office: office.advance("A2", 200_00)
    ),
    "use a part of the credit": Flow(
        lambda office: office.use_credit("A2", minor=1_00, key=KEY), before=lambda office: office.advance("A2", 200_00)
    ),
    "reverse a payment of two connections": Flow(
        _reverse_the_first, before=lambda office: office.pay(*ANAS, key="ahead")
    ),
    "reverse an advance that was used": Flow(_reverse_the_first, before=_used_advance),
}


@pytest.fixture(scope="module")
def office(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


@pytest.mark.parametrize("name", FLOWS)
def test_an_act_that_is_stopped_anywhere_and_sent_again_has_one_effect(office: MoneyOffice, name: str) -> None:
    flow = FLOWS[name]
    office.start_again()
    office.go_by(PaymentSettings(overpayment="credit", receipts=ReceiptRule(form=flow.form)), LATE)
    flow.before(office)
    ready, day = table.everything(), office.day
    with faults() as watched:
        flow.act(office)
    effect = office.stored().effect()
    assert effect != _effect_of(office, ready), "nothing was done"
    assert {"TransactWriteItems"} <= set(watched.calls)
    for mode, at in strikes(watched.calls):
        table.put_back(ready)
        office.on(day.isoformat())
        _struck(office, flow.act, at, mode)
        flow.act(office)
        stored = office.stored()
        outcome = f"{mode} {watched.calls[at]} (call {at})"
        assert stored.effect() == effect, outcome
        assert wrong_with(stored) == [], outcome


def _struck(office: MoneyOffice, act: Act, at: int, mode: Mode) -> None:
    with faults(strike_at=at, mode=mode) as striking, suppress(Death):
        act(office)
    assert striking.struck


def _effect_of(office: MoneyOffice, items: table.Items) -> object:
    table.put_back(items)
    return office.stored().effect()

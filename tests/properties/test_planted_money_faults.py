"""Faults that are planted in the core: the laws of money find each of them, within a minute."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.bills import repository as bills
from chalicelib.bills.domain import Bill
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Books, Effect, Entry
from chalicelib.payments.domain import allocation
from chalicelib.payments.service import taking
from chalicelib.payments.service.standing import Standing
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import PaymentSettings, Project, ReceiptRule
from tests.support.http import Api
from tests.support.ledger import wrong_with
from tests.support.money_machine import run_machine
from tests.support.money_office import MoneyOffice, open_money_office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

BILL = "2025-11.A2.1"
HANDS = 8
DATED = PaymentSettings(receipts=ReceiptRule(form="dated"))  # no series puts the payments in a row


@pytest.fixture(scope="module")
def office(app: Chalice, api: Api) -> MoneyOffice:
    return open_money_office(app, api)


def _found(office: MoneyOffice) -> str:
    """Return what the machine says is wrong."""
    with pytest.raises(AssertionError) as found:
        run_machine(office, examples=60, steps=25)
    return str(found.value)


def test_an_entry_that_is_lost_is_found(office: MoneyOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last entry of an act is not written, while its bill says that it was."""
    real = ledger.entry_writes

    def writes(project: Project, before: Books, entries: Sequence[Entry]) -> list[Action]:
        actions = real(project, before, entries)
        lost = [action for action in actions if action.label == "entry"][-1]
        return [action for action in actions if action is not lost]

    monkeypatch.setattr(ledger, "entry_writes", writes)
    assert "add up to" in _found(office)


def test_a_balance_that_is_written_over_another_s_is_found(
    office: MoneyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bills.balance_write

    def write(project: Project, bill: Bill, *, before: Bill) -> Action:
        action = real(project, bill, before=before)
        return replace(action, request={"Put": _without_condition(action.request)})

    def pay(hand: int) -> None:
        office.pay(BILL, amount=hand + 1)

    monkeypatch.setattr(bills, "balance_write", write)
    assert any("add up to" in said for _ in range(10) for said in _hammered(office, pay))


def _hammered(office: MoneyOffice, pay: Callable[[int], None]) -> list[str]:
    """Let eight hands pay at once, and return what is wrong then."""
    office.start_again()
    office.settings = DATED
    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(pay, range(HANDS)))
    return wrong_with(office.stored())


def _without_condition(request: dict[str, Any]) -> dict[str, Any]:
    """Return a put that is never refused."""
    return {name: request["Put"][name] for name in ("Item", "TableName")}


def _principal_first(real: Callable[..., Any]) -> Callable[..., Any]:
    def part_of(standing: Standing, bill: Bill, part: int, waive_reason: str | None) -> Any:  # noqa: ANN401
        done = real(standing, bill, part, waive_reason)
        late_paid = max(part - bill.principal_due.minor, 0)
        return replace(done, money=replace(done.money, late_paid=late_paid))

    return part_of


def test_money_that_pays_the_bill_before_its_late_charge_is_found(
    office: MoneyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_part_of", _principal_first(taking._part_of))
    assert "of the late charges of" in _found(office)


def test_money_that_pays_the_newest_bill_first_is_found(office: MoneyOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    real = allocation._in_order
    monkeypatch.setattr(allocation, "_in_order", lambda dues, stated: list(reversed(real(dues, stated))))
    assert "a newer bill was paid before an older one" in _found(office)


def test_money_that_pays_another_bill_than_the_receipt_says_is_found(
    office: MoneyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = taking._drafts_of_account

    def drafts(standing: Standing, account: str, holder: str | None, parts: Sequence[Any], *more: Any) -> Any:  # noqa: ANN401
        def turned(effects: Sequence[Effect]) -> tuple[Effect, ...]:
            ids = [each.bill_id for each in effects]
            return tuple(replace(each, bill_id=ids[-1 - at]) for at, each in enumerate(effects))

        for draft in real(standing, account, holder, parts, *more):
            yield replace(draft, effects=turned(draft.effects)) if draft.kind == "payment" else draft

    monkeypatch.setattr(taking, "_drafts_of_account", drafts)
    assert _found(office)

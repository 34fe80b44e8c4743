"""Everything that the table holds of a project's money, read as it is stored, and what is wrong with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.models import Model

from chalicelib.bills import repository as bills
from chalicelib.bills.domain import Balance, Bill
from chalicelib.ledger import repository as ledger
from chalicelib.ledger.domain import (
    Books,
    Entry,
    Position,
    balance_after,
    credit_violations,
    fold_violations,
    violations,
)
from chalicelib.payments import repository as payments
from chalicelib.payments.domain import Payment
from chalicelib.platform import dynamo
from tests.support import table

Place = tuple[str, str | None]
_PAYING = {"payment", "advance", "deposit", "credit_used", "late_charge_lowered"}
"""Kinds of entries that move what was paid; others pay credit out, or grant it."""


@dataclass(frozen=True)
class Stored:
    """The bills, positions, entries and payments of a project, and the numbers that receipts have used."""

    bills: Mapping[str, Bill]
    positions: Mapping[Place, Position]
    entries: tuple[Entry, ...]
    payments: Mapping[str, Payment]
    series: Mapping[str, int]
    taken: frozenset[str]

    @classmethod
    def of(cls, client: str, project: str) -> "Stored":
        """Read them with one scan, past the services that are on trial."""
        found: dict[str, list[Any]] = defaultdict(list)
        for item in table.items_of(client).values():
            if item["pk"]["S"].startswith(f"{client}#{project}#"):
                found[str(item["sk"]["S"]).partition("#")[0]].append(item)
        each_bill = [bills._bill(_parsed(bills.BillItem, item)) for item in found["BILL"]]
        places = [ledger._position(_parsed(ledger.PositionItem, item)) for item in found["POSITION"]]
        entries = [ledger._entry(_parsed(ledger.LedgerEntryItem, item)) for item in found["ENTRY"]]
        paid = [payments._payment(_parsed(payments.PaymentItem, item)) for item in found["PAYMENT"]]
        series = {item["sk"]["S"].partition("#")[2]: int(item["ct"]["N"]) for item in found["RECEIPTS"]}
        return cls(
            {bill.id: bill for bill in each_bill},
            {(each.account, each.holder): each for each in places},
            tuple(sorted(entries, key=lambda entry: (entry.booked_on, entry.recorded_at, entry.id))),
            {each.id: each for each in paid},
            series,
            frozenset(item["pk"]["S"].rpartition("#")[2] for item in found["NUMBER"]),
        )

    def money_of(self, holder: str | None) -> tuple[int, int]:
        """Return what a holder paid or was granted and nobody took back, and what bills and credit hold."""
        given = sum(
            each.amount.minor for each in self.payments.values() if each.consumer_id == holder and _stands(each)
        )
        kinds = {entry.id: entry.kind for entry in self.entries}
        others = [each for each in self.entries if kinds.get(each.reverses or each.id, each.kind) not in _PAYING]
        given += sum(_money(each) for each in others if each.holder == holder)
        held = sum(bill.balance.paid for bill in self.bills.values() if bill.consumer_id == holder)
        credit = sum(
            each.credit_minor + each.deposit_minor for each in self.positions.values() if each.holder == holder
        )
        return given, held + credit

    def effect(self) -> tuple[Any, ...]:
        """Return what is stored, but for the moments when it was."""
        entries = Counter(
            (each.id, each.kind, each.effects, each.credit_minor, each.deposit_minor, each.reverses, each.value_on)
            for each in self.entries
        )
        paid = {
            each.id: (each.amount, each.receipt_number, each.shares, each.credit_minor, each.status)
            for each in self.payments.values()
        }
        balances = {bill.id: (bill.balance, bill.superseded_by) for bill in self.bills.values()}
        return entries, paid, balances, self.positions, self.series, self.taken

    def owed_at(self, account: str, holder: str | None) -> int:
        """Return what is due on a holder's bills at a connection, less their credit there."""
        due = sum(
            bill.amount_due.minor
            for bill in self.bills.values()
            if (bill.account, bill.consumer_id) == (account, holder)
        )
        position = self.positions.get((account, holder))
        return due - (position.credit_minor if position else 0)


def _parsed(model: type[Model], raw: dict[str, Any]) -> Any:  # noqa: ANN401
    return dynamo.parsed(model, raw)


def _stands(payment: Payment) -> bool:
    return payment.reversal is None


def wrong_with(stored: Stored, *, in_order: bool = True) -> list[str]:
    """Return every invariant that does not hold, in sentences.

    Unless they are known to be `in_order`, entries that several hands made at once may have come in any order.
    """
    said = violations(Books(stored.bills, stored.positions), stored.entries)
    for bill in stored.bills.values():
        said += fold_violations(bill, stored.entries)
    places: Iterable[Position] = [
        *stored.positions.values(),
        *(
            Position(*place)
            for place in {(entry.account, entry.holder) for entry in stored.entries} - stored.positions.keys()
        ),
    ]
    for position in places:
        said += credit_violations(position, stored.entries)
    holders = {bill.consumer_id for bill in stored.bills.values()} | {holder for _, holder in stored.positions}
    for holder in holders:
        given, held = stored.money_of(holder)
        if given != held:
            said.append(f"{holder} paid or was granted {given}, of which bills and credit hold {held}")
    said += _wrong_with_payments(stored)
    for bill in stored.bills.values() if in_order else ():
        said += _wrong_with_order(bill, stored.entries)
    said += _wrong_with_receipts(stored)
    return said


def _wrong_with_payments(stored: Stored) -> Iterator[str]:
    """Yield which payments are not what their entries say, and which entries are reversed twice."""
    by_origin: dict[str | None, list[Entry]] = defaultdict(list)
    reversals: dict[str, list[Entry]] = defaultdict(list)
    for entry in stored.entries:
        by_origin[entry.origin].append(entry)
        if entry.reverses:
            reversals[entry.reverses].append(entry)
    yield from (f"entry {which} is reversed twice" for which, undoing in reversals.items() if len(undoing) > 1)
    for payment in stored.payments.values():
        made = by_origin[payment.id]
        yield from _wrong_with_payment(payment, made)
        undone = sum(_money(undoing) for entry in made for undoing in reversals[entry.id])
        if payment.reversal and undone + sum(map(_money, made)):
            yield f"payment {payment.id} was reversed, but not all of its money was taken back"
    for origin, made in by_origin.items():
        if origin not in stored.payments and any(entry.kind in {"payment", "advance"} for entry in made):
            yield f"no payment {origin}, though entries name it"


def _wrong_with_payment(payment: Payment, made: Iterable[Entry]) -> Iterator[str]:
    shares = sum(share.paid for share in payment.shares)
    if payment.amount.minor != shares + payment.credit_minor + payment.deposit_minor:
        yield f"payment {payment.id} of {payment.amount}: shares of {shares}, and credit of {payment.credit_minor}"
    printed = Counter({share.bill_id: share.paid for share in payment.shares})
    on_bills: Counter[str] = Counter()
    for entry in made:
        for effect in entry.effects:
            on_bills[effect.bill_id] += effect.paid
    if (on_bills, sum(entry.credit_minor for entry in made)) != (printed, payment.credit_minor):
        yield f"payment {payment.id} of {payment.amount} is not what its entries say"
    if {entry.holder for entry in made} != {payment.consumer_id}:
        yield f"payment {payment.id} of {payment.consumer_id} has entries of others"


def _wrong_with_order(bill: Bill, entries: Iterable[Entry]) -> Iterator[str]:
    """Yield which money paid the bill although its late charges were due; money that is dated back has its own rule."""
    dated_back = {entry.origin for entry in entries if entry.kind == "late_charge_lowered"}
    held = Balance()
    for entry in entries:
        for effect in (each for each in entry.effects if each.bill_id == bill.id):
            is_money = entry.kind in {"payment", "credit_used"} and entry.origin not in dated_back
            if is_money and effect.late_paid != min(effect.paid, held.late_due):
                yield f"entry {entry.id} pays {effect.late_paid} of the late charges of {held.late_due} on {bill.id}"
            held = balance_after(held, [effect])


def _money(entry: Entry) -> int:
    return sum(effect.paid for effect in entry.effects) + entry.credit_minor + entry.deposit_minor


def _wrong_with_receipts(stored: Stored) -> Iterator[str]:
    """Yield gaps in series, and numbers that are used twice."""
    numbers = Counter(each.receipt_number for each in stored.payments.values() if each.receipt_number)
    yield from (f"receipt {number} was issued {times} times" for number, times in numbers.items() if times > 1)
    for name, last in stored.series.items():
        counted = sorted(
            int(number.rpartition("-")[2])
            for number in numbers
            if number.rpartition("-")[0] == name and number not in stored.taken
        )
        if counted != list(range(1, last + 1)):
            yield f"series {name} stands at {last}, and its receipts are {counted}"
    named = {number for number in numbers if number.rpartition("-")[0] not in stored.series}
    if not named <= stored.taken:
        yield f"receipts {sorted(named - stored.taken)} are not kept from being used again"
    if unused := stored.taken - numbers.keys():
        yield f"numbers {sorted(unused)} are taken by no payment"

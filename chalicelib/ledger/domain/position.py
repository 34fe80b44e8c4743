"""What a holder has at a connection beside bills, and posting entries to bills and positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.bills.domain import Balance, Bill, Waiver
from chalicelib.ledger.domain.entry import Effect, Entry, balance_after


@dataclass(frozen=True, slots=True)
class Position:
    """The credit of a connection's holder, money that no bill has taken yet, and the deposit held for them.

    Neither crosses holders. A deposit is security: it pays nothing before it is applied.
    """

    account: str
    holder: str | None
    credit_minor: int = 0
    deposit_minor: int = 0
    version: int = 0

    def after(self, credit_minor: int, deposit_minor: int) -> "Position":
        """Return the position after a change of both."""
        return replace(
            self,
            credit_minor=self.credit_minor + credit_minor,
            deposit_minor=self.deposit_minor + deposit_minor,
            version=self.version + 1,
        )


@dataclass(frozen=True, slots=True)
class Books:
    """Some bills, by id, and positions, by account and holder: all that one act may change."""

    bills: Mapping[str, Bill]
    positions: Mapping[tuple[str, str | None], Position]

    def bill(self, bill_id: str) -> Bill:
        return self.bills[bill_id]

    def position(self, account: str, holder: str | None) -> Position:
        return self.positions.get((account, holder), Position(account, holder))


def post(books: Books, entries: Iterable[Entry]) -> Books:
    """Return bills and positions after some entries. Nothing else computes a balance.

    An opening always changes the position, also without credit, so that two of one holder can't both be written.

    :raises AssertionError: if they would break an invariant: our mistake, so nothing may be written.
    """
    bills, positions = dict(books.bills), dict(books.positions)
    for entry in entries:
        for effect in entry.effects:
            bill = bill_after(bills[effect.bill_id], effect, due_on=entry.due_on)
            bill = _with_waiver(bill, effect, entry) if effect.waived else bill
            bills[bill.id] = _voided(bill, entry) if entry.kind == "voided" else bill
        if entry.credit_minor or entry.deposit_minor or entry.kind == "opening":
            place = (entry.account, entry.holder)
            positions[place] = positions.get(place, Position(*place)).after(entry.credit_minor, entry.deposit_minor)
    posted = Books(bills, positions)
    if broken := violations(posted, entries):
        raise AssertionError("; ".join(broken))
    return posted


def bill_after(bill: Bill, effect: Effect, *, due_on: date | None = None) -> Bill:
    """Return a bill after an effect, and with another due day if one is given."""
    successor = effect.successor or bill.superseded_by
    after = replace(bill, balance=balance_after(bill.balance, [effect]), superseded_by=successor)
    if due_on is None:
        return after
    if due_on == bill.due_on:
        return replace(after, extended_due_on=None, extended_after_steps=0)
    return replace(after, extended_due_on=due_on, extended_after_steps=bill.balance.late_steps)


def _voided(bill: Bill, entry: Entry) -> Bill:
    return replace(bill, voided_on=entry.booked_on, voided_by=entry.recorded_by, void_reason=entry.reason)


def _with_waiver(bill: Bill, effect: Effect, entry: Entry) -> Bill:
    """Return a bill that says who waived its late charges last, or nothing if none are waived any more."""
    if effect.waived > 0:
        return replace(bill, waiver=Waiver(entry.reason or "", entry.recorded_by, entry.recorded_at))
    return bill if bill.balance.waived else replace(bill, waiver=None)


def violations(books: Books, entries: Iterable[Entry] = ()) -> list[str]:
    """Return what is wrong with bills, positions and entries, in sentences; none, if the invariants hold."""
    said = [each for bill in books.bills.values() for each in bill_violations(bill)]
    said += [
        f"{what} of {position.holder or 'nobody'} at {position.account} is {minor}, below zero"
        for position in books.positions.values()
        for what, minor in (("the credit", position.credit_minor), ("the deposit", position.deposit_minor))
        if minor < 0
    ]
    for entry in entries:
        for effect in entry.effects:
            bill = books.bills[effect.bill_id]
            if (bill.account, bill.consumer_id) != (entry.account, entry.holder):
                said.append(f"entry {entry.id} of {entry.holder} at {entry.account} changes {bill.id} of another")
            if not bill.is_standing and entry.kind != "voided":
                said.append(f"entry {entry.id} changes {bill.id}, which was voided")
    return said


def bill_violations(bill: Bill) -> list[str]:
    """Return which invariants a bill breaks."""
    held = bill.balance
    said = []
    if bill.total.minor >= 0 and bill.amount_due.minor < 0:
        said.append(f"{bill.id}: {bill.amount_due} is due, below zero")
    if bill.total.minor < 0 and not bill.total.minor <= held.principal_settled <= 0:
        said.append(f"{bill.id}: {held.principal_settled} of {bill.total.minor} is paid out")
    if bill.total.minor >= 0 and not held.late_moved_in - held.moved_in <= held.principal_settled <= bill.total.minor:
        said.append(f"{bill.id}: {held.principal_settled} of {bill.total.minor} is settled")
    if not 0 <= held.waived <= held.late + held.late_moved_in:
        said.append(f"{bill.id}: {held.waived} is waived of late charges of {held.late}")
    if not bill.is_standing and bill.amount_due.minor:
        said.append(f"{bill.id}: {bill.amount_due} is due, though it was voided")
    if held.late_due < 0 or held.late_paid < 0:
        said.append(f"{bill.id}: {held.late_paid} is paid of late charges of {held.late}, {held.waived} waived")
    credited = held.credited if bill.total.minor >= 0 else 0
    sums = (
        credited,
        held.written_off,
        held.late_steps,
        held.moved_in,
        held.moved_out,
        held.late_moved,
        held.late_moved_in,
    )
    if min(sums) < 0:
        said.append(f"{bill.id}: a sum of its balance is below zero")
    return said


def fold_violations(bill: Bill, entries: Iterable[Entry]) -> list[str]:
    """Return whether a bill's balance is not what all entries that name it add up to."""
    effects = [effect for entry in entries for effect in entry.effects if effect.bill_id == bill.id]
    folded = balance_after(Balance(), effects)
    if folded == bill.balance:
        return []
    return [f"{bill.id}: the balance is {bill.balance}, its entries add up to {folded}"]


def credit_violations(position: Position, entries: Iterable[Entry]) -> list[str]:
    """Return whether a position's credit or deposit is not what all entries of its holder add up to."""
    theirs = [each for each in entries if (each.account, each.holder) == (position.account, position.holder)]
    credit, deposit = sum(each.credit_minor for each in theirs), sum(each.deposit_minor for each in theirs)
    return [
        f"the {what} at {position.account} is {held}, its entries add up to {folded}"
        for what, held, folded in (
            ("credit", position.credit_minor, credit),
            ("deposit", position.deposit_minor, deposit),
        )
        if held != folded
    ]

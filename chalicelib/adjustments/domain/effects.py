"""What adjustments do to a bill and to its holder's credit, and what takes them back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.adjustments.domain.adjustment import Adjustment
from chalicelib.bills.domain import Bill
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain import Effect, Entry, EntryKind, LateCharge, bill_after, effect_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entry of an adjustment: what it does to its bill, to the credit, and to the due day."""

    kind: EntryKind
    effect: Effect | None = None
    credit_minor: int = 0
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known when an adjustment is decided.

    `bill` is as it is now, `coming` its late charge of today that is not posted, `credited_minor` what credit notes on
    it came to so far (`leak_allowed`: for a leak, too), and `credit_minor` the credit of the holder.
    """

    today: date
    currency: str
    bill: Bill | None = None
    coming: LateCharge
    credited_minor: int = 0
    leak_allowed: bool = False
    credit_minor: int = 0

    @property
    def posted(self) -> Bill:
        """The bill after the late charge of today is posted."""
        bill = self.known
        late = self.late
        return bill_after(bill, late) if late else bill

    @property
    def late(self) -> Effect | None:
        """The late charge of today that is to be posted first, if there is one."""
        if not self.coming.minor:
            return None
        return Effect(bill_id=self.known.id, late=self.coming.minor, late_steps=self.coming.steps)

    @property
    def known(self) -> Bill:
        """The bill.

        :raises AssertionError: for a refund, which has none.
        """
        if self.bill is None:
            raise AssertionError("a refund has no bill")
        return self.bill


def parts_of(adjustment: Adjustment, standing: Standing) -> tuple[Money | None, list[Part]]:
    """Return what an adjustment comes to, and its entries in order; late charges of today are posted first.

    :raises Invalid: for more than there is, or a due day that is not later.
    :raises Conflict: if there is nothing to adjust.
    """
    match adjustment.kind:
        case "refund":
            return _refund(adjustment, standing)
        case "due_day":
            return None, [_due_day(adjustment, standing)]
        case "waiver":
            amount, part = _waiver(adjustment, standing)
        case "credit_note":
            amount, part = _credit_note(adjustment, standing)
        case "write_off":
            amount, part = _write_off(standing)
    late = [Part(kind="late_charge", effect=standing.late)] if standing.late else []
    return Money(amount, standing.currency), [*late, part]


def _waiver(adjustment: Adjustment, standing: Standing) -> tuple[int, Part]:
    """Return the waiver of late charges; without an amount, of all that are due. Source: S3-057."""
    bill = standing.posted
    due = bill.balance.late_due
    if due <= 0:
        raise Conflict("nothing-due", f"no late charge is due on bill {bill.id}: there is nothing to waive")
    amount = due if adjustment.amount is None else adjustment.amount.minor
    _check_positive(amount)
    if amount > due:
        message = f"{adjustment.amount} is more than the late charge of {Money(due, standing.currency)}"
        raise Invalid("above-due", message, field="amount")
    return amount, Part(kind="waiver", effect=Effect(bill_id=bill.id, waived=amount))


def _credit_note(adjustment: Adjustment, standing: Standing) -> tuple[int, Part]:
    """Return the credit note: it lowers what is due of the bill itself, and the rest is the holder's credit."""
    bill = standing.posted
    amount = adjustment.amount.minor if adjustment.amount else 0
    _check_positive(amount)
    if adjustment.leak and standing.leak_allowed:
        raise Conflict("nothing-due", f"a leak was allowed on bill {bill.id} before: take that back first")
    left = bill.total.minor - standing.credited_minor - bill.balance.written_off
    if amount > left:
        message = f"{adjustment.amount} is more than the {Money(max(left, 0), standing.currency)} of {bill.id} left"
        raise Invalid("above-bill", message, field="amount")
    taken = min(amount, max(bill.principal_due.minor, 0))
    part = Part(kind="credit_note", effect=Effect(bill_id=bill.id, credited=taken), credit_minor=amount - taken)
    return amount, part


def _write_off(standing: Standing) -> tuple[int, Part]:
    """Return the write-off of all that is due: the bill's rest is written off, late charges are waived."""
    bill = standing.posted
    amount = bill.amount_due.minor
    if amount <= 0:
        raise Conflict("nothing-due", f"nothing is due on bill {bill.id}: there is nothing to write off")
    effect = Effect(bill_id=bill.id, written_off=bill.principal_due.minor, waived=bill.balance.late_due)
    return amount, Part(kind="write_off", effect=effect)


def _due_day(adjustment: Adjustment, standing: Standing) -> Part:
    bill, due_on = standing.known, adjustment.due_on
    if due_on is None or due_on <= max(bill.due_day, standing.today):
        latest = max(bill.due_day, standing.today)
        raise Invalid("due-too-early", f"give a day after {latest}", field="dueOn")
    if bill.amount_due.minor <= 0:
        raise Conflict("nothing-due", f"nothing is due on bill {bill.id}: it is paid")
    return Part(kind="due_day", effect=Effect(bill_id=bill.id), due_on=due_on)


def _refund(adjustment: Adjustment, standing: Standing) -> tuple[Money, list[Part]]:
    amount = adjustment.amount or Money.zero(standing.currency)
    _check_positive(amount.minor)
    if amount.minor > standing.credit_minor:
        credit = Money(standing.credit_minor, standing.currency)
        message = f"{amount} is more than the credit of {credit}; use the credit first, if a bill is below zero"
        raise Invalid("above-credit", message, field="amount")
    return amount, [Part(kind="refund", credit_minor=-amount.minor)]


def _check_positive(minor: int) -> None:
    if minor <= 0:
        raise Invalid("bad-amount", "the amount must be greater than zero", field="amount")


def taken_back(adjustment: Adjustment, entries: Iterable[Entry], bill: Bill | None) -> Iterator[tuple[Entry, Part]]:
    """Yield what takes the entries of an adjustment back, each with its entry. Late charges that it posted stand.

    What a payment dated back has lowered since is not taken back again.

    :raises Conflict: if the due day was changed again since.
    """
    for entry in entries:
        if entry.kind == "late_charge":
            continue
        due_on = None
        if entry.due_on is not None and bill is not None:
            if bill.due_day != entry.due_on:
                raise Conflict("due-day-changed", f"bill {bill.id} is due on {bill.due_day} by a later extension")
            due_on = adjustment.former_due_on
        effect = _undone(bill, entry) if bill is not None else None
        yield entry, Part(kind="reversal", effect=effect, credit_minor=-entry.credit_minor, due_on=due_on)


def _undone(bill: Bill, entry: Entry) -> Effect:
    held = bill.balance
    waived = sum(effect.waived for effect in entry.effects)
    after = replace(
        held,
        waived=max(held.waived - waived, 0),
        credited=held.credited - sum(effect.credited for effect in entry.effects),
        written_off=held.written_off - sum(effect.written_off for effect in entry.effects),
    )
    return effect_between(bill.id, held, after)

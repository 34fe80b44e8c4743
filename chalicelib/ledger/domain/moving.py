"""A bill that is voided and issued again: what was settled of the old one goes to the new one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.bills.domain import Bill
from chalicelib.kernel.money import Money
from chalicelib.ledger.domain.entry import Effect, Entry, balance_after
from chalicelib.ledger.domain.late_charges import charged_minor, settled_by
from chalicelib.ledger.domain.settling import void_effect
from chalicelib.tenancy.domain import LateChargeRule


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of a bill's money when another is issued in its place.

    `voids` is what voiding does to the old one, and `freed_minor` what becomes credit; below zero, what is taken of it.
    The rest is of the new one: `adjusted` its late charges and notes, by the kind of their entries, and `money` what it
    gets, by the day on which that was paid; below zero, what it gives as credit, as the old one did. What it has no use
    for stays credit.
    """

    voids: Effect
    freed_minor: int
    adjusted: tuple[tuple[str, Effect], ...] = ()
    money: tuple[tuple[date, Effect], ...] = ()


def move(old: Bill, new: Bill | None, entries: Iterable[Entry], rule: LateChargeRule | None) -> Moved:
    """Return what moves from a bill to the one in its place, with the entries of their account.

    Money keeps its day. Late charges move along: lowered to what the rule charges on the new principal, if the due day
    is the same; as they are, if it is due anew. Notes move as far as the new principal goes. Nothing crosses holders.

    1950.00 paid, issued again with 950.00: 950.00 of it pay the new bill, and 1000.00 are credit.
    """
    known = list(entries)
    voids, freed = void_effect(old), freed_minor(old, known)
    if new is None or old.consumer_id != new.consumer_id:
        return Moved(voids, freed)
    adjusted = _adjusted(old, new, known, rule)
    bill = replace(new, balance=balance_after(new.balance, [effect for _, effect in adjusted]))
    money = _given_again(old, bill, known)
    left = max(freed, 0)
    for day, paid, late_paid in _money_by_day(known, old.id):
        effect = _settled(bill, min(paid, left), min(late_paid, left))
        if effect.paid:
            money.append((day, effect))
            left -= effect.paid
            bill = replace(bill, balance=balance_after(bill.balance, [effect]))
    return Moved(voids, freed, tuple(adjusted), tuple(money))


def freed_minor(bill: Bill, entries: Iterable[Entry]) -> int:
    """Return what becomes credit when a bill is voided: what was paid, without what notes on it have made credit since.

    Below zero, it is taken of the credit: a note made it credit, and the payment was reversed since, or the bill itself
    is below zero, and its amount became credit.

    275.00 paid, and a credit note of 75.00, which became credit: 200.00. The payment reversed: -75.00.
    """
    return bill.balance.paid - _noted_as_credit(bill, entries)


def _noted_as_credit(bill: Bill, entries: Iterable[Entry]) -> int:
    """Return what credit notes on a bill brought as credit, because it was paid; those taken back don't count."""
    known = list(entries)
    undone = {each.reverses for each in known}
    notes = [each for each in known if each.kind == "credit_note" and each.id not in undone and each.credit_minor > 0]
    return sum(each.credit_minor for each in notes if any(effect.bill_id == bill.id for effect in each.effects))


def _adjusted(old: Bill, new: Bill, entries: Sequence[Entry], rule: LateChargeRule | None) -> list[tuple[str, Effect]]:
    held, anew = old.balance, new.due_day != old.due_day
    before = _charged_before(old, rule) if anew else held.late_before
    late = held.late
    if rule and late and not anew:
        issued = replace(new, balance=replace(new.balance, late_before=before))
        late = min(
            late, _carried(rule, issued) + charged_minor(rule, issued, settled_by(entries, old.id), held.late_steps)
        )
    # A bill that is due anew has its steps before it: those of the old one count no more.
    steps = 0 if anew else held.late_steps
    credited = max(min(held.credited + _noted_as_credit(old, entries), new.total.minor), 0)
    written_off = max(min(held.written_off, new.total.minor - credited), 0)
    effects = {
        "late_charge": Effect(bill_id=new.id, late=late, late_steps=steps, late_before=before),
        "waiver": Effect(bill_id=new.id, waived=min(held.waived, late)),
        "credit_note": Effect(bill_id=new.id, credited=credited),
        "write_off": Effect(bill_id=new.id, written_off=written_off),
    }
    return [(kind, effect) for kind, effect in effects.items() if effect != Effect(bill_id=new.id)]


def _charged_before(old: Bill, rule: LateChargeRule | None) -> int:
    """Return the principal for which a one-time late charge is posted, so that only what is more can cost another."""
    if rule is None or rule.repeats != "once" or not old.balance.late_steps:
        return old.balance.late_before
    return old.total.minor


def _carried(rule: LateChargeRule, bill: Bill) -> int:
    """Return what a one-time charge before the bill was due anew may still come to, if the bill falls again."""
    charged = min(bill.balance.late_before, bill.total.minor)
    plain = replace(bill, balance=replace(bill.balance, late_before=0), total=Money(charged, bill.total.currency))
    return charged_minor(rule, plain, (), 1) if charged > 0 else 0


def _given_again(old: Bill, new: Bill, entries: Iterable[Entry]) -> list[tuple[date, Effect]]:
    """Return what a new bill below zero gives as credit, because the old one did; any more it gives when it is used."""
    given = max(old.balance.paid, new.principal_due.minor)
    days = [each.value_on for each in entries if any(one.bill_id == old.id and one.paid < 0 for one in each.effects)]
    return [(max(days), Effect(bill_id=new.id, paid=given))] if given < 0 else []


def _settled(bill: Bill, paid: int, late_paid: int) -> Effect:
    """Return what money does to a bill, of which a part paid late charges of the one before; the rest is left."""
    late = min(late_paid, bill.balance.late_due)
    principal = min(paid - late, max(bill.principal_due.minor, 0))
    late += min(paid - late - principal, bill.balance.late_due - late)
    return Effect(bill_id=bill.id, paid=principal + late, late_paid=late)


def _money_by_day(entries: Iterable[Entry], bill_id: str) -> list[tuple[date, int, int]]:
    """Return what was paid on a bill, by the day on which it was paid, and how much of it paid late charges."""
    by_day: dict[date, list[int]] = {}
    for entry in entries:
        for effect in entry.effects:
            if effect.bill_id == bill_id:
                sums = by_day.setdefault(entry.value_on, [0, 0])
                sums[0] += effect.paid
                sums[1] += effect.late_paid
    days: list[tuple[date, int, int]] = []
    for day, (paid, late_paid) in sorted(by_day.items()):
        if paid > 0:
            days.append((day, paid, max(min(late_paid, paid), 0)))
        left = -paid
        while left > 0 and days:  # a later entry lowered what was paid before
            before, had, had_late = days.pop()
            if had > left:
                days.append((before, had - left, min(had_late, had - left)))
            left -= had
    return days

"""Money that comes to a bill or is taken back: how it splits, also when it is dated back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.bills.domain import Balance, Bill
from chalicelib.ledger.domain.entry import Effect, Entry, balance_after, effect_between
from chalicelib.ledger.domain.late_charges import Settled, charged_minor, steps_begun_of
from chalicelib.tenancy.domain import LateChargeRule


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an amount does to a bill, and how much of it the bill has no use for and becomes credit."""

    effect: Effect
    credit_minor: int = 0


def settle(bill: Bill, amount_minor: int) -> Settlement:
    """Return what an amount of today does to a bill: it pays late charges first, then the bill.

    275.00 with a late charge of 27.50, 100.00 paid: 27.50 of it late charge, 72.50 the bill.
    """
    held = bill.balance
    taken = min(amount_minor, max(bill.amount_due.minor, 0))
    late = min(taken, held.late_due)
    return Settlement(Effect(bill_id=bill.id, paid=taken, late_paid=late), amount_minor - taken)


@dataclass(frozen=True, slots=True)
class BackDated:
    """What an amount of a past day does to a bill, how it lowers late charges since, and what becomes credit."""

    money: Effect
    lowered: Effect
    credit_minor: int


@dataclass(frozen=True, slots=True)
class PastDay:
    """A bill as of a past day: steps charged until then, and its balance without later late charges."""

    steps: int
    balance: Balance

    def due(self, bill: Bill) -> int:
        return bill.total.minor - self.balance.principal_settled + self.balance.late_due


def is_back_dated(rule: LateChargeRule | None, bill: Bill, day: date) -> bool:
    """Return whether late charges are posted that begin after a day. A superseded bill holds none any more."""
    if rule is None or bill.superseded_by:
        return False
    return bill.balance.late > 0 and steps_begun_of(rule, bill, day) < bill.balance.late_steps


def on_past_day(rule: LateChargeRule, bill: Bill, day: date, settled: Sequence[Settled]) -> PastDay:
    """Return a bill as it was on a day before late charges that are posted; money paid on them pays the bill."""
    steps = steps_begun_of(rule, bill, day)
    later = charged_minor(rule, bill, settled, bill.balance.late_steps) - charged_minor(rule, bill, settled, steps)
    return PastDay(steps, _with_late(bill.balance, max(bill.balance.late - later, 0)))


def settle_back_dated(
    rule: LateChargeRule, bill: Bill, amount_minor: int, day: date, settled: Sequence[Settled]
) -> BackDated:
    """Return what an amount does that was paid on a past day: late charges after it are taken back or lowered.

    What was paid on those pays the bill, and what is left becomes credit. Waivers of them fall away with them.
    275.00 due on the 20th, charged 27.50 on the 21st and paid 302.50 on the 25th; then 275.00 of the 20th turns up:
    no late charge, and 302.50 is credit. If only 175.00 of the 20th turns up: 10.00, and 192.50 is credit.
    """
    held = bill.balance
    late_part = min(amount_minor, on_past_day(rule, bill, day, settled).balance.late_due)
    money = Effect(bill_id=bill.id, paid=amount_minor, late_paid=late_part)
    before = charged_minor(rule, bill, settled, held.late_steps)
    after = charged_minor(rule, bill, [*settled, (day, amount_minor - late_part)], held.late_steps)
    paid = balance_after(held, [money])
    lowered = _with_late(paid, max(held.late + after - before, 0))
    excess = max(lowered.principal_settled - bill.total.minor, 0)
    lowered = replace(lowered, paid=lowered.paid - excess)
    return BackDated(money, effect_between(bill.id, paid, lowered), excess)


def take_back(bill: Bill, effects: Iterable[Effect]) -> Effect:
    """Return what takes back the money that some effects brought to a bill.

    Late charges and waivers stand; those that the money had lowered, because it was dated back, are charged again.
    What is left of the payments pays late charges as far as it did, so none of the parts falls below zero.
    """
    effects, held = list(effects), bill.balance
    paid = held.paid - sum(effect.paid for effect in effects)
    late = held.late - sum(min(effect.late, 0) for effect in effects)
    waived = held.waived - sum(min(effect.waived, 0) for effect in effects)
    late_paid = held.late_paid - sum(effect.late_paid for effect in effects)
    after = replace(held, paid=paid, late=late, waived=waived)
    late_paid = max(min(late_paid, after.late_held - waived, paid), 0)
    return effect_between(bill.id, held, replace(after, late_paid=late_paid))


def freed_credit(bill: Bill, entries: Iterable[Entry]) -> int:
    """Return what money of past days made credit of a bill, and no reversal has brought back to it."""
    known = {each.id: each for each in entries}
    undone = {each.reverses for each in known.values()}
    freed = 0
    for entry in known.values():
        if entry.kind == "late_charge_lowered" and entry.id not in undone:
            freed -= entry.paid_on(bill.id)
        elif entry.kind == "reversal" and entry.reverses in known:
            freed -= entry.paid_on(bill.id) + known[entry.reverses].paid_on(bill.id)
    return max(freed, 0)


def with_freed_credit(made: Sequence[Entry], bill: Bill, freed_minor: int) -> list[Entry]:
    """Return a payment's entries as they count if credit that was freed of a bill pays it again, as far as it is due.

    302.50 of the 25th, then 275.00 of the 20th, which made them credit. Taking back the former takes them from
    the credit, and the bill stays paid by the latter.
    """
    effects = [effect for entry in made for effect in entry.effects if effect.bill_id == bill.id]
    taken_back = balance_after(bill.balance, [take_back(bill, effects)])
    due = replace(bill, balance=replace(taken_back, paid=0, late_paid=0)).amount_due.minor
    rest = bill.balance.paid - sum(max(effect.paid, 0) for effect in effects)
    again = max(min(due - rest, freed_minor), 0)
    counted: dict[str, Entry] = {}
    for entry in sorted(made, key=lambda each: each.kind != "late_charge_lowered"):  # what it freed itself comes first
        if all(effect.bill_id != bill.id for effect in entry.effects):
            counted[entry.id] = entry
        elif entry.kind == "late_charge_lowered":
            freed = -entry.paid_on(bill.id)
            counted[entry.id] = _with_more_paid(entry, bill, freed - min(again, freed))
            again -= min(again, freed)
        else:
            counted[entry.id] = _with_more_paid(entry, bill, -again)
            again = 0
    return [counted[entry.id] for entry in made]


def _with_more_paid(entry: Entry, bill: Bill, minor: int) -> Entry:
    """Return an entry that pays so much more of a bill, out of the credit that it brought."""
    effects = tuple(
        replace(effect, paid=effect.paid + minor) if effect.bill_id == bill.id else effect for effect in entry.effects
    )
    return replace(entry, effects=effects, credit_minor=entry.credit_minor - minor)


def void_effect(bill: Bill) -> Effect:
    """Return what voiding a bill does to it: nothing is due on it any more, and nothing is paid.

    The principal is credited, late charges and their waivers are taken back, and what was paid leaves it, to become its
    holder's credit.
    """
    held = bill.balance
    credited = bill.total.minor - held.written_off
    after = replace(held, paid=0, late=0, late_paid=0, late_before=0, waived=0, credited=credited)
    return effect_between(bill.id, held, after)


def without_voided(entry: Entry, voided: Collection[str]) -> Entry:
    """Return an entry as it still counts if some of its bills were voided since: what those got became credit."""
    freed = sum(effect.paid for effect in entry.effects if effect.bill_id in voided)
    left = tuple(effect for effect in entry.effects if effect.bill_id not in voided)
    return replace(entry, effects=left, credit_minor=entry.credit_minor + freed)


def _with_late(balance: Balance, late: int) -> Balance:
    """Return a balance with lower late charges: waivers and payments of them shrink, and the money pays the bill."""
    lower = replace(balance, late=late)
    waived = min(balance.waived, lower.late_held)
    return replace(lower, waived=waived, late_paid=min(balance.late_paid, lower.late_held - waived))

"""Late charges as of any day, computed from facts: the due day, the rule, and what was settled when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from chalicelib.bills.domain import Bill
from chalicelib.ledger.domain.entry import Entry
from chalicelib.tenancy.domain import LateChargeRule

DAYS_OF_A_STEP = 30
"""A month of lateness, wherever it begins. Source: S1, decisions.md "Boundaries"."""

Settled = tuple[date, int]
"""A day, and by how much the principal that is settled changed on it, in minor units."""


@dataclass(frozen=True, slots=True)
class LateCharge:
    """What a bill's lateness costs beyond what is posted: the steps that it charges, and their amount."""

    steps: int
    minor: int
    begins_on: date | None = None


NO_CHARGE = LateCharge(0, 0)


def steps_begun(rule: LateChargeRule, due_on: date, day: date) -> int:
    """Return how many steps of a rule have begun on a day. None while the days since the due day are within the grace.

    Due 15 August, 10 days of grace: none on the 25th, one on the 26th, two from 25 September.
    """
    late = (day - due_on).days - (rule.grace_days or 0)
    if late <= 0:
        return 0
    if rule.repeats == "once":
        return 1
    return late if rule.repeats == "daily" else -(-late // DAYS_OF_A_STEP)


def step_begins(rule: LateChargeRule, due_on: date, step: int) -> date:
    """Return the day on which a step begins; the first is 1."""
    days = (step - 1) * (DAYS_OF_A_STEP if rule.repeats == "monthly" else 1)
    return due_on + timedelta(days=(rule.grace_days or 0) + 1 + days)


def steps_begun_of(rule: LateChargeRule, bill: Bill, day: date) -> int:
    """Return how many steps of a bill's lateness have begun on a day.

    Those that were charged before its due day was extended have begun by its first due day.
    """
    before = min(steps_begun(rule, bill.due_on, day), bill.extended_after_steps)
    return max(before, steps_begun(rule, bill.due_day, day))


def accrued_minor(
    rule: LateChargeRule, *, due_on: date, principal_minor: int, settled: Iterable[Settled], steps: int
) -> int:
    """Return what the first steps of lateness cost together, in minor units.

    A step is charged on the principal that is unpaid when it begins; what is settled on that day comes too late for it.
    Compound and daily charges are rounded once, half up, at the end; others step by step, as their source does.
    25.06 at 5 % compound: 1.25, then 2.57; simple: 1.25, then 2.50.
    """
    begins = [step_begins(rule, due_on, step) for step in range(1, steps + 1)]
    return _accrued_minor(rule, begins, principal_minor, settled)


def _accrued_minor(
    rule: LateChargeRule, begins: Iterable[date], principal_minor: int, settled: Iterable[Settled]
) -> int:
    rounds_once = rule.compound or rule.repeats == "daily"
    total = Fraction(0)
    for step, base in enumerate(_bases(begins, principal_minor, settled), 1):
        if base > 0:
            charge = max(_exact(rule, base, step), Fraction(rule.minimum_minor))
            total += charge if rounds_once else _half_up(charge)
    minor = _half_up(total)
    return min(minor, rule.cap_minor) if rule.cap_minor else minor


def _bases(begins: Iterable[date], principal_minor: int, settled: Iterable[Settled]) -> Iterator[int]:
    """Yield the principal that is unpaid when each step begins."""
    waiting = sorted(settled, reverse=True)
    for day in begins:
        while waiting and waiting[-1][0] < day:
            principal_minor -= waiting.pop()[1]
        yield principal_minor


def _exact(rule: LateChargeRule, base: int, step: int) -> Fraction:
    if rule.kind == "fixed":
        return Fraction(rule.amount_minor)
    rate = Fraction(rule.percent) * Fraction(1, 100)
    return base * rate * (1 + rate) ** (step - 1) if rule.compound else base * rate


def _half_up(amount: Fraction) -> int:
    return (amount + Fraction(1, 2)).__floor__()


def late_charge_on(rule: LateChargeRule | None, bill: Bill, day: date, settled: Iterable[Settled]) -> LateCharge:
    """Return what a bill's lateness costs on a day, beyond the steps that are posted.

    `settled` is the bill's own history (see `settled_by`); it matters only if anything is settled.
    """
    if rule is None or bill.principal_due.minor <= 0:
        return NO_CHARGE
    steps, posted = steps_begun_of(rule, bill, day), bill.balance.late_steps
    if steps <= posted:
        return NO_CHARGE
    history = list(settled)
    until_now, before = (charged_minor(rule, bill, history, count) for count in (steps, posted))
    minor = max(until_now - before, 0)
    if rule.cap_minor:
        minor = min(minor, max(rule.cap_minor - bill.balance.late, 0))
    return LateCharge(steps - posted, minor, _step_begins_of(rule, bill, posted + 1))


def needs_history(rule: LateChargeRule | None, bill: Bill, day: date) -> bool:
    """Return whether the bill's entries are needed to compute its late charge on a day."""
    settled = bill.balance.principal_settled != 0 or bill.balance.version > 0
    return rule is not None and settled and steps_begun_of(rule, bill, day) != bill.balance.late_steps


def charged_minor(rule: LateChargeRule, bill: Bill, settled: Iterable[Settled], steps: int) -> int:
    """Return what the first steps of a bill's lateness cost by the rule, with a history of the bill."""
    begins = [_step_begins_of(rule, bill, step) for step in range(1, steps + 1)]
    if rule.repeats == "once" and bill.balance.late_before:
        return _charged_on_rest(rule, bill, begins, settled)
    return _accrued_minor(rule, begins, bill.total.minor, settled)


def _charged_on_rest(rule: LateChargeRule, bill: Bill, begins: Sequence[date], settled: Iterable[Settled]) -> int:
    """Return what a one-time charge adds for a bill that is due anew: on what it is more than the one before.

    10 %, charged on 1950.00; issued again with 1960.00: 1.00 more.
    """
    before = bill.balance.late_before
    rest = min([bill.total.minor - before, *_bases(begins, bill.total.minor, settled)])
    if not begins or rest <= 0:
        return 0
    return _accrued_minor(rule, begins, before + rest, ()) - _accrued_minor(rule, begins, before, ())


def _step_begins_of(rule: LateChargeRule, bill: Bill, step: int) -> date:
    due_on = bill.due_on if step <= bill.extended_after_steps else bill.due_day
    return step_begins(rule, due_on, step)


def settled_by(entries: Iterable[Entry], bill_id: str) -> list[Settled]:
    """Return a bill's history: when how much of its principal was settled, or opened again."""
    return [
        (entry.value_on, effect.principal_settled)
        for entry in entries
        for effect in entry.effects
        if effect.bill_id == bill_id and effect.principal_settled
    ]

"""What a billing cycle is, and by when a bill is to be paid."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.kernel.period import Period

LAST_GENERATION_DAY = 28
MAX_DUE_DAYS = 90
MAX_GRACE_DAYS = 365


@dataclass(frozen=True, slots=True)
class DueDay:
    """The day by which a bill is to be paid, in the billed period's month or in the month it is read in."""

    day: int
    month: Literal["period", "reading"]


@dataclass(frozen=True, slots=True)
class DueOffset:
    """How many days after its own day a bill is to be paid."""

    days: int


@dataclass(frozen=True, slots=True)
class DueByCycle:
    """That the project's billing cycle says how many days after its own day a bill is to be paid."""

    by: Literal["cycle"]


DueRule = DueDay | DueOffset


@dataclass(frozen=True, slots=True)
class BillingCycle:
    """When the bills of the projects that name it are made, due and late.

    - `generation_day`: the day of the month on which bills are made, one that every month has.
    - `due_days`: how many days after its own day a bill is to be paid.
    - `grace_days`: for how many days after the due day a late bill costs nothing more.
    - `active`: bills are made on its day without being asked for.
    - `projects` counts those that name it; `used`: something was read or billed under it, so that it stays on record.
    """

    id: str
    name: str
    generation_day: int
    due_days: int
    grace_days: int
    active: bool = True
    version: int = 0
    projects: int = 0
    used: bool = False

    def generates_on(self, day: date) -> bool:
        """Return whether bills are made by this cycle on a day of the client's own calendar.

        Source: S2-292, S2-295. Generation day 2: on 2025-08-02 while active, on no other day of August.
        """
        return self.active and day.day == self.generation_day

    @property
    def due_rule(self) -> DueOffset:
        return DueOffset(self.due_days)

    def says_the_same(self, other: "BillingCycle") -> bool:
        """Return whether two cycles are the same but for what became of them since."""
        return self.facts() == other.facts()

    def facts(self) -> dict[str, object]:
        """Return what somebody decided about the cycle, as the audit log keeps it."""
        return {
            "cycle_name": self.name,
            "generation_day": self.generation_day,
            "due_days": self.due_days,
            "grace_days": self.grace_days,
            "active": self.active,
        }


def check_cycle(cycle: BillingCycle) -> None:
    """Refuse a cycle that can't be kept to, naming everything that is wrong.

    The screens of S2 let a generation day be 31 and its table 28 at most; the table wins. Source: decisions.md.

    :raises Invalid: naming each field and what would do.
    """
    faults = []
    if not 1 <= cycle.generation_day <= LAST_GENERATION_DAY:
        faults.append(Fault("generationDay", f"1 to {LAST_GENERATION_DAY}, a day that every month has"))
    if not 0 <= cycle.due_days <= MAX_DUE_DAYS:
        faults.append(Fault("dueDays", f"0 to {MAX_DUE_DAYS} days after the bill's day"))
    if not 0 <= cycle.grace_days <= MAX_GRACE_DAYS:
        faults.append(Fault("graceDays", f"0 to {MAX_GRACE_DAYS} days after the due day"))
    if faults:
        said = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Invalid("bad-cycle", said, faults=tuple(faults))


def due_on(rule: DueRule, period: Period, billed_on: date) -> date:
    """Return the day by which a bill of that period, dated `billed_on`, is to be paid.

    Source: decisions.md, "due day", and S1-135: a day of the month that is not after the bill's day moves on to the
    next month. S3, period 2025-11, billed 2025-11-05 -> 2025-11-20. S1, period 2025-07, billed 2025-08-01 ->
    2025-08-10. S4, billed 2025-03-20 -> 2025-04-04. S2, a cycle's 15 days, billed 2025-08-01 -> 2025-08-16.
    """
    if isinstance(rule, DueOffset):
        return billed_on + timedelta(days=rule.days)
    month = period if rule.month == "period" else Period.of(billed_on)
    while month.day(rule.day) <= billed_on:
        month = month.shifted(1)
    return month.day(rule.day)

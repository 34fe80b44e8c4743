"""Billing cycles and due days."""

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
    """A due day of the month: in the billed period's month, or in the month of the bill's day."""

    day: int
    month: Literal["period", "reading"]


@dataclass(frozen=True, slots=True)
class DueOffset:
    """A due day some days after the bill's day."""

    days: int


@dataclass(frozen=True, slots=True)
class DueByCycle:
    """A due day some days after the bill's day, as many as the project's billing cycle says."""

    by: Literal["cycle"]


DueRule = DueDay | DueOffset


@dataclass(frozen=True, slots=True)
class BillingCycle:
    """When bills of the projects that name the cycle are made, due and late.

    - `generation_day`: the day of the month on which bills are made, 1 to 28.
    - `due_days`: the number of days from a bill's day to its due day.
    - `grace_days`: the number of days after the due day without a late charge.
    - `active`: bills are made on its day automatically.
    - `projects` counts the projects that name it; `used`: a reading or run has used it, so it can't be deleted.
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
        """Return whether this cycle makes bills on a day (in the client's time zone).

        Source: S2-292, S2-295. Generation day 2: on 2025-08-02 while active, on no other day of August.
        """
        return self.active and day.day == self.generation_day

    @property
    def due_rule(self) -> DueOffset:
        return DueOffset(self.due_days)

    def says_the_same(self, other: "BillingCycle") -> bool:
        """Return whether two cycles have the same settings, whatever their counts and version."""
        return self.facts() == other.facts()

    def facts(self) -> dict[str, object]:
        """Return the cycle's settings for the audit log."""
        return {
            "cycle_name": self.name,
            "generation_day": self.generation_day,
            "due_days": self.due_days,
            "grace_days": self.grace_days,
            "active": self.active,
        }


def check_cycle(cycle: BillingCycle) -> None:
    """Check a cycle's settings.

    S2's screens allow a generation day of up to 31, its table up to 28; the table wins. Source: decisions.md.

    :raises Invalid: naming each wrong field and what to change.
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
    """Return the due day of a bill for a period, dated `billed_on`.

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

"""Billing groups: connections of some areas or classes that are billed in months of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from chalicelib.kernel.errors import Conflict, Fault
from chalicelib.kernel.period import Frequency, Period

MAX_GROUPS = 40
MAX_GROUP_AREAS = 100
_MONTHS = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingGroup:
    """Connections that are billed together in periods of their own: villages in even months, cottages once a year.

    A connection belongs to it by its area, or one inside it, and by its class; what is left out is any. `advances` are
    bills without a reading in the months between. It holds from the month `from_period` until the end of
    `until_period`; outside them, the project's own periods hold. Both lie where periods of the group begin and end, so
    no period is cut.
    """

    id: str
    name: str
    areas: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    months: int = 1
    first_month: int = 1
    advances: Literal["none", "monthly"] = "none"
    from_period: Period | None = None
    until_period: Period | None = None

    @property
    def frequency(self) -> Frequency:
        """How many months are billed together, and where they begin."""
        return Frequency(self.months, self.first_month)

    def holds_in(self, month: Period) -> bool:
        """Return whether the group exists in a month."""
        begun = self.from_period is None or self.from_period <= month
        return begun and (self.until_period is None or month <= self.until_period)

    def has(self, area: str | None, consumer_class: str) -> bool:
        """Return whether a connection of an area and class belongs to the group."""
        there = not self.areas or any(_lies_in(area or "", each) for each in self.areas)
        return there and (not self.classes or consumer_class in self.classes)

    def meets(self, other: "BillingGroup") -> bool:
        """Return whether a connection can belong to both groups in the same month."""
        classes = not self.classes or not other.classes or bool(set(self.classes) & set(other.classes))
        areas = not self.areas or not other.areas or any(_share(a, b) for a in self.areas for b in other.areas)
        return areas and classes and not (_ends_before(self, other) or _ends_before(other, self))

    def __str__(self) -> str:
        """Return the group in a few words, for the audit log."""
        whose = " ".join([*self.areas, *self.classes])
        held = f"from {self.from_period or 'the beginning'} until {self.until_period or 'further notice'}"
        return f"{self.id}: {self.months} months from {self.first_month}, advances {self.advances}, {held}: {whose}"


def _lies_in(area: str, outer: str) -> bool:
    return area == outer or area.startswith(f"{outer}.")


def _share(one: str, other: str) -> bool:
    return _lies_in(one, other) or _lies_in(other, one)


def _ends_before(one: BillingGroup, other: BillingGroup) -> bool:
    return bool(one.until_period and other.from_period and one.until_period < other.from_period)


def group_faults(groups: Sequence[BillingGroup], *, within: Frequency, classes: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with a project's groups. Runs go by the project's own periods (`within`)."""
    if len(groups) > MAX_GROUPS:
        yield Fault("billingGroups", f"{MAX_GROUPS} at most")
    if sum(len(group.areas) for group in groups) > MAX_GROUP_AREAS:
        yield Fault(
            "billingGroups", f"{MAX_GROUP_AREAS} areas in all groups together at most; name outer areas instead"
        )
    for at, group in enumerate(groups):
        for fault in (*_members_faults(group, classes), *_period_faults(group, within)):
            yield Fault(f"billingGroups.{at}.{fault.field}", fault.message)
    for (_, one), (at, other) in combinations(enumerate(groups), 2):
        if one.id == other.id:
            yield Fault(f"billingGroups.{at}.id", f"there is another group {one.id}")
        elif one.meets(other):
            message = f"a connection could belong to {one.id} and {other.id} at once: no area or class in two groups"
            yield Fault(f"billingGroups.{at}.{'areas' if other.areas else 'classes'}", message)


def _members_faults(group: BillingGroup, classes: Sequence[str]) -> Iterator[Fault]:
    if not group.areas and not group.classes:
        yield Fault("areas", "name the areas or the classes that belong to the group")
    if unknown := [each for each in group.classes if each not in classes]:
        yield Fault("classes", f"{unknown[0]!r} is none of the project's classes: {', '.join(classes)}")


def _period_faults(group: BillingGroup, within: Frequency) -> Iterator[Fault]:
    if group.months not in _MONTHS:
        yield Fault("months", "1, 2, 3, 4, 6 or 12")
        return
    if group.months % within.months:
        yield Fault("months", f"bills are made every {within.months} months here: give a multiple of {within.months}")
        return
    if not 1 <= group.first_month <= 12:
        yield Fault("firstMonth", "a month, 1 to 12")
        return
    if (group.first_month - within.first_month) % within.months:
        yield Fault("firstMonth", f"a month in which a period of the project begins, such as {within.first_month}")
        return
    if group.advances == "monthly" and (group.months == 1 or within.months != 1):
        yield Fault("advances", "advances are for the months between bills, where bills are made each month")
    yield from _bound_faults(group)


def _bound_faults(group: BillingGroup) -> Iterator[Fault]:
    first, last, frequency = group.from_period, group.until_period, group.frequency
    if first and frequency.first_month_of(frequency.period_of(first)) != first:
        begins = frequency.period_of(first).shifted(1)
        yield Fault("fromPeriod", f"a month in which a period of the group begins, such as {begins}")
    if last and not frequency.ends_in(last):
        yield Fault("untilPeriod", f"the last month of a period of the group, such as {frequency.period_of(last)}")
    if first and last and last < first:
        yield Fault("untilPeriod", "not before fromPeriod")


def check_group_changes(before: Sequence[BillingGroup], after: Sequence[BillingGroup], *, month: Period) -> None:
    """Check that a change of groups leaves all periods until `month`, the one that is read now, as they are.

    Readings and bills are stored by their period. So a group that has begun keeps its connections and months until it
    ends, and a new one begins later.

    :raises Conflict: naming the group, and how to do it instead.
    """
    then = {group.id: group for group in after}
    known = {group.id: group for group in before if group.from_period is None or group.from_period <= month}
    for group in known.values():
        if group.id not in then:
            raise _fixed(f"group {group.id} has begun: end it with untilPeriod instead of removing it")
        _check_continued(group, then[group.id], month)
    for group in after:
        if group.id not in known and (group.from_period is None or group.from_period <= month):
            raise _fixed(f"a group that is added begins later: give {group.id} a fromPeriod after {month}")


def _check_continued(before: BillingGroup, after: BillingGroup, month: Period) -> None:
    if replace(after, name=before.name, until_period=before.until_period) != before:
        message = f"group {before.id} has begun: readings and bills depend on its areas, classes, months and advances"
        raise _fixed(f"{message}; end it with untilPeriod, and add another group from the month after")
    if before.until_period == after.until_period:
        return
    if any(until is not None and until < month for until in (before.until_period, after.until_period)):
        raise _fixed(f"group {before.id} can end in {month} at the earliest, and one that has ended stays so")


def _fixed(message: str) -> Conflict:
    return Conflict("fixed-setting", message, field="billingGroups")

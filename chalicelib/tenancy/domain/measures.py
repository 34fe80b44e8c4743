"""The measures that a project delivers for its tariffs, and where they come from."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.errors import Conflict, Fault, Invalid

MeasureSource = Literal["register", "reading", "place", "period"]

OWN_MEASURES = frozenset({"use", "days", "months", "dwellingUnits", "winterAverage", "persons"})
"""What every connection has by itself, or as a fact with a field of its own. Their names are taken."""

MAX_MEASURES = 60
_COUNTED: tuple[MeasureSource, ...] = ("register", "reading")


@dataclass(frozen=True, slots=True)
class DeliveredMeasure:
    """A measure that bills of a project can have: its name, and where it comes from.

    From further `register`s; with the `reading`, such as a peak; from facts of the `place`, such as contracted kW; or
    entered once for a `period`, such as a calorific value.
    """

    name: str
    source: MeasureSource

    @property
    def is_counted(self) -> bool:
        """Whether it is measured anew in each period, so that it has a history."""
        return self.source in _COUNTED

    def __str__(self) -> str:
        """Return the measure in a few words, for the audit log."""
        return f"{self.name} from {self.source}"


def measure_faults(measures: Sequence[DeliveredMeasure]) -> Iterator[Fault]:
    """Yield what is wrong with the measures of a project."""
    if len(measures) > MAX_MEASURES:
        yield Fault("measures", f"{MAX_MEASURES} at most")
    for at, measure in enumerate(measures):
        if measure.name in OWN_MEASURES:
            yield Fault(f"measures.{at}.name", f"every connection has {measure.name} by itself: leave it out")
        if any(other.name == measure.name for other in measures[:at]):
            yield Fault(f"measures.{at}.name", f"{measure.name} is named twice: keep one of the two")


def check_expected(
    measures: Sequence[DeliveredMeasure], given: Iterable[str], source: MeasureSource, *, field: str
) -> None:
    """Check that a project expects measures from where they are given, so that no typing error waits for the bill.

    :raises Invalid: naming the first one that it does not.
    """
    expected = {each.name for each in measures if each.source == source}
    if unknown := sorted(set(given) - expected):
        known = f"it expects {', '.join(sorted(expected))}" if expected else "it expects none"
        raise Invalid(
            "undelivered-measure",
            f"this project expects no measure {unknown[0]} from the {source}, {known}; see measures in its settings",
            field=field,
        )


def check_measures_kept(
    before: Sequence[DeliveredMeasure], after: Sequence[DeliveredMeasure], *, needed: Collection[str]
) -> None:
    """Check that measures which tariffs need stay, and that those which are measured anew in each period still are.

    :raises Conflict: naming the measure.
    """
    kept = {each.name: each for each in after}
    for measure in before:
        if measure.name not in needed:
            continue
        if measure.name not in kept:
            raise _needed(measure, f"keep it, or correct or delete the tariff first that charges by {measure.name}")
        if kept[measure.name].is_counted != measure.is_counted:
            raise _needed(
                measure, f"it can't come from the {kept[measure.name].source} instead: give that another name"
            )


def _needed(measure: DeliveredMeasure, remedy: str) -> Conflict:
    return Conflict(
        "measure-needed", f"a tariff needs {measure.name} from the {measure.source}; {remedy}", field="measures"
    )

"""The measures that a tariff can charge by: those of every usage, and those that it declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    BlockCharge,
    BoundCharge,
    Charge,
    FixedCharge,
    History,
    MeasuredCharge,
    MeasureKind,
    PercentCharge,
    ScheduleCharge,
    Tariff,
    UsageCharge,
)

KNOWN_MEASURES = ("use", "days", "months", "dwellingUnits", "winterAverage")
"""What needs no declaration. Their names are taken."""

_OWN = frozenset({"use", "days", "months", "dwellingUnits"})
_UNITS = {"": "", "days": "days", "months": "months", "dwellingUnits": "dwelling units"}


def measures_named(charge: Charge) -> Iterator[tuple[str, str]]:
    """Return the fields of a charge that name a measure, with the name."""
    named: dict[str, str | None] = {}
    if isinstance(charge, MeasuredCharge):
        named |= {"measure": charge.measure, "capMeasure": charge.cap_measure, "leastMeasure": charge.least_measure}
    if isinstance(charge, (UsageCharge, FixedCharge, BoundCharge, AdjustmentCharge)):
        named["times"] = charge.times
    if isinstance(charge, (BlockCharge, ScheduleCharge)):
        named |= {"limitsPer": charge.limits_per, **dict(_limits_named(charge))}
    if isinstance(charge, PercentCharge) and charge.percent_table is not None:
        named |= {
            "percentTable.measure": charge.percent_table.measure,
            "percentTable.perMeasure": charge.percent_table.per_measure,
        }
    yield from ((field, name) for field, name in named.items() if name is not None)
    conditions = [("when", charge.when), *((f"factors.{at}.when", each.when) for at, each in enumerate(charge.factors))]
    for where, condition in conditions:
        if condition is not None:
            yield from ((f"{where}.measures.{at}.measure", each.measure) for at, each in enumerate(condition.measures))


def more_limits(charge: BlockCharge | ScheduleCharge) -> tuple[str, ...]:
    """Return the measures that multiply limits besides the first one."""
    times = charge.limits_times
    return (times,) if isinstance(times, str) else times or ()


def _limits_named(charge: BlockCharge | ScheduleCharge) -> Iterator[tuple[str, str]]:
    if isinstance(charge.limits_times, str):
        yield "limitsTimes", charge.limits_times
    else:
        yield from ((f"limitsTimes.{at}", name) for at, name in enumerate(charge.limits_times or ()))
    lists = (
        {"blocks": charge.blocks}
        if isinstance(charge, BlockCharge)
        else {f"schedules.{at}.blocks": each.blocks for at, each in enumerate(charge.schedules)}
    )
    for where, blocks in lists.items():
        for number, block in enumerate(blocks):
            for place, part in enumerate(block.up_to_plus):
                for at, name in enumerate(part.times):
                    yield f"{where}.{number}.upToPlus.{place}.times.{at}", name


@dataclass(frozen=True, slots=True)
class MeasureNeeded:
    """A measure that a usage must give: summed or the highest over its days, or taken from history."""

    name: str
    kind: MeasureKind
    history: History | None = None


def measures_needed(tariff: Tariff) -> tuple[MeasureNeeded, ...]:
    """Return the measures that a usage must give to be rated, besides its own days, months and dwelling units.

    What a history is taken of is needed, too, from the usages before.
    """
    named = {name for charge in tariff.charges for _, name in measures_named(charge)}
    named |= {each.times_measure for each in tariff.conversions if each.times_measure}
    declared = {each.name: each for each in tariff.measures}
    needed = []
    for name in sorted(named - _OWN):
        measure = declared.get(name)
        kind: MeasureKind = "peak" if name == "winterAverage" else (measure and measure.kind) or "sum"
        needed.append(MeasureNeeded(name, kind, measure.history if measure else None))
    return tuple(needed)


def levels_of(tariff: Tariff) -> frozenset[str]:
    """Return the declared measures that are never shared over periods or months."""
    return frozenset(each.name for each in tariff.measures if each.kind == "peak" or each.history)


def sums_of(tariff: Tariff) -> frozenset[str]:
    """Return the measures that are declared as sums: they are shared wherever they count."""
    return frozenset(each.name for each in tariff.measures if each.kind == "sum")


def unit_of_measure(tariff: Tariff, name: str) -> str:
    """Return the unit of a measure, as a line shows it."""
    if name in {"use", "winterAverage"}:
        return tariff.unit
    declared = next((each.unit for each in tariff.measures if each.name == name), name)
    return _UNITS.get(name, declared)

"""The measures that a tariff can charge by: those of every usage, and those that it declares."""

from collections.abc import Iterator

from chalicelib.tariffs.domain.model import (
    AdjustmentCharge,
    BlockCharge,
    BoundCharge,
    Charge,
    FixedCharge,
    MeasuredCharge,
    ScheduleCharge,
    Tariff,
    UsageCharge,
)

KNOWN_MEASURES = ("use", "days", "months", "dwellingUnits", "winterAverage")
"""What needs no declaration. Their names are taken."""

_UNITS = {"": "", "days": "days", "months": "months", "dwellingUnits": "dwelling units"}


def measures_named(charge: Charge) -> Iterator[tuple[str, str]]:
    """Return the fields of a charge that name a measure, with the name."""
    named: dict[str, str | None] = {}
    if isinstance(charge, MeasuredCharge):
        named |= {"measure": charge.measure, "capMeasure": charge.cap_measure, "leastMeasure": charge.least_measure}
    if isinstance(charge, (UsageCharge, FixedCharge, BoundCharge, AdjustmentCharge)):
        named["times"] = charge.times
    if isinstance(charge, (BlockCharge, ScheduleCharge)):
        named |= {"limitsPer": charge.limits_per, "limitsTimes": charge.limits_times}
    return ((field, name) for field, name in named.items() if name is not None)


def levels_of(tariff: Tariff) -> frozenset[str]:
    """Return the declared measures that are never shared over periods or months."""
    return frozenset(each.name for each in tariff.measures if each.kind == "peak")


def sums_of(tariff: Tariff) -> frozenset[str]:
    """Return the measures that are declared as sums: they are shared wherever they count."""
    return frozenset(each.name for each in tariff.measures if each.kind == "sum")


def unit_of_measure(tariff: Tariff, name: str) -> str:
    """Return the unit of a measure, as a line shows it."""
    if name in {"use", "winterAverage"}:
        return tariff.unit
    declared = next((each.unit for each in tariff.measures if each.name == name), name)
    return _UNITS.get(name, declared)

"""Which measures a tariff needs that a project does not deliver."""

from collections.abc import Iterator, Mapping

from chalicelib.connections.domain.uses import MAX_USES
from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.tariffs.domain.measures import MeasureNeeded, measures_needed
from chalicelib.tariffs.domain.model import AdjustmentCharge, History, Tariff
from chalicelib.tenancy.domain import OWN_MEASURES, DeliveredMeasure

MAX_LOOKED_BACK = MAX_USES - 1
"""A connection remembers so many periods before the one that is billed."""


def check_deliverable(tariff: Tariff, delivered: Mapping[str, DeliveredMeasure]) -> None:
    """Check that a project delivers every measure and amount that a tariff can't do without.

    `delivered` are the measures of the project's settings by name.

    :raises Invalid: with one fault for each that it does not.
    """
    faults = (*_measure_faults(tariff, delivered), *_adjustment_faults(tariff, delivered))
    if faults:
        more = f" (and {len(faults) - 1} more, see errors)" if len(faults) > 1 else ""
        raise Invalid("undelivered-measure", faults[0].message + more, faults=faults)


def names_needed(tariff: Tariff) -> frozenset[str]:
    """Return the measures of the project's settings that a tariff needs."""
    needed = {_source(each) for each in measures_needed(tariff)}
    adjusted = {each.code for each in tariff.charges if isinstance(each, AdjustmentCharge) and each.amount is None}
    return frozenset(needed | adjusted) - OWN_MEASURES


def _source(needed: MeasureNeeded) -> str:
    return needed.history.of if needed.history else needed.name


def _measure_faults(tariff: Tariff, delivered: Mapping[str, DeliveredMeasure]) -> Iterator[Fault]:
    places = {each.name: at for at, each in enumerate(tariff.measures)}
    for needed in measures_needed(tariff):
        if needed.name in OWN_MEASURES and needed.history is None:
            continue
        place = f"measures.{places[needed.name]}"
        if needed.history is None:
            if needed.name not in delivered:
                yield Fault(f"{place}.name", _undelivered(needed.name))
            continue
        yield from _history_faults(f"{place}.history", needed.history, delivered)


def _history_faults(place: str, history: History, delivered: Mapping[str, DeliveredMeasure]) -> Iterator[Fault]:
    if history.last_periods is not None and history.last_periods > MAX_LOOKED_BACK:
        yield Fault(
            f"{place}.lastPeriods", f"a connection remembers its last {MAX_LOOKED_BACK} periods: look back over fewer"
        )
    if history.of == "use":
        return
    measure = delivered.get(history.of)
    if history.of not in OWN_MEASURES and measure is None:
        yield Fault(f"{place}.of", _undelivered(history.of))
    elif measure is None or not measure.is_counted:
        yield Fault(
            f"{place}.of",
            f"{history.of} is not measured in each period, so nothing is known of earlier ones: take the use, or a "
            "measure from a register or the reading",
        )


def _adjustment_faults(tariff: Tariff, delivered: Mapping[str, DeliveredMeasure]) -> Iterator[Fault]:
    for at, charge in enumerate(tariff.charges):
        if isinstance(charge, AdjustmentCharge) and charge.amount is None and charge.code not in delivered:
            yield Fault(
                f"charges.{at}.amount",
                f"nobody gives the amount of {charge.code}: state it, or add {charge.code} to the measures of the "
                "project's settings, with where it comes from",
            )


def _undelivered(name: str) -> str:
    return (
        f"the project has no measure {name}: add it to the measures of its settings, with where it comes from "
        "(register, reading, place or period), or correct the name"
    )

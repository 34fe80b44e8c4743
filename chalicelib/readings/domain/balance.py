"""The balance of a building: its own meter compared with those of units and common areas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.connections.domain import Purpose
from chalicelib.readings.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class WaterBalance:
    """The use of a period by purpose. `loss` is how much more the building's own meter showed than the others together.

    Without a reading of a building meter, its use is calculated as that of units and common areas, with no loss.
    """

    units: Decimal
    common_area: Decimal
    building: Decimal
    calculated: bool

    @property
    def loss(self) -> Decimal:
        return self.building - self.units - self.common_area


def add_up(
    sums: Mapping[Purpose, Decimal], readings: Iterable[Reading], purposes: Mapping[str, Purpose]
) -> dict[Purpose, Decimal]:
    """Add confirmed readings to sums, by the purpose of their connections."""
    added = dict(sums)
    for reading in readings:
        purpose = purposes.get(reading.account, "service")
        if reading.counts:
            added[purpose] = added.get(purpose, Decimal(0)) + reading.usage
    return added


def balance_of(sums: Mapping[Purpose, Decimal]) -> WaterBalance:
    """Return the balance of a building from the sums by purpose.

    Source: S1. Units 85, common area 20, building meter 105: no loss. Building meter 108: a loss of 3.
    """
    units, common_area = sums.get("service", Decimal(0)), sums.get("common_area", Decimal(0))
    return WaterBalance(
        units=units,
        common_area=common_area,
        building=sums.get("building", units + common_area),
        calculated="building" not in sums,
    )

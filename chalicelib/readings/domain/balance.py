"""What a building took in, set against what its units and common areas used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.connections.domain import Purpose
from chalicelib.readings.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class WaterBalance:
    """The use of a period by purpose. `loss` is what the building's own meter showed beyond the others.

    Without a reading of a building meter its use is calculated: what units and common areas used, and no loss.
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
    """Add confirmed readings to sums, by what their connections are for."""
    added = dict(sums)
    for reading in readings:
        purpose = purposes.get(reading.account, "service")
        if reading.state == "confirmed":
            added[purpose] = added.get(purpose, Decimal(0)) + reading.usage
    return added


def balance_of(sums: Mapping[Purpose, Decimal]) -> WaterBalance:
    """Compare what was added up.

    Source: S1. Units 85, common area 20, building meter 105: no loss. Building meter 108: a loss of 3.
    """
    units, common_area = sums.get("service", Decimal(0)), sums.get("common_area", Decimal(0))
    return WaterBalance(
        units=units,
        common_area=common_area,
        building=sums.get("building", units + common_area),
        calculated="building" not in sums,
    )

"""A make of meters, on the client's list of these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterBrand:
    """A make of meters, as the client lists them. `connections` counts those that name it and are not closed."""

    id: str
    name: str
    connections: int = 0

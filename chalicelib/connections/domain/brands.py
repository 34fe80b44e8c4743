"""Meter brands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterBrand:
    """A meter brand on the client's list. `connections` counts those that have it and are not closed."""

    id: str
    name: str
    connections: int = 0

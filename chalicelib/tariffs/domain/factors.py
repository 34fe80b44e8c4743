"""Factors of a period: measures that are the same for all connections, entered once."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.period import Period

MAX_FACTORS = 16


@dataclass(frozen=True, slots=True)
class PeriodFactors:
    """Measures of a period by the names that tariffs declare, such as this month's calorific value of gas."""

    period: Period
    measures: Mapping[str, Decimal]
    version: int = 0

"""The usage that a tariff rates: the use of one connection in one period, and the facts that charges need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from chalicelib.tariffs.domain.canonical_json import LEFT_OUT_AS_DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The use of one period. `until_day` is exclusive; without days, 30 per month count.

    `period_days` is the length of the whole period if only a part of it was served. `flags` are facts that
    conditions name ("senior", "closedMidMonth"); `measures` are further quantities by name ("demandKw", "peak").
    `adjustments` are amounts in whole currency units by charge code.

    `periods`: the days are those of this many billing periods, because some were not read. Quantity, days,
    `period_days`, measures and adjustments are those of all of them, `months` those of one. `fixed_charged`: an earlier
    bill of the same holder has charged the period's amounts that do not depend on days or use.

    For one month out of several, `month_shares` are its shares of the measures, and `adjusted` names the adjustments
    that an earlier month has charged.
    """

    quantity: Decimal
    unit: str
    first_day: date | None = None
    until_day: date | None = None
    period_days: int | None = None
    months: int = 1
    dwelling_units: Decimal = Decimal(1)
    meter_size: str | None = None
    consumer_class: str | None = None
    winter_average: Decimal | None = None
    flags: frozenset[str] = frozenset()
    measures: Mapping[str, Decimal] = field(default_factory=dict)
    adjustments: Mapping[str, Decimal] = field(default_factory=dict)
    month_shares: Mapping[str, Decimal] = field(default_factory=dict)
    adjusted: frozenset[str] = frozenset()
    periods: int = field(default=1, metadata=LEFT_OUT_AS_DEFAULT)
    fixed_charged: bool = field(default=False, metadata=LEFT_OUT_AS_DEFAULT)

    @property
    def days(self) -> int:
        if self.first_day is None or self.until_day is None:
            return 30 * self.months * self.periods
        return (self.until_day - self.first_day).days

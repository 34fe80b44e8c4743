"""The state of rating a bill: the usage, and the amount of each charge so far. Quantities are exact ratios of ints."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.model import Condition, MeasureLimit, Season
from chalicelib.tariffs.domain.pricing import Ratio
from chalicelib.tariffs.domain.proration import PeriodShare, season_share
from chalicelib.tariffs.domain.trace import TraceStep, TraceTerm
from chalicelib.tariffs.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Settled:
    """Values that replace the charge's own in a line's trace: see `RatingState.settled`. `carry` is in minor units."""

    terms: tuple[TraceTerm, ...] | None = None
    less: Fraction = Fraction(0)
    bounded: bool = False
    steps: tuple[TraceStep, ...] = ()
    carry: int = 0


def lies_within(value: Fraction, above: Decimal | None, at_most: Decimal | None) -> bool:
    """Return whether a value is above one limit and at most another; either may be None."""
    return (above is None or value > above) and (at_most is None or value <= at_most)


class RatingState:
    """`use_num / use_den` is the use in the tariff's unit; `share` is set if a version rates a part of the period.

    For each charge in order, `values` has the amount that later charges see, in minor units, and `lines` the billed
    amount: None if the charge makes no line. `total` is the sum of the lines. `settled` has, by a line's place, what
    its charge alone does not know: a bound that applied, an exempt amount, the effect of sharing a rounded amount.
    """

    __slots__ = ("lines", "settled", "share", "total", "usage", "use_den", "use_num", "values")

    def __init__(self, usage: Usage, use_num: int, use_den: int, share: PeriodShare | None = None) -> None:
        self.usage = usage
        self.use_num = use_num
        self.use_den = use_den
        self.share = share
        self.values: list[Ratio] = []
        self.lines: list[int | None] = []
        self.settled: dict[int, Settled] | None = None
        self.total = 0

    def measure(self, name: str) -> Ratio:
        """Return a quantity by name, as a ratio.

        :raises Invalid: if the usage does not have it.
        """
        if name == "use":
            return self.use_num, self.use_den
        if name == "days":
            return self.usage.days, 1
        if name == "months":
            return self.usage.months, 1
        if name == "dwellingUnits":
            return self.usage.dwelling_units.as_integer_ratio()
        given = self.usage.winter_average if name == "winterAverage" else self.usage.measures.get(name)
        if given is None:
            raise Invalid(
                "missing-measure",
                f"the tariff charges by the measure {name!r}, which the usage does not give; "
                f"it gives {', '.join(sorted(self.usage.measures)) or 'no measures'}",
                field="usage.measures",
            )
        if given < 0:
            raise Invalid("bad-measure", f"the measure {name!r} can't be below zero", field=f"usage.measures.{name}")
        return given.as_integer_ratio()

    def billed(self, name: str) -> Ratio:
        """Return a quantity to price: for one month out of several, the month's share of it."""
        share = self.usage.month_shares.get(name) if self.usage.month_shares else None
        return self.measure(name) if share is None else share.as_integer_ratio()

    def settle(self, at: int, settled: "Settled") -> None:
        """Record how a line was settled."""
        if self.settled is None:
            self.settled = {}
        self.settled[at] = settled

    def meets(self, condition: Condition) -> bool:
        """Return whether the usage meets every part of a condition."""
        usage = self.usage
        return (
            (condition.use_above is None or self._use_exceeds(condition.use_above.as_integer_ratio()))
            and (condition.use_at_most is None or not self._use_exceeds(condition.use_at_most.as_integer_ratio()))
            and (condition.flag is None or condition.flag in usage.flags)
            and (condition.without_flag is None or condition.without_flag not in usage.flags)
            and (not condition.classes or usage.consumer_class in condition.classes)
            and (not condition.meter_sizes or usage.meter_size in condition.meter_sizes)
            and (not condition.measures or all(self._within(each) for each in condition.measures))
        )

    def in_season(self, season: Season) -> Fraction:
        """Return the share of this version's days that are in a season."""
        return season_share(season, self.usage, self.share)

    def _within(self, limit: MeasureLimit) -> bool:
        return lies_within(Fraction(*self.billed(limit.measure)), limit.above, limit.at_most)

    def _use_exceeds(self, limit: Ratio) -> bool:
        return self.use_num * limit[1] > limit[0] * self.use_den

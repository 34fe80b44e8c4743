"""A use of several billing periods, because some were not read: each has an equal share, as though it had been read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from chalicelib.tariffs.domain.measures import levels_of, sums_of
from chalicelib.tariffs.domain.model import AdjustmentCharge, Charge, PercentCharge, SubtotalCharge, Tariff
from chalicelib.tariffs.domain.pricing import Ratio
from chalicelib.tariffs.domain.proration import days_of_parts, measures_of, split_quantity
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import split_by_weights
from chalicelib.tariffs.domain.usage import Usage

_FINEST = Decimal("0.000001")
_NEVER_DIVIDED = frozenset({"months", "dwellingUnits", "winterAverage"})


class PeriodState(RatingState):
    """The state of rating one of several equal periods; each charge is then multiplied by their number.

    A quantity that is priced is divided by the periods, unless it is a level, such as a peak. What multiplies is not
    (`times`, limits), except use, days and measures that are declared as sums.
    """

    __slots__ = ("levels", "periods", "sums")

    def __init__(self, tariff: Tariff, usage: Usage, use_num: int, use_den: int) -> None:
        super().__init__(usage, use_num, use_den * usage.periods)
        self.periods = usage.periods
        self.levels = _NEVER_DIVIDED | levels_of(tariff)
        self.sums = frozenset({"days"}) | sums_of(tariff)

    def measure(self, name: str) -> Ratio:
        num, den = super().measure(name)
        return (num, den * self.periods) if name in self.sums else (num, den)

    def billed(self, name: str) -> Ratio:
        num, den = super().billed(name)
        return (num, den * self.periods) if self.shares(name) and name not in {"use", *self.sums} else (num, den)

    def shares(self, name: str) -> bool:
        """Return whether each period has a share of a priced quantity, and not the whole of it."""
        return name not in self.levels


def counts_each_period(charge: Charge, usage: Usage) -> bool:
    """Return whether a charge is multiplied by the periods.

    A percentage and a rounding see amounts that are; an adjustment that came with the use is charged once, unless it is
    an amount for each unit.
    """
    if isinstance(charge, AdjustmentCharge):
        return charge.times is not None or charge.code not in usage.adjustments
    return not isinstance(charge, (PercentCharge, SubtotalCharge))


def one_by_one(usage: Usage, tariff: Tariff) -> Iterator[Usage]:
    """Share a use of several periods over them by their days, because not all have the same version of the tariff.

    Shares have six places at the most.
    """
    days = days_of_parts(usage, usage.periods)
    uses = split_quantity(usage.quantity, days, _FINEST)
    levels = levels_of(tariff) | {"winterAverage"}
    shared = {
        name: split_quantity(quantity, days, _FINEST)
        for name, quantity in measures_of(usage).items()
        if name not in levels
    }
    sums = sums_of(tariff)
    lengths = None if usage.period_days is None else split_by_weights(usage.period_days, days)
    first_day = usage.first_day
    for at in range(usage.periods):
        until_day = first_day and first_day + timedelta(days=days[at])
        yield replace(
            usage,
            quantity=uses[at],
            periods=1,
            first_day=first_day,
            until_day=until_day,
            period_days=None if lengths is None else lengths[at],
            measures={**usage.measures, **{name: parts[at] for name, parts in shared.items() if name in sums}},
            month_shares={name: parts[at] for name, parts in shared.items()},
        )
        first_day = until_day

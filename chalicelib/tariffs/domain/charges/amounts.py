"""Charges of an amount: per period, a minimum or maximum, and adjustments that come with the reading."""

from collections.abc import Sequence

from chalicelib.tariffs.domain.charges.base import ONE, AmountBySize, Pricer, sum_of, times_of
from chalicelib.tariffs.domain.model import AdjustmentCharge, BoundCharge, FixedCharge
from chalicelib.tariffs.domain.pricing import Price, Priced, Ratio
from chalicelib.tariffs.domain.rating_state import RatingState


class FixedPricer(Pricer):
    """An amount per period; for the days served, if it is prorated."""

    __slots__ = ("charge", "size_amount")

    def __init__(self, charge: FixedCharge, exponent: int) -> None:
        self.charge = charge
        self.size_amount = AmountBySize(charge.code, charge.amount, charge.by_meter_size, exponent)

    def price(self, state: RatingState) -> Priced:
        price = self.size_amount.of(state)
        charge = self.charge
        num, den = times_of(state, charge.times, prorated=charge.prorated, days_basis=charge.days_basis)
        return [(num, price.num, price)], den, price.den


class BoundPricer(Pricer):
    """The difference that lifts charges to a minimum, or lowers them to a maximum."""

    __slots__ = ("charge", "indices", "size_amount")

    def __init__(self, charge: BoundCharge, indices: Sequence[int], exponent: int) -> None:
        self.size_amount = AmountBySize(charge.code, charge.amount, charge.by_meter_size, exponent)
        self.charge = charge
        self.indices = tuple(indices)

    def price(self, state: RatingState) -> Priced:
        price = self.size_amount.of(state)
        charge = self.charge
        num, den = times_of(state, charge.times, prorated=charge.prorated, days_basis=charge.days_basis)
        return [(num, price.num, price)], den, price.den

    def less(self, state: RatingState) -> Ratio:
        return sum_of(state, self.indices)


class AdjustmentPricer(Pricer):
    """An amount that came with the reading."""

    __slots__ = ("code", "default", "exponent", "times")

    def __init__(self, charge: AdjustmentCharge, exponent: int) -> None:
        self.code = charge.code
        self.default = charge.amount
        self.times = charge.times
        self.exponent = exponent

    def price(self, state: RatingState) -> Priced | None:
        amount = state.usage.adjustments.get(self.code, self.default)
        if amount is None or self.code in state.usage.adjusted:
            return None
        price = Price(amount, ONE, self.exponent)
        num, den = times_of(state, self.times)
        return [(num, price.num, price)], den, price.den

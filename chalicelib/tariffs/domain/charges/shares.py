"""Charges that depend on other charges: percentages, and the rounding of a sum."""

from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from chalicelib.kernel.quantity import plain
from chalicelib.tariffs.domain.charges.base import ONE, Pricer, sum_of
from chalicelib.tariffs.domain.model import Inside, PercentCharge
from chalicelib.tariffs.domain.pricing import NOTHING, Price, Priced, Ratio
from chalicelib.tariffs.domain.rating_state import RatingState
from chalicelib.tariffs.domain.rounding import round_to_step
from chalicelib.tariffs.domain.trace import TraceStep

HUNDRED = 100
AS_IT_IS = Price(ONE, ONE, 0, of_money=True)


def percentage(percent: Decimal, inside: Inside | None, exponent: int) -> Price:
    """Return a percentage as a price of money: 18 for every 100, or for every 118 or 82 if it is inside."""
    within = {"charges": percent, "sum": -percent}
    return Price(percent, HUNDRED + (within[inside] if inside else Decimal(0)), exponent, of_money=True)


class PercentPricer(Pricer):
    """A percentage of the amounts of earlier charges, before the exempt amount of the whole bill and the bounds."""

    __slots__ = ("charge", "exempt_use", "exponent", "indices")

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        self.charge = charge
        self.exponent = exponent
        self.indices = tuple(indices)
        self.exempt_use = None if charge.exempt_use is None else charge.exempt_use.as_integer_ratio()

    @abstractmethod
    def percent_of(self, state: RatingState) -> Price | None:
        """Return the percentage; None means that there is none to take."""

    def base(self, state: RatingState) -> Ratio:
        """Return the base of the percentage, in minor units."""
        num, den = sum_of(state, self.indices)
        return (num, den) if self.exempt_use is None else _above_exempt_use(num, den, state, self.exempt_use)

    def price(self, state: RatingState) -> Priced | None:
        percent = self.percent_of(state)
        if percent is None:
            return None
        num, den = self.base(state)
        return [(num, percent.num, percent)], den, percent.den

    def steps(self, state: RatingState) -> list[TraceStep]:
        if self.charge.exempt_use is None:
            return []
        num, den = sum_of(state, self.indices)
        return [TraceStep("exempt-use", plain(self.charge.exempt_use), Fraction(num, den * 10**self.exponent))]


class StatedPercentPricer(PercentPricer):
    """A percentage that the tariff states."""

    __slots__ = ("at_once", "percent")

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        super().__init__(charge, indices, exponent)
        if charge.percent is None:
            raise TypeError("a checked percentage is stated or looked up")
        self.percent = percentage(charge.percent, charge.inside, exponent)
        self.at_once = self.indices[0] if len(self.indices) == 1 and self.exempt_use is None else None

    def percent_of(self, _state: RatingState) -> Price:
        return self.percent

    def amount(self, state: RatingState) -> Ratio:
        num, den = self.base(state) if self.at_once is None else state.values[self.at_once]
        return num * self.percent.num, den * self.percent.den


class LookedUpPercentPricer(PercentPricer):
    """A percentage by a measure or by the ratio of two."""

    __slots__ = ("table",)

    def __init__(self, charge: PercentCharge, indices: Sequence[int], exponent: int) -> None:
        super().__init__(charge, indices, exponent)
        if charge.percent_table is None:
            raise TypeError("a percentage that is looked up has a table")
        self.table = charge.percent_table

    def percent_of(self, state: RatingState) -> Price | None:
        value = self._value(state)
        if value is None:
            return None
        row = next(each for each in self.table.rows if each.up_to is None or value <= each.up_to)
        percent = row.percent
        if row.steps is not None and row.up_to is not None:
            away = Fraction(row.up_to) - value if row.steps.direction == "down" else value - Fraction(row.over)
            percent += row.steps.percent * (away // Fraction(row.steps.size))
        return percentage(percent, self.charge.inside, self.exponent)

    def _value(self, state: RatingState) -> Fraction | None:
        """Return the value that the percentage is for; a ratio to nothing is none."""
        table = self.table
        value = Fraction(*state.billed(table.measure))
        if table.per_measure is not None:
            other = Fraction(*state.billed(table.per_measure))
            if other == 0:
                return None
            value = Fraction(value, other)
        if table.rounding is not None:
            value = Fraction(*round_to_step(value.numerator, value.denominator, table.rounding))
        return value

    def steps(self, state: RatingState) -> list[TraceStep]:
        value, table = self._value(state), self.table
        said = table.measure if table.per_measure is None else f"{table.measure} per {table.per_measure}"
        if table.rounding is not None:
            said += f", rounded ({table.rounding.in_words()})"
        return [TraceStep("looked-up", said, value or Fraction(0)), *super().steps(state)]


def _above_exempt_use(num: int, den: int, state: RatingState, exempt: Ratio) -> Ratio:
    """Source: service tax of TNB: of 800 kWh with 600 exempt, (800 - 600) / 800 of the amount is taxed."""
    use = state.use_num * exempt[1]
    free = exempt[0] * state.use_den
    return (num * (use - free), den * use) if use > free else NOTHING


class SubtotalPricer(Pricer):
    """The rounding of a sum of earlier charges: the rounded sum minus their lines."""

    __slots__ = ("indices",)

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = tuple(indices)

    def price(self, state: RatingState) -> Priced:
        num, den = sum_of(state, self.indices)
        return [(num, 1, AS_IT_IS)], den, 1

    def less(self, state: RatingState) -> Ratio:
        return sum(state.lines[at] or 0 for at in self.indices), 1

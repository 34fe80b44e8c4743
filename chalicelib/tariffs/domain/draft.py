"""A bill in the making: the use being rated and what earlier charges came to. Quantities are exact ratios of ints."""

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.document import Condition
from chalicelib.tariffs.domain.pricing import NOTHING
from chalicelib.tariffs.domain.usage import Usage


class Draft:
    """`use_num / use_den` is the use in the tariff's unit. `values` holds what each charge so far came to, in minor
    units as (num, den), and `lines` the same as billed, rounded; both have an entry for every charge of the tariff.
    """

    __slots__ = ("lines", "usage", "use_den", "use_num", "values")

    def __init__(self, usage: Usage, use_num: int, use_den: int) -> None:
        self.usage = usage
        self.use_num = use_num
        self.use_den = use_den
        self.values: list[tuple[int, int]] = []
        self.lines: list[int] = []

    def measure(self, name: str) -> tuple[int, int]:
        """This function will give a quantity by name, as a ratio.

        :raises Invalid: if the usage does not carry it.
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
            raise Invalid("missing-measure", f"the tariff charges by {name!r}: give this quantity with the reading")
        return given.as_integer_ratio()

    def skip(self) -> None:
        """This function will note that a charge made no line."""
        self.lines.append(0)
        self.values.append(NOTHING)

    def meets(self, condition: Condition) -> bool:
        """This function will say whether the use and its facts meet every part of a condition."""
        usage = self.usage
        return (
            (condition.use_above is None or self._use_exceeds(condition.use_above.as_integer_ratio()))
            and (condition.use_at_most is None or not self._use_exceeds(condition.use_at_most.as_integer_ratio()))
            and (condition.flag is None or condition.flag in usage.flags)
            and (condition.without_flag is None or condition.without_flag not in usage.flags)
            and (not condition.classes or usage.consumer_class in condition.classes)
            and (not condition.meter_sizes or usage.meter_size in condition.meter_sizes)
        )

    def _use_exceeds(self, limit: tuple[int, int]) -> bool:
        return self.use_num * limit[1] > limit[0] * self.use_den

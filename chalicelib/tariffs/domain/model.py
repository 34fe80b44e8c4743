"""A utility's tariff sheet as data, as a clerk enters it.

Amounts and rates are Decimals in whole currency units (pesos, not centavos) and may be finer than the minor unit.
Days of validity are half-open: `valid_from` counts, `valid_until` does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from chalicelib.tariffs.domain.rounding import Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLimit:
    """A condition on a measure: above one value, at most another, or both."""

    measure: str
    above: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountLimit:
    """A condition on the sum of named earlier charges, in whole currency units, for each period."""

    of: tuple[str, ...]
    above: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a charge or a factor applies; every given part must hold. Limits are in the tariff's unit of use."""

    use_above: Decimal | None = None
    use_at_most: Decimal | None = None
    flag: str | None = None
    without_flag: str | None = None
    classes: tuple[str, ...] = ()
    meter_sizes: tuple[str, ...] = ()
    measures: tuple[MeasureLimit, ...] = ()
    amounts: tuple[AmountLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A multiplier of a charge while its condition holds: class, meter size, half at zero use."""

    label: str
    value: Decimal
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A part of every year, from one day (`MM-DD`) up to but not including another; it may include new year."""

    from_day: str
    until_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeTerms:
    """The fields of every charge. `rounding` replaces the tariff's line rounding.

    `informational`: its line says what other lines contain, such as a tax in the price, and adds nothing to the total.
    """

    code: str
    label: str
    when: Condition | None = None
    season: Season | None = None
    factors: tuple[Factor, ...] = ()
    rounding: Rounding | None = None
    informational: Literal[True] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCharge(ChargeTerms):
    """A charge of a quantity, trimmed in this order: share, caps, least, included quantity, rounding.

    `cap_measure` names another quantity as an upper limit (sewer: use, but no more than in winter);
    `least` and `least_measure` are lower limits (demand, but no less than was contracted).
    """

    measure: str = "use"
    share: Decimal = Decimal(1)
    cap: Decimal | None = None
    cap_measure: str | None = None
    least: Decimal | None = None
    least_measure: str | None = None
    included: Decimal = Decimal(0)
    quantity_rounding: Rounding | None = None
    per: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCharge(ChargeTerms):
    """An amount per period. `by_meter_size` overrides `amount` for the sizes it names.

    `prorated`: only for the days served, out of `days_basis` or, without one, of the whole period's days.
    `times` names a measure to multiply by (dwellingUnits, months).
    """

    amount: Decimal | None = None
    by_meter_size: Mapping[str, Decimal] = field(default_factory=dict)
    prorated: bool = False
    days_basis: int | None = None
    times: str | None = None
    rate_rounding: Rounding | None = None
    kind: Literal["fixed"] = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCharge(MeasuredCharge):
    """A rate for every `per` units: 5.50 per 1000 gal. `times` names a second quantity (kW contracted, times days)."""

    rate: Decimal
    times: str | None = None
    rate_rounding: Rounding | None = None
    kind: Literal["usage"] = "usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPart:
    """A part of a limit: an amount for every unit of a measure, or of several (0.2 m3 for every person and day)."""

    amount: Decimal
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Use above `over` up to and including `up_to` (None: no end). `flat` is due once when the block is entered.

    `up_to_plus` is added to the limit: a budget by persons or area. Such a block begins where the one before ends,
    whatever `over` says, and has no width if its limit is not above that.
    """

    over: Decimal
    up_to: Decimal | None
    rate: Decimal
    flat: Decimal = Decimal(0)
    up_to_plus: tuple[LimitPart, ...] = ()


BlockMode = Literal["telescopic", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCharge(MeasuredCharge):
    """Blocks of use. Telescopic: each part at its own rate. Whole: all of it at the rate of the block it falls in.

    `limits_per` names a measure that scales the limits (days, dwellingUnits, persons); with days they are stated for
    `days_basis` days. `limits_times` names a second one, or several: for every dwelling, in each of two months.
    """

    blocks: tuple[Block, ...]
    mode: BlockMode = "telescopic"
    limits_per: str | None = None
    limits_times: str | tuple[str, ...] | None = None
    days_basis: int = 30
    limit_rounding: Rounding | None = None
    rate_rounding: Rounding | None = None
    kind: Literal["blocks"] = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The blocks for a total use above `over` up to and including `up_to`."""

    over: Decimal
    up_to: Decimal | None
    blocks: tuple[Block, ...]
    mode: BlockMode = "telescopic"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCharge(MeasuredCharge):
    """Blocks chosen by the total use: with more use, another list of blocks applies from the first unit on."""

    schedules: tuple[Schedule, ...]
    limits_per: str | None = None
    limits_times: str | tuple[str, ...] | None = None
    days_basis: int = 30
    rate_rounding: Rounding | None = None
    kind: Literal["schedules"] = "schedules"


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentSteps:
    """A percentage for each whole step of a value, down from the upper limit of its row or up from the lower one."""

    size: Decimal
    percent: Decimal
    direction: Literal["down", "up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentRow:
    """The percentage for a value above `over` up to and including `up_to`; `steps` add to it."""

    over: Decimal
    up_to: Decimal | None
    percent: Decimal
    steps: PercentSteps | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentTable:
    """Percentages by a measure, or by its ratio to another one: the power factor is kWh per kVAh."""

    measure: str
    rows: tuple[PercentRow, ...]
    per_measure: str | None = None
    rounding: Rounding | None = None


Inside = Literal["charges", "sum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentCharge(ChargeTerms):
    """A percentage of named earlier charges: tax, tax on tax, sewer, surcharge; below zero it is a discount.

    `exempt_use`: only the share of the use above it counts. `exempt_amount`: only the part of the base above it counts,
    over the whole period. `at_least` and `at_most` bound the size of the bill's amount, after the factors.

    `inside`: the tax is in the price. `charges`: the named charges contain it, and it is a percentage of what they are
    without it. `sum`: it is a percentage of the sum of the named charges and itself.

    `percent_table` looks the percentage up, in the place of `percent`.
    """

    percent: Decimal | None = None
    percent_table: PercentTable | None = None
    of: tuple[str, ...]
    inside: Inside | None = None
    exempt_use: Decimal | None = None
    exempt_amount: Decimal | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    kind: Literal["percent"] = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCharge(ChargeTerms):
    """Limits the sum of named earlier charges to an amount, times a measure (equivalent units) if `times` names one.

    `prorated`: for the days served, as with a fixed charge.
    """

    of: tuple[str, ...]
    amount: Decimal | None = None
    by_meter_size: Mapping[str, Decimal] = field(default_factory=dict)
    times: str | None = None
    prorated: bool = False
    days_basis: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumCharge(BoundCharge):
    """Lifts the sum to the amount."""

    kind: Literal["minimum"] = "minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumCharge(BoundCharge):
    """Lowers the sum to the amount: sewer, but never more than 45.00."""

    kind: Literal["maximum"] = "maximum"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentCharge(ChargeTerms):
    """An amount that comes with the reading (fuel adjustment, meter rent); `amount` if none is given.

    It may be below zero. `times` names a measure to multiply by (a fuel credit of 0.20 for every kWh).
    """

    amount: Decimal | None = None
    times: str | None = None
    kind: Literal["adjustment"] = "adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtotalCharge(ChargeTerms):
    """Rounds the sum of named earlier charges; the difference is a line of its own."""

    of: tuple[str, ...]
    to: Rounding
    kind: Literal["subtotal"] = "subtotal"


Charge = (
    FixedCharge
    | UsageCharge
    | BlockCharge
    | ScheduleCharge
    | PercentCharge
    | MinimumCharge
    | MaximumCharge
    | AdjustmentCharge
    | SubtotalCharge
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A conversion of the meter's unit to the tariff's: times `multiply`, times the named measure, divided by `divide`.

    748 gal = 1 hcf has `divide` 748; gas volume to energy names the heat value that comes with the reading.
    """

    from_unit: str
    multiply: Decimal = Decimal(1)
    divide: Decimal = Decimal(1)
    times_measure: str | None = None


MeasureKind = Literal["sum", "peak"]
HistoryTake = Literal["max", "average", "sum"]
VersionChange = Literal["by-days", "by-reading-day", "each-whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How a measure comes from earlier periods: the largest, average or sum of the use or of another measure.

    Over the last periods, over the latest of named months (12, 1 and 2 for a winter average), or since the fiscal year
    began: one of the three.
    """

    take: HistoryTake
    of: str = "use"
    last_periods: int | None = None
    months: tuple[int, ...] = ()
    since_fiscal_year: Literal[True] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A quantity besides the use that a tariff charges by (peak kWh, contracted kW), with label and unit for bills.

    A `sum`, such as energy, is shared over the periods or months that it was measured in. A `peak` is a level that each
    of them has: the highest demand, contracted kW, persons. Without a kind it is a sum where it is priced, and a level
    where it multiplies an amount or limits. One with a `history` is never shared.
    """

    name: str
    label: str
    unit: str
    kind: MeasureKind | None = None
    history: History | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingPlan:
    """Where amounts are rounded.

    With `line`, each line, and later charges see rounded lines; with `total` alone, lines stay unrounded and only the
    total is rounded; with both, both. With neither, each line half-up to the currency's minor unit.
    """

    line: Rounding | None = None
    total: Rounding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of a tariff: charges in the order they are evaluated.

    `consumer_class` None serves every class. `by_choice`: it rates only connections that name it, whatever their class,
    and may be valid beside others. `months_apart`: use read over several months is shared equally over them, with
    the remainder to the first, and each month is rated by itself. `measures` declares the measures that not every
    usage has. `prepaid`: its units are sold in advance, and bills of their use charge nothing. `version_change` of the
    version in force on the last day says what a change within a use means: each version rates its days (None: so), the
    last one rates all, or each takes its share of the use through whole blocks.
    """

    id: str
    version: int
    name: str
    currency: str
    unit: str
    valid_from: date
    charges: tuple[Charge, ...]
    valid_until: date | None = None
    consumer_class: str | None = None
    conversions: tuple[Conversion, ...] = ()
    quantity_rounding: Rounding | None = None
    rounding: RoundingPlan = field(default_factory=RoundingPlan)
    months_apart: bool = False
    source: str = ""
    measures: tuple[Measure, ...] = ()
    prepaid: Literal[True] | None = None
    by_choice: Literal[True] | None = None  # not False: an absent field changes no digest
    version_change: VersionChange | None = None

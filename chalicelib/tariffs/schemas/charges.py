"""The kinds of charge that a tariff sheet may have."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.platform.schema import DecimalText, Schema, Text
from chalicelib.tariffs.domain import model
from chalicelib.tariffs.schemas.words import (
    ChargeCode,
    CodeOrAll,
    ConditionBody,
    Days,
    FactorBody,
    Named,
    RateText,
    RoundingBody,
    SeasonBody,
)


class _ChargeBody(Schema):
    code: ChargeCode
    label: Text
    when: ConditionBody | None = None
    season: SeasonBody | None = None
    factors: tuple[FactorBody, ...] = Field(default=(), max_length=20)
    rounding: RoundingBody | None = None
    informational: Literal[True] | None = Field(
        default=None, description="Its line says what others contain, and adds nothing to the total"
    )


class _MeasuredBody(_ChargeBody):
    measure: Named = Field(
        default="use", description="use, days, months, dwellingUnits, winterAverage or one of the tariff's `measures`"
    )
    share: RateText = Decimal(1)
    cap: DecimalText | None = None
    cap_measure: Named | None = None
    least: DecimalText | None = Field(default=None, description="The least quantity that is billed")
    least_measure: Named | None = None
    included: DecimalText = Decimal(0)
    quantity_rounding: RoundingBody | None = None
    per: DecimalText = Field(
        default=Decimal(1), description="The number of units that the rate is for", examples=["1000"]
    )


class FixedBody(_ChargeBody):
    """An amount per period."""

    kind: Literal["fixed"]
    amount: RateText | None = None
    by_meter_size: dict[Named, RateText] = Field(default_factory=dict, max_length=100)
    prorated: bool = Field(default=False, strict=True)
    days_basis: Days | None = None
    times: Named | None = None
    rate_rounding: RoundingBody | None = None


class UsageBody(_MeasuredBody):
    """A rate for every `per` units."""

    kind: Literal["usage"]
    rate: RateText
    times: Named | None = Field(default=None, description="A second quantity: kW contracted, times days")
    rate_rounding: RoundingBody | None = None


class LimitPartBody(Schema):
    """An amount for every unit of a measure, or of several: 0.2 m3 for every person and day."""

    amount: RateText = Field(examples=["0.2"])
    times: tuple[Named, ...] = Field(max_length=5, examples=[["persons", "days"]])


class BlockBody(Schema):
    """Use above `over`, up to and including `upTo`. `flat` is due once when the block is entered."""

    over: DecimalText
    up_to: DecimalText | None
    rate: RateText
    flat: RateText = Decimal(0)
    up_to_plus: tuple[LimitPartBody, ...] = Field(default=(), max_length=5, description="It is added to the limit")


class BlocksBody(_MeasuredBody):
    """Blocks of use, each part at its own rate, or all of it at the rate of the block it falls in."""

    kind: Literal["blocks"]
    blocks: tuple[BlockBody, ...] = Field(max_length=100)
    mode: model.BlockMode = "telescopic"
    limits_per: Named | None = Field(default=None, description="A measure that multiplies the limits")
    limits_times: Named | Annotated[tuple[Named, ...], Field(max_length=5)] | None = Field(
        default=None, description="A second one, or several: dwellingUnits, in each of the months"
    )
    days_basis: Days = 30
    limit_rounding: RoundingBody | None = None
    rate_rounding: RoundingBody | None = None


class ScheduleBody(Schema):
    """The blocks that apply to a total use above `over`, up to and including `upTo`."""

    over: DecimalText
    up_to: DecimalText | None
    blocks: tuple[BlockBody, ...] = Field(max_length=100)
    mode: model.BlockMode = "telescopic"


class SchedulesBody(_MeasuredBody):
    """Blocks chosen by the total use."""

    kind: Literal["schedules"]
    schedules: tuple[ScheduleBody, ...] = Field(max_length=20)
    limits_per: Named | None = Field(default=None, description="A measure that multiplies the limits")
    limits_times: Named | Annotated[tuple[Named, ...], Field(max_length=5)] | None = Field(
        default=None, description="A second one, or several: dwellingUnits, in each of the months"
    )
    days_basis: Days = 30
    rate_rounding: RoundingBody | None = None


class PercentStepsBody(Schema):
    """A percentage for each whole step, `down` from the row's `upTo` or `up` from its `over`."""

    size: DecimalText = Field(examples=["0.01"])
    percent: RateText
    direction: Literal["down", "up"]


class PercentRowBody(Schema):
    """The percentage for a value above `over`, up to and including `upTo`."""

    over: DecimalText
    up_to: DecimalText | None
    percent: RateText
    steps: PercentStepsBody | None = None


class PercentTableBody(Schema):
    """Percentages by a measure, or by its ratio to another: the power factor is kWh per kVAh."""

    measure: Named
    per_measure: Named | None = None
    rounding: RoundingBody | None = None
    rows: tuple[PercentRowBody, ...] = Field(max_length=100)


class PercentBody(_ChargeBody):
    """A percentage of named earlier charges; below zero a discount."""

    kind: Literal["percent"]
    percent: RateText | None = None
    percent_table: PercentTableBody | None = Field(default=None, description="Looks it up, in the place of `percent`")
    of: tuple[CodeOrAll, ...] = Field(
        max_length=60, description="Codes of charges above this one, or * for all of them"
    )
    inside: model.Inside | None = Field(
        default=None,
        description="A tax in the price. `charges`: they contain it, as a percentage of what they are without it. "
        "`sum`: it is a percentage of the sum of the charges and itself",
    )
    exempt_use: DecimalText | None = None
    exempt_amount: DecimalText | None = Field(default=None, description="Only the part above it counts")
    at_least: RateText | None = Field(
        default=None, description="The smallest size of the amount on a bill, after the factors"
    )
    at_most: RateText | None = Field(
        default=None, description="The largest size of the amount on a bill, after the factors"
    )


class _BoundBody(_ChargeBody):
    of: tuple[CodeOrAll, ...] = Field(max_length=60)
    amount: RateText | None = None
    by_meter_size: dict[Named, RateText] = Field(default_factory=dict, max_length=100)
    times: Named | None = None
    prorated: bool = Field(default=False, strict=True)
    days_basis: Days | None = None


class MinimumBody(_BoundBody):
    """Lifts the sum of named earlier charges to an amount."""

    kind: Literal["minimum"]


class MaximumBody(_BoundBody):
    """Lowers the sum of named earlier charges to an amount."""

    kind: Literal["maximum"]


class AdjustmentBody(_ChargeBody):
    """An amount that comes with the reading."""

    kind: Literal["adjustment"]
    amount: RateText | None = None
    times: Named | None = None


class SubtotalBody(_ChargeBody):
    """Rounds the sum of named earlier charges; the difference is a line."""

    kind: Literal["subtotal"]
    of: tuple[CodeOrAll, ...] = Field(max_length=60)
    to: RoundingBody


ChargeBody = Annotated[
    FixedBody
    | UsageBody
    | BlocksBody
    | SchedulesBody
    | PercentBody
    | MinimumBody
    | MaximumBody
    | AdjustmentBody
    | SubtotalBody,
    Field(discriminator="kind"),
]

"""A usage to quote, and what it costs with explanations."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, TypeAdapter, field_validator, model_validator

from chalicelib.platform.schema import Amount, Day, DecimalText, OutSchema, Schema, Shows
from chalicelib.tariffs.domain.measures import KNOWN_MEASURES
from chalicelib.tariffs.domain.metering import Segment, estimated_use, use_over
from chalicelib.tariffs.domain.rating import Rating
from chalicelib.tariffs.domain.rounding import Rounding
from chalicelib.tariffs.domain.usage import Usage
from chalicelib.tariffs.schemas.lines import LineOut, LineView
from chalicelib.tariffs.schemas.sheet import TariffBody
from chalicelib.tariffs.schemas.words import (
    ChargeCode,
    Named,
    RateText,
    RoundingBody,
    TariffId,
)

_MOST_DAYS = 2 * 366
_EXAMPLE: Any = {
    "tariffId": "residential",
    "usage": {"quantity": "18", "unit": "m3", "firstDay": "2025-11-01", "untilDay": "2025-12-01"},
}


class RegisterBody(Schema):
    """The values of one register at two readings. After its highest value it starts again at zero."""

    previous: DecimalText
    current: DecimalText
    digits: Annotated[int, Field(strict=True, ge=1, le=12)] | None = None
    rolled_over: bool = Field(
        default=False,
        strict=True,
        description="The register rolled over, although the use is a tenth of its range or more",
    )
    multiplier: Annotated[DecimalText, Field(gt=0)] = Decimal(1)

    def to_domain(self) -> Segment:
        """Return the segment as a domain object."""
        return Segment(
            previous=self.previous,
            current=self.current,
            digits=self.digits,
            rolled_over=self.rolled_over,
            multiplier=self.multiplier,
        )


class EstimateBody(Schema):
    """An estimated use: the average of the most recent uses, in whole units unless rounded otherwise."""

    recent_uses: tuple[DecimalText, ...] = Field(min_length=1, max_length=36, description="Oldest first")
    last: Annotated[int, Field(strict=True, ge=1, le=36)]
    rounding: RoundingBody = RoundingBody(mode="half-up", step=Decimal(1))

    def use(self) -> Decimal:
        """Return the estimated use."""
        rounding = Rounding(self.rounding.mode, self.rounding.step)
        return estimated_use(self.recent_uses, last=self.last, rounding=rounding)


class UsageQuantities(Schema):
    """The use of one period (a quantity, readings or an estimate), and the facts that charges need."""

    quantity: DecimalText | None = None
    readings: tuple[RegisterBody, ...] = Field(
        default=(), max_length=12, description="Instead of quantity; of an exchanged meter and of the new one"
    )
    estimate: EstimateBody | None = Field(default=None, description="Instead of quantity, if the meter was not read")
    unit: Named
    first_day: Day | None = None
    until_day: Day | None = Field(default=None, description="The day after the last one")
    period_days: Annotated[int, Field(strict=True, ge=1, le=_MOST_DAYS)] | None = Field(
        default=None, description="All days of the period, or of the periods, if a part of them was served"
    )
    months: Annotated[int, Field(strict=True, ge=1, le=24)] = 1
    periods: Annotated[int, Field(strict=True, ge=1, le=24)] = Field(
        default=1,
        description="The number of billing periods that this is the use of, because some were not read; `months` are "
        "those of one",
    )
    fixed_charged: bool = Field(
        default=False,
        strict=True,
        description="An earlier bill has charged the period's amounts that do not depend on days or use",
    )
    dwelling_units: Annotated[DecimalText, Field(gt=0)] = Decimal(1)
    meter_size: Named | None = None
    consumer_class: Named | None = None
    winter_average: Annotated[DecimalText, Field(ge=0)] | None = None
    flags: Annotated[frozenset[Named], Field(max_length=50)] = frozenset()
    measures: dict[Named, Annotated[DecimalText, Field(ge=0)]] = Field(
        default_factory=dict,
        max_length=50,
        description="Other measured quantities, by the names that the tariff declares",
    )
    adjustments: dict[ChargeCode, RateText] = Field(default_factory=dict, max_length=60)

    @model_validator(mode="after")
    def _one_use(self) -> Self:
        if sum((self.quantity is not None, bool(self.readings), self.estimate is not None)) != 1:
            raise ValueError("give one of quantity, readings and estimate")
        return self

    @field_validator("measures")
    @classmethod
    def _own_names(cls, measures: dict[str, Decimal]) -> dict[str, Decimal]:
        for name in KNOWN_MEASURES:
            if name in measures:
                raise ValueError(f"every use has {name} by itself: give it in its own field")
        return measures

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if (self.first_day is None) != (self.until_day is None):
            raise ValueError("give firstDay and untilDay together")
        if self.first_day and self.until_day and self.first_day >= self.until_day:
            raise ValueError("untilDay is the day after the last one: it must be after firstDay")
        if self.first_day and self.until_day and (self.until_day - self.first_day).days > _MOST_DAYS:
            raise ValueError("a use covers two years at the most: give fewer days between firstDay and untilDay")
        return self

    @model_validator(mode="after")
    def _a_day_in_each_month(self) -> Self:
        months = self.months * self.periods
        if self.first_day and self.until_day and (self.until_day - self.first_day).days < months:
            raise ValueError(f"{months} months have at least as many days: give a later untilDay or fewer months")
        if self.period_days and self.period_days < months:
            raise ValueError(f"{months} months have at least as many days: give more periodDays or fewer months")
        return self

    def to_domain(self) -> Usage:
        """Return the usage as a domain object.

        :raises Invalid: for readings that are impossible for one register.
        """
        facts = self.model_dump(by_alias=False, exclude={"quantity", "readings", "estimate"})
        return _USAGE.validate_python(facts | {"quantity": self._use()})

    def _use(self) -> Decimal:
        if self.estimate:
            return self.estimate.use()
        if self.quantity is not None:
            return self.quantity
        return use_over([register.to_domain() for register in self.readings])


class QuoteBody(Schema):
    """A usage and the tariff to rate it by: a draft, or one of the project's by id (with `version`, or by the days)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    tariff_id: TariffId | None = None
    version: Annotated[int, Field(strict=True, ge=1, le=999_999)] | None = None
    draft: TariffBody | None = None
    usage: UsageQuantities

    @model_validator(mode="after")
    def _one_tariff(self) -> Self:
        if (self.tariff_id is None) == (self.draft is None) or (self.version and self.draft):
            raise ValueError("give either tariffId, with a version if you like, or a draft")
        return self


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A rating with its lines, each with its explanation."""

    rating: Rating

    @property
    def lines(self) -> tuple[LineOut, ...]:
        return tuple(LineOut.of(LineView(line), line.trace, line) for line in self.rating.lines)


class QuoteOut(OutSchema, Shows[QuoteView, Rating]):
    """What a usage would cost. Nothing is stored."""

    lines: tuple[LineOut, ...]
    total: Amount
    currency: str
    digest: str


_USAGE = TypeAdapter(Usage)

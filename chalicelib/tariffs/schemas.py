"""Tariff documents as the API takes and shows them: strict, camelCase, decimals as text."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter, WithJsonSchema, model_validator

from chalicelib.kernel.quantity import plain
from chalicelib.platform.schema import Day, DecimalText, Schema, Text
from chalicelib.tariffs.domain import document
from chalicelib.tariffs.domain.book import KnownVersion
from chalicelib.tariffs.domain.checks import check_tariff
from chalicelib.tariffs.domain.explain import explain
from chalicelib.tariffs.domain.rating import Rating
from chalicelib.tariffs.domain.rounding import RoundingMode
from chalicelib.tariffs.domain.trace import Line, ratio_text
from chalicelib.tariffs.domain.usage import Usage

_RATE_PATTERN = r"^-?\d{1,12}(\.\d{1,10})?$"
_RATE = re.compile(_RATE_PATTERN, re.ASCII)


def _read_rate(value: Any) -> Decimal:  # noqa: ANN401 - whatever the caller sent
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise ValueError('give a plain decimal as text, such as "22.50", with at most 10 places')
    return Decimal(value) + 0


RateText = Annotated[
    Decimal,
    BeforeValidator(_read_rate),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _RATE_PATTERN, "examples": ["22.50"]}),
]
ChargeCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,23}$", examples=["usage"])]
Named = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$")]
TariffId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["residential"])]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", examples=["06-01"])]
Days = Annotated[int, Field(strict=True, ge=1, le=400)]


class RoundingBody(Schema):
    """To multiples of a step. Half-up goes away from zero."""

    mode: RoundingMode = "half-up"
    step: RateText = Field(examples=["0.05"])


class ConditionBody(Schema):
    """When a charge or factor counts. All that is given must hold."""

    use_above: DecimalText | None = None
    use_at_most: DecimalText | None = None
    flag: Named | None = Field(default=None, examples=["senior"])
    without_flag: Named | None = None
    classes: tuple[Named, ...] = ()
    meter_sizes: tuple[Named, ...] = ()


class FactorBody(Schema):
    """A multiplier: of a class, of a meter size, half at zero use."""

    label: Text
    value: RateText
    when: ConditionBody


class SeasonBody(Schema):
    """From one day of the year up to, but not including, another."""

    from_day: MonthDay
    until_day: MonthDay


class _ChargeBody(Schema):
    code: ChargeCode
    label: Text
    when: ConditionBody | None = None
    season: SeasonBody | None = None
    factors: tuple[FactorBody, ...] = ()
    rounding: RoundingBody | None = None


class _MeasuredBody(_ChargeBody):
    measure: Named = Field(default="use", description="use, days, months, dwellingUnits, winterAverage or one of yours")
    share: DecimalText = Decimal(1)
    cap: DecimalText | None = None
    cap_measure: Named | None = None
    included: DecimalText = Decimal(0)
    quantity_rounding: RoundingBody | None = None
    per: DecimalText = Field(default=Decimal(1), description="The rate is for so many units", examples=["1000"])


class FixedBody(_ChargeBody):
    """An amount per period."""

    kind: Literal["fixed"]
    amount: RateText | None = None
    by_meter_size: dict[Named, RateText] = Field(default_factory=dict)
    prorated: bool = Field(default=False, strict=True)
    days_basis: Days | None = None
    times: Named | None = None
    rate_rounding: RoundingBody | None = None


class UsageBody(_MeasuredBody):
    """A rate for every `per` units."""

    kind: Literal["usage"]
    rate: RateText
    rate_rounding: RoundingBody | None = None


class BlockBody(Schema):
    """Use above `over`, up to and including `upTo`. `flat` is due once when the block is entered."""

    over: DecimalText
    up_to: DecimalText | None
    rate: RateText
    flat: RateText = Decimal(0)


class BlocksBody(_MeasuredBody):
    """Blocks of use, each part at its own rate, or all of it at the rate of the block it falls in."""

    kind: Literal["blocks"]
    blocks: tuple[BlockBody, ...]
    mode: document.BlockMode = "telescopic"
    limits_per: document.LimitScale | None = None
    days_basis: Days = 30
    limit_rounding: RoundingBody | None = None
    rate_rounding: RoundingBody | None = None


class ScheduleBody(Schema):
    """The blocks that count for a total use above `over`, up to and including `upTo`."""

    over: DecimalText
    up_to: DecimalText | None
    blocks: tuple[BlockBody, ...]
    mode: document.BlockMode = "telescopic"


class SchedulesBody(_MeasuredBody):
    """Blocks chosen by the total use."""

    kind: Literal["schedules"]
    schedules: tuple[ScheduleBody, ...]
    limits_per: document.LimitScale | None = None
    days_basis: Days = 30
    rate_rounding: RoundingBody | None = None


class PercentBody(_ChargeBody):
    """A percentage of named earlier charges; below zero a discount."""

    kind: Literal["percent"]
    percent: DecimalText
    of: tuple[str, ...] = Field(description="Codes of charges above this one, or * for all of them")
    exempt_use: DecimalText | None = None
    at_least: RateText | None = None
    at_most: RateText | None = None


class MinimumBody(_ChargeBody):
    """Lifts the sum of named earlier charges to an amount."""

    kind: Literal["minimum"]
    of: tuple[str, ...]
    amount: RateText | None = None
    by_meter_size: dict[Named, RateText] = Field(default_factory=dict)
    times: Named | None = None


class AdjustmentBody(_ChargeBody):
    """A place for an amount that comes with the reading."""

    kind: Literal["adjustment"]
    amount: RateText | None = None


class SubtotalBody(_ChargeBody):
    """Rounds the sum of named earlier charges; the difference is a line."""

    kind: Literal["subtotal"]
    of: tuple[str, ...]
    to: RoundingBody


ChargeBody = Annotated[
    FixedBody | UsageBody | BlocksBody | SchedulesBody | PercentBody | MinimumBody | AdjustmentBody | SubtotalBody,
    Field(discriminator="kind"),
]


class ConversionBody(Schema):
    """How the meter's unit becomes the tariff's: times `multiply`, times a measure of the reading, over `divide`."""

    from_unit: Named
    multiply: RateText = Decimal(1)
    divide: RateText = Decimal(1)
    times_measure: Named | None = None


class RoundingPlanBody(Schema):
    """Rounding of each line, of the total, or both; with the total alone, lines are carried unrounded."""

    line: RoundingBody | None = None
    total: RoundingBody | None = None


class TariffBody(Schema):
    """A tariff sheet. Charges are evaluated in order; each gives one line of the bill."""

    name: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["PHP"])]
    unit: Named = Field(examples=["m3"])
    valid_from: Day
    valid_until: Day | None = Field(default=None, description="The first day on which it is no longer valid")
    consumer_class: Named | None = None
    charges: Annotated[tuple[ChargeBody, ...], Field(min_length=1, max_length=60)]
    conversions: tuple[ConversionBody, ...] = ()
    quantity_rounding: RoundingBody | None = None
    rounding: RoundingPlanBody = RoundingPlanBody()
    months_apart: bool = Field(default=False, strict=True)
    source: Annotated[str, Field(max_length=300)] = Field(default="", description="Where the utility published it")

    def to_domain(self, *, tariff_id: str, version: int) -> document.Tariff:
        """This function will give the tariff that the sheet describes, checked for contradictions.

        :raises Invalid: with one fault for each thing to change.
        """
        tariff = _TARIFF.validate_python(self.model_dump(by_alias=False) | {"id": tariff_id, "version": version})
        check_tariff(tariff)
        return tariff


class UsageQuantities(Schema):
    """The use of one period and the facts that charges may ask for."""

    quantity: DecimalText
    unit: Named
    first_day: Day | None = None
    until_day: Day | None = Field(default=None, description="The day after the last one")
    period_days: Days | None = None
    months: Annotated[int, Field(strict=True, ge=1, le=24)] = 1
    dwelling_units: Annotated[DecimalText, Field(gt=0)] = Decimal(1)
    meter_size: Named | None = None
    consumer_class: Named | None = None
    winter_average: DecimalText | None = None
    flags: frozenset[Named] = frozenset()
    measures: dict[Named, DecimalText] = Field(default_factory=dict)
    adjustments: dict[ChargeCode, RateText] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if (self.first_day is None) != (self.until_day is None):
            raise ValueError("give firstDay and untilDay together")
        if self.first_day and self.until_day and self.first_day >= self.until_day:
            raise ValueError("untilDay is the day after the last one: it must be after firstDay")
        return self

    def to_domain(self) -> Usage:
        """This function will give the usage as the engine takes it."""
        return _USAGE.validate_python(self.model_dump(by_alias=False))


class TermOut(Schema):
    """A quantity at a rate per so many units; quantities without a finite decimal are ratios, such as 1/3."""

    quantity: str
    rate: RateText
    per: RateText


class LineOut(Schema):
    """One line of a bill and why it is what it is."""

    code: str
    label: str
    amount: str
    terms: tuple[TermOut, ...]
    unrounded: str
    rounding: RoundingBody
    explanation: tuple[str, ...]

    @classmethod
    def of(cls, line: Line) -> Self:
        trace = line.trace
        return cls(
            code=line.code,
            label=line.label,
            amount=str(line.amount),
            terms=tuple(TermOut(quantity=ratio_text(t.quantity), rate=t.rate, per=t.per) for t in trace.terms),
            unrounded=ratio_text(trace.unrounded),
            rounding=RoundingBody(mode=trace.rounding.mode, step=trace.rounding.step),
            explanation=tuple(explain(line)),
        )


class QuoteOut(Schema):
    """What a use would cost. Nothing is stored."""

    lines: tuple[LineOut, ...]
    total: str
    currency: str
    digest: str

    @classmethod
    def of(cls, rating: Rating) -> Self:
        return cls(
            lines=tuple(LineOut.of(line) for line in rating.lines),
            total=str(rating.total),
            currency=rating.currency,
            digest=rating.digest,
        )


class NewTariff(Schema):
    """A tariff to open, under a name of the utility's own."""

    id: TariffId
    sheet: TariffBody


class Adoption(Schema):
    """A tariff of the library to open as it stands, from a day on."""

    library_id: TariffId = Field(examples=["balilihan-residential"])
    id: TariffId | None = Field(default=None, description="The library's own id, if none is given")
    valid_from: Day
    consumer_class: Named | None = None


class TariffOut(Schema):
    """One version of a tariff."""

    id: str
    version: int
    sealed: bool = Field(description="It has rated bills: it can be succeeded and no longer changed")
    sheet: TariffBody

    @classmethod
    def of(cls, known: KnownVersion) -> Self:
        facts = _TARIFF.dump_python(known.tariff, exclude={"id", "version"})
        sheet = TariffBody.model_validate(facts)
        return cls(id=known.tariff.id, version=known.tariff.version, sealed=known.sealed, sheet=sheet)


class TariffList(Schema):
    """Versions of tariffs, by tariff and version."""

    items: tuple[TariffOut, ...]


class LibraryEntry(Schema):
    """A published tariff that can be adopted."""

    id: str
    sheet: TariffBody


class LibraryList(Schema):
    """The library of published tariffs."""

    items: tuple[LibraryEntry, ...]


class QuoteBody(Schema):
    """A use, and the tariff to rate it by: one of the project's by id (with `version`, or by the days), or a draft."""

    tariff_id: TariffId | None = None
    version: Annotated[int, Field(strict=True, ge=1)] | None = None
    draft: TariffBody | None = None
    usage: UsageQuantities

    @model_validator(mode="after")
    def _one_tariff(self) -> Self:
        if (self.tariff_id is None) == (self.draft is None) or (self.version and self.draft):
            raise ValueError("give either tariffId, with a version if you like, or a draft")
        return self


@cache
def library() -> dict[str, TariffBody]:
    """This function will read the published tariffs that come with Meterbook, by id."""
    folder = Path(__file__).with_name("library")
    return {path.stem: TariffBody.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


_TARIFF = TypeAdapter(document.Tariff)
_USAGE = TypeAdapter(Usage)

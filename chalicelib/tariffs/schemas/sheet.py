"""A whole tariff sheet, and the library of published ones."""

from collections.abc import Collection
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from chalicelib.platform.schema import Day, Schema, Text
from chalicelib.tariffs.domain import model
from chalicelib.tariffs.domain.checks import check_tariff
from chalicelib.tariffs.schemas.charges import ChargeBody
from chalicelib.tariffs.schemas.words import Named, RateText, RoundingBody

_EXAMPLE: Any = {
    "name": "Residential",
    "currency": "PHP",
    "unit": "m3",
    "validFrom": "2025-01-01",
    "consumerClass": "residential",
    "charges": [
        {"kind": "fixed", "code": "service", "label": "Service charge", "amount": "50.00"},
        {
            "kind": "blocks",
            "code": "usage",
            "label": "Water",
            "blocks": [{"over": "0", "upTo": "10", "rate": "15.00"}, {"over": "10", "upTo": None, "rate": "22.50"}],
        },
    ],
}


class ConversionBody(Schema):
    """A conversion of the meter's unit to the tariff's: times `multiply`, times a measure, divided by `divide`."""

    from_unit: Named
    multiply: RateText = Decimal(1)
    divide: RateText = Decimal(1)
    times_measure: Named | None = None


class HistoryBody(Schema):
    """How a measure comes from earlier periods; give one of `lastPeriods`, `months` and `sinceFiscalYear`."""

    take: model.HistoryTake
    of: Named = Field(default="use", description="The use, or a measure that is declared without a history")
    last_periods: Annotated[int, Field(strict=True, ge=1, le=36)] | None = None
    months: tuple[Annotated[int, Field(strict=True, ge=1, le=12)], ...] = Field(
        default=(), max_length=12, description="The latest of each: 12, 1 and 2 for a winter", examples=[[12, 1, 2]]
    )
    since_fiscal_year: Literal[True] | None = None


class MeasureBody(Schema):
    """A quantity besides the use that the tariff charges by, under the name that the usage has for it."""

    name: Named = Field(examples=["peak"])
    label: Text = Field(examples=["Peak energy"])
    unit: Named = Field(description="Its unit, as bills show it", examples=["kWh"])
    kind: model.MeasureKind | None = Field(
        default=None,
        description="`sum`: shared over the periods or months that it was measured in, such as energy. `peak`: a level "
        "that each of them has, such as the highest demand, contracted kW, persons",
    )
    history: HistoryBody | None = Field(default=None, description="It is taken from earlier periods")


class RoundingPlanBody(Schema):
    """Rounding of each line, of the total, or both; with the total alone, lines stay unrounded."""

    line: RoundingBody | None = None
    total: RoundingBody | None = None


class TariffBody(Schema):
    """A tariff sheet. Charges are evaluated in order; each gives one line of the bill."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["PHP"])]
    unit: Named = Field(examples=["m3"])
    valid_from: Day
    valid_until: Day | None = Field(default=None, description="The first day on which it is no longer valid")
    consumer_class: Named | None = None
    charges: Annotated[tuple[ChargeBody, ...], Field(min_length=1, max_length=60)]
    prepaid: Literal[True] | None = Field(
        default=None, description="Its units are sold in advance, and a bill of their use charges nothing"
    )
    measures: tuple[MeasureBody, ...] = Field(
        default=(),
        max_length=30,
        description="Measures that the charges use, besides use, days, months and dwelling units",
    )
    conversions: tuple[ConversionBody, ...] = Field(default=(), max_length=20)
    quantity_rounding: RoundingBody | None = None
    rounding: RoundingPlanBody = RoundingPlanBody()
    months_apart: bool = Field(default=False, strict=True)
    by_choice: Literal[True] | None = Field(
        default=None, description="It rates only connections that name it, and may be valid beside others"
    )
    version_change: model.VersionChange | None = Field(
        default=None,
        description="What a change within a use means, said by the version in force on its last day: `by-days` (each "
        "rates its days, limits scaled; this if absent), `by-reading-day` (that version rates all), `each-whole` (each "
        "prices its days' share of the use by blocks as stated)",
    )
    source: Annotated[str, Field(max_length=300)] = Field(default="", description="Where the utility published it")

    def to_domain(self, *, tariff_id: str, version: int, delivered: Collection[str] = ()) -> model.Tariff:
        """Return the tariff as a domain object, checked for contradictions.

        `delivered` are measures that it need not declare, because the usage to be quoted has them.

        :raises Invalid: with one fault for each thing to change.
        """
        tariff = _TARIFF.validate_python(self.model_dump(by_alias=False) | {"id": tariff_id, "version": version})
        check_tariff(tariff, delivered=delivered)
        return tariff


@cache
def library() -> dict[str, TariffBody]:
    """Return the published tariffs that come with Meterbook, by id."""
    folder = Path(__file__).parent.with_name("library")
    return {path.stem: TariffBody.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


_TARIFF = TypeAdapter(model.Tariff)

"""Handovers and closures as the API shows them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from chalicelib.billing.service import ClosingResult, FinalReading
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.facts import MAX_MEASURES
from chalicelib.connections.domain.meters import Exchange
from chalicelib.connections.domain.registers import MAX_REGISTERS
from chalicelib.connections.schemas.connections import (
    ConnectionFields,
    ConsumerId,
    Digits,
    MeasureName,
    MeterRegisterBody,
    Multiplier,
    Reason,
    RegisterCode,
    WrapsAt,
)
from chalicelib.platform.schema import BrandId, Day, DecimalText, MeterNumber, Schema, Shows
from chalicelib.readings.domain.reading import MeterValue

Shown = Annotated[DecimalText, Field(ge=0)]


class FinalReadingBody(Schema):
    """What the meter showed on the last day of a holder or connection; not needed if it was read on that day."""

    on: Day | None = Field(default=None, description="The last day; today, if left out", examples=["2025-11-28"])
    reason: Reason
    final_reading: Shown | None = Field(
        default=None, description="What the meter showed on that day", examples=["1791"]
    )
    final_registers: dict[RegisterCode, Shown] = Field(
        default_factory=dict, max_length=MAX_REGISTERS, description="The values of further registers, by their codes"
    )
    measures: dict[MeasureName, Shown] = Field(
        default_factory=dict,
        max_length=MAX_MEASURES,
        description="What else was read and is no counter, such as a peak",
        examples=[{"demandKw": "412.3"}],
    )
    rolled_over: bool = Field(default=False, strict=True, description="The register started again at zero")
    estimate_final: bool = Field(
        default=False, strict=True, description="Nobody could read the meter: estimate what it showed"
    )
    checked: bool = Field(
        default=False, strict=True, description="You have looked at the reading, although it is implausible"
    )

    @model_validator(mode="after")
    def _read_or_estimated(self) -> Self:
        if self.estimate_final and self.final_reading is not None:
            raise ValueError("give finalReading, or estimateFinal, not both")
        return self

    def final(self) -> FinalReading:
        """Return the final reading as a domain object."""
        shown = None
        if self.final_reading is not None:
            shown = MeterValue(
                self.final_reading,
                self.on or date.min,
                self.rolled_over,
                registers=self.final_registers,
                measures=self.measures,
            )
        return FinalReading(shown, self.estimate_final, self.checked)


class Closure(FinalReadingBody):
    """The last day of a connection, the reason and the final reading."""


class HandOver(FinalReadingBody):
    """The new holder of a connection. Readings up to and including the day are billed to the former one."""

    consumer_id: ConsumerId


class MeterInstallation(Schema):
    """The first meter of a connection that had none, and what it shows."""

    meter_number: MeterNumber
    first_reading: Shown = Decimal(0)
    meter_brand: BrandId | None = None
    meter_digits: Digits | None = None
    meter_wraps_at: WrapsAt | None = None
    multiplier: Multiplier = Decimal(1)
    main_measure: MeasureName | None = None
    registers: tuple[MeterRegisterBody, ...] = Field(default=(), max_length=MAX_REGISTERS)
    on: Day | None = Field(default=None, description="Today, if left out")
    reason: Reason

    def to_domain(self) -> Exchange:
        """Return the meter as a domain object."""
        return Exchange(
            self.meter_number,
            Decimal(0),
            self.first_reading,
            self.on,
            self.meter_brand,
            self.meter_digits,
            wraps_at=self.meter_wraps_at,
            multiplier=self.multiplier,
            main_measure=self.main_measure,
            registers=tuple(each.to_domain() for each in self.registers),
        )


@dataclass(frozen=True, slots=True)
class ClosingView:
    """The final reading and bill of a handover or closure."""

    result: ClosingResult

    @property
    def final_reading_id(self) -> str | None:
        return self.result.reading.id if self.result.reading else None

    @property
    def final_bill_id(self) -> str | None:
        return self.result.bill.id if self.result.bill else None


class ClosingOut(ConnectionFields, Shows[ClosingView, Connection]):
    """A connection after a handover or closure."""

    final_reading_id: str | None = Field(description="The final reading; null: it was read on that day before")
    final_bill_id: str | None = Field(description="The bill of the former holder; null: all was billed before")

"""Readings as the API shows them."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from chalicelib.connections.domain import Connection, RegisterRole
from chalicelib.connections.domain.facts import MAX_MEASURES
from chalicelib.connections.domain.registers import MAX_REGISTERS
from chalicelib.kernel.period import Period
from chalicelib.platform.schema import (
    AccountNumber,
    Day,
    DecimalText,
    Instant,
    MeterNumber,
    OfBrand,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
)
from chalicelib.readings.domain.balance import WaterBalance
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.readings.domain.visits import Visit
from chalicelib.readings.service import Confirmations, Estimates

Area = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]


RolledOver = Annotated[
    bool,
    Field(strict=True, description="The register rolled over, although the use is a tenth of its range or more"),
]


RegisterCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,19}$", examples=["night"])]
MeasureName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}$", examples=["demandKw"])]
Shown = Annotated[DecimalText, Field(ge=0)]
ReaderCode = Annotated[Text, Field(max_length=20, examples=["dog"])]
Photo = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$", examples=["2025-11/101.jpg"])]


class ReadingValues(Schema):
    """What a meter showed on a day."""

    reading: Shown
    read_on: Day
    rolled_over: RolledOver = False
    registers: dict[RegisterCode, Shown] = Field(
        default_factory=dict,
        max_length=MAX_REGISTERS,
        description="The values of further registers, by their codes",
        examples=[{"night": "812"}],
    )
    estimate_missing: bool = Field(
        default=False, strict=True, description="Estimate registers that nobody could read, though others were read"
    )
    measures: dict[MeasureName, Shown] = Field(
        default_factory=dict,
        max_length=MAX_MEASURES,
        description="What else was read and is no counter, such as a peak, by the names that tariffs declare",
        examples=[{"demandKw": "412.3"}],
    )
    reader_code: ReaderCode | None = Field(default=None, description="The reader's note, as the office codes it")
    photo: Photo | None = Field(default=None, description="Where the reader's picture is kept")

    def to_domain(self) -> MeterValue:
        """Return the reading as a domain object."""
        return MeterValue(
            self.reading,
            self.read_on,
            self.rolled_over,
            registers=self.registers,
            measures=self.measures,
            reader_code=self.reader_code,
            photo=self.photo,
            estimate_missing=self.estimate_missing,
        )


class NewReading(ReadingValues):
    """A reading to record. Name the connection by account number or by meter number."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"meterNumber": "SM-12345", "reading": "1785", "readOn": "2025-11-05"}]}
    )

    account_number: AccountNumber | None = None
    meter_number: MeterNumber | None = None
    meter_brand: OfBrand = None
    period: PeriodText | None = Field(
        default=None,
        description="The round that it was taken for, if the day does not tell: at most one before or after",
    )
    kind: Literal["regular", "check"] = Field(
        default="regular", description="A check reading is recorded and never billed"
    )

    def to_domain(self) -> MeterValue:
        """Return the reading as a domain object."""
        return replace(super().to_domain(), period=self.period, kind=self.kind)


class CorrectedReading(ReadingValues):
    """The correct values and day of a reading. What else came with it stays, if it is left out."""

    @property
    def left_out(self) -> frozenset[str]:
        """What the request does not say of what came with the reading."""
        return frozenset({"registers", "estimate_missing", "measures", "reader_code", "photo"} - self.model_fields_set)


class Withdrawal(Schema):
    """Why a reading is withdrawn."""

    reason: Annotated[Text, Field(examples=["Keyed on the neighbour's account"])]


class ReadRegisterOut(OutSchema):
    """What a further register showed, and the use that this is."""

    code: str
    role: RegisterRole
    measure: str | None
    previous: DecimalText
    reading: DecimalText = Field(validation_alias="value")
    usage: DecimalText = Field(validation_alias="use")
    estimated: bool


class FormerValueOut(OutSchema):
    """What a billed reading said before a correction."""

    reading: DecimalText = Field(validation_alias="value")
    registers: dict[str, DecimalText]
    meter_number: str
    read_on: Day
    corrected_by: str = Field(validation_alias="by")
    corrected_by_name: UserName = Field(validation_alias="by")
    corrected_at: Instant = Field(validation_alias="at")
    reason: str
    correction_id: str = Field(validation_alias="correction")


@dataclass(frozen=True, slots=True)
class ReadingView:
    """Whether a reading is billed, which its bill tells."""

    billed: bool


class ReadingOut(OutSchema, Shows[ReadingView, Reading]):
    """A reading: `usage` is `reading` - `previous` + `use_brought_forward`; with `rollover`, plus the register's range.

    If that is below zero, nothing is billed, and it is `useCarriedForward` to the next reading.
    """

    id: str
    account_number: str = Field(validation_alias="account")
    meter_number: str
    area: str
    period: PeriodText
    read_on: Day
    reading: DecimalText = Field(validation_alias="value")
    previous: DecimalText
    usage: DecimalText
    use_brought_forward: DecimalText | None = Field(
        description="The use of a meter exchanged since the last reading; below zero, use billed ahead by estimates"
    )
    use_carried_forward: DecimalText | None = Field(
        description="Below zero: use billed ahead that remains, subtracted from the next reading's use"
    )
    kind: Literal["regular", "final", "check"]
    since: Day | None = Field(
        description="The day from which its use counts: of the reading before, or of the beginning; null: not known"
    )
    rounds: int = Field(description="How many billing periods its use is of; 0: this one was read before")
    multiplier: DecimalText = Field(description="The units of use for one step of the register")
    registers: tuple[ReadRegisterOut, ...] = Field(description="Further registers")
    measures: dict[str, DecimalText]
    reader_code: str | None
    photo: str | None
    status: Literal["pending", "held", "confirmed", "withdrawn"] = Field(
        validation_alias="state", description="Held: implausible, until a person has confirmed it by itself"
    )
    billed: bool = Field(description="A bill closes with it, or with a later reading of the round")
    reason: str | None = Field(description="Why it is held or was withdrawn")
    former_values: tuple[FormerValueOut, ...] = Field(description="What it said before it was corrected, oldest first")
    flags: tuple[str, ...] = Field(description="What a person should check: late, high_use, no_use, rollover")
    source: Literal["manual", "device", "import", "estimated", "migrated"]
    estimated: bool = Field(
        description="Nobody read the meter: the use is as in the same month of last year or the last ones, by the day"
    )
    entered_by: str
    entered_by_name: UserName = Field(validation_alias="entered_by")
    entered_at: Instant
    confirmed_by: str | None
    confirmed_by_name: UserName = Field(validation_alias="confirmed_by")
    confirmed_at: Instant | None


class ReadingPage(OutSchema):
    """One page of readings. With filters it may be short and still have a `nextCursor`."""

    items: tuple[ReadingOut, ...]
    next_cursor: str | None


class ReadingsQuery(PageQuery):
    """The readings to list: of a period or of days (else the year until today); of all connections or one."""

    period: PeriodText | None = None
    account_number: AccountNumber | None = None
    from_: Day | None = Field(default=None, alias="from", description="First day; a year before `to` if left out")
    to: Day | None = Field(default=None, description="Last day; today if left out")
    status: Literal["pending", "held", "confirmed", "withdrawn"] | None = None


class BalanceQuery(Schema):
    """The period, and the cursor of the previous answer."""

    period: PeriodText
    cursor: str | None = Field(default=None, max_length=2000, description="The `nextCursor` of the previous answer")


@dataclass(frozen=True, slots=True)
class BalanceView:
    """A balance with its period, unit and cursor."""

    period: Period
    unit: str
    next_cursor: str | None


class BalanceOut(OutSchema, Shows[BalanceView, WaterBalance]):
    """The use of a building's own meter, and of its units and common areas."""

    period: PeriodText
    unit: str
    units: DecimalText
    common_area: DecimalText
    building: DecimalText
    calculated: bool = Field(description="The building's meter was not read: its use is that of units and common areas")
    loss: DecimalText = Field(description="How much more the building's own meter showed than the others")
    next_cursor: str | None = Field(
        description="These are the sums so far; send this to get the rest, which includes them. Null: complete"
    )


class UnreadQuery(PageQuery):
    """The period without a reading, and an area (all areas, if left out)."""

    period: PeriodText
    area: Area | None = None


class NewVisit(Schema):
    """A visit without a reading: the reader came and could not read the meter."""

    account_number: AccountNumber
    visited_on: Day
    reader_code: ReaderCode = Field(description="Why, as the office codes it")
    photo: Photo | None = Field(default=None, description="Where the reader's picture is kept")
    period: PeriodText | None = Field(default=None, description="The round, if the day does not tell")


class VisitOut(OutSchema, Shows[Visit]):
    """A visit without a reading."""

    account_number: str = Field(validation_alias="account")
    period: PeriodText
    visited_on: Day = Field(validation_alias="on")
    reader_code: str = Field(examples=["dog"])
    photo: str | None = Field(examples=["2025-11/101.jpg"])
    noted_by: str
    noted_by_name: UserName = Field(validation_alias="noted_by")
    noted_at: Instant


class RoundQuery(Schema):
    """The period, and the cursor of the previous answer."""

    period: PeriodText
    cursor: str | None = Field(default=None, max_length=8000, description="The `nextCursor` of the previous answer")


class AreaCountsOut(OutSchema):
    """How far an area is read for a round."""

    area: str
    total: int = Field(description="Connections that are read for this round")
    ready: int = Field(description="Those with confirmed readings and none that waits")
    waiting: int = Field(description="Those with a reading that waits for a person: pending or held")
    not_updated: int = Field(description="Those without a reading")


class RoundOut(OutSchema):
    """How far the readings of a period are, by area."""

    period: PeriodText
    areas: tuple[AreaCountsOut, ...]
    next_cursor: str | None = Field(
        description="These are the counts so far; send this to get the rest, which includes them. Null: complete"
    )


@dataclass(frozen=True, slots=True)
class UnreadView:
    """The last visit to a connection that needs a reading."""

    last_visit: VisitOut | None


class UnreadOut(OutSchema, Shows[UnreadView, Connection]):
    """A connection that needs a reading, with its last one."""

    account_number: str = Field(validation_alias="account")
    consumer_name: str
    meter_number: str
    area: str
    previous: DecimalText = Field(
        validation_alias="last_value", description="The last value that was really read; at first the initial reading"
    )
    last_read_on: Day | None
    last_period: PeriodText | None
    last_visit: VisitOut | None = Field(description="The last visit of this round on which it could not be read")


class UnreadPage(OutSchema):
    """One page of connections without a reading. It may be short and still have a `nextCursor`."""

    items: tuple[UnreadOut, ...]
    next_cursor: str | None


class EstimateUnread(Schema):
    """What to estimate for a period: one connection, or all unread ones of an area or the project."""

    period: PeriodText
    account_number: AccountNumber | None = None
    area: Area | None = None
    cursor: str | None = Field(default=None, max_length=2000, description="The `nextCursor` of the previous answer")

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.account_number and (self.area or self.cursor):
            raise ValueError("give accountNumber alone, or an area, or neither")
        return self


class LeftUnreadOut(OutSchema):
    """A connection that could not be estimated, and why."""

    account_number: str = Field(validation_alias="account")
    reason: str


class EstimatesOut(OutSchema, Shows[Estimates]):
    """The number of estimated readings, and those left out. With a `nextCursor`, call again with it for the rest."""

    estimated: int
    left: tuple[LeftUnreadOut, ...]
    next_cursor: str | None


class PendingQuery(PageQuery):
    """The area whose pending readings to list (all areas, if left out)."""

    area: Area | None = None


class ConfirmPending(Schema):
    """What to confirm: all pending readings, or those of an area or period."""

    area: Area | None = None
    period: PeriodText | None = None
    cursor: str | None = Field(default=None, max_length=2000, description="The `nextCursor` of the previous answer")


class LeftPendingOut(OutSchema):
    """A reading that stays pending, and why."""

    reading_id: str
    reason: str


class ConfirmationsOut(OutSchema, Shows[Confirmations]):
    """The number of confirmed readings, and those left pending. With a `nextCursor`, call again with it."""

    confirmed: int
    left: tuple[LeftPendingOut, ...]
    next_cursor: str | None

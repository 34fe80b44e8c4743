"""Readings as the API shows them."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from chalicelib.connections.domain import Connection
from chalicelib.kernel.page import Page
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
    UserName,
)
from chalicelib.readings.domain.balance import WaterBalance
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.readings.service import Confirmations, Estimates

Area = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]


RolledOver = Annotated[
    bool,
    Field(strict=True, description="The register rolled over, although the use is a tenth of its range or more"),
]


class NewReading(Schema):
    """A reading to record. Name the connection by account number or by meter number."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"meterNumber": "SM-12345", "reading": "1785", "readOn": "2025-11-05"}]}
    )

    account_number: AccountNumber | None = None
    meter_number: MeterNumber | None = None
    meter_brand: OfBrand = None
    reading: Annotated[DecimalText, Field(ge=0)]
    read_on: Day
    rolled_over: RolledOver = False

    def to_domain(self) -> MeterValue:
        """Return the reading as a domain object."""
        return MeterValue(self.reading, self.read_on, self.rolled_over)


class CorrectedReading(Schema):
    """The correct value and day of a reading."""

    reading: Annotated[DecimalText, Field(ge=0)]
    read_on: Day
    rolled_over: RolledOver = False

    def to_domain(self) -> MeterValue:
        """Return the reading as a domain object."""
        return MeterValue(self.reading, self.read_on, self.rolled_over)


class ReadingOut(OutSchema, Shows[Reading]):
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
    status: Literal["pending", "confirmed"] = Field(validation_alias="state")
    flags: tuple[str, ...] = Field(description="What a person should check: late, high_use, no_use, rollover")
    source: Literal["manual", "device", "import", "estimated", "migrated"]
    estimated: bool = Field(description="The meter was not read: the use is the average of the last three")
    entered_by: str
    entered_by_name: UserName = Field(validation_alias="entered_by")
    entered_at: Instant
    confirmed_by: str | None
    confirmed_by_name: UserName = Field(validation_alias="confirmed_by")
    confirmed_at: Instant | None


class ReadingPage(OutSchema, Shows[Page[Reading]]):
    """One page of readings. With filters it may be short and still have a `nextCursor`."""

    items: tuple[ReadingOut, ...]
    next_cursor: str | None


class ReadingsQuery(PageQuery):
    """The readings to list: of a period or of days (else the year until today); of all connections or one."""

    period: PeriodText | None = None
    account_number: AccountNumber | None = None
    from_: Day | None = Field(default=None, alias="from", description="First day; a year before `to` if left out")
    to: Day | None = Field(default=None, description="Last day; today if left out")
    status: Literal["pending", "confirmed"] | None = None


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


class UnreadOut(OutSchema):
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


class UnreadPage(OutSchema, Shows[Page[Connection]]):
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

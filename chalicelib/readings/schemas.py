"""Readings and imports as the API shows them."""

from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.platform.schema import (
    AccountNumber,
    Day,
    DecimalText,
    Instant,
    PageQuery,
    PeriodText,
    Schema,
)
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.service import Confirmations

Area = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^#]*$", examples=["Poblacion"])]


class NewReading(Schema):
    """What a meter showed on a day. Name the connection by account or by meter number."""

    account_number: AccountNumber | None = None
    meter_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")] | None = None
    reading: Annotated[DecimalText, Field(ge=0)]
    read_on: Day


class CorrectedReading(Schema):
    """What the meter really showed, and when."""

    reading: Annotated[DecimalText, Field(ge=0)]
    read_on: Day


class ReadingOut(Schema):
    """A reading: `usage` is `reading` less `previous`, plus `carried`."""

    id: str
    account_number: str
    meter_number: str
    area: str
    period: PeriodText
    read_on: Day
    reading: DecimalText
    previous: DecimalText
    usage: DecimalText
    carried: DecimalText | None = Field(description="What was used on a meter exchanged since the reading before")
    state: Literal["pending", "confirmed"]
    flags: tuple[str, ...] = Field(description="What a person should look at: late, high_use, no_use")
    source: Literal["manual", "import", "migrated"]
    entered_by: str
    entered_at: Instant
    confirmed_by: str | None
    confirmed_at: Instant | None

    @classmethod
    def of(cls, reading: Reading) -> Self:
        return cls(
            id=reading.id,
            account_number=reading.account,
            meter_number=reading.meter_number,
            area=reading.area,
            period=reading.period,
            read_on=reading.read_on,
            reading=reading.value,
            previous=reading.previous,
            usage=reading.usage,
            carried=reading.carried,
            state=reading.state,
            flags=reading.flags,
            source=reading.source,
            entered_by=reading.entered_by,
            entered_at=reading.entered_at,
            confirmed_by=reading.confirmed_by,
            confirmed_at=reading.confirmed_at,
        )


class ReadingPage(Schema):
    """One page of readings."""

    items: tuple[ReadingOut, ...]
    cursor: str | None


class ReadingsQuery(PageQuery):
    """Which period's readings."""

    period: PeriodText


class BalanceQuery(Schema):
    """Which period."""

    period: PeriodText


class BalanceOut(Schema):
    """What a building took in, and what its units and common areas used."""

    period: PeriodText
    unit: str
    units: DecimalText
    common_area: DecimalText
    building: DecimalText
    calculated: bool = Field(description="No building meter was read: its use is that of units and common areas")
    loss: DecimalText = Field(description="What the building's own meter showed beyond the others")


class PendingQuery(PageQuery):
    """Which area's pending readings (all areas, if left out)."""

    area: Area | None = None


class ConfirmPending(Schema):
    """What to confirm: all pending readings, or those of an area or period."""

    area: Area | None = None
    period: PeriodText | None = None


class LeftPendingOut(Schema):
    """A reading that stays pending, and why."""

    reading_id: str
    reason: str


class ConfirmationsOut(Schema):
    """What was confirmed and what was not. `more`: others still wait, call again."""

    confirmed: int
    left: tuple[LeftPendingOut, ...]
    more: bool

    @classmethod
    def of(cls, done: Confirmations) -> Self:
        left = tuple(LeftPendingOut(reading_id=one.reading_id, reason=one.reason) for one in done.left)
        return cls(confirmed=done.confirmed, left=left, more=done.more)

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
    Text,
)
from chalicelib.platform.storage import UploadForm
from chalicelib.readings.domain.imports import ReadingImport
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
    source: Literal["manual", "import"]
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


class NewImport(Schema):
    """A file of readings to come."""

    file_name: Text = Field(examples=["readings-2025-11.csv"])
    period: PeriodText | None = Field(default=None, description="The period that every row must bill, if given")


class CountsOut(Schema):
    """What became of the rows."""

    rows: int
    accepted: int = Field(description="New readings, the flagged ones included")
    unchanged: int = Field(description="Rows that say what was recorded before")
    refused: int
    flagged: int
    blank: int = Field(description="Empty lines, not counted as rows")


class ImportOut(Schema):
    """An import of readings."""

    id: str
    file_name: str
    period: PeriodText | None
    state: Literal["awaiting_upload", "done", "refused"]
    counts: CountsOut
    refusal: str | None = Field(description="Why the whole file could not be used")
    requested_by: str
    requested_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, record: ReadingImport) -> Self:
        counts = record.counts
        return cls(
            id=record.id,
            file_name=record.file_name,
            period=record.period,
            state=record.state,
            counts=CountsOut(
                rows=counts.rows,
                accepted=counts.accepted,
                unchanged=counts.unchanged,
                refused=counts.refused,
                flagged=counts.flagged,
                blank=counts.blank,
            ),
            refusal=record.refusal,
            requested_by=record.requested_by,
            requested_at=record.requested_at,
            finished_at=record.finished_at,
        )


class UploadOut(Schema):
    """Where to post the file: a multipart form of these fields, and the file last, in the field `file`."""

    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds")

    @classmethod
    def of(cls, form: UploadForm) -> Self:
        return cls(url=form.url, fields=form.fields, expires_in=form.expires_seconds)


class ImportAnnounced(Schema):
    """An announced import and the form to upload its file with."""

    id: str
    record: ImportOut
    upload: UploadOut


class ImportPage(Schema):
    """One page of imports."""

    items: tuple[ImportOut, ...]
    cursor: str | None


class ReportQuery(Schema):
    """Which part of a report."""

    after_line: int = Field(default=0, ge=0, description="Only lines after this one")
    limit: int = Field(default=100, ge=1, le=1000)


class ReportLine(Schema):
    """A line of the file that a person should look at."""

    line: int
    kind: Literal["refused", "flagged"]
    column: str
    code: str
    reason: str


class ReportOut(Schema):
    """Refused and flagged lines, in the order of the file. `more`: go on with afterLine."""

    items: tuple[ReportLine, ...]
    more: bool

"""What the API takes and shows of corrections."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasPath, Field

from chalicelib.bills.domain import Bill
from chalicelib.corrections.domain import ChangedBill, ChangedReading, Correction, CorrectionKind
from chalicelib.corrections.service import Preview, PreviewedBill
from chalicelib.kernel.errors import Invalid
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    Day,
    DecimalText,
    Instant,
    OutSchema,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
)
from chalicelib.readings.domain.recounting import Recounted, TrueValue

MAX_READINGS = 20

Reason = Annotated[Text, Field(examples=["Misread: 1590, not 1690"])]
Shown = Annotated[DecimalText, Field(ge=0)]
RegisterCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,19}$", examples=["night"])]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["9f2c4e7a1b3d5f609f2c4e7a1b3d5f60"])]


class NewVoid(Schema):
    """Why a bill is voided."""

    reason: Reason


class TrueReading(Schema):
    """What a reading should have said."""

    reading_id: Annotated[str, Field(max_length=60, examples=["2025-10.2025110001"])]
    reading: Shown
    registers: dict[RegisterCode, Shown] = Field(
        default_factory=dict, max_length=8, description="The values of further registers, if they were wrong too"
    )
    rolled_over: bool = Field(default=False, strict=True, description="A register started again at zero since")

    def value(self) -> TrueValue:
        """Return what it should have said."""
        return TrueValue(self.reading, self.registers, self.rolled_over)


class ReadingsToCorrect(Schema):
    """Readings that were billed with wrong values; an estimate too, to spread what was really used."""

    readings: Annotated[tuple[TrueReading, ...], Field(min_length=1, max_length=MAX_READINGS)]
    reason: Reason

    def said(self) -> Mapping[str, TrueValue]:
        """Return the true values by the ids of their readings.

        :raises Invalid: if a reading is named twice.
        """
        said = {each.reading_id: each.value() for each in self.readings}
        if len(said) < len(self.readings):
            raise Invalid("reading-twice", "name each reading once", field="readings")
        return said


class NewCorrection(ReadingsToCorrect):
    """A correction to carry out, as it was previewed."""

    digest: Digest = Field(description="That of the preview: nothing is changed if anything has changed since")


class CrossedMeters(Schema):
    """Two connections whose meters were taken for each other's."""

    account_numbers: Annotated[
        tuple[AccountNumber, ...], Field(min_length=2, max_length=2, examples=[["2025110001", "2025110002"]])
    ]
    since: Day = Field(alias="from", description="The first day on which they were crossed")
    reason: Reason


class NewCrossedMeters(CrossedMeters):
    """Crossed meters to swap, as it was previewed."""

    digest: Digest = Field(description="That of the preview: nothing is changed if anything has changed since")


class MisplacedReading(Schema):
    """A reading that was entered on the wrong connection, and the right one."""

    reading_id: Annotated[str, Field(max_length=60, examples=["2025-10.2025110001"])]
    account_number: AccountNumber
    reason: Reason


class NewMisplacedReading(MisplacedReading):
    """A reading to move, as it was previewed."""

    digest: Digest = Field(description="That of the preview: nothing is changed if anything has changed since")


class BillLineOut(OutSchema):
    """A line of a bill in short."""

    code: str
    label: str
    amount: Amount


class BillSideOut(OutSchema, Shows[Bill]):
    """A bill as it is, or as it would be."""

    bill_id: str = Field(validation_alias="id")
    previous_reading: DecimalText = Field(validation_alias="previous")
    current_reading: DecimalText = Field(validation_alias="reading")
    usage: DecimalText = Field(validation_alias="quantity")
    lines: tuple[BillLineOut, ...]
    total: Amount
    paid: Amount
    late_charge: Amount
    amount_due: Amount
    due_on: Day = Field(validation_alias="due_day")


class PreviewedBillOut(OutSchema, Shows[PreviewedBill]):
    """A bill that would be voided, and the one in its place with what was paid."""

    account_number: str = Field(validation_alias=AliasPath("old", "account"))
    period: PeriodText = Field(validation_alias=AliasPath("old", "period"))
    old: BillSideOut
    new: BillSideOut | None = Field(description="Null: its reading is withdrawn, and no bill takes its place")
    difference: Amount = Field(description="By how much more is billed; below zero, by how much less")


class RecountedOut(OutSchema, Shows[Recounted]):
    """A reading that would change: its value, or only what it counts from."""

    reading_id: str = Field(validation_alias=AliasPath("before", "id"))
    account_number: str = Field(validation_alias=AliasPath("before", "account"))
    was: DecimalText = Field(validation_alias=AliasPath("before", "value"))
    reading: DecimalText = Field(validation_alias=AliasPath("after", "value"))
    usage_was: DecimalText = Field(validation_alias=AliasPath("before", "usage"))
    usage: DecimalText = Field(validation_alias=AliasPath("after", "usage"))


class PreviewOut(OutSchema, Shows[Preview]):
    """What a correction would change. Nothing is changed yet."""

    digest: str = Field(validation_alias=AliasPath("plan", "digest"), description="Send it to carry the correction out")
    readings: tuple[RecountedOut, ...] = Field(validation_alias=AliasPath("plan", "changed"))
    bills: tuple[PreviewedBillOut, ...]
    difference: Amount = Field(description="By how much more is billed in all; below zero, by how much less")
    credit: Amount = Field(description="What becomes credit; below zero, what is taken of it")
    currency: str = Field(validation_alias=AliasPath("difference", "currency"))


class ChangedBillOut(OutSchema, Shows[ChangedBill]):
    """A bill that was voided, and the one in its place."""

    bill_id: str
    replaced_by: str | None
    old_total: Amount
    new_total: Amount
    difference: Amount


class ChangedReadingOut(OutSchema, Shows[ChangedReading]):
    """A reading whose value was replaced."""

    reading_id: str
    was: DecimalText
    reading: DecimalText = Field(validation_alias="value")


class CorrectionOut(OutSchema, Shows[Correction]):
    """A correction that was made."""

    id: str
    kind: CorrectionKind
    account_numbers: tuple[str, ...] = Field(validation_alias="accounts")
    readings: tuple[ChangedReadingOut, ...]
    bills: tuple[ChangedBillOut, ...]
    entered_reading_id: str | None = Field(
        validation_alias="entered", description="The reading that was entered on the right connection"
    )
    difference: Amount = Field(description="By how much more is billed in all; below zero, by how much less")
    currency: str
    reason: str
    corrected_by: str = Field(validation_alias="by")
    corrected_by_name: UserName = Field(validation_alias="by")
    corrected_at: Instant = Field(validation_alias="at")

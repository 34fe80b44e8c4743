"""Imports of files as the API shows them."""

from typing import Annotated, Literal, Self

from pydantic import AliasPath, ConfigDict, Field, model_validator

from chalicelib.files.domain.record import FileImport, ImportState
from chalicelib.files.schemas import MappingBody, MappingId
from chalicelib.imports.domain.bank import BankLine, BankLineState
from chalicelib.kernel.page import Page
from chalicelib.platform.schema import (
    AccountNumber,
    Amount,
    BillId,
    Day,
    DecimalText,
    Instant,
    OutSchema,
    PageQuery,
    PeriodText,
    Schema,
    Shows,
    Text,
    UserName,
)
from chalicelib.platform.storage import UploadForm
from chalicelib.readings.domain.table_file import Row


class NewImport(Schema):
    """A file of readings to announce."""

    file_name: Text = Field(examples=["readings-2025-11.csv"])
    period: PeriodText | None = Field(default=None, description="The period that every row must bill, if given")
    mapping_id: MappingId | None = Field(
        default=None, description="How the file names and writes our columns; left out, by our own titles"
    )


class CountsOut(OutSchema):
    """The counts of rows by result."""

    rows: int = Field(description="Lines of a table, entries of a history")
    accepted: int = Field(description="New rows, flagged ones included")
    unchanged: int = Field(description="Rows that repeat what is recorded")
    refused: int
    flagged: int
    blank: int = Field(description="Empty lines, or months without data: not counted as rows")


class NewRegistryImport(Schema):
    """A file of consumers and connections to announce."""

    file_name: Text = Field(examples=["registry.csv"])


class NewHistoryImport(Schema):
    """A file of a former system's history to announce."""

    file_name: Text = Field(examples=["history-2026.json"])


class NewBankImport(Schema):
    """A bank's file to announce."""

    file_name: Text = Field(examples=["transfers-2025-11-18.csv"])


class BankLineOut(OutSchema, Shows[BankLine]):
    """A transfer in a bank's file that no rule could match, and what a person decided."""

    id: str = Field(description="Also the id of the payment that it becomes")
    import_id: str
    line: int
    account_number: str | None = Field(validation_alias="account")
    bill_id: str | None
    amount: Amount
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    paid_on: Day
    reference: str | None
    payer: str | None
    status: BankLineState = Field(validation_alias="state")
    code: str = Field(validation_alias="why_code")
    reason: str = Field(validation_alias="why", description="Why it could not be matched")
    note: str | None = Field(description="What the person said who decided")
    decided_by: str | None
    decided_by_name: UserName = Field(validation_alias="decided_by")
    decided_at: Instant | None
    imported_at: Instant


class BankLinePage(OutSchema):
    """One page of lines, the oldest payment first."""

    items: tuple[BankLineOut, ...]
    next_cursor: str | None


class BankLinesQuery(PageQuery):
    """Which lines: those that wait, or those decided on."""

    status: BankLineState = "waiting"


class Assignment(Schema):
    """What a line is for: bills, or an account to which it is an advance."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"billIds": ["2025-11.2025110001.1"], "note": "He called"}]}
    )

    bill_ids: Annotated[tuple[BillId, ...], Field(max_length=30)] = ()
    account_number: AccountNumber | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if bool(self.bill_ids) == bool(self.account_number):
            raise ValueError("Give either billIds or accountNumber.")
        return self


class Dismissal(Schema):
    """Why a line is no payment of this utility."""

    reason: Text = Field(examples=["Rent of the hall"])


class ImportOut(OutSchema, Shows[FileImport]):
    """An import of a file."""

    id: str
    file_name: str
    period: PeriodText | None
    mapping_id: str | None = Field(description="The column mapping that it was announced with")
    status: ImportState = Field(validation_alias="state")
    counts: CountsOut
    refusal: str | None = Field(description="The reason why the whole file was refused")
    requested_by: str
    requested_by_name: UserName = Field(validation_alias="requested_by")
    requested_at: Instant
    finished_at: Instant | None


class UploadOut(OutSchema, Shows[UploadForm]):
    """Where to post the file: a multipart form of these fields, and the file last, in the field `file`."""

    url: str
    fields: dict[str, str]
    expires_in: int = Field(validation_alias="expires_seconds", description="Seconds")


class ImportAnnounced(OutSchema):
    """An announced import and the form to upload its file with."""

    id: str
    record: ImportOut
    upload: UploadOut


class ImportPage(OutSchema, Shows[Page[FileImport]]):
    """One page of imports."""

    items: tuple[ImportOut, ...]
    next_cursor: str | None


class ImportsQuery(PageQuery):
    """The imports to list: all, or those with a status."""

    status: ImportState | None = None


class ReportQuery(PageQuery):
    """The lines of a report to list: all, those refused or flagged, or those with a code."""

    kind: Literal["refused", "flagged"] | None = None
    code: Annotated[str, Field(max_length=40, examples=["below-previous"])] | None = None


class ReportLine(OutSchema):
    """A line of the file that a person should check."""

    line: int = Field(description="In a history, the number of the entry")
    kind: Literal["refused", "flagged"]
    column: str = Field(description="In a history, the path in the file", examples=["months[0].units.101.prior"])
    code: str
    reason: str


class Trial(Schema):
    """A sample of a file of readings, and the column mapping to try on it: one by its id, or a draft."""

    text: str = Field(
        min_length=1,
        max_length=20_000,
        description="Some lines of the file, with the first one",
        examples=["METER_ADDRESS,READING_DATE,READING_VALUE_L\n1234-abc-0000,17/03/23 12:00,12345\n"],
    )
    mapping_id: MappingId | None = None
    draft: MappingBody | None = Field(default=None, description="In the place of a saved one", examples=[None])


class TrialRow(OutSchema, Shows[Row]):
    """A line as it was understood."""

    line: int
    account_number: str | None = Field(validation_alias="account", examples=[None])
    meter_number: str | None = Field(validation_alias="meter", examples=["1234-abc-0000"])
    reading: DecimalText = Field(validation_alias="value", examples=["12.345"])
    read_on: Day = Field(examples=["2023-03-17"])
    registers: dict[str, DecimalText] = Field(description="Values of further registers, by code", examples=[{}])
    measures: dict[str, DecimalText] = Field(description="What came with the reading, by code", examples=[{}])
    reader_code: str | None = Field(examples=[None])
    period: PeriodText | None = Field(examples=[None])


class TrialOut(Schema):
    """What an import would understand of the sample. Whether there are such meters is not looked at."""

    rows: tuple[TrialRow, ...]
    refused: tuple[ReportLine, ...]


class ReportPage(Schema):
    """One page of refused and flagged lines, in the order of the file."""

    items: tuple[ReportLine, ...]
    next_cursor: str | None

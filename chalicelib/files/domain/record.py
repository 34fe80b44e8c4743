"""The record of an announced file, and its report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.files.domain.mapping import ColumnMapping
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period

FileKind = Literal["readings", "registry", "history", "bank"]
ImportState = Literal["awaiting_upload", "done", "refused"]
ReportLine = dict[str, str | int]

_TABLES, _DOCUMENTS = (".csv", ".tsv", ".txt", ".xlsx"), (".json",)
_READ: Mapping[FileKind, tuple[str, ...]] = {
    "readings": _TABLES,
    "registry": _TABLES,
    "history": _DOCUMENTS,
    "bank": _TABLES,
}
# Formats that people have such data in, and that are not read.
_NOT_READ = (".doc", ".docx", ".gz", ".numbers", ".ods", ".pdf", ".xls", ".xlsb", ".xlsm", ".xml", ".zip")


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Counts of a file's rows by result. `accepted` includes the flagged ones."""

    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    flagged: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True)
class FileImport:
    """One announced file. `period`, if given, is the period that all its rows must bill.

    `areas` are those of the user who announced it, at that time; None: the whole tenant. Rows outside are refused.
    `mapping` is the one that it named, as it was then; None: the file has our own titles.
    At `admitted_at` the user's permission was checked: from then on it is imported, even after an interruption.
    """

    id: str
    kind: FileKind
    file_name: str
    period: Period | None
    state: ImportState
    counts: ImportCounts
    refusal: str | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    areas: tuple[str, ...] | None = None
    admitted_at: datetime | None = None
    mapping: ColumnMapping | None = None

    @property
    def mapping_id(self) -> str | None:
        return self.mapping.id if self.mapping else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused line (or entry): the wrong column (or place in the file), and what to change."""

    line: int
    column: str
    code: str
    reason: str

    def as_line(self) -> ReportLine:
        """Return it as a line of the report."""
        return {
            "line": self.line,
            "kind": "refused",
            "column": self.column,
            "code": self.code,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of an import: the counts, and each line that a person should check."""

    counts: ImportCounts
    lines: tuple[ReportLine, ...]

    def with_titles(self, titles: Mapping[str, str]) -> "ImportResult":
        """Return the result with each column by the name that the file's own first line gives it."""
        lines = (line | {"column": titles.get(str(line["column"]), line["column"])} for line in self.lines)
        return replace(self, lines=tuple(lines))


def check_file_name(kind: FileKind, name: str) -> None:
    """Check that a file is not of a format that is not read, as far as its name says so.

    :raises Invalid: if it is, naming the endings that are read.
    """
    read = _READ[kind]
    others = {*_NOT_READ, *_TABLES, *_DOCUMENTS} - {*read}
    if name.lower().rstrip().endswith(tuple(others)):
        reason = f"this kind of file is not read: give {' or '.join(read)}; a spreadsheet can be saved as .xlsx or CSV"
        raise Invalid("bad-file-name", reason, field="fileName")

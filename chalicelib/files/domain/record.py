"""The record of an announced file, and its report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.kernel.period import Period

FileKind = Literal["readings", "registry", "history"]
ImportState = Literal["awaiting_upload", "done", "refused"]
ReportLine = dict[str, str | int]


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

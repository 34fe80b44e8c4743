"""Tables to download, as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# With the full-width forms of =, +, - and @, which some spreadsheets take for the plain ones.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A table to download: the result of an operation that answers with CSV. The first row names the columns.

    Text that a spreadsheet would treat as a formula gets an apostrophe in front, so that no user input is executed when
    the file is opened. Amounts and quantities are numbers, and stay as they are.
    """

    name: str
    rows: Sequence[Sequence[str | int | Decimal | date | None]]

    @property
    def text(self) -> str:
        """The rows as CSV (RFC 4180)."""
        written = io.StringIO()
        csv.writer(written, lineterminator="\r\n").writerows([_csv_cell(each) for each in row] for row in self.rows)
        return written.getvalue()


def _csv_cell(value: str | int | Decimal | date | None) -> str:
    text = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_BEGINS_A_FORMULA) else text

"""Rows of cells as a file has them: text with a delimiter, text of fixed width, or a workbook."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.files.domain.mapping import ColumnMapping, MappedColumn
from chalicelib.files.domain.workbook import is_workbook, workbook_rows
from chalicelib.kernel.errors import Invalid

# A cell may contain line breaks. One with more than this began with a stray quotation mark.
_MAX_LINES = 20
# The most lines for each allowed row: there may be empty lines, and cells over several lines. Lines are counted before
# the file is parsed, because each costs time and memory.
_LINES_A_ROW = 10

# Whether cells that end on a later line than they began fit the table; if not, they began with a stray quotation mark.
Fits = Callable[[list[str]], bool]


@dataclass(frozen=True, slots=True)
class Raw:
    """One row: the number of its first line, its cells, and whether a quotation mark was left open in it."""

    line: int
    cells: list[str]
    stray: bool = False


class Rows(Protocol):
    """The rows of a file, in order; `delimiter` is empty where cells need none."""

    delimiter: str

    def first(self) -> Raw:
        """Take the first row that is not empty."""

    def rest(self, fits: Fits) -> Iterator[Raw]:
        """Yield the rows that were not taken."""


def open_rows(content: bytes, mapping: ColumnMapping, *, most: int) -> Rows:
    """Return the rows of a file, which may have `most` rows and ten times as many lines.

    :raises Invalid: if it is neither text nor a workbook, or has far more lines.
    """
    if is_workbook(content):
        if mapping.is_fixed:
            raise Invalid("not-text", "the mapping is for text of fixed width, and this is a workbook")
        return WorkbookRows(workbook_rows(content, most=most * _LINES_A_ROW), skip=mapping.skip_lines)
    lines = _lines(_text(content), most=most * _LINES_A_ROW)
    if mapping.is_fixed:
        return FixedRows(lines, mapping)
    return DelimitedRows(lines, delimiter=mapping.delimiter, at=mapping.skip_lines)


def says_something(cells: list[str]) -> bool:
    """Return whether a row has a cell that is not empty."""
    return any(cell.strip() for cell in cells)


class DelimitedRows:
    """Rows of text with a delimiter, which the first line shows: a comma, a semicolon or a tab."""

    def __init__(self, lines: list[str], *, delimiter: str | None, at: int) -> None:
        first = next((line for line in lines[at:] if line.strip()), "")
        self._lines, self._at = lines, at
        self.delimiter = delimiter or max(",;\t", key=first.count)
        if first.strip().casefold()[:4] == "sep=" and len(first.strip()) == 5:  # Excel's own way to name it
            self.delimiter = delimiter or first.strip()[4]
            self._at = lines.index(first, at) + 1

    def first(self) -> Raw:
        while self._at < len(self._lines):
            number = self._at + 1
            cells, runs_over = self._cells()
            self._at += runs_over
            if says_something(cells):
                return Raw(number, cells)
        return Raw(1, [])

    def rest(self, fits: Fits) -> Iterator[Raw]:
        while self._at < len(self._lines):
            number = self._at + 1
            cells, runs_over = self._cells()
            stray = runs_over > 1 and (not fits(cells) or not self._closes(runs_over))
            self._at += 1 if stray else runs_over  # the lines after an open quotation mark are lines of their own
            yield Raw(number, cells, stray)

    def _cells(self) -> tuple[list[str], int]:
        """Return the cells that begin on a line, and the number of lines that they take."""
        reader = csv.reader(self._lines[self._at : self._at + _MAX_LINES], delimiter=self.delimiter)
        try:
            return next(reader), reader.line_num
        except csv.Error:  # the module's own limit of a cell, far above ours
            return [self._lines[self._at]], 1

    def _closes(self, runs_over: int) -> bool:
        """Return whether a row that takes several lines ends with them, and not only where they do."""
        strict = csv.reader(self._lines[self._at : self._at + runs_over], delimiter=self.delimiter, strict=True)
        try:
            next(strict)
        except csv.Error:
            return False
        return True


class FixedRows:
    """Rows of text whose cells have fixed places, and perhaps are spread over several kinds of records.

    A line of a record clears what records below it said; the last kind of record makes a row of all.
    """

    delimiter = ""

    def __init__(self, lines: list[str], mapping: ColumnMapping) -> None:
        self._lines, self._mapping = lines, mapping

    def first(self) -> Raw:
        return Raw(1, [])

    def rest(self, fits: Fits) -> Iterator[Raw]:  # noqa: ARG002 - nothing is quoted here
        records = self._mapping.records or ("",)
        cells = [""] * len(self._mapping.placed)
        for number, line in enumerate(self._lines, 1):
            rank = next((at for at, record in enumerate(records) if line.startswith(record)), None)
            if number <= self._mapping.skip_lines:
                continue
            if rank is not None:
                cells = [self._cell(column, line.rstrip("\r\n"), rank, cell) for column, cell in self._with(cells)]
            yield Raw(number, cells if rank == len(records) - 1 else [])

    def _with(self, cells: list[str]) -> Iterator[tuple[MappedColumn, str]]:
        return zip(self._mapping.placed, cells, strict=True)

    def _cell(self, column: MappedColumn, line: str, rank: int, before: str) -> str:
        """Return a cell after a line: what the line of its record says, and nothing after the line of a higher one."""
        of = self._mapping.records.index(column.record) if column.record else rank
        if of == rank:
            return line[column.start - 1 :][: column.length]
        return before if of < rank else ""


@dataclass
class WorkbookRows:
    """Rows of a workbook's first sheet. Its cells have their types, so no delimiter says anything of them."""

    rows: Iterator[list[str]]
    skip: int
    delimiter: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._numbered = enumerate(self.rows, 1)

    def first(self) -> Raw:
        for number, cells in self._numbered:
            if number > self.skip and says_something(cells):
                return Raw(number, cells)
        return Raw(1, [])

    def rest(self, fits: Fits) -> Iterator[Raw]:  # noqa: ARG002 - nothing is quoted here
        for number, cells in self._numbered:
            if number > self.skip:
                yield Raw(number, cells)


def _text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid("not-text", "the file is not UTF-8 text; save it as CSV (UTF-8)") from None
    if "\0" in text:
        raise Invalid("not-text", "the file has zero bytes in it; save it as CSV (UTF-8)")
    return text


def _lines(text: str, *, most: int) -> list[str]:
    if max(text.count("\n"), text.count("\r")) > most:
        raise Invalid("too-many-rows", f"the file has more than {most} lines; take the empty ones out, or split it")
    return io.StringIO(text, newline="").readlines()

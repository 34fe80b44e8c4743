"""Parse a table in a file: comma, semicolon or tab, with or without BOM; each fault with its line and column."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.errors import Invalid

_MAX_CELL = 200
# A cell may contain line breaks. One with more than this began with a stray quotation mark.
_MAX_LINES = 20
# The most lines for each allowed row: there may be empty lines, and cells over several lines. Lines are counted before
# the file is parsed, because each costs time and memory.
_LINES_A_ROW = 10

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line's cells by field, trimmed; fields whose column the file lacks are absent."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A parsed file. `titles` are the columns as the file names them; `blank` counts empty lines, which are skipped."""

    titles: Mapping[str, str]
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    blank: int


def read_table(
    content: bytes, columns: Columns, *, names: str, suffices: Callable[[set[str]], bool], most: int
) -> Table:
    """Parse a file. The first line names the columns, in any order.

    `columns` has the possible names of each field, `suffices` says whether the fields found are enough, and `names` is
    the text for a person if not.

    :raises Invalid: if the whole file can't be used: not text, no valid first line, more than `most` rows, far more
        lines.
    """
    text = _text(content)
    if max(text.count("\n"), text.count("\r")) > most * _LINES_A_ROW:
        reason = f"the file has more than {most * _LINES_A_ROW} lines; take the empty ones out, or split it"
        raise Invalid("too-many-rows", reason)
    lines = io.StringIO(text, newline="").readlines()
    delimiter = _delimiter(lines)
    header_line, header, at = _first(lines, delimiter)
    places = _places(header_line, header, columns)
    if not suffices(set(places)):
        raise Invalid("bad-header", f"line {header_line}: the first line must name the columns {names}")
    good: list[Line] = []
    refusals: list[Refusal] = []
    blank = 0
    while at < len(lines):
        number = at + 1
        cells, runs_over = _cells_at(lines, at, delimiter)
        at += runs_over
        if not _says_something(cells):
            blank += 1
            continue
        if len(good) + len(refusals) >= most:
            raise Invalid("too-many-rows", f"the file has more than {most} rows; split it")
        if fault := _fault(number, cells, runs_over, len(header), places):
            refusals.append(fault)
            at = number  # the lines after an open quotation mark are lines of their own
        else:
            good.append(Line(number, {field: cells[place].strip() for field, place in places.items()}))
    titles = {field: header[place].strip() for field, place in places.items()}
    return Table(titles, tuple(good), tuple(refusals), blank)


def _fault(number: int, cells: list[str], runs_over: int, expected: int, places: Mapping[str, int]) -> Refusal | None:
    """Return the refusal of a line that is not valid for the table, or None."""
    too_long = any(len(cell) > _MAX_CELL for cell in cells)
    fits = len(cells) == expected and not too_long
    if runs_over > 1 and not (fits and all(len(cells[place].splitlines()) < 2 for place in places.values())):
        reason = "a quotation mark opens a cell here that ends on another line; close it, or leave it out"
        return Refusal(number, "", "not-csv", reason)
    if too_long:
        return Refusal(number, "", "wrong-columns", f"a cell has more than {_MAX_CELL} characters")
    if not fits:
        return Refusal(
            number, "", "wrong-columns", f"expected {expected} cells as in the first line, found {len(cells)}"
        )
    return None


def _says_something(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid("not-text", "the file is not UTF-8 text; save it as CSV (UTF-8)") from None
    if "\0" in text:
        raise Invalid("not-text", "the file has zero bytes in it; save it as CSV (UTF-8)")
    return text


def _delimiter(lines: list[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return max(",;\t", key=first.count)


def _first(lines: list[str], delimiter: str) -> tuple[int, list[str], int]:
    """Return the cells of the first line that is not empty, its number, and where the next line begins."""
    at = 0
    while at < len(lines):
        cells, runs_over = _cells_at(lines, at, delimiter)
        if _says_something(cells):
            return at + 1, cells, at + runs_over
        at += runs_over
    return 1, [], at


def _cells_at(lines: list[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """Return the cells that begin on a line, and the number of lines that they take."""
    reader = csv.reader(lines[at : at + _MAX_LINES], delimiter=delimiter)
    try:
        return next(reader), reader.line_num
    except csv.Error:  # the module's own limit of a cell, far above ours
        return [lines[at]], 1


def _places(line: int, header: list[str], columns: Columns) -> dict[str, int]:
    names = ["_".join(cell.split()).casefold() for cell in header]
    places: dict[str, int] = {}
    for field, known in columns.items():
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) > 1:
            same = ", ".join(header[at].strip()[:_MAX_CELL] for at in found[:5])
            raise Invalid("bad-header", f"line {line}: the columns {same} mean the same")
        if found:
            places[field] = found[0]
    return places

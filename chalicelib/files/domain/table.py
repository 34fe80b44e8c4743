"""A table in a file: comma, semicolon or tab, with or without BOM, each fault with its line and column."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.errors import Invalid

_MAX_CELL = 200
# A cell may hold line breaks. One that goes over more lines than these began with a stray quotation mark.
_MAX_LINES = 20
# Lines of a file to one of its rows: there may be empty ones, and cells that go over several. It is counted before the
# file is taken apart, since each line costs time and memory, whatever it holds.
_LINES_A_ROW = 10

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line's cells by field, trimmed; a field whose column the file does not have is not in it."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file taken apart. `titles` are the columns as the file names them; `blank` counts empty lines, passed over."""

    titles: Mapping[str, str]
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    blank: int


def read_table(
    content: bytes, columns: Columns, *, names: str, suffices: Callable[[set[str]], bool], most: int
) -> Table:
    """Take a file apart. Columns are found by the names in the first line, in any order.

    `columns` says which names each field may have, `suffices` whether the fields found will do, and `names` what a
    person is told if not.

    :raises Invalid: if the whole file can't be used: not text, no usable header, more than `most` rows, far more lines.
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
            at = number  # the lines that an open quotation mark took in are lines of their own
        else:
            good.append(Line(number, {field: cells[place].strip() for field, place in places.items()}))
    titles = {field: header[place].strip() for field, place in places.items()}
    return Table(titles, tuple(good), tuple(refusals), blank)


def _fault(number: int, cells: list[str], runs_over: int, expected: int, places: Mapping[str, int]) -> Refusal | None:
    """Return what keeps a line from being one of the table, if anything does."""
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
    """Return the first cells that say something, with their line and where the lines after begin."""
    at = 0
    while at < len(lines):
        cells, runs_over = _cells_at(lines, at, delimiter)
        if _says_something(cells):
            return at + 1, cells, at + runs_over
        at += runs_over
    return 1, [], at


def _cells_at(lines: list[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """Return the cells that begin with a line, and over how many lines they go."""
    reader = csv.reader(lines[at : at + _MAX_LINES], delimiter=delimiter)
    try:
        return next(reader), reader.line_num
    except csv.Error:  # the module's own bound of a cell, far above ours
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

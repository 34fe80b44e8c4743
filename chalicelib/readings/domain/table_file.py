"""Reading a file of readings: comma, semicolon or tab, with or without BOM, each fault with its line and column."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import parse_decimal

MAX_ROWS = 50_000
_MAX_CELL = 200

_COLUMNS = {
    "account": ("account_number", "account", "account_no", "unit", "unit_id"),
    "meter": ("meter_number", "meter", "meter_no", "serial_number"),
    "value": ("reading", "value", "reading_value", "current", "current_reading"),
    "day": ("read_on", "reading_date", "date"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file that could be read."""

    line: int
    account: str | None
    meter: str | None
    value: Decimal
    read_on: date

    @property
    def number_column(self) -> str:
        return "account_number" if self.account else "meter_number"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line that could not be used: which column is wrong and what would be right."""

    line: int
    column: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file taken apart. `blank` counts empty lines, which are passed over."""

    rows: tuple[Row, ...]
    refusals: tuple[Refusal, ...]
    blank: int


def parse(content: bytes) -> TableFile:
    """This function will take a file apart into rows and refusals. Columns are found by the names in the first line.

    Examples of names: `meter_number` or `account_number`; `reading`; `read_on`.

    :raises Invalid: if the whole file can't be used: not text, no usable header, too many rows.
    """
    lines = _records(_text(content))
    header_line, header = next(((line, cells) for line, cells in lines if _says_something(cells)), (1, []))
    places = _places(header_line, header)
    rows: list[Row] = []
    refusals: list[Refusal] = []
    blank = 0
    for line, cells in lines:
        if not _says_something(cells):
            blank += 1
            continue
        if len(rows) + len(refusals) >= MAX_ROWS:
            raise Invalid("too-many-rows", f"the file has more than {MAX_ROWS} rows; split it")
        made = _row(line, cells, header, places)
        if isinstance(made, Row):
            rows.append(made)
        else:
            refusals.append(made)
    return TableFile(tuple(rows), tuple(refusals), blank)


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


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid("not-csv", f"line {reader.line_num}: {error}") from None
        yield line, cells
        line = reader.line_num + 1


def _places(line: int, header: list[str]) -> dict[str, int]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in header]
    places: dict[str, int] = {}
    for field, known in _COLUMNS.items():
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) > 1:
            raise Invalid(
                "bad-header", f"line {line}: the columns {', '.join(header[at] for at in found)} mean the same"
            )
        if found:
            places[field] = found[0]
    if not {"value", "day"} <= places.keys() or not places.keys() & {"account", "meter"}:
        raise Invalid(
            "bad-header",
            f"line {line}: the first line must name the columns meter_number (or account_number), reading, read_on",
        )
    return places


def _row(line: int, cells: list[str], header: list[str], places: dict[str, int]) -> Row | Refusal:
    if len(cells) != len(header) or any(len(cell) > _MAX_CELL for cell in cells):
        reason = f"expected {len(header)} cells of at most {_MAX_CELL} characters, found {len(cells)}"
        return Refusal(line, "", "wrong-columns", reason)
    cell = {field: cells[at].strip() for field, at in places.items()}
    if not cell.get("account") and not cell.get("meter"):
        return Refusal(line, header[places.get("meter", places.get("account", 0))], "missing", "the number is missing")
    try:
        value = parse_decimal(cell["value"])
    except Invalid as error:
        return Refusal(line, header[places["value"]], error.code, str(error))
    if value < 0:
        return Refusal(line, header[places["value"]], "bad-number", "a meter does not show less than zero")
    try:
        read_on = parse_day(cell["day"])
    except Invalid as error:
        return Refusal(line, header[places["day"]], error.code, str(error))
    return Row(line, cell.get("account") or None, cell.get("meter") or None, value, read_on)

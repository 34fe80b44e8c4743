"""Files of readings: their columns and rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.files.domain.record import Refusal
from chalicelib.files.domain.table import Line, read_table
from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import parse_decimal

MAX_ROWS = 50_000

_COLUMNS = {
    "account": ("account_number", "account", "account_no", "unit", "unit_id"),
    "meter": ("meter_number", "meter", "meter_no", "serial_number"),
    "value": ("reading", "value", "reading_value", "current", "current_reading"),
    "day": ("read_on", "reading_date", "date"),
}
# What a report calls the columns, where the file's own names are not known.
_NAMES = {"account": "account_number", "meter": "meter_number", "value": "reading", "day": "read_on"}


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
class TableFile:
    """A parsed file. `blank` counts empty lines, which are skipped; `titles` are the columns as the file names them."""

    rows: tuple[Row, ...]
    refusals: tuple[Refusal, ...]
    blank: int
    titles: Mapping[str, str]


def parse(content: bytes) -> TableFile:
    """Parse a file into rows and refusals. The first line names the columns.

    Examples of names: `meter_number` or `account_number`; `reading`; `read_on`.

    :raises Invalid: if the whole file can't be used: not text, no valid first line, too many rows.
    """
    wanted = "meter_number (or account_number), reading, read_on"
    table = read_table(content, _COLUMNS, names=wanted, suffices=_suffices, most=MAX_ROWS)
    made = [_row(line, table.titles) for line in table.lines]
    rows = tuple(one for one in made if isinstance(one, Row))
    refusals = tuple(one for one in made if isinstance(one, Refusal))
    titles = {_NAMES[each]: title for each, title in table.titles.items()}
    return TableFile(rows, table.refusals + refusals, table.blank, titles)


def _suffices(fields: set[str]) -> bool:
    return {"value", "day"} <= fields and bool(fields & {"account", "meter"})


def _row(line: Line, titles: Mapping[str, str]) -> Row | Refusal:
    cell = line.cells
    if not cell.get("account") and not cell.get("meter"):
        column = titles.get("meter") or titles["account"]
        return Refusal(line.number, column, "missing", "the number is missing")
    for field, what in (("value", "reading"), ("day", "day")):
        if not cell[field]:
            return Refusal(line.number, titles[field], "missing", f"the {what} is missing")
    try:
        value = parse_decimal(cell["value"])
    except Invalid as error:
        return Refusal(line.number, titles["value"], error.code, str(error))
    if value < 0:
        return Refusal(line.number, titles["value"], "bad-number", "a meter does not show less than zero")
    try:
        read_on = parse_day(cell["day"])
    except Invalid as error:
        return Refusal(line.number, titles["day"], error.code, str(error))
    return Row(line.number, cell.get("account") or None, cell.get("meter") or None, value, read_on)

"""Files of readings: their columns and rows."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

from chalicelib.files.domain.mapping import OWN, ColumnMapping
from chalicelib.files.domain.record import Refusal
from chalicelib.files.domain.table import Kinds, Line, read_table
from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import parse_decimal, plain

MAX_ROWS = 50_000

_COLUMNS = {
    "account_number": ("account_number", "account", "account_no", "unit", "unit_id"),
    "meter_number": ("meter_number", "meter", "meter_no", "serial_number"),
    "meter_brand": ("meter_brand", "brand", "maker", "manufacturer"),
    "reading": ("reading", "value", "reading_value", "current", "current_reading"),
    "read_on": ("read_on", "reading_date", "date"),
    "reader_code": ("reader_code",),
    "period": ("round",),
    "register": ("register_*",),
    "measure": ("measure_*",),
}
_KINDS = Kinds(numbers=("reading", "register", "measure"), days=("read_on",))
_WHAT = {"reading": "reading", "read_on": "day"}
_MAX_CODE = 20

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file that could be read.

    `registers` are the values of further registers and `measures` what came with the reading, by code. `reader_code` is
    what the reader noted. `period` is the round that the file names.
    """

    line: int
    account: str | None
    meter: str | None
    value: Decimal
    read_on: date
    registers: Mapping[str, Decimal] = field(default_factory=dict)
    measures: Mapping[str, Decimal] = field(default_factory=dict)
    reader_code: str | None = None
    period: Period | None = None
    brand: str | None = None

    @property
    def number_column(self) -> str:
        return "account_number" if self.account else "meter_number"


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One line of the file with a reader's code and no reading: the reader came (`read_on`) and could not read."""

    line: int
    account: str | None
    meter: str | None
    read_on: date
    reader_code: str
    period: Period | None = None
    brand: str | None = None

    @property
    def number_column(self) -> str:
        return "account_number" if self.account else "meter_number"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A parsed file: its rows by account or meter and day. `titles` are the columns as the file names them.

    `blank` counts empty lines, which are skipped. `contradicting` are rows that are refused because they contradict
    each other.
    """

    rows: tuple[Row, ...]
    refusals: tuple[Refusal, ...]
    blank: int
    titles: Mapping[str, str]
    contradicting: tuple[Row, ...] = ()
    visits: tuple[VisitRow, ...] = ()


def parse(content: bytes, mapping: ColumnMapping = OWN) -> TableFile:
    """Parse a file into rows and refusals. The first line names the columns, unless the mapping places them.

    Examples of names: `meter_number` or `account_number`; `reading`; `read_on`. What is taken in does not depend on the
    order of lines: rows are sorted by number and day, and of lines that contradict each other, none is a row.

    :raises Invalid: if the whole file can't be used: neither text nor a workbook, no valid first line, too many rows.
    """
    wanted = "meter_number (or account_number), reading, read_on"
    table = read_table(
        content, _COLUMNS, names=wanted, suffices=_suffices, most=MAX_ROWS, kinds=_KINDS, mapping=mapping
    )
    made = [_row(line, table.titles, mapping) for line in table.lines]
    rows = [one for one in made if isinstance(one, Row)]
    refusals = [one for one in made if isinstance(one, Refusal)]
    contradictions = tuple(refused_contradictions(rows, table.titles, of=_named))
    lines = {refusal.line for refusal in contradictions}
    rows.sort(key=_place)
    return TableFile(
        rows=tuple(row for row in rows if row.line not in lines),
        refusals=(*table.refusals, *refusals, *contradictions),
        blank=table.blank,
        titles=table.titles,
        contradicting=tuple(row for row in rows if row.line in lines),
        visits=tuple(one for one in made if isinstance(one, VisitRow)),
    )


def _place(row: Row) -> tuple[str, str, date, int]:
    return row.account or "", row.meter or "", row.read_on, row.line


def _named(row: Row) -> Hashable:
    return row.account, row.meter, row.brand


def refused_contradictions(
    rows: Iterable[Row], titles: Mapping[str, str], *, of: Callable[[Row], Hashable]
) -> Iterator[Refusal]:
    """Yield a refusal of each row that another one of the same meter and day contradicts; `of` tells which meter."""
    same: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        same[of(row), row.read_on].append(row)
    for group in same.values():
        if any(_said(row) != _said(group[0]) for row in group):
            said = "; ".join(f"{_said(row)} in line {row.line}" for row in sorted(group, key=_line)[:5])
            for row in group:
                reason = f"this meter has several readings of {row.read_on}: {said}; leave one"
                yield Refusal(row.line, titles["reading"], "contradicting-rows", reason)


def _line(row: Row) -> int:
    return row.line


def _said(row: Row) -> str:
    further = {**row.registers, **row.measures}
    return ", ".join([plain(row.value), *(f"{code} {plain(value)}" for code, value in sorted(further.items()))])


def _suffices(fields: set[str]) -> bool:
    return {"reading", "read_on"} <= fields and bool(fields & {"account_number", "meter_number"})


def _row(line: Line, titles: Mapping[str, str], mapping: ColumnMapping) -> Row | VisitRow | Refusal:
    """Make a row of a line, or a visit of one with a reader's code and no reading; the first fault refuses it."""
    constants = {column.field: str(column.constant) for column in mapping.columns if column.constant is not None}
    cell = {**constants, **line.cells}
    try:
        noted = bool(line.cells.get("reader_code"))  # a constant of the mapping is no note about this meter
        _check_needed(cell, titles, mapping, noted=noted)
        numbers = _numbers(cell, mapping)
        named = (line.number, cell.get("account_number") or None, cell.get("meter_number") or None)
        day = _read(cell, "read_on", parse_day)
        code = _read(cell, "reader_code", _code) if cell.get("reader_code") else None
        period = _read(cell, "period", Period.parse) if cell.get("period") else None
        brand = cell.get("meter_brand") or None
        if noted and code and not cell["reading"]:
            return VisitRow(*named, day, code, period, brand)
        return Row(
            *named,
            numbers["reading"],
            day,
            registers=_by_code(numbers, "register"),
            measures=_by_code(numbers, "measure"),
            reader_code=code,
            period=period,
            brand=brand,
        )
    except Invalid as error:
        column = error.faults[0].field or ""
        return Refusal(line.number, titles.get(column, column), error.code, str(error))


def _check_needed(cell: Mapping[str, str], titles: Mapping[str, str], mapping: ColumnMapping, *, noted: bool) -> None:
    if not cell.get("account_number") and not cell.get("meter_number"):
        numbered = "meter_number" if "meter_number" in titles else "account_number"
        raise Invalid("missing", "the number is missing", field=numbered)
    for field_, what in _WHAT.items():
        if not cell[field_] and not (field_ == "reading" and noted):
            raise Invalid("missing", f"the {what} is missing", field=field_)
    for column in mapping.columns:
        if column.to == "check" and cell[column.field] != column.equals:
            reason = f"{cell[column.field][:40]!r} is not {column.equals}: this is no line of readings"
            raise Invalid("other-kind", reason, field=column.field)


def _numbers(cell: Mapping[str, str], mapping: ColumnMapping) -> dict[str, Decimal]:
    factors = {column.field: column.factor for column in mapping.columns}
    return {
        name: _read(cell, name, partial(_number, factor=factors.get(name, Decimal(1))))
        for name, text in cell.items()
        if text and _KINDS.is_number(name)
    }


def _read(cell: Mapping[str, str], column: str, read: Callable[[str], Value]) -> Value:
    """Read a cell.

    :raises Invalid: naming the column, if it can't be read.
    """
    try:
        return read(cell[column])
    except Invalid as error:
        raise Invalid(error.code, str(error), field=column) from None


def _number(text: str, *, factor: Decimal) -> Decimal:
    value = parse_decimal(text)
    if value < 0:
        raise Invalid("bad-number", "a meter does not show less than zero", field="reading")
    return value if factor == 1 else parse_decimal(plain(value * factor))


def _code(text: str) -> str:
    if len(text) > _MAX_CODE or not text.isprintable():
        raise Invalid("bad-text", f"a reader's code has at most {_MAX_CODE} characters", field="reader_code")
    return text


def _by_code(numbers: Mapping[str, Decimal], kind: str) -> dict[str, Decimal]:
    return {name.partition(":")[2]: value for name, value in numbers.items() if name.partition(":")[0] == kind}

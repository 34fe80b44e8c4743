"""Parse a table in a file, each fault with its line and column; the form of a column is decided once for all rows."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.files.domain.cells import Exact, damage, damaged_day, damaged_number
from chalicelib.files.domain.days import DayForm, day_form
from chalicelib.files.domain.mapping import OWN, ColumnMapping
from chalicelib.files.domain.numbers import NumberForm, number_form
from chalicelib.files.domain.record import Refusal
from chalicelib.files.domain.rows import Raw, open_rows, says_something
from chalicelib.kernel.errors import Invalid

_MAX_CELL = 200

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line's cells by field, trimmed; fields whose column the file lacks are absent.

    Numbers are written like 1234.5 and days like 2025-11-05, whatever the file's form. What is neither is as it was.
    """

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A parsed file. `titles` are the columns as the file names them; `blank` counts empty lines, which are skipped."""

    titles: Mapping[str, str]
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    blank: int


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which fields are numbers and which are days; a field `register:night` is of the kind of `register`."""

    numbers: Collection[str] = ()
    days: Collection[str] = ()

    def is_number(self, field: str) -> bool:
        return field.partition(":")[0] in self.numbers

    def is_day(self, field: str) -> bool:
        return field in self.days


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the fields are in each row, what the file calls them, and how many cells a row has at the most."""

    places: Mapping[str, int]
    titles: Mapping[str, str]
    width: int | None

    def fits(self, cells: Sequence[str]) -> bool:
        """Return whether a row's cells fit: missing and surplus ones may be empty last cells."""
        return self.width is None or not says_something([*cells[self.width :]])

    def in_one_line(self, cells: list[str]) -> bool:
        """Return whether a row over several lines has the line breaks where nobody looks."""
        whole = self.width is None or len(cells) == self.width
        return whole and all(len(cells[place].splitlines()) < 2 for place in self.places.values() if place < len(cells))


def read_table(
    content: bytes,
    columns: Columns,
    *,
    names: str,
    suffices: Callable[[set[str]], bool],
    most: int,
    kinds: Kinds = Kinds(),
    mapping: ColumnMapping = OWN,
) -> Table:
    """Parse a file. The first line names the columns, in any order, unless the mapping places them.

    `columns` has the possible names of each field; one that ends in `*` begins the names of several (`register_*`).
    `suffices` says whether the fields found are enough, and `names` is the text for a person if not.

    :raises Invalid: if the whole file can't be used: neither text nor a workbook, no valid first line, more than `most`
        rows, far more lines.
    """
    rows = open_rows(content, mapping, most=most)
    layout = _layout_of(rows.first() if mapping.has_titles else None, columns, mapping)
    if not suffices({*layout.places} | {column.field for column in mapping.columns}):
        raise Invalid("bad-header", f"the first line must name the columns {names}")
    good: list[Line] = []
    refusals: list[Refusal] = []
    blank = 0
    for raw in rows.rest(layout.in_one_line):
        if not says_something(raw.cells):
            blank += 1
            continue
        if len(good) + len(refusals) >= most:
            raise Invalid("too-many-rows", f"the file has more than {most} rows; split it")
        if fault := _fault(raw, layout):
            refusals.append(fault)
        else:
            good.append(_line(raw, layout))
    plain, unclear = _in_plain_form(good, layout, kinds, mapping, rows.delimiter)
    return Table(layout.titles, plain, (*refusals, *unclear), blank)


def _line(raw: Raw, layout: _Layout) -> Line:
    return Line(raw.line, {field: _cell(raw.cells, place) for field, place in layout.places.items()})


def _cell(cells: list[str], place: int) -> str:
    cell = cells[place] if place < len(cells) else ""
    return cell if isinstance(cell, Exact) else cell.strip()


def _fault(raw: Raw, layout: _Layout) -> Refusal | None:
    """Return the refusal of a line that is not valid for the table, or None."""
    if raw.stray:
        reason = "a quotation mark opens a cell here that ends on another line; close it, or leave it out"
        return Refusal(raw.line, "", "not-csv", reason)
    if any(len(cell) > _MAX_CELL for cell in raw.cells):
        return Refusal(raw.line, "", "wrong-columns", f"a cell has more than {_MAX_CELL} characters")
    if not layout.fits(raw.cells):
        reason = f"expected {layout.width} cells as in the first line, found {len(raw.cells)}"
        return Refusal(raw.line, "", "wrong-columns", reason)
    return None


def _layout_of(header: Raw | None, columns: Columns, mapping: ColumnMapping) -> _Layout:
    if header is None:
        titles = {column.field: column.called for column in mapping.placed}
        if mapping.is_fixed:
            return _Layout({column.field: at for at, column in enumerate(mapping.placed)}, titles, None)
        return _Layout({column.field: (column.place or 1) - 1 for column in mapping.placed}, titles, None)
    wanted = columns
    if mapping.placed:
        wanted = {column.field: (_name(column.title or ""),) for column in mapping.placed}
    places = _places(header, wanted)
    if lacking := [column.title for column in mapping.placed if column.field not in places]:
        raise Invalid("bad-header", f"line {header.line}: the mapping's column {lacking[0]} is not there")
    titles = {field: header.cells[place].strip() for field, place in places.items()}
    return _Layout(places, titles, len(header.cells))


def _places(header: Raw, columns: Columns) -> dict[str, int]:
    names = [_name(cell) for cell in header.cells]
    places: dict[str, int] = {}
    for field, known in columns.items():
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) > 1:
            same = ", ".join(header.cells[at].strip()[:_MAX_CELL] for at in found[:5])
            raise Invalid("bad-header", f"line {header.line}: the columns {same} mean the same")
        if found:
            places[field] = found[0]
        for prefix in (name[:-1] for name in known if name.endswith("*")):
            several = [at for at, name in enumerate(names) if name.startswith(prefix) and name != prefix]
            places |= {f"{field}:{header.cells[at].strip()[len(prefix) :]}": at for at in several}
    return places


def _name(cell: str) -> str:
    return "_".join(cell.split()).casefold()


def _in_plain_form(
    lines: Iterable[Line], layout: _Layout, kinds: Kinds, mapping: ColumnMapping, delimiter: str
) -> tuple[tuple[Line, ...], tuple[Refusal, ...]]:
    """Write the numbers and days of all lines in one form, column by column; refuse the lines where that is unclear."""
    lines = list(lines)
    forms: dict[str, NumberForm | DayForm | None] = {}
    for field in layout.places:
        cells = ((line.number, line.cells[field]) for line in lines if line.cells[field])
        forms[field] = None
        if kinds.is_number(field):
            forms[field] = number_form(cells, delimiter=delimiter, stated=mapping.decimal_sign)
        elif kinds.is_day(field):
            forms[field] = day_form(cells, stated=mapping.date_form)
    plain: list[Line] = []
    refusals: list[Refusal] = []
    for line in lines:
        written: dict[str, str] = {}
        for field, cell in line.cells.items():
            try:
                written[field] = _plain(cell, forms[field])
            except Invalid as error:
                refusals.append(Refusal(line.number, layout.titles[field], error.code, str(error)))
                break
        else:
            plain.append(replace(line, cells=written))
    return tuple(plain), tuple(refusals)


def _plain(cell: str, form: NumberForm | DayForm | None) -> str:
    """Return a cell in the plain form of its column.

    :raises Invalid: if a spreadsheet damaged it, or its meaning is unclear.
    """
    if cell and (reason := _damage(cell, form)):
        raise Invalid("damaged-cell", reason)
    if form is None or not cell:
        return cell
    plain = form.plain(cell)
    if plain is None:
        raise Invalid("ambiguous-number", f"{cell[:40]!r}: {form.why}")
    return plain


def _damage(cell: str, form: NumberForm | DayForm | None) -> str | None:
    if isinstance(form, NumberForm):
        return damaged_number(cell)
    # Where a mapping states the form of days, digits alone may well be one.
    if isinstance(form, DayForm) and (isinstance(cell, Exact) or not form.stated):
        return damaged_day(cell)
    return damage(cell)

"""A table in a file: comma, semicolon or tab, with or without BOM, each fault with its line and column."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.errors import Invalid

_MAX_CELL = 200

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
    """This function will take a file apart. Columns are found by the names in the first line, in any order.

    `columns` says which names each field may have, `suffices` whether the fields found will do, and `names` what a
    person is told if not.

    :raises Invalid: if the whole file can't be used: not text, no usable header, more than `most` rows.
    """
    records = _records(_text(content))
    header_line, header = next(((line, cells) for line, cells in records if _says_something(cells)), (1, []))
    places = _places(header_line, header, columns)
    if not suffices(set(places)):
        raise Invalid("bad-header", f"line {header_line}: the first line must name the columns {names}")
    lines: list[Line] = []
    refusals: list[Refusal] = []
    blank = 0
    for number, cells in records:
        if not _says_something(cells):
            blank += 1
            continue
        if len(lines) + len(refusals) >= most:
            raise Invalid("too-many-rows", f"the file has more than {most} rows; split it")
        if len(cells) != len(header) or any(len(cell) > _MAX_CELL for cell in cells):
            reason = f"expected {len(header)} cells of at most {_MAX_CELL} characters, found {len(cells)}"
            refusals.append(Refusal(number, "", "wrong-columns", reason))
        else:
            lines.append(Line(number, {field: cells[at].strip() for field, at in places.items()}))
    titles = {field: header[at] for field, at in places.items()}
    return Table(titles, tuple(lines), tuple(refusals), blank)


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


def _places(line: int, header: list[str], columns: Columns) -> dict[str, int]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in header]
    places: dict[str, int] = {}
    for field, known in columns.items():
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) > 1:
            raise Invalid(
                "bad-header", f"line {line}: the columns {', '.join(header[at] for at in found)} mean the same"
            )
        if found:
            places[field] = found[0]
    return places

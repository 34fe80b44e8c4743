"""The first sheet of an Excel workbook (.xlsx), row by row, within limits."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.files.domain.cells import Exact
from chalicelib.kernel.errors import Invalid

# A workbook of 50 000 rows and twelve columns takes about 20 MB unzipped. No more is unzipped than is declared here.
_MAX_UNZIPPED = 30_000_000
_MAX_PARTS = 200
_MAX_COLUMNS = 100
# The library builds a tree of each row and each text: none may be as long as the sheet. The head of a sheet, and what
# comes after its rows, are as short.
_MAX_PIECE = 1_000_000
_MAX_TEXTS = 300_000
_PIECE = re.compile(rb"<(?:\w+:)?row\b|<(?:\w+:)?(si)\b|</(?:\w+:)?sheetData>")
_TOO_LARGE = "this workbook is too large: leave only the table in it, or save it as CSV (UTF-8)"


def is_workbook(content: bytes) -> bool:
    """Return whether a file is a zip archive, as workbooks are."""
    return content[:4] == b"PK\x03\x04"


def workbook_rows(content: bytes, *, most: int) -> Iterator[list[str]]:
    """Yield the cells of each row of the first visible sheet as text, from the first row on.

    Numbers and days are `Exact`. Of a formula, the value is taken that the spreadsheet saved with it.

    :raises Invalid: if it is not a workbook, too large, or has more than `most` rows.
    """
    try:
        _check_size(content, most)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the library leaves out: pictures, printing, conditions
            yield from _rows(content, most)
    except Invalid:
        raise
    except Exception:  # noqa: BLE001 - a damaged archive makes the library raise whatever it stumbles over
        raise Invalid(
            "bad-workbook", "this workbook can't be read: save it again as .xlsx, or as CSV (UTF-8)"
        ) from None


def _rows(content: bytes, most: int) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - only imports read workbooks, and it takes long to load

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    sheet.reset_dimensions()  # a file may declare others than it has
    last, shown, given = None, list[str](), False
    for at, row in enumerate(sheet.iter_rows(max_row=most + 1, max_col=_MAX_COLUMNS), 1):
        if at > most:
            raise Invalid("too-many-rows", f"the file has more than {most} lines; take the empty ones out, or split it")
        if row is not last:  # the library repeats one row for all that are missing before a far one
            last, shown = row, [_shown(cell) for cell in row]
            given = any(shown)
        yield [*shown] if given else []


def _check_size(content: bytes, most: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNZIPPED:
            raise Invalid("too-large-workbook", _TOO_LARGE)
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                _check_part(archive.read(part), most)


def _check_part(xml: bytes, most: int) -> None:
    rows = texts = last = 0
    for found in _PIECE.finditer(xml):
        if found.start() - last > _MAX_PIECE:
            raise Invalid("too-large-workbook", _TOO_LARGE)
        last = found.start()
        texts += found[1] is not None
        rows += found[1] is None
    if len(xml) - last > _MAX_PIECE or texts > _MAX_TEXTS:
        raise Invalid("too-large-workbook", _TOO_LARGE)
    if rows > most:
        raise Invalid("too-many-rows", f"the file has more than {most} lines; take the empty ones out, or split it")


def _shown(cell: Any) -> str:  # noqa: ANN401 - one of the library's kinds of cells
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "n":
        # A spreadsheet computes with fifteen digits; more of them are the noise of its binary fractions.
        return Exact(str(value) if isinstance(value, int) else format(value, ".15g"))
    if isinstance(value, datetime):
        return Exact(value.date().isoformat())
    return str(value).strip()

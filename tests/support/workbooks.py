"""Workbooks as people's spreadsheets save them, and as nobody's does."""

import io
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Return an .xlsx file with these rows on its first sheet, and another sheet that nobody asked for."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    book.create_sheet("Notes").append(["meter_number", "reading"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_sheet(content: bytes, xml: str) -> bytes:
    """Return a workbook whose first sheet is this XML."""
    return with_part(content, "xl/worksheets/sheet1.xml", xml.encode())


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """Return a workbook with one of its parts replaced, or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part))
        new.writestr(name, data)
    return made.getvalue()


def sheet_xml(rows: str) -> str:
    """Return the XML of a sheet with these rows."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'

"""Cells as a file has them, and what a spreadsheet does to them."""

import re
from datetime import date, timedelta


class Exact(str):
    """A number or day that a workbook stores as such: its form is not in doubt."""

    __slots__ = ()


# 1.23E+12: what Excel shows of a long number. It always writes the sign, so that a serial number 7E12 is none of these.
_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?E\+\d{2,3}\Z", re.ASCII | re.IGNORECASE)
_WITH_EXPONENT = re.compile(r"-?\d+(?:[.,]\d+)?E[+-]?\d{1,3}\Z", re.ASCII | re.IGNORECASE)
_ERROR = re.compile(r"#(?:[^\W\d_][\w/]*[!?]|N/A|NV|N/D|#+)\Z")
_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|avr|abr|may|mai|jun|jul|aug|aoû|sep|set|oct|okt|out|nov|dec|dez|déc|dic|ene|ago)"
    r"\w{0,2}\.?"
)
_DAY_LIKE = re.compile(
    r"(?:(?:\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([-/.])\d{1,2}\2\d{1,2})(?:[ T]\d.*)?"
    rf"|\d{{1,2}}[-. /]{{1,2}}{_MONTH}(?:[-. /]{{1,2}}\d{{2,4}})?|{_MONTH}[-. /]{{1,2}}\d{{2,4}})\Z",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"(\d{5,6})(?:[.,]\d+)?\Z", re.ASCII)
# Excel's day 1 is 1900-01-01, and it counts a 29 February 1900 that never was.
_DAY_ZERO = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 32_874, 109_574  # 1990 to 2199


def damage(text: str) -> str | None:
    """Return what a spreadsheet did to a cell of any column, and what to do about it; None if nothing."""
    if "#" not in text and "+" not in text:
        return None
    if _ERROR.match(text):
        return f"the spreadsheet could not compute or show this cell ({text[:20]}): correct it there, and save again"
    return _shortened(text) if _SHORTENED.match(text) else None


def damaged_number(text: str) -> str | None:
    """Return what a spreadsheet did to a cell of a column of numbers; None if nothing."""
    if text.isdigit():
        return None
    if _DAY_LIKE.match(text):
        return (
            f"a spreadsheet turned this number into a date ({text[:20]}): format the column as a number there, enter "
            "the number again, and save again"
        )
    return _shortened(text) if _WITH_EXPONENT.match(text) else damage(text)


def damaged_day(text: str) -> str | None:
    """Return what a spreadsheet did to a cell of a column of days; None if nothing."""
    found = _SERIAL.match(text)
    if found and _FIRST_SERIAL <= int(found[1]) <= _LAST_SERIAL:
        day = _DAY_ZERO + timedelta(days=int(found[1]))
        return (
            f"{text[:20]} is how a spreadsheet counts days ({day}, if it counts from 1900): format the column as a "
            "date there, and save again"
        )
    return damage(text)


def _shortened(text: str) -> str:
    return (
        f"a spreadsheet shortened this number to {text[:40]}, and its last digits may be lost: format the column as "
        "text there, enter the number again, and save again"
    )

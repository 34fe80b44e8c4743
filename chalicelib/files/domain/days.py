"""The form of a column of days: the order of day and month, decided once for the whole column."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from chalicelib.files.domain.cells import Exact
from chalicelib.kernel.errors import Invalid

_TIME = (
    r"(?P<time>[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)?(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}))?\Z"
)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{2})(?P=s)(?P<d>\d{2})" + _TIME, re.ASCII)
_COMPACT = re.compile(r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})\Z", re.ASCII)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})" + _TIME, re.ASCII)
_TAIL = re.compile(r"[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?\Z", re.ASCII)
# The words of a date form, longest first. `mm` after hours are minutes.
_WORD = re.compile(r"yyyy|yy|mmm|mm|dd|hh|ss|am|[-/. :,T]")
_DIRECTIVES = {"yyyy": "%Y", "yy": "%y", "mmm": "%b", "mm": "%m", "dd": "%d", "hh": "%H", "ss": "%S", "am": "%p"}


@dataclass(frozen=True, slots=True)
class DayForm:
    """How a column writes days: `order` of those like 05/11/2025, or the form that a mapping states.

    Without an order, `why` says why they can't be read.
    """

    order: str | None
    why: str = ""
    stated: str | None = None
    swapped: bool = False

    def plain(self, text: str) -> str:
        """Return a day as 2025-11-05. What is no day in any form is returned as it is.

        :raises Invalid: if its meaning depends on what the column does not say, or it has a time zone.
        """
        if isinstance(text, Exact):
            if self.swapped:
                raise Invalid("damaged-cell", f"{text}: {self.why}")
            return text
        if self.stated:
            return _by_form(text, self.stated)
        found = _YEAR_FIRST.match(text) or _COMPACT.match(text)
        if found is None and (found := _YEAR_LAST.match(text)):
            return self._year_last(text, found)
        return _iso(text, found, found["m"], found["d"]) if found else text

    def _year_last(self, text: str, found: re.Match[str]) -> str:
        if len(found["y"]) == 2:
            raise Invalid(
                "ambiguous-date",
                f"{text[:20]!r} has a year of two digits, so day, month and year can't be told apart: write it like "
                "2025-11-05, or name a mapping that states the form, such as dd/mm/yy",
            )
        order = "dm" if found["s"] == "." else self.order
        if order is None and found["a"].zfill(2) != found["b"].zfill(2):
            raise Invalid("ambiguous-date", f"{text[:20]!r}: {self.why}")
        month, day = (found["a"], found["b"]) if order == "md" else (found["b"], found["a"])
        return _iso(text, found, month, day)


def day_form(cells: Iterable[tuple[int, str]], *, stated: str | None = None) -> DayForm:
    """Decide a column's form from all of its cells, each with its line; `stated` is the form that a mapping says.

    13/11/2025 can only be the 13th of November, and so decides for 05/11/2025 in the same column. A date with points
    has the day first.
    """
    if stated:
        return DayForm(None, stated=stated)
    seen: dict[str, tuple[int, str]] = {}
    for line, text in cells:
        if kind := _kind(text):
            seen.setdefault(kind, (line, text))
    decisive = [(order, seen[order]) for order in ("dm", "md") if order in seen]
    if "exact" in seen and decisive:
        return DayForm(
            None,
            f"some days of this column are dates, and others text, such as {_place(decisive[0][1])}: the spreadsheet "
            "may have swapped day and month; write the column in one form",
            swapped=True,
        )
    if first := seen.get("plain") or seen.get("exact"):
        return DayForm(None, f"other days of the column are written like {_place(first)}; write all of them like that")
    if len(decisive) == 1:
        return DayForm(decisive[0][0])
    if decisive:
        both = " and ".join(_place(where) for _, where in decisive)
        return DayForm(None, f"days and months are mixed up in {both}: write the column in one form")
    return DayForm(
        None,
        "no day in the column is above 12, so day and month can't be told apart: write it like 2025-11-05, or name a "
        "mapping that states the form, such as dd/mm/yyyy",
    )


def _kind(text: str) -> str | None:
    """Return what a cell says of its column: an order of day and month, or that it needs none."""
    if isinstance(text, Exact):
        return "exact"
    if _YEAR_FIRST.match(text):
        return "plain"
    found = _YEAR_LAST.match(text)
    if found is None or found["s"] == ".":
        return None
    return "dm" if int(found["a"]) > 12 else "md" if int(found["b"]) > 12 else None


def _place(where: tuple[int, str]) -> str:
    return f"{where[1][:20]} in line {where[0]}"


@cache
def directives(form: str) -> str:
    """Return a date form such as dd/mm/yy hh:mm as the directives of strptime.

    :raises Invalid: if it is not such a form, or lacks day, month or year.
    """
    words = _WORD.findall(form)
    if "".join(words) != form or not form:
        raise Invalid(
            "bad-mapping", f"{form[:40]!r} is no form of a date; write it like dd/mm/yyyy hh:mm", field="dateForm"
        )
    out = [_directive(words, at) for at in range(len(words))]
    days = sorted(each for each in out if each in {"%Y", "%y", "%m", "%b", "%d"})
    if [each[1].lower() for each in days] not in (["y", "d", "m"], ["y", "b", "d"], ["d", "m", "y"], ["b", "d", "y"]):
        raise Invalid(
            "bad-mapping", f"{form[:40]!r} must have day, month and year once each, as in dd/mm/yyyy", field="dateForm"
        )
    return "".join(out)


def _directive(words: list[str], at: int) -> str:
    word = words[at]
    if word == "mm" and "hh" in words[:at]:
        return "%M"
    if word == "hh" and "am" in words:
        return "%I"
    return _DIRECTIVES.get(word, word)


def _by_form(text: str, form: str) -> str:
    said = _TAIL.sub("", text) if "hh" not in form else text
    try:
        if not said.isascii():
            raise ValueError(said)
        return datetime.strptime(said, directives(form)).date().isoformat()  # noqa: DTZ007 - only its day is used
    except ValueError:
        raise Invalid("bad-date", f"{text[:20]!r} is not a day in the form {form}, which the mapping states") from None


def _iso(text: str, found: re.Match[str], month: str, day: str) -> str:
    if found.groupdict().get("zone"):
        raise Invalid(
            "bad-date", f"{text[:40]!r} names a time zone, so it may be another day at the meter: write the local day"
        )
    return f"{found['y']}-{month.zfill(2)}-{day.zfill(2)}"

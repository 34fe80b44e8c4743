"""The form of a column of numbers: which sign is the decimal sign, decided once for the whole column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.files.domain.cells import Exact

DecimalSign = Literal[".", ","]
# Between groups of three digits; French and Swiss spreadsheets write them.
_GROUPING = " \u00a0\u2009\u202f'\u2019"
_SEPARATED = re.compile(rf"-?[0-9][0-9.,{_GROUPING}]*\Z")


def _numeral(decimal: str, grouping: str) -> re.Pattern[str]:
    """Return the form of a number with this decimal sign, with or without groups of three digits."""
    groups = rf"[1-9][0-9]{{0,2}}(?:([{grouping}])[0-9]{{3}})(?:\1[0-9]{{3}})*"
    return re.compile(rf"-?(?:{groups}|[0-9]+)(?:{re.escape(decimal)}[0-9]+)?\Z")


_FORMS: dict[DecimalSign, re.Pattern[str]] = {".": _numeral(".", "," + _GROUPING), ",": _numeral(",", "." + _GROUPING)}


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How a column writes numbers. Without a sign, `why` says why numbers with a point or comma can't be read."""

    sign: DecimalSign | None
    why: str = ""

    def plain(self, text: str) -> str | None:
        """Return a number as 1234.5, or None if its meaning depends on what the column does not say.

        What is no number in any form is returned as it is.
        """
        if isinstance(text, Exact) or not _SEPARATED.match(text) or text.lstrip("-").isdigit():
            return text
        meant = _possible(text)
        if not meant:
            return text
        if self.sign is None:
            # Groups of three with spaces mean the same in both forms.
            both = {_plain(text, sign) for sign in meant}
            return both.pop() if len(meant) == 2 and len(both) == 1 else None
        return _plain(text, self.sign) if self.sign in meant else None


def number_form(cells: Iterable[tuple[int, str]], *, delimiter: str, stated: DecimalSign | None = None) -> NumberForm:
    """Decide a column's form from all of its cells, each with its line; `stated` is what a mapping says.

    1.010,25 or 112,5 or 1.200.000 can be read in one way only, and so decide for 1.234 in the same column. If nothing
    decides: with semicolons, a comma is the decimal sign; in a file with commas or of fixed width, a point is.
    """
    if stated:
        return NumberForm(stated, f"the decimal sign is stated as {stated!r}")
    decisive: dict[DecimalSign, tuple[int, str]] = {}
    open_signs: dict[str, tuple[int, str]] = {}
    for line, text in cells:
        if isinstance(text, Exact) or not _SEPARATED.match(text):
            continue
        meant = _possible(text)
        if len(meant) == 1:
            decisive.setdefault(meant[0], (line, text))
        elif meant and (sign := next((sign for sign in ".," if sign in text), None)):
            open_signs.setdefault(sign, (line, text))
    if len(decisive) == 1:
        (sign,) = decisive
        return NumberForm(sign, f"{_place(decisive[sign])} shows that {_name(sign)} is the decimal sign here")
    if decisive:
        said = " and ".join(f"{_place(decisive[sign])} says {_name(sign)}" for sign in sorted(decisive))
        return NumberForm(None, f"{said}: write the column in one form")
    return _by_delimiter(open_signs, delimiter)


def _by_delimiter(open_signs: dict[str, tuple[int, str]], delimiter: str) -> NumberForm:
    """Decide a column in which every number has three digits after its one sign, such as 1.234."""
    usual: dict[str, DecimalSign] = {";": ",", ",": ".", "": "."}
    sign = usual.get(delimiter)
    if not open_signs or sign in open_signs:
        return NumberForm(sign if open_signs else ".")
    line, text = next(iter(open_signs.values()))
    both = " or ".join(sorted((_plain(text, each) for each in (".", ",")), key=len))
    return NumberForm(
        None,
        f"{_place((line, text))} may mean {both}, and nothing in the column decides: write it without groups, with two "
        "or four decimals, or name a mapping that states the decimal sign",
    )


def _possible(text: str) -> Sequence[DecimalSign]:
    return [sign for sign, form in _FORMS.items() if form.match(text)]


def _plain(text: str, sign: str) -> str:
    return re.sub(rf"[.,{_GROUPING}]", lambda found: "." if found[0] == sign else "", text)


def _name(sign: str) -> str:
    return "the point" if sign == "." else "the comma"


def _place(where: tuple[int, str]) -> str:
    return f"{where[1][:40]} in line {where[0]}"

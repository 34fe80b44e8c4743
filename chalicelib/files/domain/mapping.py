"""Column mappings: how a reader's export names, places and writes our columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, get_args

from chalicelib.files.domain.days import directives
from chalicelib.files.domain.numbers import DecimalSign
from chalicelib.kernel.clock import parse_day
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period

MAX_COLUMNS = 40
MAX_WIDTH = 2_000
MAX_SKIPPED = 100

# Our columns. `register` and `measure` have a code each; `check` is no column of ours, but must say what it `equals`.
Target = Literal[
    "account_number", "meter_number", "reading", "read_on", "reader_code", "period", "register", "measure", "check"
]
_COUNTED: tuple[Target, ...] = ("reading", "register", "measure")
_MAY_BE_CONSTANT: tuple[Target, ...] = ("read_on", "reader_code", "period")
TARGETS: tuple[Target, ...] = get_args(Target)
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One of our columns, and where the file has it: under a title, at a place, from a character on, or a constant.

    Places and characters count from 1. Numbers are multiplied by `factor`: 0.001 for litres. In text of fixed width,
    `record` is what the lines that have the column begin with.
    """

    to: Target
    title: str | None = None
    place: int | None = None
    start: int = 0
    length: int = 0
    constant: str | None = None
    code: str | None = None
    factor: Decimal = Decimal(1)
    equals: str | None = None
    record: str | None = None

    @property
    def field(self) -> str:
        """The name of the column in a table: `reading`, `register:night`; a check has the name of what it checks."""
        if self.to == "check":
            return f"check:{self.title or self.place or self.start}"
        return f"{self.to}:{self.code}" if self.code else self.to

    @property
    def called(self) -> str:
        """What a report calls the column."""
        if self.title is not None:
            return self.title
        if self.constant is not None:
            return f"always {self.constant}"
        return f"column {self.place}" if self.place else f"characters {self.start} to {self.start + self.length - 1}"

    @property
    def kind(self) -> str:
        """How the file has it: by `title`, `place`, `start` (fixed width), or `constant`."""
        kinds = {"title": self.title, "place": self.place, "start": self.start, "constant": self.constant}
        return " and ".join(kind for kind, value in kinds.items() if value) or "nothing"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a kind of file names and writes our columns. Without columns: by our own titles.

    `date_form` is like dd/mm/yy hh:mm. `records` are what lines of fixed width begin with, the highest first: a line
    clears what lower ones said, and the last makes a row. Without a decimal sign, date form or delimiter, the file
    decides.
    """

    id: str = ""
    name: str = ""
    columns: tuple[MappedColumn, ...] = ()
    date_form: str | None = None
    decimal_sign: DecimalSign | None = None
    delimiter: str | None = None
    skip_lines: int = 0
    records: tuple[str, ...] = ()
    built_in: bool = False

    def as_preset(self) -> "ColumnMapping":
        """Return it as one that every project has."""
        return replace(self, built_in=True)

    def facts(self) -> dict[str, object]:
        """Return it for the audit log."""
        return {
            "mapping_name": self.name,
            "columns": ", ".join(f"{column.field} = {column.called}" for column in self.columns),
            "date_form": self.date_form,
            "decimal_sign": self.decimal_sign,
            "delimiter": self.delimiter,
            "skip_lines": self.skip_lines,
            "records": self.records,
        }

    @property
    def placed(self) -> tuple[MappedColumn, ...]:
        """The columns that the file has: all but the constants."""
        return tuple(column for column in self.columns if column.constant is None)

    @property
    def is_fixed(self) -> bool:
        return any(column.start for column in self.columns)

    @property
    def has_titles(self) -> bool:
        """Whether the first line of a file names its columns."""
        return not self.placed or any(column.title for column in self.columns)


OWN = ColumnMapping()


def check_mapping(mapping: ColumnMapping) -> None:
    """Check that a mapping can be used.

    :raises Invalid: naming what to change.
    """
    for at, column in enumerate(mapping.columns):
        if wrong := _wrong_with(column, mapping.records):
            raise _bad(f"{column.to}: {wrong}", field=f"columns.{at}")
    fields = [column.field for column in mapping.columns]
    needed = {"reading", "read_on"} <= {*fields} and {"account_number", "meter_number"} & {*fields}
    faults = {
        f"at most {MAX_COLUMNS} columns": ("columns", len(fields) > MAX_COLUMNS),
        "name all columns in one way: by title, by place, or by start and length": (
            "columns",
            len({column.kind for column in mapping.placed}) > 1,
        ),
        "map each of our columns once": ("columns", len({*fields}) < len(fields)),
        "map reading, read_on, and account_number or meter_number": ("columns", bool(fields) and not needed),
        "only text of fixed width has records": ("records", bool(mapping.records) and not mapping.is_fixed),
        "text of fixed width has no delimiter": ("delimiter", mapping.is_fixed and mapping.delimiter is not None),
        "a comma, semicolon, tab or bar": ("delimiter", mapping.delimiter not in {None, *DELIMITERS}),
    }
    for reason, (field, is_so) in faults.items():
        if is_so:
            raise _bad(reason, field=field)
    if mapping.date_form:
        directives(mapping.date_form)


def _wrong_with(column: MappedColumn, records: Sequence[str]) -> str | None:
    """Return what is wrong with a column, or None."""
    faults = {
        "give one of title, place, start with length, or constant": column.kind
        not in {"title", "place", "start", "constant"},
        f"a column of fixed width has a length of 1 to {MAX_WIDTH} characters": column.kind == "start"
        and not 1 <= column.length <= MAX_WIDTH,
        "registers and measures have a code, and nothing else has one": bool(column.code)
        != (column.to in {"register", "measure"}),
        "a check says what the column equals, and nothing else does": bool(column.equals) != (column.to == "check"),
        "only readings, registers and measures have a factor": column.factor != 1 and column.to not in _COUNTED,
        "a factor is above zero": column.factor <= 0,
        "where there are records, each column names one of them, and else none does": column.constant is None
        and bool(column.record) != bool(records),
        f"{column.record} is none of the records": column.record is not None and column.record not in records,
    }
    wrong = next((reason for reason, is_so in faults.items() if is_so), None)
    return wrong or (_wrong_constant(column) if column.constant is not None else None)


def _wrong_constant(column: MappedColumn) -> str | None:
    if column.to not in _MAY_BE_CONSTANT:
        return f"only {', '.join(_MAY_BE_CONSTANT)} can be constant"
    try:
        if column.to == "read_on":
            parse_day(str(column.constant))
        elif column.to == "period":
            Period.parse(str(column.constant))
    except Invalid as error:
        return str(error)
    return None


def _bad(reason: str, *, field: str) -> Invalid:
    return Invalid("bad-mapping", reason, field=field)

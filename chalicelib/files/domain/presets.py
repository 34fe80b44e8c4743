"""Column mappings of common readers, built in. docs/files.md says which of their facts are guesses."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from chalicelib.files.domain.mapping import ColumnMapping, MappedColumn

_LITRES = Decimal("0.001")
_SPREADSHEETS = (
    ColumnMapping("european", "Our columns, decimal comma, day first", date_form="dd/mm/yyyy", decimal_sign=","),
    ColumnMapping("british", "Our columns, decimal point, day first", date_form="dd/mm/yyyy", decimal_sign="."),
    ColumnMapping("american", "Our columns, decimal point, month first", date_form="mm/dd/yyyy", decimal_sign="."),
)
_SENSUS = ColumnMapping(
    "sensus",
    "Sensus: export with titles, litres",
    columns=(
        MappedColumn("meter_number", title="METER_ADDRESS"),
        MappedColumn("read_on", title="READING_DATE"),
        MappedColumn("reading", title="READING_VALUE_L", factor=_LITRES),
    ),
    date_form="dd/mm/yy hh:mm",
    decimal_sign=".",
)
# Premises, meter, its order and its readings, each on a line of its own.
_NEPTUNE = ColumnMapping(
    "neptune",
    "Neptune: N_SIGHT export, fixed width",
    columns=(
        MappedColumn("account_number", record="PRMDT", start=104, length=20),
        MappedColumn("meter_number", record="MTRDT", start=38, length=20),
        MappedColumn("read_on", record="ORDST", start=6, length=8),
        MappedColumn("reading", record="RDGDT", start=89, length=10),
    ),
    date_form="yyyymmdd",
    decimal_sign=".",
    records=("PRMDT", "MTRDT", "ORDST", "RDGDT"),
)
_RADIX = ColumnMapping(
    "radix",
    "Radix: handheld export, 36 characters a line",
    columns=(
        MappedColumn("account_number", start=7, length=6),
        MappedColumn("reading", start=14, length=7),
        MappedColumn("read_on", start=21, length=6),
        MappedColumn("meter_number", start=27, length=10),
    ),
    date_form="mmddyy",
    decimal_sign=".",
)
_ITRON = ColumnMapping(
    "itron",
    "Itron: export with titles",
    columns=(
        MappedColumn("meter_number", title="METER NUMBER"),
        MappedColumn("reading", title="READING"),
        MappedColumn("read_on", title="READ DATE"),
        MappedColumn("reader_code", title="READ CODE"),
    ),
    date_form="mm/dd/yyyy",
    decimal_sign=".",
)
_CMEP = ColumnMapping(
    "cmep",
    "CMEP: one register reading in kWh a line (MEPMD01, KWHREG)",
    columns=(
        MappedColumn("check", place=1, equals="MEPMD01"),
        MappedColumn("meter_number", place=8),
        MappedColumn("check", place=11, equals="KWHREG"),
        MappedColumn("check", place=14, equals="1"),
        MappedColumn("read_on", place=15),
        MappedColumn("reading", place=17),
    ),
    date_form="yyyymmddhhmm",
    decimal_sign=".",
    delimiter=",",
)


def _by_id(mappings: Iterable[ColumnMapping]) -> Mapping[str, ColumnMapping]:
    return {mapping.id: mapping.as_preset() for mapping in mappings}


PRESETS = _by_id((*_SPREADSHEETS, _SENSUS, _NEPTUNE, _RADIX, _ITRON, _CMEP))

"""Column mappings: exports as readers write them, understood as they are meant."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.files.domain.mapping import ColumnMapping, MappedColumn, check_mapping
from chalicelib.files.domain.presets import PRESETS
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.table_file import TableFile, parse
from tests.support.workbooks import workbook


def _read(text: str, mapping: ColumnMapping) -> list[tuple[str | None, str | None, str, str]]:
    file = parse(text.encode(), mapping)
    assert file.refusals == ()
    return [(row.account, row.meter, plain(row.value), str(row.read_on)) for row in file.rows]


def _refused(file: TableFile) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.code) for one in file.refusals]


_SENSUS = "METER_ADDRESS,READING_DATE,READING_VALUE_L\n1234-abc-0000,17/03/23 12:00,12345\n"


def test_b36_a_sensus_export_as_it_comes() -> None:
    assert _read(_SENSUS, PRESETS["sensus"]) == [(None, "1234-abc-0000", "12.345", "2023-03-17")]


def test_a_neptune_export_has_its_facts_on_lines_of_several_kinds() -> None:
    def line(record: str, *parts: tuple[int, str]) -> str:
        text = record
        for start, said in parts:
            text = text.ljust(start - 1) + said
        return text + "\n"

    text = (
        line("COMHD", (6, "0001"))
        + line("PRMDT", (104, "A1"))
        + line("MTRDT", (38, "SM-1"))
        + line("ORDST", (6, "20251105"))
        + line("RDGDT", (89, "0000001234"))
        + line("PRMDT", (104, "A2"))
        + line("MTRDT", (38, "SM-2"))
        + line("RDGDT", (89, "0000000007"))
    )
    file = parse(text.encode(), PRESETS["neptune"])
    (row,) = file.rows
    assert (row.line, row.account, row.meter, plain(row.value), str(row.read_on)) == (
        5,
        "A1",
        "SM-1",
        "1234",
        "2025-11-05",
    )
    # The second meter's line has no order, and the first one's day is not its day.
    assert _refused(file) == [(8, "characters 6 to 13", "missing")]


def test_a_radix_export_has_36_characters_a_line() -> None:
    text = "   001" + "000101" + " " + "0001234" + "110525" + "SM-1".ljust(10) + "\n"
    assert _read(text, PRESETS["radix"]) == [("000101", "SM-1", "1234", "2025-11-05")]


def test_a_cmep_line_of_interval_data_is_no_reading() -> None:
    line = "MEPMD01,19970819,UTIL,,,,202511060000,{0},OK,E,{1},1,,{2},202511050000,R,12345.5\n"
    assert _read(line.format("M1", "KWHREG", 1), PRESETS["cmep"]) == [(None, "M1", "12345.5", "2025-11-05")]
    assert _refused(parse(line.format("M1", "KWH", 96).encode(), PRESETS["cmep"])) == [(1, "column 11", "other-kind")]


@pytest.mark.parametrize(
    ("preset", "number", "day", "read"),
    [
        ("european", "1.234", "05/11/2025", ("1234", "2025-11-05")),
        ("british", '"1,234"', "05/11/2025", ("1234", "2025-11-05")),
        ("american", "1.234", "11/05/2025", ("1.234", "2025-11-05")),
    ],
)
def test_a_mapping_states_what_the_file_does_not_say(preset: str, number: str, day: str, read: tuple[str, str]) -> None:
    text = f"account,reading,date\nA1,{number},{day}\n"
    assert _read(text, PRESETS[preset]) == [("A1", None, *read)]


_WIDE = ColumnMapping(
    "wide",
    "Two registers",
    columns=(
        MappedColumn("account_number", title="Customer"),
        MappedColumn("reading", title="T1", factor=Decimal("0.001")),
        MappedColumn("register", title="T2", code="night", factor=Decimal("0.001")),
        MappedColumn("measure", title="Pmax", code="peakKw"),
        MappedColumn("read_on", constant="2025-11-05"),
        MappedColumn("period", constant="2025-10"),
    ),
    decimal_sign=",",
    delimiter="|",
    skip_lines=2,
)


def test_registers_measures_constants_a_delimiter_and_lines_to_skip() -> None:
    text = "Exported by nobody\n\nCustomer|T1|T2|Pmax\nA1|112500|40125|7,25\n"
    (row,) = parse(text.encode(), _WIDE).rows
    assert (row.line, row.account, plain(row.value), str(row.read_on), str(row.period)) == (
        4, "A1", "112.5", "2025-11-05", "2025-10",
    )  # fmt: skip
    assert (row.registers, row.measures) == ({"night": Decimal("40.125")}, {"peakKw": Decimal("7.25")})


def test_a_workbook_is_read_by_a_mapping_too() -> None:
    content = workbook([("x",), (), ("Customer", "T1", "T2", "Pmax"), ("A1", 112500, 40125, 7.25)])
    (row,) = parse(content, _WIDE).rows
    assert (row.account, plain(row.value), row.registers) == ("A1", "112.5", {"night": Decimal("40.125")})


def test_a_column_that_the_file_lacks_refuses_it() -> None:
    with pytest.raises(Invalid, match="the mapping's column READING_VALUE_L is not there") as refusal:
        parse(b"METER_ADDRESS,READING_DATE\nx,y\n", PRESETS["sensus"])
    assert refusal.value.code == "bad-header"


def test_a_factor_that_leaves_too_many_decimals_is_refused() -> None:
    file = parse(_SENSUS.replace("12345", "12345.6789").encode(), PRESETS["sensus"])
    assert _refused(file) == [(2, "READING_VALUE_L", "bad-number")]


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("dd/mm/yy hh:mm", "17/03/23 12:00", "2023-03-17"),
        ("dd/mm/yy", "17/03/23 12:00", "2023-03-17"),
        ("mm/dd/yyyy hh:mm:ss am", "11/05/2025 01:30:00 PM", "2025-11-05"),
        ("dd-mmm-yyyy", "05-Nov-2025", "2025-11-05"),
        ("yyyymmdd", "20251105", "2025-11-05"),
        ("mmddyy", "110525", "2025-11-05"),
    ],
)
def test_forms_of_dates(form: str, text: str, day: str) -> None:
    mapping = ColumnMapping("x", "x", date_form=form)
    assert _read(f"account,reading,date\nA1,7,{text}\n", mapping) == [("A1", None, "7", day)]
    assert _refused(parse(b"account,reading,date\nA1,7,nothing\n", mapping)) == [(2, "date", "bad-date")]


@pytest.mark.parametrize("mapping", PRESETS.values(), ids=PRESETS)
def test_every_preset_can_be_used(mapping: ColumnMapping) -> None:
    check_mapping(mapping)
    assert mapping.built_in
    assert mapping.id == next(name for name, one in PRESETS.items() if one is mapping)


_READING, _DAY, _METER = (
    MappedColumn("reading", title="R"),
    MappedColumn("read_on", title="D"),
    MappedColumn("meter_number", title="M"),
)


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        (ColumnMapping("x", "x", columns=(_READING, _DAY)), "columns"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, _METER, _METER)), "columns"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, replace(_METER, title=None, place=1))), "columns"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, replace(_METER, place=1))), "columns.2"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, replace(_METER, title=None))), "columns.2"),
        (ColumnMapping("x", "x", columns=(replace(_READING, factor=Decimal(0)), _DAY, _METER)), "columns.0"),
        (ColumnMapping("x", "x", columns=(_READING, replace(_DAY, factor=Decimal(2)), _METER)), "columns.1"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, _METER, MappedColumn("register", title="N"))), "columns.3"),
        (ColumnMapping("x", "x", columns=(_READING, _DAY, _METER, MappedColumn("check", title="N"))), "columns.3"),
        (ColumnMapping("x", "x", columns=(_READING, MappedColumn("read_on", constant="today"), _METER)), "columns.1"),
        (ColumnMapping("x", "x", records=("A",)), "records"),
        (ColumnMapping("x", "x", date_form="dd/mm"), "dateForm"),
        (ColumnMapping("x", "x", date_form="day"), "dateForm"),
        (ColumnMapping("x", "x", delimiter="x"), "delimiter"),
    ],
)  # fmt: skip
def test_a_mapping_that_can_not_be_used_is_refused_by_its_field(mapping: ColumnMapping, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_mapping(mapping)
    assert (refusal.value.code, refusal.value.faults[0].field) == ("bad-mapping", field)


@given(st.sampled_from(sorted(PRESETS)), st.text(alphabet='0123456789.,/: \nMEPDT01RDGORS|\t"', max_size=200))
def test_law_no_text_brings_anything_but_rows_or_a_refusal_by_any_preset(preset: str, text: str) -> None:
    try:
        file = parse(text.encode(), PRESETS[preset])
    except Invalid as refusal:
        assert refusal.code  # noqa: PT017 - either is right
        return
    lines = [row.line for row in file.rows] + [one.line for one in file.refusals]
    assert len(lines) == len(set(lines))

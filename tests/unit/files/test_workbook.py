"""Readings in a workbook: its numbers and days as they are, and no more of it than a table of readings needs."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.table_file import TableFile, parse
from tests.support.workbooks import sheet_xml, with_part, with_sheet, workbook

_HEADER = ("account_number", "reading", "read_on")


def _sheet(*rows: tuple[object, ...]) -> TableFile:
    return parse(workbook([_HEADER, *rows]))


def _damaged(file: TableFile) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.code) for one in file.refusals]


def test_numbers_and_days_are_read_as_the_spreadsheet_has_them() -> None:
    file = _sheet(
        (101, 112, date(2025, 11, 5)),
        ("A2", 12.375, datetime(2025, 11, 6, 12, 30)),  # noqa: DTZ001 - a spreadsheet has no zones
        ("A3", 0.1 + 0.2, "2025-11-07"),
        ("A4", "1010.25", date(2025, 11, 8)),
    )
    read = [(row.account, plain(row.value), str(row.read_on)) for row in file.rows]
    assert read == [
        ("101", "112", "2025-11-05"),
        ("A2", "12.375", "2025-11-06"),
        ("A3", "0.3", "2025-11-07"),
        ("A4", "1010.25", "2025-11-08"),
    ]
    assert file.refusals == ()


def test_a_number_with_three_decimals_is_in_no_doubt_in_a_workbook() -> None:
    assert [plain(row.value) for row in _sheet(("A1", 1.234, date(2025, 11, 5))).rows] == ["1.234"]


def test_empty_rows_are_counted_and_lines_are_the_sheets_rows() -> None:
    file = _sheet((), ("A1", "x", date(2025, 11, 5)), ("A2", 7, date(2025, 11, 5)))
    assert (file.blank, [row.line for row in file.rows], _damaged(file)) == (1, [4], [(3, "reading", "bad-number")])


def test_what_the_spreadsheet_damaged_is_refused_as_that() -> None:
    file = _sheet(
        ("A1", "#REF!", date(2025, 11, 5)),
        ("A2", date(2025, 11, 5), date(2025, 11, 5)),
        ("A3", 7, 45966),
        (1234567890123456789, 7, date(2025, 11, 5)),
    )
    assert file.rows == ()
    assert _damaged(file) == [
        (2, "reading", "damaged-cell"),
        (3, "reading", "damaged-cell"),
        (4, "read_on", "damaged-cell"),
        (5, "account_number", "damaged-cell"),
    ]


def test_days_of_which_a_spreadsheet_read_only_some_are_all_refused() -> None:
    file = _sheet(("A1", 7, date(2025, 5, 11)), ("A2", 7, "13/11/2025"))
    assert file.rows == ()
    assert _damaged(file) == [(2, "read_on", "damaged-cell"), (3, "read_on", "ambiguous-date")]


def test_a_formula_counts_by_the_value_that_was_saved_with_it() -> None:
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>A{0}</t></is></c><c r="B{0}"><f>1+1</f>{1}</c>{2}</row>'
    day = '<c r="C{0}" t="inlineStr"><is><t>2025-11-05</t></is></c>'
    head = "".join(
        f'<c r="{at}1" t="inlineStr"><is><t>{name}</t></is></c>' for at, name in zip("ABC", _HEADER, strict=True)
    )
    rows = [cell.format(at, value, day.format(at)) for at, value in ((2, "<v>2</v>"), (3, ""))]
    file = parse(with_sheet(workbook([]), sheet_xml(f'<row r="1">{head}</row>' + "".join(rows))))
    assert [(row.account, plain(row.value)) for row in file.rows] == [("A2", "2")]
    assert _damaged(file) == [(3, "reading", "missing")]


def test_what_is_noted_beside_the_table_of_a_workbook_is_no_fault() -> None:
    file = parse(workbook([_HEADER, ("A1", 7, date(2025, 11, 5), "note"), (), ("A2", 8, date(2025, 11, 5), None, "x")]))
    assert ([row.account for row in file.rows], file.refusals, file.blank) == (["A1", "A2"], (), 1)


def test_only_the_first_visible_sheet_is_read() -> None:
    with pytest.raises(Invalid) as refusal:
        parse(workbook([("Readings of November",)]))
    assert refusal.value.code == "bad-header"


_WIDE = '<row r="1">' + '<c r="A1"><v>1</v></c>' * 60_000 + "</row>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (with_sheet(workbook([]), sheet_xml(_WIDE)), "too-large-workbook"),
        (with_sheet(workbook([]), sheet_xml("<row/>" * 500_001)), "too-many-rows"),
        (with_sheet(workbook([]), sheet_xml('<row r="900000"/>')), "too-many-rows"),
        (with_part(workbook([]), "xl/media/bomb.bin", bytes(30_000_001)), "too-large-workbook"),
        (with_part(workbook([]), "xl/styles.xml", b"<a>" * 400_000), "too-large-workbook"),
        (
            with_sheet(workbook([]), '<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_xml("<row><c><v>&b;</v></c></row>")),
            "bad-workbook",
        ),
        (with_sheet(workbook([]), "<worksheet>"), "bad-workbook"),
        (with_part(workbook([]), "xl/workbook.xml", b"nothing"), "bad-workbook"),
        (workbook([_HEADER])[:1000], "bad-workbook"),
        (b"PK\x03\x04", "bad-workbook"),
    ],
    ids=["row", "rows", "far", "unzipped", "styles", "entities", "sheet", "book", "cut", "none"],
)
def test_a_workbook_that_can_not_be_used_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(content)
    assert refusal.value.code == code


_FINE = workbook([_HEADER, ("A1", 7, date(2025, 11, 5))])


@given(st.integers(0, len(_FINE) - 1), st.binary(min_size=1, max_size=4))
def test_law_a_damaged_workbook_brings_rows_or_a_refusal(at: int, junk: bytes) -> None:
    try:
        parse(_FINE[:at] + junk + _FINE[at + len(junk) :])
    except Invalid as refusal:
        assert refusal.code  # noqa: PT017 - either is right

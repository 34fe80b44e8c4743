"""A file of readings as people's tools really write it: every fault has its line, and no bytes make the reader fall."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.readings.domain import table_file
from chalicelib.readings.domain.table_file import MAX_ROWS, Row, TableFile, parse

_HEADER = "meter_number,reading,read_on\n"
_GOOD = "SM-1,150,2025-11-05\n"
_ROW = Row(2, None, "SM-1", Decimal(150), date(2025, 11, 5))


def _parse(text: str) -> TableFile:
    return parse(text.encode())


@pytest.mark.covers("S1-095")
@pytest.mark.parametrize(
    "content",
    [
        (_HEADER + _GOOD).encode(),
        (_HEADER + _GOOD).encode("utf-8-sig"),
        (_HEADER + _GOOD).encode("utf-16"),
        b"\xfe\xff" + (_HEADER + _GOOD).encode("utf-16-be"),
        (_HEADER + _GOOD).replace(",", ";").encode(),
        (_HEADER + _GOOD).replace(",", "\t").encode(),
        (_HEADER + _GOOD).replace("\n", "\r\n").encode(),
        (_HEADER + _GOOD).replace("\n", "\r").encode(),
        (_HEADER + _GOOD).rstrip().encode(),
        b'"Meter Number","READING", Read On \n"SM-1"," 150 ",2025-11-05\n',
    ],
    ids=["plain", "bom", "utf-16-le", "utf-16-be", "semicolons", "tabs", "crlf", "cr", "no-last-line-end", "quoted"],
)
def test_the_same_table_is_read_however_a_tool_wrote_it(content: bytes) -> None:
    found = parse(content)
    assert (found.rows, found.refusals, found.blank) == ((_ROW,), (), 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad-header"),
        (b"\n\n\n", "bad-header"),
        (b"\xef\xbb\xbf", "bad-header"),
        (_GOOD.encode(), "bad-header"),  # no header at all
        (b"meter_number,read_on\n", "bad-header"),
        (b"reading,read_on\n", "bad-header"),
        (b"meter_number,meter,reading,read_on\n", "bad-header"),
        (b"meter_number,reading,reading,read_on\n", "bad-header"),
        ((_HEADER + "Pe\u00f1a,1,2025-11-05\n").encode("latin-1"), "not-text"),
        ((_HEADER + _GOOD).encode("utf-16-le"), "not-text"),  # without a mark: every other byte is zero
        ((_HEADER + _GOOD).encode("utf-32"), "not-text"),
        ((_HEADER + "SM-1,1\0,2025-11-05\n").encode(), "not-text"),
        (b"\xff\xfe\x00\xd8", "not-text"),  # half a character
        (b"PK\x03\x04" + bytes(100), "bad-workbook"),
        (b"9" * 10_000_000, "bad-header"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(content)
    assert refusal.value.code == code


def test_a_header_may_come_after_empty_lines_and_hold_columns_that_nobody_asked_for() -> None:
    found = _parse("\n  \n;;;\nunit;note;reading;date\n101;dog bites;1785;2025-08-01\n")
    assert found.rows == (Row(5, "101", None, Decimal(1785), date(2025, 8, 1)),)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("SM-1,1e9,2025-11-05", "reading", "damaged-cell"),
        ("SM-1,１２,2025-11-05", "reading", "bad-number"),
        ("SM-1,NaN,2025-11-05", "reading", "bad-number"),
        ("SM-1,Infinity,2025-11-05", "reading", "bad-number"),
        ('SM-1,"1,200",2025-11-05', "reading", "ambiguous-number"),
        ("SM-1,1.20.000,2025-11-05", "reading", "bad-number"),
        ("SM-1,1 20,2025-11-05", "reading", "bad-number"),
        ("SM-1,-1,2025-11-05", "reading", "bad-number"),
        ("SM-1,,2025-11-05", "reading", "missing"),
        ("SM-1,=1+1,2025-11-05", "reading", "bad-number"),
        ("SM-1,1234567890123,2025-11-05", "reading", "bad-number"),
        ("SM-1,150,05/11/2025", "read_on", "ambiguous-date"),
        ("SM-1,150,11-05-2025", "read_on", "ambiguous-date"),
        ("SM-1,150,2025-11-5", "read_on", "bad-date"),
        ("SM-1,150,2025-W45-3", "read_on", "bad-date"),
        ("SM-1,150,2025-02-30", "read_on", "bad-date"),
        ("SM-1,150,45966", "read_on", "damaged-cell"),
        ("SM-1,150,", "read_on", "missing"),
        (",150,2025-11-05", "meter_number", "missing"),
        ("SM-1,150", "read_on", "missing"),
        ("SM-1,150,2025-11-05,x,y", "", "wrong-columns"),
        ("S" * 201 + ",150,2025-11-05", "", "wrong-columns"),
        ("9" * 1_000_000 + ",150,2025-11-05", "", "wrong-columns"),  # more than the CSV module takes for a cell
        ('"SM-1,150,2025-11-05', "", "not-csv"),
        ('SM-1,"150,2025-11-05', "", "not-csv"),
        ('SM-1,150,"2025-11-05', "", "not-csv"),
    ],
)
def test_a_bad_line_is_refused_with_its_column_and_its_neighbours_are_kept(line: str, column: str, code: str) -> None:
    found = _parse(_HEADER + _GOOD + line + "\n" + _GOOD)
    assert [(refusal.line, refusal.column, refusal.code) for refusal in found.refusals] == [(3, column, code)]
    assert [row.line for row in found.rows] == [2, 4]
    assert found.refusals[0].reason


def test_quotation_marks_that_were_left_open_cost_their_own_lines_and_no_others() -> None:
    stray = 'SM-1,150,"2025-11-05\n'
    found = _parse(_HEADER + stray + _GOOD * 50 + stray + stray + _GOOD)
    assert [(refusal.line, refusal.code) for refusal in found.refusals] == [(line, "not-csv") for line in (2, 53, 54)]
    assert [row.line for row in found.rows] == [*range(3, 53), 55]


def test_names_of_columns_may_be_written_with_any_spaces() -> None:
    found = _parse("METER\u00a0Number,  reading ,read  on\nSM-1,150,2025-11-05\nSM-1,x,2025-11-05\n")
    assert found.rows == (_ROW,)
    assert found.refusals[0].column == "reading"


def test_minus_nothing_is_a_reading_of_nothing() -> None:
    assert str(_parse(_HEADER + "SM-1,-0,2025-11-05\n").rows[0].value) == "0"


def test_lines_are_counted_as_an_editor_shows_them_also_after_a_quoted_line_break() -> None:
    text = 'meter_number,note,reading,read_on\nSM-1,"two\nlines",1,2025-11-05\n\nSM-2,,x,2025-11-05\n'
    found = _parse(text)
    assert [row.line for row in found.rows] == [2]
    assert [refusal.line for refusal in found.refusals] == [5]
    assert found.blank == 1


def test_empty_lines_are_counted_and_are_no_rows() -> None:
    found = _parse(_HEADER + "\n,,\n  ,  ,  \n" + _GOOD + "\n")
    assert (len(found.rows), len(found.refusals), found.blank) == (1, 0, 4)
    assert found.rows[0].line == 5


def test_a_row_more_than_a_file_may_have_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "MAX_ROWS", 3)
    assert len(_parse(_HEADER + _GOOD * 3).rows) == 3
    with pytest.raises(Invalid, match="more than 3 rows; split it"):
        _parse(_HEADER + _GOOD * 2 + "bad\n" * 2)
    assert MAX_ROWS == 50_000


def test_both_numbers_are_read_where_a_file_has_both() -> None:
    found = _parse("account_number,meter_number,reading,read_on\n101,SM-1,1,2025-11-05\n,SM-1,1,2025-11-05\n")
    assert [(row.account, row.meter) for row in found.rows] == [(None, "SM-1"), ("101", "SM-1")]


_CELLS = st.text(alphabet=st.sampled_from("SM-1,;\t\"'\r\n\0 0123456789.eE+=２é\u2028\ufeff"), max_size=30)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=200), _CELLS.map(lambda text: (_HEADER + text).encode())))
@example(b"\xff\xfe")
@example(b"\xfe\xff\xd8\x00")
@example(b'"')
@example((_HEADER + '"x\n').encode())
def test_no_bytes_bring_anything_but_rows_or_a_refusal(content: bytes) -> None:
    try:
        found = parse(content)
    except Invalid:
        return
    lines = [row.line for row in found.rows] + [refusal.line for refusal in found.refusals]
    assert len(lines) == len(set(lines))
    assert all(row.value >= 0 for row in found.rows)


def test_rows_of_one_meter_and_day_contradict_each_other_also_by_a_further_register() -> None:
    header = "meter_number,reading,read_on,register_night\n"
    file = _parse(header + "A,10,2025-11-05,3\nB,10,2025-11-05,3\nA,10,2025-11-05,4\nB,10,2025-11-05,3\n")
    assert [row.line for row in file.rows] == [3, 5]
    assert [(one.line, one.code) for one in file.refusals] == [(2, "contradicting-rows"), (4, "contradicting-rows")]
    assert "10, night 3 in line 2; 10, night 4 in line 4" in file.refusals[0].reason

"""K9: the form of a column is decided once for the whole column; what is unclear or damaged is refused by its line."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.files.domain.record import Refusal
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.table_file import TableFile, parse


def _semicolons(*values: str) -> TableFile:
    rows = (f"A{number};{value};2025-11-05\n" for number, value in enumerate(values, 1))
    return parse(("account_number;reading;read_on\n" + "".join(rows)).encode())


def _commas(*values: str) -> TableFile:
    rows = (f'A{number},"{value}",2025-11-05\n' for number, value in enumerate(values, 1))
    return parse(("account_number,reading,read_on\n" + "".join(rows)).encode())


def _days(*values: str, delimiter: str = ",") -> TableFile:
    rows = (f"A{number},112,{value}\n" for number, value in enumerate(values, 1))
    text = "account_number,reading,read_on\n" + "".join(rows)
    return parse(text.replace(",", delimiter).encode())


def _values(file: TableFile) -> list[str]:
    return [plain(row.value) for row in file.rows]


def _read(file: TableFile) -> list[str]:
    return [str(row.read_on) for row in file.rows]


def _refused(file: TableFile) -> list[tuple[int, str]]:
    return sorted((refusal.line, refusal.code) for refusal in file.refusals)


def _only(file: TableFile) -> Refusal:
    (refusal,) = file.refusals
    assert file.rows == ()
    return refusal


def test_b34_another_row_of_the_column_says_what_a_point_means() -> None:
    file = _semicolons("1.234", "1.010,25")
    assert (_values(file), file.refusals) == (["1234", "1010.25"], ())


def test_b37_with_semicolons_a_comma_is_the_decimal_sign() -> None:
    assert _values(_semicolons("112,5")) == ["112.5"]
    assert _values(_semicolons("1,234")) == ["1.234"]


def test_b35_missing_and_surplus_last_cells_are_empty() -> None:
    rows = "A1,112,2025-11-05,\nA2,1010,2025-11-05\nA3,7,2025-11-05,,,\n"
    file = parse(f"account_number,reading,read_on,note\n{rows}".encode())
    assert (_values(file), file.refusals) == (["112", "1010", "7"], ())


def test_a_surplus_cell_that_says_something_refuses_its_line() -> None:
    file = parse(b"account_number,reading,read_on\nA1,1,234,2025-11-05\nA2,7,2025-11-05\n")
    assert (_values(file), _refused(file)) == (["7"], [(2, "wrong-columns")])


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1.200.000", "1.234"], ["1200000", "1234"]),
        (["1.234", "1234,5"], ["1234", "1234.5"]),
        (["1\u00a0234,5", "12"], ["1234.5", "12"]),
        (["1 234", "12 345 678"], ["1234", "12345678"]),
        (["1'234.50", "1.250"], ["1234.5", "1.25"]),
        (["0.125", "1.234"], ["0.125", "1.234"]),
        (["1234.567", "1.234"], ["1234.567", "1.234"]),
        (["12.5", "1.234"], ["12.5", "1.234"]),
        (["1,234.5", "7,000"], ["1234.5", "7000"]),
        (["007", "12"], ["7", "12"]),
    ],
)
def test_one_cell_that_can_be_read_in_one_way_decides_for_its_column(values: list[str], read: list[str]) -> None:
    assert _values(_semicolons(*values)) == read


def test_a_point_is_the_decimal_sign_of_a_file_with_commas() -> None:
    assert _values(_commas("12.375", "1.234")) == ["12.375", "1.234"]


@pytest.mark.parametrize(
    "file", [_semicolons("1.234", "7"), _commas("1,234", "7")], ids=["point with semicolons", "comma with commas"]
)
def test_a_column_that_nothing_decides_is_refused_with_what_to_state(file: TableFile) -> None:
    assert (_values(file), _refused(file)) == (["7"], [(2, "ambiguous-number")])
    (refusal,) = file.refusals
    assert "may mean 1234 or 1.234" in refusal.reason
    assert "mapping" in refusal.reason


def test_a_column_in_two_forms_is_refused_by_the_two_lines_that_differ() -> None:
    file = _semicolons("12.5", "12,5", "1.234", "8")
    assert _values(file) == ["8"]
    assert _refused(file) == [(line, "ambiguous-number") for line in (2, 3, 4)]
    assert all("12.5 in line 2" in one.reason and "12,5 in line 3" in one.reason for one in file.refusals)


@pytest.mark.parametrize(
    "value", ["1.23E+12", "1,23E+12", "1E+12", "1.23e12", "9.99E-05", "#REF!", "#N/A", "#NAME?", "####"]
)
def test_a_number_that_a_spreadsheet_damaged_is_refused_as_that(value: str) -> None:
    refusal = _only(_semicolons(value))
    assert (refusal.line, refusal.column, refusal.code) == (2, "reading", "damaged-cell")
    assert "spreadsheet" in refusal.reason


@pytest.mark.parametrize("value", ["05/11/2025", "2025-11-05", "5.11.25", "5-Nov", "Nov-25", "01. Mai", "12-Mar-2025"])
def test_a_number_that_became_a_date_is_refused_as_that(value: str) -> None:
    refusal = _only(_semicolons(value))
    assert (refusal.column, refusal.code) == ("reading", "damaged-cell")
    assert "into a date" in refusal.reason


def test_a_meter_number_that_a_spreadsheet_shortened_is_refused_as_that() -> None:
    refusal = _only(parse(b"meter_number,reading,read_on\n1.23E+12,7,2025-11-05\n"))
    assert (refusal.line, refusal.column, refusal.code) == (2, "meter_number", "damaged-cell")
    assert parse(b"meter_number,reading,read_on\n7E12,7,2025-11-05\n").rows[0].meter == "7E12"


def test_a_day_that_became_a_number_is_refused_with_the_day_that_it_was() -> None:
    refusal = _only(_days("45966"))
    assert (refusal.line, refusal.column, refusal.code) == (2, "read_on", "damaged-cell")
    assert "2025-11-05" in refusal.reason


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["13/11/2025", "05/11/2025"], ["2025-11-13", "2025-11-05"]),
        (["11/13/2025", "11/05/2025"], ["2025-11-13", "2025-11-05"]),
        (["5-11-2025 12:00", "13-11-2025 07:30:00"], ["2025-11-05", "2025-11-13"]),
        (["05.11.2025", "6.11.2025"], ["2025-11-05", "2025-11-06"]),
        (["2025/11/05", "2025.11.06"], ["2025-11-05", "2025-11-06"]),
        (["20251105", "2025-11-06T23:59:59"], ["2025-11-05", "2025-11-06"]),
        (["11/11/2025"], ["2025-11-11"]),
    ],
)
def test_the_order_of_day_and_month_is_the_columns(values: list[str], read: list[str]) -> None:
    file = _days(*values)
    assert (sorted(_read(file)), file.refusals) == (sorted(read), ())


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (["05/11/2025", "06/11/2025"], [2, 3]),
        (["13/11/2025", "11/13/2025", "05/11/2025"], [2, 3, 4]),
        (["2025-11-05", "13/11/2025"], [3]),
        (["17/03/23"], [2]),
        (["05.11.25"], [2]),
    ],
)
def test_days_whose_order_nothing_decides_are_refused(values: list[str], lines: list[int]) -> None:
    assert _refused(_days(*values)) == [(line, "ambiguous-date") for line in lines]


def test_a_day_with_a_time_zone_may_be_another_day_at_the_meter() -> None:
    assert [_only(_days(f"2025-11-05T23:30:00{zone}")).code for zone in ("Z", "+08:00")] == ["bad-date"] * 2


def test_b32_what_is_taken_in_does_not_depend_on_the_order_of_rows() -> None:
    rows = ["M1,101,2025-11-01\n", "M1,112,2025-11-15\n", "M1,125,2025-11-30\n", "M0,7,2025-11-02\n"]
    files = [parse(("meter,reading,date\n" + "".join(order)).encode()) for order in (rows, rows[::-1])]
    assert [_values(file) for file in files] == [["7", "101", "112", "125"]] * 2


def test_rows_that_contradict_each_other_are_all_refused() -> None:
    file = parse(b"meter,reading,date\nM1,10,2025-11-05\nM2,7,2025-11-05\nM1,11,2025-11-05\nM2,7,2025-11-05\n")
    assert (_values(file), _refused(file)) == (["7", "7"], [(line, "contradicting-rows") for line in (2, 4)])


def test_a_quotation_mark_that_never_closes_swallows_no_lines() -> None:
    rows = "".join(f"A{number},{number},2025-11-05,fine\n" for number in range(1, 30))
    file = parse(f'account,reading,date,note\nA0,0,2025-11-05,"oops\n{rows}'.encode())
    assert _refused(file) == [(2, "not-csv")]
    assert len(file.rows) == 29


def test_a_first_line_may_name_the_delimiter_as_excel_does() -> None:
    assert _values(parse(b"sep=;\naccount;reading;date\nA1;112,5;2025-11-05\n")) == ["112.5"]


def test_further_columns_are_named_by_their_code() -> None:
    header = "account,reading,date,register_night,measure_peakKw,reader_code,round\n"
    (row,) = parse(f"{header}A1,100,2025-11-05,40.5,7.25,NA,2025-10\n".encode()).rows
    assert (row.registers, row.measures) == ({"night": Decimal("40.5")}, {"peakKw": Decimal("7.25")})
    assert (row.reader_code, str(row.period)) == ("NA", "2025-10")


_NUMBERS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False).map(lambda value: value + 0)


def _written(value: Decimal, decimal: str, grouping: str) -> str:
    return f"{value:,.2f}".replace(".", "_").replace(",", grouping).replace("_", decimal)


@given(
    st.lists(_NUMBERS, min_size=1, max_size=8),
    st.sampled_from([(",", "."), (",", ""), (".", ","), (".", ""), (",", " ")]),
)
def test_law_a_column_in_one_form_is_read_as_it_was_meant(values: list[Decimal], form: tuple[str, str]) -> None:
    file = _semicolons(*(_written(value, *form) for value in values))
    assert file.refusals == ()
    assert sorted(row.value for row in file.rows) == sorted(values)


@given(st.permutations(["1.234", "1.010,25", "12,5", "7", "1,234", "0.5", "x", "1E9"]), st.integers(1, 8))
@example(["1.234", "1.010,25"], 2)
def test_law_the_meaning_of_a_column_does_not_depend_on_the_order_of_its_rows(cells: list[str], count: int) -> None:
    chosen = cells[:count]
    there, back = (
        {cell: _meaning(file, number) for number, cell in enumerate(order, 1)}
        for order in (chosen, chosen[::-1])
        for file in [_semicolons(*order)]
    )
    assert there == back


def _meaning(file: TableFile, number: int) -> str:
    read = [plain(row.value) for row in file.rows if row.account == f"A{number}"]
    return read[0] if read else next(one.code for one in file.refusals if one.line == number + 1)


_ODD = st.text(alphabet=st.sampled_from("0123456789.,;'\" /-:TZE+#\t\u00a0AaNovMai\n"), max_size=14)


@given(st.lists(st.tuples(_ODD, _ODD, _ODD), max_size=6), st.sampled_from(",;\t"))
def test_law_no_cell_brings_anything_but_a_row_or_a_refusal_with_its_line(
    rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    text = "\n".join(delimiter.join(row) for row in [("account", "reading", "date"), *rows])
    file = parse(text.encode())
    lines = [row.line for row in file.rows] + [refusal.line for refusal in file.refusals]
    assert len(lines) == len(set(lines))
    assert all(1 < line <= text.count("\n") + 1 for line in lines)
    assert all(refusal.reason and refusal.code for refusal in file.refusals)


@given(st.lists(st.dates(min_value=date(1990, 1, 1), max_value=date(2199, 12, 31)), min_size=1, max_size=6))
def test_law_days_are_read_as_they_were_meant_or_refused(days: list[date]) -> None:
    file = _days(*(f"{day:%d/%m/%Y}" for day in days))
    meant = {f"A{number}": day for number, day in enumerate(days, 1)}
    assert all(meant[str(row.account)] == row.read_on for row in file.rows)
    assert file.refusals == () or all(day.day <= 12 for day in days)

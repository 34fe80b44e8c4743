"""How receipts are numbered: by desk, by month, by day, or by hand."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.payments.domain.receipt_numbers import check_given, dated_number, numbered, series_name
from chalicelib.tenancy.domain import ReceiptRule

SERIES = ReceiptRule()
DATED = ReceiptRule(form="dated")
MONTHLY = ReceiptRule(form="monthly", prefix="TXN")
GIVEN = ReceiptRule(form="given", prefix="R")
DAY = date(2025, 8, 23)

_DAYS = st.dates(date(1990, 1, 1), date(2199, 12, 31))
_COUNTS = st.integers(1, 10**9)
_DESKS = st.sampled_from(["MAIN", "EAST", "E-1", "1", "2025-08", "ONLINE"])
_COUNTING = st.sampled_from([SERIES, MONTHLY, GIVEN, ReceiptRule(form="monthly"), ReceiptRule(prefix="OR-E")])


@pytest.mark.parametrize(
    ("rule", "count", "series", "number"),
    [
        (SERIES, 123, "OR-MAIN", "OR-MAIN-000123"),
        (SERIES, 1_234_567, "OR-MAIN", "OR-MAIN-1234567"),
        (MONTHLY, 1, "TXN-2025-08", "TXN-2025-08-001"),
        (MONTHLY, 1000, "TXN-2025-08", "TXN-2025-08-1000"),
        (GIVEN, 7, "R-MAIN", "R-MAIN-000007"),
    ],
)
def test_a_counted_number_is_its_series_and_the_count(rule: ReceiptRule, count: int, series: str, number: str) -> None:
    assert series_name(rule, desk="MAIN", day=DAY) == series
    assert numbered(rule, desk="MAIN", day=DAY, count=count) == number


def test_each_desk_and_each_month_has_a_series_of_its_own() -> None:
    assert series_name(SERIES, desk="EAST", day=DAY) == "OR-EAST"
    assert series_name(SERIES, desk="EAST", day=date(2026, 1, 1)) == "OR-EAST", "a desk goes on in the next year"
    assert series_name(MONTHLY, desk="EAST", day=DAY) == "TXN-2025-08", "the desks share the month's series"
    assert series_name(MONTHLY, desk="EAST", day=date(2025, 9, 1)) == "TXN-2025-09"


def test_what_is_not_counted_has_no_number_at_a_count() -> None:
    assert series_name(DATED, desk="MAIN", day=DAY) is None
    with pytest.raises(AssertionError):
        numbered(DATED, desk="MAIN", day=DAY, count=1)
    with pytest.raises(AssertionError):
        numbered(SERIES, desk="MAIN", day=DAY, count=0)


_RECEIPTS = st.tuples(_COUNTING, _DESKS, _DAYS, st.integers(1, 1100))


@given(_RECEIPTS, _RECEIPTS)
def test_receipts_of_other_series_or_counts_have_other_numbers(
    one: tuple[ReceiptRule, str, date, int], other: tuple[ReceiptRule, str, date, int]
) -> None:
    """It holds even if a project changes its form or prefix, or a desk is called like a month."""
    places = {(series_name(rule, desk=desk, day=day), count) for rule, desk, day, count in (one, other)}
    numbers = {numbered(rule, desk=desk, day=day, count=count) for rule, desk, day, count in (one, other)}
    assert len(numbers) == 2 or len(places) == 1


@given(_COUNTING, _DESKS, _DAYS, st.integers(1, 10**6), st.integers(0, 1000))
def test_the_numbers_of_a_series_differ_and_sort_by_length_and_text(
    rule: ReceiptRule, desk: str, day: date, first: int, more: int
) -> None:
    one = numbered(rule, desk=desk, day=day, count=first)
    other = numbered(rule, desk=desk, day=day, count=first + more)
    assert ((len(one), one) < (len(other), other)) is (more > 0)


@given(_DAYS, st.text())
def test_a_dated_number_is_the_day_and_six_capitals_or_digits(day: date, seed: str) -> None:
    # The form is that of row S3-080.
    number = dated_number(DATED, day=day, seed=seed)
    assert re.fullmatch(r"OR-\d{8}-[0-9A-Z]{6}", number, re.ASCII)
    assert number[3:11] == day.strftime("%Y%m%d")
    assert number == dated_number(DATED, day=day, seed=seed), "a repeated request gets the same number"


def test_a_dated_number_is_the_same_in_every_version() -> None:
    number = dated_number(DATED, day=date(2025, 11, 23), seed="2025-07.101.1.01K9R6TGM0W5GNPCRW6FPSSVTH")
    assert number == "OR-20251123-9JEI08"


def test_the_characters_of_dated_numbers_are_spread_evenly() -> None:
    seeds = [f"payment-{number}" for number in range(6000)]
    numbers = [dated_number(DATED, day=DAY, seed=seed) for seed in seeds]
    assert len(set(numbers)) == len(seeds)
    for place in range(-6, 0):
        counts = [sum(number[place] == one for number in numbers) for one in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        assert sum(counts) == len(seeds)
        assert 100 < min(counts) <= max(counts) < 240, "167 each, give or take 13"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0012345", "0012345"),
        ("  rcpt/2025-11_7.b ", "RCPT/2025-11_7.B"),
        ("x" * 40, "X" * 40),
        ("R-000123", "R-000123"),  # without a desk
        ("R-MAIN-A1", "R-MAIN-A1"),
        ("OR-MAIN-000123", "OR-MAIN-000123"),  # another project's prefix
        ("RR-MAIN-000123", "RR-MAIN-000123"),
    ],
)
def test_a_printed_number_is_kept_in_capitals(text: str, number: str) -> None:
    assert check_given(text, rule=GIVEN) == number
    assert check_given(number, rule=GIVEN) == number


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 41, "12 34", "12#34", "١٢٣", "straße", "a\nb", "12;", "=1", "-1", "..", "/"]
)
def test_what_is_no_receipt_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a receipt number; write 1 to 40 letters") as refused:
        check_given(text, rule=GIVEN)
    assert refused.value.code == "bad-receipt-number"
    assert [fault.field for fault in refused.value.faults] == ["receiptNumber"]


@pytest.mark.parametrize("text", ["R-MAIN-000123", "r-main-1", "R-CLOSED-7", "R-2025-08-001", " r-E-1-1234567"])
def test_a_given_number_in_the_form_of_the_projects_series_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"that this project counts itself \(R-desk-digits\)") as refused:
        check_given(text, rule=GIVEN)
    assert refused.value.code == "counted-receipt-number"
    assert [fault.field for fault in refused.value.faults] == ["receiptNumber"]


def test_a_prefix_in_small_letters_is_recognised_in_capitals() -> None:
    with pytest.raises(Invalid):
        check_given("RCPT-MAIN-000123", rule=ReceiptRule(form="given", prefix="Rcpt"))


def test_a_prefix_is_taken_literally() -> None:
    dotted = ReceiptRule(form="given", prefix="R.")
    assert check_given("RX-MAIN-000123", rule=dotted) == "RX-MAIN-000123"
    with pytest.raises(Invalid):
        check_given("r.-main-000123", rule=dotted)


@given(_COUNTING, _DESKS, _DAYS, _COUNTS)
def test_no_given_number_is_one_that_the_project_counts(rule: ReceiptRule, desk: str, day: date, count: int) -> None:
    with pytest.raises(Invalid):
        check_given(numbered(rule, desk=desk, day=day, count=count), rule=rule)

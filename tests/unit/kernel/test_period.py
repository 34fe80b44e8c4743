"""Periods are months; fiscal months are months as a client's fiscal year counts them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import FiscalMonth, Frequency, Period, fiscal_month

_PERIODS = st.builds(Period, st.integers(1991, 2198), st.integers(1, 12))


@pytest.mark.parametrize(
    "text", ["2025-1", "2025-13", "2025-00", "25-01", "1988-12", "2201-01", "2025-11\n", " 2025-11", "２０２５-11", ""]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="like 2025-11"):
        Period.parse(text)


@given(_PERIODS)
def test_a_period_prints_and_reads_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(_PERIODS, st.integers(-50, 50), st.integers(-50, 50))
def test_shifting_adds_up_and_goes_back(period: Period, one: int, other: int) -> None:
    assert period.shifted(one).shifted(other) == period.shifted(one + other)
    assert period.shifted(one).shifted(-one) == period
    assert period.shifted(0) == period


@given(_PERIODS, st.integers(1, 50))
def test_later_periods_sort_after_earlier_ones_also_as_text(period: Period, months: int) -> None:
    later = period.shifted(months)
    assert period < later
    assert str(period) < str(later)


@given(_PERIODS)
def test_a_period_begins_the_day_after_the_one_before_ends(period: Period) -> None:
    assert period.first_day == period.shifted(-1).last_day + timedelta(days=1)
    assert Period.of(period.first_day) == Period.of(period.last_day) == period


@given(_PERIODS, st.integers(1, 31))
def test_a_day_of_the_month_stays_within_the_month(period: Period, number: int) -> None:
    day = period.day(number)
    assert Period.of(day) == period
    assert day.day == min(number, period.last_day.day)


@pytest.mark.parametrize(
    ("period", "number", "day"),
    [
        (Period(2025, 2), 31, date(2025, 2, 28)),
        (Period(2024, 2), 30, date(2024, 2, 29)),
        (Period(2025, 4), 31, date(2025, 4, 30)),
        (Period(2025, 12), 31, date(2025, 12, 31)),
    ],
)
def test_the_31st_of_a_short_month_is_its_last_day(period: Period, number: int, day: date) -> None:
    assert period.day(number) == day


def test_a_period_is_named_as_people_do() -> None:
    assert Period(2025, 7).label() == "July 2025"


@pytest.mark.covers("S1-026", "S1-027")
@pytest.mark.parametrize(
    ("period", "year", "month"),
    [
        (Period(2025, 6), 2025, 11),
        (Period(2025, 7), 2026, 0),
        (Period(2025, 8), 2026, 1),
        (Period(2025, 12), 2026, 5),
        (Period(2026, 1), 2026, 6),
        (Period(2026, 6), 2026, 11),
    ],
)
def test_a_fiscal_year_from_july_is_named_by_its_end_and_counted_from_0(period: Period, year: int, month: int) -> None:
    assert fiscal_month(period, first_month=7) == FiscalMonth(year, month)


@given(_PERIODS)
def test_a_fiscal_year_from_january_is_the_calendar_year(period: Period) -> None:
    assert fiscal_month(period, first_month=1) == FiscalMonth(period.year, period.month - 1)


@given(_PERIODS, st.integers(1, 12))
def test_a_fiscal_month_leads_back_to_its_period(period: Period, first_month: int) -> None:
    placed = fiscal_month(period, first_month=first_month)
    last = Period(placed.year, first_month).shifted(-1) if first_month > 1 else Period(placed.year, 12)
    assert last.shifted(placed.month - 11) == period


@given(_PERIODS, st.integers(1, 12))
def test_twelve_months_on_is_the_same_month_of_the_next_fiscal_year(period: Period, first_month: int) -> None:
    now, later = (fiscal_month(one, first_month=first_month) for one in (period, period.shifted(12)))
    assert later == FiscalMonth(now.year + 1, now.month)


_FREQUENCIES = st.builds(Frequency, st.sampled_from([1, 2, 3, 4, 6, 12]), st.integers(1, 12))


@pytest.mark.parametrize(
    ("frequency", "month", "period"),
    [
        (Frequency(), Period(2025, 10), Period(2025, 10)),
        (Frequency(2), Period(2025, 9), Period(2025, 10)),
        (Frequency(2), Period(2025, 10), Period(2025, 10)),
        (Frequency(2, first_month=2), Period(2025, 10), Period(2025, 11)),
        (Frequency(3), Period(2025, 10), Period(2025, 12)),
        (Frequency(3, first_month=2), Period(2025, 10), Period(2025, 10)),
        (Frequency(4), Period(2025, 9), Period(2025, 12)),
        (Frequency(6, first_month=4), Period(2025, 11), Period(2026, 3)),
        (Frequency(12), Period(2025, 1), Period(2025, 12)),
        (Frequency(12, first_month=7), Period(2025, 7), Period(2026, 6)),
    ],
)
def test_b30_months_billed_together_go_by_their_last(frequency: Frequency, month: Period, period: Period) -> None:
    assert frequency.period_of(month) == period


@given(_FREQUENCIES, _PERIODS)
def test_each_month_lies_in_one_billing_period_and_none_is_left_out(frequency: Frequency, month: Period) -> None:
    period = frequency.period_of(month)
    first = frequency.first_month_of(period)
    assert first <= month <= period
    assert frequency.ends_in(period)
    assert frequency.ends_in(month) == (month == period)
    assert {frequency.period_of(first.shifted(n)) for n in range(frequency.months)} == {period}
    assert frequency.period_of(period.shifted(1)) == period.shifted(frequency.months)
    assert (first.month - frequency.first_month) % frequency.months == 0


def test_a_billing_period_is_named_by_its_first_and_last_month() -> None:
    assert Frequency().label_of(Period(2025, 7)) == "July 2025"
    assert Frequency(2, first_month=12).label_of(Period(2026, 1)) == "December 2025 to January 2026"

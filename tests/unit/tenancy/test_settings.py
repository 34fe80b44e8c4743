"""Settings decide the period of a reading and the due day of a bill; impossible ones are refused."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cycles.domain import DueByCycle, DueDay, DueOffset, due_on
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import FiscalMonth, Period
from chalicelib.tenancy.domain import Project, ReadingWindow, check_change, check_settings, without_cycle
from local import presets
from tests.support.examples import CONDOMINIUM, WATERWORKS, with_settings

_DAYS = st.dates(date(1991, 1, 1), date(2198, 12, 31))
_DUE = st.builds(DueDay, st.integers(1, 31), st.sampled_from(["period", "reading"]))


@pytest.mark.covers("S3-031")
def test_the_waterworks_bills_a_reading_in_its_own_month() -> None:
    assert WATERWORKS.period_of(date(2025, 11, 5)) == Period(2025, 11)


@pytest.mark.covers("S1-025")
@pytest.mark.parametrize(
    ("read_on", "period"),
    [
        (date(2025, 8, 1), Period(2025, 7)),
        (date(2025, 8, 31), Period(2025, 7)),
        (date(2025, 1, 1), Period(2024, 12)),
    ],
)
def test_the_condominium_bills_a_reading_in_the_month_before(read_on: date, period: Period) -> None:
    assert CONDOMINIUM.period_of(read_on) == period


@given(st.dates(date(1990, 1, 1), date(2199, 12, 31)))
def test_the_period_of_any_day_that_can_be_sent_can_be_read_back(day: date) -> None:
    for project in (WATERWORKS, CONDOMINIUM):
        period = project.period_of(day)
        assert Period.parse(str(period)) == period


@pytest.mark.covers("S3-031")
@pytest.mark.parametrize(
    ("billed_on", "due"),
    [
        (date(2025, 11, 5), date(2025, 11, 20)),
        (date(2025, 11, 19), date(2025, 11, 20)),
        (date(2025, 11, 20), date(2025, 12, 20)),  # never due on the day it is made
        (date(2025, 11, 21), date(2025, 12, 20)),
        (date(2026, 2, 25), date(2026, 3, 20)),  # billed long after
    ],
)
def test_the_waterworks_bill_of_november_is_due_on_the_20th(billed_on: date, due: date) -> None:
    assert WATERWORKS.settings.due == DueDay(20, "period")
    assert due_on(DueDay(20, "period"), Period(2025, 11), billed_on) == due


@pytest.mark.covers("S1-135")
@pytest.mark.parametrize(
    ("billed_on", "due"),
    [
        (date(2025, 8, 1), date(2025, 8, 10)),
        (date(2025, 8, 9), date(2025, 8, 10)),
        (date(2025, 8, 10), date(2025, 9, 10)),
        (date(2025, 12, 31), date(2026, 1, 10)),
    ],
)
def test_the_condominium_bill_is_due_on_the_10th_of_the_month_it_is_read_in(billed_on: date, due: date) -> None:
    assert CONDOMINIUM.settings.due == DueDay(10, "reading")
    assert due_on(DueDay(10, "reading"), Period(2025, 7), billed_on) == due


@pytest.mark.parametrize(
    ("billed_on", "due"), [(date(2025, 2, 5), date(2025, 2, 28)), (date(2025, 2, 28), date(2025, 3, 31))]
)
def test_a_due_day_of_31_is_the_last_day_of_a_short_month(billed_on: date, due: date) -> None:
    assert due_on(DueDay(31, "reading"), Period(2025, 2), billed_on) == due


@pytest.mark.covers("S1-135")
@given(_DUE, _DAYS, st.integers(0, 24))
def test_a_bill_is_always_due_after_its_day_and_on_the_first_such_due_day(due: DueDay, day: date, months: int) -> None:
    period = Period.of(day).shifted(-months)
    found = due_on(due, period, day)
    assert found > day
    assert found == Period.of(found).day(due.day)
    month_before = Period.of(found).shifted(-1)
    assert month_before.day(due.day) <= day or month_before < (period if due.month == "period" else Period.of(day))


@given(_DAYS, st.integers(1, 31))
def test_a_bill_made_while_its_month_runs_is_due_within_two_months(day: date, due_day: int) -> None:
    assert due_on(DueDay(due_day, "period"), Period.of(day), day) - day <= timedelta(days=62)


@pytest.mark.covers("S1-026", "S1-027")
def test_only_a_client_that_counts_in_fiscal_years_has_one() -> None:
    assert CONDOMINIUM.fiscal_month_of(Period(2025, 7)) == FiscalMonth(2026, 0)
    assert WATERWORKS.fiscal_month_of(Period(2025, 7)) is None


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("currency", "PESO", "PESO"),
        ("timezone", "Asia/Balilihan", "timezone"),
        ("timezone", "../etc/passwd", "timezone"),
        ("timezone", "", "timezone"),
        ("due", DueDay(0, "period"), "due.day"),
        ("due", DueDay(32, "period"), "due.day"),
        ("due", DueOffset(-1), "due.days"),
        ("due", DueOffset(91), "due.days"),
        ("reading_window", ReadingWindow(0, 10), "readingWindow"),
        ("reading_window", ReadingWindow(11, 10), "readingWindow"),
        ("reading_window", ReadingWindow(1, 32), "readingWindow"),
        ("fiscal_start", 0, "fiscalStart"),
        ("fiscal_start", 13, "fiscalStart"),
        ("first_month", 2, "firstMonth: each month is billed by itself"),
        ("high_usage_percent", 100, "highUsagePercent"),
        ("shards", 0, "shards"),
        ("shards", 257, "shards"),
        ("classes", (), "classes"),
    ],
)
def test_a_setting_that_no_utility_could_work_with_is_refused_by_name(setting: str, value: Any, named: str) -> None:  # noqa: ANN401
    with pytest.raises(Invalid, match=named):
        check_settings(with_settings(WATERWORKS, **{setting: value}).settings)


@pytest.mark.covers("S2-285")
@pytest.mark.parametrize(
    ("due", "cycle", "named"),
    [
        (DueByCycle("cycle"), None, "due.by: there is no billing cycle"),
        (DueOffset(15), "monthly", "due.days: the billing cycle has its own number of days"),
    ],
)
def test_a_due_day_has_one_source(due: DueByCycle | DueOffset, cycle: str | None, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        check_settings(with_settings(WATERWORKS, due=due, billing_cycle=cycle).settings)


@pytest.mark.parametrize(
    ("due", "then"),
    [(DueByCycle("cycle"), DueOffset(9)), (DueDay(10, "reading"), DueDay(10, "reading"))],
)
def test_a_project_whose_cycle_is_deleted_has_its_bills_due_as_before(
    due: DueByCycle | DueDay, then: DueOffset | DueDay
) -> None:
    before = with_settings(WATERWORKS, due=due, billing_cycle="monthly").settings
    check_settings(before)
    after = without_cycle(before, due_days=9, grace_days=4)
    check_settings(after)
    assert (after.due, after.billing_cycle) == (then, None)


@pytest.mark.parametrize("settings", [presets.WATERWORKS_SETTINGS, presets.WATER_BILLS_SETTINGS])
def test_the_demo_utilities_have_settings_that_work(settings: Any) -> None:  # noqa: ANN401
    check_settings(settings)


@pytest.mark.parametrize(("setting", "value"), [("currency", "USD"), ("shards", 2), ("unit", "gal")])
def test_what_stored_keys_and_amounts_depend_on_is_fixed(setting: str, value: str | int) -> None:
    after = with_settings(WATERWORKS, **{setting: value}).settings
    with pytest.raises(Conflict) as refusal:
        check_change(WATERWORKS.settings, after, month=Period(2025, 11))
    assert [fault.field for fault in refusal.value.faults] == [setting]


@pytest.mark.parametrize(
    ("setting", "value"), [("label", "Water"), ("due", DueDay(15, "period")), ("confirmation", "none")]
)
def test_other_settings_may_change(setting: str, value: Literal["none"]) -> None:
    check_change(WATERWORKS.settings, with_settings(WATERWORKS, **{setting: value}).settings, month=Period(2025, 11))


_QUARTERS = with_settings(WATERWORKS, billing_frequency="quarterly")


@pytest.mark.parametrize(
    ("project", "read_on", "quarter"),
    [
        (_QUARTERS, date(2025, 10, 1), Period(2025, 12)),
        (_QUARTERS, date(2025, 12, 31), Period(2025, 12)),
        (_QUARTERS, date(2026, 1, 1), Period(2026, 3)),
        (with_settings(_QUARTERS, fiscal_start=2), date(2025, 12, 5), Period(2026, 1)),
        (with_settings(CONDOMINIUM, billing_frequency="quarterly"), date(2025, 10, 1), Period(2025, 9)),
        (with_settings(CONDOMINIUM, billing_frequency="quarterly"), date(2025, 11, 1), Period(2025, 12)),
    ],
)
def test_a_reading_bills_the_quarter_of_its_month(project: Project, read_on: date, quarter: Period) -> None:
    assert project.period_of(read_on) == quarter
    project.check_period(quarter)
    first = project.first_day_of(quarter)
    assert (Period.of(first), first.day) == (quarter.shifted(-2), 1)
    with pytest.raises(Invalid, match=f"lies in {quarter}"):
        project.check_period(quarter.shifted(-1))


_TOGETHER = st.sampled_from(["bimonthly", "quarterly", "four_monthly", "half_yearly", "yearly"])
_MONTHS = {"bimonthly": 2, "quarterly": 3, "four_monthly": 4, "half_yearly": 6, "yearly": 12}


@given(st.dates(date(1990, 1, 1), date(2199, 12, 31)), st.integers(1, 12), _TOGETHER)
def test_every_day_lies_in_one_period_of_the_fiscal_year(day: date, start: int, frequency: str) -> None:
    months = _MONTHS[frequency]
    project = with_settings(WATERWORKS, billing_frequency=frequency, fiscal_start=start)
    assert project.months == months
    period = project.period_of(day)
    assert project.first_day_of(period) <= day <= period.last_day
    assert project.first_day_of(period.shifted(months)) == period.last_day + timedelta(days=1)
    assert Period.parse(str(period)) == period
    fiscal = project.fiscal_month_of(period)
    assert fiscal
    assert fiscal.month % months == months - 1


@pytest.mark.parametrize(
    ("frequency", "first_month", "read_on", "period"),
    [
        ("bimonthly", None, date(2025, 9, 5), Period(2025, 10)),
        ("bimonthly", 2, date(2025, 10, 5), Period(2025, 11)),
        ("four_monthly", None, date(2025, 9, 5), Period(2025, 12)),
        ("half_yearly", 4, date(2025, 11, 5), Period(2026, 3)),
        ("yearly", 7, date(2025, 7, 1), Period(2026, 6)),
    ],
)
def test_b30_periods_begin_in_a_stated_month_or_in_january(
    frequency: str, first_month: int | None, read_on: date, period: Period
) -> None:
    project = with_settings(WATERWORKS, billing_frequency=frequency, first_month=first_month)
    check_settings(project.settings)
    assert project.period_of(read_on) == period
    project.check_period(period)
    with pytest.raises(Invalid, match=f"{project.months} months are billed together here"):
        project.check_period(period.shifted(1))


def test_a_stated_first_month_counts_before_the_fiscal_years() -> None:
    project = with_settings(WATERWORKS, billing_frequency="yearly", first_month=4, fiscal_start=7)
    assert project.label_of(project.period_of(date(2025, 4, 1))) == "April 2025 to March 2026"


@pytest.mark.parametrize("first_month", [0, 13])
def test_periods_begin_in_a_month_of_the_year(first_month: int) -> None:
    with pytest.raises(Invalid, match="firstMonth: a month, 1 to 12"):
        check_settings(with_settings(WATERWORKS, billing_frequency="yearly", first_month=first_month).settings)


def test_how_often_bills_are_made_is_fixed_and_so_is_where_periods_begin() -> None:
    with pytest.raises(Conflict) as refusal:
        check_change(WATERWORKS.settings, _QUARTERS.settings, month=Period(2025, 11))
    assert [fault.field for fault in refusal.value.faults] == ["billingFrequency"]
    for setting, named in (("fiscal_start", "fiscalStart"), ("first_month", "firstMonth")):
        with pytest.raises(Conflict) as refusal:
            check_change(_QUARTERS.settings, with_settings(_QUARTERS, **{setting: 2}).settings, month=Period(2025, 11))
        assert [fault.field for fault in refusal.value.faults] == [named]
    check_change(WATERWORKS.settings, with_settings(WATERWORKS, fiscal_start=2).settings, month=Period(2025, 11))
    same_quarters = with_settings(_QUARTERS, fiscal_start=4).settings
    check_change(_QUARTERS.settings, same_quarters, month=Period(2025, 11))

"""Connections of some areas or classes have billing periods of their own; no change cuts a period that has begun."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Frequency, Period
from chalicelib.tenancy.domain import BillingGroup, Project, audit_facts, check_change, check_settings
from chalicelib.tenancy.domain.groups import check_group_changes, group_faults
from tests.support.examples import CONDOMINIUM, WATERWORKS, with_settings

_NOW = Period(2025, 11)
_TOWN = BillingGroup(id="town", name="Town", areas=("Poblacion",), months=2, first_month=1)
_VILLAGES = BillingGroup(id="villages", name="Villages", areas=("Magsija", "Cabad"), months=2, first_month=2)
_COTTAGES = BillingGroup(
    id="cottages", name="Cottages", areas=("Hanopol",), classes=("residential",), months=12, advances="monthly"
)
_GROUPS = (_TOWN, _VILLAGES, _COTTAGES)


def _project(*groups: BillingGroup, **changes: Any) -> Project:  # noqa: ANN401
    project = with_settings(WATERWORKS, billing_groups=groups, **changes)
    check_settings(project.settings)
    return project


def _refused(*groups: BillingGroup, **changes: Any) -> str:  # noqa: ANN401
    with pytest.raises(Invalid) as refusal:
        _project(*groups, **changes)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("area", "consumer_class", "group"),
    [
        ("Poblacion", "residential", "town"),
        ("Poblacion.P1", "commercial", "town"),
        ("Poblacion East", "residential", ""),  # its name only begins like that of another area
        ("Magsija.P3", "residential", "villages"),
        ("Hanopol", "residential", "cottages"),
        ("Hanopol", "commercial", ""),
        (None, "residential", ""),
    ],
)
def test_a_connection_belongs_to_the_group_of_its_area_and_class(
    area: str | None, consumer_class: str, group: str
) -> None:
    found = _project(*_GROUPS).group_of(area, consumer_class, month=_NOW)
    assert found.id == group
    if not group:
        assert (found.name, found.months) == ("Waterworks", 1)


def test_the_town_is_read_in_even_months_and_villages_in_odd_ones() -> None:
    project = _project(*_GROUPS)
    read_on = date(2025, 10, 5)
    assert project.period_of(read_on) == Period(2025, 10)
    assert project.period_of(read_on, _TOWN) == Period(2025, 10)
    assert project.period_of(read_on, _VILLAGES) == Period(2025, 11)
    assert project.period_of(read_on, _COTTAGES) == Period(2025, 12)
    october = [group.id for group in _GROUPS if project.ends_in(Period(2025, 10), group)]
    december = [group.id for group in _GROUPS if project.ends_in(Period(2025, 12), group)]
    assert (october, december) == (["town"], ["town", "cottages"])
    assert project.first_day_of(Period(2025, 11), _VILLAGES) == date(2025, 10, 1)
    assert project.label_of(Period(2025, 11), _VILLAGES) == "October 2025 to November 2025"


def test_groups_count_from_the_month_that_a_reading_bills() -> None:
    """S1 bills the month before the reading's."""
    project = with_settings(CONDOMINIUM, billing_groups=(BillingGroup(id="all", name="", classes=("unit",), months=2),))
    assert project.month_of(date(2025, 11, 3)) == Period(2025, 10)
    assert project.period_of(date(2025, 11, 3), project.settings.billing_groups[0]) == Period(2025, 10)
    assert project.period_of(date(2025, 12, 3), project.settings.billing_groups[0]) == Period(2025, 12)


def test_a_group_holds_from_its_first_month_until_its_last() -> None:
    villages = replace(_VILLAGES, from_period=Period(2026, 2), until_period=Period(2026, 5))
    project = _project(villages)
    months = [Period(2026, month) for month in range(1, 7)]
    found = [project.group_of("Cabad", "residential", month=month).id for month in months]
    assert found == ["", "villages", "villages", "villages", "villages", ""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"months": 5}, "billingGroups.0.months: 1, 2, 3, 4, 6 or 12"),
        ({"first_month": 0}, "billingGroups.0.firstMonth: a month, 1 to 12"),
        ({"first_month": 13}, "billingGroups.0.firstMonth: a month, 1 to 12"),
        ({"areas": ()}, "billingGroups.0.areas: name the areas or the classes"),
        ({"classes": ("castle",)}, "billingGroups.0.classes: 'castle' is none of the project's classes: residential"),
        ({"months": 1, "advances": "monthly"}, "billingGroups.0.advances"),
        ({"from_period": Period(2026, 1)}, "billingGroups.0.fromPeriod: .* such as 2026-02"),
        ({"until_period": Period(2026, 2)}, "billingGroups.0.untilPeriod: .* such as 2026-03"),
        ({"from_period": Period(2026, 4), "until_period": Period(2026, 1)}, "billingGroups.0.untilPeriod: not before"),
    ],
)
def test_a_group_that_no_run_could_follow_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        _project(replace(_VILLAGES, **changes))


def test_a_groups_periods_are_made_of_whole_periods_of_the_project() -> None:
    half_years = replace(_TOWN, months=6, first_month=4)
    _project(half_years, billing_frequency="quarterly")
    assert "billingGroups.0.months: bills are made every 3 months here" in _refused(
        _TOWN, billing_frequency="quarterly"
    )
    assert "firstMonth: a month in which a period of the project begins, such as 2" in _refused(
        half_years, billing_frequency="quarterly", first_month=2
    )
    assert "advances" in _refused(replace(half_years, advances="monthly"), billing_frequency="quarterly")


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (replace(_TOWN, id="other", areas=("Poblacion",)), "areas"),
        (replace(_TOWN, id="other", areas=("Poblacion.P1",)), "areas"),
        (replace(_TOWN, id="other", areas=(), classes=("residential",)), "classes"),
        (replace(_TOWN, areas=("Cabad",)), "id"),
    ],
)
def test_no_area_or_class_is_in_two_groups(other: BillingGroup, field: str) -> None:
    assert f"billingGroups.1.{field}" in _refused(_TOWN, other)


def test_groups_of_one_area_differ_by_class_or_follow_each_other() -> None:
    homes, shops = replace(_TOWN, classes=("residential",)), replace(_TOWN, id="shops", classes=("commercial",))
    _project(homes, shops)
    ended = replace(_TOWN, until_period=Period(2025, 12))
    _project(ended, replace(_TOWN, id="quarters", months=3, from_period=Period(2026, 1)))
    assert "at once" in _refused(
        replace(_TOWN, until_period=Period(2026, 2)),
        replace(_TOWN, id="quarters", months=3, from_period=Period(2026, 1)),
    )


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ((_TOWN,), "group villages has begun: end it with untilPeriod instead of removing it"),
        ((_TOWN, replace(_VILLAGES, months=3)), "readings and bills depend on"),
        ((_TOWN, replace(_VILLAGES, first_month=1)), "readings and bills depend on"),
        ((_TOWN, replace(_VILLAGES, areas=("Magsija",))), "readings and bills depend on"),
        ((_TOWN, replace(_VILLAGES, until_period=Period(2025, 9))), "can end in 2025-11 at the earliest"),
        ((_TOWN, _VILLAGES, _COTTAGES), "give cottages a fromPeriod after 2025-11"),
        ((_TOWN, _VILLAGES, replace(_COTTAGES, from_period=Period(2025, 1))), "a fromPeriod after 2025-11"),
    ],
)
def test_a_group_that_has_begun_stays_until_it_ends(after: tuple[BillingGroup, ...], said: str) -> None:
    before = _project(_TOWN, _VILLAGES).settings
    with pytest.raises(Conflict, match=said) as refusal:
        check_change(before, replace(before, billing_groups=after), month=_NOW)
    assert [fault.field for fault in refusal.value.faults] == ["billingGroups"]


def test_a_group_is_renamed_ended_and_followed_by_another() -> None:
    before = _project(_TOWN, _VILLAGES).settings
    ended = replace(_VILLAGES, name="The villages", until_period=Period(2025, 11))
    quarters = replace(_VILLAGES, id="quarters", months=3, first_month=3, from_period=Period(2025, 12))
    after = replace(before, billing_groups=(quarters, _TOWN, ended))
    check_settings(after)
    check_change(before, after, month=_NOW)
    again = replace(after, billing_groups=(_TOWN, ended))  # what has not begun may go again
    check_change(after, again, month=_NOW)
    reopened = replace(again, billing_groups=(_TOWN, _VILLAGES))
    check_change(again, reopened, month=_NOW)
    with pytest.raises(Conflict, match="one that has ended stays so"):
        check_change(again, reopened, month=Period(2025, 12))


def test_the_audit_log_says_what_groups_there_are() -> None:
    assert audit_facts(_project(_VILLAGES, _COTTAGES).settings)["billing_groups"] == (
        "villages: 2 months from 2, advances none, from the beginning until further notice: Magsija Cabad",
        "cottages: 12 months from 1, advances monthly, from the beginning until further notice: Hanopol residential",
    )


_AREAS = ("North", "North.P1", "South")
_MONTHS = st.sampled_from([1, 2, 3, 4, 6, 12])
_NEAR = st.builds(Period, st.just(2025), st.integers(1, 12)) | st.builds(Period, st.just(2026), st.integers(1, 12))


@st.composite
def _groups(draw: st.DrawFn) -> tuple[BillingGroup, ...]:
    """Return groups of valid settings that begin and end within two years."""
    found: list[BillingGroup] = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3)):
        frequency = Frequency(draw(_MONTHS), draw(st.integers(1, 12)))
        begins, ends = draw(st.none() | _NEAR), draw(st.none() | _NEAR)
        group = BillingGroup(
            id=name,
            name=name,
            areas=tuple(draw(st.lists(st.sampled_from(_AREAS), unique=True, min_size=1, max_size=2))),
            classes=tuple(draw(st.lists(st.sampled_from(["residential", "commercial"]), max_size=1))),
            months=frequency.months,
            first_month=frequency.first_month,
            from_period=begins and frequency.first_month_of(frequency.period_of(begins)),
            until_period=ends and frequency.period_of(ends),
        )
        if not list(group_faults([*found, group], within=Frequency(), classes=WATERWORKS.settings.classes)):
            found.append(group)
    return tuple(found)


_WHOSE = [(area, consumer_class) for area in _AREAS for consumer_class in ("residential", "commercial")]


@given(_groups(), st.sampled_from(_WHOSE))
def test_each_month_of_a_connection_lies_in_one_period_and_no_period_is_cut(
    groups: tuple[BillingGroup, ...], whose: tuple[str, str]
) -> None:
    project = _project(*groups)
    for month in (Period(2024, 6).shifted(number) for number in range(40)):
        this, following = (project.group_of(*whose, month=each) for each in (month, month.shifted(1)))
        assert sum(each.holds_in(month) and each.has(*whose) for each in groups) == (1 if this.id else 0)
        period = project.period_of(month.first_day, this)
        after = project.period_of(month.shifted(1).first_day, following)
        if after != period:
            assert project.ends_in(month, this)
            assert project.first_day_of(after, following) == period.last_day + timedelta(days=1)


@st.composite
def _changed(draw: st.DrawFn, before: tuple[BillingGroup, ...]) -> tuple[BillingGroup, ...]:
    """Return groups after a change that may be refused: some left out, some ended, moved or begun elsewhere."""
    kept = [each for each in before if draw(st.integers(0, 5))]
    for at, each in enumerate(kept):
        until, first = draw(_NEAR), draw(_NEAR)
        ended = replace(each, until_period=draw(st.sampled_from([None, each.frequency.period_of(until)])))
        begun = replace(each, from_period=each.frequency.first_month_of(each.frequency.period_of(first)))
        kept[at] = draw(st.sampled_from([each, each, ended, ended, begun, replace(each, areas=("South",))]))
    return (*kept, *(each for each in draw(_groups()) if each.id not in {one.id for one in before}))


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), _groups(), _NEAR)
def test_a_change_of_groups_moves_no_month_that_was_read(
    data: st.DataObject, before: tuple[BillingGroup, ...], now: Period
) -> None:
    after = data.draw(_changed(before))
    then, since = (with_settings(WATERWORKS, billing_groups=groups) for groups in (before, after))
    try:
        check_settings(since.settings)
        check_group_changes(before, after, month=now)
    except (Invalid, Conflict):
        reject()
    for whose in _WHOSE:
        for month in (now.shifted(-number) for number in range(24)):
            was, is_now = (project.group_of(*whose, month=month) for project in (then, since))
            assert (was.id, was.frequency, was.advances) == (is_now.id, is_now.frequency, is_now.advances)

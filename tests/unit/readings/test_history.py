"""Which readings somebody asks for, and in which periods they can be."""

from datetime import date
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.history import Search, search_for
from chalicelib.tenancy.domain import Project
from tests.support.examples import CONDOMINIUM, FIFTH, NOVEMBER, OCTOBER, WATERWORKS, reading


def _search(project: Project = WATERWORKS, **asked: Any) -> Search:  # noqa: ANN401
    nothing = dict.fromkeys(("period", "first_day", "last_day", "account", "state"))
    return search_for(project, **(nothing | asked), today=FIFTH)


def test_without_a_word_the_year_until_today_is_meant_the_newest_first() -> None:
    search = _search()
    assert (search.first_day, search.last_day) == (date(2024, 11, 5), FIFTH)
    assert (search.periods[0], search.periods[-1], len(search.periods)) == (NOVEMBER, Period(2024, 11), 13)


def test_days_lie_in_the_periods_that_a_reading_of_them_bills() -> None:
    days: dict[str, Any] = {"first_day": date(2025, 10, 31), "last_day": date(2025, 11, 1)}
    assert _search(**days).periods == (NOVEMBER, OCTOBER)
    assert _search(CONDOMINIUM, **days).periods == (OCTOBER, Period(2025, 9))
    assert _search(period=OCTOBER).periods == (OCTOBER,)
    assert _search(first_day=date(2025, 12, 1)).last_day == date(2025, 12, 1)


@pytest.mark.parametrize(
    "asked",
    [
        {"period": NOVEMBER, "first_day": FIFTH},
        {"period": NOVEMBER, "last_day": FIFTH},
        {"first_day": FIFTH, "last_day": date(2025, 11, 4)},
        {"first_day": date(2024, 11, 4), "last_day": FIFTH},
    ],
)
def test_what_can_not_be_asked_for_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        _search(**asked)
    assert refusal.value.code == "bad-filter"


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, True),
        ({"state": "confirmed", "account": "2025110001", "first_day": FIFTH, "last_day": FIFTH}, True),
        ({"state": "pending"}, False),
        ({"account": "2025110002"}, False),
        ({"last_day": date(2025, 11, 4)}, False),
        ({"first_day": date(2025, 11, 6)}, False),
    ],
)
def test_only_what_fits_every_filter_fits(asked: dict[str, Any], fits: bool) -> None:
    assert _search(**asked).fits(reading()) is fits

"""What hardly any meter shows is held until a person has looked at it, whoever confirms and whatever the project."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.kernel.errors import Conflict
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.plausibility import looks_like_error_code
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.tenancy.domain import Project
from tests.support.examples import (
    ENTRY,
    FIFTH,
    NOVEMBER,
    NOW,
    OCTOBER,
    WATERWORKS,
    connection,
    with_settings,
)

_AT_ONCE = with_settings(WATERWORKS, confirmation="none")
_NEVER_READ = connection(last_value=Decimal(0), last_read_on=None, last_period=None, uses=())
_USUAL_6 = connection(uses=(PastUse(OCTOBER, Decimal(6), 30),))


def _take(
    value: str,
    of: Connection,
    *,
    project: Project = _AT_ONCE,
    of_class: str | None = None,
    rolled_over: bool = False,
) -> Reading:
    return rules.record_reading(
        project,
        of,
        MeterValue(Decimal(value), FIFTH, rolled_over),
        today=FIFTH,
        entry=ENTRY,
        of_class=None if of_class is None else Decimal(of_class),
    )


@pytest.mark.parametrize("project", [_AT_ONCE, WATERWORKS])
def test_b38_a_meters_error_code_is_held_though_it_is_a_first_use(project: Project) -> None:
    held = _take("16777.215", _NEVER_READ, project=project)
    assert (held.state, held.confirmed_by, held.confirmed_at) == ("held", None, None)
    assert held.reason == "16777.215 is what meters and radio modules send when they can't read the register"
    assert not held.counts


@pytest.mark.parametrize("value", ["65535", "6553.5", "16777215", "2147483647", "4294967.295", "999999", "99999.99"])
def test_error_codes_are_the_largest_numbers_of_counters_and_nothing_but_nines(value: str) -> None:
    assert looks_like_error_code(Decimal(value))


@pytest.mark.parametrize("value", ["0", "6553", "65536", "99999", "999998"])
def test_other_values_are_no_error_codes(value: str) -> None:
    assert not looks_like_error_code(Decimal(value))


def test_what_looks_like_an_error_code_is_taken_where_the_use_is_small() -> None:
    assert _take("65535", connection(last_value=Decimal(65_520))).state == "confirmed"


@pytest.mark.parametrize(
    ("of", "value", "of_class", "held"),
    [
        (_USUAL_6, "200", None, False),  # ten times the usual 6
        (_USUAL_6, "200.001", None, True),
        (_USUAL_6, "200.001", "100", True),  # its own use counts, not its class's
        (replace(_USUAL_6, uses=(PastUse(OCTOBER, Decimal(1), 30),)), "160", None, False),  # 20 is never amiss
        (replace(_USUAL_6, uses=(PastUse(OCTOBER, Decimal(1), 30),)), "160.001", None, True),
        (_NEVER_READ, "1000", None, False),  # of a first use nothing is known
        (_NEVER_READ, "1000.001", None, True),
        (_NEVER_READ, "60", "6", False),
        (_NEVER_READ, "60.001", "6", True),
    ],
)
def test_more_than_ten_times_the_usual_use_is_held(
    of: Connection, value: str, of_class: str | None, *, held: bool
) -> None:
    assert (_take(value, of, of_class=of_class).state == "held") is held


@pytest.mark.parametrize("value", ["90140", "88888888"])
def test_d3_after_a_month_without_use_a_use_is_compared_with_the_year_or_the_class(value: str) -> None:
    year = tuple(PastUse(OCTOBER.shifted(at - 3), Decimal(use), 30) for at, use in enumerate((6, 7, 6, 0)))
    held = _take(value, connection(uses=year))
    assert held.state == "held"
    assert "more than 10 times the usual use of this connection in the year before, 6 a round" in str(held.reason)
    empty = _take(value, connection(uses=(PastUse(OCTOBER, Decimal(0), 30),)), of_class="6")
    assert empty.state == "held"
    assert "the usual use of the class residential, 6 a round" in str(empty.reason)
    assert _take(value, connection(uses=(PastUse(OCTOBER, Decimal(0), 30),))).state == "held"


def test_d4_a_digit_too_many_is_held_and_so_is_the_rollover_that_would_undo_it() -> None:
    usual = connection(last_value=Decimal(2870), uses=(PastUse(OCTOBER, Decimal(20), 30),), meter_digits=5)
    typed = _take("28900", usual)
    assert (typed.state, typed.usage) == ("held", Decimal(26_030))
    after = replace(usual, last_value=Decimal(28_900))  # as if somebody had confirmed it
    undone = _take("2930", after, rolled_over=True)
    assert (undone.state, undone.usage) == ("held", Decimal(74_030))
    assert undone.reason == "its register would have started again and counted 74030; that is hardly possible"


def test_the_use_of_several_rounds_is_compared_round_by_round() -> None:
    unread = connection(last_period=OCTOBER.shifted(-4), last_read_on=date(2025, 6, 5))
    unread = replace(unread, uses=(PastUse(OCTOBER.shifted(-4), Decimal(10), 30),))
    assert _take("640", unread).state == "confirmed"  # 500 in five rounds
    assert _take("641", unread).state == "held"


@pytest.mark.parametrize("purpose", ["building", "common_area"])
def test_what_is_never_billed_is_never_held(purpose: str) -> None:
    assert _take("9999", connection(purpose=purpose)).state == "confirmed"


def test_what_a_former_system_has_billed_is_never_held() -> None:
    entry = replace(ENTRY, source="migrated")
    taken = rules.record_reading(WATERWORKS, _USUAL_6, MeterValue(Decimal(9999), FIFTH), today=FIFTH, entry=entry)
    assert taken.state == "confirmed"


def test_a_held_reading_counts_once_a_person_has_confirmed_it() -> None:
    held = _take("1340", _USUAL_6)
    confirmed = rules.confirm(_AT_ONCE, held, _USUAL_6, by="admin", at=NOW)
    assert (confirmed.state, confirmed.confirmed_by, confirmed.usage) == ("confirmed", "admin", Decimal(1200))
    assert rules.advanced(_USUAL_6, confirmed).uses[-1] == PastUse(NOVEMBER, Decimal(1200), 31)


def test_a_held_reading_that_is_corrected_is_looked_at_as_if_it_were_new() -> None:
    held = _take("1340", _USUAL_6)
    said: dict[str, Any] = {"today": FIFTH, "entry": ENTRY}
    better = rules.correct(_AT_ONCE, held, _USUAL_6, MeterValue(Decimal(146), FIFTH), **said)
    assert (better.state, better.reason, better.usage, better.version) == ("confirmed", None, Decimal(6), 1)
    as_bad = rules.correct(_AT_ONCE, held, _USUAL_6, MeterValue(Decimal(1341), FIFTH), **said)
    assert (as_bad.state, as_bad.usage) == ("held", Decimal(1201))


def test_a_confirmed_reading_is_not_corrected_to_an_implausible_one() -> None:
    confirmed = _take("146", _USUAL_6)
    after = rules.advanced(_USUAL_6, confirmed)
    with pytest.raises(Conflict, match=r"more than 10 times the usual use .* withdraw") as refusal:
        rules.correct(_AT_ONCE, confirmed, after, MeterValue(Decimal(1340), FIFTH), today=FIFTH, entry=ENTRY)
    assert refusal.value.code == "implausible-reading"

"""What an entry of the audit log says, and what it refuses to say."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.audit.domain import ACTIONS, MAX_DAYS, Entry, Filters, audit_facts, filters_of, new_entry
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.kernel.period import Period

_AT = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
_TODAY = date(2025, 11, 5)


def _entry(
    *, before: dict[str, object] | None = None, after: dict[str, object] | None = None, action: str = "area.opened"
) -> Entry:
    return new_entry(
        at=_AT,
        action=action,
        actor=("01J", "admin"),
        subject=("thing", "1"),
        project="water",
        before=before or {},
        after=after or {},
        request_id="r1",
    )


def test_only_what_changed_is_kept() -> None:
    entry = _entry(before={"area": "A", "status": "active"}, after={"area": "B", "status": "active"})
    assert (entry.before, entry.after) == ({"area": "A"}, {"area": "B"})


def test_a_field_that_comes_or_goes_stands_on_one_side() -> None:
    entry = _entry(before={"run": "1", "due": None}, after={"run": None, "due": _TODAY})
    assert (entry.before, entry.after) == ({"run": "1"}, {"due": "2025-11-05"})


def test_values_are_short_text() -> None:
    facts = {"a": Decimal("10.50"), "b": Period(2025, 11), "c": True, "d": ("x", 1), "e": _AT, "f": 3, "g": None}
    assert audit_facts(facts) == {
        "a": "10.5",
        "b": "2025-11",
        "c": "yes",
        "d": "x, 1",
        "e": "2025-11-05T02:30:00.000Z",
        "f": "3",
    }


def test_a_long_text_is_cut() -> None:
    assert len(audit_facts({"a": "x" * 5_000})["a"]) == 700


@pytest.mark.parametrize("field", ["password", "email", "phone", "first_name", "token", "secret", "login", "address"])
def test_nothing_that_says_who_somebody_is_or_lets_somebody_in_can_be_written(field: str) -> None:
    with pytest.raises(AssertionError, match=field):
        _entry(after={field: "x"})


@pytest.mark.parametrize("value", [1.5, object(), {"a": 1}, b"x"])
def test_a_value_without_a_short_form_is_a_mistake(value: object) -> None:
    with pytest.raises(AssertionError):
        audit_facts({"a": value})


def test_too_many_fields_are_a_mistake() -> None:
    with pytest.raises(AssertionError):
        audit_facts({f"f{number}": number for number in range(25)})


@pytest.mark.parametrize("action", ["", "area", "Area.opened", "area.flooded"])
def test_an_action_that_is_not_listed_is_a_mistake(action: str) -> None:
    with pytest.raises(AssertionError, match="ACTIONS"):
        _entry(action=action)


def test_an_action_is_a_thing_and_what_was_done_to_it() -> None:
    assert [one for one in ACTIONS if not re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", one)] == []


def test_the_same_deed_has_the_same_id_and_another_another() -> None:
    first, second, other = _entry(after={"a": 1}), _entry(after={"a": 1}), _entry(after={"a": 2})
    assert first.id == second.id != other.id
    assert first.place == f"2025-11-05T02:30:00.000Z#{first.id}"


def _filters(**asked: Any) -> Filters:  # noqa: ANN401
    nothing: dict[str, Any] = dict.fromkeys(("first_day", "last_day", "actor_id", "action", "project_id"))
    return filters_of(today=_TODAY, **(nothing | {"subject": (None, None)} | asked))


def test_without_days_the_year_that_ends_today_is_meant() -> None:
    filters = filters_of(
        today=_TODAY, first_day=None, last_day=None, actor_id=None, action=None, project_id=None, subject=(None, None)
    )
    assert (filters.first_day, filters.last_day) == (_TODAY - timedelta(days=MAX_DAYS - 1), _TODAY)


@pytest.mark.parametrize(
    ("first", "last"), [(date(2025, 11, 6), _TODAY), (date(2024, 1, 1), _TODAY), (date(2025, 12, 1), _TODAY)]
)
def test_days_in_the_wrong_order_or_more_than_a_year_apart_are_refused(first: date, last: date) -> None:
    with pytest.raises(Invalid, match="give at most 366 days, and no from after to"):
        filters_of(
            today=_TODAY,
            first_day=first,
            last_day=last,
            actor_id=None,
            action=None,
            project_id=None,
            subject=(None, None),
        )


@pytest.mark.parametrize("subject", [("reading", None), (None, "1")])
def test_half_a_subject_is_refused(subject: tuple[str | None, str | None]) -> None:
    with pytest.raises(Invalid, match="together"):
        filters_of(
            today=_TODAY, first_day=None, last_day=None, actor_id=None, action=None, project_id=None, subject=subject
        )


def test_what_lies_in_a_project_is_found_there_by_its_own_id() -> None:
    assert _filters(project_id="water", subject=("bill", "2025-11.1.1")).subject == ("bill", "water.2025-11.1.1")
    assert _filters(project_id="water", subject=("user", "01J")).subject == ("user", "01J")
    with pytest.raises(Invalid, match="give the project"):
        _filters(subject=("bill", "2025-11.1.1"))


def test_amounts_are_written_with_their_point_and_never_in_minor_units() -> None:
    assert _entry(after={"total": Money(27500, "PHP")}).after == {"total": "275.00"}
    with pytest.raises(AssertionError, match="as Money"):
        _entry(after={"total_minor": 27500})

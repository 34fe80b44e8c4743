"""Class, tariff and facts of a connection hold from a day, and a bill goes by those of its first day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import Connection, ConnectionTerms, RatingFacts
from chalicelib.connections.domain.changes import (
    MAX_FORMER_TERMS,
    FactChanges,
    TermChanges,
    changed_from,
    first_day_of_change,
)
from chalicelib.connections.domain.connection import FormerConsumer, taken_over
from chalicelib.connections.domain.terms import differences, spans_of_terms, terms_changed, with_differences
from chalicelib.consumers.domain import Consumer
from chalicelib.kernel.errors import Conflict, Invalid
from tests.support.examples import NOW, connection

TODAY = date(2026, 10, 20)
BEN = Consumer("ben", "Ben", "Reyes", None, None, None, NOW, "print")


def _changed(
    of: Connection, since: date | None, *, facts: FactChanges | None = None, today: date = TODAY, **terms: str
) -> Connection:
    return changed_from(of, TermChanges(**terms), facts or {}, since=since, today=today)  # type: ignore[typeddict-item]


def _classes(of: Connection) -> list[tuple[str, str]]:
    return [(str(each.since), each.terms.consumer_class) for each in spans_of_terms(of.former_terms, of.terms)]


def test_a_change_holds_from_its_day_on() -> None:
    shop = _changed(connection(), date(2026, 10, 6), consumer_class="commercial")
    assert shop.consumer_class == "commercial"
    assert shop.terms_on(date(2026, 10, 5)).consumer_class == "residential"
    assert shop.terms_on(date(2026, 10, 6)).consumer_class == "commercial"
    assert shop.terms_on(None) == shop.terms
    assert shop.terms_on(date(1900, 1, 1)).consumer_class == "residential"


def test_a_change_of_an_earlier_day_leaves_what_was_changed_since() -> None:
    shop = _changed(connection(), date(2026, 3, 1), consumer_class="commercial")
    factory = _changed(shop, date(2026, 2, 1), consumer_class="industrial")
    assert _classes(factory) == [("None", "residential"), ("2026-02-01", "industrial"), ("2026-03-01", "commercial")]
    senior = _changed(factory, date(2026, 1, 1), facts={"flags": ("senior",)})
    assert [each.terms.facts.flags for each in senior.facts_history] == [(), ("senior",), ("senior",), ("senior",)]
    assert _classes(senior)[1:] == [
        ("2026-01-01", "residential"),
        ("2026-02-01", "industrial"),
        ("2026-03-01", "commercial"),
    ]


def test_a_change_that_is_undone_from_its_day_leaves_no_trace() -> None:
    shop = _changed(connection(), date(2026, 3, 1), consumer_class="commercial")
    assert _changed(shop, date(2026, 3, 1), consumer_class="residential") == connection()
    assert _changed(connection(), TODAY, consumer_class="residential") == connection()


def test_a_connection_that_was_never_read_is_corrected_from_the_beginning() -> None:
    new, read = connection(taken=False), connection()
    assert first_day_of_change(new, None, today=TODAY) is None
    assert first_day_of_change(read, None, today=TODAY) == TODAY
    assert first_day_of_change(new, date(2026, 10, 1), today=TODAY) == date(2026, 10, 1)
    assert _changed(new, None, consumer_class="commercial").former_terms == ()
    handed = replace(new, former=(FormerConsumer("ana", "Ana", date(2026, 10, 5)),))
    assert first_day_of_change(handed, None, today=TODAY) == date(2026, 10, 5)


def test_a_change_may_be_entered_a_year_ahead() -> None:
    assert first_day_of_change(connection(), TODAY + timedelta(days=366), today=TODAY)
    with pytest.raises(Invalid, match="give 2027-10-21 at the latest"):
        first_day_of_change(connection(), TODAY + timedelta(days=367), today=TODAY)


FACTS = RatingFacts(
    meter_size="1",
    flags=("senior",),
    persons=4,
    place_flags=("floodZone",),
    measures={"contractedKw": Decimal(5)},
)


def test_facts_of_a_person_end_with_the_handover_and_those_of_the_place_stay() -> None:
    theirs = taken_over(connection(facts=FACTS), BEN, date(2026, 10, 5))
    assert theirs.terms_on(date(2026, 10, 4)).facts == FACTS
    assert theirs.terms_on(date(2026, 10, 5)).facts == replace(FACTS, flags=(), persons=None)
    assert theirs.facts.all_flags == {"floodZone"}
    assert FACTS.all_measures == {"contractedKw": 5, "persons": 4}


def test_a_handover_without_facts_of_a_person_keeps_nothing() -> None:
    plain = connection(facts=replace(FACTS, flags=(), persons=None))
    assert taken_over(plain, BEN, date(2026, 10, 5)).former_terms == ()


def test_a_fact_of_a_former_holder_that_is_entered_late_ends_with_them() -> None:
    theirs = taken_over(connection(), BEN, date(2026, 10, 5))
    late = _changed(theirs, date(2026, 9, 1), facts={"flags": ("senior",), "place_flags": ("floodZone",)})
    said = [(str(each.since), sorted(each.terms.facts.all_flags)) for each in late.facts_history]
    assert said == [
        ("None", []),
        ("2026-09-01", ["floodZone", "senior"]),
        ("2026-10-05", ["floodZone"]),
    ]
    assert late.as_its_holder_sees_it().former_terms == ()


def test_a_fact_entered_for_a_later_day_ends_with_the_holder_too() -> None:
    coming = _changed(connection(), date(2027, 1, 1), facts={"flags": ("senior",)})
    assert taken_over(coming, BEN, date(2026, 10, 5)).facts.flags == ()


def test_measures_change_one_by_one() -> None:
    known = connection(facts=FACTS)
    other = _changed(known, TODAY, facts={"measures": {"stormArea": Decimal("120.5"), "contractedKw": None}})
    assert other.facts.measures == {"stormArea": Decimal("120.5")}
    with pytest.raises(Invalid, match="16 measures at most"):
        _changed(known, TODAY, facts={"measures": {f"m{n}": Decimal(n) for n in range(16)}})


def _monthly(count: int, *, first: date, today: date = TODAY) -> Connection:
    """Return a connection whose persons changed every 30 days."""
    of = connection()
    for n in range(count):
        of = _changed(of, first + timedelta(days=30 * n), facts={"persons": n}, today=today)
    return of


def test_changes_of_two_years_are_kept_and_another_is_refused() -> None:
    full = _monthly(MAX_FORMER_TERMS, first=date(2024, 11, 1))
    assert len(full.former_terms) == MAX_FORMER_TERMS
    with pytest.raises(Conflict, match="has changed 24 times since 2024-10-20: undo one of these changes"):
        _changed(full, date(2026, 10, 25), facts={"persons": 99})


def test_what_was_before_the_first_of_more_changes_is_dropped_when_two_years_have_passed() -> None:
    full = _monthly(MAX_FORMER_TERMS, first=date(2024, 10, 1))
    more = _changed(full, date(2026, 10, 25), facts={"persons": 99})
    assert len(more.former_terms) == MAX_FORMER_TERMS
    assert more.terms_on(date(2024, 9, 30)).facts.persons == 0  # the earliest that is known
    assert more.former_terms[1:-1] == full.former_terms[2:]


# A change: of one fact, from a day or the beginning.
_DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 20))
_CHANGE = st.tuples(st.sampled_from(["class", "tariff", "flags"]), st.sampled_from(["", "a", "b"]), _DAYS)


@given(st.lists(_CHANGE, max_size=8))
def test_each_fact_is_what_was_said_for_its_day_until_the_next_change_of_it(
    changes: list[tuple[str, str, date | None]],
) -> None:
    days = [date(2025, 12, 31) + timedelta(days=n) for n in range(22)]
    spans = spans_of_terms((), ConnectionTerms("a"))
    told = {day: {"class": "a", "tariff": "", "flags": ""} for day in days}
    for name, text, since in changes:
        spans = terms_changed(spans, {name: text}, since=since)
        first = days.index(since) if since else 0
        was = told[days[first]][name]
        for day in days[first:]:
            if told[day][name] != was:
                break
            told[day][name] = text
    former = [each for each in spans if each.until]
    for day, said in told.items():
        terms = next((each.terms for each in former if each.until and day < each.until), spans[-1].terms)
        assert terms == ConnectionTerms.from_short(said)
    assert all(older.terms != newer.terms for older, newer in pairwise(spans))


_FACTS = st.builds(
    RatingFacts,
    meter_size=st.none() | st.just("3/4"),
    dwelling_units=st.sampled_from([Decimal(1), Decimal("2.5")]),
    winter_average=st.none() | st.just(Decimal(0)),
    flags=st.sampled_from([(), ("a", "b c")]),
    persons=st.none() | st.integers(0, 9),
    place_flags=st.sampled_from([(), ("p",)]),
    measures=st.dictionaries(st.sampled_from(["kw", "storm.area"]), st.just(Decimal("1.5"))),
)
_TERMS = st.builds(ConnectionTerms, st.sampled_from(["a", "b"]), st.none() | st.just("t"), _FACTS)


@given(_TERMS, _TERMS)
def test_terms_are_stored_as_their_differences(newer: ConnectionTerms, older: ConnectionTerms) -> None:
    assert ConnectionTerms.from_short(newer.short()) == newer
    assert with_differences(newer, differences(newer, older)) == older

"""Numbers go into the table and come out exactly; a float never gets in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.period import Period
from chalicelib.platform.dynamo import (
    DayAttribute,
    DecimalAttribute,
    DocumentAttribute,
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    JsonAttribute,
    LiteralAttribute,
    NumbersAttribute,
    PeriodAttribute,
    TextsAttribute,
    WordsAttribute,
)


@pytest.mark.parametrize("value", [25.0, 25.06, float("nan"), True, "25", Decimal(25), None])
def test_a_whole_number_is_nothing_but_an_int(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError):
        IntAttribute().serialize(value)


@pytest.mark.parametrize("value", [25.06, 25, "25.06", None])
def test_a_decimal_is_nothing_but_a_decimal(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError):
        DecimalAttribute().serialize(value)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_stored(value: str) -> None:
    with pytest.raises(ValueError, match="no finite decimal"):
        DecimalAttribute().serialize(Decimal(value))


@given(st.integers())
def test_a_whole_number_of_any_size_comes_back_the_same(value: int) -> None:
    stored = IntAttribute().serialize(value)
    back = IntAttribute().deserialize(stored)
    assert (back, type(back)) == (value, int)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6, allow_nan=False, allow_infinity=False))
def test_a_decimal_comes_back_the_same_and_is_stored_without_exponent(value: Decimal) -> None:
    stored = DecimalAttribute().serialize(value)
    assert "E" not in stored.upper()
    back = DecimalAttribute().deserialize(stored)
    assert (back, type(back)) == (value, Decimal)


def test_a_fraction_in_a_stored_document_comes_back_as_a_decimal() -> None:
    back = JsonAttribute().deserialize('{"rate":22.50,"count":3}')
    assert back == {"rate": Decimal("22.50"), "count": 3}
    assert type(back["rate"]) is Decimal


@pytest.mark.parametrize("value", [{"rate": 22.5}, [1, [float("inf")]], float("nan")])
def test_a_float_does_not_get_into_a_stored_document(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError):
        JsonAttribute().serialize(value)


def test_days_instants_and_periods_come_back_the_same() -> None:
    day, instant, period = date(2025, 11, 5), datetime(2025, 11, 5, 2, 30, 0, 1000, tzinfo=UTC), Period(2025, 11)
    assert DayAttribute().deserialize(DayAttribute().serialize(day)) == day
    assert InstantAttribute().deserialize(InstantAttribute().serialize(instant)) == instant
    assert PeriodAttribute().deserialize(PeriodAttribute().serialize(period)) == period


def test_a_literal_is_one_of_its_words_read_or_written() -> None:
    state = LiteralAttribute(Literal["open", "done"], attr_name="st")
    assert state.deserialize(state.serialize("open")) == "open"
    with pytest.raises(ValueError, match="st: 'gone' is none of open, done"):
        state.deserialize("gone")
    with pytest.raises(ValueError, match="st: 'gone' is none of open, done"):
        state.serialize("gone")  # type: ignore[arg-type]


def test_a_flag_is_one_or_zero_and_where_it_may_be_absent_one_or_nothing() -> None:
    always, perhaps = FlagAttribute(), FlagAttribute(null=True)
    assert [always.serialize(value) for value in (True, False)] == ["1", "0"]
    assert [perhaps.serialize(value) for value in (True, False)] == ["1", None]
    assert [always.deserialize("1"), always.deserialize("0")] == [True, False]


@pytest.mark.parametrize("value", [(), ("Poblacion",), ("P,1", 'the "old" one', "Peña")])
def test_texts_come_back_the_same_and_in_their_order(value: tuple[str, ...]) -> None:
    assert TextsAttribute().deserialize(TextsAttribute().serialize(value)) == value


def test_words_are_stored_with_commas_and_absent_if_there_are_none() -> None:
    words = WordsAttribute()
    assert (words.serialize(("late", "no_use")), words.serialize(())) == ("late,no_use", None)
    assert words.deserialize("late,no_use") == ("late", "no_use")


@dataclass(frozen=True, slots=True)
class Counts:
    accepted: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rates: tuple[Decimal, ...]
    counts: Counts = Counts(0)


def test_numbers_are_stored_in_the_order_of_the_fields() -> None:
    numbers = NumbersAttribute(Counts)
    assert numbers.serialize(Counts(12, 3)) == "[12,3]"
    assert numbers.deserialize("[12,3]") == Counts(12, 3)
    assert numbers.deserialize("[12]") == Counts(12)


def test_a_document_comes_back_as_what_it_was_and_anything_else_is_refused() -> None:
    document = DocumentAttribute(Sheet)
    sheet = Sheet("Residential", (Decimal("22.50"), Decimal(5)), Counts(1, 2))
    assert document.deserialize(document.serialize(sheet)) == sheet
    assert document.deserialize('{"name":"Residential","rates":[]}') == Sheet("Residential", ())
    with pytest.raises(ValueError, match="rates"):
        document.deserialize('{"name":"Residential"}')

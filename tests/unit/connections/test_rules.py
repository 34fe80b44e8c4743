"""Connections as the project's settings have them, and how account numbers are made."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import (
    PastUse,
    RegisterState,
    account_number,
    account_sequence,
    advance,
    check_connection,
    normalised_meter,
)
from chalicelib.connections.domain.connection import taken_over
from chalicelib.consumers.domain import Consumer
from chalicelib.kernel.errors import Invalid
from chalicelib.tenancy.domain import Project
from tests.support.examples import CONDOMINIUM, FIFTH, NOVEMBER, NOW, WATERWORKS, connection


@pytest.mark.covers("S3-072", "S3-077")
@pytest.mark.parametrize(
    ("day", "number", "account"),
    [
        (date(2025, 11, 1), 1, "2025110001"),
        (date(2025, 11, 30), 2, "2025110002"),
        (date(2025, 12, 1), 1, "2025120001"),
        (date(2025, 11, 1), 9999, "2025119999"),
        (date(2025, 11, 1), 10000, "20251110000"),
    ],
)
def test_an_account_number_is_the_month_and_a_number(day: date, number: int, account: str) -> None:
    assert account_number(day, number) == account


@pytest.mark.covers("S3-072")
def test_account_numbers_start_anew_each_month() -> None:
    assert account_sequence(date(2025, 11, 1)) == account_sequence(date(2025, 11, 30))
    assert account_sequence(date(2025, 11, 30)) != account_sequence(date(2025, 12, 1))


@pytest.mark.parametrize(
    ("number", "unique"), [(" wm-101-2025 ", "WM-101-2025"), ("SM.1_a", "SM.1_A"), ("bd  4512/19", "BD 4512/19")]
)
def test_a_meter_number_is_unique_however_it_is_typed(number: str, unique: str) -> None:
    assert normalised_meter(number) == unique


@pytest.mark.parametrize("number", ["", " ", "#", "a#b", "/1", "a\tb", "ß", "１"])
def test_what_is_no_meter_number_is_refused(number: str) -> None:
    with pytest.raises(Invalid, match="a meter number must be"):
        normalised_meter(number)


@pytest.mark.parametrize(
    ("project", "consumer_class", "consumer_id", "account", "code"),
    [
        (WATERWORKS, "industrial", "c", None, "unknown-class"),
        (WATERWORKS, "Residential", "c", None, "unknown-class"),
        (WATERWORKS, "residential", None, None, "consumer-missing"),
        (WATERWORKS, "residential", "", None, "consumer-missing"),
        (WATERWORKS, "residential", "c", "101", "account-given"),
        (CONDOMINIUM, "unit", None, None, "account-missing"),
        (CONDOMINIUM, "unit", None, "", "bad-number"),
        (CONDOMINIUM, "unit", None, "1#1", "bad-number"),
    ],
)
@pytest.mark.covers("S0-020", "S1-018", "S3-098")
def test_a_connection_that_the_settings_do_not_allow_is_refused(
    project: Project, consumer_class: str, consumer_id: str | None, account: str | None, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_connection(project, consumer_class=consumer_class, consumer_id=consumer_id, given_account=account)
    assert refusal.value.code == code


def test_a_connection_that_the_settings_allow_passes() -> None:
    check_connection(WATERWORKS, consumer_class="commercial", consumer_id="c", given_account=None)
    check_connection(CONDOMINIUM, consumer_class="unit", consumer_id=None, given_account="101")


@pytest.mark.covers("S1-021", "S1-022")
def test_a_confirmed_reading_moves_the_connection_on_and_nothing_else() -> None:
    before = connection()
    uses = (*before.uses, PastUse(NOVEMBER, Decimal(10), 31))
    after = advance(before, RegisterState(Decimal(150), None, None), read_on=FIFTH, period=NOVEMBER, uses=uses)
    assert (after.last_value, after.uses) == (Decimal(150), uses)
    assert (after.last_read_on, after.last_period) == (FIFTH, NOVEMBER)
    assert after.version == before.version + 1
    assert after.initial_reading == before.initial_reading


@given(st.lists(st.integers(0, 40), max_size=30))
def test_each_day_of_a_connection_is_known_whose_it_was_however_often_it_is_handed_over(offsets: list[int]) -> None:
    """F13: nobody is forgotten. A day is whose it was first handed over by; at most one entry is kept for a day."""
    first = date(2025, 11, 1)
    handed, all_former = connection(), []
    for number, offset in enumerate(sorted(offsets)):
        taker = Consumer(f"taker-{number}", "Ana", "Reyes", None, None, None, NOW, "print")
        all_former.append((handed.consumer_id, first + timedelta(offset)))
        handed = taken_over(handed, taker, first + timedelta(offset))

    for offset in range(42):
        day = first + timedelta(offset)
        expected = next((consumer for consumer, until in all_former if day <= until), handed.consumer_id)
        assert handed.consumer_on(day) == expected
    assert len(handed.former) <= len(set(offsets))


def test_a_handover_lies_after_the_one_before() -> None:
    taker = Consumer("taker", "Ana", "Reyes", None, None, None, NOW, "print")
    handed = taken_over(connection(), taker, FIFTH)
    with pytest.raises(Invalid, match="it was handed over on 2025-11-05; give that day or a later one") as refusal:
        taken_over(handed, Consumer("next", "Eva", "Luna", None, None, None, NOW, "print"), FIFTH - timedelta(1))
    assert refusal.value.code == "wrong-order"

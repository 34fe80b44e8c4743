"""The rules of cashier sessions, without a table."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cashiers.domain import (
    CashHandover,
    CashierSession,
    Closing,
    MethodTotals,
    Movement,
    check_cash,
    parse_session_id,
    sum_of_pieces,
    totals_of,
)
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.money import LARGEST_MINOR

AT = datetime(2025, 11, 10, tzinfo=UTC)
MORNING = CashierSession(
    id="S1",
    desk="MAIN",
    cashier="lita",
    currency="PHP",
    float_minor=10000,
    opened_on=date(2025, 11, 10),
    opened_at=AT,
)

_movements = st.lists(
    st.builds(
        Movement,
        flow=st.sampled_from(["taken", "reversed", "refunded"]),
        method=st.sampled_from(["cash", "check", "upi"]),
        amount=st.integers(1, 10**9),
        change=st.integers(0, 10**6),
    ),
    max_size=30,
)


@given(_movements, st.integers(0, 10**9))
def test_the_expected_cash_is_the_float_and_what_was_taken_in_cash_and_kept(
    movements: list[Movement], opening: int
) -> None:
    session = replace(MORNING, float_minor=opening, totals=totals_of(movements))
    cash = [each.amount if each.flow == "taken" else -each.amount for each in movements if each.method == "cash"]
    assert session.expected_minor == opening + sum(cash)


@given(_movements)
def test_totals_count_every_movement_once_in_any_order(movements: list[Movement]) -> None:
    totals = totals_of(movements)
    assert totals == totals_of(reversed(movements))
    assert [each.method for each in totals] == sorted({each.method for each in movements})
    counts = sum(each.taken_count + each.reversed_count + each.refunded_count for each in totals)
    assert counts == len(movements)
    assert sum(each.change for each in totals) == sum(each.change for each in movements)


def closed(counted: int, reason: str | None = None) -> CashierSession:
    return MORNING.closed(Closing(id="C1", counted=counted, reason=reason, by="lita", at=AT))


def test_a_difference_has_a_reason_and_none_needs_none() -> None:
    assert (closed(10000).difference_minor, MORNING.difference_minor) == (0, None)
    assert closed(9999, "Lost a cent").difference_minor == -1
    with pytest.raises(Invalid, match=r"99\.99 was counted and 100\.00 is expected"):
        closed(9999)
    with pytest.raises(Conflict, match="is closed"):
        closed(10000).closed(Closing(id="C2", counted=10000, reason=None, by="lita", at=AT))


def test_a_session_is_open_then_closed_then_handed_over_then_accepted() -> None:
    given_to = CashHandover(id="H1", to="maria", amount=10000, by="lita", at=AT)
    handed = closed(10000).handed_over(given_to)
    accepted = handed.accepted(at=AT)
    assert [each.status for each in (MORNING, closed(10000), handed, accepted)] == [
        "open",
        "closed",
        "handed_over",
        "accepted",
    ]
    assert [each.version for each in (MORNING, closed(10000), handed, accepted)] == [0, 1, 2, 3]
    with pytest.raises(Conflict) as refused:
        accepted.handed_over(given_to)
    assert refused.value.code == "cash-accepted"


def test_notes_and_coins_add_up() -> None:
    assert sum_of_pieces({100000: 2, 25: 3}) == 200075
    assert sum_of_pieces({}) == 0
    for wrong in ({0: 1}, {-100: 1}):
        with pytest.raises(Invalid):
            sum_of_pieces(wrong)


def test_cash_is_bounded() -> None:
    check_cash(0, "PHP", field="float")
    check_cash(LARGEST_MINOR, "PHP", field="float")
    for wrong in (-1, LARGEST_MINOR + 1):
        with pytest.raises(Invalid):
            check_cash(wrong, "PHP", field="float")


def test_a_new_method_begins_at_zero() -> None:
    moved = Movement(flow="refunded", method="cash", amount=5)
    assert totals_of([moved]) == (MethodTotals(method="cash", refunded_count=1, refunded=5),)


def test_an_id_that_is_none_is_not_found() -> None:
    with pytest.raises(NotFound):
        parse_session_id("TILL")

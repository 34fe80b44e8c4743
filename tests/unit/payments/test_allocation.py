"""How money is divided among bills: what is named gets what is named, and the rest goes to the oldest."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError
from chalicelib.kernel.money import Money
from chalicelib.payments.domain import Allocation, Due, allocate
from chalicelib.tenancy.domain import PaymentSettings

PARTS = PaymentSettings()
WHOLE = replace(PARTS, part_payments=False)
CREDIT = replace(PARTS, overpayment="credit")
OLD, NEW = Due("old", 100_00, ("2025-10-20",)), Due("new", 50_00, ("2025-11-20",))


def _allocate(
    settings: PaymentSettings, amount: int | None, *dues: Due, stated: dict[str, int] | None = None
) -> Allocation:
    money = None if amount is None else Money(amount, "PHP")
    return allocate(dues or (NEW, OLD), stated or {}, money, settings, currency="PHP")


def _code(settings: PaymentSettings, amount: int | None, *dues: Due, stated: dict[str, int] | None = None) -> str:
    with pytest.raises((Invalid, Conflict)) as refused:
        _allocate(settings, amount, *dues, stated=stated)
    return refused.value.code


def test_the_oldest_bill_is_paid_first() -> None:
    assert _allocate(PARTS, 120_00) == Allocation({"old": 100_00, "new": 20_00})
    assert _allocate(PARTS, 60_00) == Allocation({"old": 60_00})


def test_without_an_amount_all_that_is_due_is_paid() -> None:
    assert _allocate(WHOLE, None) == Allocation({"old": 100_00, "new": 50_00})


def test_a_bill_that_is_named_with_its_part_gets_it_before_older_ones() -> None:
    assert _allocate(PARTS, 60_00, stated={"new": 40_00}) == Allocation({"new": 40_00, "old": 20_00})
    assert _allocate(PARTS, None, stated={"new": 40_00}) == Allocation({"new": 40_00, "old": 100_00})


def test_more_than_is_due_is_refused_or_left_for_credit() -> None:
    assert _code(PARTS, 150_01) == "above-due"
    assert _allocate(CREDIT, 150_01) == Allocation({"old": 100_00, "new": 50_00}, 1)
    assert _code(CREDIT, None, stated={"new": 50_01}) == "above-due"


def test_where_parts_are_not_taken_every_bill_is_paid_whole() -> None:
    assert _code(WHOLE, 149_99) == "no-part-payments"
    assert _code(WHOLE, 100_00) == "no-part-payments", "nothing is left for the second bill"
    assert _code(WHOLE, None, stated={"old": 99_99}) == "no-part-payments"
    assert _allocate(WHOLE, 150_00) == Allocation({"old": 100_00, "new": 50_00})


@pytest.mark.parametrize("due", [0, -1])
def test_a_bill_on_which_nothing_is_due_takes_nothing(due: int) -> None:
    assert _code(PARTS, 10_00, OLD, Due("paid", due, ("2025-09-20",))) == "nothing-due"


@pytest.mark.parametrize("part", [0, -1])
def test_a_part_is_more_than_nothing(part: int) -> None:
    assert _code(PARTS, None, stated={"old": part}) == "bad-amount"


def test_an_amount_that_its_parts_do_not_add_up_to_is_refused() -> None:
    both = {"old": 60_00, "new": 40_00}
    assert _allocate(PARTS, 100_00, stated=both) == Allocation(both)
    assert _code(PARTS, 99_99, stated=both) == "bad-amount"
    assert _code(CREDIT, 100_01, stated=both) == "bad-amount"
    assert _code(PARTS, 100_01, stated=both) == "above-due"
    assert _code(PARTS, 39_99, stated={"new": 40_00}) == "bad-amount"
    assert _allocate(CREDIT, 150_00, stated={"new": 40_00}) == Allocation({"new": 40_00, "old": 100_00}, 10_00)


_SETTINGS = st.builds(
    PaymentSettings, part_payments=st.booleans(), overpayment=st.sampled_from(["refuse", "change", "credit"])
)
_DUES = st.lists(st.integers(-1, 300), min_size=1, max_size=6)


@given(
    settings=_SETTINGS,
    minors=_DUES,
    stated=st.dictionaries(st.integers(0, 5), st.integers(-1, 300), max_size=3),
    amount=st.one_of(st.none(), st.integers(1, 1500)),
)
def test_whatever_is_divided_adds_up_and_no_bill_gets_more_than_is_due(
    settings: PaymentSettings, minors: list[int], stated: dict[int, int], amount: int | None
) -> None:
    dues = [Due(f"bill {at}", minor, (f"{at}",)) for at, minor in enumerate(minors)]
    named = {f"bill {at}": part for at, part in stated.items() if at < len(minors)}
    money = None if amount is None else Money(amount, "PHP")
    try:
        found = allocate(dues, named, money, settings, currency="PHP")
    except MeterbookError:
        return
    due = {each.bill_id: each.due_minor for each in dues}
    given_all = sum(found.parts.values()) + found.left_minor
    assert amount is None or given_all == amount
    assert all(0 < part <= due[bill_id] for bill_id, part in found.parts.items())
    assert all(found.parts.get(bill_id, 0) <= part for bill_id, part in named.items())
    assert not found.left_minor or settings.overpayment == "credit"
    if not settings.part_payments:
        assert found.parts == due
    unnamed = [each for each in dues if each.bill_id not in named]
    for older, newer in pairwise(unnamed):
        assert newer.bill_id not in found.parts or found.parts.get(older.bill_id) == older.due_minor

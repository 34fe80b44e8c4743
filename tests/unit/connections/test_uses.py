"""The past uses of a connection: added up by round, what is usual, and what is to be expected."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import PastUse
from chalicelib.connections.domain.uses import (
    MAX_USES,
    expected_use,
    pack_uses,
    unpack_uses,
    usual_use,
    with_use,
    without_use,
)
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from tests.support.examples import NOVEMBER, OCTOBER

_PARTS = st.dictionaries(
    st.sampled_from(["night", "demandKw"]), st.decimals(min_value=0, max_value=10**6, places=3), max_size=2
)
_USES = st.builds(
    PastUse,
    st.builds(Period, st.integers(2000, 2100), st.integers(1, 12)),
    st.decimals(min_value=0, max_value=10**9, places=3),
    st.none() | st.integers(1, 400),
    st.integers(0, 12),
    _PARTS,
)


def _use(period: Period, used: str, days: int | None = 30, rounds: int = 1, **parts: str) -> PastUse:
    return PastUse(period, Decimal(used), days, rounds, {name: Decimal(value) for name, value in parts.items()})


def _months(*used: str, until: Period = OCTOBER) -> tuple[PastUse, ...]:
    return tuple(_use(until.shifted(at + 1 - len(used)), use) for at, use in enumerate(used))


def test_a_year_and_its_month_of_the_year_before_are_remembered() -> None:
    uses: tuple[PastUse, ...] = ()
    for month in range(20):
        uses = with_use(uses, _use(Period(2024, 1).shifted(month), "10"))
    assert (len(uses), uses[0].period, uses[-1].period) == (MAX_USES, Period(2024, 8), Period(2025, 8))


def test_several_uses_of_a_round_are_one_use_and_of_peaks_the_highest_counts() -> None:
    uses = with_use((), _use(NOVEMBER, "1", 27, night="1", demandKw="40"))
    uses = with_use(uses, _use(NOVEMBER, "11", 4, 0, night="5", demandKw="30"), peaks=["demandKw"])
    assert uses == (_use(NOVEMBER, "12", 31, 1, night="6", demandKw="40"),)


def test_days_are_unknown_if_those_of_a_part_are() -> None:
    uses = with_use((_use(NOVEMBER, "1", None),), _use(NOVEMBER, "11", 4, 0))
    assert (uses[0].use, uses[0].days) == (Decimal(12), None)


def test_a_use_that_is_taken_back_leaves_what_was_there_before_it() -> None:
    before = _months("10", "12")
    first, second = _use(NOVEMBER, "1", 27, night="1", demandKw="40"), _use(NOVEMBER, "11", 4, 0, demandKw="50")
    one = with_use(before, first, peaks=["demandKw"])
    both = with_use(one, second, peaks=["demandKw"])
    assert without_use(both, second, peaks=["demandKw"], left={"demandKw": Decimal(40)}) == one
    assert without_use(one, first, peaks=["demandKw"]) == before


@pytest.mark.parametrize("uses", [(), _months("10")])
def test_a_use_that_was_never_remembered_is_not_taken_back(uses: tuple[PastUse, ...]) -> None:
    assert without_use(uses, _use(NOVEMBER, "3")) == uses


@given(st.lists(_USES.map(lambda use: use._replace(period=NOVEMBER)), min_size=2, max_size=6))
def test_counters_add_up_whatever_is_added_and_taken_back(added: list[PastUse]) -> None:
    """A round's first use is of one round, further ones of none."""
    first, *further = [use._replace(rounds=0 if at else 1, parts={}) for at, use in enumerate(added)]
    uses = with_use(_months("10"), first)
    for use in further:
        uses = with_use(uses, use)
    assert uses[-1].use == sum(use.use for use in (first, *further))
    for use in reversed(further):
        if use.days is not None and uses[-1].days is not None:
            assert without_use(uses, use)[-1].days == uses[-1].days - use.days
        uses = without_use(uses, use)
    assert (uses[-1].use, uses[-1].rounds) == (first.use, 1)
    assert without_use(uses, first) == _months("10")


@given(st.lists(_USES, min_size=1, max_size=MAX_USES))
def test_uses_come_out_of_the_table_as_they_were_put_in(uses: list[PastUse]) -> None:
    assert unpack_uses(pack_uses(uses)) == tuple(uses)


def test_uses_are_stored_as_a_short_text() -> None:
    uses = (_use(OCTOBER, "10", 31), _use(NOVEMBER, "24", None, 2, night="12"))
    assert pack_uses(uses) == "202510/31/10,202511//24x2/night=12"


@pytest.mark.parametrize(
    ("uses", "usual"),
    [
        ((), None),
        (_months("10"), "10"),
        (_months("10", "60", "12"), "12"),  # one odd month does not decide it
        (_months("10", "20"), "15"),
        ((_use(OCTOBER, "30", 61, 2),), "15"),  # two rounds together
        ((_use(OCTOBER.shifted(-11), "10"), _use(OCTOBER, "20")), "15"),  # November of last year is within the year
        ((_use(OCTOBER.shifted(-12), "10"), _use(OCTOBER, "20")), "20"),  # October of last year is not
        ((_use(OCTOBER, "10"), _use(NOVEMBER, "90")), "10"),  # of this round nothing
    ],
)
def test_the_usual_use_is_the_median_of_the_year_before(uses: tuple[PastUse, ...], usual: str | None) -> None:
    assert usual_use(uses, NOVEMBER) == (None if usual is None else Decimal(usual))


@pytest.mark.parametrize(
    ("uses", "days", "expected"),
    [
        (_months("10", "20", "30"), 30, "20"),
        (_months("99", "10", "20", "30"), 30, "20"),  # the last three
        (_months("10", "20", "30"), 45, "30"),  # by the day
        (_months("10", "20", "30"), None, "20"),
        ((_use(Period(2025, 7), "10"), _use(Period(2025, 8), "10"), _use(OCTOBER, "20", 60, 2)), 30, "10"),
        ((_use(Period(2025, 9), "60", None, 2), _use(OCTOBER, "10")), 15, "5"),  # by the use whose days are known
        ((_use(Period(2025, 9), "60", None, 2), _use(OCTOBER, "30", None)), 15, "30"),  # else by the round
        ((_use(Period(2024, 11), "40", 20), *_months("10", "10")), 30, "60"),  # as in this month of last year
        ((_use(Period(2024, 11), "40", 60, 2), *_months("10", "10")), 30, "15"),  # which was not read by itself
        (_months("1", "2"), 30, "2"),  # 1.5: half up, to whole units
    ],
)
def test_what_is_to_be_expected_of_days_is_as_last_year_or_as_the_last_three_uses(
    uses: tuple[PastUse, ...], days: int | None, expected: str
) -> None:
    assert expected_use(uses, NOVEMBER, days) == Decimal(expected)


def test_without_any_use_nothing_is_to_be_expected() -> None:
    with pytest.raises(Invalid) as refusal:
        expected_use((), NOVEMBER, 30)
    assert refusal.value.code == "nothing-to-estimate-by"
    assert expected_use((_use(NOVEMBER, "31", 31),), NOVEMBER, 10) == Decimal(10), "a final reading of the same month"

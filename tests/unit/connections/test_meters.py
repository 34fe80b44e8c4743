"""How far a register counted, when it is believed to have run over, and what an exchanged meter leaves behind."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connections.domain import Connection, PastUse
from chalicelib.connections.domain.meters import (
    Exchange,
    check_main_register,
    count_since,
    estimate,
    span_of,
    with_meter,
)
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.register import range_of
from tests.support.examples import FIFTH, NOVEMBER, OCTOBER, connection

_FIVE_DIGITS = range_of(5)


@pytest.mark.parametrize(
    ("previous", "value", "use"),
    [
        ("99990", "15", "25"),
        ("99999.875", "0.125", "0.25"),
        ("99999.999", "0", "0.001"),
        ("90001", "0.999", "9999.999"),  # just below a tenth of the range
    ],
)
def test_a_register_whose_first_digit_went_from_9_to_0_ran_over(previous: str, value: str, use: str) -> None:
    span = span_of(Decimal(previous), Decimal(value), wraps_at=_FIVE_DIGITS)
    assert (span.use, span.rolled_over) == (Decimal(use), True)


@pytest.mark.parametrize(("previous", "value"), [("500", "490"), ("90001", "1"), ("95500", "9551"), ("99999", "99998")])
def test_less_than_before_is_no_rollover_unless_somebody_says_so(previous: str, value: str) -> None:
    with pytest.raises(Invalid, match="say rolledOver if it did") as refusal:
        span_of(Decimal(previous), Decimal(value), wraps_at=_FIVE_DIGITS)
    assert refusal.value.code == "below-previous"
    span = span_of(Decimal(previous), Decimal(value), wraps_at=_FIVE_DIGITS, said=True)
    assert (span.use, span.rolled_over) == (Decimal(value) + 100_000 - Decimal(previous), True)


@pytest.mark.parametrize("said", [False, True])
def test_without_digits_no_register_runs_over_and_the_refusal_says_what_to_give(said: bool) -> None:
    with pytest.raises(Invalid, match=r"15 is below the previous reading 99990; .* give the meterDigits"):
        span_of(Decimal(99990), Decimal(15), wraps_at=None, said=said)


def test_a_stated_rollover_is_refused_if_the_register_did_not_roll_over() -> None:
    assert not span_of(Decimal(10), Decimal(15), wraps_at=_FIVE_DIGITS, said=True).rolled_over


def test_a_value_with_more_digits_than_the_register_is_refused() -> None:
    with pytest.raises(Invalid, match="a register that starts again at 100000 can't show 100000"):
        span_of(Decimal(99990), Decimal(100_000), wraps_at=_FIVE_DIGITS)


@given(
    digits=st.integers(1, 12),
    start=st.integers(0, 10**15 - 1),
    uses=st.lists(st.integers(0, 10**14), max_size=20),
)
def test_a_register_shows_all_that_went_through_however_often_it_ran_over(
    digits: int, start: int, uses: list[int]
) -> None:
    """In thousandths, with uses below the register's range: the spans add up to what went through the meter."""
    whole = range_of(digits)
    shown = Decimal(start).scaleb(-3) % whole
    total = counted = Decimal(0)
    for use in uses:
        through = Decimal(use).scaleb(-3) % whole
        total += through
        after = (shown + through) % whole
        counted += span_of(shown, after, wraps_at=whole, said=True).use
        shown = after
    assert counted == total


@given(st.integers(2, 12), st.data())
def test_a_value_with_a_digit_left_out_is_never_taken_for_a_rollover(digits: int, data: st.DataObject) -> None:
    whole = int(range_of(digits))
    previous = data.draw(st.integers(0, whole - 1))
    meant = str(data.draw(st.integers(previous, whole - 1))).zfill(digits)
    left_out = data.draw(st.integers(0, digits - 1))
    typed = Decimal(meant[:left_out] + meant[left_out + 1 :])
    if typed < previous:
        with pytest.raises(Invalid):
            span_of(Decimal(previous), typed, wraps_at=Decimal(whole))


def _exchanged(before: Connection, **changes: Any) -> Connection:  # noqa: ANN401
    return with_meter(before, replace(Exchange("SM-2", Decimal(20)), **changes), today=FIFTH)


def test_an_exchanged_meter_may_have_run_over_and_the_new_one_has_digits_of_its_own() -> None:
    after = _exchanged(connection(last_value=Decimal(9990), meter_digits=4), final=Decimal(15), digits=6)
    assert (after.use_brought_forward, after.last_value, after.meter_digits) == (Decimal(25), Decimal(0), 6)
    assert _exchanged(connection(last_value=Decimal(10), meter_digits=4)).meter_digits is None


@pytest.mark.parametrize(
    ("before", "changes", "code", "field"),
    [
        ({"last_value": Decimal(9990)}, {"final": Decimal(15)}, "below-previous", "finalReading"),
        ({"last_value": Decimal(500), "meter_digits": 4}, {"final": Decimal(400)}, "below-previous", "finalReading"),
        (
            {"last_value": Decimal(500), "meter_digits": 4},
            {"final": Decimal(10_000)},
            "impossible-reading",
            "finalReading",
        ),
        ({"last_value": Decimal(5)}, {"first": Decimal(1000), "digits": 3}, "impossible-reading", "firstReading"),
        ({"last_value": Decimal(5)}, {"first": Decimal(-1)}, "bad-number", "firstReading"),
    ],
)
def test_what_a_register_can_not_have_shown_at_an_exchange_is_refused(
    before: dict[str, Any], changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        _exchanged(connection(**before), **changes)
    assert refusal.value.code == code
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_digits_that_can_not_show_the_last_reading_are_refused() -> None:
    check_main_register(connection(last_value=Decimal("999.9"), meter_digits=3))
    with pytest.raises(
        Invalid, match="a register that starts again at 1000 can't show 1000, which this meter showed"
    ) as refusal:
        check_main_register(connection(last_value=Decimal(1000), meter_digits=3))
    assert [fault.field for fault in refusal.value.faults] == ["meterDigits"]


def test_b44_a_register_starts_again_at_any_number() -> None:
    """A 16-bit pulse counter: 65530, then 20."""
    pulses = connection(last_value=Decimal(65_530), meter_digits=5, meter_wraps_at=Decimal(65_536))
    count = count_since(pulses, Decimal(20), said=False)
    assert (count.usage, count.rolled_over, count.unlikely) == (Decimal(26), True, False)
    with pytest.raises(Invalid, match="a register that starts again at 65536 can't show 65536"):
        count_since(pulses, Decimal(65_536), said=False)


def test_b44_a_number_that_can_not_be_where_the_register_starts_again_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        check_main_register(connection(last_value=Decimal(65_536), meter_wraps_at=Decimal(65_536)))
    assert [fault.field for fault in refusal.value.faults] == ["meterWrapsAt"]


@pytest.mark.parametrize(("value", "unlikely"), [("9.999", False), ("10", True)])
def test_a_stated_rollover_of_a_tenth_of_the_range_or_more_is_unlikely(value: str, *, unlikely: bool) -> None:
    count = count_since(connection(last_value=Decimal(9_010), meter_digits=4), Decimal(value), said=True)
    assert (count.rolled_over, count.unlikely) == (True, unlikely)


def test_a_register_counts_in_steps_of_its_multiplier() -> None:
    """A current transformer of 300 to 5: 60 kWh a step."""
    big = connection(last_value=Decimal(100), multiplier=Decimal(60), use_brought_forward=Decimal(-120))
    count = count_since(big, Decimal("110.5"), said=False)
    assert (count.usage, count.use_carried_forward) == (Decimal(510), None)
    assert count_since(big, Decimal(101), said=False).use_carried_forward == Decimal(-60)


def test_an_estimate_is_in_units_and_its_value_in_steps() -> None:
    big = connection(last_value=Decimal(100), multiplier=Decimal(60), uses=(PastUse(OCTOBER, Decimal(620), 31),))
    made = estimate(big, NOVEMBER, read_on=FIFTH)
    assert (made.value, made.count.usage) == (Decimal("110.333"), Decimal("619.980"))


def test_an_exchange_settles_the_old_multiplier_and_begins_with_the_new_one() -> None:
    after = _exchanged(
        connection(last_value=Decimal(10), multiplier=Decimal(60)),
        multiplier=Decimal(1),
        wraps_at=Decimal(65_536),
        checked=True,
    )
    assert (after.use_brought_forward, after.multiplier, after.register_range) == (
        Decimal(600),
        Decimal(1),
        Decimal(65_536),
    )
    assert count_since(after, Decimal(5), said=False).usage == Decimal(605)

"""What was used, from what meters showed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.metering import (
    Segment,
    estimated_use,
    leak_allowance,
    use_of,
    use_over,
)
from tests.unit.tariffs.sheets import to


def segment(previous: str, current: str, digits: int | None = None, multiplier: str = "1") -> Segment:
    return Segment(previous=Decimal(previous), current=Decimal(current), digits=digits, multiplier=Decimal(multiplier))


def test_a_register_that_ran_over_counts_on_from_zero() -> None:
    assert use_of(segment("9990", "15", digits=4)) == 25
    assert use_of(segment("9999.5", "0", digits=4)) == Decimal("0.5")
    assert use_of(segment("10", "10", digits=4)) == 0
    assert use_of(segment("10", "35")) == 25
    assert use_of(segment("10", "35", multiplier="40")) == 1000


def test_b44_a_counter_of_16_bits_starts_again_at_65536() -> None:
    rolled = Segment(previous=Decimal(65530), current=Decimal(20), wraps_at=Decimal(65536))
    assert use_of(rolled) == 26
    assert use_of(replace(rolled, multiplier=Decimal(10))) == 260
    with pytest.raises(Invalid, match="can't show 65536"):
        use_of(replace(rolled, current=Decimal(65536)))


def test_less_than_before_is_refused_where_the_digits_are_unknown() -> None:
    with pytest.raises(Invalid, match="give the digits"):
        use_of(segment("11", "10"))


@pytest.mark.parametrize(("previous", "current"), [("10000", "1"), ("1", "10000"), ("-1", "1"), ("1", "-1")])
def test_a_value_that_the_register_cannot_show_is_refused(previous: str, current: str) -> None:
    with pytest.raises(Invalid, match="can't show"):
        use_of(segment(previous, current, digits=4))


def test_an_exchanged_meter_bills_the_old_and_the_new_one() -> None:
    assert use_over([segment("120", "131"), segment("0", "7")]) == 18


def test_an_estimate_is_the_average_of_the_last_uses() -> None:
    uses = [Decimal(10), Decimal(12), Decimal(15)]
    assert estimated_use(uses, last=2, rounding=to("1")) == 14
    assert estimated_use(uses, last=1, rounding=to("1")) == 15
    assert estimated_use(uses, last=9, rounding=to("0.001")) == Decimal("12.333")
    for last, known in ((3, []), (0, uses)):
        with pytest.raises(Invalid, match="read the meter"):
            estimated_use(known, last=last, rounding=to("1"))


def test_a_leak_forgives_a_share_of_the_excess() -> None:
    half = Decimal("0.5")
    assert leak_allowance(Decimal(20000), normal_use=Decimal(10000), share=half) == 5000
    assert leak_allowance(Decimal(9000), normal_use=Decimal(10000), share=half) == 0

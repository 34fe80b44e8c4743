"""What the register of a meter can show."""

from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.register import TrueUp, average_use, check_shown, range_of, true_up


@pytest.mark.parametrize(("digits", "first_not_shown"), [(1, "10"), (4, "10000"), (12, "1000000000000")])
def test_a_register_shows_what_has_so_many_digits_before_the_point(digits: int, first_not_shown: str) -> None:
    assert range_of(digits) == Decimal(first_not_shown)
    check_shown(Decimal(first_not_shown) - Decimal("0.000001"), range_of(digits))
    with pytest.raises(Invalid) as refusal:
        check_shown(Decimal(first_not_shown), range_of(digits))
    assert refusal.value.code == "impossible-reading"
    check_shown(Decimal(first_not_shown), None)


def test_b44_a_register_may_start_again_at_any_number() -> None:
    check_shown(Decimal(65535), Decimal(65536))
    with pytest.raises(Invalid, match="a register that starts again at 65536 can't show 65536"):
        check_shown(Decimal(65536), Decimal(65536))


@pytest.mark.parametrize("wraps_at", [None, Decimal(100000)])
def test_no_register_shows_less_than_zero(wraps_at: Decimal | None) -> None:
    check_shown(Decimal(0), wraps_at)
    with pytest.raises(Invalid) as refusal:
        check_shown(Decimal("-0.001"), wraps_at)
    assert refusal.value.code == "bad-number"


def test_an_estimate_is_the_exact_average_of_the_last_uses() -> None:
    uses = [Decimal(10), Decimal(12), Decimal("15.5")]
    assert average_use(uses, last=2) == (55, 4)
    assert average_use(uses, last=9) == (75, 6)
    for last, known in ((3, []), (0, uses)):
        with pytest.raises(Invalid, match="read the meter") as refusal:
            average_use(known, last=last)
        assert refusal.value.code == "nothing-to-estimate-by"


def test_what_was_really_used_settles_what_was_billed_ahead() -> None:
    assert true_up(Decimal(40), billed_ahead=Decimal(25)) == TrueUp(to_bill=Decimal(15), credit=Decimal(0))
    assert true_up(Decimal(20), billed_ahead=Decimal(25)) == TrueUp(to_bill=Decimal(0), credit=Decimal(5))
    assert true_up(Decimal(20), billed_ahead=Decimal(-5)) == TrueUp(to_bill=Decimal(25), credit=Decimal(0))

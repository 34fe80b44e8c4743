"""What the register of a meter can show."""

from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.register import check_shown, range_of


@pytest.mark.parametrize(("digits", "first_not_shown"), [(1, "10"), (4, "10000"), (12, "1000000000000")])
def test_a_register_shows_what_has_so_many_digits_before_the_point(digits: int, first_not_shown: str) -> None:
    assert range_of(digits) == Decimal(first_not_shown)
    check_shown(Decimal(first_not_shown) - Decimal("0.000001"), digits)
    with pytest.raises(Invalid) as refusal:
        check_shown(Decimal(first_not_shown), digits)
    assert refusal.value.code == "impossible-reading"
    check_shown(Decimal(first_not_shown), None)


@pytest.mark.parametrize("digits", [None, 5])
def test_no_register_shows_less_than_zero(digits: int | None) -> None:
    check_shown(Decimal(0), digits)
    with pytest.raises(Invalid) as refusal:
        check_shown(Decimal("-0.001"), digits)
    assert refusal.value.code == "bad-number"

"""How numbers without a finite decimal are shown."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter

from chalicelib.tariffs.schemas.lines import Ratio, RatioOut

_RATIO: TypeAdapter[RatioOut] = TypeAdapter(Ratio)


@pytest.mark.parametrize(
    ("value", "decimal", "exact"),
    [
        (Fraction(10), "10", None),
        (Fraction(1, 8), "0.125", None),
        (Fraction(1, 3), "0.333333", ("1", "3")),
        (Fraction(-2, 3), "-0.666667", ("-2", "3")),
        (Fraction(5400, 31), "174.193548", ("5400", "31")),
        (Fraction(1, 10**7), "0.0000001", None),
    ],
)
def test_a_ratio_is_a_decimal_and_says_if_it_is_rounded(
    value: Fraction, decimal: str, exact: tuple[str, str] | None
) -> None:
    shown = _RATIO.validate_python(value)

    assert shown.decimal == decimal
    assert exact == (shown.exact and (shown.exact.numerator, shown.exact.denominator))


@given(some.fractions(max_denominator=10**6))
def test_what_is_shown_is_the_ratio_or_within_half_a_millionth(value: Fraction) -> None:
    shown = _RATIO.validate_python(value)

    told = Fraction(Decimal(shown.decimal))
    if shown.exact is None:
        assert told == value
    else:
        assert Fraction(int(shown.exact.numerator), int(shown.exact.denominator)) == value
        assert abs(told - value) <= Fraction(1, 2_000_000)

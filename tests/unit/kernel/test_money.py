"""Money is whole minor units of one currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money, exponent_of

_CURRENCIES = st.sampled_from(["JPY", "PHP", "KWD"])
_MINOR = st.integers(min_value=-(10**14), max_value=10**14)


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("PHP", 2), ("USD", 2), ("INR", 2), ("KWD", 3)])
def test_a_currency_has_its_iso_number_of_decimal_places(currency: str, places: int) -> None:
    assert exponent_of(currency) == places


@pytest.mark.parametrize("currency", ["", "php", "XXX", "XAU", "PESO", "ZZZ"])
def test_what_is_no_currency_in_use_is_refused(currency: str) -> None:
    with pytest.raises(Invalid, match="ISO 4217"):
        exponent_of(currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("275.00", "PHP", 27500),
        ("275", "PHP", 27500),
        ("275.5", "PHP", 27550),
        ("275.000", "PHP", 27500),
        ("-0.01", "PHP", -1),
        ("7", "JPY", 7),
        ("7.0", "JPY", 7),
        ("0.001", "KWD", 1),
    ],
)
def test_an_amount_is_read_into_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.001", "PHP"),
        ("0.1", "JPY"),
        ("1e2", "PHP"),
        ("NaN", "PHP"),
        ("1,000.00", "PHP"),
        ("", "PHP"),
        (" 1", "PHP"),
        ("１", "PHP"),
        ("1.0000", "KWD"),
        ("+1", "PHP"),
        ("1\n", "PHP"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Money.parse(text, currency)
    assert refusal.value.code == "bad-amount"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(27500, "PHP"), "275.00"),
        (Money(6, "USD"), "0.06"),
        (Money(-6, "USD"), "-0.06"),
        (Money(0, "PHP"), "0.00"),
        (Money(7, "JPY"), "7"),
        (Money(-1, "KWD"), "-0.001"),
        (Money(12345, "KWD"), "12.345"),
    ],
)
def test_an_amount_is_printed_with_all_its_places(money: Money, text: str) -> None:
    assert str(money) == text


@given(_MINOR, _CURRENCIES)
def test_what_is_printed_reads_back_the_same(minor: int, currency: str) -> None:
    assert Money.parse(str(Money(minor, currency)), currency) == Money(minor, currency)


@given(_MINOR, _MINOR, _CURRENCIES)
def test_adding_and_taking_away_are_exact(one: int, other: int, currency: str) -> None:
    total = Money(one, currency) + Money(other, currency)
    assert total.minor == one + other
    assert total - Money(other, currency) == Money(one, currency)
    assert total + Money.zero(currency) == total


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="PHP and USD"):
        Money(1, "PHP") + Money(1, "USD")
    with pytest.raises(ValueError, match="USD and PHP"):
        Money(1, "USD") - Money(1, "PHP")

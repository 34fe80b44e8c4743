"""Amounts in words, read back by a parser that knows nothing of how they are made."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import Money, exponent_of
from chalicelib.payments.domain.words import amount_in_words

_ORDER = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
_VALUES = {word: at for at, word in enumerate(_ORDER, 1)} | {
    "zero": 0, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15}


def _read(text: str) -> Money:
    """Read an amount in words, word by word, as a teller would."""
    found = re.fullmatch(r"(?P<words>[A-Z][a-z -]+?) (?:and (?P<part>\d+)/(?P<of>10+) (\w{3})|(\w{3}) only)", text)
    assert found, text
    total = group = 0
    for word in re.split("[ -]", found["words"].lower()):
        if word == "hundred":
            group *= 100
        elif word in _POWERS:
            total, group = total + group * 10 ** _POWERS[word], 0
        else:
            group += _VALUES[word]
    total += group
    if found["part"] is None:
        return Money(total, found[5])
    assert len(found["part"]) == len(found["of"]) - 1
    return Money(total * int(found["of"]) + int(found["part"]), found[4])


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (275_50, "PHP", "Two hundred seventy-five and 50/100 PHP"),
        (275_00, "PHP", "Two hundred seventy-five and 00/100 PHP"),
        (0, "PHP", "Zero and 00/100 PHP"),
        (5, "USD", "Zero and 05/100 USD"),
        (1_000_000_00, "INR", "One million and 00/100 INR"),
        (13_040_019_01, "INR", "Thirteen million forty thousand nineteen and 01/100 INR"),
        (900, "JPY", "Nine hundred JPY only"),
        (12_500, "KWD", "Twelve and 500/1000 KWD"),
        (110_007, "KWD", "One hundred ten and 007/1000 KWD"),
        (10**15, "JPY", "One quadrillion JPY only"),
        (10**15, "PHP", "Ten trillion and 00/100 PHP"),
    ],
)
def test_an_amount_is_said_in_english_with_its_minor_unit_as_a_fraction(minor: int, currency: str, words: str) -> None:
    assert amount_in_words(Money(minor, currency)) == words
    assert _read(words) == Money(minor, currency)


def test_every_number_up_to_ten_thousand_reads_back() -> None:
    said = [amount_in_words(Money(minor, "JPY")) for minor in range(10_001)]
    assert [_read(words).minor for words in said] == list(range(10_001))


@given(st.integers(0, 10**15), st.sampled_from(["PHP", "INR", "USD", "JPY", "KWD"]))
def test_any_amount_reads_back_to_itself(minor: int, currency: str) -> None:
    assert _read(amount_in_words(Money(minor, currency))) == Money(minor, currency)


@given(st.integers(0, 10**15))
def test_the_minor_unit_of_a_currency_changes_only_the_fraction(minor: int) -> None:
    whole = minor // 1000
    said = {
        amount_in_words(Money(whole * 10 ** exponent_of(currency), currency)).split(" and ")[0].split(f" {currency}")[0]
        for currency in ("PHP", "JPY", "KWD")
    }
    assert len(said) == 1


@pytest.mark.parametrize("minor", [-1, 10**15 + 1])
def test_an_amount_that_no_receipt_has_is_refused(minor: int) -> None:
    with pytest.raises(AssertionError):
        amount_in_words(Money(minor, "PHP"))

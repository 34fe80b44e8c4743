"""Amounts in words, as receipts state them."""

# Our own, for no package fits: num2words needs docopt, which has no wheel, so the locks can't install it (and it is
# LGPL); importing inflect 7.6 takes 1.3 s of CPU time, for a page of code.

from chalicelib.kernel.money import Money, exponent_of

_MAX_MINOR = 10**15
_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
""".split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ["", " thousand", " million", " billion", " trillion", " quadrillion"]


def amount_in_words(money: Money) -> str:
    """Return an amount in English: "Two hundred seventy-five and 50/100 PHP", "Nine hundred JPY only".

    The minor unit is a fraction in digits, as on a check: it needs no name in any currency.

    :raises AssertionError: for a negative amount, or one above 10 to the power of 15 minor units.
    """
    if not 0 <= money.minor <= _MAX_MINOR:
        raise AssertionError(f"{money} is no amount of a receipt")
    places = exponent_of(money.currency)
    whole, minor = divmod(money.minor, 10**places)
    words = _in_words(whole).capitalize()
    if not places:
        return f"{words} {money.currency} only"
    return f"{words} and {minor:0{places}}/{10**places} {money.currency}"


def _in_words(number: int) -> str:
    """Return a whole number in words: 1,275 is "one thousand two hundred seventy-five"."""
    if number == 0:
        return _SMALL[0]
    groups: list[str] = []
    for scale in _SCALES:
        number, group = divmod(number, 1000)
        if group:
            groups.insert(0, _group_in_words(group) + scale)
    return " ".join(groups)


def _group_in_words(number: int) -> str:
    """Return a number from 1 to 999 in words."""
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens])
    elif rest:
        words.append(_SMALL[rest])
    return " ".join(words)

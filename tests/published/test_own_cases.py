"""What other collections of the form may hold: other features, other spellings, and what must not be guessed."""

import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.published.own_cases import CASES as OWN
from tests.published.own_cases import own
from tests.tools.tariff_reader.figures import figure, not_understood
from tests.tools.tariff_reader.loose_tariff import Json
from tests.tools.tariff_reader.translation import quote_of

# Tariffs in the manner of many countries, each in other words; the description is the sum.
WORLD: list[Json] = json.loads(Path(__file__).with_name("world_cases.json").read_text(encoding="utf-8"))
CASES = [*OWN, *WORLD]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_of_our_own_comes_out_as_worked_by_hand(case: Json) -> None:
    assert figure(case) == Decimal(case["expected_total"]), f"not understood: {not_understood(case)}"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_nothing_of_a_case_is_passed_over(case: Json) -> None:
    assert not_understood(case) == []


def _half_up(value: Fraction, step: Fraction = Fraction(1, 100)) -> Fraction:
    return math.floor(value / step + Fraction(1, 2)) * step


def _floor(value: Fraction, step: Fraction = Fraction(1, 100)) -> Fraction:
    return math.floor(value / step) * step


def _ceiling(value: Fraction, step: Fraction = Fraction(1, 100)) -> Fraction:
    return math.ceil(value / step) * step


WORDS = {"Fraction": Fraction, "h": _half_up, "fl": _floor, "ce": _ceiling, "min": min, "max": max}
SUMS = [case for case in CASES if re.fullmatch(r"([\d.,\s+*/()-]|\b(h|fl|ce|min|max)\()+", case["description"])]


@pytest.mark.parametrize("case", SUMS, ids=[case["id"] for case in SUMS])
def test_the_total_is_the_sum_that_stands_beside_it(case: Json) -> None:
    exact = re.sub(r"\d+(\.\d+)?", lambda figure: f"Fraction('{figure[0]}')", case["description"])
    assert eval(exact, WORDS) == Fraction(case["expected_total"])


@pytest.mark.parametrize(
    ("tariff", "usage", "named"),
    [
        ({"rate": 1, "mystery_factor": {"a": 1}}, {}, "tariff.mystery_factor"),
        ({"rate": 1, "index": "1.07"}, {}, "tariff.index"),
        ({"slabs": [{"upto": 10, "rate": 1, "twist": 2}, {"rate": 2}]}, {}, "tariff.slabs[0].twist"),
        ({"rate": 1, "taxes": [{"name": "t", "percent": 5, "phase": 2}]}, {}, "tariff.taxes[0].phase"),
        ({"rate": 1}, {"moon": "full"}, "usage.moon"),
    ],
)
def test_a_key_that_is_not_understood_is_named(tariff: Json, usage: Json, named: str) -> None:
    assert named in not_understood(own("strange", "0", tariff, {"quantity": 1, **usage}))


@pytest.mark.parametrize(
    ("tariff", "reason"),
    [
        (
            {"slabs": [{"over": 0, "upto": 10, "rate": 1}, {"over": 20, "upto": None, "rate": 2}]},
            "slabs.1.: starts at 20",
        ),
        ({"slabs": [{"upto": None, "rate": 1}, {"upto": 10, "rate": 2}]}, "after a block without a limit"),
        ({"rate": 1, "taxes": [{"name": "t", "percent": 5, "base": ["stamps"]}]}, "of 'stamps', which is no charge"),
        ({"rate": 1, "fixed_charges": [{"name": "base"}]}, "fixed.0.: neither an amount"),
        ({"rate": 1, "currency": "shells"}, "'shells' is none we know"),
        ({"versions": [{"rate": 1}, {"rate": 2}]}, "no days to choose by"),
        ({"unit": "kWh", "rate": 1}, "from gal to kWh"),
        ({"rates": {"peak": 2, "off_peak": 1}}, "a rate for 'peak', but the use does not tell"),
        ({"rate": 1, "discounts": [{"name": "d", "percent": 5, "condition": "paid early"}]}, "which of"),
    ],
)
def test_what_could_only_be_guessed_is_refused(tariff: Json, reason: str) -> None:
    usage = {"quantity": 1, "unit": "gal"} if "unit" in tariff else {"quantity": 1, "senior": False, "member": True}
    with pytest.raises(ValueError, match=reason):
        quote_of(own("guess", "0", tariff, usage))


def test_a_charge_whose_quantity_is_missing_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"none of \['guzzled'\] tells how much it was"):
        quote_of(own("no use", "0", {"rate": 1}, {"guzzled": 5}))
    with pytest.raises(ValueError, match=r"nothing .* has a price, .*tariff\.toll"):
        figure(own("no price", "0", {"toll": "high"}, {"quantity": 5}))
    assert figure(own("fixed only", "7", {"fixed_charge": 7}, {})) == 7

"""Taxes that are inside the price, and lines that only say what others contain."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AmountLimit,
    Charge,
    Condition,
    MinimumCharge,
    PercentCharge,
    Rating,
    SubtotalCharge,
    UsageCharge,
    compile_tariff,
    explain,
    pack_lines,
    rate_over,
    replay,
    unpack_lines,
)
from chalicelib.tariffs.domain.model import Inside
from tests.unit.tariffs.sheets import amounts, fixed, rated, sheet, to, total_to, use

ENERGY = UsageCharge(code="energy", label="Energy", rate=Decimal("1.20"))


def tax(percent: str, *of: str, inside: Inside | None = None, **more: Any) -> PercentCharge:  # noqa: ANN401
    facts = {"code": "tax", "label": "Tax", **more}
    return PercentCharge(percent=Decimal(percent), of=of or ("*",), inside=inside, **facts)


def said(percent: str, *of: str, **more: Any) -> PercentCharge:  # noqa: ANN401
    return tax(percent, *of, informational=True, **more)


def proved(rating: Rating) -> Rating:
    """Return a rating whose lines are replayed from what is kept of them, and add up to the total."""
    assert unpack_lines(pack_lines(rating.lines), "PHP") == rating.lines
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert sum(line.amount.minor for line in rating.lines if not line.informational) == rating.total_minor
    return rating


@pytest.mark.parametrize(
    ("charge", "lines", "total"),
    [
        (tax("20"), {"energy": "120.00", "tax": "24.00"}, "144.00"),
        (tax("20", inside="sum"), {"energy": "120.00", "tax": "30.00"}, "150.00"),  # 20 % of 150 is 30
        (said("20", inside="charges"), {"energy": "120.00", "tax": "20.00"}, "120.00"),  # 100 and 20 % of it
        (said("20"), {"energy": "120.00", "tax": "24.00"}, "120.00"),  # the law's own percentage of the price
        (said("20", inside="sum"), {"energy": "120.00", "tax": "30.00"}, "120.00"),
        (tax("-20", inside="sum"), {"energy": "120.00", "tax": "-20.00"}, "100.00"),  # a fifth of what is left
        (tax("20", inside="sum", exempt_amount=Decimal(40)), {"energy": "120.00", "tax": "20.00"}, "140.00"),  # 80 / 4
        (tax("20", inside="sum", at_most=Decimal("9.99")), {"energy": "120.00", "tax": "9.99"}, "129.99"),
        (said("20", at_most=Decimal("9.99")), {"energy": "120.00", "tax": "9.99"}, "120.00"),
    ],
)
def test_a_tax_is_on_top_inside_a_sum_or_inside_the_charges(charge: Charge, lines: dict[str, str], total: str) -> None:
    rating = proved(rated(sheet(ENERGY, charge), use("100")))
    assert (amounts(rating), str(rating.total)) == (lines, total)


def test_taxes_of_brazil_are_printed_by_the_percentages_of_the_law() -> None:
    """ICMS 18 %, PIS 0.85 % and COFINS 3.90 % are each of the whole: 0.65313 becomes 0.65313 / (1 - 0.2275)."""
    energy = replace(ENERGY, rate=Decimal("0.65313"))
    taxes = tax("22.75", "energy", inside="sum", code="taxes", label="Taxes")
    each = [
        said(percent, "energy", "taxes", code=code, label=code)
        for code, percent in (("ICMS", "18"), ("PIS", "0.85"), ("COFINS", "3.90"))
    ]
    rating = proved(rated(sheet(energy, taxes, *each), use("250")))
    # 250 x 0.65313 = 163.28; 163.28 x 22.75 / 77.25 = 48.09; of 211.37: 38.05, 1.80, 8.24, together 48.09
    lines = {"energy": "163.28", "taxes": "48.09", "ICMS": "38.05", "PIS": "1.80", "COFINS": "8.24"}
    assert (amounts(rating), str(rating.total)) == (lines, "211.37")


def test_what_only_informs_is_in_no_sum() -> None:
    """Not in `*`, not in a minimum, not in a subtotal and not in the rounded total."""
    charges = (
        ENERGY,
        said("10", "energy", code="said", label="Of which"),
        tax("50"),
        MinimumCharge(code="least", label="Least", of=("*",), amount=Decimal("181.33")),
        SubtotalCharge(code="round", label="Rounded", of=("*",), to=to("0.25")),
    )
    rating = proved(rated(sheet(*charges, rounding=total_to("1")), use("100")))
    lines = {
        "energy": "120.00",
        "said": "12.00",
        "tax": "60.00",
        "least": "1.33",
        "round": "-0.08",
        "rounding": "-0.25",
    }
    assert (amounts(rating), str(rating.total)) == (lines, "181.00")


def test_a_change_of_version_leaves_what_only_informs_out() -> None:
    charges = (ENERGY, said("33", inside="charges"), fixed("5"))  # 120.00 x 33 / 133 = 29.77
    june = sheet(*charges, valid_until=date(2025, 6, 16), rounding=total_to("1"))
    rest = replace(june, version=2, valid_from=date(2025, 6, 16), valid_until=None)
    usage = use("100", first_day=date(2025, 6, 1), until_day=date(2025, 7, 1))
    rating = proved(rate_over([compile_tariff(june), compile_tariff(rest)], usage))
    assert [str(line.amount) for line in rating.lines if line.informational] == ["14.89", "14.88"]
    assert str(rating.total) == "125.00"


def test_a_charge_that_begins_to_count_is_another_charge() -> None:
    """Of 0.05 in each half of the month, one is said and one is charged: they are not rounded as one amount of 0.05."""
    june = sheet(fixed("0.05", informational=True), fixed("1", "other"), valid_until=date(2025, 6, 16))
    rest = sheet(fixed("0.05"), fixed("1", "other"), version=2, valid_from=date(2025, 6, 16))
    usage = use("0", first_day=date(2025, 6, 1), until_day=date(2025, 7, 1))
    rating = proved(rate_over([compile_tariff(june), compile_tariff(rest)], usage))
    assert [str(line.amount) for line in rating.lines] == ["0.03", "0.50", "0.03", "0.50"]
    assert str(rating.total) == "1.03"


def test_a_bound_is_not_shared_by_one_that_informs_and_one_that_counts() -> None:
    """Nothing of 60.00, then 10 % of 60.00, but for half of the days half of the 10.00 that are the most."""
    none = said("0", "energy", at_most=Decimal(10))
    june = sheet(ENERGY, none, valid_until=date(2025, 6, 16))
    rest = sheet(ENERGY, tax("10", "energy", at_most=Decimal(10)), version=2, valid_from=date(2025, 6, 16))
    usage = use("100", first_day=date(2025, 6, 1), until_day=date(2025, 7, 1))
    rating = proved(rate_over([compile_tariff(june), compile_tariff(rest)], usage))
    assert [str(line.amount) for line in rating.lines] == ["60.00", "0.00", "60.00", "5.00"]


def test_several_unread_periods_have_the_tax_of_all() -> None:
    rating = proved(rated(sheet(ENERGY, fixed("30"), tax("20", inside="sum")), use("100", periods=2)))
    assert amounts(rating) == {"energy": "120.00", "fixed": "60.00", "tax": "45.00"}


def test_a_tax_inside_is_explained() -> None:
    def told(charge: Charge) -> list[str]:
        return explain(rated(sheet(ENERGY, charge), use("100")).lines[1])

    assert told(tax("20", inside="sum")) == ["20 % of 150.00, that is 120.00 (all above) with it = 30.00"]
    assert told(said("20", inside="charges")) == [
        "20 % of 100.00, that is 120.00 (all above) without it = 20.00",
        "only said: it adds nothing to the total",
    ]


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ((ENERGY, tax("20", inside="charges")), "charges.1.informational: the charges contain it already"),
        ((ENERGY, tax("100", inside="sum")), "charges.1.percent: a tax inside a sum is less than 100 % of it"),
        ((ENERGY, said("-100", inside="charges")), "charges.1.percent: nothing would be charged"),
        ((ENERGY, said("5", code="a"), tax("5", "a")), "charges.2.of: 'a' is informational and adds nothing"),
        (
            (ENERGY, MinimumCharge(code="m", label="M", of=("*",), amount=Decimal(1), informational=True)),
            "charges.1.informational: a minimum, a maximum and a subtotal are part of the total",
        ),
        (
            (
                ENERGY,
                said("5", code="a"),
                fixed("1", when=Condition(amounts=(AmountLimit(of=("a",), above=Decimal(1)),))),
            ),
            "charges.2.when.amounts.0.of: 'a' is informational",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(charges: tuple[Charge, ...], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheet(*charges)
    assert message in str(refused.value)


def test_one_that_informs_may_name_another() -> None:
    rating = rated(sheet(ENERGY, said("50", code="half", label="Half"), said("10", "half")), use("100"))
    assert (amounts(rating)["tax"], str(rating.total)) == ("6.00", "120.00")

"""What a consumer reads who asks why."""

from decimal import Decimal

from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    Condition,
    Factor,
    MaximumCharge,
    MinimumCharge,
    PercentCharge,
    SubtotalCharge,
    UsageCharge,
    explain,
)
from tests.unit.tariffs.sheets import energy, fixed, rated, sheet, to, use


def water(rate: str) -> UsageCharge:
    return UsageCharge(code="water", label="Water", rate=Decimal(rate))


def told(*charges: object, quantity: str = "10", **facts: object) -> list[list[str]]:
    rating = rated(sheet(*charges), use(quantity, **facts))  # type: ignore[arg-type]
    return [explain(line) for line in rating.lines]


def test_blocks_are_told_one_by_one() -> None:
    (sentences,) = told(energy(("0", "8", "1.5"), ("8", None, "2.5")))
    assert sentences == ["8 m3 at 1.50 = 12.00", "2 m3 at 2.50 = 5.00", "together 17.00"]


def test_a_percentage_names_what_it_is_taken_of() -> None:
    tax = PercentCharge(code="tax", label="Tax", percent=Decimal(18), of=("water",))
    senior = PercentCharge(code="senior", label="Senior", percent=Decimal(-5), of=("*",))
    assert told(water("1.01"), tax, senior)[1:] == [
        ["18 % of 10.10 (water) = 1.818", "rounded (half-up to 0.01) to 1.82"],
        ["-5 % of 11.92 (all above) = -0.596", "rounded (half-up to 0.01) to -0.60"],
    ]


def test_a_bounded_percentage_is_told_as_its_bound() -> None:
    tax = PercentCharge(code="tax", label="Tax", percent=Decimal(50), of=("water",), at_most=Decimal(2))
    assert told(water("1"), tax)[1] == ["Tax: 2.00"]


def test_a_minimum_tells_what_is_missing() -> None:
    minimum = MinimumCharge(code="minimum", label="Minimum", amount=Decimal(15), of=("water",))
    assert told(water("1"), minimum)[1] == [
        "at least 15.00 for water",
        "10.00 is charged already, 5.00 is missing",
    ]


def test_a_maximum_tells_what_is_too_much() -> None:
    maximum = MaximumCharge(code="cap", label="At most", amount=Decimal(4), of=("water",))
    assert told(water("1"), maximum)[1] == [
        "at most 4.00 for water",
        "10.00 is charged already, 6.00 is too much",
    ]


def test_a_subtotal_tells_what_rounding_changed() -> None:
    subtotal = SubtotalCharge(code="sub", label="Rounding", of=("water",), to=to("5", "ceiling"))
    assert told(water("1.21"), subtotal)[1] == ["12.10 rounded (ceiling to 5) to 15.00: 2.90"]


def test_factors_and_counts_are_told() -> None:
    half = Factor(label="no use", value=Decimal("0.5"), when=Condition(use_at_most=Decimal(0)))
    base = fixed("30", times="dwellingUnits", factors=(half,))
    assert told(base, quantity="0", dwelling_units=Decimal(3)) == [
        ["Fixed: 3 times 30.00 = 90.00", "no use: times 0.5 = 45.00"]
    ]


def test_an_adjustment_tells_its_amount() -> None:
    fuel = AdjustmentCharge(code="fuel", label="Fuel adjustment")
    assert told(fuel, adjustments={"fuel": Decimal("-4.5")}) == [["Fuel adjustment: -4.50"]]


def test_what_never_ends_is_told_approximately() -> None:
    third = fixed("10", prorated=True, days_basis=90)
    assert told(third) == [["Fixed: 1/3 times 10.00 = ~3.333333", "rounded (half-up to 0.01) to 3.33"]]

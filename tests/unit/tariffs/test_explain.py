"""What a consumer reads who asks why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    BlockCharge,
    Condition,
    Conversion,
    Factor,
    MaximumCharge,
    Measure,
    MinimumCharge,
    PercentCharge,
    SubtotalCharge,
    UsageCharge,
    explain,
    pack_lines,
    replay,
    unpack_lines,
)
from tests.unit.tariffs.sheets import blocks, energy, fixed, rated, sheet, to, use


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
    assert told(water("1"), tax)[1] == ["50 % of water = 5.00, but at most 2.00"]


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
        ["3 dwelling units at 30.00 = 90.00", "no use: times 0.5 = 45.00"]
    ]


def test_an_adjustment_tells_its_amount() -> None:
    fuel = AdjustmentCharge(code="fuel", label="Fuel adjustment")
    assert told(fuel, adjustments={"fuel": Decimal("-4.5")}) == [["Fuel adjustment: -4.50"]]


def test_what_never_ends_is_told_approximately() -> None:
    third = fixed("10", prorated=True, days_basis=90)
    assert told(third) == [["Fixed: 1/3 times 10.00 = ~3.333333", "rounded (half-up to 0.01) to 3.33"]]


def test_a_flat_amount_of_a_block_is_told_as_one() -> None:
    first, second = blocks(("0", "10", "1"), ("10", None, "2"))
    charge = BlockCharge(code="e", label="E", blocks=(replace(first, flat=Decimal(30)), second))
    rating = rated(sheet(charge), use("4"))
    assert explain(rating.lines[0]) == ["4 m3 at 1.00 = 4.00", "flat amount of the block: 30.00", "together 34.00"]
    assert unpack_lines(pack_lines(rating.lines), "PHP") == rating.lines


def test_what_is_exempt_is_told() -> None:
    amount = PercentCharge(code="tax", label="Tax", percent=Decimal(10), of=("water",), exempt_amount=Decimal(40))
    assert told(water("10"), amount)[1] == ["40.00 of 100.00 (water) is exempt", "10 % of 60.00 = 6.00"]
    share = PercentCharge(code="tax", label="Tax", percent=Decimal(8), of=("water",), exempt_use=Decimal(6))
    assert told(water("10"), share, quantity="8")[1] == [
        "a use of 6 is exempt: only the share above it of 80.00 (water) counts",
        "8 % of 20.00 = 1.60",
    ]


def test_what_was_done_to_a_quantity_is_told() -> None:
    trimmed = UsageCharge(
        code="sewer",
        label="Sewer",
        rate=Decimal(2),
        share=Decimal("0.9"),
        cap=Decimal(80),
        least=Decimal(5),
        included=Decimal("10.5"),
        quantity_rounding=to("1", "floor"),
    )
    assert told(trimmed, quantity="100") == [
        [
            "100 m3, times 0.9 = 90 m3, at most 80 m3, less 10.5 m3 included = 69.5 m3, rounded (floor to 1) to 69 m3",
            "69 m3 at 2.00 = 138.00",
        ]
    ]
    least = UsageCharge(code="sewer", label="Sewer", rate=Decimal(2), cap_measure="winterAverage", least=Decimal(9))
    assert told(least, winter_average=Decimal(8)) == [
        ["10 m3, at most 8 m3 (winterAverage), at least 9 m3", "9 m3 at 2.00 = 18.00"]
    ]
    assert told(least, winter_average=Decimal(12)) == [["10 m3 at 2.00 = 20.00"]]


def test_a_conversion_is_told() -> None:
    tariff = sheet(
        water("3"),
        fixed("1"),
        unit="hcf",
        conversions=(Conversion(from_unit="gal", divide=Decimal(748)),),
        quantity_rounding=to("0.1", "floor"),
    )
    told_of = [explain(line) for line in rated(tariff, use("7480", "gal")).lines]
    assert told_of == [["7480 gal = 10 hcf", "10 hcf at 3.00 = 30.00"], ["Fixed: 1.00"]]
    plain = sheet(water("3"), quantity_rounding=to("1", "floor"))
    assert [explain(line) for line in rated(plain, use("7.8")).lines] == [
        ["7.8 m3, rounded (floor to 1) to 7 m3", "7 m3 at 3.00 = 21.00"]
    ]


def test_a_rate_that_factors_changed_is_told() -> None:
    commercial = Factor(label="Commercial B", value=Decimal("1.5"), when=Condition())
    charge = UsageCharge(
        code="w", label="W", rate=Decimal("19.15"), factors=(commercial,), rate_rounding=to("0.05", "floor")
    )
    assert told(charge) == [["rates times 1.5: Commercial B, rounded (floor to 0.05)", "10 m3 at 28.70 = 287.00"]]


def test_a_measure_is_told_by_its_unit_and_label() -> None:
    contract = UsageCharge(code="c", label="Contract", rate=Decimal("0.1"), measure="contractM3")
    measure = Measure(name="contractM3", label="contracted", unit="m3")
    tariff = sheet(contract, measures=(measure,))
    line = rated(tariff, use("1", measures={"contractM3": Decimal(40000)})).lines[0]
    assert explain(line) == ["40000 m3 (contracted) at 0.10 = 4000.00"]
    assert unpack_lines(pack_lines([line]), "PHP") == (line,)


def test_lines_kept_before_there_were_steps_are_read_and_replayed() -> None:
    kept = """[["T",1,[["e","E",3400,"b","4*1+1*30","m3"],
        ["tax","Tax",400,"p","1*4","","",[["a","1/2"],["b",2]],"e"],
        ["r","Rounding",300,"t","107*1","","h10",[],"*","107"]]]]"""
    lines = unpack_lines(kept, "PHP")
    assert [replay(line) for line in lines] == [line.amount for line in lines]
    assert explain(lines[0]) == ["4 m3 at 1.00 = 4.00", "1 m3 at 30.00 = 30.00", "together 34.00"]
    assert explain(lines[1])[0] == "Tax: 4.00"


def test_limits_that_stretch_are_told_with_what_they_stretch_with() -> None:
    first, rest = ("0", "10", "1"), ("10", None, "2")
    days = replace(energy(first, rest), limits_per="days", days_basis=30)
    (sentences,) = told(days, quantity="25", first_day=date(2025, 1, 1), until_day=date(2025, 3, 2))
    assert sentences[0] == "the limits of the blocks times 2: 60 days instead of 30"
    assert sentences[1] == "20 m3 at 1.00 = 20.00"

    dwellings = replace(energy(first, rest), limits_per="dwellingUnits", limits_times="months")
    (sentences,) = told(dwellings, quantity="70", dwelling_units=Decimal(3), months=2)
    assert sentences[0] == "the limits of the blocks times 6: 3 dwelling units and 2 months"

    rounded = replace(energy(first, rest), limits_per="days", days_basis=30, limit_rounding=to("1"))
    (sentences,) = told(rounded, quantity="70", first_day=date(2025, 1, 1), until_day=date(2025, 2, 1))
    assert sentences[0] == "the limits of the blocks times 31/30: 31 days instead of 30, each rounded (half-up to 1)"

    assert told(days, first_day=date(2025, 4, 1), until_day=date(2025, 5, 1))[0][0] == "10 m3 at 1.00 = 10.00"


def test_limits_that_stretched_are_kept_with_the_bill() -> None:
    charge = replace(energy(("0", "10", "1"), ("10", None, "2")), limits_per="months")
    lines = rated(sheet(charge), use("25", months=2)).lines
    assert unpack_lines(pack_lines(lines), lines[0].amount.currency) == lines
    assert replay(lines[0]) == lines[0].amount

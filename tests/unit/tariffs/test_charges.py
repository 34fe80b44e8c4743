"""Each kind of charge, on numbers that can be worked out by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    BlockCharge,
    Condition,
    Conversion,
    Factor,
    FixedCharge,
    MaximumCharge,
    MinimumCharge,
    PercentCharge,
    RoundingPlan,
    Schedule,
    ScheduleCharge,
    Season,
    SubtotalCharge,
    UsageCharge,
    compile_tariff,
    explain,
    rate_over,
)
from tests.unit.tariffs.sheets import amounts, blocks, energy, fixed, rated, sheet, to, total_to, use

HOUSEHOLD = (("0", "50", "1.50"), ("50", "100", "2.50"), ("100", "150", "3.50"), ("150", None, "4.50"))


def water(rate: str = "2.00", **more: object) -> UsageCharge:
    return UsageCharge(code="water", label="Water", rate=Decimal(rate), **more)  # type: ignore[arg-type]


def percent(of: str, rate: str, code: str = "tax", **more: object) -> PercentCharge:
    return PercentCharge(code=code, label=code, percent=Decimal(rate), of=tuple(of.split()), **more)  # type: ignore[arg-type]


# --- blocks


@pytest.mark.covers("S4-012", "S4-038", "S4-053")
@pytest.mark.parametrize(
    ("quantity", "total"),
    [("0", "0.00"), ("25", "37.50"), ("50", "75.00"), ("50.01", "75.03"), ("100", "200.00"), ("151", "379.50")],
)
def test_telescopic_blocks_charge_each_part_at_its_own_rate(quantity: str, total: str) -> None:
    assert str(rated(sheet(energy(*HOUSEHOLD)), use(quantity)).total) == total


@pytest.mark.parametrize(("quantity", "total"), [("50", "75.00"), ("51", "127.50"), ("100", "250.00"), ("0", "0.00")])
def test_whole_blocks_charge_all_use_at_the_rate_of_the_block_it_falls_in(quantity: str, total: str) -> None:
    assert str(rated(sheet(energy(*HOUSEHOLD, mode="whole")), use(quantity)).total) == total


def test_a_flat_fee_is_due_for_each_block_entered_and_the_first_is_entered_by_no_use() -> None:
    first, second = blocks(("0", "10", "10"), ("10", None, "5"))
    with_flats = (
        type(first)(over=first.over, up_to=first.up_to, rate=first.rate, flat=Decimal(2)),
        type(first)(over=second.over, up_to=None, rate=second.rate, flat=Decimal(3)),
    )
    tariff = sheet(BlockCharge(code="e", label="E", blocks=with_flats))
    assert [str(rated(tariff, use(q)).total) for q in ("0", "10", "11")] == ["2.00", "102.00", "110.00"]
    whole = sheet(BlockCharge(code="e", label="E", blocks=with_flats, mode="whole"))
    assert [str(rated(whole, use(q)).total) for q in ("0", "10", "11")] == ["2.00", "102.00", "58.00"]


def test_limits_stretch_with_the_days_of_the_period() -> None:
    tariff = sheet(energy(("0", "10", "1"), ("10", None, "3"), limits_per="days", days_basis=30))
    sixty_days = use("20", first_day=date(2025, 1, 1), until_day=date(2025, 3, 2))
    assert sixty_days.days == 60
    assert str(rated(tariff, sixty_days).total) == "20.00"
    assert str(rated(tariff, use("20")).total) == "40.00"


def test_limits_stretch_with_dwellings_and_months() -> None:
    per_dwelling = sheet(energy(("0", "10", "1"), ("10", None, "3"), limits_per="dwellingUnits"))
    assert str(rated(per_dwelling, use("25", dwelling_units=Decimal(2))).total) == "35.00"
    per_month = sheet(energy(("0", "8", "0"), ("8", None, "3"), limits_per="months"))
    assert str(rated(per_month, use("20", months=2)).total) == "12.00"


def test_limits_stretch_with_any_measure_and_with_a_second_one() -> None:
    per_person = sheet(energy(("0", "7", "1"), ("7", None, "3"), limits_per="persons"))
    assert str(rated(per_person, use("20", measures={"persons": Decimal(2)})).total) == "32.00"
    with pytest.raises(Invalid, match="persons"):
        rated(per_person, use("20"))
    monthly = sheet(energy(("0", "7", "1"), ("7", None, "3"), limits_per="dwellingUnits", limits_times="months"))
    assert str(rated(monthly, use("30", dwelling_units=Decimal(2), months=2)).total) == "34.00"
    low = Schedule(over=Decimal(0), up_to=Decimal(10), blocks=blocks(("0", None, "1")))
    high = Schedule(over=Decimal(10), up_to=None, blocks=blocks(("0", None, "2")))
    chosen = sheet(
        ScheduleCharge(code="e", label="E", schedules=(low, high), limits_per="persons", limits_times="months")
    )
    three_in_two_months: dict[str, Any] = {"measures": {"persons": Decimal(3)}, "months": 2}
    assert [str(rated(chosen, use(q, **three_in_two_months)).total) for q in ("60", "61")] == ["60.00", "122.00"]


def test_stretched_limits_can_be_rounded_to_whole_units() -> None:
    rows = (("0", "10", "1"), ("10", None, "3"))
    forty_days = use("15", first_day=date(2025, 1, 1), until_day=date(2025, 2, 10))
    exact = sheet(energy(*rows, limits_per="days"))
    rounded = sheet(energy(*rows, limits_per="days", limit_rounding=to("1")))
    assert str(rated(exact, forty_days).total) == "18.33"  # 13.333... at 1 and 1.666... at 3
    assert str(rated(rounded, forty_days).total) == "19.00"


def test_a_schedule_is_chosen_by_the_total_use() -> None:
    low = Schedule(over=Decimal(0), up_to=Decimal(500), blocks=blocks(("0", "100", "0"), ("100", None, "2")))
    high = Schedule(over=Decimal(500), up_to=None, blocks=blocks(("0", "100", "0"), ("100", None, "4")))
    tariff = sheet(ScheduleCharge(code="e", label="E", schedules=(low, high)))
    assert [str(rated(tariff, use(q)).total) for q in ("100", "500", "501")] == ["0.00", "800.00", "1604.00"]
    doubled = sheet(ScheduleCharge(code="e", label="E", schedules=(low, high), limits_per="months"))
    assert str(rated(doubled, use("1000", months=2)).total) == "1600.00"


# --- fixed charges


def test_a_fixed_charge_is_prorated_by_the_days_served() -> None:
    served: dict[str, Any] = {"first_day": date(2025, 11, 16), "until_day": date(2025, 12, 1)}
    assert str(rated(sheet(fixed("50", prorated=True)), use("0", period_days=30, **served)).total) == "25.00"
    assert str(rated(sheet(fixed("50", prorated=True)), use("0", **served)).total) == "50.00"
    assert str(rated(sheet(fixed("60", prorated=True, days_basis=60)), use("0", **served)).total) == "15.00"
    assert str(rated(sheet(fixed("50")), use("0", period_days=30, **served)).total) == "50.00"


def test_a_fixed_charge_may_depend_on_the_meter_size_and_count_dwellings() -> None:
    by_size = FixedCharge(
        code="base", label="Base", by_meter_size={"13": Decimal(900), "20": Decimal(1200)}, times="dwellingUnits"
    )
    tariff = sheet(by_size)
    assert str(rated(tariff, use("0", meter_size="20")).total) == "1200.00"
    assert str(rated(tariff, use("0", meter_size="13", dwelling_units=Decimal(3))).total) == "2700.00"
    with pytest.raises(Invalid, match="it knows 13, 20"):
        rated(tariff, use("0", meter_size="25"))


def test_what_a_charge_can_count() -> None:
    charges = (
        UsageCharge(code="supply", label="Supply", rate=Decimal("0.50"), measure="days"),
        UsageCharge(code="demand", label="Demand", rate=Decimal(60), measure="demandKw"),
        UsageCharge(code="sewer", label="Sewer", rate=Decimal("2.47"), measure="winterAverage"),
    )
    usage = use(
        "8",
        first_day=date(2025, 1, 1),
        until_day=date(2025, 2, 1),
        measures={"demandKw": Decimal("0.7")},
        winter_average=Decimal(8),
    )
    assert amounts(rated(sheet(*charges), usage)) == {"supply": "15.50", "demand": "42.00", "sewer": "19.76"}
    with pytest.raises(Invalid, match="demandKw"):
        rated(sheet(*charges), use("8"))


def test_a_quantity_is_shared_capped_and_freed_before_it_is_rounded() -> None:
    def charged(quantity: str, **trims: object) -> str:
        return str(rated(sheet(water("1", **trims)), use(quantity, winter_average=Decimal(7))).total)

    assert charged("10", share=Decimal("0.8")) == "8.00"
    assert charged("10", share=Decimal(2)) == "20.00"
    assert charged("10", cap=Decimal(6)) == "6.00"
    assert charged("10", cap_measure="winterAverage") == "7.00"
    assert charged("5", cap_measure="winterAverage") == "5.00"
    assert charged("10", included=Decimal(4)) == "6.00"
    assert charged("3", included=Decimal(4)) == "0.00"
    assert charged("10.2", quantity_rounding=to("1", "ceiling")) == "11.00"
    assert charged("10", share=Decimal("0.8"), cap=Decimal(6), included=Decimal("0.5")) == "5.50"


def test_a_quantity_may_be_billed_at_least_and_no_less_than_another() -> None:
    def charged(quantity: str, **trims: object) -> str:
        return str(rated(sheet(water("1", **trims)), use(quantity, measures={"contracted": Decimal(7)})).total)

    assert [charged(quantity, least=Decimal(10)) for quantity in ("0", "9.9", "10", "12")] == [
        "10.00",
        "10.00",
        "10.00",
        "12.00",
    ]
    assert [charged(quantity, least_measure="contracted") for quantity in ("5", "8")] == ["7.00", "8.00"]
    assert charged("1", least=Decimal(10), included=Decimal(4)) == "6.00"
    assert charged("1", cap=Decimal(3), least_measure="contracted") == "7.00"


def test_power_contracted_is_charged_for_each_kw_and_day() -> None:
    """A Spanish bill: 4.6 kW for 30 days at 0.104229 -> 14.38; the energy is rated beside it."""
    power = UsageCharge(code="power", label="Power", rate=Decimal("0.104229"), measure="contractedKw", times="days")
    facts = use(
        "0",
        "kWh",
        measures={"contractedKw": Decimal("4.6")},
        first_day=date(2025, 4, 1),
        until_day=date(2025, 5, 1),
    )
    rating = rated(sheet(power, currency="EUR", unit="kWh"), facts)
    assert amounts(rating) == {"power": "14.38"}
    assert explain(rating.lines[0])[0] == "138 contractedKw-days at 0.104229 = 14.383602"


# --- percentages


@pytest.mark.covers("S2-047", "S2-048", "S2-049", "S2-051", "S2-389")
def test_a_tax_is_taken_of_the_charges_it_names_only() -> None:
    tariff = sheet(water("5.00"), fixed("50"), percent("water", "18"))
    assert amounts(rated(tariff, use("50"))) == {"water": "250.00", "fixed": "50.00", "tax": "45.00"}
    assert str(rated(tariff, use("50")).total) == "345.00"


def test_a_tax_on_a_tax() -> None:
    tariff = sheet(fixed("436.80"), percent("fixed", "1.5", "duty"), percent("fixed duty", "17", "gst"))
    assert amounts(rated(tariff, use("0"))) == {"fixed": "436.80", "duty": "6.55", "gst": "75.37"}


def test_a_discount_has_a_use_cap_and_asks_for_a_flag() -> None:
    senior = percent("*", "-5", "senior", when=Condition(use_at_most=Decimal(30), flag="senior"))
    tariff = sheet(fixed("100"), senior)
    flagged: dict[str, Any] = {"flags": frozenset({"senior"})}
    assert amounts(rated(tariff, use("30", **flagged))) == {"fixed": "100.00", "senior": "-5.00"}
    assert amounts(rated(tariff, use("31", **flagged))) == {"fixed": "100.00"}
    assert amounts(rated(tariff, use("30"))) == {"fixed": "100.00"}


def test_only_the_share_of_use_above_the_exempt_one_is_taxed() -> None:
    tariff = sheet(fixed("200"), percent("fixed", "8", exempt_use=Decimal(600)))
    assert amounts(rated(tariff, use("800")))["tax"] == "4.00"
    assert amounts(rated(tariff, use("600")))["tax"] == "0.00"
    assert amounts(rated(tariff, use("0")))["tax"] == "0.00"
    few = sheet(fixed("200"), percent("fixed", "8", exempt_use=Decimal(6)))
    assert amounts(rated(few, use("8")))["tax"] == "4.00"


def test_only_what_exceeds_the_exempt_amount_is_taxed() -> None:
    tariff = sheet(water("1"), percent("water", "5", exempt_amount=Decimal(100)))
    taxed = [amounts(rated(tariff, use(quantity)))["tax"] for quantity in ("0", "100", "100.20", "150")]
    assert taxed == ["0.00", "0.00", "0.01", "2.50"]
    unrounded = replace(tariff, rounding=total_to("0.01"))
    assert str(rated(unrounded, use("150.5")).total) == "153.03"  # 150.50 and 5 % of 50.50


def test_each_version_of_a_straddled_period_exempts_its_part_of_the_amount() -> None:
    taxed = (water("1"), percent("water", "5", exempt_amount=Decimal(100)))
    before = sheet(*taxed, valid_until=date(2025, 6, 11))
    after = sheet(*taxed, version=2, valid_from=date(2025, 6, 11))
    june = use("150", first_day=date(2025, 6, 1), until_day=date(2025, 7, 1))
    lines = rate_over([compile_tariff(before), compile_tariff(after)], june).lines
    assert [str(line.amount) for line in lines] == ["50.00", "0.83", "100.00", "1.67"]


def test_a_percentage_can_be_bounded_both_ways() -> None:
    tariff = sheet(water("1"), percent("water", "10", at_least=Decimal(2), at_most=Decimal(5)))
    assert [amounts(rated(tariff, use(q)))["tax"] for q in ("0", "20", "30", "50", "51")] == [
        "2.00",
        "2.00",
        "3.00",
        "5.00",
        "5.00",
    ]
    nothing = sheet(water("1"), percent("water", "0", at_least=Decimal(2)))
    assert amounts(rated(nothing, use("70")))["tax"] == "2.00"
    rebate = sheet(water("1"), percent("water", "-10", at_most=Decimal(5)))
    assert amounts(rated(rebate, use("70")))["tax"] == "-5.00"


# --- minimums


def test_a_minimum_lifts_the_charges_it_names_and_no_more() -> None:
    tariff = sheet(
        water("2"), MinimumCharge(code="minimum", label="Minimum", amount=Decimal(15), of=("water",)), fixed("1")
    )
    assert amounts(rated(tariff, use("5"))) == {"water": "10.00", "minimum": "5.00", "fixed": "1.00"}
    assert amounts(rated(tariff, use("7.5"))) == {"water": "15.00", "fixed": "1.00"}
    assert amounts(rated(tariff, use("8"))) == {"water": "16.00", "fixed": "1.00"}


@pytest.mark.covers("S4-014", "S4-037")
def test_an_amount_due_only_at_zero_use() -> None:
    tariff = sheet(energy(*HOUSEHOLD), fixed("25", code="base", when=Condition(use_at_most=Decimal(0))), currency="INR")
    assert amounts(rated(tariff, use("0"))) == {"energy": "0.00", "base": "25.00"}
    assert amounts(rated(tariff, use("0.1"))) == {"energy": "0.15"}


def test_a_minimum_is_halved_at_zero_use_and_counts_equivalent_units() -> None:
    half = Factor(label="no use", value=Decimal("0.5"), when=Condition(use_at_most=Decimal(0)))
    minimum = MinimumCharge(
        code="minimum", label="Minimum", amount=Decimal(30), of=("*",), times="dwellingUnits", factors=(half,)
    )
    tariff = sheet(water("2"), minimum)
    assert [str(rated(tariff, use(q)).total) for q in ("0", "1", "20")] == ["15.00", "30.00", "40.00"]
    assert str(rated(tariff, use("20", dwelling_units=Decimal(2))).total) == "60.00"


def test_a_maximum_lowers_the_charges_it_names_and_no_more() -> None:
    maximum = MaximumCharge(code="cap", label="At most", amount=Decimal(15), of=("water",))
    tariff = sheet(water("2"), maximum, fixed("1"), percent("*", "10"))
    assert amounts(rated(tariff, use("7.5"))) == {"water": "15.00", "fixed": "1.00", "tax": "1.60"}
    assert amounts(rated(tariff, use("9"))) == {"water": "18.00", "cap": "-3.00", "fixed": "1.00", "tax": "1.60"}
    assert amounts(rated(tariff, use("1"))) == {"water": "2.00", "fixed": "1.00", "tax": "0.30"}


def test_a_maximum_counts_by_meter_size_and_dwellings() -> None:
    maximum = MaximumCharge(
        code="cap", label="At most", by_meter_size={"1": Decimal(10)}, of=("*",), times="dwellingUnits"
    )
    facts: dict[str, Any] = {"meter_size": "1", "dwelling_units": Decimal(3)}
    assert str(rated(sheet(water("2"), maximum), use("40", **facts)).total) == "30.00"


def test_a_minimum_is_prorated_by_the_days_served() -> None:
    minimum = MinimumCharge(code="minimum", label="Minimum", amount=Decimal(30), of=("*",), prorated=True)
    served = use("1", first_day=date(2025, 4, 1), until_day=date(2025, 4, 11), period_days=30)
    assert str(rated(sheet(water("2"), minimum), served).total) == "10.00"
    basis = replace(minimum, days_basis=20)
    assert str(rated(sheet(water("2"), basis), served).total) == "15.00"
    assert str(rated(sheet(water("2"), minimum), use("1")).total) == "30.00"


# --- factors, seasons, adjustments


def test_factors_of_class_and_meter_size_multiply() -> None:
    factors = (
        Factor(label="Commercial", value=Decimal("1.5"), when=Condition(classes=("commercial",))),
        Factor(label="3/4 inch", value=Decimal("1.2"), when=Condition(meter_sizes=("3/4",))),
    )
    tariff = sheet(water("10", factors=factors))
    assert str(rated(tariff, use("1")).total) == "10.00"
    assert str(rated(tariff, use("1", consumer_class="commercial")).total) == "15.00"
    assert str(rated(tariff, use("1", consumer_class="commercial", meter_size="3/4")).total) == "18.00"


def test_a_rate_times_a_factor_is_rounded_before_it_meets_the_use() -> None:
    commercial = Factor(label="Commercial B", value=Decimal("1.5"), when=Condition(classes=("B",)))
    tariff = sheet(water("19.15", factors=(commercial,), rate_rounding=to("0.05", "floor")))
    assert str(rated(tariff, use("10", consumer_class="B")).total) == "287.00"
    assert str(rated(tariff, use("10")).total) == "191.50"
    in_blocks = sheet(
        energy(("0", "1", "19.15"), ("1", None, "10.01"), factors=(commercial,), rate_rounding=to("0.05", "floor"))
    )
    assert str(rated(in_blocks, use("2", consumer_class="B")).total) == "43.70"
    amount = sheet(fixed("19.15", factors=(commercial,), rate_rounding=to("0.05", "floor")))
    assert str(rated(amount, use("2", consumer_class="B")).total) == "28.70"


def test_a_season_counts_for_the_days_in_it() -> None:
    summer = water("1", season=Season(from_day="06-01", until_day="10-01"))
    winter = UsageCharge(
        code="winter", label="Winter", rate=Decimal(2), season=Season(from_day="10-01", until_day="06-01")
    )
    tariff = sheet(summer, winter)

    def charged(first: date, until: date) -> dict[str, str]:
        return amounts(rated(tariff, use("30", first_day=first, until_day=until)))

    assert charged(date(2025, 7, 1), date(2025, 7, 31)) == {"water": "30.00"}
    assert charged(date(2025, 9, 16), date(2025, 10, 16)) == {"water": "15.00", "winter": "30.00"}
    assert charged(date(2025, 12, 16), date(2026, 1, 15)) == {"winter": "60.00"}
    with pytest.raises(Invalid, match="seasons"):
        rated(tariff, use("30"))


def test_adjustments_come_with_the_reading_and_may_be_credits() -> None:
    tariff = sheet(
        water("5"),
        AdjustmentCharge(code="fuel", label="Fuel adjustment"),
        AdjustmentCharge(code="rent", label="Meter rent", amount=Decimal("7.50")),
        percent("water fuel", "10"),
    )
    given = use("100", adjustments={"fuel": Decimal("-34.16")})
    assert amounts(rated(tariff, given)) == {"water": "500.00", "fuel": "-34.16", "rent": "7.50", "tax": "46.58"}
    assert amounts(rated(tariff, use("100"))) == {"water": "500.00", "rent": "7.50", "tax": "50.00"}
    with pytest.raises(Invalid, match="no adjustment leak; it has fuel, rent"):
        rated(tariff, use("1", adjustments={"leak": Decimal(1)}))


def test_a_credit_may_be_so_much_for_every_unit() -> None:
    fuel = AdjustmentCharge(code="fuel", label="Fuel", amount=Decimal("-0.20"), times="use")
    rating = rated(sheet(water("5"), fuel), use("100"))
    assert amounts(rating) == {"water": "500.00", "fuel": "-20.00"}
    assert explain(rating.lines[1]) == ["100 m3 at -0.20 = -20.00"]
    dearer = use("100", adjustments={"fuel": Decimal("0.05")})
    assert amounts(rated(sheet(water("5"), fuel), dearer)) == {"water": "500.00", "fuel": "5.00"}


# --- units and rounding


def test_a_use_is_converted_and_then_rounded() -> None:
    hcf = sheet(
        water("1"),
        unit="hcf",
        conversions=(Conversion(from_unit="gal", divide=Decimal(748)),),
        quantity_rounding=to("1"),
    )
    assert str(rated(hcf, use("5000", "gal")).total) == "7.00"
    heat = sheet(
        water("1"),
        unit="MMBTU",
        conversions=(
            Conversion(from_unit="m3", multiply=Decimal("0.01"), divide=Decimal("281.7358"), times_measure="heatValue"),
        ),
        quantity_rounding=to("0.001"),
    )
    rating = rated(heat, use("113", measures={"heatValue": Decimal(933)}))
    assert str(rating.total) == "3.74"
    assert rating.lines[0].trace.terms[0].quantity == Decimal("3.742")
    with pytest.raises(Invalid, match="heatValue"):
        rated(heat, use("113"))


@pytest.mark.parametrize(("currency", "total"), [("JPY", "13"), ("USD", "12.50"), ("KWD", "12.500")])
def test_a_line_is_rounded_to_the_minor_unit_of_its_currency(currency: str, total: str) -> None:
    assert str(rated(sheet(water("12.5"), currency=currency), use("1")).total) == total


def test_each_line_is_rounded_for_itself_unless_the_tariff_says_otherwise() -> None:
    charges = (water("0.004"), fixed("0.004", code="a"), fixed("0.004", code="b"))
    assert amounts(rated(sheet(*charges), use("1"))) == {"water": "0.00", "a": "0.00", "b": "0.00"}
    whole = rated(sheet(*charges, rounding=total_to("0.01")), use("1"))
    assert amounts(whole) == {"water": "0.00", "a": "0.00", "b": "0.00", "rounding": "0.01"}
    assert str(whole.total) == "0.01"


def test_with_both_lines_and_the_total_are_rounded() -> None:
    plan = RoundingPlan(line=to("1", "floor"), total=to("10"))
    rating = rated(sheet(water("12.9"), fixed("50.9"), rounding=plan), use("1"))
    assert amounts(rating) == {"water": "12.00", "fixed": "50.00", "rounding": "-2.00"}


def test_a_tax_sees_the_unrounded_lines_where_only_the_total_is_rounded() -> None:
    tariff = sheet(water("71.5"), percent("water", "10"), currency="JPY", rounding=total_to("1", "floor"))
    assert str(rated(tariff, use("1")).total) == "78"  # 71.5 + 7.15
    assert str(rated(sheet(water("71.5"), percent("water", "10"), currency="JPY"), use("1")).total) == "79"  # 72 + 7


def test_a_charge_may_round_in_its_own_way() -> None:
    tariff = sheet(water("71.9"), percent("water", "10", rounding=to("1", "floor")), currency="JPY")
    assert amounts(rated(tariff, use("1"))) == {"water": "72", "tax": "7"}


def test_a_subtotal_is_rounded_before_what_follows() -> None:
    subtotal = SubtotalCharge(code="sub", label="Rounding", of=("water",), to=to("10", "floor"))
    tariff = sheet(water("1234.5"), subtotal, percent("water sub", "10"), currency="JPY")
    assert amounts(rated(tariff, use("1"))) == {"water": "1235", "sub": "-5", "tax": "123"}


def test_months_apart_rates_each_month_for_itself_the_larger_share_first() -> None:
    base = FixedCharge(code="base", label="Base", amount=Decimal(1848))
    use_charge = energy(("0", "10", "0"), ("10", None, "157.5"))
    tariff = sheet(base, use_charge, currency="JPY", rounding=total_to("10", "floor"), months_apart=True)
    rating = rated(tariff, use("51", months=2))
    assert [line.trace.terms[-1].quantity for line in rating.lines if line.code == "energy"] == [16, 15]
    assert str(rating.total) == "8570"
    assert str(rated(tariff, use("26")).total) == "4360"
    halves = rated(sheet(water("1"), months_apart=True), use("51.5", months=2))
    assert [str(line.amount) for line in halves.lines] == ["26.50", "25.00"]


def test_rates_of_a_schedule_take_factors_and_rounding_too() -> None:
    half_more = Factor(label="Commercial", value=Decimal("1.5"), when=Condition(classes=("B",)))
    only = Schedule(over=Decimal(0), up_to=None, blocks=blocks(("0", "10", "1.01"), ("10", None, "2.01")))
    charge = ScheduleCharge(
        code="e", label="E", schedules=(only,), factors=(half_more,), rate_rounding=to("0.1", "ceiling")
    )
    assert str(rated(sheet(charge), use("12", consumer_class="B")).total) == "22.20"  # 10 at 1.60, 2 at 3.10
    assert str(rated(sheet(charge), use("12")).total) == "15.20"  # 10 at 1.10, 2 at 2.10


def test_a_charge_may_be_for_those_without_a_flag() -> None:
    levy = fixed("4", code="levy", when=Condition(without_flag="exempt"))
    assert amounts(rated(sheet(levy), use("1"))) == {"levy": "4.00"}
    assert amounts(rated(sheet(levy), use("1", flags=frozenset({"exempt"})))) == {}


def test_a_season_begins_on_its_first_day_and_ends_before_its_last() -> None:
    tariff = sheet(water("1", season=Season(from_day="06-01", until_day="10-01")))

    def on(day: date) -> dict[str, str]:
        return amounts(rated(tariff, use("3", first_day=day, until_day=day + timedelta(days=1))))

    assert [on(date(2025, *day)) for day in ((5, 31), (6, 1), (9, 30), (10, 1))] == [
        {},
        {"water": "3.00"},
        {"water": "3.00"},
        {},
    ]


def test_what_follows_sees_exactly_what_a_subtotal_changed() -> None:
    subtotal = SubtotalCharge(code="sub", label="Rounding", of=("water",), to=to("10", "floor"))
    tenfold = percent("sub", "1000", code="tenfold")
    tariff = sheet(water("1234.6"), subtotal, tenfold, currency="JPY", rounding=total_to("1"))
    assert amounts(rated(tariff, use("1"))) == {"water": "1235", "sub": "-5", "tenfold": "-46"}

"""What holds once for a whole bill, though several versions rate parts of it. R1 to R11: faults that were found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from time import process_time
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AdjustmentCharge,
    Block,
    BlockCharge,
    Charge,
    Condition,
    Factor,
    MaximumCharge,
    MinimumCharge,
    PercentCharge,
    Rating,
    Season,
    SubtotalCharge,
    Tariff,
    Usage,
    UsageCharge,
    compile_tariff,
    explain,
    pack_lines,
    rate,
    rate_over,
    replay,
    unpack_lines,
)
from chalicelib.tariffs.domain.metering import Segment, use_of
from chalicelib.tariffs.domain.rounding import share_rounded
from tests.unit.tariffs.sheets import amounts, energy, fixed, rated, sheet, to, total_to, use

JUNE: dict[str, Any] = {"first_day": date(2025, 6, 1), "until_day": date(2025, 7, 1)}
SECOND_QUARTER: dict[str, Any] = {"first_day": date(2025, 4, 1), "until_day": date(2025, 7, 1), "months": 3}
MID_JUNE = (date(2025, 6, 16),)
THIRDS_OF_JUNE = (date(2025, 6, 11), date(2025, 6, 21))


def water(rate_text: str = "10.00", **more: Any) -> UsageCharge:  # noqa: ANN401
    return UsageCharge(code="water", label="Water", rate=Decimal(rate_text), **more)


def tax(percent: str, of: str = "water", **more: Any) -> PercentCharge:  # noqa: ANN401
    return PercentCharge(code="tax", label="Tax", percent=Decimal(percent), of=tuple(of.split()), **more)


def in_versions(tariff: Tariff, changes: Sequence[date], usage: Usage) -> Rating:
    """Rate by so many versions of the same tariff, and hold each line against its trace."""
    starts = [tariff.valid_from, *changes]
    ends = [*changes, None]
    versions = [
        compile_tariff(replace(tariff, version=at + 1, valid_from=start, valid_until=end))
        for at, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    rating = rate_over(versions, usage)
    kept = unpack_lines(pack_lines(rating.lines), rating.currency)
    assert kept == rating.lines
    assert [replay(line) for line in kept] == [line.amount for line in kept]
    return rating


def of_each_version(rating: Rating, code: str) -> list[str]:
    return [str(line.amount) for line in rating.lines if line.code == code]


@pytest.mark.parametrize("changes", [MID_JUNE, THIRDS_OF_JUNE])
def test_a_percentage_is_bounded_once_per_bill(changes: tuple[date, ...]) -> None:
    """R1: 10 x 10.00 and 10 % at most 4 are 104.00, in any number of equal versions; so are 3 % at least 4."""
    most = sheet(water(), tax("10", at_most=Decimal(4)))
    assert str(in_versions(most, changes, use("10", **JUNE)).total) == "104.00"
    least = sheet(water(), tax("3", at_least=Decimal(4)))
    assert str(in_versions(least, changes, use("10", **JUNE)).total) == "104.00"


def test_versions_that_differ_are_bounded_by_the_sum_of_their_days() -> None:
    """R1: 1.00 and 10.00 of tax; each version bounds its days: 10 days at most 3, 20 days at most 6, so 5.00 in all."""
    old = sheet(water("3"), tax("10", at_most=Decimal(3)), valid_until=THIRDS_OF_JUNE[0])
    new = sheet(water("15"), tax("10", at_most=Decimal(6)), version=2, valid_from=THIRDS_OF_JUNE[0])
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("10", **JUNE))
    assert of_each_version(rating, "water") == ["10.00", "100.00"]
    assert of_each_version(rating, "tax") == ["1.00", "4.00"]
    assert explain(rating.lines[-1]) == [
        "10 % of water = 11.00, but at most 6.00 for the whole bill; 2/3 of it = 4.00",
    ]


@pytest.mark.parametrize("changes", [MID_JUNE, THIRDS_OF_JUNE])
@pytest.mark.parametrize(("amount", "total"), [("120", "120.00"), ("80", "100.00")])
def test_a_minimum_lifts_a_bill_once(changes: tuple[date, ...], amount: str, total: str) -> None:
    """R1: a minimum looks at all versions together, even where one is dear and the other cheap."""
    minimum = MinimumCharge(code="minimum", label="Minimum", amount=Decimal(amount), of=("*",))
    assert str(in_versions(sheet(water(), minimum), changes, use("10", **JUNE)).total) == total
    cheap = sheet(water("1"), minimum, valid_until=MID_JUNE[0])
    dear = sheet(water("19"), minimum, version=2, valid_from=MID_JUNE[0])
    rating = rate_over([compile_tariff(cheap), compile_tariff(dear)], use("10", **JUNE))
    assert str(rating.total) == total
    maximum = MaximumCharge(code="most", label="At most", amount=Decimal(amount), of=("*",))
    held = in_versions(sheet(water(), maximum), changes, use("10", **JUNE))
    assert str(held.total) == str(min(Decimal(amount), Decimal(100)).quantize(Decimal("0.01")))


@pytest.mark.parametrize("changes", [MID_JUNE, THIRDS_OF_JUNE])
def test_a_bill_is_rounded_once(changes: tuple[date, ...]) -> None:
    """R2: 107 rounded to tens is 110, by the total or by a subtotal, in any number of versions."""
    whole = sheet(water("10.70"), rounding=total_to("10"))
    assert str(in_versions(whole, changes, use("10", **JUNE)).total) == "110.00"
    subtotal = SubtotalCharge(code="sub", label="Rounding", of=("water",), to=to("10"))
    rating = in_versions(sheet(water("10.70"), subtotal), changes, use("10", **JUNE))
    assert str(rating.total) == "110.00"
    assert of_each_version(rating, "sub") == ["3.00"]


def test_the_last_version_says_how_a_total_is_rounded() -> None:
    old = sheet(water("10.70"), valid_until=MID_JUNE[0])
    new = sheet(water("10.70"), version=2, valid_from=MID_JUNE[0], rounding=total_to("10", "floor"))
    assert str(rate_over([compile_tariff(old), compile_tariff(new)], use("10", **JUNE)).total) == "100.00"
    gone = replace(new, rounding=replace(new.rounding, total=None))
    rounding = replace(old, rounding=total_to("10", "floor"))
    assert str(rate_over([compile_tariff(rounding), compile_tariff(gone)], use("10", **JUNE)).total) == "107.00"


def test_the_shares_of_an_amount_add_up_to_it() -> None:
    """R3: -10.01 in two versions; 5 and 100 yen in two and three: the largest remainders take what is left over."""
    credit = sheet(AdjustmentCharge(code="credit", label="Credit", amount=Decimal("-10.01")))
    assert of_each_version(in_versions(credit, MID_JUNE, use("0", **JUNE)), "credit") == ["-5.01", "-5.00"]
    charge = sheet(fixed("10.01"))
    assert of_each_version(in_versions(charge, MID_JUNE, use("0", **JUNE)), "fixed") == ["5.01", "5.00"]
    yen = sheet(fixed("5"), currency="JPY")
    assert of_each_version(in_versions(yen, MID_JUNE, use("0", **JUNE)), "fixed") == ["3", "2"]
    hundred = sheet(fixed("100"), currency="JPY")
    rating = in_versions(hundred, THIRDS_OF_JUNE, use("0", **JUNE))
    assert of_each_version(rating, "fixed") == ["34", "33", "33"]
    assert explain(rating.lines[0])[-1] == "rounded (half-up to 1) to 34, so that the parts add up"


def test_an_amount_that_changed_is_rounded_in_each_part() -> None:
    """R3: only what stays the same is one amount; 1.01 and 3.01 for 15 of 30 days each are lines of their own."""
    old = sheet(fixed("1.01"), valid_until=MID_JUNE[0])
    new = sheet(fixed("3.01"), version=2, valid_from=MID_JUNE[0])
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("0", **JUNE))
    assert of_each_version(rating, "fixed") == ["0.51", "1.51"]
    three = [
        compile_tariff(sheet(fixed(amount), version=at, valid_from=start, valid_until=end))
        for at, amount, start, end in (
            (1, "0.02", date(2025, 6, 1), date(2025, 6, 11)),
            (2, "0.02", date(2025, 6, 11), date(2025, 6, 21)),
            (3, "0.05", date(2025, 6, 21), None),
        )
    ]
    assert of_each_version(rate_over(three, use("0", **JUNE)), "fixed") == ["0.01", "0.00", "0.02"]


def test_parts_that_a_bound_holds_add_up_to_it() -> None:
    """R1: 1.01 and 3.01 at most, by the halves of a month, are 2.01 and not 0.51 and 1.51."""
    old = sheet(water(), tax("10", at_most=Decimal("1.01")), valid_until=MID_JUNE[0])
    new = sheet(water(), tax("10", at_most=Decimal("3.01")), version=2, valid_from=MID_JUNE[0])
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("10", **JUNE))
    assert of_each_version(rating, "tax") == ["0.51", "1.50"]


@pytest.mark.parametrize("changes", [MID_JUNE, THIRDS_OF_JUNE])
@pytest.mark.parametrize("plan", [{}, {"rounding": total_to("0.05")}])
def test_equal_versions_give_the_bill_of_one(changes: tuple[date, ...], plan: dict[str, Any]) -> None:
    """R1, R2, R3: whatever the charges are, a version that changes nothing changes nothing."""
    charges: tuple[Charge, ...] = (
        energy(("0", "7", "1.337"), ("7", None, "2.773")),
        fixed("10.01"),
        tax("7.7", "energy fixed", exempt_amount=Decimal("12.34"), at_most=Decimal("1.11")),
        MinimumCharge(code="minimum", label="Minimum", amount=Decimal("45.67"), of=("*",)),
        SubtotalCharge(code="sub", label="Rounding", of=("*",), to=to("0.05")),
    )
    tariff = sheet(*charges, **plan)
    for quantity in ("0", "7.123", "11", "19.999"):
        usage = use(quantity, **JUNE)
        assert in_versions(tariff, changes, usage).total == rated(tariff, usage).total


def test_versions_keep_their_order_of_charges() -> None:
    old = sheet(water(), tax("10"), valid_until=MID_JUNE[0])
    new = sheet(
        fixed("3"), water(), fixed("1", code="rent"), tax("10", "water rent"), version=2, valid_from=MID_JUNE[0]
    )
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("10", **JUNE))
    shown = [(line.trace.tariff_version, line.code, str(line.amount)) for line in rating.lines]
    first = [(1, "water", "50.00"), (1, "tax", "5.00")]
    assert shown == [*first, (2, "fixed", "1.50"), (2, "water", "50.00"), (2, "rent", "0.50"), (2, "tax", "5.05")]
    turned = sheet(fixed("1", code="rent"), water(), version=2, valid_from=MID_JUNE[0])
    straight = sheet(water(), fixed("1", code="rent"), valid_until=MID_JUNE[0])
    crossed = rate_over([compile_tariff(straight), compile_tariff(turned)], use("10", **JUNE))
    assert str(crossed.total) == "101.00"


def test_a_bound_limits_the_size_and_keeps_the_sign() -> None:
    """R4: 5 % of a credit of 100.00, at most 3, is a credit of 3.00; at least 8, one of 8.00."""
    credit = AdjustmentCharge(code="water", label="Credit", amount=Decimal(-100))
    assert amounts(rated(sheet(credit, tax("5", at_most=Decimal(3))), use("0")))["tax"] == "-3.00"
    assert amounts(rated(sheet(credit, tax("5", at_least=Decimal(8))), use("0")))["tax"] == "-8.00"
    assert amounts(rated(sheet(credit, tax("-5", at_most=Decimal(3))), use("0")))["tax"] == "3.00"


def test_months_apart_have_one_version_each_if_it_changes_on_their_border() -> None:
    """R5: 60 m3 in a quarter, blocks 10@1 and the rest at 3, from 1 May at 2 and 6: 40 + 80 + 80."""
    old = sheet(energy(("0", "10", "1"), ("10", None, "3")), months_apart=True, valid_until=date(2025, 5, 1))
    new = sheet(energy(("0", "10", "2"), ("10", None, "6")), months_apart=True, version=2, valid_from=date(2025, 5, 1))
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("60", **SECOND_QUARTER))
    assert of_each_version(rating, "energy") == ["40.00", "80.00", "80.00"]
    assert str(rating.total) == "200.00"


def test_a_month_in_which_the_version_changes_is_shared_by_its_days() -> None:
    """R5: the change lies in mid-April, so only April is shared: 20.00 + 40.00 of it, then 80.00 twice."""
    change = date(2025, 4, 16)
    old = sheet(energy(("0", "10", "1"), ("10", None, "3")), months_apart=True, valid_until=change)
    new = sheet(energy(("0", "10", "2"), ("10", None, "6")), months_apart=True, version=2, valid_from=change)
    rating = rate_over([compile_tariff(old), compile_tariff(new)], use("60", **SECOND_QUARTER))
    assert of_each_version(rating, "energy") == ["20.00", "40.00", "80.00", "80.00"]


def test_versions_of_which_one_rates_months_apart_each_go_their_way() -> None:
    charge = energy(("0", "10", "1"), ("10", None, "3"))
    apart = sheet(charge, months_apart=True, valid_until=date(2025, 5, 1))
    whole = sheet(charge, version=2, valid_from=date(2025, 5, 1))
    usage = use("60", first_day=date(2025, 4, 1), until_day=date(2025, 6, 1), months=2)
    rating = rate_over([compile_tariff(apart), compile_tariff(whole)], usage)
    assert of_each_version(rating, "energy") == ["34.43", "34.43", "81.31"]  # 30/61 of 70 twice, 31/61 of 160


@pytest.mark.parametrize(
    ("meaningless", "where"),
    [
        ({"factors": (Factor(label="half", value=Decimal("0.5"), when=Condition()),)}, "charges.1.factors"),
        ({"season": Season(from_day="06-01", until_day="10-01")}, "charges.1.season"),
        ({"rounding": to("1")}, "charges.1.rounding"),
    ],
)
def test_a_subtotal_refuses_what_would_scale_it(meaningless: dict[str, Any], where: str) -> None:
    """R6: a subtotal rounds a sum that stands on the bill already."""
    with pytest.raises(Invalid) as refused:
        sheet(water(), SubtotalCharge(code="sub", label="Sub", of=("*",), to=to("1"), **meaningless))
    assert [fault.field for fault in refused.value.faults] == [where]


@pytest.mark.parametrize(
    "bound",
    [
        MaximumCharge(code="most", label="Most", amount=Decimal(8), of=("water",)),
        MinimumCharge(code="least", label="Least", amount=Decimal(8), of=("water",)),
        tax("10", at_most=Decimal(3)),
        tax("10", at_least=Decimal(3)),
    ],
)
def test_a_bound_refuses_a_season(bound: Charge) -> None:
    """R7: a bound is of the whole bill; what it bounds may have a season, and is then compared as it stands there."""
    summer = Season(from_day="06-16", until_day="10-01")
    with pytest.raises(Invalid, match="season"):
        sheet(water(), replace(bound, season=summer))
    seasonal = sheet(
        water("1.00", season=summer), MaximumCharge(code="most", label="M", amount=Decimal(8), of=("water",))
    )
    assert amounts(rated(seasonal, use("10", **JUNE))) == {"water": "5.00"}
    assert amounts(rated(seasonal, use("20", **JUNE))) == {"water": "10.00", "most": "-2.00"}


@pytest.mark.parametrize("plan", [{}, {"rounding": total_to("0.01")}])
def test_sixty_charges_rate_in_milliseconds(plan: dict[str, Any]) -> None:
    """R8: 59 percentages of everything above took permanently where only the total is rounded."""
    percents = [
        PercentCharge(code=f"p{at}", label="P", percent=Decimal(percent), of=("*",))
        for at, percent in enumerate(["12.75", "0.1875"] * 29 + ["7"])
    ]
    compiled = compile_tariff(sheet(water("3.3333", per=Decimal(748)), *percents, **plan))
    usage = use("123.456", **JUNE)
    spent = []
    for _ in range(5):
        start = process_time()
        rating = rate(compiled, usage)
        spent.append(process_time() - start)
    assert min(spent) < 0.02
    start = process_time()
    assert len(pack_lines(rating.lines)) < 60_000
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    assert process_time() - start < 1


def test_a_tariff_whose_bills_would_be_too_much_work_is_refused() -> None:
    """R8: digits of unrounded amounts and blocks are limited when the tariff is entered."""
    long = [
        PercentCharge(code=f"p{at}", label="P", percent=Decimal("1.2345678901"), of=("*",), exempt_use=Decimal(1))
        for at in range(59)
    ]
    with pytest.raises(Invalid, match="round each line too"):
        sheet(water(), *long, rounding=total_to("1"))
    sheet(water(), *long)
    limits = [str(limit) for limit in range(300)]
    rows = [(over, up_to, "1") for over, up_to in zip(limits, [*limits[1:], None], strict=True)]
    with pytest.raises(Invalid, match="600 blocks in all"):
        sheet(energy(*rows), BlockCharge(code="other", label="O", blocks=energy(*rows).blocks))
    sheet(energy(*rows))


def test_a_block_without_width_is_never_entered() -> None:
    """R9: limits that round to 0 leave the flat of the last block only, and are refused when they are entered."""
    flats = (("0", "0.2", "1"), ("0.2", "0.4", "10"), ("0.4", None, "100"))
    blocks = tuple(
        Block(over=Decimal(over), up_to=None if up_to is None else Decimal(up_to), rate=Decimal(0), flat=Decimal(flat))
        for over, up_to, flat in flats
    )
    charge = BlockCharge(code="e", label="E", blocks=blocks, limits_per="dwellingUnits")
    rounded = replace(sheet(charge), charges=(replace(charge, limit_rounding=to("1", "floor")),))
    assert str(rated(rounded, use("0")).total) == "100.00"
    assert str(rated(rounded, use("7")).total) == "100.00"
    assert str(rated(rounded, use("0", dwelling_units=Decimal(5))).total) == "1.00"
    with pytest.raises(Invalid, match="no width") as refused:
        sheet(*rounded.charges)
    assert [fault.field for fault in refused.value.faults] == ["charges.0.limitRounding.step"]
    with pytest.raises(Invalid, match="in limitsPer"):
        sheet(replace(charge, limits_per=None, limit_rounding=to("0.1")))


def test_limits_by_the_day_are_rounded_as_those_of_a_month() -> None:
    """R9: 0.33 m3 a day is no limit of 0 m3: in 30 days it is one of 9."""
    charge = energy(("0", "0.33", "1"), ("0.33", None, "2"), limits_per="days", days_basis=1)
    assert str(rated(sheet(replace(charge, limit_rounding=to("1", "floor"))), use("10")).total) == "11.00"


def test_months_apart_share_measures_and_whole_periods() -> None:
    """R10: a peak of 100 is 50 and 50; amounts prorated by the whole period are due in full in each month."""
    peak = UsageCharge(code="peak", label="Peak", rate=Decimal(1), measure="peak")
    two_months: dict[str, Any] = {"first_day": date(2025, 4, 1), "until_day": date(2025, 6, 1), "months": 2}
    measured = use("0", measures={"peak": Decimal(101)}, **two_months)
    assert of_each_version(rated(sheet(peak, months_apart=True), measured), "peak") == ["51.00", "50.00"]
    prorated = sheet(fixed("50", prorated=True), months_apart=True)
    whole = use("0", period_days=61, **two_months)
    assert of_each_version(rated(prorated, whole), "fixed") == ["50.00", "50.00"]
    served = use("0", first_day=date(2025, 4, 1), until_day=date(2025, 5, 1), months=2, period_days=60)
    assert of_each_version(rated(prorated, served), "fixed") == ["25.00", "25.00"]


def test_months_apart_leave_whole_what_multiplies() -> None:
    """R10: kW contracted are charged for the days of each month, persons stretch its limits, and heat converts."""
    power = UsageCharge(code="power", label="Power", rate=Decimal("0.10"), measure="kw", times="days")
    limits = energy(("0", "10", "1"), ("10", None, "3"), limits_per="persons")
    usage = use("60", months=2, measures={"kw": Decimal(4), "persons": Decimal(2)})
    rating = rated(sheet(power, limits, months_apart=True), usage)
    assert of_each_version(rating, "power") == ["12.00", "12.00"]
    assert of_each_version(rating, "energy") == ["50.00", "50.00"]


def test_an_adjustment_for_every_unit_is_taken_by_each_month_and_another_by_the_first() -> None:
    """R10: what came once is charged once; a price per unit is one for the units of every month."""
    fuel = AdjustmentCharge(code="fuel", label="Fuel", times="use")
    rent = AdjustmentCharge(code="rent", label="Rent", amount=Decimal("7.50"))
    usage = use("50", months=2, adjustments={"fuel": Decimal("0.20"), "rent": Decimal(8)})
    rating = rated(sheet(fuel, rent, months_apart=True), usage)
    assert of_each_version(rating, "fuel") == ["5.00", "5.00"]
    assert of_each_version(rating, "rent") == ["8.00"]
    assert of_each_version(rated(sheet(rent, months_apart=True), use("50", months=2)), "rent") == ["7.50", "7.50"]


def test_an_adjustment_has_a_place_if_one_version_has_it() -> None:
    fuel = AdjustmentCharge(code="fuel", label="Fuel")
    old = sheet(water(), fuel, valid_until=MID_JUNE[0])
    new = sheet(water(), version=2, valid_from=MID_JUNE[0])
    versions = [compile_tariff(old), compile_tariff(new)]
    rating = rate_over(versions, use("10", adjustments={"fuel": Decimal(6)}, **JUNE))
    assert of_each_version(rating, "fuel") == ["3.00"]
    with pytest.raises(Invalid, match="no adjustment leak; it has fuel"):
        rate_over(versions, use("10", adjustments={"leak": Decimal(6)}, **JUNE))


def test_factors_act_before_bounds() -> None:
    """R11: 10 % of 100.00, tripled, is 30.00 and at most 4.00; halved it is 5.00 and at least 6.00."""
    triple = Factor(label="Commercial", value=Decimal(3), when=Condition())
    rating = rated(sheet(water(), tax("10", at_most=Decimal(4), factors=(triple,))), use("10"))
    assert amounts(rating)["tax"] == "4.00"
    assert explain(rating.lines[1]) == ["10 % times 3 (Commercial) of water = 30.00, but at most 4.00"]
    half = Factor(label="Half", value=Decimal("0.5"), when=Condition())
    assert amounts(rated(sheet(water(), tax("10", at_least=Decimal(6), factors=(half,))), use("10")))["tax"] == "6.00"


def test_a_register_runs_over_by_less_than_a_tenth_unless_somebody_says_so() -> None:
    """R13: 100 -> 99 with 6 digits is a typing error, no use of 999,999."""
    backwards = Segment(previous=Decimal(100), current=Decimal(99), digits=6)
    with pytest.raises(Invalid, match="say rolledOver"):
        use_of(backwards)
    assert use_of(replace(backwards, rolled_over=True)) == 999_999
    assert use_of(Segment(previous=Decimal(9990), current=Decimal(15), digits=4)) == 25
    assert use_of(Segment(previous=Decimal(9001), current=Decimal(0), digits=4)) == 999
    with pytest.raises(Invalid, match="would be 1000"):
        use_of(Segment(previous=Decimal(9000), current=Decimal(0), digits=4))


def test_a_sum_is_rounded_once_and_its_shares_add_up() -> None:
    def halves(*parts: int) -> list[Fraction]:
        return [Fraction(part, 2) for part in parts]

    assert share_rounded(halves(5, 5), "half-up") == [3, 2]
    assert share_rounded(halves(-5, -5), "half-up") == [-3, -2]
    assert share_rounded(halves(1, 1, 1), "floor") == [1, 0, 0]
    assert share_rounded(halves(1, 1, 1), "ceiling") == [1, 1, 0]
    assert share_rounded(halves(-1, 4), "half-up") == [0, 2]

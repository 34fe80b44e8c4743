"""How a change inside a use is handled (R12); conditions on measures and amounts; rates below zero; history."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain import (
    AmountLimit,
    Charge,
    Condition,
    History,
    Measure,
    MeasureLimit,
    MeasureNeeded,
    PercentCharge,
    Rating,
    UsageCharge,
    compile_tariff,
    explain,
    measures_needed,
    rate_over,
    replay,
)
from chalicelib.tariffs.domain.model import VersionChange
from tests.unit.tariffs.sheets import amounts, energy, fixed, rated, sheet, use


def changed(how: VersionChange | None) -> Rating:
    """30 m3 in 30 days; 20 at 10 and the rest at 20, from the 16th at 30 and 40; 50.00, then 80.00 fixed."""
    first = sheet(energy(("0", "20", "10"), ("20", None, "20")), fixed("50"), valid_until=date(2025, 6, 16))
    second = sheet(energy(("0", "20", "30"), ("20", None, "40")), fixed("80"), version=2, valid_from=date(2025, 6, 16))
    usage = use("30", first_day=date(2025, 6, 1), until_day=date(2025, 7, 1))
    rating = rate_over([compile_tariff(first), compile_tariff(replace(second, version_change=how))], usage)
    assert [replay(line) for line in rating.lines] == [line.amount for line in rating.lines]
    return rating


@pytest.mark.parametrize(
    ("how", "lines"),
    [
        (None, ["200.00", "25.00", "500.00", "40.00"]),  # half of 20 x 10 + 10 x 20, half of 20 x 30 + 10 x 40
        ("by-days", ["200.00", "25.00", "500.00", "40.00"]),
        ("by-reading-day", ["1000.00", "80.00"]),
        ("each-whole", ["150.00", "25.00", "450.00", "40.00"]),  # 15 x 10, 15 x 30
    ],
)
def test_a_tariff_says_how_a_change_inside_a_use_is_handled(how: VersionChange | None, lines: list[str]) -> None:
    """R12."""
    assert [str(line.amount) for line in changed(how).lines] == lines


def test_a_share_through_whole_blocks_is_explained() -> None:
    assert explain(changed("each-whole").lines[0]) == [
        "30 m3, times 0.5 (2025-06-01 - 2025-06-15) = 15 m3",
        "15 m3 at 10.00 = 150.00",
    ]


SUBSIDY = UsageCharge(code="subsidy", label="Subsidy", rate=Decimal("-0.5"), cap=Decimal(200))


@pytest.mark.parametrize(("quantity", "amount"), [("100", "-50.00"), ("200", "-100.00"), ("350", "-100.00")])
def test_a_subsidy_is_a_rate_below_zero_on_the_first_units(quantity: str, amount: str) -> None:
    assert amounts(rated(sheet(SUBSIDY), use(quantity))) == {"subsidy": amount}
    in_blocks = energy(("0", "200", "-0.5"), ("200", None, "0"))
    assert amounts(rated(sheet(in_blocks), use(quantity))) == {"energy": amount}


def test_a_rate_below_zero_without_a_limit_is_refused() -> None:
    with pytest.raises(Invalid, match="a rate can't be negative; give a cap"):
        sheet(replace(SUBSIDY, cap=None))
    with pytest.raises(Invalid, match=r"blocks\.1\.rate: a rate can't be negative in a block without a limit"):
        sheet(energy(("0", "200", "0"), ("200", None, "-0.5")))


def when(*measures: MeasureLimit, amounts: tuple[AmountLimit, ...] = ()) -> Charge:
    return replace(fixed("7"), when=Condition(measures=measures, amounts=amounts))


@pytest.mark.parametrize(("persons", "charged"), [("3", False), ("4", True), ("5", True), ("6", False)])
def test_a_condition_on_a_measure(persons: str, charged: bool) -> None:
    limit = MeasureLimit(measure="persons", above=Decimal(3), at_most=Decimal(5))
    rating = rated(sheet(energy(("0", None, "1")), when(limit)), use("1", measures={"persons": Decimal(persons)}))
    assert ("fixed" in amounts(rating)) == charged


@pytest.mark.parametrize(("quantity", "charged"), [("49.99", True), ("50", True), ("50.01", False)])
@pytest.mark.parametrize("periods", [1, 3])
def test_a_condition_on_an_earlier_amount(quantity: str, charged: bool, periods: int) -> None:
    limit = AmountLimit(of=("energy",), at_most=Decimal(50))
    tariff = sheet(energy(("0", None, "1")), when(amounts=(limit,)))
    usage = use(str(Decimal(quantity) * periods), periods=periods)
    assert ("fixed" in amounts(rated(tariff, usage))) == charged


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        (when(MeasureLimit(measure="persons")), "give above, atMost or both"),
        (when(MeasureLimit(measure="persons", above=Decimal(3), at_most=Decimal(3))), "it never holds"),
        (when(amounts=(AmountLimit(of=("later",), above=Decimal(1)),)), "there is no charge 'later' above this one"),
    ],
)
def test_a_condition_that_never_holds_or_names_nothing_is_refused(charge: Charge, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        sheet(energy(("0", None, "1")), charge)


def test_a_percentage_may_have_a_condition_on_an_amount() -> None:
    tax = PercentCharge(code="tax", label="Tax", percent=Decimal(10), of=("*",))
    tax = replace(tax, when=Condition(amounts=(AmountLimit(of=("*",), above=Decimal(100)),)))
    assert amounts(rated(sheet(energy(("0", None, "1")), tax), use("100"))) == {"energy": "100.00"}
    assert amounts(rated(sheet(energy(("0", None, "1")), tax), use("101")))["tax"] == "10.10"


# --- what a usage must give


def test_a_tariff_says_which_measures_it_needs() -> None:
    winter = Measure(name="winter", label="Winter", unit="m3", history=History(take="average", months=(12, 1, 2)))
    ratchet = Measure(name="ratchet", label="Ratchet", unit="kW", history=History(take="max", of="kw", last_periods=11))
    kw = Measure(name="kw", label="Demand", unit="kW", kind="peak")
    unused = Measure(name="unused", label="Unused", unit="kW")
    sewer = UsageCharge(code="sewer", label="Sewer", rate=Decimal(1), cap_measure="winter")
    demand = UsageCharge(code="demand", label="Demand", rate=Decimal(1), measure="kw", least_measure="ratchet")
    night = UsageCharge(code="night", label="Night", rate=Decimal(1), measure="night")
    rows = (winter, ratchet, kw, unused, Measure(name="night", label="Night", unit="kWh"))
    assert measures_needed(sheet(sewer, demand, night, measures=rows)) == (
        MeasureNeeded("kw", "peak"),
        MeasureNeeded("night", "sum"),
        MeasureNeeded("ratchet", "sum", ratchet.history),
        MeasureNeeded("winter", "sum", winter.history),
    )


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (History(take="max"), "give one of lastPeriods, months and sinceFiscalYear"),
        (History(take="max", last_periods=3, months=(1,)), "give one of lastPeriods"),
        (History(take="max", months=(1, 1)), "names a month twice"),
        (History(take="max", of="kw", last_periods=3), "'kw' is not measured"),
    ],
)
def test_a_history_that_says_too_little_or_too_much_is_refused(history: History, message: str) -> None:
    measure = Measure(name="past", label="Past", unit="m3", history=history)
    with pytest.raises(Invalid, match=message):
        sheet(energy(("0", None, "1"), cap_measure="past"), measures=(measure,))

"""Measures that a tariff takes from earlier periods: ratchets, averages and sums of the connection's past uses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.bills.domain.history import lacks_history, with_history
from chalicelib.connections.domain import FormerConsumer, PastUse, Register
from chalicelib.connections.domain.uses import without_use
from chalicelib.kernel.period import Period
from chalicelib.tariffs.domain import Conversion, History, Measure, Tariff, TariffBook, Usage
from tests.support.examples import NOVEMBER, WATERWORKS, connection, with_settings
from tests.unit.tariffs.sheets import fixed, sheet

FIRST, UNTIL = date(2025, 10, 5), date(2025, 11, 5)
LAST_WINTER = History(take="average", months=(12, 1, 2))


def _tariff(history: History, *more: Measure, **facts: Any) -> Tariff:  # noqa: ANN401
    measures = (Measure(name="past", label="Past", unit="m3", history=history), *more)
    return sheet(fixed("1", times="past"), measures=measures, **facts)


def _use(months_ago: int, use: str, rounds: int = 1, **parts: str) -> PastUse:
    given = {name: Decimal(value) for name, value in parts.items()}
    return PastUse(NOVEMBER.shifted(-months_ago), Decimal(use), 30, rounds, given)


def _past(history: History, *uses: PastUse, measure: Measure | None = None, **more: Any) -> str | None:  # noqa: ANN401
    """Return what a bill of November 2025 has as its measure from history, with a use of 10 of its own."""
    facts = {name: more.pop(name) for name in ("conversions", "quantity_rounding", "unit") if name in more}
    project = with_settings(WATERWORKS, **more.pop("settings", {}))
    usage = Usage(quantity=Decimal(10), unit="m3", first_day=FIRST, until_day=UNTIL, **more.pop("usage", {}))
    book = TariffBook.of([_tariff(history, *([measure] if measure else []), **facts)])
    of = connection(uses=uses, **more)
    given = with_history(project, usage, of, book, period=NOVEMBER, until=UNTIL).measures.get("past")
    return None if given is None else f"{given:f}"


@pytest.mark.parametrize(
    ("history", "past"),
    [
        (History(take="max", last_periods=2), "30"),
        (History(take="average", last_periods=3), "20.333333"),
        (History(take="sum", last_periods=11), "101"),
        (LAST_WINTER, "13.333333"),
        (History(take="sum", months=(10,)), "21"),
        (History(take="sum", since_fiscal_year=True), "91"),
    ],
    ids=["the largest", "an average", "a sum", "a winter", "one month", "the year to date"],
)
def test_a_history_is_of_the_periods_that_it_names(history: History, past: str) -> None:
    uses = [_use(11, "10"), _use(10, "20"), _use(9, "10"), _use(3, "10"), _use(2, "30"), _use(1, "21")]
    assert _past(history, *uses) == past


def test_a_use_over_several_periods_counts_in_each() -> None:
    twice = _use(1, "30", rounds=2)
    assert _past(History(take="sum", last_periods=1), twice) == "15"
    assert _past(History(take="max", last_periods=2), twice) == "15"


def test_a_usage_over_several_periods_looks_back_from_the_first_of_them() -> None:
    uses = (_use(3, "8"), _use(2, "4"))
    assert _past(History(take="sum", last_periods=1), *uses, usage={"periods": 2}) == "4"


def test_without_earlier_periods_a_sum_is_zero_and_an_average_is_the_present_use() -> None:
    assert _past(History(take="max", last_periods=11)) == "0"
    assert _past(History(take="sum", since_fiscal_year=True)) == "0"
    assert _past(LAST_WINTER) == "10"
    assert _past(LAST_WINTER, usage={"periods": 2}) == "5"
    demand = Measure(name="demandKw", label="Demand", unit="kW", kind="peak")
    average = History(take="average", of="demandKw", last_periods=3)
    assert _past(average, measure=demand) is None, "it is not measured now either"
    assert _past(average, measure=demand, usage={"measures": {"demandKw": Decimal(7)}}) == "7"


def test_a_fiscal_year_begins_where_the_project_says() -> None:
    uses = (_use(5, "40"), _use(4, "7"), _use(1, "2"))
    since = History(take="sum", since_fiscal_year=True)
    assert _past(since, *uses, settings={"fiscal_start": 7}) == "9"
    assert _past(since, *uses, settings={"fiscal_start": None}) == "49"


def test_a_peak_is_a_level_and_a_registers_use_a_sum() -> None:
    uses = (_use(3, "5", rounds=2, demandKw="398", night="60"), _use(1, "5", demandKw="371", night="20"))
    night = Register("night", "measured", "nightUse")
    peak = Measure(name="demandKw", label="Demand", unit="kW", kind="peak")
    energy = Measure(name="nightUse", label="Night", unit="kWh")
    assert _past(History(take="max", of="demandKw", last_periods=11), *uses, measure=peak) == "398"
    assert _past(History(take="max", of="nightUse", last_periods=11), *uses, measure=energy, registers=(night,)) == "30"


def test_the_use_is_that_of_all_billed_registers() -> None:
    registers = (Register("night", "billed", "nightUse"), Register("garden", "deduct", "sewer"))
    past = _use(1, "10", night="4", garden="3")
    assert _past(History(take="sum", last_periods=1), past, registers=registers) == "14"
    sewer = Measure(name="sewer", label="Sewer", unit="m3")
    assert _past(History(take="sum", of="sewer", last_periods=1), past, measure=sewer, registers=registers) == "11"
    day = Measure(name="day", label="Day", unit="m3")
    assert _past(History(take="sum", of="day", last_periods=1), past, measure=day, main_measure="day") == "10"


def test_past_use_is_converted_to_the_tariffs_unit() -> None:
    conversions = (Conversion(from_unit="m3", divide=Decimal(4)),)
    assert _past(History(take="sum", last_periods=1), _use(1, "10"), unit="kL", conversions=conversions) == "2.5"


def test_a_new_holder_does_not_inherit_the_earlier_ones_uses() -> None:
    uses = (_use(3, "40"), _use(2, "30"), _use(1, "7"))
    former = (FormerConsumer("earlier", "Ana", date(2025, 9, 20)),)
    assert _past(History(take="max", last_periods=11), *uses, former=former) == "7"
    assert _past(History(take="max", last_periods=11), *uses, former=(former[0]._replace(until=UNTIL),)) == "40"


def test_periods_of_several_months_are_found_by_their_months() -> None:
    quarter = [PastUse(Period(2025, 3), Decimal(90), 90), PastUse(Period(2025, 6), Decimal(30), 90)]
    settings = {"billing_frequency": "quarterly", "fiscal_start": None}
    project = with_settings(WATERWORKS, **settings)
    usage = Usage(quantity=Decimal(10), unit="m3", first_day=date(2025, 7, 1), until_day=date(2025, 10, 1), months=3)
    book = TariffBook.of([_tariff(LAST_WINTER)])
    of = connection(uses=(PastUse(Period(2024, 12), Decimal(60), 92), *quarter))
    given = with_history(project, usage, of, book, period=Period(2025, 9), until=date(2025, 10, 1))
    assert given.measures["past"] == 75, "December is in the quarter of 60, January and February in that of 90"


def test_the_last_version_of_the_days_decides() -> None:
    older = _tariff(History(take="max", last_periods=11), valid_until=date(2025, 10, 20))
    newer = _tariff(History(take="sum", last_periods=11), version=2, valid_from=date(2025, 10, 20))
    usage = Usage(quantity=Decimal(10), unit="m3", first_day=FIRST, until_day=UNTIL)
    of = connection(uses=(_use(2, "5"), _use(1, "7")))
    given = with_history(WATERWORKS, usage, of, TariffBook.of([newer, older]), period=NOVEMBER, until=UNTIL)
    assert given.measures == {"past": 12}


def test_a_history_is_lacking_once_its_uses_are_not_kept_any_more() -> None:
    usage = Usage(quantity=Decimal(10), unit="m3", first_day=FIRST, until_day=UNTIL)
    book = TariffBook.of([_tariff(History(take="max", last_periods=11))])
    kept = connection(uses=tuple(_use(ago, "1") for ago in range(12, -1, -1)))
    later = connection(uses=tuple(_use(ago, "1") for ago in range(10, -3, -1)))
    assert not lacks_history(WATERWORKS, usage, kept, book, period=NOVEMBER)
    assert lacks_history(WATERWORKS, usage, later, book, period=NOVEMBER)
    assert not lacks_history(WATERWORKS, usage, connection(), book, period=NOVEMBER)


def test_a_withdrawn_reading_leaves_the_higher_peak_of_its_period() -> None:
    first, second = {"kw": Decimal(400)}, {"kw": Decimal(300)}
    highest = _use(0, "15", kw="400")
    low = PastUse(NOVEMBER, Decimal(5), 10, 0, second)
    high = PastUse(NOVEMBER, Decimal(5), 10, 0, first)
    assert without_use([highest], low, peaks=second, left=first)[0].parts == first
    assert without_use([highest], high, peaks=first, left=second)[0].parts == second
    assert without_use([highest], high, peaks=first)[0].parts == {}

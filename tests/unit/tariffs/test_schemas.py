"""The public form of a tariff refuses what no bill could be made by, and says where."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from chalicelib.kernel.errors import Invalid
from chalicelib.platform.validation import faults_of
from chalicelib.tariffs.domain import RoundingPlan, Tariff
from chalicelib.tariffs.domain.checks import check_tariff, check_versions
from chalicelib.tariffs.domain.rounding import Rounding
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.unit.tariffs.sheets import energy, fixed, rated, sheet, use

USAGE = {"kind": "usage", "code": "water", "label": "Water", "rate": "22.50"}
FIXED = {"kind": "fixed", "code": "base", "label": "Base", "amount": "50.00"}


def body(*charges: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    facts = {"name": "Test", "currency": "PHP", "unit": "m3", "validFrom": "2025-01-01", "charges": list(charges)}
    return facts | more


def tax(of: list[str], percent: str = "12") -> dict[str, Any]:
    return {"kind": "percent", "code": "tax", "label": "Tax", "percent": percent, "of": of}


def in_blocks(*rows: tuple[str, str | None, str]) -> dict[str, Any]:
    rows_as_text = [{"over": over, "upTo": up_to, "rate": rate} for over, up_to, rate in rows]
    return {"kind": "blocks", "code": "energy", "label": "Energy", "blocks": rows_as_text}


def read(document: dict[str, Any]) -> object:
    return TariffBody.model_validate_json(json.dumps(document)).to_domain(tariff_id="T", version=1)


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(document)
    return {str(fault.field): fault.message for fault in refused.value.faults}


def test_a_sheet_becomes_a_tariff_and_its_text_comes_back() -> None:
    document = body(USAGE, FIXED, tax(["water"]))
    assert read(document) == read(json.loads(TariffBody.model_validate(document).model_dump_json()))


@pytest.mark.parametrize(
    ("rows", "where", "reason"),
    [
        ((("0", "50", "1"), ("60", None, "2")), "charges.0.blocks.1.over", "leaves a gap: nothing covers 50 to 60"),
        ((("0", "50", "1"), ("40", None, "2")), "charges.0.blocks.1.over", "overlaps the one before"),
        ((("10", None, "1"),), "charges.0.blocks.0.over", "leaves a gap: nothing covers 0 to 10"),
        ((("0", "0", "1"), ("0", None, "1")), "charges.0.blocks.0.upTo", "must be above 0"),
        ((("0", "50", "1"),), "charges.0.blocks.0.upTo", "the last one has no limit"),
        ((("0", None, "1"), ("50", None, "1")), "charges.0.blocks.1", "nothing can ever reach it"),
        ((("0", None, "-1"),), "charges.0.blocks.0.rate", "can't be negative"),
        ((), "charges.0.blocks", "at least one"),
    ],
)
def test_blocks_have_neither_gaps_nor_overlaps(rows: Any, where: str, reason: str) -> None:  # noqa: ANN401
    assert reason in faults(body(in_blocks(*rows)))[where]


def test_a_percentage_names_charges_above_it() -> None:
    assert "no charge 'fuel' above" in faults(body(USAGE, tax(["fuel"])))["charges.1.of"]
    assert "can't be taken of itself" in faults(body(USAGE, tax(["water", "tax"])))["charges.1.of"]
    assert "no charge 'base' above" in faults(body(USAGE, tax(["base"]), FIXED))["charges.1.of"]
    assert "name the charges" in faults(body(USAGE, tax([])))["charges.1.of"]
    assert "twice" in faults(body(USAGE, tax(["water", "water"])))["charges.1.of"]
    assert "twice" in faults(body(USAGE, tax(["*", "water"])))["charges.1.of"]


@pytest.mark.covers("S2-288", "S2-289")
def test_senseless_negative_numbers_are_refused() -> None:
    assert "rate can't be negative" in faults(body(USAGE | {"rate": "-0.01"}))["charges.0.rate"]
    assert "amount can't be negative" in faults(body(FIXED | {"amount": "-1"}))["charges.0.amount"]
    assert "more than 100 %" in faults(body(USAGE, tax(["water"], "-100.01")))["charges.1.percent"]
    assert "must be above zero" in faults(body(USAGE | {"per": "0"}))["charges.0.per"]
    assert "negative" in faults(body(USAGE | {"included": "-1"}))["charges.0.included"]
    assert "negative" in faults(body(USAGE | {"cap": "-1"}))["charges.0.included"]
    factor = {"label": "x", "value": "-2", "when": {}}
    assert "negative" in faults(body(USAGE | {"factors": [factor]}))["charges.0.factors.0.value"]
    bounds = tax(["water"]) | {"atLeast": "5", "atMost": "4"}
    assert "not above" in faults(body(USAGE, bounds))["charges.1.atMost"]
    read(body(USAGE | {"rate": "0"}, FIXED | {"amount": "0"}, tax(["water"], "-100")))


def test_unknown_units_and_currencies_are_refused() -> None:
    assert "not a known unit" in faults(body(USAGE, unit="barrel"))["unit"]
    assert "not an ISO 4217" in faults(body(USAGE, currency="PPP"))["currency"]


def test_other_contradictions_are_named_at_their_place() -> None:
    assert "another charge" in faults(body(USAGE, FIXED | {"code": "water"}))["charges.1.code"]
    assert "kept for" in faults(body(USAGE | {"code": "rounding"}))["charges.0.code"]
    assert "after validFrom" in faults(body(USAGE, validUntil="2025-01-01"))["validUntil"]
    assert "0.01" in faults(body(USAGE, rounding={"line": {"step": "0.001"}}))["rounding.line.step"]
    assert "0.01" in faults(body(USAGE, rounding={"total": {"step": "0.005"}}))["rounding.total.step"]
    assert "give an amount" in faults(body({"kind": "fixed", "code": "base", "label": "Base"}))["charges.0.amount"]
    conversion = {"fromUnit": "gal", "divide": "0"}
    assert "above zero" in faults(body(USAGE, conversions=[conversion]))["conversions.0"]
    assert "nothing to convert" in faults(body(USAGE, conversions=[{"fromUnit": "m3"}]))["conversions.0.fromUnit"]
    assert "compared with itself" in faults(body(USAGE | {"capMeasure": "use"}))["charges.0.capMeasure"]
    assert "compared with itself" in faults(body(USAGE | {"leastMeasure": "use"}))["charges.0.leastMeasure"]
    assert "above the cap of 3" in faults(body(USAGE | {"cap": "3", "least": "4"}))["charges.0.least"]
    assert "negative" in faults(body(USAGE | {"least": "-1"}))["charges.0.included"]
    read(body(USAGE | {"cap": "4", "least": "4"}))
    read(body(USAGE | {"share": "10"}))
    for share in ("0", "10.1"):
        assert "share" in faults(body(USAGE | {"share": share}))["charges.0.share"]
    subtotal = {"kind": "subtotal", "code": "sub", "label": "Sub", "of": ["*"], "to": {"step": "0.005"}}
    assert "0.01" in faults(body(USAGE, subtotal))["charges.1.to.step"]


KINDS = (
    FIXED,
    USAGE,
    in_blocks(("0", None, "1")),
    {"kind": "schedules", "code": "s", "label": "S"}
    | {"schedules": [{"over": "0", "upTo": None, "blocks": [{"over": "0", "upTo": None, "rate": "1"}]}]},
    tax(["*"]),
    {"kind": "minimum", "code": "least", "label": "Least", "of": ["*"], "amount": "5"},
    {"kind": "maximum", "code": "most", "label": "Most", "of": ["*"], "amount": "50"},
    {"kind": "adjustment", "code": "extra", "label": "Extra"},
    {"kind": "subtotal", "code": "sub", "label": "Sub", "of": ["*"], "to": {"step": "0.05"}},
)


def roundings_of(thing: Any) -> Iterator[str]:  # noqa: ANN401
    return (each.name for each in fields(thing) if Rounding in (each.type, *get_args(each.type)))


def changed(thing: Any, name: str, step: Rounding) -> Any:  # noqa: ANN401
    return replace(thing, **{name: step})


def each_with(step: Rounding) -> Iterator[tuple[str, Tariff]]:
    """Give a tariff for each rounding that there is, with this one in its place."""
    tariff = TariffBody.model_validate(body(*KINDS)).to_domain(tariff_id="any", version=1)
    for name in roundings_of(tariff):
        yield name, changed(tariff, name, step)
    for name in roundings_of(RoundingPlan):
        yield name, replace(tariff, rounding=RoundingPlan(**{name: step}))
    for at, charge in enumerate(tariff.charges):
        for name in roundings_of(charge):
            charges = (*tariff.charges[:at], changed(charge, name, step), *tariff.charges[at + 1 :])
            yield f"{charge.kind}.{name}", replace(tariff, charges=charges)


@pytest.mark.parametrize("step", ["0", "-1"])
def test_every_step_of_a_rounding_is_above_zero(step: str) -> None:
    """A step of zero divides by zero and a negative one rounds the wrong way, wherever it is."""
    tried = []
    for name, tariff in each_with(Rounding("half-up", Decimal(step))):
        with pytest.raises(Invalid) as refused:
            check_tariff(tariff)
        assert any(str(fault.field).endswith(".step") for fault in refused.value.faults), name
        tried.append(name)
    assert {"quantity_rounding", "line", "total", "subtotal.to", "blocks.limit_rounding"} < set(tried)
    assert {f"{kind}.rate_rounding" for kind in ("fixed", "usage", "blocks", "schedules")} < set(tried)


@pytest.mark.parametrize("step", ["0", "-1", "-0.05"])
def test_a_step_that_is_not_above_zero_is_refused_as_it_is_read(step: str) -> None:
    rounding = {"step": step}
    for refused in (body(USAGE | {"rateRounding": rounding}), body(USAGE, quantityRounding=rounding)):
        with pytest.raises(ValidationError, match="greater than 0"):
            TariffBody.model_validate(refused)
    with pytest.raises(ValidationError, match="greater than 0"):
        UsageQuantities.model_validate(
            {"estimate": {"recentUses": ["-5", "1"], "last": 36, "rounding": rounding}, "unit": "m3"}
        )


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(body(USAGE | {"rate": "-1"}, tax(["fuel"]), unit="barrel"))) == 3
    with pytest.raises(Invalid, match=r"\(and 1 more, see errors\)\Z"):
        read(body(USAGE | {"rate": "-1"}, unit="barrel"))
    with pytest.raises(Invalid, match=r"charges\.0\.rate: a rate can't be negative; [^()]*\Z"):
        read(body(USAGE | {"rate": "-1"}))


def test_a_factor_may_be_nothing_and_no_less() -> None:
    free = {"label": "free", "value": "0", "when": {"classes": ["school"]}}
    read(body(USAGE | {"factors": [free]}))
    assert "negative" in faults(body(USAGE | {"factors": [free | {"value": "-1"}]}))["charges.0.factors.0.value"]


@pytest.mark.covers("S2-286")
@pytest.mark.parametrize(
    "change",
    [
        {"charges": []},
        {"charges": [USAGE | {"rate": 22.5}]},
        {"charges": [USAGE | {"rate": "1e3"}]},
        {"charges": [USAGE | {"rate": "٢"}]},
        {"charges": [USAGE | {"rrate": "1"}]},
        {"charges": [USAGE | {"kind": "slabs"}]},
        {"name": ""},
        {"name": "x" * 201},
        {"validFrom": "1.1.2025"},
        {"monthsApart": "yes"},
    ],
)
def test_the_form_is_strict(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TariffBody.model_validate_json(json.dumps(body(USAGE) | change))


def test_two_versions_may_not_be_valid_on_one_day() -> None:
    first = sheet(fixed("1"), valid_until=date(2025, 6, 1))
    second = sheet(fixed("2"), version=2, valid_from=date(2025, 6, 1))
    check_versions([second, first])
    early = sheet(fixed("2"), version=2, valid_from=date(2025, 5, 31))
    with pytest.raises(Invalid, match=r"version 1 of .* and version 2 of .* are both valid on 2025-05-31"):
        check_versions([early, first])
    with pytest.raises(Invalid, match="both valid"):
        check_versions([sheet(fixed("1")), second])


def test_a_use_is_read_with_all_its_facts() -> None:
    usage = UsageQuantities.model_validate_json(
        '{"quantity":"8.5","unit":"kgal","firstDay":"2025-01-01","untilDay":"2025-02-01","flags":["senior"],'
        '"winterAverage":"7","measures":{"demandKw":"0.7"},"adjustments":{"fuel":"-1.50"}}'
    ).to_domain()
    assert (usage.days, usage.flags) == (31, frozenset({"senior"}))
    assert usage.adjustments == {"fuel": Decimal("-1.5")}


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ({"firstDay": "2025-01-01"}, "together"),
        ({"firstDay": "2025-02-01", "untilDay": "2025-02-01"}, "must be after"),
        ({"dwellingUnits": "0"}, "greater than 0"),
    ],
)
def test_a_use_covers_days_and_dwellings(days: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        UsageQuantities.model_validate({"quantity": "1", "unit": "m3", **days})


def test_a_basis_is_at_least_one_day() -> None:
    sheet(fixed("1", prorated=True, days_basis=1), energy(("0", None, "1"), limits_per="days", days_basis=1))
    for charge in (fixed("1", days_basis=0), energy(("0", None, "1"), days_basis=0)):
        with pytest.raises(Invalid, match="at least one day"):
            sheet(charge)


def test_a_second_stretch_of_limits_needs_a_first_one() -> None:
    stretched = in_blocks(("0", "10", "1"), ("10", None, "2"))
    assert set(faults(body(stretched | {"limitsTimes": "months"}))) == {"charges.0.limitsTimes"}
    twice = body(stretched | {"limitsPer": "months", "limitsTimes": "months"})
    assert set(faults(twice)) == {"charges.0.limitsTimes"}
    assert read(body(stretched | {"limitsPer": "dwellingUnits", "limitsTimes": "months"}))


def test_a_maximum_names_charges_above_it_and_an_amount() -> None:
    maximum = {"kind": "maximum", "code": "cap", "label": "At most", "of": ["water"]}
    assert set(faults(body(USAGE, maximum))) == {"charges.1.amount"}
    assert set(faults(body(maximum | {"amount": "5"}))) == {"charges.0.of"}
    assert read(body(USAGE, maximum | {"amount": "5"}))


def test_what_is_exempt_is_not_below_zero() -> None:
    assert set(faults(body(USAGE, tax(["water"]) | {"exemptAmount": "-1"}))) == {"charges.1.exemptAmount"}


IN_JUNE = {"fromDay": "06-01", "untilDay": "07-01"}


@pytest.mark.parametrize(
    ("season", "where", "reason"),
    [
        ({"fromDay": "02-30"}, "charges.0.season.fromDay", "there is no day 02-30"),
        ({"untilDay": "06-31"}, "charges.0.season.untilDay", "there is no day 06-31"),
        ({"untilDay": "06-01"}, "charges.0.season.untilDay", "is the first day, too"),
    ],
)
def test_a_season_has_days_of_the_calendar_and_ends(season: dict[str, str], where: str, reason: str) -> None:
    assert reason in faults(body(USAGE | {"season": IN_JUNE | season}))[where]
    read(body(USAGE | {"season": {"fromDay": "02-29", "untilDay": "02-01"}}))


@pytest.mark.parametrize(
    ("when", "where"),
    [
        ({"useAbove": "11", "useAtMost": "10"}, "useAbove"),
        ({"useAbove": "10", "useAtMost": "10"}, "useAbove"),
        ({"useAtMost": "-1"}, "useAtMost"),
        ({"useAbove": "-1"}, "useAbove"),
        ({"flag": "senior", "withoutFlag": "senior"}, "withoutFlag"),
    ],
)
def test_a_condition_that_never_holds_is_refused(when: dict[str, str], where: str) -> None:
    assert set(faults(body(USAGE | {"when": when}))) == {f"charges.0.when.{where}"}
    factor = {"label": "x", "value": "2", "when": when}
    assert set(faults(body(USAGE | {"factors": [factor]}))) == {f"charges.0.factors.0.when.{where}"}
    read(body(USAGE | {"when": {"useAbove": "0", "useAtMost": "10"}}))


PEAK = {"name": "peak", "label": "Peak energy", "unit": "kWh"}


def test_a_measure_is_one_that_every_use_has_or_one_that_the_tariff_declares() -> None:
    mistyped = USAGE | {"measure": "pake"}
    reason = faults(body(mistyped, measures=[PEAK]))["charges.0.measure"]
    assert "there is no measure 'pake': take one of use, days, months, dwellingUnits, winterAverage, peak" in reason
    read(body(USAGE | {"measure": "peak", "capMeasure": "winterAverage", "times": "days"}, measures=[PEAK]))
    others = {
        "times": FIXED | {"times": "persons"},
        "capMeasure": USAGE | {"capMeasure": "persons"},
        "leastMeasure": USAGE | {"leastMeasure": "persons"},
        "limitsPer": in_blocks(("0", None, "1")) | {"limitsPer": "persons"},
        "limitsTimes": in_blocks(("0", None, "1")) | {"limitsPer": "days", "limitsTimes": "persons"},
    }
    for field, charge in others.items():
        assert set(faults(body(charge))) == {f"charges.0.{field}"}
    heat = {"fromUnit": "gal", "timesMeasure": "heat"}
    assert set(faults(body(USAGE, conversions=[heat]))) == {"conversions.0.timesMeasure"}


def test_a_draft_may_name_what_the_use_gives() -> None:
    sheet_of_peak = TariffBody.model_validate(body(USAGE | {"measure": "peak"}))
    sheet_of_peak.to_domain(tariff_id="T", version=1, delivered={"peak": Decimal(1)})
    with pytest.raises(Invalid, match=r"take one of .*, pake, or declare it"):
        sheet_of_peak.to_domain(tariff_id="T", version=1, delivered={"pake": Decimal(1)})


@pytest.mark.parametrize("name", ["use", "days", "months", "dwellingUnits", "winterAverage"])
def test_a_measure_takes_no_name_that_every_use_has(name: str) -> None:
    assert "by itself" in faults(body(USAGE, measures=[PEAK | {"name": name}]))["measures.0.name"]
    with pytest.raises(ValidationError, match="in its own field"):
        UsageQuantities.model_validate({"quantity": "1", "unit": "m3", "measures": {name: "1"}})


def test_a_measure_and_a_conversion_are_stated_once() -> None:
    assert "declared twice" in faults(body(USAGE, measures=[PEAK, PEAK]))["measures.1.name"]
    conversions = [{"fromUnit": "gal", "divide": "264.172"}, {"fromUnit": "gal", "divide": "219.969"}]
    assert "gal is converted already" in faults(body(USAGE, conversions=conversions))["conversions.1.fromUnit"]


@pytest.mark.parametrize("facts", [{"measures": {"peak": "-1"}}, {"winterAverage": "-1"}])
def test_what_is_measured_is_never_below_zero(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        UsageQuantities.model_validate({"quantity": "1", "unit": "m3", **facts})
    with pytest.raises(Invalid, match="'peak' can't be below zero"):
        rated(sheet(energy(("0", None, "1"), limits_per="peak")), use("1", measures={"peak": Decimal(-1)}))


def test_limits_do_not_stretch_to_nothing() -> None:
    for field in ({"limits_per": "persons"}, {"limits_per": "days", "limits_times": "persons"}):
        with pytest.raises(Invalid, match="it must be above zero") as refused:
            rated(sheet(energy(("0", None, "1"), **field)), use("1", measures={"persons": Decimal(0)}))
        assert (refused.value.code, refused.value.faults[0].field) == ("bad-measure", "usage.measures.persons")


def test_a_use_that_lacks_a_measure_says_what_it_has() -> None:
    tariff = sheet(energy(("0", None, "1"), measure="peak"))
    with pytest.raises(Invalid, match=r"charges by the measure 'peak', .*; it gives pake"):
        rated(tariff, use("1", measures={"pake": Decimal(1)}))
    with pytest.raises(Invalid, match="it gives no measures"):
        rated(tariff, use("1"))
    with pytest.raises(Invalid, match="it has none: leave adjustments out"):
        rated(sheet(fixed("1")), use("1", adjustments={"fuel": Decimal(1)}))


def test_a_use_covers_two_years_at_the_most() -> None:
    days = {"quantity": "1", "unit": "m3", "firstDay": "2024-01-01"}
    UsageQuantities.model_validate(days | {"untilDay": "2026-01-02"})
    with pytest.raises(ValidationError, match="two years"):
        UsageQuantities.model_validate(days | {"untilDay": "2026-01-03"})


@pytest.mark.parametrize(
    "days", [{"firstDay": "2026-11-01", "untilDay": "2026-11-02", "months": 24}, {"periodDays": 1, "months": 2}]
)
def test_a_use_has_a_day_in_each_of_its_months(days: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="months have at least as many days"):
        UsageQuantities.model_validate({"quantity": "100", "unit": "m3"} | days)
    UsageQuantities.model_validate({"quantity": "100", "unit": "m3"} | days | {"months": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"factors": [{"label": "x", "value": "1", "when": {}}] * 21},
        {"when": {"classes": ["a"] * 51}},
        {"kind": "blocks", "blocks": [{"over": "0", "upTo": None, "rate": "1"}] * 101},
        {"kind": "percent", "percent": "1", "of": ["*"] * 61},
        {"kind": "fixed", "byMeterSize": {str(size): "1" for size in range(101)}},
    ],
)
def test_lists_have_an_end(change: dict[str, Any]) -> None:
    charge = {name: value for name, value in (USAGE | change).items() if change.get("kind") is None or name != "rate"}
    with pytest.raises(ValidationError, match="at most"):
        TariffBody.model_validate(body(charge))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rate": 22}, {"charges.0.rate"}),
        ({"kind": "slabs"}, {"charges.0.kind"}),
        ({"factors": [{"label": "x", "value": 1, "when": {}}]}, {"charges.0.factors.0.value"}),
    ],
)
def test_a_fault_within_a_charge_is_told_alone(change: dict[str, Any], told: set[str]) -> None:
    document = body(USAGE | change)
    with pytest.raises(ValidationError) as refused:
        TariffBody.model_validate_json(json.dumps(document))
    assert {fault.field for fault in faults_of(refused.value, document)} == told

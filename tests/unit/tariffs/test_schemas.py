"""The public form of a tariff refuses what no bill could be made by, and says where."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.kernel.errors import Invalid
from chalicelib.tariffs.domain.checks import check_versions
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities
from tests.unit.tariffs.sheets import energy, fixed, sheet

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
    assert "more than none" in faults(body(USAGE | {"per": "0"}))["charges.0.per"]
    assert "negative" in faults(body(USAGE | {"included": "-1"}))["charges.0.included"]
    assert "negative" in faults(body(USAGE | {"cap": "-1"}))["charges.0.included"]
    factor = {"label": "x", "value": "-2", "when": {}}
    assert "negative" in faults(body(USAGE | {"factors": [factor]}))["charges.0.factors.0.value"]
    bounds = tax(["water"]) | {"atLeast": "5", "atMost": "4"}
    assert "not above" in faults(body(USAGE, bounds))["charges.1.atMost"]
    read(body(USAGE | {"rate": "0"}, FIXED | {"amount": "0"}, tax(["water"], "-100")))


def test_unknown_units_and_currencies_are_refused() -> None:
    assert "no unit we know" in faults(body(USAGE, unit="barrel"))["unit"]
    assert "not an ISO 4217" in faults(body(USAGE, currency="PPP"))["currency"]


def test_other_contradictions_are_named_at_their_place() -> None:
    assert "another charge" in faults(body(USAGE, FIXED | {"code": "water"}))["charges.1.code"]
    assert "kept for" in faults(body(USAGE | {"code": "rounding"}))["charges.0.code"]
    assert "after validFrom" in faults(body(USAGE, validUntil="2025-01-01"))["validUntil"]
    assert "0.01" in faults(body(USAGE, rounding={"line": {"step": "0.001"}}))["rounding.line.step"]
    assert "0.01" in faults(body(USAGE, rounding={"total": {"step": "0"}}))["rounding.total.step"]
    assert "above zero" in faults(body(USAGE, quantityRounding={"step": "0"}))["quantityRounding.step"]
    assert "give an amount" in faults(body({"kind": "fixed", "code": "base", "label": "Base"}))["charges.0.amount"]
    conversion = {"fromUnit": "gal", "divide": "0"}
    assert "above zero" in faults(body(USAGE, conversions=[conversion]))["conversions.0"]
    assert "nothing to convert" in faults(body(USAGE, conversions=[{"fromUnit": "m3"}]))["conversions.0.fromUnit"]
    assert "held against itself" in faults(body(USAGE | {"capMeasure": "use"}))["charges.0.capMeasure"]
    assert "held against itself" in faults(body(USAGE | {"leastMeasure": "use"}))["charges.0.leastMeasure"]
    assert "above the cap of 3" in faults(body(USAGE | {"cap": "3", "least": "4"}))["charges.0.least"]
    assert "negative" in faults(body(USAGE | {"least": "-1"}))["charges.0.included"]
    read(body(USAGE | {"cap": "4", "least": "4"}))
    read(body(USAGE | {"share": "10"}))
    for share in ("0", "10.1"):
        assert "share" in faults(body(USAGE | {"share": share}))["charges.0.share"]
    subtotal = {"kind": "subtotal", "code": "sub", "label": "Sub", "of": ["*"], "to": {"step": "0.005"}}
    assert "0.01" in faults(body(USAGE, subtotal))["charges.1.to.step"]


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
    assert read(body(stretched | {"limitsPer": "persons", "limitsTimes": "months"}))


def test_a_maximum_names_charges_above_it_and_an_amount() -> None:
    maximum = {"kind": "maximum", "code": "cap", "label": "At most", "of": ["water"]}
    assert set(faults(body(USAGE, maximum))) == {"charges.1.amount"}
    assert set(faults(body(maximum | {"amount": "5"}))) == {"charges.0.of"}
    assert read(body(USAGE, maximum | {"amount": "5"}))


def test_what_is_exempt_is_not_below_zero() -> None:
    assert set(faults(body(USAGE, tax(["water"]) | {"exemptAmount": "-1"}))) == {"charges.1.exemptAmount"}

"""Every example of docs/tariffs.md and every tariff of the library does what it says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.tariffs.domain import compile_tariff, rate
from chalicelib.tariffs.schemas import TariffBody, UsageQuantities, library
from tests.unit.tariffs.sheets import amounts

GUIDE = Path(__file__).parents[3] / "docs" / "tariffs.md"
EXAMPLE = re.compile(r"```json (tariff|quote)\n(.*?)```", re.DOTALL)


def quotes() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found, sheet = [], {}
    for kind, text in EXAMPLE.findall(GUIDE.read_text(encoding="utf-8")):
        if kind == "tariff":
            sheet = json.loads(text)
        else:
            found.append((sheet, json.loads(text)))
    return found


@pytest.mark.parametrize(("sheet", "quote"), quotes(), ids=lambda value: value.get("name") or value["total"])
def test_the_guide_quotes_what_the_engine_rates(sheet: dict[str, Any], quote: dict[str, Any]) -> None:
    tariff = TariffBody.model_validate(sheet).to_domain(tariff_id="guide", version=1)
    rating = rate(compile_tariff(tariff), UsageQuantities.model_validate(quote["usage"]).to_domain())
    assert (amounts(rating), str(rating.total)) == (quote["lines"], quote["total"])


def test_the_guide_has_four_tariffs() -> None:
    assert len({sheet["name"] for sheet, _ in quotes()}) == 4


@pytest.mark.covers("S1-008", "S1-009", "S3-025", "S3-026", "S3-027", "S4-014", "S4-053")
@pytest.mark.parametrize(
    ("name", "quantity", "total"),
    [
        ("water-bills-standard", "0", "25.00"),
        ("water-bills-standard", "11", "25.06"),
        ("water-bills-standard", "1000", "30.50"),
        ("utility-billing-flat", "50", "345.00"),
        ("balilihan-residential", "10", "275.00"),
        ("balilihan-commercial", "10", "300.00"),
        ("electricity-household", "0", "25.00"),
        ("electricity-household", "100", "200.00"),
        ("electricity-commercial", "200", "800.00"),
        ("electricity-industrial", "200", "1000.00"),
        ("baler-water-district", "20", "159.00"),
        ("butuan-water-district", "30", "878.95"),
        ("tamil-nadu-domestic-2022", "200", "225.00"),
        ("tamil-nadu-domestic-2022", "900", "5550.00"),
        ("arden-hills-water-sewer", "50000", "500.27"),
        ("tsukigata-water", "10", "2244"),
        ("hokuto-lp-gas", "3.8", "5137"),
        ("bourbon-rural-water", "13", "101.65"),
    ],
)
def test_a_tariff_of_the_library_gives_the_printed_figure(name: str, quantity: str, total: str) -> None:
    tariff = library()[name].to_domain(tariff_id=name, version=1)
    usage = UsageQuantities(quantity=quantity, unit=tariff.unit)
    assert str(rate(compile_tariff(tariff), usage.to_domain()).total) == total


def test_a_two_monthly_table_follows_from_monthly_blocks() -> None:
    tariff = library()["hikashin-water"].to_domain(tariff_id="hikashin", version=1)
    usage = UsageQuantities(quantity="62", unit="m3", months=2)
    assert str(rate(compile_tariff(tariff), usage.to_domain()).total) == "9640"


def test_every_tariff_of_the_library_stands_the_checks() -> None:
    assert len(library()) >= 15
    for name, sheet in library().items():
        assert sheet.to_domain(tariff_id=name, version=1).source

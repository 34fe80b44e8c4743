"""Sixteen real kinds of tariff, billed by a run: from readings, registers, facts, factors of a period and the past.

The sheets and the bills are those of `tests/published/tariff_kinds.py`. There a usage is given; here an office has only
what offices have.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.cycles.domain import DueOffset
from chalicelib.platform import clock
from chalicelib.tenancy.domain import BillingGroup, DeliveredMeasure, MeasureSource
from tests.published import tariff_kinds as kinds
from tests.published.tariff_kinds import KINDS, Json, Kind
from tests.support.http import Api
from tests.support.office import Office
from tests.tools.tariff_calculator import bill_of

_DUE = DueOffset(15)
_KIND = {kind.name: kind for kind in KINDS}
_EXPORTS = [{"code": "export", "role": "measured", "measure": "exportKwh"}]


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use_time(None)


@pytest.fixture
def open_office(app: Chalice, api: Api) -> "_Opener":
    return _Opener(app, api)


class _Opener:
    """Opens an office with the tariff of a kind, whose meters count in the tariff's unit or another."""

    def __init__(self, app: Chalice, api: Api) -> None:
        self._app, self._api = app, api

    def __call__(
        self,
        sheets: list[Json],
        today: str,
        *,
        unit: str | None = None,
        measures: dict[str, MeasureSource] | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> Office:
        first, *later = sheets
        delivered = tuple(DeliveredMeasure(*each) for each in (measures or {}).items())
        usual: dict[str, Any] = {
            "period_rule": "previous_month",
            "due": _DUE,
            "fiscal_start": None,
            "measures": delivered,
        }
        office = Office(
            self._app,
            self._api,
            first["charges"],
            today=today,
            sheet=first,
            currency=first["currency"],
            unit=unit or first["unit"],
            **(usual | settings),
        )
        for sheet in later:
            office.staff.post(f"{office.base}/tariffs/flat/versions", sheet).expect(201)
        return office


def _is_of(bill: Json, kind: Kind, *, extra: dict[str, str] | None = None) -> None:
    """Check that a bill has the lines and total of a kind, and that the independent calculator gives the same."""
    lines: dict[str, list[str]] = {}
    for line in bill["lines"]:
        lines.setdefault(line["code"], []).append(line["amount"])
        assert line["explanation"]
    assert {code: " ".join(amounts) for code, amounts in lines.items()} == kind.lines | (extra or {})
    assert Decimal(bill["total"]) == Decimal(kind.total) + sum(map(Decimal, (extra or {}).values()))
    others: dict[str, list[Fraction]] = {}
    for _, code, amount in bill_of(kind.sheets, kind.usage):
        others.setdefault(code, []).append(amount)
    assert {code: list(map(Fraction, lines[code])) for code in others} == others


def _read(office: Office, day: str, value: str, **more: Any) -> None:  # noqa: ANN401
    """Read the meter; a person looks at a first use that is large."""
    taken = office.read("1", day, value, **more)
    if taken["status"] == "held":
        office.staff.post(f"{office.base}/readings/{taken['id']}/confirmation").expect(200)


def _only(bills: list[Json]) -> Json:
    (bill,) = bills
    return bill


def test_uk_electricity_by_the_days_between_its_readings(open_office: _Opener) -> None:
    office = open_office([kinds.UK_ELECTRICITY], "2025-01-01")
    office.connect("1", installedOn="2025-01-01")
    office.read("1", "2025-02-01", "287")
    _is_of(_only(office.run("2025-01")), _KIND["UK electricity"])


def test_uk_gas_by_the_heat_of_its_month(open_office: _Opener) -> None:
    office = open_office([kinds.UK_GAS], "2025-04-01", unit="m3", measures={"calorificValue": "period"})
    office.connect("1", installedOn="2025-04-01")
    office.read("1", "2025-05-01", "112")
    assert office.run("2025-04") == []
    assert office.exceptions()[0]["code"] == "missing-measure"
    factors = {"measures": {"calorificValue": "39.4"}, "version": 0}
    office.staff.put(f"{office.base}/periods/2025-04/factors", factors).expect(200)
    _is_of(_only(office.run("2025-04")), _KIND["UK gas by heat"])


def test_time_of_use_by_three_registers(open_office: _Opener) -> None:
    sources: dict[str, MeasureSource] = {"peak": "register", "shoulder": "register", "offPeak": "register"}
    office = open_office([kinds.TIME_OF_USE], "2025-06-01", measures=sources)
    registers = [{"code": "shoulder", "measure": "shoulder"}, {"code": "low", "measure": "offPeak"}]
    office.connect("1", installedOn="2025-06-01", mainMeasure="peak", registers=registers)
    office.read("1", "2025-07-01", "104", registers={"shoulder": "211.5", "low": "388"})
    _is_of(_only(office.run("2025-06")), _KIND["time of use"])


@pytest.mark.parametrize(
    ("name", "peaks", "use", "kvarh"),
    [
        ("demand with ratchet and reactive", ("390", "398", "371", "412.3"), "98230", "41900"),
        ("demand below its ratchet, little reactive energy", ("397.5", "120", "12.3"), "1000", "300"),
    ],
)
def test_demand_by_peaks_with_the_readings_and_their_ratchet(
    open_office: _Opener, name: str, peaks: tuple[str, ...], use: str, kvarh: str
) -> None:
    office = open_office([kinds.DEMAND], "2025-01-01", measures={"peakKw": "reading", "kvarh": "register"})
    office.connect("1", installedOn="2025-01-01", registers=[{"code": "r", "role": "measured", "measure": "kvarh"}])
    bill: Json = {}
    for month, peak in enumerate(peaks, start=1):
        values = {"registers": {"r": str(month * int(kvarh))}, "measures": {"peakKw": peak}}
        _read(office, f"2025-{month + 1:02}-01", str(month * int(use)), **values)
        bill = _only(office.run(f"2025-{month:02}"))
    _is_of(bill, _KIND[name])


def test_a_spanish_quarter_of_three_dwellings(open_office: _Opener) -> None:
    office = open_office([kinds.SPAIN], "2025-04-01", billing_frequency="quarterly")
    office.connect("1", installedOn="2025-04-01", facts={"dwellingUnits": "3"})
    office.read("1", "2025-07-01", "143")
    _is_of(_only(office.run("2025-06")), _KIND["Spanish quarter"])


def test_two_months_in_india_with_a_sanctioned_load(open_office: _Opener) -> None:
    office = open_office([kinds.INDIA], "2025-05-01", billing_frequency="bimonthly", measures={"sanctionedKw": "place"})
    office.connect("1", installedOn="2025-05-01", facts={"measures": {"sanctionedKw": "3.5"}})
    office.read("1", "2025-07-01", "565")
    _is_of(_only(office.run("2025-06")), _KIND["India, two months"])


@pytest.mark.parametrize(("name", "use"), [("take or pay", "31200"), ("take or pay, above the contract", "56000")])
def test_take_or_pay_by_the_contract_of_the_place(open_office: _Opener, name: str, use: str) -> None:
    office = open_office([kinds.TAKE_OR_PAY], "2025-06-01", measures={"contractM3": "place"})
    office.connect("1", installedOn="2025-06-01", facts={"measures": {"contractM3": "50000"}})
    _read(office, "2025-07-01", use)
    _is_of(_only(office.run("2025-06")), _KIND[name])


def test_storm_water_by_area_and_strength_of_the_sample(open_office: _Opener) -> None:
    office = open_office([kinds.STORM_WATER], "2025-06-01", measures={"roofedArea": "place", "mgPerLitre": "reading"})
    office.connect("1", installedOn="2025-06-01", facts={"measures": {"roofedArea": "24100"}})
    _read(office, "2025-07-01", "812", measures={"mgPerLitre": "611.5"})
    _is_of(_only(office.run("2025-06")), _KIND["storm water and strength"])


@pytest.mark.parametrize(
    ("name", "use", "facts"),
    [
        ("California water, two dwellings with the credit's cap", "40", {"dwellingUnits": "2", "meterSize": "1"}),
        ("California water, one dwelling below the cap", "10", {"meterSize": "3/4"}),
    ],
)
def test_california_by_dwellings_and_meter_size(open_office: _Opener, name: str, use: str, facts: Json) -> None:
    office = open_office([kinds.CALIFORNIA], "2025-06-01")
    office.connect("1", installedOn="2025-06-01", facts=facts | {"flags": ["lowIncome"]})
    office.read("1", "2025-07-01", use)
    _is_of(_only(office.run("2025-06")), _KIND[name])


def test_california_by_a_budget_of_persons_garden_and_weather(open_office: _Opener) -> None:
    office = open_office([kinds.CALIFORNIA_BUDGET], "2025-07-01", measures={"gardenArea": "place", "et": "period"})
    office.connect("1", installedOn="2025-07-01", facts={"persons": 4, "measures": {"gardenArea": "2500"}})
    office.read("1", "2025-08-01", "30")
    office.staff.put(f"{office.base}/periods/2025-07/factors", {"measures": {"et": "5.6"}, "version": 0}).expect(200)
    _is_of(_only(office.run("2025-07")), _KIND["California water by a budget"])


@pytest.mark.parametrize(
    ("name", "use", "exported"),
    [("net billing", "420", "510"), ("net billing with a credit to carry on", "100", "900")],
)
def test_net_billing_by_a_register_of_exports(open_office: _Opener, name: str, use: str, exported: str) -> None:
    office = open_office([kinds.NET_BILLING], "2025-06-01", measures={"exportKwh": "register"})
    office.connect("1", installedOn="2025-06-01", registers=_EXPORTS)
    office.read("1", "2025-07-01", use, registers={"export": exported})
    _is_of(_only(office.run("2025-06")), _KIND[name])


@pytest.mark.parametrize(
    ("sheet", "name", "use"),
    [
        (kinds.BRAZIL, "Brazil", "250"),
        (kinds.PHILIPPINES, "Philippines, lifeline", "62"),
        (kinds.PHILIPPINES, "Philippines, who pays for the lifeline", "150"),
        (kinds.PREPAID, "prepaid, the month to date", "40"),
    ],
)
def test_kinds_that_need_only_the_use(open_office: _Opener, sheet: Json, name: str, use: str) -> None:
    office = open_office([sheet], "2025-06-01")
    office.connect("1", installedOn="2025-06-01")
    office.read("1", "2025-07-01", use)
    _is_of(_only(office.run("2025-06")), _KIND[name])


@pytest.mark.parametrize(
    ("name", "flags"),
    [("South Africa, 20 days", []), ("South Africa, 20 days of the indigent", ["indigent"])],
)
def test_south_africa_by_the_days_served(open_office: _Opener, name: str, flags: list[str]) -> None:
    office = open_office([kinds.SOUTH_AFRICA], "2025-06-01", period_rule="reading_month")
    office.connect("1", installedOn="2025-06-01", facts={"flags": flags})
    office.read("1", "2025-06-21", "12")
    _is_of(_only(office.run("2025-06")), _KIND[name])


@pytest.mark.parametrize(("name", "kvah"), [("power factor 0.83", "14950"), ("power factor 0.92", "13500")])
def test_a_power_factor_from_two_registers(open_office: _Opener, name: str, kvah: str) -> None:
    office = open_office([kinds.POWER_FACTOR], "2025-06-01", measures={"kvah": "register", "kva": "reading"})
    office.connect("1", installedOn="2025-06-01", registers=[{"code": "va", "role": "measured", "measure": "kvah"}])
    office.read("1", "2025-07-01", "12400", registers={"va": kvah}, measures={"kva": "65"})
    _is_of(_only(office.run("2025-06")), _KIND[name])


def test_a_german_year_with_eleven_advances_and_another_price_from_january(open_office: _Opener) -> None:
    """An advance is a twelfth of a year of 3650 kWh: of 1173.475 + 142.80, and from January of 1239.175 + 154.20."""
    year = BillingGroup(
        id="year", name="Yearly", classes=("residential",), months=12, first_month=4, advances="monthly"
    )
    office = open_office(kinds.GERMANY, "2023-04-01", billing_groups=(year,))
    office.connect("1", installedOn="2023-04-01")
    months = [f"{year}-{month:02}" for year, first, last in ((23, 4, 13), (24, 1, 3)) for month in range(first, last)]
    first = [_only(office.on(f"20{month}-20").run(f"20{month}")) for month in months]
    assert [bill["total"] for bill in first] == ["14.16"] * 11, "the base price alone, with its tax"

    office.read("1", "2024-04-01", "3660")
    settled = _only(office.run("2024-03"))
    assert settled["lines"][-1]["amount"] == "-155.76"

    months = [f"{year}-{month:02}" for year, first, last in ((24, 4, 13), (25, 1, 3)) for month in range(first, last)]
    advances = [_only(office.on(f"20{month}-20").run(f"20{month}")) for month in months]
    assert [bill["total"] for bill in advances] == ["130.53"] * 9 + ["138.18"] * 2
    assert [line["amount"] for line in advances[0]["lines"]] == ["97.79", "11.90", "20.84"]
    assert advances[0]["usage"] == "300"

    office.read("1", "2025-04-01", "7310")
    _is_of(
        _only(office.run("2025-03")),
        _KIND["Germany, a year with another price from January"],
        extra={"advances": "-1451.13"},
    )

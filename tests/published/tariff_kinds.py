"""Sixteen real kinds of tariff, each with uses and the lines of their bills.

Structures are real, rates are only near to real ones. The bills of the first eight were given; each of the others has
its sum beside it, worked out on paper and not by the engine.
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A bill: the versions of a tariff, a use, and the amount of each line that it must have."""

    name: str
    sheets: list[Json]
    usage: Json
    lines: dict[str, str]
    total: str


def sheet(currency: str, unit: str, *charges: Json, **more: Any) -> Json:  # noqa: ANN401
    named = [{"label": each["code"], **each} for each in charges]
    return {"name": "Kind", "currency": currency, "unit": unit, "validFrom": "2020-01-01", "charges": named, **more}


def used(code: str, rate: str, **more: Any) -> Json:  # noqa: ANN401
    return {"kind": "usage", "code": code, "rate": rate, **more}


def fixed(code: str, amount: str, **more: Any) -> Json:  # noqa: ANN401
    return {"kind": "fixed", "code": code, "amount": amount, **more}


def percent(code: str, percentage: str, *of: str, **more: Any) -> Json:  # noqa: ANN401
    return {"kind": "percent", "code": code, "percent": percentage, "of": list(of or ("*",)), **more}


def blocks(code: str, *rows: tuple[str | None, str], **more: Any) -> Json:  # noqa: ANN401
    starts = ["0", *(limit for limit, _ in rows)]
    listed = [{"over": starts[at], "upTo": limit, "rate": rate} for at, (limit, rate) in enumerate(rows)]
    return {"kind": "blocks", "code": code, "blocks": listed, **more}


def measures(*named: tuple[str, str]) -> list[Json]:
    return [{"name": name, "label": name, "unit": unit} for name, unit in named]


def use(quantity: str, unit: str, **more: Any) -> Json:  # noqa: ANN401
    return {"quantity": quantity, "unit": unit, **more}


def days(first: str, until: str) -> Json:
    return {"firstDay": first, "untilDay": until}


UK_ELECTRICITY = sheet(
    "GBP", "kWh", fixed("standing", "0.6010", times="days"), used("energy", "0.2450"), percent("vat", "5")
)
UK_GAS = sheet(
    "GBP",
    "kWh",
    fixed("standing", "0.3162", times="days"),
    used("energy", "0.0699"),
    percent("vat", "5"),
    measures=measures(("calorificValue", "MJ/m3")),
    conversions=[{"fromUnit": "m3", "multiply": "1.02264", "timesMeasure": "calorificValue", "divide": "3.6"}],
    quantityRounding={"step": "0.01"},
)
TIME_OF_USE = sheet(
    "USD",
    "kWh",
    used("peak", "0.61234", measure="peak"),
    used("shoulder", "0.40218", measure="shoulder"),
    used("off-peak", "0.29871", measure="offPeak"),
    fixed("base", "24.15"),
    percent("tax", "7.5", "peak", "shoulder", "off-peak"),
    measures=measures(("peak", "kWh"), ("shoulder", "kWh"), ("offPeak", "kWh")),
)
DEMAND = sheet(
    "USD",
    "kWh",
    used(
        "demand", "12.75", measure="peakKw", leastMeasure="ratchetKw", quantityRounding={"mode": "ceiling", "step": "1"}
    ),
    used("energy", "0.0831"),
    {
        "kind": "blocks",
        "code": "reactive",
        "measure": "kvarh",
        "blocks": [
            {"over": "0", "upTo": "0", "upToPlus": [{"amount": "0.33", "times": ["use"]}], "rate": "0"},
            {"over": "0", "upTo": None, "rate": "0.0210"},
        ],
    },
    measures=[
        {"name": "peakKw", "label": "Peak", "unit": "kW", "kind": "peak"},
        {
            "name": "ratchetKw",
            "label": "Peak of the year",
            "unit": "kW",
            "history": {"take": "max", "of": "peakKw", "lastPeriods": 11},
        },
        {"name": "kvarh", "label": "Reactive energy", "unit": "kvarh"},
    ],
)
SPAIN = sheet(
    "EUR",
    "m3",
    fixed("quota", "14.28", times="dwellingUnits"),
    blocks("water", ("18", "0.5123"), ("36", "1.0246"), (None, "2.0492"), limitsPer="dwellingUnits"),
    used("sewer", "0.2810"),
    blocks("canon", ("27", "0.4936"), ("45", "1.1370"), (None, "2.8424"), limitsPer="dwellingUnits"),
    percent("iva-10", "10", "quota", "water", "sewer", "canon"),
    fixed("rent", "1.95"),
    percent("iva-21", "21", "rent"),
)
INDIA = sheet(
    "INR",
    "kWh",
    fixed("sanctioned", "110.00", times="sanctionedKw"),
    blocks("energy", ("100", "3.45"), ("200", "5.10"), ("400", "7.10"), (None, "8.25"), limitsPer="months"),
    used("fuel", "0.42"),
    percent("duty", "9", "sanctioned", "energy", "fuel"),
    fixed("rent", "15.00"),
    measures=measures(("sanctionedKw", "kW")),
    rounding={"line": {"step": "0.01"}, "total": {"step": "1"}},
)
TAKE_OR_PAY = sheet(
    "EUR",
    "m3",
    used("water", "0.8450", measure="contractM3", share="0.8", leastMeasure="use"),
    used("excess", "0.2100", included="50000"),
    measures=measures(("contractM3", "m3")),
)
STORM_WATER = sheet(
    "USD",
    "kgal",
    used("storm", "9.87", per="3300", measure="roofedArea", quantityRounding={"mode": "ceiling", "step": "3300"}),
    used("strength", "0.000525", measure="mgPerLitre", included="250", times="use"),
    measures=measures(("roofedArea", "sq ft"), ("mgPerLitre", "mg/l")),
)
CALIFORNIA = sheet(
    "USD",
    "hcf",
    {"kind": "fixed", "code": "meter", "byMeterSize": {"3/4": "24.10", "1": "38.40"}},
    blocks("water", ("8", "3.10"), ("16", "4.25"), (None, "6.90"), limitsPer="dwellingUnits"),
    percent("drought", "12.5", "water"),
    used("pumping", "0.31"),
    percent("low-income", "-20", atMost="35.00", when={"flag": "lowIncome"}),
)
GARDEN = [{"amount": "0.0735", "times": ["persons", "days"]}, {"amount": "0.0008287", "times": ["gardenArea", "et"]}]
CALIFORNIA_BUDGET = sheet(
    "USD",
    "hcf",
    {
        "kind": "blocks",
        "code": "water",
        "blocks": [
            {"over": "0", "upTo": "0", "upToPlus": GARDEN[:1], "rate": "2.15"},
            {"over": "0", "upTo": "0", "upToPlus": GARDEN, "rate": "3.02"},
            {"over": "0", "upTo": None, "rate": "9.80"},
        ],
    },
    measures=measures(("persons", "persons"), ("gardenArea", "sq ft"), ("et", "in")),
)
NET_BILLING = sheet(
    "USD",
    "kWh",
    used("import", "0.2850"),
    fixed("supply", "1.05", times="days"),
    percent("tax", "10", "import", "supply"),
    {"kind": "adjustment", "code": "export", "amount": "-0.12", "times": "exportKwh"},
    measures=measures(("exportKwh", "kWh")),
)
BRAZIL = sheet(
    "BRL",
    "kWh",
    used("energy", "0.65313"),
    percent("taxes", "22.75", "energy", inside="sum"),
    percent("icms", "18", "energy", "taxes", informational=True),
    percent("pis", "0.85", "energy", "taxes", informational=True),
    percent("cofins", "3.90", "energy", "taxes", informational=True),
    fixed("lighting", "12.35"),
)
KILOLITRES = (("15", "24.55"), (None, "33.10"))
SOUTH_AFRICA = sheet(
    "ZAR",
    "kL",
    blocks("water", ("6", "18.20"), *KILOLITRES, limitsPer="days", when={"withoutFlag": "indigent"}),
    blocks("free-water", ("6", "0"), *KILOLITRES, limitsPer="days", when={"flag": "indigent"}),
    percent("vat", "15"),
)
GERMANY = [
    sheet(
        "EUR", "kWh", used("energy", "0.3215"), fixed("base", "142.80"), percent("vat", "19"), validUntil="2025-01-01"
    ),
    sheet(
        "EUR", "kWh", used("energy", "0.3395"), fixed("base", "154.20"), percent("vat", "19"), validFrom="2025-01-01"
    ),
]
BELOW_090 = {
    "measure": "use",
    "perMeasure": "kvah",
    "rounding": {"step": "0.01"},
    "rows": [
        {
            "over": "0",
            "upTo": "0.90",
            "percent": "0",
            "steps": {"size": "0.01", "percent": "0.5", "direction": "down"},
        },
        {"over": "0.90", "upTo": None, "percent": "0"},
    ],
}
POWER_FACTOR = sheet(
    "INR",
    "kWh",
    used("energy", "7.10"),
    used("demand", "350", measure="kva"),
    {"kind": "percent", "code": "power-factor", "percentTable": BELOW_090, "of": ["energy"]},
    measures=measures(("kvah", "kVAh"), ("kva", "kVA")),
)
LIFELINE = {
    "measure": "use",
    "rows": [
        {"over": "0", "upTo": "20", "percent": "-100"},
        {"over": "20", "upTo": "50", "percent": "-50"},
        {"over": "50", "upTo": "70", "percent": "-35"},
        {"over": "70", "upTo": None, "percent": "-20"},
    ],
}
UNBUNDLED = ["generation", "transmission", "system-loss", "distribution"]
PHILIPPINES = sheet(
    "PHP",
    "kWh",
    used("generation", "6.1234"),
    used("transmission", "0.8512"),
    used("system-loss", "0.5321"),
    used("distribution", "1.2040"),
    fixed("metering", "5.00"),
    {"kind": "percent", "code": "lifeline", "percentTable": LIFELINE, "of": UNBUNDLED, "when": {"useAtMost": "100"}},
    used("subsidy", "0.1050", when={"useAbove": "100"}),
    percent("vat", "12"),
)
PREPAID = sheet("ZAR", "kWh", blocks("energy", ("50", "1.50"), ("350", "1.90"), (None, "2.40")))

KINDS = [
    Kind(
        "UK electricity",
        [UK_ELECTRICITY],
        use("287", "kWh", **days("2025-01-01", "2025-02-01")),
        {"standing": "18.63", "energy": "70.32", "vat": "4.45"},
        "93.40",
    ),
    Kind(
        "UK gas by heat",
        [UK_GAS],
        use("112", "m3", measures={"calorificValue": "39.4"}, **days("2025-04-01", "2025-05-01")),
        {"standing": "9.49", "energy": "87.62", "vat": "4.86"},
        "101.97",
    ),
    Kind(
        "time of use",
        [TIME_OF_USE],
        use("703.5", "kWh", measures={"peak": "104", "shoulder": "211.5", "offPeak": "388"}),
        {"peak": "63.68", "shoulder": "85.06", "off-peak": "115.90", "base": "24.15", "tax": "19.85"},
        "308.64",
    ),
    Kind(
        "demand with ratchet and reactive",
        [DEMAND],
        use("98230", "kWh", measures={"peakKw": "412.3", "ratchetKw": "398", "kvarh": "41900"}),
        {"demand": "5265.75", "energy": "8162.91", "reactive": "199.17"},
        "13627.83",
    ),
    Kind(
        "demand below its ratchet, little reactive energy",  # 398 x 12.75; 1000 x 0.0831; 300 kvarh are below 330
        [DEMAND],
        use("1000", "kWh", measures={"peakKw": "12.3", "ratchetKw": "397.5", "kvarh": "300"}),
        {"demand": "5074.50", "energy": "83.10", "reactive": "0.00"},
        "5157.60",
    ),
    Kind(
        "Spanish quarter",
        [SPAIN],
        use("143", "m3", dwellingUnits="3", months=3),
        {
            "quota": "42.84",
            "water": "154.71",
            "sewer": "40.18",
            "canon": "124.12",
            "iva-10": "36.19",
            "rent": "1.95",
            "iva-21": "0.41",
        },
        "400.40",
    ),
    Kind(
        "India, two months",
        [INDIA],
        use("565", "kWh", months=2, measures={"sanctionedKw": "3.5"}),
        {
            "sanctioned": "385.00",
            "energy": "2881.50",
            "fuel": "237.30",
            "duty": "315.34",
            "rent": "15.00",
            "rounding": "-0.14",
        },
        "3834.00",
    ),
    Kind(
        "take or pay",
        [TAKE_OR_PAY],
        use("31200", "m3", measures={"contractM3": "50000"}),
        {"water": "33800.00", "excess": "0.00"},
        "33800.00",
    ),
    Kind(
        "take or pay, above the contract",  # 56,000 x 0.8450; 6,000 x 0.2100
        [TAKE_OR_PAY],
        use("56000", "m3", measures={"contractM3": "50000"}),
        {"water": "47320.00", "excess": "1260.00"},
        "48580.00",
    ),
    Kind(
        "storm water and strength",
        [STORM_WATER],
        use("812", "kgal", measures={"roofedArea": "24100", "mgPerLitre": "611.5"}),
        {"storm": "78.96", "strength": "154.11"},
        "233.07",
    ),
    Kind(
        "California water, two dwellings with the credit's cap",
        # 16 x 3.10 + 16 x 4.25 + 8 x 6.90 = 172.80; 12.5 %; 40 x 0.31; 20 % of 245.20 would be 49.04
        [CALIFORNIA],
        use("40", "hcf", dwellingUnits="2", meterSize="1", flags=["lowIncome"]),
        {"meter": "38.40", "water": "172.80", "drought": "21.60", "pumping": "12.40", "low-income": "-35.00"},
        "210.20",
    ),
    Kind(
        "California water, one dwelling below the cap",  # 8 x 3.10 + 2 x 4.25; 4.1625; 10 x 0.31; 20 % of 64.66
        [CALIFORNIA],
        use("10", "hcf", meterSize="3/4", flags=["lowIncome"]),
        {"meter": "24.10", "water": "33.30", "drought": "4.16", "pumping": "3.10", "low-income": "-12.93"},
        "51.73",
    ),
    Kind(
        "California water by a budget",
        # 0.0735 x 4 x 31 = 9.114; 0.0008287 x 2500 x 5.6 = 11.6018; 9.114 x 2.15 + 11.6018 x 3.02 + 9.2842 x 9.80
        [CALIFORNIA_BUDGET],
        use(
            "30",
            "hcf",
            measures={"persons": "4", "gardenArea": "2500", "et": "5.6"},
            **days("2025-07-01", "2025-08-01"),
        ),
        {"water": "145.62"},
        "145.62",
    ),
    Kind(
        "net billing",  # 420 x 0.2850; 30 x 1.05; 10 % of 151.20; 510 x -0.12
        [NET_BILLING],
        use("420", "kWh", measures={"exportKwh": "510"}, **days("2025-06-01", "2025-07-01")),
        {"import": "119.70", "supply": "31.50", "tax": "15.12", "export": "-61.20"},
        "105.12",
    ),
    Kind(
        "net billing with a credit to carry on",  # 100 x 0.2850; 30 x 1.05; 10 % of 60.00; 900 x -0.12
        [NET_BILLING],
        use("100", "kWh", measures={"exportKwh": "900"}, **days("2025-06-01", "2025-07-01")),
        {"import": "28.50", "supply": "31.50", "tax": "6.00", "export": "-108.00"},
        "-42.00",
    ),
    Kind(
        "Brazil",  # 250 x 0.65313; 163.28 x 22.75 / 77.25; of 211.37: 18 %, 0.85 % and 3.90 %; 163.28 + 48.09 + 12.35
        [BRAZIL],
        use("250", "kWh"),
        {"energy": "163.28", "taxes": "48.09", "icms": "38.05", "pis": "1.80", "cofins": "8.24", "lighting": "12.35"},
        "223.72",
    ),
    Kind(
        "South Africa, 20 days",  # limits 4 and 10: 4 x 18.20 + 6 x 24.55 + 2 x 33.10 = 286.30; 15 % is 42.945
        [SOUTH_AFRICA],
        use("12", "kL", **days("2025-06-01", "2025-06-21")),
        {"water": "286.30", "vat": "42.95"},
        "329.25",
    ),
    Kind(
        "South Africa, 20 days of the indigent",  # 4 x 0 + 6 x 24.55 + 2 x 33.10 = 213.50; 15 % is 32.025
        [SOUTH_AFRICA],
        use("12", "kL", flags=["indigent"], **days("2025-06-01", "2025-06-21")),
        {"free-water": "213.50", "vat": "32.03"},
        "245.53",
    ),
    Kind(
        "Germany, a year with another price from January",
        # 275 and 90 days: 2750 x 0.3215 = 884.125, 900 x 0.3395; 142.80 x 275/365, 154.20 x 90/365; 19 % of 1335.29
        GERMANY,
        use("3650", "kWh", months=12, **days("2024-04-01", "2025-04-01")),
        {"energy": "884.13 305.55", "base": "107.59 38.02", "vat": "188.43 65.28"},
        "1589.00",
    ),
    Kind(
        "power factor 0.83",  # 12,400 x 7.10; 65 x 350; 12,400 / 14,950 = 0.829 is seven steps below 0.90: 3.5 %
        [POWER_FACTOR],
        use("12400", "kWh", measures={"kvah": "14950", "kva": "65"}),
        {"energy": "88040.00", "demand": "22750.00", "power-factor": "3081.40"},
        "113871.40",
    ),
    Kind(
        "power factor 0.92",  # 12,400 / 13,500
        [POWER_FACTOR],
        use("12400", "kWh", measures={"kvah": "13500", "kva": "65"}),
        {"energy": "88040.00", "demand": "22750.00", "power-factor": "0.00"},
        "110790.00",
    ),
    Kind(
        "Philippines, lifeline",  # 62 kWh; 35 % of 540.06; 12 % of 540.06 + 5.00 - 189.02
        [PHILIPPINES],
        use("62", "kWh"),
        {
            "generation": "379.65",
            "transmission": "52.77",
            "system-loss": "32.99",
            "distribution": "74.65",
            "metering": "5.00",
            "lifeline": "-189.02",
            "vat": "42.72",
        },
        "398.76",
    ),
    Kind(
        "Philippines, who pays for the lifeline",  # 150 kWh; 12 % of 1327.36
        [PHILIPPINES],
        use("150", "kWh"),
        {
            "generation": "918.51",
            "transmission": "127.68",
            "system-loss": "79.82",
            "distribution": "180.60",
            "metering": "5.00",
            "subsidy": "15.75",
            "vat": "159.28",
        },
        "1486.64",
    ),
    Kind("prepaid, the month to date", [PREPAID], use("40", "kWh"), {"energy": "60.00"}, "60.00"),  # 40 x 1.50
]

"""Cases of our own in the form of the collection: what it does not hold, or tells in one way only.

Each expected total stands beside the sum it was worked out by, on paper and not by the engine.
"""

from typing import Any

from tests.tools.tariff_reader.loose_tariff import Json

_TWO = [{"over": "0", "upto": "10", "rate": "2"}, {"over": "10", "upto": None, "rate": "3"}]
_LIFELINE = [
    {"upto": "50", "slabs": [{"upto": None, "rate": "1.00"}]},
    {"upto": None, "slabs": [{"upto": "100", "rate": "3.00"}, {"upto": None, "rate": "5.00"}]},
]


def own(name: str, total: str, tariff: Json, usage: Json, **more: Any) -> Json:  # noqa: ANN401
    """Make a case; `total` is "figure" or "figure = how it was worked out"."""
    expected, _, worked = total.partition(" = ")
    facts = {"id": name, "group": "own", "description": worked, "expected_parts": []}
    return facts | {"tariff": {"currency": "USD", **tariff}, "usage": usage, "expected_total": expected} | more


def parts(*names: str) -> list[Json]:
    return [{"name": name, "amount": "0"} for name in names]


BLOCKS = [
    own(
        "inclusive-limits",
        "35.00 = 10*2 + 5*3",
        {"slabs": [{"from": 1, "to": 10, "rate": 2}, {"from": 11, "rate": 3}]},
        {"quantity": 15},
    ),
    own(
        "up_to-and-price",
        "35.00 = 10*2 + 5*3",
        {"tiers": [{"up_to": 10, "price": "2"}, {"up_to": "inf", "price": "3"}]},
        {"usage": "15"},
    ),
    own(
        "widths",
        "47.00 = 10*2 + 5*3 + 3*4",
        {"blocks": [{"size": 10, "rate": 2}, {"size": 5, "rate": 3}, {"rate": 4}]},
        {"quantity": 18},
    ),
    own(
        "thresholds-only",
        "35.00 = 10*2 + 5*3",
        {"slabs": [{"over": 0, "rate": 2}, {"over": 10, "rate": 3}]},
        {"quantity": 15},
    ),
    own("pairs", "35.00 = 10*2 + 5*3", {"slabs": [["10", "2"], [None, "3"]]}, {"quantity": 15}),
    own(
        "last-limit-stands-open",
        "50.00 = 10*2 + 10*3",
        {"slabs": [{"upto": 10, "rate": 2}, {"upto": 15, "rate": 3}]},
        {"quantity": 20},
    ),
    own(
        "declining",
        "91.00 = 10*5 + 20*2 + 1",
        {
            "structure": "declining",
            "slabs": [{"upto": 10, "rate": 5}, {"upto": 30, "rate": 2}, {"upto": None, "rate": 1}],
        },
        {"quantity": 31},
    ),
    own("first-block-dearer-than-minimum", "20.00 = 10*2", {"slabs": _TWO, "minimum_charge": "15"}, {"quantity": 10}),
    own("all-units", "45.00 = 15*3", {"structure": "all_units", "slabs": _TWO}, {"quantity": 15}),
    own(
        "volume-with-flat",
        "130.00 = 30*4 + 10",
        {"structure": "volume", "slabs": [{"upto": 20, "rate": 5}, {"upto": None, "rate": 4, "flat_fee": 10}]},
        {"quantity": 30},
    ),
    own(
        "price-of-the-bracket",
        "25.00 = 25",
        {
            "structure": "stairstep",
            "slabs": [{"upto": 10, "amount": 0, "flat": 12}, {"upto": 20, "flat": 25}, {"upto": None, "flat": 40}],
        },
        {"quantity": 15},
    ),
    own("lifeline-under", "50.00 = 50*1", {"structure": "schedule_by_total", "schedules": _LIFELINE}, {"quantity": 50}),
    own("lifeline-over", "153.00 = 51*3", {"schedules": _LIFELINE}, {"quantity": 51}),
    own(
        "fixed-of-the-block-reached",
        "110.00 = 10*2 + 10*3 + 60",
        {"slabs": [{"upto": 10, "rate": 2, "fixed": 40}, {"upto": None, "rate": 3, "fixed": 60}]},
        {"quantity": 20},
    ),
    own(
        "per-thousand",
        "45.50 = 10*2 + 5*3 + 10.50",
        {
            "unit": "gal",
            "slabs": [{"upto": 10000, "rate": 2}, {"upto": None, "rate": 3}],
            "rate_per": 1000,
            "base_charge": "10.50",
        },
        {"quantity": 15000},
    ),
    own("per-thousand-in-words", "35.00 = 7*5", {"unit": "gal", "rate": "5", "per": "1000 gal"}, {"quantity": "7000"}),
    own(
        "part-thereof",
        "40.00 = 8*5",
        {"unit": "gal", "rate": "5", "per": "1000 gal or part thereof"},
        {"quantity": "7001"},
    ),
    own(
        "started",
        "40.00 = 8*5",
        {"unit": "gal", "rate": "5", "rate_per": "1000", "part_thereof": True},
        {"quantity": "7001"},
    ),
    own(
        "package",
        "300.00 = 3*100",
        {"structure": "package", "package_size": "10", "free_units": "5", "amount": "100"},
        {"quantity": "26"},
    ),
    own("zero-in-first-block", "0.00 = 0", {"slabs": _TWO}, {"quantity": 0}),
    own(
        "class-table",
        "40.00 = 10*4",
        {"slabs": {"domestic": _TWO, "commercial": [{"upto": None, "rate": 4}]}},
        {"quantity": 10, "class": "commercial"},
    ),
    own(
        "rate-by-class",
        "40.00 = 10*4",
        {"rate": {"domestic": 2, "commercial": 4}},
        {"quantity": 10, "class": "commercial"},
    ),
]
SCALED = [
    own(
        "limits-by-days",
        "80.00 = 20*2 + 40/3*3",
        {"slabs": _TWO, "limits_per": "days", "days_basis": 30},
        {"quantity": "33.333333", "days": 60},
    ),
    own(
        "limits-per-day",
        "50.00 = 10*2 + 10*3",
        {"slabs": [{"upto": "0.5", "rate": 2}, {"upto": None, "rate": 3}], "limits_per": "day"},
        {"quantity": 20, "days": 20},
    ),
    own(
        "limits-per-dwelling",
        "40.00 = 20*2",
        {"slabs": _TWO, "limits_per": "dwelling_unit"},
        {"quantity": 20, "dwelling_units": 2},
    ),
    own(
        "per-dwelling-fixed",
        "54.00 = 12*2 + 3*10",
        {"rate": 2, "fixed_charges": [{"name": "base", "amount": 10, "per": "dwelling"}]},
        {"quantity": 12, "dwelling_units": 3},
    ),
    own(
        "equivalent-units-minimum",
        "90.00 = 3*30",
        {"rate": 2, "minimum_charge": {"amount": 30, "mode": "equivalent_units"}},
        {"quantity": 12, "dwelling_units": 3},
    ),
    own(
        "equivalent-units-covered",
        "74.00 = 2*30 + 7*2",
        {"rate": 2, "minimum_charge": {"amount": 30, "included_units": 10, "mode": "equivalent_units"}},
        {"quantity": 27, "dwelling_units": 2},
    ),
    own(
        "months-of-a-monthly-tariff",
        "65.00 = 20*2 + 5*3 + 2*5",
        {"slabs": _TWO, "fixed_charges": [{"name": "base", "amount": 5}]},
        {"quantity": 25, "months": 2},
    ),
    own(
        "two-months-as-given",
        "40.00 = 10*2 + 5*3 + 5",
        {"slabs": _TWO, "months": 2, "fixed_charges": [{"name": "base", "amount": 5}]},
        {"quantity": 15},
    ),
    own(
        "daily-supply",
        "33.10 = 31*1.10 - 1",
        {
            "fixed_charges": [{"name": "supply", "amount": "1.10", "per": "day"}],
            "adjustments": [{"name": "rebate", "amount": -1}],
        },
        {"quantity": 0, "days": 31},
    ),
    own(
        "prorated",
        "35.00 = 10*2 + 30*15/30",
        {"rate": 2, "fixed_charges": [{"name": "base", "amount": 30, "prorate": True}]},
        {"quantity": 10, "days": 15, "period_days": 30},
    ),
    own(
        "prorated-all",
        "42.50 = 5*2 + 5*3 + 35*15/30",
        {"slabs": _TWO, "prorate": "all", "fixed_charges": [{"name": "base", "amount": 35}]},
        {"quantity": 10, "days": 15, "period_days": 30},
    ),
    own(
        "per-kw-and-month",
        "260.00 = 50*2 + 4*40",
        {"rate": 2, "fixed_charges": [{"name": "demand", "amount": 40, "per": "kW"}]},
        {"quantity": 50, "kw": 4},
    ),
    own(
        "yearly-fee-by-month",
        "30.00 = 10*2 + 120/12",
        {"rate": 2, "fixed_charges": [{"name": "licence", "amount": 120, "per": "year"}]},
        {"quantity": 10},
    ),
]
MINIMUMS = [
    own("floor", "30.00 = 30", {"rate": 2, "minimum_charge": {"amount": 30, "mode": "floor"}}, {"quantity": 10}),
    own("floor-passed", "40.00 = 20*2", {"rate": 2, "minimum_charge": {"amount": 30}}, {"quantity": 20}),
    own(
        "floor-of-usage-only",
        "35.00 = 30 + 5",
        {
            "rate": 2,
            "fixed_charges": [{"name": "rent", "amount": 5}],
            "minimum_charge": {"amount": 30, "base": "usage"},
        },
        {"quantity": 10},
    ),
    own(
        "included",
        "36.00 = 30 + 3*2",
        {"rate": 2, "minimum_charge": {"amount": 30, "included_units": 10}},
        {"quantity": 13},
    ),
    own(
        "included-in-blocks-with-rates",
        "45.00 = 30 + 5*3",
        {"slabs": _TWO, "minimum_charge": {"amount": 30, "included_units": 10, "mode": "included_block"}},
        {"quantity": 15},
    ),
    own(
        "included-within-a-block",
        "51.00 = 30 + 3*2 + 5*3",
        {"slabs": _TWO, "minimum_charge": {"amount": 30, "covers": 7}},
        {"quantity": 15},
    ),
    own(
        "zero-use",
        "25.00 = 25",
        {"rate": 2, "minimum_charge": {"amount": 25, "mode": "zero_use_only"}},
        {"quantity": 0},
    ),
    own(
        "not-zero-use",
        "2.00 = 2",
        {"rate": 2, "minimum_charge": {"amount": 25, "mode": "only_when_zero"}},
        {"quantity": 1},
    ),
    own(
        "half-at-zero",
        "15.00 = 30/2",
        {"rate": 2, "minimum_charge": {"amount": 30, "mode": "half_at_zero"}},
        {"quantity": 0},
    ),
    own(
        "half-only-at-zero",
        "30.00 = 30",
        {"rate": 2, "minimum_charge": {"amount": 30, "mode": "half_at_zero"}},
        {"quantity": 1},
    ),
    own(
        "half-at-zero-with-cover",
        "15.00 = 30/2",
        {"slabs": _TWO, "minimum_charge": {"amount": 30, "included_units": 10, "mode": "half_at_zero"}},
        {"quantity": 0},
    ),
    own(
        "minimum-by-size",
        "62.00 = 60 + 1*2",
        {"rate": 2, "minimum_charge": {"amount": {"1/2": 30, "3/4": 60}, "included_units": 10}},
        {"quantity": 11, "meter_size": "3/4"},
    ),
    own("at-least-so-much", "20.00 = 10*2", {"rate": 2, "minimum_consumption": 10}, {"quantity": 4}),
    own("allowance", "10.00 = 5*2", {"rate": 2, "free_allowance": 15}, {"quantity": 20}),
    own("free-units-in-blocks", "26.00 = 7*2 + 4*3", {"slabs": _TWO, "free_units": 3}, {"quantity": 14}),
]
SHARES = [
    own(
        "tax-on-tax",
        "115.50 = 100*1.05*1.10",
        {
            "rate": 1,
            "taxes": [
                {"name": "levy", "percent": 5, "base": ["usage"]},
                {"name": "vat", "percent": "10%", "base": ["usage", "levy"]},
            ],
        },
        {"quantity": 100},
    ),
    own("vat-by-key", "121.00 = 100*1.21", {"rate": 1, "vat": "21"}, {"quantity": 100}),
    own("tax-percent-by-key", "112.00 = 100*1.12", {"rate": 1, "tax_percent": 12}, {"quantity": 100}),
    own(
        "tax-as-share-of-one",
        "108.00 = 100*1.08",
        {"rate": 1, "taxes": [{"name": "tax", "rate": "0.08"}]},
        {"quantity": 100},
    ),
    own(
        "tax-of-fixed-only",
        "102.00 = 80 + 20*1.1",
        {"rate": 1, "fixed_charges": {"rent": 20}, "taxes": [{"name": "t", "percent": 10, "base": "fixed"}]},
        {"quantity": 80},
    ),
    own(
        "tax-by-name",
        "101.00 = 80 + 10 + 10*1.1",
        {
            "rate": 1,
            "fixed_charges": [{"name": "meter rent", "amount": 10}, {"name": "service", "amount": 10}],
            "taxes": [{"name": "t", "percent": 10, "base": "meter_rent"}],
        },
        {"quantity": 80},
    ),
    own(
        "tax-above-exempt-use",
        "204.00 = 200 + (800-600)/800*200*0.08",
        {"rate": "0.25", "tax": {"percent": 8, "exempt_units": 600}},
        {"quantity": 800},
    ),
    own(
        "tax-only-above",
        "52.00 = 52",
        {"rate": 1, "taxes": [{"name": "t", "percent": 10, "min_usage": 52}]},
        {"quantity": 52},
    ),
    own(
        "discount-within-cap",
        "95.00 = 100*0.95",
        {"rate": "10", "discounts": [{"name": "senior", "percent": 5, "max_usage": 30}]},
        {"quantity": 10},
    ),
    own(
        "discount-above-cap",
        "310.00 = 31*10",
        {"rate": "10", "discounts": [{"name": "senior", "percent": 5, "max_usage": 30}]},
        {"quantity": 31},
    ),
    own(
        "discount-with-flag",
        "90.00 = 100 - 10",
        {"rate": 1, "discounts": [{"name": "pwd", "amount": 10, "flag": "pwd"}]},
        {"quantity": 100, "pwd": True},
    ),
    own(
        "discount-without-flag",
        "100.00 = 100",
        {"rate": 1, "discounts": [{"name": "senior", "percent": 5}]},
        {"quantity": 100, "senior": False},
    ),
    own(
        "discount-at-most",
        "970.00 = 1000 - 30",
        {"rate": 1, "discounts": [{"name": "loyal", "percent": 5, "max_amount": 30}]},
        {"quantity": 1000},
    ),
    own(
        "senior-then-tax",
        "100.80 = 105*0.80*1.2",
        {
            "rate": 1,
            "fixed_charge": 5,
            "discounts": [{"name": "senior", "percent": 20, "min_age": 60}],
            "taxes": [{"name": "vat", "percent": 20}],
        },
        {"quantity": 100, "age": 60},
    ),
    own(
        "sewer-percent-of-water",
        "180.00 = 100*1.8",
        {"rate": 1, "sewer": {"percent": 80, "base": "usage"}},
        {"quantity": 100},
    ),
    own(
        "sewer-of-winter-use",
        "22.00 = 10*1 + 6*2",
        {"rate": 1, "sewer": {"rate": 2, "winter_average": True}},
        {"quantity": 10, "winter_average": 6},
    ),
    own(
        "sewer-share-of-use",
        "26.00 = 10 + 10*0.8*2",
        {"rate": 1, "sewer": {"rate": 2, "share": "0.8"}},
        {"quantity": 10},
    ),
    own("sewer-capped", "22.00 = 10 + 6*2", {"rate": 1, "sewer": {"rate": 2, "cap": 6}}, {"quantity": 10}),
    own(
        "sewer-with-base-and-blocks",
        "46.00 = 15 + 5 + 10*2 + 5*3 - 9",
        {
            "rate": 1,
            "sewer": {"slabs": _TWO, "fixed_charges": [{"name": "sewer base", "amount": 5}]},
            "adjustments": [{"name": "credit", "amount": "-9"}],
        },
        {"quantity": 15},
    ),
    own(
        "surcharge-percent",
        "110.00 = 100*1.1",
        {"rate": 1, "surcharges": [{"name": "fuel", "percent": 10, "base": "usage"}]},
        {"quantity": 100},
    ),
    own(
        "penalty-free-tax-in-part",
        "204.00 = 200*1.02",
        {"rate": 2, "taxes": [{"name": "t", "percent": 8, "taxable_share": "0.25"}]},
        {"quantity": 100},
    ),
]
MEASURES = [
    own(
        "time-of-use",
        "44.00 = 100*0.30 + 140*0.10",
        {"rates": {"peak": "0.30", "off_peak": "0.10"}},
        {"quantity": 240, "peak": 100, "off_peak": 140},
    ),
    own(
        "time-of-use-by-keys",
        "44.00 = 100*0.30 + 140*0.10",
        {"peak_rate": "0.30", "off_peak_rate": "0.10"},
        {"quantity": 240, "peak": 100, "off_peak": 140},
    ),
    own(
        "demand-by-key", "92.00 = 100*0.5 + 0.7*60", {"rate": "0.5", "demand_rate": 60}, {"quantity": 100, "kw": "0.7"}
    ),
    own(
        "fuel-credit-per-unit",
        "45.00 = 100*0.5 - 100*0.05",
        {"rate": "0.5", "adjustments": [{"name": "fuel", "rate": "-0.05"}]},
        {"quantity": 100},
    ),
    own(
        "fuel-charge-per-unit",
        "55.00 = 100*0.5 + 100*0.05",
        {"rate": "0.5", "adjustments": [{"name": "fuel", "amount": "0.05", "per": "kWh"}], "unit": "kWh"},
        {"quantity": 100},
    ),
    own(
        "export-credit",
        "26.00 = 100*0.30 - 40*0.10",
        {"components": [{"name": "import", "rate": "0.30"}, {"name": "export", "rate": "-0.10", "measure": "export"}]},
        {"quantity": 100, "export": 40},
    ),
    own(
        "components",
        "38.50 = (10*2 + 15)*1.1",
        {
            "components": [{"name": "energy", "rate": 2}, {"name": "network", "amount": 15}],
            "taxes": [{"name": "gst", "percent": 10}],
        },
        {"quantity": 10},
    ),
    own(
        "by-meter-size",
        "52.00 = 20 + 32",
        {"rate": 2, "fixed_charges": [{"name": "meter", "amount": {"13mm": 16, "20mm": 32}}]},
        {"quantity": 10, "meter_size": "20mm"},
    ),
    own(
        "season-named",
        "30.00 = 10*3",
        {"seasons": {"summer": {"rate": 3}, "winter": {"rate": 2}}},
        {"quantity": 10, "season": "summer"},
    ),
    own(
        "season-by-days",
        "25.00 = 10*3/2 + 10*2/2",
        {
            "seasons": [
                {"name": "summer", "rate": 3, "from": "06-01", "to": "09-30"},
                {"name": "winter", "rate": 2, "from": "10-01", "to": "05-31"},
            ]
        },
        {"quantity": 10, "from": "2025-09-16", "to": "2025-10-16"},
    ),
    own("class-factor", "30.00 = 10*2*1.5", {"base_rate": 2, "factor": "1.5"}, {"quantity": 10}),
    own("fee-by-key", "24.50 = 10*2 + 4.50", {"rate": 2, "meter_rent": "4.50"}, {"quantity": 10}),
]
MONEY = [
    own("no-minor-unit", "1235 = 1234.5 half up", {"currency": "KRW", "rate": "1234.5"}, {"quantity": 1}),
    own("three-decimals", "1.235 = 1.2345 half up", {"currency": "KWD", "rate": "1.2345"}, {"quantity": 1}),
    own("in-fils", "1235 = 1234.5 half up", {"currency": "KWD-fils", "rate": "1234.5"}, {"quantity": 1}),
    own("sign", "20.00 = 10*2", {"currency": "₹", "rate": "2"}, {"quantity": 10}),
    own(
        "to-five-cents", "1.25 = 1.23 to 0.05", {"rate": "1.23", "rounding": {"total": "half up 0.05"}}, {"quantity": 1}
    ),
    own(
        "up-to-ten",
        "20 = 10.01 up to 10",
        {"currency": "JPY", "rate": "10.01", "rounding": {"total": "round up to 10"}},
        {"quantity": 1},
    ),
    own("half-even", "0.12 = 0.125 to even", {"rate": "0.125", "rounding": "half even 0.01"}, {"quantity": 1}),
    own(
        "by-mode-and-step",
        "1.20 = 1.23 down",
        {"rate": "1.23", "rounding": {"mode": "floor", "step": "0.05", "scope": "total"}},
        {"quantity": 1},
    ),
    own(
        "lines-then-total",
        "3 = floor(1.6) + floor(2.4)",
        {"currency": "JPY", "rate": "1.6", "fixed_charge": "2.4", "rounding": {"line": "floor 1", "total": "floor 1"}},
        {"quantity": 1},
    ),
    own(
        "tax-floored",
        "109.00 = 100 + floor(9.9)",
        {"rate": 100, "taxes": [{"name": "tax", "percent": "9.9", "rounding": "floor 1"}]},
        {"quantity": 1},
    ),
    own(
        "cents-to-ten-cents",
        "130 = 123 up to 10",
        {"currency": "AUD-cent", "rate": "123", "rounding": {"total": "ceil 10"}},
        {"quantity": 1},
    ),
    own("use-truncated", "14.00 = 7*2", {"rate": 2, "quantity_rounding": "truncate"}, {"quantity": "7.9"}),
    own("use-raised", "16.00 = 8*2", {"rate": 2, "usage_rounding": "round up"}, {"quantity": "7.1"}),
    own("separators", "1600.00 = 1600", {"rate": "0", "fixed_charge": "1,600"}, {"quantity": "0"}),
]
METERS = [
    own("between-readings", "20.00 = 10*2", {"rate": 2}, {"previous": "100", "current": "110"}),
    own("rolled-over", "50.00 = 25*2", {"rate": 2}, {"previous": "9990", "current": "0015"}),
    own(
        "rolled-over-with-digits",
        "50.00 = 25*2",
        {"rate": 2, "meter_digits": 5},
        {"previous": "99990", "current": "15", "digits": 5},
    ),
    own("multiplier", "400.00 = 10*20*2", {"rate": 2}, {"previous": "100", "current": "110", "multiplier": 20}),
    own(
        "exchanged",
        "46.00 = (8 + 15)*2",
        {"rate": 2},
        {"segments": [{"previous": 92, "current": 100}, {"previous": 0, "current": 15}]},
    ),
    own("estimated", "24.00 = (10 + 12 + 14)/3*2", {"rate": 2}, {"history": ["10", "12", "14"]}),
    own(
        "units-to-bill",
        "14.00 = 7*2",
        {"unit": "gal", "billing_unit": "748", "rate": 2, "rounding": "half up"},
        {"quantity": 5000},
    ),
    own("meter-in-gallons", "35.00 = 7*5", {"unit": "kgal", "rate": 5}, {"quantity": 7000, "unit": "gal"}),
    own("litres-to-cubic-metres", "15.00 = 7.5*2", {"unit": "m3", "rate": 2}, {"quantity": 7500, "unit": "L"}),
    own(
        "therms",
        "56.70 = 54*1.05",
        {
            "unit": "ccf",
            "conversion": {"therm_factor": "1.08", "to": "therm"},
            "rate": "1.05",
            "quantity_rounding": "half up 1",
        },
        {"quantity": 50},
    ),
    own(
        "gas-to-kwh",
        "33.66 = 1122*0.03",
        {
            "unit": "m3",
            "conversion": {"correction": "1.02264", "cv": "39.5", "divisor": "3.6", "to": "kWh"},
            "rate": "0.03",
            "quantity_rounding": "half up 1",
        },
        {"quantity": 100},
    ),
    own("leak-then-bill", "30.00 = (20 - 5)*2", {"rate": 2, "leak": {"share": "0.5"}}, {"quantity": 20, "normal": 10}),
]
CHANGES = [
    own(
        "straddle-by-days",
        "30.00 = 20*1/2*1 + 20*1/2*2",
        {"old": {"rate": 1}, "new": {"rate": 2}, "changed_on": "2025-06-16"},
        {"quantity": 20, "from": "2025-06-01", "to": "2025-07-01"},
    ),
    own(
        "straddle-counted",
        "40.00 = 30*10/30*2 + 30*20/30*1",
        {"old": {"rate": 2}, "new": {"rate": 1}},
        {"quantity": 30, "days_old": 10, "days_new": 20},
    ),
    own(
        "versions",
        "45.00 = 20*1/2*1 + 20*1/2*2 + 15",
        {"versions": [{"rate": 1}, {"rate": 2, "valid_from": "2025-06-16"}], "fixed_charge": 15},
        {"quantity": 20, "from": "2025-06-01", "to": "2025-07-01"},
    ),
    own(
        "rise-of-blocks", "10.00 = (10*2 + 10*3) - 20*2", {"old": {"rate": 2}, "new": {"slabs": _TWO}}, {"quantity": 20}
    ),
    own(
        "months-apart",
        "40 = floor(25, 10) + floor(24, 10)",
        {"currency": "JPY", "rate": 1, "rounding": {"per_month": "floor to 10"}},
        {"quantity": 49, "split": [25, 24]},
    ),
]
MORE = [
    own(
        "percentage-of-an-amount",
        "13.00 = 1000*1.3/100",
        {"structure": "percentage", "rate": "1.3"},
        {"quantity": 1000},
    ),
    own(
        "graduated-percentage",
        "5.00 = 100*3/100 + 100*2/100",
        {"structure": "graduated_percentage", "slabs": [{"upto": 100, "rate": 3}, {"upto": None, "rate": 2}]},
        {"quantity": 200},
    ),
    own(
        "scaled-by-days",
        "45.00 = 15*2 + 5*3",
        {"slabs": _TWO, "scale_limits_by_days": True, "base_days": 20},
        {"quantity": 20, "days": 30},
    ),
    own(
        "scaled-by-households",
        "46.00 = 20*2 + 2*3",
        {"slabs": _TWO, "scale_slabs": "households"},
        {"quantity": 22, "households": 2},
    ),
    own(
        "rounding-in-words", "50 = 45 to 10", {"currency": "JPY", "rate": 9, "rounding": "half up 10"}, {"quantity": 5}
    ),
    own(
        "each-line-in-words",
        "2 = floor(1.6) + floor(1.7)",
        {"currency": "JPY", "rate": "1.6", "fixed_charge": "1.7", "rounding": "each line floor 1"},
        {"quantity": 1},
    ),
    own(
        "subtotal-before-tax",
        "22 = floor(20.9) + floor(2.0)",
        {
            "currency": "JPY",
            "rate": "10.45",
            "taxes": [{"name": "tax", "percent": 10}],
            "rounding": {"subtotal": "floor 1", "tax": "floor 1"},
        },
        {"quantity": 2},
    ),
    own(
        "not-taxed",
        "27.00 = 20*1.1 + 5",
        {
            "rate": 2,
            "fixed_charges": [{"name": "stamp", "amount": 5, "taxable": False}],
            "taxes": [{"name": "vat", "percent": 10}],
        },
        {"quantity": 10},
    ),
]
SERVICES = [
    own(
        "many-utilities",
        "95.00 = 10*2 + 5*3 + 200*0.3",
        {"water": {"slabs": _TWO}, "electricity": {"rate": "0.3"}},
        {"water": 15, "electricity": 200},
    ),
    own(
        "demand-as-a-service",
        "92.00 = 100*0.5 + 0.7*60",
        {"rate": "0.5", "demand": {"rate": 60}},
        {"quantity": 100, "kw": "0.7"},
    ),
    own(
        "tou-by-name",
        "44.00 = 100*0.30 + 140*0.10",
        {"tou": {"peak": "0.30", "off_peak": "0.10"}},
        {"quantity": 240, "peak": 100, "off_peak": 140},
    ),
    own("tax-rate-by-key", "108.00 = 100*1.08", {"rate": 1, "tax_rate": "0.08"}, {"quantity": 100}),
    own("sewer-max-units", "22.00 = 10 + 6*2", {"rate": 1, "sewer": {"rate": 2, "max_units": 6}}, {"quantity": 10}),
    own(
        "half-of-the-base",
        "15.00 = 30/2",
        {"minimum_charge": {"amount": 30, "factor": "0.5"}},
        {"quantity": 0, "closed_mid_month": True},
    ),
    own(
        "whole-base",
        "30.00 = 30",
        {"minimum_charge": {"amount": 30, "factor": "0.5"}},
        {"quantity": 0, "closed_mid_month": False},
    ),
]
NESTED = [
    own(
        "a-use-is-no-meter-size",
        "76.00 = 20*2 + 36",
        {"rate": 2, "fixed_charges": [{"name": "meter", "amount": {"13": 16, "20": 32, "25": 36}}]},
        {"quantity": "20", "meter_size": "25"},
    ),
    own(
        "a-use-is-no-meter-size-either",
        "56.00 = 20*2 + 16",
        {"rate": 2, "fixed_charges": [{"name": "meter", "amount": 16, "by_meter_size": {"20": 32}}]},
        {"quantity": "20", "meter_size": "25"},
    ),
    own("package-in-a-word", "10.00 = 2*5", {"package": {"size": 10, "amount": 5, "free_units": 3}}, {"quantity": 14}),
    own(
        "old-and-new-meter",
        "30.00 = (10 + 5)*2",
        {"rate": 2},
        {"old_meter": {"previous": 90, "current": 100}, "new_meter": {"previous": 0, "current": 5}},
    ),
    own(
        "change-day",
        "51.65 = (7 + 5*8.48 + 9 + 5*8.98)/2",
        {"old": {"base": "7.00", "rate": "8.48"}, "new": {"base": "9.00", "rate": "8.98"}, "change_day": "2025-01-16"},
        {"quantity": 5, "from": "2025-01-01", "to": "2025-01-31", "days": 30},
    ),
]
LATE = [
    own(
        "late-by-the-year",
        "120 = 10000*14.6/100/365*30",
        {"currency": "JPY", "penalty": {"kind": "daily", "annual_percent": "14.6"}},
        {"bill_total": 10000, "days_overdue": 30},
    ),
    own(
        "late-in-grace",
        "0.00 = 0",
        {"penalty": {"kind": "percent_once", "percent": 10, "grace_days": 5}},
        {"bill_total": 100, "days_overdue": 5},
    ),
    own(
        "late-after-grace",
        "10.00 = 100*0.1",
        {"penalty": {"kind": "percent_once", "percent": 10, "grace_days": 5}},
        {"bill_total": 100, "days_overdue": 6},
    ),
    own(
        "late-capped",
        "500.00 = 500",
        {"penalty": {"type": "percentage", "rate": "10%", "cap": 500}},
        {"bill_total": 6000, "days_late": 1},
    ),
    own(
        "late-no-cap",
        "600.00 = 600",
        {"penalty": {"type": "percentage", "rate": "0.1", "cap": 0}},
        {"bill_total": 6000, "days_late": 1},
    ),
    own(
        "late-fixed",
        "150.00 = 150",
        {"penalty": {"kind": "fixed", "amount": 150}},
        {"principal": 200, "days_overdue": 100},
    ),
    own(
        "late-per-day",
        "3.00 = 100*0.001*30",
        {"penalty": {"kind": "percent_per_day", "percent": "0.1"}},
        {"principal": 100, "days_overdue": 30},
    ),
    own(
        "late-per-day-floor",
        "5.00 = 5",
        {"penalty": {"kind": "percent_per_day", "percent": "0.1", "minimum": 5}},
        {"principal": 100, "days_overdue": 30},
    ),
    own(
        "late-simple",
        "4.50 = 100*0.015*3",
        {"penalty": {"kind": "simple_monthly", "rate": "0.015"}},
        {"principal": 100, "months_late": 3},
    ),
    own(
        "late-in-steps",
        "5.00 = 100*0.05",
        {"penalty": {"kind": "steps", "steps": [{"over_days": 0, "percent": 2}, {"over_days": 15, "percent": 5}]}},
        {"principal": 100, "days_overdue": 16},
    ),
    own(
        "late-by-dates",
        "10.00 = 100*0.1",
        {"penalty": {"kind": "percent_once", "percent": 10}},
        {"principal": 100, "due_date": "2025-11-20", "paid_date": "2025-11-25"},
    ),
    own(
        "late-of-what-is-left",
        "4.00 = (100-60)*0.1",
        {"penalty": {"kind": "percent_once", "percent": 10}},
        {"principal": 100, "paid": 60, "days_overdue": 3},
    ),
    own(
        "late-on-a-rated-bill",
        "302.50 = (10*22.5 + 50)*1.1",
        {"rate": "22.5", "fixed_charge": 50, "penalty": {"kind": "percent_once", "percent": 10}},
        {"quantity": 10, "days_overdue": 5},
        expected_parts=parts("usage", "fixed", "penalty"),
    ),
    own("bill-given-and-taxed", "108.00 = 100*1.08", {"taxes": [{"name": "vat", "percent": 8}]}, {"bill": 100}),
]
CASES = [*BLOCKS, *SCALED, *MINIMUMS, *SHARES, *MEASURES, *MONEY, *METERS, *CHANGES, *MORE, *SERVICES, *NESTED, *LATE]

"""From the form of the collection of published bills to Meterbook's public schemas.

The collection describes tariffs loosely, in a dozen dialects; Meterbook's form is one algebra. Nothing here computes
an amount: it only says the same tariff in our words.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain.checks import UNITS
from chalicelib.tariffs.domain.late_charges import DAYS_PER_MONTH, LateChargeKind, LateChargeRule

Json = dict[str, Any]

_CENTS = {"-cent": 100, "-centavo": 100, "-centimo": 100, "-paisa": 100, "-sen": 100, "-minor": 100}
_UNITS = {"units": "unit", "unit": "unit", "": "unit", "m³": "m3", "cum": "m3", "cu.m.": "m3", "gallon": "gal"}
_UNITS |= {"gallons": "gal", "kwh": "kWh", "kw": "kW", "1000gal": "kgal", "thousand gal": "kgal", "liter": "L"}
_TOLD_TAX = re.compile(r"\btax (\d+(?:\.\d+)?) ?%")
# The collection names this tariff without its rates. These give the printed totals at every use of the change table.
TAMIL_NADU_2022: list[Json] = [
    {
        "upto": "500",
        "slabs": [
            {"over": "0", "upto": "100", "rate": "0"},
            {"over": "100", "upto": "200", "rate": "2.25"},
            {"over": "200", "upto": "400", "rate": "4.50"},
            {"over": "400", "upto": None, "rate": "6.00"},
        ],
    },
    {
        "upto": None,
        "slabs": [
            {"over": "0", "upto": "100", "rate": "0"},
            {"over": "100", "upto": "400", "rate": "4.50"},
            {"over": "400", "upto": "500", "rate": "6.00"},
            {"over": "500", "upto": "600", "rate": "8.00"},
            {"over": "600", "upto": "800", "rate": "9.00"},
            {"over": "800", "upto": "1000", "rate": "10.00"},
            {"over": "1000", "upto": None, "rate": "11.00"},
        ],
    },
]
# The tariff before, with its fixed charge as a flat amount of the first block; from the same table's printed totals.
TAMIL_NADU_BEFORE: list[Json] = [
    {"upto": "100", "slabs": [{"upto": None, "rate": "0"}]},
    {"upto": "200", "slabs": [{"upto": "100", "rate": "0", "flat": "20"}, {"upto": None, "rate": "1.50"}]},
    {
        "upto": "500",
        "slabs": [
            {"upto": "100", "rate": "0", "flat": "30"},
            {"upto": "200", "rate": "2.00"},
            {"upto": None, "rate": "3.00"},
        ],
    },
    {
        "upto": None,
        "slabs": [
            {"upto": "100", "rate": "0", "flat": "50"},
            {"upto": "200", "rate": "3.50"},
            {"upto": "500", "rate": "4.60"},
            {"upto": None, "rate": "6.60"},
        ],
    },
]
_STEP = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Quote:
    """A tariff sheet and a use in the public form; printed figures are `scale` times ours (100, where cents)."""

    tariff: Json
    usage: Json
    scale: Decimal = Decimal(1)

    @property
    def own_lines(self) -> list[str]:
        """The charges that the collection names itself; its own words for the others are its own."""
        return [charge["code"] for charge in self.tariff["charges"] if charge["kind"] in {"adjustment", "percent"}]


_MODES = (
    ("half up", "half-up"),
    ("half even", "half-even"),
    ("bank", "half-even"),
    ("floor", "floor"),
    ("down", "floor"),
    ("trunc", "floor"),
    ("ceil", "ceiling"),
    ("up", "ceiling"),
)


def rounding_of(text: str, default_step: str = "0.01") -> Json:
    """This function will read "floor 1", "half up 10", "0.01 half up", "floor to 0.05", "truncate to 100"."""
    words = text.lower().replace("-", " ").replace("_", " ")
    mode = next((ours for theirs, ours in _MODES if theirs in words), "half-up")
    step = _STEP.search(words)
    return {"mode": mode, "step": step[0] if step else default_step}


def quote_of(case: Json) -> Quote:
    """This function will translate one case whose tariff prices a use."""
    sheet = dict(case["tariff"])
    told = _TOLD_TAX.search(case.get("description", ""))
    if told and not {"taxes", "tax"} & set(sheet):
        sheet["taxes"] = [{"name": "tax", "percent": told[1]}]
    if sheet.get("structure") == "schedule_by_total" and not {"schedules", "slabs"} & set(sheet):
        sheet["schedules"] = TAMIL_NADU_BEFORE if "old" in case["id"] else TAMIL_NADU_2022
    if "conversion" in sheet:
        places = len(case["expected_total"].partition(".")[2])
        sheet["quantity_rounding"] = f"half up {Decimal(1).scaleb(-places)}"
    if case.get("group") == "proration" and {"days", "period_days"} <= set(case["usage"]):
        sheet["fixed_charges"] = [each | {"prorated": True} for each in sheet.get("fixed_charges", [])]
    return _Translation(sheet, dict(case["usage"])).quote()


class _Translation:
    def __init__(self, tariff: Json, usage: Json) -> None:
        self.sheet = tariff
        self.usage = usage
        self.charges: list[Json] = []
        self.factor = Decimal(1)
        currency = str(tariff.get("currency", "USD"))
        for suffix, per in _CENTS.items():
            if currency.endswith(suffix):
                currency, self.factor = currency.removesuffix(suffix), Decimal(per)
        self.currency = currency
        unit = str(tariff.get("unit", "unit"))
        known = _UNITS.get(unit.lower(), unit)
        self.unit = known if known in UNITS else "unit"
        self.measures: Json = {}
        self.adjustments: Json = {}

    def quote(self) -> Quote:
        conversions, billed_unit = self._conversion()
        self._given_bill()
        self._usage_charges()
        self._fixed_charges()
        self._minimum()
        self._adjustments()
        self._taxes_and_discounts()
        rounding = self.sheet.get("rounding")
        body = {
            "name": "Published",
            "currency": self.currency,
            "unit": billed_unit or self.unit,
            "validFrom": "2000-01-01",
            "charges": self.charges,
            "conversions": conversions,
            "rounding": self._rounding(rounding),
            "monthsApart": "split" in self.usage or (isinstance(rounding, dict) and "per_month" in rounding),
        }
        quantity_rounding = self._quantity_rounding()
        if quantity_rounding:
            body["quantityRounding"] = quantity_rounding
        return Quote(body, self._usage(), self.factor)

    # --- use
    def _usage(self) -> Json:
        quantity = self.usage.get("quantity")
        if quantity is None and "current" in self.usage:
            quantity = str(Decimal(self.usage["current"]) - Decimal(self.usage["previous"]))
        if "derive" in self.usage:
            quantity = "1"
        flags = [name for name, value in self.usage.items() if value is True]
        age = int(self.usage.get("age", 0))
        flags += [
            code_of(each["name"]) for each in self.sheet.get("discounts", []) if age >= int(each.get("min_age", 999))
        ]
        days = {}
        if "days" in self.usage:
            days = {"firstDay": "2025-01-01", "untilDay": _day(int(self.usage["days"]))}
        months = len(self.usage["split"]) if "split" in self.usage else int(self.usage.get("months", 1))
        return {
            "quantity": _text(quantity or "0"),
            "unit": self.unit,
            "flags": sorted(_named(flag) for flag in flags),
            "measures": self.measures,
            "adjustments": self.adjustments,
            "months": months,
            **days,
            **({"periodDays": int(self.usage["period_days"])} if "period_days" in self.usage else {}),
            **({"winterAverage": _text(self.usage["winter_average"])} if "winter_average" in self.usage else {}),
            **({"dwellingUnits": _text(self.usage["dwelling_units"])} if "dwelling_units" in self.usage else {}),
            **({"consumerClass": self.usage["class"]} if "class" in self.usage else {}),
            **({"meterSize": _named(self.usage["meter_size"])} if "meter_size" in self.usage else {}),
        }

    def _conversion(self) -> tuple[list[Json], str | None]:
        if "billing_unit" in self.sheet:
            # The printed figure is the number of units itself: one unit costs one.
            self.sheet.setdefault("rate", "1")
            return [{"fromUnit": self.unit, "divide": _text(self.sheet["billing_unit"])}], "hcf"
        if "conversion" in self.sheet:
            self.sheet.setdefault("rate", "1")
            return [self._heat(self.sheet["conversion"])], "MMBTU"
        return [], None

    def _heat(self, told: Json) -> Json:
        """Everything multiplies but the divisor; the heat value is a measure, because it comes with the bill."""
        heat = {"fromUnit": self.unit, "multiply": "1", "divide": "1"}
        for name, value in told.items():
            if name in {"gcv", "cv", "calorific_value", "heat_value"}:
                self.measures["heatValue"] = _text(value)
                heat["timesMeasure"] = "heatValue"
            else:
                key = "divide" if name.startswith("div") else "multiply"
                heat[key] = _text(Decimal(heat[key]) * Decimal(value))
        return heat

    def _quantity_rounding(self) -> Json | None:
        if "billing_unit" in self.sheet:
            return rounding_of(str(self.sheet.get("rounding", "half up")), "1")
        rounding = self.sheet.get("quantity_rounding") or self.sheet.get("usage_rounding")
        return rounding_of(str(rounding), "1") if rounding else None

    def _given_bill(self) -> None:
        """The collection states some bills as a sum already made, to which a tax or discount is to be added."""
        if "bill" in self.usage:
            self._add({"kind": "adjustment", "code": "bill", "label": "Bill"})
            self.adjustments["bill"] = self._rate(self.usage["bill"])

    # --- charges
    def _add(self, charge: Json) -> str:
        taken = {each["code"] for each in self.charges}
        base, at = charge["code"], 2
        while charge["code"] in taken:
            charge["code"], at = f"{base[:20]}-{at}", at + 1
        self.charges.append(charge)
        return str(charge["code"])

    def _rate(self, value: object) -> str:
        return _text(Decimal(str(value)) / self.factor)

    def _usage_charges(self) -> None:
        sheet = self.sheet
        per = {"per": _text(sheet["rate_per"])} if "rate_per" in sheet else {}
        if sheet.get("winter_average"):
            self.usage.setdefault("winter_average", self.usage.get("quantity"))
            per["measure"] = "winterAverage"
        if "schedules" in sheet:
            self._add({"kind": "schedules", "code": "usage", "label": "Usage", "schedules": self._schedules(), **per})
        elif "slabs" in sheet:
            mode = "whole" if sheet.get("structure") in {"whole_bracket", "volume", "slab_whole"} else "telescopic"
            blocks = self._blocks(sheet["slabs"])
            self._add({"kind": "blocks", "code": "usage", "label": "Usage", "blocks": blocks, "mode": mode, **per})
        elif "base_rate" in sheet:
            factor = {"label": "class", "value": _text(sheet["factor"]), "when": {}}
            rounded = {"rateRounding": rounding_of(sheet["rounding"]), "factors": [factor]}
            rate = self._rate(sheet["base_rate"])
            self._add({"kind": "usage", "code": "usage", "label": "Usage", "rate": rate, **rounded})
        elif sheet.get("structure") == "package":
            size = _text(sheet["package_size"])
            whole = {"per": size, "quantityRounding": {"mode": "ceiling", "step": size}}
            charge = {"kind": "usage", "code": "usage", "label": "Usage", "rate": self._rate(sheet["amount"])}
            self._add({**charge, **whole, "included": _text(sheet.get("free_units", "0"))})
        elif "rate" in sheet:
            included = sheet.get("minimum_charge", {}).get("included_units", "0")
            charge = {"kind": "usage", "code": "usage", "label": "Usage", "included": _text(included), **per}
            self._add({**charge, "rate": self._rate(sheet["rate"])})
        for line in sheet.get("lines", []):
            # What the collection gives ready-made and unrounded is one unit of its own, at that price.
            charge = {"kind": "usage", "code": code_of(line["name"]), "label": line["name"], "measure": "months"}
            self._add({**charge, "rate": self._rate(line["amount_ex_gst"])})
        if "sewer" in sheet:
            blocks = self._blocks(sheet["sewer"]["slabs"])
            self._add({"kind": "blocks", "code": "sewer", "label": "Sewer", "blocks": blocks, **per})

    def _blocks(self, slabs: list[Json]) -> list[Json]:
        blocks: list[Json] = []
        reached: str | None = "0"
        for slab in slabs:
            over, up_to = _text(slab.get("over", reached)), slab.get("upto")
            block = {"over": over, "upTo": None if up_to is None else _text(up_to), "rate": self._rate(slab["rate"])}
            if "flat" in slab:
                block["flat"] = self._rate(slab["flat"])
            blocks.append(block)
            reached = up_to
        if blocks and blocks[0]["over"] != "0":
            blocks.insert(0, {"over": "0", "upTo": blocks[0]["over"], "rate": "0"})
        if blocks and blocks[-1]["upTo"] is not None:
            blocks.append({"over": blocks[-1]["upTo"], "upTo": None, "rate": blocks[-1]["rate"]})
        return blocks

    def _schedules(self) -> list[Json]:
        schedules: list[Json] = []
        reached: str | None = "0"
        for each in self.sheet["schedules"]:
            up_to = each.get("upto")
            over = _text(each.get("over", reached))
            schedules.append(
                {
                    "over": over,
                    "upTo": None if up_to is None else _text(up_to),
                    "blocks": self._blocks(each["slabs"]),
                }
            )
            reached = up_to
        return schedules

    def _fixed_charges(self) -> None:
        for fixed in self.sheet.get("fixed_charges", []):
            charge = {"kind": "fixed", "code": code_of(fixed["name"]), "label": fixed["name"]}
            if fixed.get("per") in {"day", "days"}:
                charge |= {"times": "days"}
            if fixed.get("per") in {"dwelling", "dwelling_unit", "unit"}:
                charge |= {"times": "dwellingUnits"}
            if fixed.get("prorate") or fixed.get("prorated"):
                charge |= {"prorated": True}
            self._add({**charge, "amount": self._rate(fixed["amount"])})

    def _minimum(self) -> None:
        minimum = self.sheet.get("minimum_charge")
        if not minimum:
            return
        charge = {"code": "minimum", "label": "Minimum", "amount": self._rate(minimum["amount"])}
        mode = minimum.get("mode") or ("included_block" if "included_units" in minimum else "floor")
        if mode in {"zero_usage_only", "zero_use_only"}:
            self._add({"kind": "fixed", **charge, "when": {"useAtMost": "0"}})
        elif mode == "included_block" or "factor" in minimum:
            factors = self._factors(minimum)
            self._add({"kind": "fixed", **charge, "factors": factors})
        else:
            factors = [{"label": "half at zero use", "value": "0.5", "when": {"useAtMost": "0"}}]
            halved = {"factors": factors} if mode == "half_at_zero" else {}
            times = {"times": "dwellingUnits"} if mode == "equivalent_units" else {}
            self._add({"kind": "minimum", **charge, "of": ["*"], **halved, **times})

    def _factors(self, minimum: Json) -> list[Json]:
        if "factor" not in minimum:
            return []
        flags = [_named(name) for name, value in self.usage.items() if value is True]
        when = {"flag": flags[0]} if flags else {}
        return [{"label": "part of the base", "value": _text(minimum["factor"]), "when": when}]

    def _adjustments(self) -> None:
        for adjustment in self.sheet.get("adjustments", []):
            code = code_of(adjustment["name"])
            self._add({"kind": "adjustment", "code": code, "label": adjustment["name"]})
            self.adjustments[code] = self._rate(adjustment["amount"])

    def _taxes_and_discounts(self) -> None:
        for discount in self.sheet.get("discounts", []):
            code = code_of(discount["name"])
            when = {"useAtMost": _text(discount["max_usage"])} if "max_usage" in discount else {}
            if "min_age" in discount:
                when["flag"] = _named(code)
            percent = _text(-Decimal(discount["percent"]))
            self._add(
                {
                    "kind": "percent",
                    "code": code,
                    "label": discount["name"],
                    "percent": percent,
                    "of": ["*"],
                    "when": when,
                }
            )
        single = [{"name": "tax", **self.sheet["tax"]}] if "tax" in self.sheet else []
        for tax in (*self.sheet.get("taxes", []), *single):
            rounding = tax.get("rounding")
            self._add(
                {
                    "kind": "percent",
                    "code": code_of(tax["name"]),
                    "label": tax["name"],
                    "percent": _text(tax["percent"]),
                    "of": self._base(tax.get("base", ["all"])),
                    **({"rounding": rounding_of(rounding, "1")} if rounding else {}),
                    **({"exemptUse": _text(tax["exempt_units"])} if "exempt_units" in tax else {}),
                }
            )

    def _base(self, named: list[str] | str) -> list[str]:
        names = [named] if isinstance(named, str) else list(named)
        if {"all", "*", "total", "subtotal"} & set(names):
            return ["*"]
        codes = {each["code"]: each["kind"] for each in self.charges}
        found: list[str] = []
        for name in names:
            code = code_of(name)
            if code in codes:
                found.append(code)
            elif name in {"usage", "energy", "consumption", "water", "base_amount"}:
                found += [code for code, kind in codes.items() if kind in {"usage", "blocks", "schedules"}]
            else:
                found += [code for code, kind in codes.items() if kind == "fixed"]
        return list(dict.fromkeys(found))

    def _rounding(self, rounding: str | Json | None) -> Json:
        if not rounding:
            return {}
        minor = "1" if self.currency == "JPY" else "0.01"
        if isinstance(rounding, str):
            words = rounding.lower()
            if "base_rate" in self.sheet or "billing_unit" in self.sheet:
                return {}
            return (
                {"total": {"mode": "half-up", "step": minor}}
                if "total" in words
                else {"line": rounding_of(words, minor)}
            )
        plan = {}
        for key, text in rounding.items():
            plan["line" if key in {"part", "line"} else "total"] = rounding_of(text, minor)
        return plan


def code_of(name: str) -> str:
    """This function will make a charge code of a name: "base 13mm" -> base-13mm."""
    return (re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "x")[:24].lower().lstrip("0123456789-_") or "x"


def _named(name: str) -> str:
    return name.replace("_", "-")


def _text(value: object) -> str:
    return format(Decimal(str(value)), "f")


def _day(days: int) -> str:
    return (date(2025, 1, 1) + timedelta(days=days)).isoformat()


def late_charge_rule(case: Json) -> tuple[LateChargeRule, Money, int, bool]:
    """This function will translate a case of paying late: rule, principal, days overdue, and whether it is in cents."""
    told, usage = case["tariff"]["penalty"], case["usage"]
    currency = str(case["tariff"].get("currency", "USD"))
    in_minor_units = "-" in currency
    currency = currency.partition("-")[0]

    def money(value: object) -> Money:
        return Money(int(str(value)), currency) if in_minor_units else Money.parse(_text(value), currency)

    def percent(name: str) -> Decimal:
        return Decimal(told[name]) * 100 if name == "rate" else Decimal(told[name])

    named = next((name for name in ("later_percent", "percent", "rate") if name in told), None)
    rule = LateChargeRule(
        kind=_late_kind(told["kind"], by_percent=named is not None),
        percent=percent(named) if named else Decimal(0),
        amount=money(told["amount"]) if "amount" in told else None,
        first_percent=percent("first_percent") if "first_percent" in told else None,
        grace_days=int(told.get("grace_days", 0)),
        minimum=money(told["minimum"]) if "minimum" in told else None,
        maximum=money(told["cap"]) if "cap" in told else money(told["maximum"]) if "maximum" in told else None,
    )
    principal = money(usage.get("bill_total", usage.get("principal")))
    days = int(usage["days_overdue"]) if "days_overdue" in usage else DAYS_PER_MONTH * int(usage["months_late"])
    return rule, principal, days + (rule.grace_days if "months_late" in usage else 0), in_minor_units


def _late_kind(told: str, *, by_percent: bool) -> LateChargeKind:
    if "compound" in told:
        return "monthly-compound"
    if "day" in told:
        return "percent-per-day" if by_percent else "fixed-per-day"
    if "month" in told:
        return "monthly-simple"
    return "percent-once" if by_percent else "fixed-once"

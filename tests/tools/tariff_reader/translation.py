"""From the form of the collection of published bills to Meterbook's public schemas.

The collection describes tariffs loosely, in a dozen dialects; Meterbook's form is one algebra. Nothing here computes
an amount: it only says the same tariff in our words. What it does not understand it names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from chalicelib.kernel.errors import MeterbookError
from chalicelib.kernel.money import exponent_of
from tests.tools.tariff_reader.charges import Charges
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, rounding_of, text
from tests.tools.tariff_reader.paraphrase import paraphrase, paraphrased_use
from tests.tools.tariff_reader.usage import LooseUsage, conversion_between, reading_rounding, unit_of

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
_STATED_TAX = re.compile(r"\btax (\d+(?:\.\d+)?) ?%")
_STATED_WHOLE = re.compile(r"(?i)whole[- ](bracket|block|slab)|all units at the rate of the (bracket|block|slab)")
_SIGNS = {
    "us": "USD",
    "php": "PHP",
    "₹": "INR",
    "rs": "INR",
    "$": "USD",
    "us$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₱": "PHP",
    "rm": "MYR",
}
_HEAT = {"gcv", "cv", "calorificvalue", "heatvalue", "heatingvalue", "heatcontent", "btu", "thermfactor"}


@dataclass(frozen=True)
class Quote:
    """A tariff sheet, or several versions, and a use in the public form.

    Printed figures are `scale` times ours (100, where cents). `strange` names what was not understood.
    """

    versions: list[Json]
    usage: Json
    scale: Decimal = Decimal(1)
    strange: list[str] = field(default_factory=list)

    @property
    def own_lines(self) -> list[str]:
        """The charges that the collection names itself; its own words for the others are its own."""
        kinds = {"adjustment", "percent"}
        return [charge["code"] for sheet in self.versions for charge in sheet["charges"] if charge["kind"] in kinds]

    @property
    def priced(self) -> bool:
        """Whether the case has a price; without one, its figure is a quantity."""
        return any(sheet["charges"] != [_UNPRICED] for sheet in self.versions)


_UNPRICED: Json = {"kind": "usage", "code": "quantity", "label": "Quantity", "rate": "1"}


def quote_of(case: Json) -> Quote:
    """Translate one case whose tariff prices a use."""
    sheet = dict(case["tariff"])
    stated = _STATED_TAX.search(case.get("description", ""))
    if stated and not {"taxes", "tax"} & set(sheet):
        sheet["taxes"] = [{"name": "tax", "percent": stated[1]}]
    if "structure" not in sheet and _STATED_WHOLE.search(case.get("description", "")):
        sheet["structure"] = "whole_bracket"
    if sheet.get("structure") == "schedule_by_total" and not {"schedules", "slabs"} & set(sheet):
        sheet["schedules"] = TAMIL_NADU_BEFORE if "old" in case["id"] else TAMIL_NADU_2022
    if "conversion" in sheet:
        places = len(case["expected_total"].partition(".")[2])
        sheet.setdefault("quantity_rounding", f"half up {Decimal(1).scaleb(-places)}")
    if case.get("group") == "proration" and {"days", "period_days"} <= set(case["usage"]):
        sheet.setdefault("prorated", True)
    return translate(sheet, case["usage"])


def translate(sheet: Json, usage: Json) -> Quote:
    """Say a tariff and a use of the collection in Meterbook's words."""
    currency, scale = currency_of(sheet)
    sheet, usage = paraphrase(sheet, exponent_of(currency)), paraphrased_use(usage)
    use = LooseUsage(usage, Decimal(1).scaleb(-exponent_of(currency)), sheet)
    sources = list(_versions(_of_class(sheet, use.fact_keys), use))
    translations = [_Sheet(source, use, currency, scale, start) for source, start in sources]
    versions = [translation.body() for translation in translations]
    for earlier, later in pairwise(versions):
        earlier["validUntil"] = later["validFrom"]
    body = use.body(translations[0].meter_unit, translations[0].quantity, translations[0].adjustments)
    if len(versions) > 1 and "untilDay" not in body:
        raise ValueError("usage: versions of a tariff, but no days to choose by")
    for source, _ in sources:
        use.understood(source.chosen)
        source.asked.update(use.tariff_facts.values())
    has_use = use.counted or use.measures or "bill" in translations[0].adjustments
    if not has_use and any(_takes_use(charge) for sheet in versions for charge in sheet["charges"]):
        raise ValueError(f"usage: the tariff charges by use, and none of {sorted(usage)} tells how much it was")
    strange = [name for source, _ in sources for name in source.not_understood()] + use.source.not_understood()
    return Quote(versions, body, scale, strange)


def _of_class(sheet: Json, facts: dict[str, str]) -> Json:
    """A sheet with a whole tariff for each class: that of the class at hand, with what all have in common."""
    tariffs = {
        key: value
        for key, value in sheet.items()
        if isinstance(value, dict)
        and {bare(each) for each in value} & {"rate", "slabs", "tiers", "blocks", "schedules"}
    }
    chosen = [key for key in tariffs if bare(key) in facts]
    if len(chosen) != 1 or len(tariffs) < 2:
        return sheet
    return {key: value for key, value in sheet.items() if key not in tariffs} | {
        "classes": {k: tariffs[k] for k in tariffs}
    }


def _takes_use(charge: Json) -> bool:
    return charge["kind"] in {"usage", "blocks", "schedules"} and charge.get("measure", "use") == "use"


def currency_of(sheet: Json) -> tuple[str, Decimal]:
    """Read "JPY", "₹", or "AUD-cent": the currency, and how many of the collection's units make one of it."""
    stated = str(sheet.get("currency", "USD")).strip()
    currency, _, minor = stated.partition("-")
    currency = _SIGNS.get(currency.lower(), currency.upper()[:3])
    try:
        places = exponent_of(currency)
    except MeterbookError:
        raise ValueError(f"currency: {stated!r} is none we know") from None
    return currency, Decimal(10) ** places if minor else Decimal(1)


def _versions(sheet: Json, use: LooseUsage) -> Iterable[tuple[LooseTariff, str]]:
    """Each version of a tariff that changed within the period, and the day it starts."""
    start = "2000-01-01"
    old, new = sheet.get("old"), sheet.get("new")
    facts = use.facts
    if isinstance(old, dict) and isinstance(new, dict):
        common = {key: value for key, value in sheet.items() if key not in {"old", "new"}}
        change = next((common.pop(key) for key in list(common) if bare(key) in _CHANGES or "change" in bare(key)), None)
        days = next((use.source.get(key) for key in ("days_old", "old_days", "days_before") if key in use.source), None)
        after = next((use.source.get(key) for key in ("days_new", "new_days", "days_after") if key in use.source), None)
        if days is not None:
            change = (use.first_day + timedelta(days=int(number(days)))).isoformat()
            if use.until_day is None and after is not None:
                use.until_day = use.first_day + timedelta(days=int(number(days)) + int(number(after)))
        if change is None:
            raise ValueError("tariff: old and new, but not when it changed")
        yield LooseTariff(common | old, "tariff.old", facts), start
        yield LooseTariff(common | new, "tariff.new", facts), str(change)
    elif isinstance(sheet.get("versions"), list):
        common = {key: value for key, value in sheet.items() if key != "versions"}
        for at, version in enumerate(sheet["versions"]):
            source = LooseTariff(common | version, f"tariff.versions[{at}]", facts)
            day = next((version[key] for key in version if bare(key) in {*_CHANGES, "validfrom", "from"}), start)
            source.get("from"), [source.get(key) for key in _CHANGES]
            yield source, str(day) if at else start
    else:
        yield LooseTariff(sheet, "tariff", facts), start


_CREDITED = {"credit", "credits", "prepaid", "prepayment", "advancepayment", "creditbalance", "overpayment"}
_CARRIED = _CREDITED | {
    "arrears", "previousbalance", "balanceforward", "carriedforward", "broughtforward", "openingbalance", "pastdue",
    "priorbalance", "unpaidbalance", "previousdues",
}  # fmt: skip
_FREQUENCY_KEYS = ("billing_frequency", "frequency", "billing_cycle", "rates_per", "tariff_period", "billing_period")
_FREQUENCIES = {
    **dict.fromkeys(("bimonthly", "twomonthly", "2monthly", "everytwomonths", "twomonths", "bimonth"), 2),
    **dict.fromkeys(("quarterly", "quarter", "threemonthly", "3monthly"), 3),
    **dict.fromkeys(("fourmonthly", "4monthly", "triannual", "everyfourmonths", "fourmonths"), 4),
    **dict.fromkeys(("halfyearly", "semiannual", "sixmonthly", "biannual"), 6),
    **dict.fromkeys(("yearly", "annual", "annually", "year"), 12),
}
_CHANGES = {"changedon", "changedate", "changeon", "effective", "effectivefrom", "effectivedate", "changed", "newfrom"}


class _Sheet:
    """One version of a tariff sheet on its way into our form."""

    def __init__(self, source: LooseTariff, use: LooseUsage, currency: str, scale: Decimal, start: str) -> None:
        self.source = source
        self.use = use
        self.currency = currency
        self.start = start
        self.unit = unit_of(source.get("unit", "unit"))
        self.meter_unit = unit_of(use.source.get("unit")) if "unit" in use.source else self.unit
        self.charges = Charges(scale, self.unit, use)
        self.adjustments: Json = {}
        use.digits = next(
            (source.get(key) for key in ("meter_digits", "register_digits", "digits") if key in source), None
        )
        self.quantity = use.quantity(reading_rounding(source))
        if "leak" in source:
            self.quantity -= use.forgiven(source.child(source.get("leak"), "leak"))

    def body(self) -> Json:
        """Return the version in the public form."""
        source = self.source
        conversions, unit = self._conversions()
        raised = self._quantity_rounding()
        rounding = source.get("rounding") if "base_rate" not in source else None
        self._stretch()
        for key, stated in rounding.items() if isinstance(rounding, dict) else ():
            if bare(key) in {"tax", "taxes"}:
                self.charges.tax_rounding = self.charges.rounding(stated)
            if bare(key) in _SUBTOTALS:
                self.charges.subtotal = self.charges.rounding(stated)
        self._given_bill()
        self._seasons()
        self.charges.section(source, "tariff")
        self._carried()
        source.get("penalty"), source.get("structure")
        for charge in self.charges.charges:
            if charge["kind"] == "adjustment" and charge["code"] != "bill" and "times" not in charge:
                self.adjustments.setdefault(charge["code"], charge["amount"])
        body: Json = {
            "name": "Published",
            "currency": self.currency,
            "unit": unit or self.unit,
            "validFrom": self.start,
            "charges": self.charges.charges or [_UNPRICED],
            "conversions": conversions,
            "rounding": self._rounding(rounding),
            "monthsApart": "split" in self.use.source or self._month_by_month(rounding),
        }
        return body | ({"quantityRounding": raised} if raised else {})

    def _given_bill(self) -> None:
        """The collection states some bills as a sum already made, to which a tax or discount is to be added."""
        bill = next(
            (
                self.use.source.get(key)
                for key in ("bill", "bill_amount", "base_bill", "subtotal", "amount", "net_bill", "charges")
                if key in self.use.source
            ),
            None,
        )
        if bill is not None:
            self.charges.add("adjustment", "bill")
            self.adjustments["bill"] = self.charges.money(bill)

    def _carried(self) -> None:
        """What a bill takes over from before, and what came with the reading: added below the taxes."""
        use = self.use.source
        for key, value in list(use.raw.items()):
            if bare(key) in _CARRIED and is_number(value):
                use.asked.add(key)
                sign = -1 if bare(key) in _CREDITED else 1
                self.charges.add("adjustment", key, amount=self.charges.money(sign * abs(number(value))))
        for item in use.children("came_with_it"):
            self.charges.item(item, "adjustments", item.get("name"))

    def _stretch(self) -> None:
        """A tariff by the month and a use of several, or charges for the days served."""
        source, use = self.source, self.use.source
        frequency = bare(first(*(source.get(word) for word in _FREQUENCY_KEYS), ""))
        stated = first(source.get("tariff_months"), _FREQUENCIES.get(frequency))
        months = number(use.get("months", 1))
        if months > 1 and "split" not in use and (stated is None or number(stated) == 1):
            self.charges.limits_per = {"limitsPer": "months"}
            self.charges.prorated = {"times": "months"}
        if source.says("prorated"):
            self.charges.prorated = {"prorated": True}
            scope = bare(source.get("prorated"))
            if "block" in scope or "slab" in scope or "tier" in scope or scope == "all":
                days = use.number("period_days") or Decimal(30)
                self.charges.limits_per = {"limitsPer": "days", "daysBasis": int(days)}

    def _seasons(self) -> None:
        """Prices of a part of the year: by the season that the use names, or by its days."""
        now, month = bare(self.use.source.get("season", "")), self.use.source.get("month")
        for season in self.source.children("seasons"):
            name = bare(season.get("name", ""))
            months = season.get("months")
            if isinstance(months, list) and month is not None:
                now = name if int(number(month)) in {int(number(each)) for each in months} else now or "another"
            if now and name not in {now, "seasons"}:
                season.asked.update(season.raw)
                continue
            first, last = season.get("first"), season.get("until")
            before = len(self.charges.charges)
            self.charges.section(season, "usage")
            if not now and first is not None and last is not None:
                for charge in self.charges.charges[before:]:
                    charge["season"] = {"fromDay": str(first)[-5:], "untilDay": _day_after(str(last)[-5:])}

    # --- units and rounding
    def _conversions(self) -> tuple[list[Json], str | None]:
        source, size = self.source, self.source.get("billing_unit")
        if size is not None:
            return [{"fromUnit": self.meter_unit, "divide": text(size)}], "hcf" if self.meter_unit != "hcf" else "unit"
        conversion = source.get("conversion")
        if isinstance(conversion, dict):
            target = unit_of(conversion.pop("to")) if isinstance(conversion.get("to"), str) else "MMBTU"
            target = target if target not in {self.meter_unit, "unit"} else "MMBTU"
            if self.unit not in {self.meter_unit, "unit"}:
                target = self.unit
            return [self._heat(source.child(conversion, "conversion"))], target
        factor = next((source.get(word) for word in _FACTORS if word in source), None)
        if factor is not None and conversion is None:
            return [
                {"fromUnit": self.meter_unit, "multiply": text(factor)}
            ], "therm" if self.meter_unit != "therm" else "MMBTU"
        if conversion is not None:
            return [{"fromUnit": self.meter_unit, "multiply": text(conversion)}], "MMBTU"
        if self.meter_unit != self.unit:
            between = conversion_between(self.meter_unit, self.unit)
            if between is None:
                raise ValueError(f"usage.unit: from {self.meter_unit} to {self.unit}, but not how")
            return [between], None
        return [], None

    def _heat(self, source: LooseTariff) -> Json:
        """Everything multiplies but the divisor; the heat value is a measure, because it comes with the bill."""
        heat = {"fromUnit": self.meter_unit, "multiply": "1", "divide": "1"}
        for name, value in list(source.rest()):
            if not is_number(value):
                continue
            source.asked.add(name)
            of, _, to = str(name).lower().partition("_per_")
            if to and {unit_of(of), unit_of(to)} == {self.meter_unit, self.unit} - {"unit"}:
                key = "divide" if unit_of(of) == self.meter_unit else "multiply"
                heat[key] = text(Decimal(heat[key]) * number(value))
            elif bare(name) in _HEAT:
                heat["timesMeasure"] = self.use.fixed_measure("heatValue", value)
            else:
                divides = any(word in bare(name) for word in ("div", "per1", "mjperkwh"))
                key = "divide" if divides else "multiply"
                heat[key] = text(Decimal(heat[key]) * number(value))
        return heat

    def _quantity_rounding(self) -> Json | None:
        source = self.source
        if "billing_unit" in source:
            rounding = source.get("quantity_rounding", source.get("rounding", "half up"))
            return rounding_of(rounding, "1")
        for word in ("quantity_rounding", "usage_rounding", "consumption_rounding", "round_usage", "round_quantity"):
            if source.get(word) is not None:
                return rounding_of(source.get(word), "1")
        rounding = source.get("rounding")
        within = {bare(key): value for key, value in rounding.items()} if isinstance(rounding, dict) else {}
        known = next((within[key] for key in ("quantity", "usage", "consumption") if key in within), None)
        return None if known is None else rounding_of(known, "1")

    def _rounding(self, rounding: object) -> Json:
        if not rounding or "billing_unit" in self.source:
            return {}
        if isinstance(rounding, str):
            words = bare(rounding)
            by_line = any(word in words for word in ("line", "part", "each", "every")) and "unrounded" not in words
            scope = "line" if by_line else "total"
            return {scope: self.charges.rounding(re.sub(r"(?i)round the", "", rounding))}
        assert isinstance(rounding, dict)
        if {bare(key) for key in rounding} & {"mode", "step", "to"}:
            scope = bare(rounding.get("scope", rounding.get("on", rounding.get("per", "total"))))
            plain = {key: value for key, value in rounding.items() if bare(key) in {"mode", "step", "to"}}
            return {"line" if scope in _LINES else "total": self.charges.rounding(plain)}
        # A subtotal is rounded from lines that are not.
        plan = {"total": rounding_of("half up", text(self.use.minor_step))} if self.charges.subtotal else {}
        for key, stated in rounding.items():
            if bare(key) not in {"quantity", "usage", "consumption", "tax", "taxes", *_SUBTOTALS}:
                plan["line" if bare(key) in _LINES else "total"] = self.charges.rounding(stated)
        return plan

    def _month_by_month(self, rounding: object) -> bool:
        return isinstance(rounding, dict) and any("month" in bare(key) for key in rounding)


_FACTORS = ("therm_factor", "btu_factor", "heat_factor", "thermal_factor", "pressure_factor", "heating_factor", "bcf")
_SUBTOTALS = {"subtotal", "beforetax", "pretax", "nettotal"}
_LINES = {"part", "line", "parts", "lines", "each", "item", "charge", "perline", "eachline", "component", "linetotal"}


def _day_after(day: str) -> str:
    """The collection gives the last day of a season; ours end before the day named."""
    return f"{date(2023, int(day[:2]), int(day[3:])) + timedelta(days=1):%m-%d}"

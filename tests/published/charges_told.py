"""From what the collection tells of one tariff, or of one service in it, to charges in Meterbook's form."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.published.blocks_told import WHOLE, blocks_of, free_below, schedules_of
from tests.published.told import SPELLINGS, Json, Told, bare, first, is_number, number, rounding_of, text
from tests.published.usage_told import UsageTold, code_of, named

USAGE_KINDS = {"usage", "blocks", "schedules"}
_SERVICES = {
    "sewer", "sewerage", "wastewater", "water", "drainage", "stormwater", "energy", "electricity", "gas", "generation",
    "transmission", "distribution", "supply", "power", "heat", "sanitation", "environment",
}  # fmt: skip
_PER_MEASURE = {
    "day": "days", "days": "days", "daily": "days", "month": "months", "monthly": "months", "year": "months",
    "annual": "months", "quarter": "months", "dwelling": "dwellingUnits", "dwellingunit": "dwellingUnits",
    "dwellings": "dwellingUnits", "household": "dwellingUnits", "apartment": "dwellingUnits", "edu": "dwellingUnits",
    "eru": "dwellingUnits", "equivalentunit": "dwellingUnits", "unit": "dwellingUnits", "door": "dwellingUnits",
}  # fmt: skip
_OWN_WORDS = {
    bare(spelling)
    for word in ("adjustments", "components", "discounts", "fixed", "minimum", "rate", "slabs", "taxes")
    for spelling in (*SPELLINGS[word], "tax", "seasons", "schedules", "penalty", "conversion", "leak", "rounding")
}
_PRICES = {"rate", "rates", "price", "slabs", "blocks", "tiers", "percent", "percentage", "schedules"}
_STRETCH = (
    ("dwelling", "dwellingUnits"),
    ("household", "dwellingUnits"),
    ("unit", "dwellingUnits"),
    ("month", "months"),
    ("day", "days"),
)
_IN_MONTHS = {"year": "12", "annual": "12", "quarter": "3"}
_AMOUNT_WORDS = re.compile(r"^(.+?)_?(charge|fee|rent|levy|duty|rental)$")
_RATE_WORDS = re.compile(r"^(?:(.+?)_?(?:rate|price)|(?:rate|price)_?(.+))$")
_PERCENT_WORDS = re.compile(r"^(?:(.*?)_?(?:percent|pct)|(vat|gst|iva|tva|ppn|hst|pst|qst|sst|ed|.*tax)(?:_?rate)?)$")


class Charges:
    """The charges told so far. `scale` is how many of the told money units make one of the currency's."""

    def __init__(self, scale: Decimal, unit: str, usage: UsageTold) -> None:
        self.scale = scale
        self.unit = unit
        self.usage = usage
        self.charges: list[Json] = []
        self.per: Json = {}
        self.tax_rounding: Json | None = None
        self.subtotal: Json | None = None
        self.untaxed: set[str] = set()
        self.limits_per: Json = {}
        self.prorated: Json = {}

    def add(self, kind: str, name: object, **terms: Any) -> str:  # noqa: ANN401
        """This function will add a charge under a code of its own, and give the code."""
        taken, base, at = {each["code"] for each in self.charges}, code_of(name), 1
        code = base
        while code in taken or code == "rounding":
            at += 1
            code = f"{base[:20]}-{at}"
        label = re.sub(r"\s+", " ", str(name)).strip()[:60] or code
        self.charges.append({"kind": kind, "code": code, "label": label, **terms})
        return code

    def money(self, value: object) -> str:
        return text(number(value) / self.scale)

    # --- one service
    def section(self, told: Told, name: str) -> None:
        """This function will add the charges of a tariff or of a service of it, in the order that bills show them."""
        before = len(self.charges)
        self._use(told, name)
        self._lists(told, name, ("fixed",))
        self.per = self._per(told)
        self._services(told)
        self._minimum(told, before)
        self._lists(told, name, ("adjustments",))
        self._others(told)
        self._lists(told, name, ("discounts",))
        if self.subtotal is not None and name == "tariff":
            self.add("subtotal", "subtotal", of=["*"], to=self.subtotal)
        self._lists(told, name, ("taxes", "tax"))
        self._others(told, percents=True)

    def _lists(self, told: Told, name: str, families: Iterable[str]) -> None:
        for family in families:
            for item in told.children(family):
                self.item(item, family, item.get("name") if item.get("name") != family else _default(family, name))

    def _services(self, told: Told) -> None:
        for item in told.children("components"):
            self.item(item, "components", item.get("name", "component"))
        for key, value in list(told.rest()):
            prices = (
                isinstance(value, dict) and bare(key) not in _OWN_WORDS and _PRICES & {bare(each) for each in value}
            )
            if prices or (bare(key) in _SERVICES and isinstance(value, (dict, list))):
                told.asked.add(key)
                inner = dict(value) if isinstance(value, dict) else {"slabs": value}
                if self.usage.measure(key) not in {None, "use"}:
                    inner.setdefault("measure", key)
                service = told.child(inner, key)
                if "percent" in service:
                    self.item(service, "components", key)
                else:
                    self.section(service, key)

    def _others(self, told: Told, *, percents: bool = False) -> None:
        """What is told by a key of its own: meter_rent, peak_rate, vat."""
        for key, value in list(told.rest()):
            if not is_number(value):
                continue
            percent = _PERCENT_WORDS.match(key.lower())
            if percent is not None:
                if percents:
                    told.asked.add(key)
                    word = "rate" if key.lower().endswith("rate") else "percent"
                    self.item(told.child({word: value}, key), "taxes", percent[1] or percent[2] or key)
                continue
            rate, amount = _RATE_WORDS.match(key.lower()), _AMOUNT_WORDS.match(key.lower())
            measure = rate and self.usage.measure(rate[1] or rate[2])
            if measure:
                told.asked.add(key)
                self._rated(key, value, {"measure": measure})
            elif amount:
                told.asked.add(key)
                self.item(told.child({"amount": value}, key), "fixed", key)

    # --- use
    def _use(self, told: Told, name: str, terms: Json | None = None) -> bool:
        """This function will add the charge of the use, if one is told, and say whether it did."""
        terms = {**(terms or {}), **self._per(told), **self._measured(told)}
        structure = bare(told.get("structure", ""))
        if "percentage" in structure:
            terms["per"] = "100"  # the rate is a percentage of the quantity, which is itself an amount
        code = "usage" if name in {"", "tariff"} else name
        if "schedules" in told:
            self.add("schedules", code, schedules=schedules_of(told, self.money), **terms, **self._limits(told))
        elif "slabs" in told:
            self._slabs(told, code, structure, terms)
        elif "base_rate" in told:
            factor = {"label": "class", "value": text(told.get("factor", "1")), "when": {}}
            rounded = {"rateRounding": self.rounding(told.get("rounding", "half up"))}
            self.add("usage", code, rate=self.money(told.get("base_rate")), factors=[factor], **rounded)
        elif isinstance(told.get("package"), dict):
            package = told.child({"structure": "package", **told.get("package")}, "package")
            package.get("structure")
            return self._use(package, name, terms)
        elif structure == "package" or "package_size" in told:
            size = text(told.get("package_size", told.get("size")))
            whole = {"per": size, "quantityRounding": {"mode": "ceiling", "step": size}}
            self.add("usage", code, rate=self.money(told.get("amount")), **(terms | whole))
        elif isinstance(told.get("rate"), dict):
            for measure, rate in told.get("rate").items():
                known = self.usage.measure(measure)
                self._rated(measure, rate, terms | ({"measure": known} if known else {}))
        elif told.get("rate") is not None:
            self._rated(code, told.get("rate"), terms)
        else:
            return False
        return True

    def _rated(self, name: object, rate: object, terms: Json) -> None:
        if number(rate) >= 0:
            self.add("usage", name, rate=self.money(rate), **terms)
        else:  # below zero it is a credit for every unit
            per = Decimal(terms.get("per", "1"))
            self.add(
                "adjustment", name, amount=text(number(rate) / self.scale / per), times=terms.get("measure", "use")
            )

    def _slabs(self, told: Told, code: str, structure: str, terms: Json) -> None:
        told_slabs = told.get("slabs")
        mode = "whole" if structure in WHOLE or bare(told.get("mode", "")) in WHOLE else "telescopic"
        if isinstance(told_slabs, dict):  # by measure: peak and off-peak, each with blocks
            for measure, slabs in told_slabs.items():
                blocks = blocks_of(told, slabs, self.money)
                own = {"measure": self.usage.measure(measure)}
                self.add("blocks", measure, blocks=blocks, mode=mode, **(terms | own), **self._limits(told))
            return
        blocks = blocks_of(told, told_slabs, self.money)
        covered = terms.pop("included", None)
        if covered is not None:
            blocks = free_below(blocks, Decimal(covered))
        self.add("blocks", code, blocks=blocks, mode=mode, **terms, **self._limits(told))
        fixed = [
            None if not isinstance(slab, dict) else slab.get("fixed", slab.get("fixed_charge")) for slab in told_slabs
        ]
        if any(each is not None for each in fixed):  # the fixed charge of the block in which the use ends
            steps = [
                {**block, "rate": "0", "flat": self.money(amount or 0)}
                for block, amount in zip(blocks_of(told, told_slabs, self.money), fixed, strict=False)
            ]
            self.add("blocks", "fixed", blocks=steps, mode="whole", **self._limits(told))

    def _per(self, told: Told) -> Json:
        per = told.get("per")
        if per is None or not (is_number(per) or re.search(r"\d|kgal|thousand|hundred", str(per))):
            return dict(self.per)
        words = str(per).lower()
        size = text(per) if re.search(r"\d", words) else "100" if "hundred" in words else "1000"
        started = (
            "thereof" in words or told.says("part_thereof") or told.says("or_part_thereof") or told.says("started")
        )
        return {"per": size, **({"quantityRounding": {"mode": "ceiling", "step": size}} if started else {})}

    def _measured(self, told: Told) -> Json:
        """What trims the quantity: winter average, a share of the use, a cap, a least, what is free."""
        terms: Json = {}
        if told.says("winter_average"):
            average = told.get("winter_average")
            self.usage.winter_average_of_use()
            terms["measure"] = "winterAverage"
            if isinstance(average, str) and ("cap" in average or "lesser" in average or "min" in average):
                terms["capMeasure"] = "use"
        measure = told.get("measure", told.get("quantity"))
        if measure is not None and self.usage.measure(measure):
            terms["measure"] = self.usage.measure(measure)
        elif is_number(measure):
            terms["measure"] = self.usage.fixed_measure(told.where, measure)
        for key, ours in (("share", "share"), ("use_cap", "cap"), ("least_use", "least")):
            if told.get(key) is not None and is_number(told.get(key)):
                terms[ours] = text(told.get(key))
        percent = told.get("percent_of_use", told.get("share_percent"))
        if percent is not None:
            terms["share"] = text(number(percent) / 100)
        minimum = told.get("minimum")
        covered = minimum.get("included_units") if isinstance(minimum, dict) and "slabs" not in told else None
        free = told.get("free") if "slabs" not in told and "schedules" not in told else told.get("free_units")
        if first(covered, free) is not None:
            terms["included"] = text(first(covered, free))
        rounding = told.get("unit_rounding")
        if rounding is not None:
            terms["quantityRounding"] = rounding_of(rounding, "1")
        return terms

    def _limits(self, told: Told) -> Json:
        """Limits that stretch with the days, the months or the dwellings."""
        by = bare(first(told.get("limits_per"), told.get("slabs_per"), told.get("scale_by"), told.get("scale"), ""))
        measure = _PER_MEASURE.get(by.removeprefix("per"), "dwellingUnits" if "dwelling" in by else "")
        if told.says("limits_per_dwelling_unit") or told.says("per_dwelling_unit"):
            measure = "dwellingUnits"
        basis = told.get("slab_days", told.get("days_basis", told.get("limits_days")))
        for key, value in list(told.rest()):
            word = bare(key)
            if "days" in word and is_number(value):
                told.asked.add(key)
                basis = value
            elif any(stem in word for stem in ("scal", "limit", "stretch")) and bare(value) not in {"false", "no"}:
                told.asked.add(key)
                by = f"{word} {bare(value)}"
                measure = next((ours for stem, ours in _STRETCH if stem in by), measure)
        if basis is not None or measure == "days":
            days = int(number(basis)) if basis is not None else 1 if by in {"day", "perday", "daily"} else 30
            limits: Json = {"limitsPer": "days", "daysBasis": days}
        else:
            limits = {"limitsPer": measure} if measure else dict(self.limits_per)
        rounding = told.get("limit_rounding")
        return limits | ({"limitRounding": rounding_of(rounding, "1")} if rounding and limits else {})

    # --- single items
    def item(self, told: Told, family: str, name: object) -> None:
        """This function will add one entry of a list: a fixed amount, a rate, blocks, a percentage, a credit."""
        told.get("name")
        when = self._when(told, name)
        more: Json = {"when": when} if when else {}
        if told.get("rounding") is not None:
            more["rounding"] = self.rounding(told.get("rounding"), "1" if family in {"taxes", "tax"} else None)
        elif family in {"taxes", "tax"} and self.tax_rounding is not None:
            more["rounding"] = self.tax_rounding
        free_of_tax = bare(told.get("taxable", "")) in {"false", "no"} or told.says("tax_exempt")
        sign = -1 if family == "discounts" else 1
        before = len(self.charges)
        if "slabs" in told or "schedules" in told:
            self._use(told, str(name), more)
            self._lists(told, str(name), ("fixed",))
            self._minimum(told, before)
        elif told.get("percent", told.get("rate") if family in {"taxes", "tax", "discounts"} else None) is not None:
            self._percent(told, name, sign, more)
        elif told.get("rate") is not None:
            terms = {**self._per(told), **self._measured(told)}
            per_measure = self._measure_of_per(told)
            if per_measure and "measure" not in terms:
                terms["measure"] = per_measure
            self._rated(name, sign * number(told.get("rate")), terms | more)
            self._lists(told, str(name), ("fixed",))
        elif told.get("amount", told.get("amounts", told.get("by_meter_size"))) is not None:
            self._amount(told, family, name, sign, more)
        else:
            raise ValueError(f"{told.where}: neither an amount nor a rate nor a percentage: {sorted(told.told)}")
        if free_of_tax:
            self.untaxed.update(charge["code"] for charge in self.charges[before:])

    def _amount(self, told: Told, family: str, name: object, sign: int, more: Json) -> None:
        amount = told.get("amount", told.get("amounts", told.get("by_meter_size")))
        if isinstance(amount, dict):
            sizes = {named(size): self.money(value) for size, value in amount.items()}
            self.add("fixed", name, byMeterSize=sizes, **self._often(told), **more)
        elif family == "components" and "amount_ex_gst" in told:
            # What the collection gives ready-made and unrounded is one unit of its own, at that price.
            self.add("usage", name, measure="months", rate=self.money(amount), **more)
        elif family in {"adjustments", "discounts"} or number(amount) * sign < 0:
            times = self._often(told).get("times")
            self.add(
                "adjustment",
                name,
                amount=text(sign * number(amount) / self.scale),
                **({"times": times} if times else {}),
                **more,
            )
        elif bare(told.get("per", "")) in _IN_MONTHS:
            self.add("usage", name, rate=self.money(amount), measure="months", per=_IN_MONTHS[bare(told.get("per"))])
        else:
            self.add("fixed", name, amount=self.money(amount), **self._often(told), **more)

    def _measure_of_per(self, told: Told) -> str | None:
        per = told.get("per", told.get("times", told.get("basis")))
        if per is None or is_number(per):
            return None
        word = bare(per).removeprefix("per")
        if word in {"bill", "account", "connection", "meter", "customer"}:
            return None
        if word == "unit" and "dwellingUnits" not in self.usage.facts_told:
            return "use"
        return _PER_MEASURE.get(word) or self.usage.measure(word) or ("use" if word == bare(self.unit) else None)

    def _often(self, told: Told) -> Json:
        """How often an amount is due: per day, per dwelling, per kW; for the days served."""
        measure = self._measure_of_per(told)
        terms: Json = {"times": measure} if measure else {}
        prorated = told.get("prorated")
        if prorated is not None and bare(prorated) not in {"false", "no", "none"}:
            terms |= {"prorated": True}
        elif prorated is None:
            terms |= self.prorated
        if told.get("days_basis") is not None:
            terms |= {"prorated": True, "daysBasis": int(number(told.get("days_basis")))}
        return terms

    def _percent(self, told: Told, name: object, sign: int, more: Json) -> None:
        percent = told.get("percent", told.get("rate"))
        value = number(percent)
        if "percent" not in told and value < 1 and "%" not in str(percent):
            value *= 100  # a tax rate of 0.08 is 8 %
        share = told.get("taxable_share", told.get("share"))
        if share is not None:
            value *= number(share) if number(share) <= 1 else number(share) / 100
        exempt = told.get("exempt")
        terms: Json = {} if exempt is None else {"exemptUse": text(exempt)}
        for key in ("at_least", "at_most"):
            if told.number(key) is not None:
                terms["atLeast" if key == "at_least" else "atMost"] = self.money(told.get(key))
        told.get("method")
        of = self._base(told, told.get("base", ["all"]))
        self.add("percent", name, percent=text(sign * value), of=of, **terms, **more)

    def _base(self, told: Told, names: object) -> list[str]:
        """Which charges a percentage is taken of; a word that names no charge stands for those of its sort."""
        if isinstance(names, str):
            names = [part.strip() for part in re.split(r"[+,&]| and ", names)]
        kinds = {each["code"]: each["kind"] for each in self.charges}
        found: list[str] = []
        for name in names if isinstance(names, list) else [names]:
            word, code = bare(name), code_of(name)
            alike = [each for each in kinds if bare(each) == word or bare(each).startswith(word)]
            if word in {
                "all",
                "total",
                "subtotal",
                "bill",
                "everything",
                "sum",
                "gross",
                "net",
                "runningsum",
                "totalbill",
            }:
                return [each for each in kinds if each not in self.untaxed] if self.untaxed else ["*"]
            if code in kinds:
                found.append(code)
            elif alike:
                found += alike
            elif word in {"usage", "energy", "consumption", "water", "baseamount", "use", "usagecharge", "variable"}:
                found += [each for each, kind in kinds.items() if kind in USAGE_KINDS]
            elif word in {
                "fixed",
                "base",
                "standing",
                "fixedcharge",
                "fixedcharges",
                "minimum",
                "service",
                "basecharge",
            }:
                found += [each for each, kind in kinds.items() if kind in {"fixed", "minimum"}]
            elif word in {"adjustments", "adjustment"}:
                found += [each for each, kind in kinds.items() if kind == "adjustment"]
            else:
                raise ValueError(f"{told.where}: of {name!r}, which is no charge of this tariff: {sorted(kinds)}")
        return list(dict.fromkeys(found)) or ["*"]

    def _when(self, told: Told, name: object) -> Json:
        when: Json = {}
        if told.number("max_usage") is not None and "slabs" not in told:
            when["useAtMost"] = text(told.get("max_usage"))
        above = told.get("min_usage") if "slabs" not in told else None
        if above is not None:
            when["useAbove"] = text(above)
        if told.get("min_age") is not None:
            when["flag"] = self.usage.flag_by_age(code_of(name), int(number(told.get("min_age"))))
        flag = first(told.get("flag"), told.get("requires"), told.get("eligibility"), told.get("if"))
        if isinstance(flag, str):
            when["flag"] = named(flag)
        elif self.usage.tells_flag(name):
            when["flag"] = named(self.usage.tells_flag(name))
        classes = told.get("classes", told.get("class"))
        if classes is not None:
            when["classes"] = [named(each) for each in (classes if isinstance(classes, list) else [classes])]
        return when

    def rounding(self, told: object, default_step: str | None = None) -> Json:
        """This function will read a rounding of money, whose step is told in the collection's money units."""
        rounding = rounding_of(told, default_step or text(self.usage.minor_step * self.scale))
        return rounding | {"step": text(Decimal(rounding["step"]) / self.scale)}

    # --- minimums
    def _minimum(self, told: Told, before: int) -> None:
        for minimum in told.children("minimum"):
            mode = bare(minimum.get("mode", ""))
            covered = minimum.get("included")
            terms = self._minimum_terms(minimum, mode)
            if terms.get("times") == "dwellingUnits":
                for charge in self.charges[before:]:
                    self._by_dwelling(charge)
            if "zero" in mode and "half" not in mode:
                self.add("fixed", "minimum", when={"useAtMost": "0"}, **terms)
            elif covered is not None and not any(word in mode for word in ("floor", "least", "greater")):
                self._covers(before, covered)
                self.add("fixed", "minimum", **terms)
            elif "includ" in mode or "cover" in mode or ("factor" in minimum and not mode):
                self.add("fixed", "minimum", **terms)
            else:
                of = minimum.get("base")
                self.add("minimum", "minimum", of=["*"] if of is None else self._base(minimum, of), **terms)

    def _minimum_terms(self, minimum: Told, mode: str) -> Json:
        amount = minimum.get("amount", minimum.get("amounts", minimum.get("by_meter_size")))
        if isinstance(amount, dict):
            terms: Json = {"byMeterSize": {named(size): self.money(value) for size, value in amount.items()}}
        else:
            terms = {"amount": self.money(amount)}
        terms |= self._often(minimum)
        if any(word in mode for word in ("equivalent", "dwelling", "perunit", "edu", "household")):
            terms["times"] = "dwellingUnits"
        factors = self._factors(minimum)
        if "half" in mode:
            factors.append({"label": "half at zero use", "value": "0.5", "when": {"useAtMost": "0"}})
        return terms | ({"factors": factors} if factors else {})

    def _covers(self, before: int, covered: object) -> None:
        """A minimum that covers the first units: they cost nothing beside it."""
        for charge in self.charges[before:]:
            if charge["kind"] == "blocks" and charge.get("mode") != "whole":
                charge["blocks"] = free_below(charge["blocks"], number(covered))

    def _by_dwelling(self, charge: Json) -> None:
        if charge["kind"] == "usage" and charge.get("included", "0") != "0":
            free = charge.pop("included")
            blocks = [
                {"over": "0", "upTo": free, "rate": "0"},
                {"over": free, "upTo": None, "rate": charge.pop("rate")},
            ]
            charge |= {"kind": "blocks", "blocks": blocks}
        if charge["kind"] in {"blocks", "schedules"}:
            charge["limitsPer"] = "dwellingUnits"

    def _factors(self, minimum: Told) -> list[Json]:
        factor = minimum.get("factor")
        if factor is None:
            return []
        asked = self.usage.yes_or_no
        return [{"label": "part", "value": text(factor), "when": {"flag": named(asked[0])} if asked else {}}]


def _default(family: str, name: str) -> str:
    word = {"fixed": "fixed", "taxes": "tax", "tax": "tax", "discounts": "discount"}.get(family, family)
    return word if name in {"", "tariff"} else f"{name}-{word}"

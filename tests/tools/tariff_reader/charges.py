"""Translate a tariff, or one service in it, into charges in Meterbook's form."""

import re

from tests.tools.tariff_reader.items import Items
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, text
from tests.tools.tariff_reader.spellings import SPELLINGS

_SERVICES = {
    "sewer", "sewerage", "wastewater", "water", "drainage", "stormwater", "energy", "electricity", "gas", "generation",
    "transmission", "distribution", "supply", "power", "heat", "sanitation", "environment",
}  # fmt: skip
_OWN_WORDS = {
    bare(spelling)
    for word in ("adjustments", "components", "discounts", "fixed", "minimum", "rate", "slabs", "taxes")
    for spelling in (*SPELLINGS[word], "tax", "seasons", "schedules", "penalty", "conversion", "leak", "rounding")
}
_PRICES = {
    "rate", "rates", "price", "slabs", "blocks", "tiers", "percent", "percentage", "schedules", "amount", "charge",
    "fee", "pct", "fixedcharges", "fixedcharge", "minimumcharge", "unitrate", "bymetersize",
}  # fmt: skip
_FACTORS = {
    "factor", "factors", "classfactor", "classfactors", "sizefactor", "sizefactors", "metersizefactor", "multiplier",
    "metersizefactors", "categoryfactor", "categoryfactors", "classmultiplier", "classmultipliers", "multipliers",
    "sizemultiplier", "sizemultipliers", "ratefactor", "outsidecityfactor", "outsidefactor",
    "outsidemultiplier", "outsidecitymultiplier", "zonefactor", "zonefactors", "seasonfactor", "seasonalfactor",
    "droughtfactor", "ratemultiplier",
}  # fmt: skip
_SECTIONS = {
    "slabs",
    "blocks",
    "tiers",
    "schedules",
    "fixedcharges",
    "fixedcharge",
    "taxes",
    "tax",
    "minimumcharge",
    "discounts",
    "adjustments",
    "components",
    "surcharges",
    "vat",
}
_VOLUMETRIC = re.compile(
    r"^(generation|transmission|distribution|systemloss|wheeling|universal|ancillary|fitall|network)"
)
_OF_SLABS = ("slabs", "tiers", "blocks")
_CREDITS = ("feedin", "export", "solar", "netmeter", "buyback")
_TAX = re.compile(r"(^|_)(tax|vat|gst|hst|pst|iva|igv|tva|ppn|sst|duty|levy|cess|mwst)(_|$)|tax$")
_TAX_OF_ALL = re.compile(
    r"^(vat|gst|hst|pst|qst|iva|igv|tva|ppn|sst|sales_tax|mwst|service_tax|goods_and_services_tax)$"
)
_LOWERS = re.compile(r"discount|subsid|rebate|concession")
_BY_USE = re.compile(r"^(icpt|ets|fuel|ft|fac|fca|fppca|fppas|ppa|pca|fpa|pcac|fcpa|fcac|ecrc)(_|$)")
_AMOUNT_WORDS = re.compile(r"^(.+?)_?(charge|fee|rent|levy|duty|rental|surcharge|cost|contribution|fund)s?$")
_RATE_WORDS = re.compile(r"^(?:(.+?)_?(?:rate|price)|(?:rate|price)_?(.+))$")
_TIMED = re.compile(r"peak|off|shoulder|night|day|demand|kw|kva|capacity|standard|export|winter|summer|tax|base_rate")
_PERCENT_WORDS = re.compile(
    r"^(?:(.*?)_?(?:percent|pct)|(vat|gst|iva|igv|tva|ppn|hst|pst|qst|sst|ed|.*tax)(?:_?rate)?)$"
)


class Charges(Items):
    """A tariff or a service of it, in the order that bills show its charges."""

    def section(self, source: LooseTariff, name: str) -> None:
        """Add the charges of a tariff or of a service of it, in the order that bills show them."""
        before, outer = len(self.charges), self.start
        self.start = 0 if name == "tariff" else before
        self._use(source, name)
        self._lists(source, name, ("fixed",))
        self.per = self._per(source)
        minimums = source.children("minimum")
        floors = [minimum for minimum in minimums if not self._minimum(minimum, before, floors=False)]
        self._factored(source, self.charges[before:])
        self._components(source)
        self._services(source)
        for minimum in floors:
            self._minimum(minimum, before, floors=True)
        self._maximum(source, [charge["code"] for charge in self.charges[before:]])
        self._lists(source, name, ("adjustments",))
        self._others(source)
        self._lists(source, name, ("discounts",))
        self._lifelines(source)
        if self.subtotal is not None and name == "tariff":
            self.add("subtotal", "subtotal", of=["*"], to=self.subtotal)
        self._lists(source, name, ("taxes", "tax"))
        self._others(source, percents=True)
        self.start = outer

    def _factored(self, source: LooseTariff, charges: list[Json]) -> None:
        """Class and size factors: they multiply all charges, whose rates may be rounded after that."""
        rounding = source.get("rate_rounding")
        for charge in charges if rounding is not None else []:
            charge["rateRounding"] = self.rounding(rounding)
        for key, value in list(source.rest()):
            if bare(key) in _FACTORS and is_number(value):
                source.asked.add(key)
                for charge in charges:
                    factor = {"label": re.sub(r"[_ ]+", " ", key), "value": text(value), "when": {}}
                    charge.setdefault("factors", []).append(factor)

    def _lifelines(self, source: LooseTariff) -> None:
        """Who uses little pays less: a share of the bill, or a share by how little."""
        for key, value in list(source.rest()):
            if "lifeline" in bare(key) and isinstance(value, (dict, list)):
                source.asked.add(key)
                name = key if isinstance(value, list) else str(value.get("name", key))
                inner = {"slabs": value} if isinstance(value, list) else value
                self.item(source.child(inner, key), "discounts", name)

    def _components(self, source: LooseTariff) -> None:
        for item in source.children("components"):
            name = item.get("name", first(item.get("service"), item.get("type"), "component"))
            if {bare(key) for key in item.raw} & _SECTIONS and ("rate" in item or "slabs" in item):
                self.section(item, str(name))
            else:
                self.item(item, "components", name)

    def _services(self, source: LooseTariff) -> None:
        for key, value in list(source.rest()):
            word = bare(key)
            if "lifeline" in word or word in _FACTORS or _is_late_tax(key, value):
                continue
            priced = isinstance(value, dict) and word not in _OWN_WORDS and _PRICES & {bare(each) for each in value}
            if priced or (word in _SERVICES and isinstance(value, (dict, list))):
                source.asked.add(key)
                self._service(source, key, dict(value) if isinstance(value, dict) else {"slabs": value})
            elif word.endswith(_OF_SLABS) and isinstance(value, list) and "slabs" in source:
                source.asked.add(key)
                self.item(source.child({"slabs": value}, key), "fixed", re.sub(r"_?(slabs|tiers|blocks)$", "", key))
            elif isinstance(value, list) and value and word not in _OWN_WORDS and all(_is_item(each) for each in value):
                source.asked.add(key)
                for at, each in enumerate(value):
                    family = "discounts" if _LOWERS.search(key.lower()) or "credit" in word else "components"
                    self.item(source.child(each, f"{key}[{at}]"), family, each.get("name", key))
            elif _VOLUMETRIC.match(word) and is_number(value) and "kwh" in self.unit.lower():
                source.asked.add(key)
                self._rated(key, value, dict(self.per))
            elif word in _SERVICES and is_number(value):
                source.asked.add(key)
                self.item(source.child({"amount": value}, key), "fixed", key)

    def _service(self, source: LooseTariff, key: str, inner: Json) -> None:
        if self.usage.measure(key) not in {None, "use"} and {bare(each) for each in inner} & {
            "rate",
            "slabs",
            "tiers",
            "blocks",
        }:
            inner.setdefault("measure", key)
        if bare(key).startswith(_CREDITS) and is_number(inner.get("rate")):
            inner["rate"] = text(-abs(number(inner["rate"])))
        service = source.child(inner, key)
        words = {bare(each) for each in inner}
        if words & _SECTIONS or is_number(inner.get("base")):
            self.section(service, key)
        elif "percent" in service:
            self.item(service, "components", key)
        elif "rate" in service and not {"per", "when", "base", "over", "above"} & words:
            self.section(service, key)
        else:
            self.item(service, "fixed" if "rate" not in service else "components", key)

    def _others(self, source: LooseTariff, *, percents: bool = False) -> None:
        """Add the charges that have a key of their own: meter_rent, peak_rate, vat."""
        for key, value in list(source.rest()):
            if percents and _is_late_tax(key, value):
                source.asked.add(key)
                self.item(source.child(value, key), "taxes", value.get("name", key))
            if not is_number(value):
                continue
            percent = _PERCENT_WORDS.match(key.lower())
            if percent is not None:
                lowers = _LOWERS.search(key.lower()) is not None
                if percents != lowers:
                    source.asked.add(key)
                    share = key.lower().endswith("rate") or (_TAX_OF_ALL.match(key.lower()) and number(value) < 1)
                    word = "rate" if share and "%" not in str(value) else "percent"
                    name = percent[1] or percent[2] or key
                    self.item(source.child({word: value}, key), "discounts" if lowers else "taxes", name)
                continue
            rate, amount = _RATE_WORDS.match(key.lower()), _AMOUNT_WORDS.match(key.lower())
            credit = bare(key).startswith(_CREDITS)
            measure = self.usage.measure(rate[1] or rate[2]) if rate else self.usage.measure(key) if credit else None
            served = rate is not None and {bare(part) for part in str(rate[1]).split("_")} & {*_SERVICES, "ft", "fuel"}
            if measure is None and (_BY_USE.match(key.lower()) or (served and not _TIMED.search(key.lower()))):
                measure = "use"
            if measure:
                source.asked.add(key)
                self._rated(key, -abs(number(value)) if credit else value, {**self.per, "measure": measure})
            elif _LOWERS.search(key.lower()) or "credit" in key.lower():
                source.asked.add(key)
                self.item(source.child({"amount": value}, key), "discounts", key)
            elif amount:
                source.asked.add(key)
                self.item(source.child({"amount": value}, key), "fixed", key)


def _is_item(raw: object) -> bool:
    words = {bare(key) for key in raw} if isinstance(raw, dict) else set()
    return bool(words & _PRICES) and not words & {"upto", "over", "from", "to"}


def _is_late_tax(key: str, value: object) -> bool:
    """Return whether a key names a tax on the whole bill; a tax on named charges is added where it is found."""
    if not isinstance(value, dict) or not _TAX.search(key.lower()) or bare(key) in {"tax", "taxes"}:
        return False
    words = {bare(each): stated for each, stated in value.items()}
    if _TAX_OF_ALL.match(key.lower()) and "per" not in words and is_number(words.get("rate")):
        return True
    shares = {"percent", "percentage", "pct"} & set(words)
    based = next((words[each] for each in ("base", "of", "on", "appliesto") if each in words), None)
    return bool(shares) and (based is None or _TAX_OF_ALL.match(key.lower()) is not None)

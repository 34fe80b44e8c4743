"""Entries of the lists of a tariff: fixed amounts, rates, percentages, credits and minimums."""

from collections.abc import Iterable

from tests.tools.tariff_reader.blocks import blocks_of, free_below
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, text
from tests.tools.tariff_reader.spellings import SPELLINGS
from tests.tools.tariff_reader.usage import named
from tests.tools.tariff_reader.use_charges import UseCharges

_EXCESS = {"over", "above", "overunits", "aboveunits", "excessover", "excessof", "inexcessof", "overuse"}
_PERCENTS = {"percent", "percentage", "pct", "discountpercent", "taxpercent", "rebatepercent"}
_RATES = {*SPELLINGS["rate"]} - {"tariff"}
_FLATS = {"flat", "fixed", "fixedcharge", "flatfee", "flatamount", "flatcharge", "amount", "charge", "fee"}
_IN_MONTHS = {"year": "12", "annual": "12", "annually": "12", "yearly": "12", "quarter": "3", "quarterly": "3"}
_IN_DAYS = {word: "365" if months == "12" else "91.25" for word, months in _IN_MONTHS.items()}
_OF_TYPE = {"tax": "taxes", "vat": "taxes", "discount": "discounts", "rebate": "discounts", "credit": "discounts"}


class Items(UseCharges):
    """One entry of a list at a time, and the minimum."""

    def item(self, source: LooseTariff, family: str, name: object) -> None:
        """Add one entry of a list: a fixed amount, a rate, blocks, a percentage, a credit."""
        source.get("name")
        if (
            bare(source.get("type", "")) in {"percent", "percentage"}
            and "percent" not in source
            and "rate" not in source
        ):
            source = source.child({"percent": source.get("amount"), "base": source.get("base", ["all"])}, "share")
        family = _OF_TYPE.get(bare(source.get("type", "")), family)
        if any(source.says(word) for word in ("included", "inclusive", "tax_included")) and family in {"taxes", "tax"}:
            source.asked.update(source.raw)  # it is within the prices already
            return
        before = len(self.charges)
        self._entry(source, family, name, self._terms_of(source, family, name))
        added = {charge["code"] for charge in self.charges[before:]}
        if family in {"taxes", "tax"}:
            self.taxes |= added
        if bare(source.get("taxable", "")) in {"false", "no"} or source.says("tax_exempt"):
            self.untaxed |= added

    def _entry(self, source: LooseTariff, family: str, name: object, more: Json) -> None:
        sign = -1 if family == "discounts" else 1
        before = len(self.charges)
        words = _words_of_slabs(source)
        if words & _PERCENTS:
            self._percents(source, family, name, sign, more)
        elif words and not words & _RATES and (family == "fixed" or words & _FLATS):
            self._steps(source, name, more)
        elif "slabs" in source or "schedules" in source:
            measure = self._measure_of_per(source)
            self._use(source, str(name), more | ({"measure": measure} if measure else {}))
            self._lists(source, str(name), ("fixed",))
            for minimum in source.children("minimum"):
                self._minimum(minimum, before, floors=True)
        elif "percent" in source or (source.get("rate") is not None and self._is_share(source, family)):
            self._percent(source, family, name, sign, more)
        elif source.get("rate") is not None:
            self._rated_item(source, name, sign, more)
        elif source.get("amount", source.get("amounts", source.get("by_meter_size"))) is not None:
            self._amount(source, family, name, sign, more)
        else:
            raise ValueError(f"{source.where}: neither an amount nor a rate nor a percentage: {sorted(source.raw)}")

    def _is_share(self, source: LooseTariff, family: str) -> bool:
        """Whether a rate is a percentage: that of a tax or discount is, unless it is for each of something."""
        return family in {"taxes", "tax", "discounts"} and not self._measure_of_per(source)

    def _terms_of(self, source: LooseTariff, family: str, name: object) -> Json:
        """When an entry counts, and how it is rounded."""
        when = self._when(source, name)
        more: Json = {"when": when} if when else {}
        if source.get("rounding") is not None:
            more["rounding"] = self.rounding(source.get("rounding"))
        elif family in {"taxes", "tax"} and self.tax_rounding is not None:
            more["rounding"] = self.tax_rounding
        return more

    def _rated_item(self, source: LooseTariff, name: object, sign: int, more: Json) -> None:
        terms = {**self._per(source), **self._measured(source)}
        per_measure = self._measure_of_per(source)
        if per_measure and "measure" not in terms:
            terms["measure"] = per_measure
        when = dict(more.get("when", {}))
        if "useAbove" in when and {bare(key) for key in source.raw} & _EXCESS:  # the rate is for what lies above
            terms["included"] = when.pop("useAbove")
            more = {**{key: value for key, value in more.items() if key != "when"}, **({"when": when} if when else {})}
        before = len(self.charges)
        self._rated(name, sign * number(source.get("rate")), terms | more)
        self._lists(source, str(name), ("fixed",))
        self._maximum(source, [charge["code"] for charge in self.charges[before:]])

    def _lists(self, source: LooseTariff, name: str, families: Iterable[str]) -> None:
        for family in families:
            self.siblings = set()
            for item in source.children(family):
                self.item(item, family, item.get("name") if item.get("name") != family else _default(family, name))

    def _percents(self, source: LooseTariff, family: str, name: object, sign: int, more: Json) -> None:
        """A percentage chosen by the use: each as a charge of its own, of which one counts."""
        reached: object = None
        for at, entry in enumerate(source.get("slabs")):
            slab = source.child(entry, f"slabs[{at}]")
            over, up_to = first(slab.get("over"), reached), slab.get("upto")
            when = dict(more.get("when", {}))
            if over is not None and number(over) > 0:
                when["useAbove"] = text(reached if reached is not None else over)
            if up_to is not None and is_number(up_to):
                when["useAtMost"] = text(up_to)
            of = {"base": source.get("base")} if "base" in source else {}
            share = LooseTariff({"percent": slab.get("percent"), **of}, slab.where)
            if number(slab.get("percent")):
                self._percent(
                    share, "discounts" if sign < 0 else family, name, sign, more | ({"when": when} if when else {})
                )
            reached = up_to

    def _steps(self, source: LooseTariff, name: object, more: Json) -> None:
        """An amount chosen by the use."""
        steps = []
        for entry in source.get("slabs"):
            amount = next((entry[key] for key in entry if bare(key) in {*_FLATS, *SPELLINGS["amount"]}), 0)
            limits = {key: each for key, each in entry.items() if bare(key) not in {*_FLATS, *SPELLINGS["amount"]}}
            steps.append({**limits, "rate": "0", "flat": amount})
        stepped = LooseTariff({}, source.where)
        blocks = blocks_of(stepped, steps, self.money)
        terms = {**self._measured(source), **self._limits(source)}
        self.add("blocks", name, blocks=blocks, mode="whole", **terms, **more)

    def _amount(self, source: LooseTariff, family: str, name: object, sign: int, more: Json) -> None:
        amount = source.get("amount", source.get("amounts", source.get("by_meter_size")))
        often = bare(first(*(source.get(word) for word in ("per", "frequency", "every", "period")), "")).removeprefix(
            "per"
        )
        if isinstance(amount, dict):
            sizes = {named(size): self.money(value) for size, value in amount.items()}
            self.add("fixed", name, byMeterSize=sizes, **self._often(source), **more)
        elif family == "components" and "amount_ex_gst" in source:
            # What the collection gives ready-made and unrounded is one unit of its own, at that price.
            self.usage.measure(name)
            self.add("usage", name, measure="months", rate=self.money(amount), **more)
        elif family in {"adjustments", "discounts"} or number(amount) < 0:
            times = self._often(source).get("times")
            credit = -abs(number(amount)) if sign < 0 else number(amount)
            self.add(
                "adjustment",
                name,
                amount=text(credit / self.scale),
                **({"times": times} if times else {}),
                **more,
            )
        elif "part" in str(source.get("per", "")) and self._measure_of_per(source):
            whole = {"mode": "ceiling", "step": "1"}
            measure = self._measure_of_per(source)
            self.add("usage", name, rate=self.money(amount), measure=measure, quantityRounding=whole, **more)
        elif often in _IN_MONTHS and self.usage.by_days:
            self.add("usage", name, rate=self.money(amount), measure="days", per=_IN_DAYS[often])
        elif often in _IN_MONTHS:
            self.add("usage", name, rate=self.money(amount), measure="months", per=_IN_MONTHS[often])
        else:
            self.add("fixed", name, amount=self.money(amount), **self._often(source), **more)

    def _percent(self, source: LooseTariff, family: str, name: object, sign: int, more: Json) -> None:
        percent = source.get("percent", source.get("rate"))
        value = number(percent)
        if "percent" not in source and value < 1 and "%" not in str(percent):
            value *= 100  # a tax rate of 0.08 is 8 %
        share = source.get("taxable_share", source.get("share"))
        if share is not None:
            value *= number(share) if number(share) <= 1 else number(share) / 100
        exempt = source.get("exempt")
        terms: Json = {} if exempt is None else {"exemptUse": text(exempt)}
        if source.number("exempt_amount") is not None:
            terms["exemptAmount"] = self.money(source.get("exempt_amount"))
        for key in ("at_least", "at_most"):
            if source.number(key) is not None:
                terms["atLeast" if key == "at_least" else "atMost"] = self.money(source.get(key))
        source.get("method")
        without = self.taxes | self.siblings
        if any(source.says(word) for word in ("compound", "compounded", "on_tax", "cumulative", "cascading")):
            without = set()
        of = self._base(source, source.get("base", ["all"])) if "base" in source else self._all(without=without)
        spared = first(*(source.get(word) for word in ("excluding", "except", "excludes", "exempt_charges", "not_on")))
        if isinstance(spared, (list, str)):
            of = self._all(without={*without, *self._base(source, spared)})
        code = self.add("percent", name, percent=text(sign * value), of=of, **terms, **more)
        if family in {"adjustments", "discounts"}:
            self.siblings.add(code)

    def _minimum(self, minimum: LooseTariff, before: int, *, floors: bool) -> bool:
        """Add a minimum and say whether it did: one that lifts the bill is added later, with `floors`."""
        mode = bare(minimum.get("mode", ""))
        covered = minimum.get("included")
        lifts = any(word in mode for word in ("floor", "least", "greater"))
        terms = self._minimum_terms(minimum, mode)
        if terms.get("times") == "dwellingUnits" and not floors:
            for charge in self.charges[before:]:
                self._by_dwelling(charge)
        if "zero" in mode and "half" not in mode:
            self.add("fixed", "minimum", when={"useAtMost": "0"}, **terms)
        elif covered is not None and not lifts:
            self._covers(before, covered)
            self.add("fixed", "minimum", **terms)
        elif "includ" in mode or "cover" in mode or ("factor" in minimum and not mode):
            self.add("fixed", "minimum", **terms)
        elif floors:
            of = minimum.get("base")
            self.add("minimum", "minimum", of=self._all() if of is None else self._base(minimum, of), **terms)
        else:
            return False
        return True

    def _minimum_terms(self, minimum: LooseTariff, mode: str) -> Json:
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

    def _maximum(self, source: LooseTariff, codes: list[str]) -> None:
        """A charge, or all of a service, that never comes to more than so much."""
        amount = source.get("maximum")
        if amount is None or not codes:
            return
        if isinstance(amount, dict):
            bounds: Json = {"byMeterSize": {named(size): self.money(value) for size, value in amount.items()}}
        else:
            bounds = {"amount": self.money(amount)}
        self.add("maximum", f"{codes[0]} at most", of=codes, **bounds)

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


def _words_of_slabs(source: LooseTariff) -> set[str]:
    slabs = source.get("slabs")
    entries = slabs if isinstance(slabs, list) else []
    return {bare(key) for slab in entries if isinstance(slab, dict) for key in slab}


def _default(family: str, name: str) -> str:
    word = {"fixed": "fixed", "taxes": "tax", "tax": "tax", "discounts": "discount"}.get(family, family)
    return word if name in {"", "tariff"} else f"{name}-{word}"

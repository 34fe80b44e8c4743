"""Charges of a use: a rate, rates by time, blocks, schedules and packages."""

import re
from decimal import Decimal
from typing import Any

from tests.tools.tariff_reader.blocks import FIXED_OF_BLOCKS, blocks_of, free_below, is_whole, schedules_of
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, text
from tests.tools.tariff_reader.spellings import SPELLINGS
from tests.tools.tariff_reader.terms import Terms

_NAMES = ("name", "period", "time", "tou", "label")


class UseCharges(Terms):
    """Read the charge of the use, of one tariff or service."""

    def _use(self, source: LooseTariff, name: str, terms: Json | None = None) -> bool:
        """Add the charge of the use, if there is one, and return whether it did."""
        terms = {**(terms or {}), **self._per(source), **self._measured(source)}
        structure = bare(source.get("structure", ""))
        if "percentage" in structure:
            terms["per"] = "100"  # the rate is a percentage of the quantity, which is itself an amount
        code = "usage" if name in {"", "tariff"} else name
        if "schedules" in source:
            self.add("schedules", code, schedules=schedules_of(source, self.money), **terms, **self._limits(source))
        elif "slabs" in source:
            self._slabs(source, code, structure, terms)
        elif "base_rate" in source:
            factor = {"label": "class", "value": text(source.get("factor", "1")), "when": {}}
            rounded = {"rateRounding": self.rounding(source.get("rounding", "half up"))}
            self.add("usage", code, rate=self.money(source.get("base_rate")), factors=[factor], **rounded)
        elif isinstance(source.get("package"), dict):
            package = source.child({"structure": "package", **source.get("package")}, "package")
            package.get("structure")
            return self._use(package, name, terms)
        elif structure == "package" or "package_size" in source:
            size = text(source.get("package_size", source.get("size")))
            whole = {"per": size, "quantityRounding": {"mode": "ceiling", "step": size}}
            self.add("usage", code, rate=self.money(source.get("amount")), **(terms | whole))
        else:
            return self._rates(source, code, terms)
        return True

    def _rates(self, source: LooseTariff, code: str, terms: Json) -> bool:
        """One rate, or one for each time of day."""
        rate = source.get("rate")
        if isinstance(rate, list):
            for at, entry in enumerate(rate):
                timed = source.child(entry, f"rate[{at}]")
                name = first(*(timed.get(word) for word in _NAMES), "usage")
                self._timed(name, timed.get("rate", timed.get("amount")), terms, source.where)
        elif isinstance(rate, dict):
            for measure, value in rate.items():
                self._timed(measure, value, terms, source.where)
        elif rate is not None:
            self._rated(code, rate, terms)
        return rate is not None

    def _by_time(self, source: LooseTariff, slabs: list[Any], terms: Json) -> bool:
        """Blocks without limits whose names are quantities of the use are rates by the time of use."""
        if len(slabs) < 2 or not all(isinstance(each, dict) for each in slabs):
            return False
        words = {bare(key) for each in slabs for key in each}
        names = [first(*(each.get(key) for key in _NAMES)) for each in slabs]
        limits = {spelling for word in ("upto", "over", "size") for spelling in SPELLINGS[word]}
        if words & limits or not all(name is not None and self.usage.measure(name) for name in names):
            return False
        for at, (name, each) in enumerate(zip(names, slabs, strict=True)):
            timed = source.child(each, f"slabs[{at}]")
            for key in _NAMES:
                timed.get(key)
            self._timed(name, timed.get("rate"), terms, timed.where)
        return True

    def _timed(self, name: object, rate: object, terms: Json, where: str) -> None:
        """A rate of a time of day: the use must give how much of it was then."""
        measure = self.usage.measure(name)
        if measure is None:
            raise ValueError(f"{where}: a rate for {name!r}, but the use does not tell how much of it there was")
        self._rated(name, rate, terms | {"measure": measure})

    def _rated(self, name: object, rate: object, terms: Json) -> None:
        if number(rate) >= 0:
            self.add("usage", name, rate=self.money(rate), **terms)
        else:  # below zero it is a credit for every unit
            trimmed = set(terms) - {"per", "measure", "when", "rounding"}
            if trimmed:
                raise ValueError(f"{name}: a credit for each unit, but of a trimmed quantity: {sorted(trimmed)}")
            amount = text(number(rate) / self.scale / Decimal(terms.get("per", "1")))
            more = {key: terms[key] for key in ("when", "rounding") if key in terms}
            self.add("adjustment", name, amount=amount, times=terms.get("measure", "use"), **more)

    def _slabs(self, source: LooseTariff, code: str, structure: str, terms: Json) -> None:
        raw_slabs = source.get("slabs")
        per = (
            {str(slab["per"]) for slab in raw_slabs if isinstance(slab, dict) and "per" in slab} if raw_slabs else set()
        )
        if isinstance(raw_slabs, list) and self._by_time(source, raw_slabs, terms):
            return
        if len(per) == 1 and "per" not in terms and self._size(min(per).lower()) is not None:
            terms["per"] = self._size(min(per).lower())
        mode = "whole" if is_whole(structure) or is_whole(source.get("mode", "")) else "telescopic"
        if isinstance(raw_slabs, dict):  # by measure: peak and off-peak, each with blocks
            for measure, slabs in raw_slabs.items():
                blocks = blocks_of(source, slabs, self.money)
                own = {"measure": self.usage.measure(measure)}
                self.add("blocks", measure, blocks=blocks, mode=mode, **(terms | own), **self._limits(source))
            return
        blocks = blocks_of(source, raw_slabs, self.money)
        covered = terms.pop("included", None)
        if covered is not None:
            blocks = free_below(blocks, Decimal(covered))
        self.add("blocks", code, blocks=blocks, mode=mode, **terms, **self._limits(source))
        self._of_blocks(code, raw_slabs, blocks, terms, mode, source)
        fixed = [_fixed_of(slab) for slab in raw_slabs]
        if any(each is not None for each in fixed):  # the fixed charge of the block in which the use ends
            steps = [
                {**block, "rate": "0", "flat": self.money(amount or 0)}
                for block, amount in zip(blocks_of(source, raw_slabs, self.money), fixed, strict=False)
            ]
            self.add("blocks", "fixed", blocks=steps, mode="whole", **self._limits(source))

    def _of_blocks(
        self, code: str, slabs: list[Any], blocks: list[Json], terms: Json, mode: str, source: LooseTariff
    ) -> None:
        """Add a tax or surcharge that each block gives for itself."""
        shares: dict[str, list[object]] = {}
        for at, slab in enumerate(slabs):
            for key, value in slab.items() if isinstance(slab, dict) else ():
                share = re.match(r"^(.+?)_?(percent|pct)$", key.lower())
                if share and is_number(value):
                    shares.setdefault(share[1], ["0"] * len(slabs))[at] = value
                    source.inner[at - len(slabs)].asked.add(key)
        for name, values in shares.items():
            rates = [
                text(Decimal(block["rate"]) * number(value) / 100) for block, value in zip(blocks, values, strict=False)
            ]
            parts = [{**block, "rate": rate, "flat": "0"} for block, rate in zip(blocks, rates, strict=False)]
            self.add("blocks", f"{code}-{name}", blocks=parts, mode=mode, **terms, **self._limits(source))


def _fixed_of(slab: object) -> object:
    """The fixed charge of a block, which is due if the use ends in it."""
    words = {bare(key): value for key, value in slab.items()} if isinstance(slab, dict) else {}
    return next((words[word] for word in FIXED_OF_BLOCKS if word in words), None)

"""Charges of a use: a rate, rates by time, blocks, schedules and packages."""

import re
from decimal import Decimal
from typing import Any

from tests.published.blocks_told import FIXED_OF_BLOCKS, blocks_of, free_below, is_whole, schedules_of
from tests.published.spellings import SPELLINGS
from tests.published.terms_told import Terms
from tests.published.told import Json, Told, bare, first, is_number, number, text

_NAMES = ("name", "period", "time", "tou", "label")


class Uses(Terms):
    """The charge of the use, as one tariff or service tells it."""

    def _use(self, told: Told, name: str, terms: Json | None = None) -> bool:
        """Add the charge of the use, if one is told, and say whether it did."""
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
        else:
            return self._rates(told, code, terms)
        return True

    def _rates(self, told: Told, code: str, terms: Json) -> bool:
        """One rate, or one for each time of day."""
        rate = told.get("rate")
        if isinstance(rate, list):
            for at, entry in enumerate(rate):
                timed = told.child(entry, f"rate[{at}]")
                name = first(*(timed.get(word) for word in _NAMES), "usage")
                self._timed(name, timed.get("rate", timed.get("amount")), terms, told.where)
        elif isinstance(rate, dict):
            for measure, value in rate.items():
                self._timed(measure, value, terms, told.where)
        elif rate is not None:
            self._rated(code, rate, terms)
        return rate is not None

    def _by_time(self, told: Told, slabs: list[Any], terms: Json) -> bool:
        """Blocks without limits whose names are quantities of the use are rates by the time of use."""
        if len(slabs) < 2 or not all(isinstance(each, dict) for each in slabs):
            return False
        words = {bare(key) for each in slabs for key in each}
        names = [first(*(each.get(key) for key in _NAMES)) for each in slabs]
        limits = {spelling for word in ("upto", "over", "size") for spelling in SPELLINGS[word]}
        if words & limits or not all(name is not None and self.usage.measure(name) for name in names):
            return False
        for at, (name, each) in enumerate(zip(names, slabs, strict=True)):
            timed = told.child(each, f"slabs[{at}]")
            for key in _NAMES:
                timed.get(key)
            self._timed(name, timed.get("rate"), terms, timed.where)
        return True

    def _timed(self, name: object, rate: object, terms: Json, where: str) -> None:
        """A rate of a time of day: the use must tell how much of it was then."""
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

    def _slabs(self, told: Told, code: str, structure: str, terms: Json) -> None:
        told_slabs = told.get("slabs")
        per = (
            {str(slab["per"]) for slab in told_slabs if isinstance(slab, dict) and "per" in slab}
            if told_slabs
            else set()
        )
        if isinstance(told_slabs, list) and self._by_time(told, told_slabs, terms):
            return
        if len(per) == 1 and "per" not in terms and self._size(min(per).lower()) is not None:
            terms["per"] = self._size(min(per).lower())
        mode = "whole" if is_whole(structure) or is_whole(told.get("mode", "")) else "telescopic"
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
        self._of_blocks(code, told_slabs, blocks, terms, mode, told)
        fixed = [_fixed_of(slab) for slab in told_slabs]
        if any(each is not None for each in fixed):  # the fixed charge of the block in which the use ends
            steps = [
                {**block, "rate": "0", "flat": self.money(amount or 0)}
                for block, amount in zip(blocks_of(told, told_slabs, self.money), fixed, strict=False)
            ]
            self.add("blocks", "fixed", blocks=steps, mode="whole", **self._limits(told))

    def _of_blocks(self, code: str, slabs: list[Any], blocks: list[Json], terms: Json, mode: str, told: Told) -> None:
        """A tax or surcharge that each block tells for itself."""
        shares: dict[str, list[object]] = {}
        for at, slab in enumerate(slabs):
            for key, value in slab.items() if isinstance(slab, dict) else ():
                share = re.match(r"^(.+?)_?(percent|pct)$", key.lower())
                if share and is_number(value):
                    shares.setdefault(share[1], ["0"] * len(slabs))[at] = value
                    told.inner[at - len(slabs)].asked.add(key)
        for name, values in shares.items():
            rates = [
                text(Decimal(block["rate"]) * number(value) / 100) for block, value in zip(blocks, values, strict=False)
            ]
            parts = [{**block, "rate": rate, "flat": "0"} for block, rate in zip(blocks, rates, strict=False)]
            self.add("blocks", f"{code}-{name}", blocks=parts, mode=mode, **terms, **self._limits(told))


def _fixed_of(slab: object) -> object:
    """The fixed charge of a block, which is due if the use ends in it."""
    words = {bare(key): value for key, value in slab.items()} if isinstance(slab, dict) else {}
    return next((words[word] for word in FIXED_OF_BLOCKS if word in words), None)

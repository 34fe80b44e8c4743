"""Read the terms that several kinds of charge share: how much of what, how often, of which charges, and when."""

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, rounding_of, text
from tests.tools.tariff_reader.usage import LooseUsage, code_of, conversion_between, named, unit_of

USAGE_KINDS = {"usage", "blocks", "schedules"}
_PER_MEASURE = {
    "day": "days", "days": "days", "daily": "days", "month": "months", "monthly": "months", "year": "months",
    "annual": "months", "quarter": "months", "dwelling": "dwellingUnits", "dwellingunit": "dwellingUnits",
    "dwellings": "dwellingUnits", "household": "dwellingUnits", "apartment": "dwellingUnits", "edu": "dwellingUnits",
    "eru": "dwellingUnits", "equivalentunit": "dwellingUnits", "unit": "dwellingUnits", "door": "dwellingUnits",
}  # fmt: skip
_BEFORE_TAX = re.compile(r"^(all|sub|net)|before|pretax|excl|beforetax")
_EVERYTHING = {"total", "everything", "sum", "gross", "runningsum", "runningtotal", "totalbill", "totalsofar"}
# What words for a sort of charge stand for, where no charge bears that name.
_SORTS = {
    word: kinds
    for words, kinds in (
        ("usage energy consumption waterusage waterconsumption baseamount use variable usagecharge", USAGE_KINDS),
        ("energycharge usagecharges energycharges consumptioncharge", USAGE_KINDS),
        ("fixed base standing fixedcharge fixedcharges minimum service", {"fixed", "minimum"}),
        ("basecharge servicecharge standingcharge supply", {"fixed", "minimum"}),
        ("adjustments adjustment surcharges credits", {"adjustment"}),
        ("water waterbill watercharges watercharge watersupply", USAGE_KINDS | {"fixed", "minimum"}),
    )
    for word in words.split()
}
_SHARES = (
    "percent_of_use", "share_percent", "percent_of_water_use", "percent_of_usage", "percent_of_consumption",
    "percent_of_water", "return_to_sewer", "return_to_sewer_percent", "return_factor", "return_percent", "return_rate",
    "discharge_factor", "sewer_factor", "wastewater_share", "discharge_percent", "percent_of_water_usage",
    "percent_of_water_consumption", "usage_share", "usage_percent", "volume_share", "volume_percent", "use_share",
    "use_percent", "sewage_percent", "percent_of_volume", "returned_share", "share_of_use", "share_of_water",
    "return_to_sewer_allowance", "discharge_allowance", "water_share", "share_of_usage", "consumption_share",
    "consumption_percent", "return_ratio", "discharge_share", "of_usage_percent", "sewer_return_percent",
)  # fmt: skip
_COUNT = re.compile(r"^(?:per )?([\d,.]+|thousand|hundred|million)?[ -]*(.*)$", re.DOTALL)
_COUNTS = {"thousand": "1000", "hundred": "100", "million": "1000000"}
_STRETCH = (
    ("dwelling", "dwellingUnits"),
    ("household", "dwellingUnits"),
    ("unit", "dwellingUnits"),
    ("month", "months"),
    ("day", "days"),
)


class Terms:
    """The charges so far, and the terms that any of them may use; `scale` money units of the case are one of ours."""

    def __init__(self, scale: Decimal, unit: str, usage: LooseUsage) -> None:
        self.scale = scale
        self.unit = unit
        self.usage = usage
        self.charges: list[Json] = []
        self.start = 0
        self.taxes: set[str] = set()
        self.siblings: set[str] = set()
        self.per: Json = {}
        self.tax_rounding: Json | None = None
        self.subtotal: Json | None = None
        self.untaxed: set[str] = set()
        self.limits_per: Json = {}
        self.prorated: Json = {}

    def add(self, kind: str, name: object, **terms: Any) -> str:  # noqa: ANN401
        """Add a charge under a code of its own, and give the code."""
        taken, base, at = {each["code"] for each in self.charges}, code_of(name), 1
        code = base
        while code in taken or code == "rounding":
            at += 1
            code = f"{base[:20]}-{at}"
        label = re.sub(r"\s+", " ", str(name)).strip()[:60] or code
        self.charges.append({"kind": kind, "code": code, "label": label, **terms})
        return code

    def money(self, value: object) -> str:
        return "0" if bare(value) in {"free", "nil"} else text(number(value) / self.scale)

    def rounding(self, stated: object, default_step: str | None = None) -> Json:
        """Read a rounding of money, whose step is in the collection's money units."""
        rounding = rounding_of(stated, default_step or text(self.usage.minor_step * self.scale))
        return rounding | {"step": text(Decimal(rounding["step"]) / self.scale)}

    def _per(self, source: LooseTariff) -> Json:
        per = source.get("per")
        size = None if per is None else self._size(str(per).lower())
        if size is None:
            return dict(self.per)
        started = "thereof" in str(per).lower() or any(
            source.says(word) for word in ("part_thereof", "or_part_thereof", "started")
        )
        whole = {"quantityRounding": {"mode": "ceiling", "step": size}} if started else {}
        return {"per": size, **whole}

    def _size(self, per: str) -> str | None:
        """How many units of the tariff a rate is for: "1000 gal", "kgal" of a tariff in gal, "hundred cubic feet"."""
        counted = _COUNT.match(per)
        assert counted is not None
        unit = unit_of(counted[2].partition(" or ")[0])
        count = _COUNTS.get(counted[1] or "") or counted[1] or ""
        between = conversion_between(unit, self.unit) if unit not in {"unit", self.unit} else None
        if between is not None:
            each = Fraction(between["multiply"]) / Fraction(between["divide"]) * Fraction(count or "1")
            return text(Decimal(each.numerator) / Decimal(each.denominator))
        return text(count) if count else None

    def _measured(self, source: LooseTariff) -> Json:
        """What trims the quantity: winter average, a share of the use, a cap, a least, what is free."""
        terms: Json = {}
        basis = str(source.get("basis", "")).lower() if "winter" in str(source.raw).lower() else ""
        if source.says("winter_average") or "winter" in basis:
            average = source.get("winter_average", basis)
            self.usage.winter_average_of_use()
            terms["measure"] = "winterAverage"
            if isinstance(average, str) and ("cap" in average or "lesser" in average or "min" in average):
                terms["capMeasure"] = "use"
        measure = source.get("measure", source.get("quantity"))
        if measure is not None and self.usage.measure(measure):
            terms["measure"] = self.usage.measure(measure)
        elif is_number(measure):
            terms["measure"] = self.usage.fixed_measure(source.where, measure)
        for key, ours in (("share", "share"), ("use_cap", "cap"), ("least_use", "least")):
            if source.get(key) is not None and is_number(source.get(key)):
                terms[ours] = text(source.get(key))
        part = first(*(source.get(word) for word in _SHARES))
        if part is not None:
            terms["share"] = text(number(part) / 100 if number(part) > 2 or "%" in str(part) else number(part))
        minimum = source.get("minimum")
        covered = (
            LooseTariff(minimum, source.where).get("included")
            if isinstance(minimum, dict) and "slabs" not in source
            else None
        )
        free = source.get("free" if "slabs" not in source and "schedules" not in source else "free_in_blocks")
        if first(covered, free) is not None:
            terms["included"] = text(first(covered, free))
        rounding = source.get("unit_rounding")
        if rounding is not None:
            terms["quantityRounding"] = rounding_of(rounding, "1")
        return terms

    def _limits(self, source: LooseTariff) -> Json:
        """Limits that stretch with the days, the months or the dwellings."""
        by = bare(
            first(source.get("limits_per"), source.get("slabs_per"), source.get("scale_by"), source.get("scale"), "")
        )
        by = by if by.startswith("person") else by.removeprefix("per")
        measure = _PER_MEASURE.get(by, "dwellingUnits" if "dwelling" in by else self._counted(by))
        if any(
            source.says(word) for word in ("limits_per_dwelling_unit", "per_dwelling_unit", "per_dwelling", "per_edu")
        ):
            measure = "dwellingUnits"
        basis = source.get("slab_days", source.get("days_basis", source.get("limits_days")))
        for key, value in list(source.rest()):
            word = bare(key)
            if "days" in word and is_number(value):
                source.asked.add(key)
                basis = value
            elif any(stem in word for stem in ("scal", "limit", "stretch")) and bare(value) not in {"false", "no"}:
                source.asked.add(key)
                by = f"{word} {bare(value)}"
                measure = next((ours for stem, ours in _STRETCH if stem in by), self._counted(bare(value)) or measure)
        if basis is not None or measure == "days":
            days = int(number(basis)) if basis is not None else 1 if by in {"day", "perday", "daily"} else 30
            limits: Json = {"limitsPer": "days", "daysBasis": days}
        else:
            limits = {"limitsPer": measure} if measure else dict(self.limits_per)
        if limits.get("limitsPer") not in {None, "months"} and self.limits_per.get("limitsPer") == "months":
            limits |= {"limitsTimes": "months"} if limits["limitsPer"] != "days" else {}
        rounding = source.get("limit_rounding")
        return limits | ({"limitRounding": rounding_of(rounding, "1")} if rounding and limits else {})

    def _counted(self, word: str) -> str:
        """Return the measure that limits are counted by: persons, rooms; none where they don't stretch."""
        measure = self.usage.measure(word) if word else None
        return measure if measure not in {None, "use"} else ""

    def _measure_of_per(self, source: LooseTariff) -> str | None:
        per = first(*(source.get(word) for word in ("per", "times", "basis", "frequency", "every", "period", "billed")))
        if per is None or is_number(per):
            return None
        counted = _COUNT.match(str(per).lower().partition(" or part")[0])
        word = bare(counted[2] if counted else per)
        word = word if word.startswith("person") else word.removeprefix("per")
        if word == "unitofuse":
            return "use"
        if word in {"bill", "account", "connection", "meter", "customer"}:
            return None
        if word == "unit" and "dwellingUnits" not in self.usage.known_facts:
            return "use"
        return _PER_MEASURE.get(word) or self.usage.measure(word) or ("use" if word == bare(self.unit) else None)

    def _often(self, source: LooseTariff) -> Json:
        """How often an amount is due: per day, per dwelling, per kW; for the days served."""
        measure = self._measure_of_per(source)
        terms: Json = {"times": measure} if measure else {}
        prorated = source.get("prorated")
        if prorated is not None and bare(prorated) not in {"false", "no", "none"}:
            terms |= {"prorated": True}
        elif prorated is None:
            terms |= self.prorated
        if source.get("days_basis") is not None:
            terms |= {"prorated": True, "daysBasis": int(number(source.get("days_basis")))}
        return terms

    def _when(self, source: LooseTariff, name: object) -> Json:
        when: Json = {}
        if source.number("max_usage") is not None and "slabs" not in source:
            when["useAtMost"] = text(source.get("max_usage"))
        above = source.get("min_usage") if "slabs" not in source else None
        if above is not None:
            when["useAbove"] = text(above)
        if source.get("min_age") is not None:
            when["flag"] = self.usage.flag_by_age(code_of(name), int(number(source.get("min_age"))))
        flag = first(source.get("flag"), source.get("requires"), source.get("eligibility"), source.get("if"))
        condition = first(source.get("condition"), source.get("applies_if"), source.get("only_if"), source.get("when"))
        if isinstance(flag, str):
            when["flag"] = named(flag)
        elif isinstance(condition, str) and self.usage.yes_or_no:
            when["flag"] = named(self.usage.flag_of(condition))
        elif self.usage.find_flag(name):
            when["flag"] = named(self.usage.find_flag(name))
        classes = source.get("classes", source.get("class"))
        if classes is not None:
            when["classes"] = [named(each) for each in (classes if isinstance(classes, list) else [classes])]
        return when

    def _base(self, source: LooseTariff, names: object) -> list[str]:
        """Which charges a percentage is taken of; a word that names no charge stands for those of its sort."""
        if isinstance(names, str):
            names = [part.strip() for part in re.split(r"[+,&]| and ", names)]
        kinds = {each["code"]: each["kind"] for each in self.charges}
        found: list[str] = []
        for name in names if isinstance(names, list) else [names]:
            word, code = bare(name), code_of(name)
            alike = [each for each in kinds if bare(each) == word or bare(each).startswith(word)]
            if word in _EVERYTHING:
                return self._all()
            if code not in kinds and (word in {"all", "bill", "net"} or _BEFORE_TAX.search(word)):
                return self._all(without=self.taxes)
            if code in kinds:
                found.append(code)
            elif alike:
                found += alike
            elif word in _SORTS:
                found += [each for each, kind in kinds.items() if kind in _SORTS[word]]
            else:
                raise ValueError(f"{source.where}: of {name!r}, which is no charge of this tariff: {sorted(kinds)}")
        return list(dict.fromkeys(found)) or ["*"]

    def _all(self, *, without: Iterable[str] = ()) -> list[str]:
        """Every charge of this service so far that is taxed; `*` where that leaves none out."""
        left_out = {*self.untaxed, *without}
        codes = [charge["code"] for charge in self.charges[self.start :] if charge["code"] not in left_out]
        return codes if codes and len(codes) < len(self.charges) else ["*"]

    def _factors(self, minimum: LooseTariff) -> list[Json]:
        factor = minimum.get("factor")
        if factor is None:
            return []
        asked = self.usage.yes_or_no
        return [{"label": "part", "value": text(factor), "when": {"flag": named(asked[0])} if asked else {}}]

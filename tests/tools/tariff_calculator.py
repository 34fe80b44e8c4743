"""A second opinion on bills: the rules of docs/tariffs.md in exact fractions, slow and plain.

It shares no code with the engine and no idea but the guide's. Sheets and uses come in the form of the API; a version is
a sheet with a `validFrom`. Amounts are in whole currency units.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, cached_property
from math import ceil, floor, prod
from typing import Any

Json = dict[str, Any]
Line = tuple[int, str, Fraction]
"""The place of its version among the sheets, the charge's code, and the amount."""

PLACES = {"JPY": 0, "KWD": 3}
NEVER = "9999-12-31"


def bill_of(sheets: list[Json], usage: Json) -> list[Line]:
    """Rate a use by the sheets that are valid on its days, month by month where they say so."""
    whole = Use(usage)
    valid = [at for at, sheet in enumerate(sheets) if whole.days_within(sheet) > 0] if whole.first else [0]
    if len(valid) > 1 and sheets[valid[-1]].get("versionChange") == "by-reading-day":
        last = sheets[valid[-1]] | {"validFrom": "0001-01-01", "validUntil": NEVER}
        return [(valid[-1], code, amount) for _, code, amount in bill_of([last], usage)]
    if whole.periods > 1 and all(sheets[at].get("monthsApart") for at in valid):
        return bill_of(sheets, usage | {"months": whole.months * whole.periods, "periods": 1})
    if whole.periods > 1 and len(valid) > 1:
        return _period_by_period(sheets, whole, sheets[valid[0]])
    apart = [at for at in valid if sheets[at].get("monthsApart") and whole.months > 1]
    lines: list[Line] = []
    if len(apart) == len(valid):
        for number in range(whole.months):
            months = {at: whole.month(number, sheets[at]) for at in valid}
            lines += _one_bill({at: (sheets[at], use) for at, use in months.items() if use.days_within(sheets[at]) > 0})
    elif apart:
        each_whole = sheets[valid[-1]].get("versionChange") == "each-whole"
        for at in valid:
            share = Fraction(whole.days_within(sheets[at]), whole.days)
            months_of_it = [whole.month(n, sheets[at]) for n in range(whole.months)] if at in apart else [whole]
            for use in months_of_it:
                part = Part(sheets[at], use, share, whole.within(sheets[at]), each_whole)
                lines += Bill({at: part}).lines()
    else:
        lines = _one_bill({at: (sheets[at], whole) for at in valid})
    return lines


def _period_by_period(sheets: list[Json], whole: "Use", first: Json) -> list[Line]:
    """Rate the periods one by one; an adjustment that came once counts in the first one whose version has it."""
    lines: list[Line] = []
    taken: set[str] = set()
    for number in range(whole.periods):
        facts = whole.period(number, first)
        valid = [sheet for sheet in sheets if Use(facts).days_within(sheet) > 0]
        have = [{each["code"] for each in sheet["charges"] if each["kind"] == "adjustment"} for sheet in valid]
        by_unit = [
            {each["code"] for each in sheet["charges"] if each["kind"] == "adjustment" and "times" in each}
            for sheet in valid
        ]
        given = set(whole.facts.get("adjustments", {})) & set.union(*have) - taken
        lines += bill_of(sheets, facts | {"taken": sorted(taken)})
        taken |= given - set.union(*by_unit)
    return lines


def _one_bill(versions: dict[int, tuple[Json, "Use"]]) -> list[Line]:
    parts = {}
    change = versions[max(versions)][0].get("versionChange", "by-days")
    for at, (sheet, use) in versions.items():
        days = use.within(sheet) if len(versions) > 1 else use.span
        share = Fraction(len(days), use.days) if len(versions) > 1 else Fraction(1)
        parts[at] = Part(sheet, use, share, days, len(versions) > 1 and change == "each-whole")
    return Bill(parts).lines()


# --- numbers


@cache
def exact(text: Any) -> Fraction:  # noqa: ANN401 - a decimal as the API has it, or a number of days
    return Fraction(str(text))


def to_step(value: Fraction, rounding: Json) -> Fraction:
    """Round to a multiple of the step; half-up goes away from zero."""
    step = exact(rounding["step"])
    steps = value / step
    match rounding.get("mode", "half-up"):
        case "floor":
            return floor(steps) * step
        case "ceiling":
            return ceil(steps) * step
        case "half-even":
            return round(steps) * step
        case _:
            return (floor(abs(steps) + Fraction(1, 2)) * (1 if steps >= 0 else -1)) * step


def in_whole_steps(quantity: Fraction, months: int, number: int, step: Fraction) -> Fraction:
    """Give a month its equal share in whole steps; the first months take what is left, the first one what is finer."""
    steps = floor(quantity / step)
    share = (steps // months + (1 if number < steps % months else 0)) * step
    return share + (quantity - steps * step if number == 0 else 0)


def by_weights(quantity: Fraction, weights: list[int], step: Fraction) -> list[Fraction]:
    """Share whole steps by weights; those left over go to the largest remainders, what is finer to the first share."""
    steps = floor(quantity / step)
    wanted = [Fraction(steps * weight, sum(weights)) for weight in weights]
    shares = [floor(each) for each in wanted]
    by_remainder = sorted(range(len(weights)), key=lambda at: (shares[at] - wanted[at], at))
    for at in by_remainder[: steps - sum(shares)]:
        shares[at] += 1
    return [share * step + (quantity - steps * step if at == 0 else 0) for at, share in enumerate(shares)]


def part_of(charge: Json, percent: Fraction) -> Fraction:
    """The part of a base that a percentage is: of 120 with 20 % in it a sixth, of 80 without it a quarter."""
    return percent / (100 + {"charges": percent, "sum": -percent}.get(charge.get("inside", ""), Fraction(0)))


def within(value: Fraction, limit: Json) -> bool:
    """Whether a value is above one bound and at most another."""
    return not ("above" in limit and value <= exact(limit["above"])) and not (
        "atMost" in limit and value > exact(limit["atMost"])
    )


# --- a use


@dataclass
class Use:
    """The use of a period, or of one of its months."""

    facts: Json
    of_month: Json = field(default_factory=dict)

    @property
    def first(self) -> date | None:
        return date.fromisoformat(self.facts["firstDay"]) if "firstDay" in self.facts else None

    @property
    def months(self) -> int:
        return int(self.facts.get("months", 1))

    @property
    def periods(self) -> int:
        return int(self.facts.get("periods", 1))

    @property
    def span(self) -> list[date]:
        first = self.first
        return [] if first is None else [first + timedelta(days=n) for n in range(self.days)]

    @property
    def days(self) -> int:
        if self.first is None:
            return int(self.facts.get("days", 30 * self.months * self.periods))
        return (date.fromisoformat(self.facts["untilDay"]) - self.first).days

    def within(self, sheet: Json) -> list[date]:
        return [day for day in self.span if sheet["validFrom"] <= day.isoformat() < sheet.get("validUntil", NEVER)]

    def days_within(self, sheet: Json) -> int:
        return len(self.within(sheet)) if self.first else 1

    def measure(self, name: str) -> Fraction:
        """Give a whole measure, other than the use, which depends on the tariff's unit."""
        own = {"days": self.days, "months": self.months, "dwellingUnits": self.facts.get("dwellingUnits", "1")}
        if name in own:
            return exact(own[name])
        return exact(self.facts["winterAverage"] if name == "winterAverage" else self.facts["measures"][name])

    def priced(self, name: str) -> Fraction:
        """Give what a charge prices of a measure: of one month out of several, its share."""
        if name in self.of_month:
            return Fraction(self.of_month[name])
        return exact(self.facts["shares"][name]) if name in self.facts.get("shares", {}) else self.measure(name)

    def month(self, number: int, sheet: Json) -> "Use":
        """Take one month out of a use of several."""
        step = exact(sheet["quantityRounding"]["step"]) if "quantityRounding" in sheet else Fraction(1)

        def share(quantity: Fraction) -> Fraction:
            return in_whole_steps(quantity, self.months, number, step)

        lengths = self._lengths(self.months)
        facts = self.facts | {"months": 1, "quantity": str(share(exact(self.facts["quantity"])))}
        if self.first is not None:
            start = self.first + timedelta(days=sum(lengths[:number]))
            facts |= {"firstDay": start.isoformat(), "untilDay": (start + timedelta(days=lengths[number])).isoformat()}
        else:
            facts["days"] = lengths[number]
        if "periodDays" in facts:
            equal = [
                int(in_whole_steps(exact(facts["periodDays"]), self.months, n, Fraction(1))) for n in range(self.months)
            ]
            facts["periodDays"] = (lengths if facts["periodDays"] == self.days else equal)[number]
        once = {each["code"] for each in sheet["charges"] if each["kind"] == "adjustment" and "times" not in each}
        given = self.facts.get("adjustments", {})
        facts["taken"] = [*facts.get("taken", []), *(code for code in given if code in once and number > 0)]
        kinds = {each["name"]: each.get("kind") for each in sheet.get("measures", [])}
        names = [name for name in self.facts.get("measures", {}) if kinds.get(name) != "peak"]
        names += ["winterAverage"] if "winterAverage" in self.facts else []
        shares = {name: share(self.measure(name)) for name in names}
        stated = {name: str(part) for name, part in shares.items() if kinds.get(name) == "sum"}
        return Use(facts | {"measures": self.facts.get("measures", {}) | stated}, shares)

    def period(self, number: int, sheet: Json) -> Json:
        """Take one period out of a use of several, with its days' share of what is measured."""
        lengths = self._lengths(self.periods)
        first = self.first
        assert first is not None
        start = first + timedelta(days=sum(lengths[:number]))
        facts = self.facts | {"periods": 1, "firstDay": start.isoformat()}
        facts["untilDay"] = (start + timedelta(days=lengths[number])).isoformat()
        kinds = {each["name"]: each.get("kind") for each in sheet.get("measures", [])}

        def share(quantity: Fraction, step: Fraction = Fraction(1, 10**6)) -> Fraction:
            return by_weights(quantity, lengths, step)[number]

        facts["quantity"] = str(share(exact(self.facts["quantity"])))
        given = {name: exact(value) for name, value in self.facts.get("measures", {}).items()}
        parts = {name: share(value) for name, value in given.items() if kinds.get(name) != "peak"}
        facts["measures"] = {
            name: str(parts[name] if kinds.get(name) == "sum" else value) for name, value in given.items()
        }
        if "periodDays" in facts:
            facts["periodDays"] = int(share(exact(facts["periodDays"]), Fraction(1)))
        return facts | {"shares": {name: str(part) for name, part in parts.items()}}

    def _lengths(self, number: int) -> list[int]:
        if self.first is not None:
            months = self.months * self.periods // number
            borders = [self._months_on(n * months) for n in range(number + 1)]
            if borders[-1].isoformat() == self.facts["untilDay"]:
                return [(borders[n + 1] - borders[n]).days for n in range(number)]
        return [int(in_whole_steps(Fraction(self.days), number, n, Fraction(1))) for n in range(number)]

    def _months_on(self, number: int) -> date:
        first = self.first
        assert first is not None
        year, month = first.year + (first.month - 1 + number) // 12, (first.month - 1 + number) % 12 + 1
        return date(year, month, min(first.day, monthrange(year, month)[1]))


# --- a version's part of a bill


@dataclass
class Part:
    """One version, the use that it rates, its share of the days, and which days these are."""

    sheet: Json
    use: Use
    share: Fraction
    days: list[date]
    whole_blocks: bool = False

    @cached_property
    def charges(self) -> dict[str, Json]:
        return {each["code"]: each for each in self.sheet["charges"]}

    @cached_property
    def quantity(self) -> Fraction:
        """The use in the tariff's unit."""
        return self.measured_use / self.use.periods

    @property
    def measured_use(self) -> Fraction:
        """The same of all periods that were not read apart."""
        quantity = exact(self.use.facts["quantity"])
        if self.use.facts["unit"] != self.sheet["unit"]:
            rule = next(each for each in self.sheet["conversions"] if each["fromUnit"] == self.use.facts["unit"])
            quantity *= exact(rule.get("multiply", "1")) / exact(rule.get("divide", "1"))
            if "timesMeasure" in rule:
                quantity *= self.use.measure(rule["timesMeasure"])
        return to_step(quantity, self.sheet["quantityRounding"]) if "quantityRounding" in self.sheet else quantity

    @cached_property
    def kinds(self) -> dict[str, str]:
        return {each["name"]: each.get("kind", "") for each in self.sheet.get("measures", [])}

    def measure(self, name: str) -> Fraction:
        """A measure that multiplies: of one period, if it is a sum."""
        if name == "use":
            return self.quantity
        return self.use.measure(name) / (self.use.periods if name == "days" or self.kinds.get(name) == "sum" else 1)

    def priced(self, name: str) -> Fraction:
        """A measure that is priced: of one period, unless it is a level."""
        if name in {"use", "days"}:
            return self.measure(name)
        level = name in {"months", "dwellingUnits", "winterAverage"} or self.kinds.get(name) == "peak"
        return self.use.priced(name) / (1 if level else self.use.periods)

    @cached_property
    def fixed_charged(self) -> bool:
        return bool(self.use.facts.get("fixedCharged"))

    def charged_already(self, charge: Json) -> bool:
        """Whether an earlier bill of the period has charged all of this."""
        if not self.fixed_charged:
            return False
        of_use = {"use", "days"} | {name for name, kind in self.kinds.items() if kind == "sum"}
        of_period = {"months", "dwellingUnits"} | {name for name, kind in self.kinds.items() if kind == "peak"}
        match charge["kind"]:
            case "fixed" | "minimum":
                return not charge.get("prorated") and charge.get("times") not in of_use
            case "usage":
                return charge.get("measure") in of_period and charge.get("times") not in {"use", "days"}
            case "blocks" | "schedules":
                return charge.get("measure") in of_period
        return False

    def meets(self, when: Json | None) -> bool:
        facts = self.use.facts
        when = when or {}
        tests: dict[str, Callable[[Any], bool]] = {
            "useAbove": lambda limit: self.quantity > exact(limit),
            "useAtMost": lambda limit: self.quantity <= exact(limit),
            "flag": lambda flag: flag in facts.get("flags", []),
            "withoutFlag": lambda flag: flag not in facts.get("flags", []),
            "classes": lambda classes: facts.get("consumerClass") in classes,
            "meterSizes": lambda sizes: facts.get("meterSize") in sizes,
            "measures": lambda limits: all(within(self.priced(each["measure"]), each) for each in limits),
            "amounts": lambda _: True,
        }
        return all(tests[name](value) for name, value in when.items())

    def in_season(self, charge: Json) -> Fraction:
        season = charge.get("season")
        if season is None:
            return Fraction(1)
        start, end = season["fromDay"], season["untilDay"]
        names = [day.isoformat()[5:] for day in self.days]
        inside = [start <= name < end if start < end else name >= start or name < end for name in names]
        return Fraction(sum(inside), len(inside))

    def factor(self, charge: Json) -> Fraction:
        """The factors that hold and the season, without the share of the days."""
        met = [exact(each["value"]) for each in charge.get("factors", []) if self.meets(each["when"])]
        rates_take_them = "rateRounding" in charge
        return (Fraction(1) if rates_take_them else prod(met, start=Fraction(1))) * self.in_season(charge)

    def rate(self, charge: Json, stated: str) -> Fraction:
        """A rate or amount, after the factors if it is then rounded."""
        if "rateRounding" not in charge:
            return exact(stated)
        met = [exact(each["value"]) for each in charge.get("factors", []) if self.meets(each["when"])]
        return to_step(exact(stated) * prod(met, start=Fraction(1)), charge["rateRounding"])

    def amount_of(self, charge: Json) -> Fraction:
        """The amount of a fixed charge, a minimum or a maximum, for its days and times."""
        sizes = charge.get("byMeterSize", {})
        stated = sizes.get(self.use.facts.get("meterSize"), charge.get("amount"))
        amount = self.rate(charge, stated)
        if "times" in charge:
            amount *= self.measure(charge["times"])
        if charge.get("prorated"):
            basis = charge.get("daysBasis") or self.use.facts.get("periodDays") or self.use.days
            if charge.get("daysBasis"):
                basis *= self.use.periods
            amount *= Fraction(self.use.days, basis)
        return amount

    def trimmed(self, charge: Json) -> Fraction:
        """The quantity that a charge prices."""
        in_full = charge.get("times") in {"days", "months"}

        def of(name: str) -> Fraction:
            return self.measure(name) if in_full else self.priced(name)

        quantity = of(charge.get("measure", "use")) * exact(charge.get("share", "1"))
        limits = [exact(charge["cap"])] if "cap" in charge else []
        limits += [of(charge["capMeasure"])] if "capMeasure" in charge else []
        quantity = min([quantity, *limits])
        leasts = [exact(charge["least"])] if "least" in charge else []
        leasts += [of(charge["leastMeasure"])] if "leastMeasure" in charge else []
        leasts = [] if self.fixed_charged else leasts
        quantity = max(max([quantity, *leasts]) - exact(charge.get("included", "0")), Fraction(0))
        return to_step(quantity, charge["quantityRounding"]) if "quantityRounding" in charge else quantity

    def stretch(self, charge: Json) -> Fraction:
        if "limitsPer" not in charge:
            return Fraction(1)
        stretch = self.measure(charge["limitsPer"])
        if charge["limitsPer"] == "days":
            stretch /= charge.get("daysBasis", 30)
        more = charge.get("limitsTimes", [])
        return stretch * prod(
            (self.measure(each) for each in ([more] if isinstance(more, str) else more)), start=Fraction(1)
        )

    def limit(self, block: Json) -> Fraction:
        """The upper limit of a block, with the parts of it that are an amount for each unit of measures."""
        parts = (
            exact(each["amount"]) * prod((self.measure(name) for name in each["times"]), start=Fraction(1))
            for each in block.get("upToPlus", [])
        )
        return sum(parts, exact(block["upTo"]))

    def in_blocks(self, charge: Json, blocks: list[Json], mode: str) -> Fraction:
        quantity, stretch = self.trimmed(charge), self.stretch(charge)
        quantity *= self.share if self.whole_blocks else 1
        per = exact(charge.get("per", "1"))
        amount = Fraction(0)
        reached = Fraction(0)
        for at, block in enumerate(blocks):
            limit = None if block["upTo"] is None else self.limit(block) * stretch
            if limit is not None and "limitRounding" in charge:
                limit = to_step(limit, charge["limitRounding"])
            if limit is not None and limit <= reached:
                continue
            if at and reached and quantity <= reached:
                break
            rate = self.rate(charge, block["rate"])
            flat = Fraction(0) if self.fixed_charged else self.rate(charge, block.get("flat", "0"))
            if mode == "whole":
                amount = quantity * rate / per + flat
            else:
                inside = quantity - reached if limit is None else min(quantity, limit) - reached
                amount += inside * rate / per + flat
            if limit is None:
                break
            reached = limit
        return amount

    def gross(self, charge: Json) -> Fraction | None:
        """What a charge of its own quantity or amount comes to, or None."""
        match charge["kind"]:
            case "fixed":
                amount = self.amount_of(charge)
            case "usage":
                amount = self.trimmed(charge) * self.rate(charge, charge["rate"]) / exact(charge.get("per", "1"))
                amount *= self.measure(charge["times"]) if "times" in charge else 1
            case "blocks":
                amount = self.in_blocks(charge, charge["blocks"], charge.get("mode", "telescopic"))
            case "schedules":
                quantity, stretch = self.trimmed(charge), self.stretch(charge)
                quantity *= self.share if self.whole_blocks else 1
                fitting = [
                    each
                    for each in charge["schedules"]
                    if each["upTo"] is None or quantity <= exact(each["upTo"]) * stretch
                ]
                amount = self.in_blocks(charge, fitting[0]["blocks"], fitting[0].get("mode", "telescopic"))
            case _:
                came = charge["code"] in self.use.facts.get("adjustments", {})
                default = None if self.fixed_charged and "times" not in charge else charge.get("amount")
                given = self.use.facts["adjustments"][charge["code"]] if came else default
                if given is None or charge["code"] in self.use.facts.get("taken", []):
                    return None
                if came and "times" not in charge:
                    return exact(given) * self.factor(charge) * self.share
                amount = exact(given) * (self.measure(charge["times"]) if "times" in charge else 1)
        if self.whole_blocks and charge["kind"] in {"blocks", "schedules"}:
            return amount * self.factor(charge) * self.use.periods
        return amount * self.factor(charge) * self.weight

    def value_for(self, charge: Json) -> Fraction | None:
        """What a percentage is looked up for; nothing if it is a ratio to nothing. Of other charges: any number."""
        table = charge.get("percentTable")
        if table is None:
            return Fraction(0)
        value = self.priced(table["measure"])
        if "perMeasure" in table:
            other = self.priced(table["perMeasure"])
            if other == 0:
                return None
            value /= other
        return to_step(value, table["rounding"]) if "rounding" in table else value

    def percent(self, charge: Json) -> Fraction:
        """The percentage: stated, or of the row that the value falls in, with its whole steps."""
        if "percentTable" not in charge:
            return exact(charge["percent"])
        value = self.value_for(charge)
        assert value is not None
        rows = charge["percentTable"]["rows"]
        row = [each for each in rows if each["over"] == "0" or value > exact(each["over"])][-1]
        if "steps" not in row:
            return exact(row["percent"])
        steps = row["steps"]
        distance = exact(row["upTo"]) - value if steps["direction"] == "down" else value - exact(row["over"])
        return exact(row["percent"]) + floor(distance / exact(steps["size"])) * exact(steps["percent"])

    @property
    def weight(self) -> Fraction:
        """How many periods this part stands for: a share of one, or several."""
        return self.share * self.use.periods

    # --- rounding

    @property
    def smallest(self) -> Fraction:
        return Fraction(1, 10 ** PLACES.get(self.sheet["currency"], 2))

    @property
    def only_total(self) -> bool:
        plan = self.sheet.get("rounding", {})
        return "total" in plan and "line" not in plan

    def rounding(self, charge: Json) -> Json:
        plan = self.sheet.get("rounding", {})
        if charge["kind"] == "subtotal":
            return dict(charge["to"])
        mode = plan["total"].get("mode", "half-up") if self.only_total else "half-up"
        return dict(charge.get("rounding") or plan.get("line") or {"mode": mode, "step": str(self.smallest)})

    def carries_exact(self, charge: Json) -> bool:
        return self.only_total and "rounding" not in charge

    def named(self, charge: Json) -> list[str]:
        above = list(self.charges)[: list(self.charges).index(charge["code"])]
        counted = [code for code in above if not self.only_says(code)]
        return counted if charge["of"] == ["*"] else list(charge["of"])

    def only_says(self, code: str) -> bool:
        return "informational" in self.charges[code]


# --- a bill


@dataclass
class Bill:
    """The parts of one bill. Charges are worked out when something asks for them, a charge of all parts at once."""

    parts: dict[int, Part]
    printed: dict[tuple[int, str], Fraction] = field(default_factory=dict)
    seen: dict[tuple[int, str], Fraction] = field(default_factory=dict)

    def lines(self) -> list[Line]:
        for at, part in self.parts.items():
            for code in part.charges:
                self._work_out(at, code)
        last = max(self.parts)
        plan = self.parts[last].sheet.get("rounding", {})
        if "total" in plan:
            whole = to_step(self._counted(self.seen), plan["total"])
            difference = whole - self._counted(self.printed)
            if difference:
                self.printed[last, "rounding"] = difference
        order = [(at, code) for at, part in self.parts.items() for code in [*part.charges, "rounding"]]
        return [(*place, self.printed[place]) for place in order if place in self.printed]

    def _counted(self, amounts: dict[tuple[int, str], Fraction]) -> Fraction:
        """Add the amounts that are not only for information."""
        said = {(at, code) for at, part in self.parts.items() for code in part.charges if part.only_says(code)}
        return sum((amount for place, amount in amounts.items() if place not in said), Fraction(0))

    def _work_out(self, at: int, code: str) -> None:
        if (at, code) in self.seen:
            return
        charge = self.parts[at].charges[code]
        alike = [
            other
            for other, part in self.parts.items()
            if code in part.charges and self._joins(other, part.charges[code]) == self._joins(at, charge)
        ]
        for other in alike:
            self.seen[other, code] = Fraction(0)
            limits = self.parts[other].charges[code].get("when", {}).get("amounts", [])
            for of in [*self._named(other, code), *(each for limit in limits for each in limit["of"])]:
                self._work_out(other, of)
        charged = [each for each in alike if self._counts(each, code)]
        charged = [each for each in charged if self.parts[each].value_for(self.parts[each].charges[code]) is not None]
        match charge["kind"]:
            case "percent":
                self._percent(charged, code)
            case "minimum" | "maximum":
                self._bound(charged, code)
            case "subtotal":
                self._subtotal(charged, code)
            case _:
                gross = {each: self.parts[each].gross(self.parts[each].charges[code]) for each in charged}
                self._print(code, {each: amount for each, amount in gross.items() if amount is not None})

    def _joins(self, at: int, charge: Json) -> tuple[str, Fraction, str, bool, bool]:
        rounding = self.parts[at].rounding(charge)
        exactly = self.parts[at].carries_exact(charge)
        says = "informational" in charge
        return charge["kind"], exact(rounding["step"]), rounding.get("mode", "half-up"), exactly, says

    def _named(self, at: int, code: str) -> list[str]:
        charge = self.parts[at].charges[code]
        return self.parts[at].named(charge) if "of" in charge else []

    def _counts(self, at: int, code: str) -> bool:
        part = self.parts[at]
        for limit in part.charges[code].get("when", {}).get("amounts", []):
            named = part.named({"code": code, "of": limit["of"]})
            amount = sum((self.seen.get((at, each), Fraction(0)) for each in named), Fraction(0))
            if not within(amount / part.weight, limit):
                return False
        return (
            not part.charged_already(part.charges[code])
            and part.meets(part.charges[code].get("when"))
            and part.in_season(part.charges[code]) > 0
        )

    def _sum(self, at: int, code: str) -> Fraction:
        return sum((self.seen[at, named] for named in self._named(at, code)), Fraction(0))

    def _print(self, code: str, amounts: dict[int, Fraction], *, together: bool = False) -> None:
        """Round amounts: of a charge that is unchanged, or bounded, as one; of a changed one each part."""
        left = list(amounts)
        while left:
            charges = {each: self.parts[each].charges[code] for each in left}
            one = [each for each in left if together or charges[each] == charges[left[0]]]
            left = [each for each in left if each not in one]
            rounding = self.parts[one[0]].rounding(charges[one[0]])
            step = exact(rounding["step"])
            whole = sum((amounts[each] for each in one), Fraction(0))
            sign = -1 if whole < 0 else 1
            shares = {each: floor(sign * amounts[each] / step) for each in one}
            over = int(sign * to_step(whole, rounding) / step) - sum(shares.values())
            largest = sorted(one, key=lambda each: (shares[each] - sign * amounts[each] / step, each))
            for each in one:
                printed = sign * (shares[each] + (1 if each in largest[:over] else 0)) * step
                self.printed[each, code] = printed
                exactly = self.parts[each].carries_exact(charges[each])
                self.seen[each, code] = amounts[each] if exactly else printed

    def _percent(self, charged: list[int], code: str) -> None:
        parts, charges = self.parts, {each: self.parts[each].charges[code] for each in charged}
        bases = {}
        for each in charged:
            base, free, use = self._sum(each, code), charges[each].get("exemptUse"), parts[each].quantity
            if free is not None:
                base = base * (use - exact(free)) / use if use > exact(free) else Fraction(0)
            bases[each] = base
        exempting = [each for each in charged if "exemptAmount" in charges[each]]
        free_amount = sum(
            (exact(charges[each]["exemptAmount"]) * parts[each].weight for each in exempting), Fraction(0)
        )
        whole = sum((bases[each] for each in exempting), Fraction(0))
        for each in exempting:
            bases[each] = bases[each] * (whole - free_amount) / whole if whole > free_amount else Fraction(0)
        amounts = {
            each: bases[each]
            * part_of(charges[each], parts[each].percent(charges[each]))
            * parts[each].factor(charges[each])
            for each in charged
        }
        bounded = False
        for bound in ("atMost", "atLeast"):
            having = [
                each
                for each in charged
                if bound in charges[each] and not (bound == "atLeast" and parts[each].fixed_charged)
            ]
            size = sum((exact(charges[each][bound]) * parts[each].weight for each in having), Fraction(0))
            amount = sum((amounts[each] for each in having), Fraction(0))
            if having and (abs(amount) > size if bound == "atMost" else abs(amount) < size):
                credit = amount < 0 or (amount == 0 and parts[having[0]].percent(charges[having[0]]) < 0)
                for each in having:
                    amounts[each] = exact(charges[each][bound]) * parts[each].weight * (-1 if credit else 1)
                bounded = True
        self._print(code, amounts, together=bounded)

    def _bound(self, charged: list[int], code: str) -> None:
        if not charged:
            return
        parts, charges = self.parts, {each: self.parts[each].charges[code] for each in charged}
        target = sum(
            (
                parts[each].amount_of(charges[each]) * parts[each].factor(charges[each]) * parts[each].weight
                for each in charged
            ),
            Fraction(0),
        )
        missing = target - sum((self._sum(each, code) for each in charged), Fraction(0))
        last = charged[-1]
        if (missing > 0) if charges[last]["kind"] == "minimum" else (missing < 0):
            printed = to_step(missing, parts[last].rounding(charges[last]))
            self.seen[last, code] = missing if parts[last].carries_exact(charges[last]) else printed
            if printed:
                self.printed[last, code] = printed

    def _subtotal(self, charged: list[int], code: str) -> None:
        if not charged:
            return
        last = charged[-1]
        whole = sum((self._sum(each, code) for each in charged), Fraction(0))
        on_lines = sum(
            (self.printed.get((each, named), Fraction(0)) for each in charged for named in self._named(each, code)),
            Fraction(0),
        )
        rounded = to_step(whole, self.parts[last].charges[code]["to"])
        self.seen[last, code] = rounded - whole
        if rounded != on_lines:
            self.printed[last, code] = rounded - on_lines

"""Random tariffs in the form of the API, each in one or more versions, with a use to rate by them."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

Json = dict[str, Any]

CURRENCIES = {"PHP": ("0.01", "0.05", "1", "10"), "JPY": ("1", "5", "10"), "KWD": ("0.001", "0.005", "0.1")}
MODES = ("half-up", "half-even", "floor", "ceiling")
FREE = ("peak", "persons", "kw")
FLAGS, CLASSES, SIZES = ("senior", "school"), ("home", "shop"), ("13", "20")


def random_case(seed: int) -> tuple[list[Json], Json]:
    """Give the versions of a tariff and a use."""
    return Dice(seed).case()


class Dice(Random):
    """A generator of its own, so that a seed gives the same case for ever."""

    def case(self) -> tuple[list[Json], Json]:
        currency = self.choice(list(CURRENCIES))
        usage = self.usage()
        sheet = self.sheet(currency)
        sheets = [sheet]
        for change in self.changes(usage):
            sheets[-1]["validUntil"] = change
            following = self.changed(sheet) if self.maybe(0.5) else dict(sheet)
            following.pop("validUntil", None)
            sheets.append(following | {"validFrom": change})
        given = {each["code"] for sheet in sheets for each in sheet["charges"] if each["kind"] == "adjustment"}
        if given and self.maybe(0.5):
            usage["adjustments"] = {code: self.decimal(30, 2) for code in sorted(given)}
        if self.maybe(0.25):
            usage["periods"] = self.choice([2, 2, 3])
            self.lengthen(usage)
        usage |= self.some(0.1, fixedCharged=True)
        if self.maybe(0.3):
            kinds = {"peak": self.choice(["sum", "peak"]), "persons": "peak", "kw": self.choice(["sum", "peak"])}
            for sheet in sheets:
                sheet["measures"] = [each | {"kind": kinds[each["name"]]} for each in sheet["measures"]]
        self.add_conditions(sheets)
        self.add_taxes_in_the_price(sheets)
        self.add_budgets_and_tables(sheets)
        if self.maybe(0.4):
            change = self.choice(["by-days", "each-whole", *([] if "adjustments" in usage else ["by-reading-day"])])
            for sheet in sheets:
                sheet["versionChange"] = change
        return sheets, usage

    def add_conditions(self, sheets: list[Json]) -> None:
        """Add conditions on measures and amounts, the same to a charge in every version, and rates below zero."""
        for sheet in sheets:
            charges: list[Json] = []
            for at, charge in enumerate(sheet["charges"]):
                own = Random(f"{charge['code']}{self.steps}{len(sheets)}")
                more: Json = {}
                if own.random() < 0.1:
                    more["measures"] = [{"measure": own.choice(FREE), "above": "2"}]
                if at and own.random() < 0.1:
                    of = [each["code"] for each in sheet["charges"][:at]][:2]
                    more["amounts"] = [{"of": of, own.choice(["above", "atMost"]): "50"}]
                changed = charge | {"when": charge.get("when", {}) | more} if more else charge
                if changed["kind"] == "blocks" and len(changed["blocks"]) > 1 and own.random() < 0.2:
                    low = changed["blocks"][0]
                    changed = changed | {"blocks": [low | {"rate": f"-{low['rate']}"}, *changed["blocks"][1:]]}
                charges.append(changed)
            sheet["charges"] = charges

    def add_taxes_in_the_price(self, sheets: list[Json]) -> None:
        """Put percentages inside, add lines that only inform, and let some charges only inform."""
        for sheet in sheets:
            charges: list[Json] = []
            for charge in sheet["charges"]:
                own = Random(f"{charge['code']}{self.steps}{len(sheets)}inside")
                inside: Json = {}
                if charge["kind"] == "percent" and own.random() < 0.3:
                    inside = {"inside": "sum"} if own.random() < 0.6 else {"inside": "charges", "informational": True}
                elif "of" not in charge and own.random() < 0.05:
                    inside = {"informational": True}
                charges.append(charge | inside)
            if self.maybe(0.1):
                of = [each["code"] for each in charges]
                charges.append({"kind": "percent", "code": "said", "label": "s", "percent": "18", "of": of})
                charges[-1]["informational"] = True
            said = {each["code"] for each in charges if "informational" in each}
            sheet["charges"] = [each if "informational" in each else self.without(each, said) for each in charges]

    def add_budgets_and_tables(self, sheets: list[Json]) -> None:
        """Let limits have parts by measures, stretch with three, and percentages be looked up."""
        for sheet in sheets:
            for charge in sheet["charges"]:
                own = Dice(f"{charge['code']}{self.steps}{len(sheets)}table")
                if charge["kind"] == "percent" and own.maybe(0.25) and "percent" in charge:
                    charge.pop("percent")
                    charge["percentTable"] = own.table()
                lists = [charge.get("blocks", []), *(each["blocks"] for each in charge.get("schedules", []))]
                if own.maybe(0.3):
                    for blocks in lists:
                        blocks[:] = [own.with_budget(each) for each in blocks]
                if "limitsTimes" in charge and own.maybe(0.4):
                    names = {"dwellingUnits", "persons", "months"} - {charge["limitsPer"]}
                    charge["limitsTimes"] = sorted(names)

    def with_budget(self, block: Json) -> Json:
        if block["upTo"] is None or self.maybe(0.4):
            return block
        parts = [
            {"amount": self.decimal(3, 2), "times": self.sample(["persons", "days", "kw", "dwellingUnits", "peak"], n)}
            for n in self.choice([(1,), (2,), (1, 2)])
        ]
        return block | {"upToPlus": parts}

    def table(self) -> Json:
        """Percentages from -40 to 60, by a measure or by a ratio."""
        limits = ["0", *sorted(self.sample(["0.5", "0.85", "0.9", "1.1", "3", "20"], self.randint(1, 3)), key=Decimal)]
        rows: list[Json] = []
        for at, limit in enumerate(limits):
            row: Json = {"over": limit, "upTo": [*limits, None][at + 1], "percent": f"{self.randint(-20, 40)}"}
            if row["upTo"] is not None and self.maybe(0.5):
                size = f"{(Decimal(row['upTo']) - Decimal(limit)) / 20:.3f}"
                row["steps"] = {"size": size, "percent": "-0.5", "direction": self.choice(["down", "up"])}
            rows.append(row)
        measures = self.sample(["use", "peak", "kw", "persons"], 2)
        table = {"measure": measures[0], "rows": rows} | self.some(0.7, perMeasure=measures[1])
        return table | self.some(0.5, rounding=lambda: {"mode": self.choice(MODES), "step": "0.01"})

    def without(self, charge: Json, said: set[str]) -> Json:
        """A charge that counts does not name one that only informs."""
        charge = dict(charge)
        if "of" in charge:
            charge["of"] = [code for code in charge["of"] if code not in said] or ["*"]
        amounts = charge.get("when", {}).get("amounts", [])
        if any(said & set(each["of"]) for each in amounts):
            charge["when"] = {name: value for name, value in charge["when"].items() if name != "amounts"}
        return charge

    def lengthen(self, usage: Json) -> None:
        """Make the days those of several periods, some of them of whole months."""
        first, until = date.fromisoformat(usage["firstDay"]), date.fromisoformat(usage["untilDay"])
        days = (until - first).days * (usage["periods"] - 1)
        whole = (until.replace(day=1) + timedelta(days=32 * usage["months"] * (usage["periods"] - 1))).replace(day=1)
        later = whole.replace(day=first.day) if self.maybe(0.5) else until + timedelta(days=days)
        usage["untilDay"] = max(later, first + timedelta(days=usage["months"] * usage["periods"])).isoformat()
        if "periodDays" in usage:
            usage["periodDays"] *= usage["periods"]

    def maybe(self, chance: float) -> bool:
        return self.random() < chance

    def decimal(self, most: int, places: int) -> str:
        return f"{self.randint(0, most * 10**places) / 10**places:.{self.randint(0, places)}f}"

    def above_zero(self, most: int, places: int) -> str:
        return f"{self.randint(1, most * 10**places) / 10**places:.{places}f}"

    def some(self, chance: float, **facts: Any) -> Json:  # noqa: ANN401
        """Give each of the facts with a chance; a fact may be made only then."""
        return {name: each() if callable(each) else each for name, each in facts.items() if self.maybe(chance)}

    # --- uses

    def usage(self) -> Json:
        months = self.choice([1, 1, 1, 2, 2, 3, 4])
        first = date(2025, self.randint(1, 12), self.choice([1, 1, 1, self.randint(1, 28)]))
        month = first.month - 1 + months
        until = date(first.year + month // 12, month % 12 + 1, first.day)
        if self.maybe(0.2):
            until += timedelta(days=self.randint(-5, 9))
        days = (until - first).days
        return {
            "quantity": self.choice(["0", "10", self.decimal(60, 3), self.decimal(200, 0)]),
            "unit": self.choice(["m3", "m3", "m3", "gal"]),
            "firstDay": first.isoformat(),
            "untilDay": until.isoformat(),
            "months": months,
            "dwellingUnits": self.choice(["1", "1", "2", "3.5"]),
            "meterSize": self.choice(SIZES),
            "consumerClass": self.choice(CLASSES),
            "winterAverage": self.decimal(60, 1),
            "flags": [flag for flag in FLAGS if self.maybe(0.4)],
            "measures": {"peak": self.decimal(200, 1), "persons": str(self.randint(1, 6)), "kw": self.decimal(9, 2)},
            **self.some(0.3, periodDays=lambda: days + self.choice([0, 0, 3, 10])),
        }

    def changes(self, usage: Json) -> list[str]:
        first, until = date.fromisoformat(usage["firstDay"]), date.fromisoformat(usage["untilDay"])
        borders = [day for n in range(1, (until - first).days) if (day := first + timedelta(days=n)).day == first.day]
        days = [first + timedelta(days=n) for n in range(1, (until - first).days)]
        chosen = {
            self.choice(borders if borders and self.maybe(0.4) else days) for _ in range(self.choice([0, 1, 1, 2]))
        }
        return [day.isoformat() for day in sorted(chosen)]

    # --- sheets

    def sheet(self, currency: str) -> Json:
        self.steps = CURRENCIES[currency]
        charges = [self.own_charge(f"c{number}") for number in range(self.randint(1, 5))]
        for number in range(self.randint(0, 5)):
            charges.append(self.other_charge(f"d{number}", [each["code"] for each in charges]))
        plan = self.choice(
            [{}, {}, {"line": self.money()}, {"total": self.money()}, {"line": self.money(), "total": self.money()}]
        )
        return {
            "name": "Any",
            "currency": currency,
            "unit": "m3",
            "validFrom": "2024-01-01",
            "charges": charges,
            "measures": [{"name": name, "label": name, "unit": "unit"} for name in FREE],
            "conversions": [{"fromUnit": "gal", "divide": "3.5"} | self.some(0.3, multiply="1.25", timesMeasure="kw")],
            "rounding": plan,
            **self.some(0.15, quantityRounding=self.quantity_rounding),
            **self.some(0.25, monthsApart=True),
        }

    def changed(self, sheet: Json) -> Json:
        """Change some charges of a sheet, leave some out and put one in; the order stays."""
        charges = [self.changed_charge(each) for each in sheet["charges"] if self.maybe(0.85)]
        if self.maybe(0.3):
            charges.insert(0, self.own_charge("new"))
        if not charges or "of" in charges[0]:
            charges.insert(0, self.own_charge("first"))
        codes = {each["code"] for each in charges}
        for charge in charges:
            if "of" in charge and charge["of"] != ["*"]:
                charge["of"] = [code for code in charge["of"] if code in codes] or ["*"]
        return sheet | {"charges": charges} | self.some(0.1, rounding={}, monthsApart=False)

    def changed_charge(self, charge: Json) -> Json:
        fate = self.random()
        if fate < 0.1 and charge["kind"] != "subtotal":
            return charge | {"rounding": self.money()}
        if fate > 0.6:
            return dict(charge)
        amounts = [name for name in ("rate", "amount", "percent", "atMost", "exemptAmount") if name in charge]
        changed = charge | {name: self.decimal(20, 2) for name in amounts}
        if "atMost" in changed:
            changed.pop("atLeast", None)
        return changed

    # --- charges

    def own_charge(self, code: str) -> Json:
        kind = self.choice(
            [self.fixed, self.used, self.used, self.in_blocks, self.in_blocks, self.schedules, self.adjustment]
        )
        return self.terms(code) | self.some(0.15, season=self.season) | kind()

    def terms(self, code: str) -> Json:
        return {
            "code": code,
            "label": code,
            **self.some(0.15, when=self.condition),
            **self.some(0.2, factors=lambda: [self.factor() for _ in range(self.randint(1, 2))]),
            **self.some(0.1, rounding=self.money),
        }

    def fixed(self) -> Json:
        by_size = self.some(0.2, byMeterSize=lambda: {size: self.decimal(90, 2) for size in SIZES})
        return {
            "kind": "fixed",
            "amount": self.decimal(90, 2),
            **by_size,
            **self.some(0.3, times=lambda: self.choice(["days", "months", "dwellingUnits", "persons", "use"])),
            **self.prorated(),
            **self.rate_rounding(),
        }

    def prorated(self) -> Json:
        return {"prorated": True} | self.some(0.3, daysBasis=lambda: self.choice([30, 60])) if self.maybe(0.25) else {}

    def used(self) -> Json:
        return {
            "kind": "usage",
            "rate": self.decimal(20, 4),
            **self.measured(),
            **self.some(0.15, times=lambda: self.choice(["days", "months", "persons"])),
            **self.rate_rounding(),
        }

    def measured(self) -> Json:
        measures = ["use", "use", "use", "peak", "kw", "winterAverage", "days", "dwellingUnits"]
        measure = self.choice(measures)
        other = [name for name in ("peak", "winterAverage", "use") if name != measure]
        return {
            "measure": measure,
            **self.some(0.1, share="0.85", capMeasure=self.choice(other), least="5", included="3.5"),
            **self.some(0.05, cap="40", leastMeasure=self.choice(other)),
            **self.some(0.1, quantityRounding=self.quantity_rounding),
            **self.some(0.15, per=lambda: self.choice(["10", "7.48"])),
        }

    def in_blocks(self) -> Json:
        stretched = self.stretched()
        rounded = self.some(0.3, limitRounding=lambda: {"mode": self.choice(MODES), "step": "1"}) if stretched else {}
        return {
            "kind": "blocks",
            "blocks": self.blocks(5),
            "mode": self.choice(["telescopic", "telescopic", "whole"]),
            **self.measured(),
            **stretched,
            **rounded,
            **self.rate_rounding(),
        }

    def schedules(self) -> Json:
        limit = str(self.randint(5, 60))
        low = {"over": "0", "upTo": limit, "blocks": self.blocks(3)}
        high = {"over": limit, "upTo": None, "blocks": self.blocks(3), "mode": self.choice(["telescopic", "whole"])}
        return {"kind": "schedules", "schedules": [low, high], **self.measured(), **self.stretched()}

    def blocks(self, most: int) -> list[Json]:
        limits = sorted({self.randint(1, 80) for _ in range(self.randint(0, most - 1))})
        edges: list[int | None] = [0, *limits, None]
        return [
            {
                "over": str(edges[at]),
                "upTo": None if edges[at + 1] is None else str(edges[at + 1]),
                "rate": self.decimal(9, 3),
            }
            | self.some(0.2, flat=lambda: self.decimal(30, 1))
            for at in range(len(edges) - 1)
        ]

    def stretched(self) -> Json:
        if self.maybe(0.6):
            return {}
        per = self.choice(["days", "months", "dwellingUnits", "persons"])
        basis = self.some(0.5, daysBasis=20) if per == "days" else {}
        times = [name for name in ("months", "persons") if name != per]
        return {"limitsPer": per} | basis | self.some(0.3, limitsTimes=lambda: self.choice(times))

    def adjustment(self) -> Json:
        return {
            "kind": "adjustment",
            "amount": self.choice(["", "-"]) + self.above_zero(30, 2),
            **self.some(0.3, times=lambda: self.choice(["use", "dwellingUnits"])),
        }

    def other_charge(self, code: str, above: list[str]) -> Json:
        of = ["*"] if self.maybe(0.4) else self.sample(above, self.randint(1, len(above)))
        kind = self.choice(["percent", "percent", "percent", "minimum", "maximum", "subtotal"])
        if kind == "subtotal":
            return {"kind": kind, "code": code, "label": code, "of": of, "to": self.money()} | self.some(
                0.1, when=self.condition()
            )
        if kind in {"minimum", "maximum"}:
            amount = {"amount": self.decimal(300, 2)} | self.prorated() | self.some(0.2, times="dwellingUnits")
            return self.terms(code) | {"kind": kind, "of": of} | amount
        percent = {"kind": kind, "of": of, "percent": self.choice(["", "", "-"]) + self.decimal(30, 2)}
        percent |= self.some(0.15, exemptUse=lambda: self.decimal(20, 1), exemptAmount=lambda: self.decimal(60, 2))
        bounds = self.choice(
            [
                {},
                {},
                {"atMost": self.decimal(9, 2)},
                {"atLeast": self.decimal(9, 2)},
                {"atLeast": "1.11", "atMost": "4.44"},
            ]
        )
        season = {} if bounds else self.some(0.1, season=self.season)
        return self.terms(code) | percent | bounds | season

    # --- what charges are made of

    def money(self) -> Json:
        return {"mode": self.choice(MODES), "step": self.choice(self.steps)}

    def quantity_rounding(self) -> Json:
        return {"mode": self.choice(MODES), "step": self.choice(["1", "0.1", "5"])}

    def rate_rounding(self) -> Json:
        return self.some(0.15, rateRounding=lambda: {"mode": self.choice(MODES), "step": "0.05"})

    def season(self) -> Json:
        start, end = self.sample(["01-01", "03-15", "06-01", "07-20", "10-01", "12-16"], 2)
        return {"fromDay": start, "untilDay": end}

    def condition(self) -> Json:
        return self.choice(
            [
                {"useAbove": self.decimal(30, 1)},
                {"useAtMost": self.decimal(60, 1)},
                {"useAbove": "5", "useAtMost": "50"},
                {"flag": "senior"},
                {"withoutFlag": "school"},
                {"classes": ["home"]},
                {"meterSizes": ["13"]},
            ]
        )

    def factor(self) -> Json:
        return {"label": "factor", "value": self.choice(["0.5", "1.5", "1.155", "3", "0"]), "when": self.condition()}

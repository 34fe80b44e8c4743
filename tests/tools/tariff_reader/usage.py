"""Read a use: readings or a quantity, days, and the facts that charges ask for."""

import re
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.kernel.register import true_up
from chalicelib.tariffs.domain.checks import UNITS
from chalicelib.tariffs.domain.metering import Segment, estimated_use, leak_allowance, use_over
from chalicelib.tariffs.domain.rounding import Rounding
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, rounding_of, text
from tests.tools.tariff_reader.spellings import COUNTED, FACT_WORDS

_UNITS = {
    "units": "unit", "": "unit", "m³": "m3", "cum": "m3", "cubicmeter": "m3", "cubicmeters": "m3", "cubicmetre": "m3",
    "cubicmetres": "m3", "gallon": "gal", "gallons": "gal", "usgal": "gal", "1000gal": "kgal", "thousandgal": "kgal",
    "thousandgallons": "kgal", "1000gallons": "kgal", "tgal": "kgal", "liter": "L", "liters": "L", "litre": "L",
    "litres": "L", "therms": "therm", "cf": "ft3", "cuft": "ft3", "cubicfeet": "ft3", "hundredcubicfeet": "ccf",
    "nm3": "m3", "kilowatthour": "kWh", "kilowatthours": "kWh", "kiloliter": "kL", "kiloliters": "kL",
    "kilolitre": "kL", "kilolitres": "kL", "imperialgallon": "igal", "imperialgallons": "igal", "impgal": "igal",
    "ig": "igal", "kgals": "kgal", "1000gals": "kgal", "gals": "gal", "cbm": "m3", "cm": "m3", "cumtr": "m3",
    "mc": "m3",
    "hundredcuft": "ccf", "100cf": "ccf", "100cuft": "ccf", "100cubicfeet": "ccf", "hcfs": "hcf", "1000l": "kL",
    "1000litres": "kL", "1000liters": "kL", "thousandlitres": "kL", "thousandliters": "kL",
    "megajoule": "MJ", "megajoules": "MJ", "gigajoule": "GJ", "gigajoules": "GJ", "tonne": "t", "tonnes": "t",
    "tons": "t", "ton": "t", "kgs": "kg", "1000cf": "Mcf", "thousandcubicfeet": "Mcf", "1000cubicfeet": "Mcf",
    "megalitre": "ML", "megaliter": "ML", "billingunit": "unit", "billingunits": "unit", "pound": "lb", "pounds": "lb",
    "kilogram": "kg", "mmbtu": "MMBTU", "dth": "MMBTU", "dekatherm": "MMBTU", "dekatherms": "MMBTU",
}  # fmt: skip
_IN_LITRES = {
    "L": "1", "kL": "1000", "m3": "1000", "ML": "1000000", "igal": "4.54609", "gal": "3.785411784",
    "kgal": "3785.411784",
}  # fmt: skip
_IN_GALLONS = {"gal": "1", "kgal": "1000", "hcf": "748", "ccf": "748"}
_IN_FEET = {"ft3": "1", "hcf": "100", "ccf": "100", "Mcf": "1000"}
_IN_WATT_HOURS = {"Wh": "1", "kWh": "1000", "MWh": "1000000"}
_IN_MEGAJOULES = {"MJ": "1", "GJ": "1000", "kWh": "3.6", "MWh": "3600"}
_IN_THERMS = {"therm": "1", "MMBTU": "10"}
_IN_KILOGRAMS = {"kg": "1", "t": "1000"}
_IN_KILOWATTS = {"kW": "1", "MW": "1000"}
_SCALES = (_IN_GALLONS, _IN_LITRES, _IN_THERMS, _IN_FEET, _IN_WATT_HOURS, _IN_MEGAJOULES, _IN_KILOGRAMS, _IN_KILOWATTS)
_QUANTITIES = ("quantity", "usage", "consumption", "use", "kwh", "m3", "volume", "units", "used", "billed", "net_usage")
_AHEAD = (
    "billed_ahead",
    "estimated_billed",
    "already_billed",
    "billed_estimate",
    "estimate_billed",
    "billed_estimates",
)
_SIZED = {"metersize", "size", "diameter", "calibre", "caliber", "metermm", "metersizemm", "metersizein"}
_FORMS = (
    "{} {}kwh {}kw {}m3 {}usage {}use kwh{} {}s {}es {}count numberof{}s numberof{} {}quantity {}kl {}gal {}units"
).split()
_PLAIN = {
    "quantity", "usage", "use", "consumption", "units", "kwh", "m3", "volume", "cubicmeters", "gallons", "liters",
}  # fmt: skip


def code_of(name: object) -> str:
    """Make a charge code of a name: "base 13mm" -> base-13mm."""
    return (re.sub(r"[^A-Za-z0-9_-]+", "-", str(name)).strip("-") or "x")[:24].lower().lstrip("0123456789-_") or "x"


def named(name: object) -> str:
    """Make a name of a flag, a measure or a class that the form takes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", str(name)).strip("-")[:40] or "x"


def unit_of(stated: object) -> str:
    """Find Meterbook's word for a unit; `unit` where there is none."""
    word = bare(str(stated).replace("³", "3"))
    by_bare = {bare(unit): unit for unit in UNITS}
    return _UNITS.get(word) or by_bare.get(word, "unit")


def conversion_between(meter: str, tariff: str) -> Json | None:
    """Return the conversion between two units of the same sort."""
    for scale in _SCALES:
        if meter in scale and tariff in scale:
            return {"fromUnit": meter, "multiply": scale[meter], "divide": scale[tariff]}
    return None


def _is_word(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


class LooseUsage:
    """The facts of one use."""

    def __init__(self, raw: Json, minor_step: Decimal, tariff: Json | None = None) -> None:
        self.source = LooseTariff(raw, "usage")
        self.fact_keys = self._fact_keys()
        self.tariff_facts = {
            bare(value): key for key, value in (tariff or {}).items() if bare(key) in FACT_WORDS and _is_word(value)
        }
        self.minor_step = minor_step
        self.yes_or_no = [name for name, value in raw.items() if isinstance(value, bool)]
        self.flags = [name for name, value in raw.items() if value is True]
        self.flags += [str(each) for each in raw.get("flags", [])]
        self.known_facts: set[str] = {"dwellingUnits"} if "dwelling_units" in self.source else set()
        self.measures: Json = {}
        self.digits: object = None
        self.counted = False
        self.winter: object = (
            self.source.get("winter_average") if is_number(self.source.get("winter_average")) else None
        )
        self._ages: list[str] = []
        days = self.source.number("days")
        begun, until = self.source.get("first"), self.source.get("until")
        self.first_day = date.fromisoformat(begun) if isinstance(begun, str) else date(2025, 1, 1)
        self.until_day: date | None = None
        if isinstance(until, str):
            self.until_day = date.fromisoformat(until)
            if days is not None and (self.until_day - self.first_day).days == days - 1:
                self.until_day += timedelta(days=1)  # the last day was given, not the day after it
        elif days is not None:
            self.until_day = self.first_day + timedelta(days=int(days))

    @property
    def by_days(self) -> bool:
        """Whether the use gives its days, and not how many months they are."""
        return self.until_day is not None and not {"months", "split"} & {bare(key) for key in self.source.raw}

    @property
    def facts(self) -> frozenset[str]:
        """The words by which a tariff may choose a value: class, season, meter size."""
        return frozenset(self.fact_keys) | frozenset(self.tariff_facts)

    def _fact_keys(self) -> dict[str, str]:
        """Return each such word, with the key of the use that gives it."""
        raw = self.source.raw
        sizes = {bare(value): key for key, value in raw.items() if bare(key) in FACT_WORDS and _is_word(value)}
        words = {bare(value): key for key, value in raw.items() if isinstance(value, str) and not is_number(value)}
        units = {
            f"{bare(value)}{unit}": key
            for key, value in raw.items()
            for unit in ("mm", "in", "inch")
            if is_number(value) and bare(key) in _SIZED and (unit in bare(key) or not bare(key).endswith(("mm", "in")))
        }
        return {word: key for word, key in (units | sizes | words).items() if word}

    def understood(self, facts: set[str]) -> None:
        """Note the facts by which values of the tariff were chosen."""
        self.source.asked.update(self.fact_keys[fact] for fact in facts if fact in self.fact_keys)

    # --- what charges ask for
    def measure(self, name: object) -> str | None:
        """Find the quantity of the use that a charge names, and keep it as a measure."""
        word = bare(name)
        if word in _PLAIN:
            return "use"
        if word in {"days", "day"} and "day" not in {bare(key) for key in self.source.raw}:
            return "days"
        stem = word
        for ending in ("charge", "charges", "rate", "fee", "tariff", "credit", "price"):
            stem = stem.removesuffix(ending) or stem
        names = [
            form
            for each in dict.fromkeys((word, stem))
            for form in (each.removesuffix("s"), *(form.format(each) for form in _FORMS))
        ]
        keys = {bare(key): key for key in self.source.raw if is_number(self.source.raw[key])}
        alike = [
            each
            for group in COUNTED
            if word in group or stem in group
            for alias in (stem, *group)
            for each in (alias, f"{alias}kwh")
        ]
        found = next((keys[each] for each in (*names, *alike) if each in keys), None)
        if found is None or not is_number(self.source.raw[found]):
            return None
        self.source.asked.add(found)
        self.measures[named(found)] = text(self.source.raw[found])
        return named(found)

    def fixed_measure(self, name: str, value: object) -> str:
        """Keep a quantity that the tariff itself gives."""
        self.measures[named(name)] = text(value)
        return named(name)

    def winter_average_of_use(self) -> None:
        """Take the use for the winter average where only one quantity is given."""
        if self.winter is None:
            self.winter = self.quantity()

    def flag_by_age(self, name: str, age: int) -> str:
        """Return the flag of who is old enough, set where the use gives such an age."""
        if int(number(self.source.get("age", 0))) >= age:
            self._ages.append(named(name))
        return named(name)

    def flag_of(self, condition: str) -> str:
        """Find the yes or no that a condition speaks of; the only one, if there is but one."""
        spoken = [name for name in self.yes_or_no if bare(name).removeprefix("is") in bare(condition)]
        if len(spoken) != 1 and len(self.yes_or_no) != 1:
            raise ValueError(f"condition: {condition!r}, but which of {self.yes_or_no} does it mean?")
        return (spoken or self.yes_or_no)[0]

    def find_flag(self, name: object) -> str | None:
        """Find a yes or no of the use that bears the name of a charge."""
        word = bare(name).removesuffix("discount").removesuffix("charge").removesuffix("rebate")
        for key, value in self.source.raw.items():
            if isinstance(value, bool) and bare(key).removeprefix("is").removeprefix("has") == word:
                self.source.asked.add(key)
                return key
        return None

    # --- the use itself
    def segments(self, rounding: Json | None = None) -> list[Segment]:
        """Return what each register showed; more than one where a meter was exchanged."""
        stated = self.source.get("segments", self.source.get("meters"))
        exchanged = [self.source.get(key) for key in ("old_meter", "new_meter") if key in self.source]
        stated = exchanged if len(exchanged) == 2 else stated
        entries = stated if isinstance(stated, list) else [self.source.raw]
        return [
            self._segment(self.source.child(entry, "segments") if stated else self.source, rounding)
            for entry in entries
        ]

    def _segment(self, source: LooseTariff, rounding: Json | None) -> Segment:
        used = first(*(source.get(word) for word in _QUANTITIES))
        previous = first(source.get("previous"), "0")
        current = first(source.get("current"), used, "0")
        digits = first(source.get("digits"), source.get("meter_digits"), source.get("register_digits"), self.digits)
        if digits is None and number(current) < number(previous):
            digits = len(str(previous).partition(".")[0])
        return Segment(
            previous=number(previous),
            current=number(current),
            digits=None if digits is None else int(number(digits)),
            multiplier=number(source.get("multiplier", "1")),
            reading_rounding=Rounding(rounding["mode"], Decimal(rounding["step"])) if rounding else None,
        )

    def quantity(self, rounding: Json | None = None) -> Decimal:
        """Return the use that is left to bill, where some of it was billed by estimate."""
        ahead = first(*(self.source.get(word) for word in _AHEAD))
        used = self._used(rounding)
        return used if ahead is None else true_up(used, billed_ahead=number(ahead)).to_bill

    def _used(self, rounding: Json | None) -> Decimal:
        """Return the use as given, between readings, or the average of the last ones."""
        if self.source.get("derive") is not None:
            self.counted = True
            return Decimal(1)  # a rate of the sheet is printed, not a bill
        history = first(self.source.get("history"), self.source.get("recent"), self.source.get("last_uses"))
        for word in _QUANTITIES:
            if is_number(self.source.get(word)):
                self.source.get("previous"), self.source.get("current")  # the use between them is given
                self.counted = True
                return number(self.source.get(word))
        if any(word in self.source for word in ("current", "segments", "meters", "old_meter")):
            self.counted = True
            return use_over(self.segments(rounding))
        if isinstance(history, list):
            self.counted = True
            last = int(number(self.source.get("last", len(history))))
            return estimated_use(
                [number(each) for each in history], last=last, rounding=Rounding("half-up", Decimal(1))
            )
        energy = [number(value) for key, value in self.source.raw.items() if "peak" in bare(key) and is_number(value)]
        return sum(energy, Decimal(0))

    def forgiven(self, leak: LooseTariff) -> Decimal:
        """Return what a leak adjustment takes off the use."""
        normal = first(self.source.get("normal"), self.source.get("average"), self.source.get("normal_use"), "0")
        normal_use = number(normal) * number(leak.get("times_normal", "1"))
        allowed = leak_allowance(self.quantity(), normal_use=normal_use, share=_share(leak))
        return min(allowed, number(leak.get("cap"))) if leak.get("cap") is not None else allowed

    def body(self, unit: str, quantity: Decimal, adjustments: Json) -> Json:
        """Return the use in the public form."""
        source = self.source
        split = source.get("split")
        months = len(split) if split else int(number(source.get("months", 1)))
        size = source.get("meter_size")
        consumer_class = first(source.get("class"), source.get("consumer_class"), source.get("customer_class"))
        source.get("season"), source.get("derive"), source.get("age")
        body: Json = {
            "quantity": text(quantity),
            "unit": unit,
            "flags": sorted({named(flag) for flag in (*self.flags, *self._ages)}),
            "measures": self.measures,
            "adjustments": adjustments,
            "months": months,
        }
        source.asked.update(self.yes_or_no)
        if self.until_day is not None:
            body |= {"firstDay": self.first_day.isoformat(), "untilDay": self.until_day.isoformat()}
        if source.number("period_days") is not None:
            body["periodDays"] = int(number(source.get("period_days")))
        if self.winter is not None:
            body["winterAverage"] = text(self.winter)
        if source.number("dwelling_units") is not None:
            body["dwellingUnits"] = text(source.get("dwelling_units"))
        if consumer_class is not None:
            body["consumerClass"] = named(consumer_class)
        if size is not None:
            body["meterSize"] = named(size)
        return body


def reading_rounding(tariff: LooseTariff) -> Json | None:
    """Read by what a reading is rounded before it is compared with the last."""
    stated = tariff.get("reading_rounding")
    return None if stated is None else rounding_of(stated, "1")


def _share(leak: LooseTariff) -> Decimal:
    percent = leak.get("percent")
    return number(percent) / 100 if percent is not None else number(leak.get("share", "0.5"))

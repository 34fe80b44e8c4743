"""The same tariff in fewer words: keys whose name holds a unit, a day or a size become a price and its `per`.

`daily_supply_charge: 1.12` is an amount per day, `rate_per_kwh` a rate, `standing_charge_pence` an amount in pounds.
Nothing is left out: a key that fits no pattern stays as it is.
"""

import re
from decimal import Decimal
from typing import Any

from tests.tools.tariff_reader.loose_tariff import Json, bare, is_number, number, text

# What other languages and trades call the words that the translation knows.
_WORDS = {
    "grundpreis": "fixed_charge", "grundgebuehr": "fixed_charge", "grundgebuhr": "fixed_charge",
    "cargofijo": "fixed_charge", "abonnement": "fixed_charge", "tarifabasica": "fixed_charge",
    "arbeitspreis": "rate", "mengenpreis": "rate", "verbrauchspreis": "rate", "cargovariable": "rate",
    "commodityrate": "rate", "volumetriccharge": "rate", "volumetricrate": "rate", "energycharge": "rate",
    "energyrate": "rate", "usagerate": "rate", "consumptionrate": "rate", "consumptioncharge": "rate",
    "usagecharge": "rate", "variablecharge": "rate", "variablerate": "rate", "commoditycharge": "rate",
    "waterrate": "rate", "quantitycharge": "rate", "usageprice": "rate", "unitcharge": "rate", "flatrate": "rate",
    "cuotaminima": "minimum_charge", "tarifaminima": "minimum_charge", "mindestpreis": "minimum_charge",
    "mehrwertsteuer": "vat_percent", "mwst": "vat_percent", "mwstpercent": "vat_percent", "ustpercent": "vat_percent",
    "consumptiontax": "vat_percent", "salestax": "vat_percent",
    "usagetiers": "tiers", "usageblocks": "blocks", "ratetiers": "tiers", "rateblocks": "blocks",
    "consumptionblocks": "blocks", "consumptiontiers": "tiers", "energyslabs": "slabs", "energytiers": "tiers",
    "watertiers": "tiers", "waterblocks": "blocks", "tariffblocks": "blocks", "usageslabs": "slabs",
    "blockrates": "blocks", "tierrates": "tiers", "slabrates": "slabs", "volumecharges": "blocks",
    "energycharges": "slabs", "usagecharges": "slabs", "consumptioncharges": "slabs", "volumetriccharges": "slabs",
    "usagerates": "slabs", "volumetricrates": "slabs", "commoditycharges": "slabs", "energyrates": "rates",
}  # fmt: skip
_MINOR = "pence|pennies|cents|cent|paise|paisa|centavos|centavo|sen|fils|kobo|pesewas|agorot|ct|halalas|satang"
_UNITS = (
    "kwh|kvah|mwh|kl|m3|cum|cbm|cubic_met(?:er|re)s?|gal|gallons?|kgal|kgals|ccf|hcf|cf|cu_?ft|therms?|mj|gj|mmbtu|"
    "units?|lit(?:er|re)s?|l"
)
_PER = re.compile(r"^(?P<base>.*?)_?per_(?P<per>[a-z0-9_]+)$")
_IN_MINOR = re.compile(rf"^(?P<base>.+?)_(?:in_)?(?:{_MINOR})(?P<rest>_per_.+)?$")
_OFTEN = re.compile(r"^(?P<often>daily|annual|yearly|monthly|quarterly|weekly)_(?P<base>.+)$")
_BY_SIZE = re.compile(
    r"^(?P<base>.+?)s?_by_(?P<by>size|meter_?size|meter|calibre|caliber|diameter|pipe_size|class|category|customer_class|"
    r"group|stratum|estrato|zone|area|band|season|phase|mm)$"
)
_LIMIT = re.compile(
    r"^(?P<base>up_?to|from|to|over|above|limit|lower|upper|start|end|size|width)_(?:"
    + _UNITS.replace("units?|", "")
    + ")$"
)
_QUANTITY = re.compile(
    rf"^(?P<base>quantity|usage|use|consumption|volume|used|billed|previous|current)_(?P<unit>{_UNITS})$"
)
_OF_USE = re.compile(rf"^(?:(?P<size>\d+|thousand|hundred)_?)?(?P<unit>{_UNITS})$")
_ADVERBS = {"daily": "day", "annual": "year", "yearly": "year", "monthly": "month", "quarterly": "quarter",
            "weekly": "week"}  # fmt: skip
_SECTION = {"rate", "slabs", "blocks", "tiers", "fixedcharges", "fixedcharge", "minimumcharge", "schedules", "taxes"}
_WITH_UNIT = re.compile(r"([\d,.]+) *([a-zA-Z][a-zA-Z0-9 ]*)")
_USES = {"quantity", "usage", "use", "consumption", "energy", "kwh", "quantities", "usages"}
_SEASONS = set("summer winter dry wet dryseason wetseason spring autumn fall monsoon nonsummer irrigation".split())
_MINIMUM_USE = re.compile(
    rf"^(?:minimum|min|minimum_charge|minimum_includes|included|included_in_minimum)_(?:{_UNITS}|usage|quantity|consumption)$"
)
_KEPT = {"conversion", "penalty", "rounding", "leak"}
_RANGED = set("range band block tier slab limits usage consumption units name label use between quantity step".split())
_PERCENT_OF = re.compile(
    r"^(?P<base>.*?)(?:percent|pct|share|percentage)_of_"
    r"(?P<of>(?:water|usage|use|consumption|energy|bill|total|subtotal|charges?)[a-z_]*)$"
)
_MONEY = {
    "charge", "charges", "fee", "fees", "price", "cost", "rent", "rental", "supply", "standing", "service", "levy",
    "duty", "surcharge", "rate", "tax", "maintenance", "customer", "basic", "base", "access", "network", "distribution",
    "transmission", "demand", "capacity", "meter", "adjustment", "fuel", "stormwater", "drainage", "sewer", "water",
    "credit", "waste", "refuse", "fixed", "wastewater", "sewerage", "sanitation", "energy", "generation", "fire",
    "amount", "minimum", "line", "unit", "administration", "admin", "facility", "contribution", "cess", "feed",
    "subsidy", "discount", "rebate", "concession", "vat", "gst",
    "tariff",
}  # fmt: skip
_DAILY_LIMITS = {"up_to", "upto", "to", "limit", "max", "over", "from"}
_LISTS = {"slabs", "tiers", "blocks"}
_ITEM = {"amount", "charge", "fee", "price", "cost", "value", "rate", "usd"}
_USE_RATE = {"", "rate", "price", "charge", "unit", "unit_rate", "cost", "usage", "energy", "amount"}
_DAILY_BASIS = {
    "perday",
    "daily",
    "day",
    "days",
    "kldays",
    "klday",
    "m3day",
    "klperday",
    "m3perday",
    "gpd",
    "kwhperday",
}


def paraphrase(raw: Json, places: int, *, nested: bool = False) -> Json:
    """Tell a tariff, and all that it nests, in the words of SPELLINGS; its currency has `places`."""
    result: Json = {}
    is_item = nested and not any(bare(key) in _SECTION for key in raw)
    for key, value in raw.items():
        inside = value if bare(key) in _KEPT else _inside(value, places)
        for name, inner in _entry(_snake(key), key, inside, places, is_item=is_item):
            _put(result, name, inner)
    result = _with_included(result)
    return _limits_by_day(_by_baseline(_by_ranges(_part_of_water(_by_seasons(result)))))


def paraphrased_use(raw: Json) -> Json:
    """Tell a use without units in its keys: `quantity_kl` is a quantity, in kL."""
    result: Json = {}
    for key, value in raw.items():
        found = _QUANTITY.match(_snake(key))
        if found and is_number(value) and found["base"] not in raw:
            result[found["base"]] = value
            if bare(found["unit"]) not in {"unit", "units"} and not any(bare(each) == "unit" for each in raw):
                result["unit"] = found["unit"]
        elif bare(key) in {"period", "billingperiod", "reading", "readings", "meter"} and isinstance(value, dict):
            result |= value
        elif (
            bare(key) in {"readings", "reading"} and isinstance(value, list) and len(value) == 2 and is_number(value[0])
        ):
            result |= {"previous": value[0], "current": value[1]}
        elif bare(key) in _USES and _WITH_UNIT.fullmatch(str(value).strip()) and not is_number(value):
            counted = _WITH_UNIT.fullmatch(str(value).strip())
            assert counted is not None
            result |= {key: counted[1]} | ({} if "unit" in raw else {"unit": counted[2]})
        elif bare(key) in _USES and isinstance(value, dict) and _numbers(value):  # by time of use
            result |= value
            result.setdefault("quantity", text(sum(number(each) for each in value.values())))
        else:
            result[key] = value
    return result


def _part_of_water(raw: Json) -> Json:
    """`{"percent_of_water": 80}` without a rate of its own is a percentage of the water bill."""
    rated = {bare(key) for key in raw} & {"rate", "slabs", "unitrate", "price", "blocks", "tiers", "percent"}
    result: Json = {}
    for key, value in raw.items():
        found = _PERCENT_OF.match(_snake(key))
        if not found or not is_number(value) or (rated and not found["base"].rstrip("_")):
            result[key] = value
        elif found["base"].rstrip("_"):
            result[found["base"].rstrip("_")] = {"percent": value, "base": found["of"]}
        else:
            result |= {"percent": value, "base": found["of"]}
    return result


def _by_ranges(raw: Json) -> Json:
    """Read blocks given by ranges in words: {"range": "11-20"}, or {"0-10": rate, "over 10": rate}."""
    result = dict(raw)
    for key, rows in raw.items():
        value = rows
        if isinstance(value, dict) and len(value) > 1 and all(_range(each) for each in value):
            slabs = [
                {"range": limits, **(each if isinstance(each, dict) else {"rate": each})}
                for limits, each in value.items()
            ]
            result[key] = value = slabs
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            continue
        result[key] = [_in_limits(each) for each in value]
    return result


def _by_seasons(raw: Json) -> Json:
    """{"summer": {...}, "winter": {...}} and {"summer_rate": 3, "winter_rate": 2}."""
    sections = {key: value for key, value in raw.items() if bare(key) in _SEASONS and isinstance(value, dict)}
    if 1 < len(sections) < len(raw) and not any(
        _numbers(each) and not {"rate"} & set(each) for each in sections.values()
    ):
        return {key: value for key, value in raw.items() if key not in sections} | {"seasons": sections}
    rates = {
        match[1]: key
        for key in raw
        if (match := re.fullmatch(r"(.+)_(?:rate|price|slabs|tiers|blocks)", _snake(key)))
        and bare(match[1]) in _SEASONS
    }
    if len(rates) < 2:
        return raw
    name = "rate" if all(is_number(raw[key]) for key in rates.values()) else "slabs"
    rest = {key: value for key, value in raw.items() if key not in rates.values()}
    return rest | {name: {season: raw[key] for season, key in rates.items()}}


def _with_included(raw: Json) -> Json:
    """A minimum in two keys: `minimum_charge: 15, minimum_gallons: 2000`."""
    charge = next((key for key in raw if bare(key) in {"minimumcharge", "minimumbill"} and is_number(raw[key])), None)
    units = next((key for key in raw if _MINIMUM_USE.match(_snake(key)) and is_number(raw[key])), None)
    if charge is None or units is None:
        return raw
    rest = {key: value for key, value in raw.items() if key not in {charge, units}}
    return {**rest, "minimum_charge": {"amount": raw[charge], "included_units": raw[units]}}


def _by_baseline(raw: Json) -> Json:
    """Read blocks given in percent of a baseline, which is often so much a day."""
    key = next(
        (key for key in raw if bare(key) in {"baseline", "baselineperday", "dailybaseline", "baselineuse"}), None
    )
    slabs_key = next((each for each in raw if bare(each) in _LISTS and isinstance(raw[each], list)), None)
    if key is None or slabs_key is None:
        return raw
    baseline = raw[key] if not isinstance(raw[key], dict) else next(iter(raw[key].values()))
    slabs = [
        {k: text(number(v) / 100 * number(baseline)) if "%" in str(v) else v for k, v in slab.items()}
        for slab in raw[slabs_key]
    ]
    by_day = (
        "day" in bare(key)
        or "daily" in bare(key)
        or (isinstance(raw[key], dict) and "day" in bare(next(iter(raw[key]))))
    )
    rest = {each: value for each, value in raw.items() if each not in {key, slabs_key}}
    return rest | {slabs_key: slabs} | ({"limits_per": "day"} if by_day else {})


def _in_limits(slab: Json) -> Json:
    key = next((key for key in slab if bare(key) in _RANGED and _range(slab[key])), None)
    if key is None or {bare(each) for each in slab} & {"over", "upto", "from", "to"}:
        return slab
    return {**(_range(slab[key]) or {}), **{each: value for each, value in slab.items() if each != key}}


def _range(raw: object) -> Json | None:
    """Limits in words: "0-10", "11 to 20", "over 20", "20+", "first 10", "next 10", "the rest"."""
    words = re.sub(r"(?<=\d),(?=\d{3})", "", str(raw).lower().replace("\u2013", "-").replace("\u2014", "-"))
    between = re.search(r"(\d[\d.]*)\s*[a-z3]*\s*(?:-|to|until|through|~)\s*(?:less than )?(\d[\d.]*)", words)
    if between:
        return {"over": between[1], "upto": between[2]}
    above = re.search(r"(?:>=?|over|above|more than|exceeding|beyond|excess of|greater than|after)\s*(\d[\d.]*)", words)
    above = above or re.search(
        r"(\d[\d.]*)\s*[a-z3]*\s*(?:\+|and (?:above|over|up|more)|& (?:above|over)|or more|plus|<)", words
    )
    if above:
        return {"over": above[1]}
    for word, name in (
        ("first", "upto"),
        ("next", "size"),
        ("up to", "upto"),
        ("upto", "upto"),
        ("below", "upto"),
        ("<", "upto"),
    ):
        found = re.search(rf"{word}=?\s*(?:the )?(\d[\d.]*)", words)
        if found:
            return {name: found[1]}
    return (
        {"upto": None}
        if words.strip() in {"rest", "the rest", "balance", "remaining", "remainder", "thereafter"}
        else None
    )


def _snake(key: object) -> str:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(key))
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


def _inside(value: Any, places: int) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return paraphrase(value, places, nested=True)
    if isinstance(value, list):
        return [_inside(each, places) for each in value]
    return value


def _put(result: Json, name: str, value: Any) -> None:  # noqa: ANN401
    """Add an entry: an item of two keys (`amount_per_day`, `name`) stays one; two charges of one name stay two."""
    if name not in result:
        result[name] = value
        return
    at = 2
    while f"{name}_{at}" in result:
        at += 1
    result[f"{name}_{at}"] = value


Entries = list[tuple[str, Any]]


def _entry(word: str, key: str, value: Any, places: int, *, is_item: bool) -> Entries:  # noqa: ANN401
    """What a key and its value say in plainer words; itself, where they are plain."""
    in_minor = _IN_MINOR.match(word)
    if in_minor and _numbers(value):
        word, value = in_minor["base"] + (in_minor["rest"] or ""), _divided(value, Decimal(10) ** places)
        key = word
    if is_item and word == "flat_rate" and is_number(value):
        return [("amount", value)]
    if bare(word) in {"tax", "taxes", "duties"} and _numbers(value):
        return [(key, _percentages(value))]
    if bare(word) in _WORDS and _fits(_WORDS[bare(word)], value):
        return [(_WORDS[bare(word)], value)]
    per, often = _PER.match(word), _OFTEN.match(word)
    if per and _numbers(value):
        return _priced(per["base"], per["per"], key, value, is_item=is_item)
    if often and _numbers(value):
        return _priced(often["base"], _ADVERBS[often["often"]], key, value, is_item=is_item)
    return _tabled(word, key, value)


def _percentages(value: Any) -> Any:  # noqa: ANN401
    """Read taxes: a number is a percentage, or a share of one; {"vat": 15} is one by name."""
    if not isinstance(value, dict):
        return {"rate" if number(value) < 1 else "percent": value}
    words = {bare(key) for key in value}
    if words & {"percent", "amount", "rate", "percentage", "pct", "value"}:
        return value
    return [{"name": name, **_percentages(share)} for name, share in value.items()]


def _fits(word: str, value: Any) -> bool:  # noqa: ANN401
    kind = list if word in _LISTS else dict
    return is_number(value) or (isinstance(value, kind) and word not in {"rate", "vat_percent"})


def _tabled(word: str, key: str, value: Any) -> Entries:  # noqa: ANN401
    """Limits with their unit in the key, and amounts by size, class or zone."""
    limit, by_size = _LIMIT.match(word), _BY_SIZE.match(word)
    if limit:
        return [(limit["base"], value)]
    if bare(word) in {"sizes", "bysize", "bymetersize", "metersizes"} and isinstance(value, list):
        return [("by_meter_size", _table(value))]
    if by_size and isinstance(value, dict) and by_size["base"] not in _ITEM:
        return [(by_size["base"], {"amount": value} if _charges_amount(by_size["base"], value) else value)]
    return [(key, value)]


def _priced(base: str, per: str, key: str, value: Any, *, is_item: bool) -> Entries:  # noqa: ANN401
    """A price per something: of the use where it is a unit of use, else of what the use counts under that name."""
    if base in _DAILY_LIMITS and per == "day":
        return [(base, value), ("limits_of_a_day", True)]
    is_price = not base or set(base.split("_")) & (_MONEY | _ITEM)
    if not is_price or (base in {"rate", "rates"} and per in {"unit", "units"}):
        return [(key, value)]
    of_use = _OF_USE.match(per)
    if of_use is not None:
        return _priced_by_use(base, of_use, value)
    unit = per.replace("_", " ")
    if base in _ITEM and is_item:
        return [("amount", value), ("per", unit)]
    return [(key if base in _ITEM or not base else base, {"amount": value, "per": unit})]


def _priced_by_use(base: str, of_use: re.Match[str], value: Any) -> Entries:  # noqa: ANN401
    size = {"thousand": "1000", "hundred": "100"}.get(of_use["size"] or "", of_use["size"] or "")
    stated_per = f"{size} {of_use['unit'].replace('_', ' ')}".strip()
    more = [("per", "unit of use" if bare(stated_per) in {"unit", "units"} else stated_per)]
    if base.removesuffix("_rate").removesuffix("_charge") in _USE_RATE:
        return [("rate", value), *more]
    return [(base, {"rate": value, **dict(more)})]


def _table(rows: list[Any]) -> Json:
    """Rows of a size and an amount, as a table by size."""
    table: Json = {}
    for row in rows:
        words = {bare(key): value for key, value in row.items()}
        size = next(words.pop(key) for key in ("size", "metersize", "diameter", "meter", "calibre") if key in words)
        table[str(size)] = next(iter(words.values()))
    return table


def _numbers(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, dict):
        return bool(value) and all(is_number(each) for each in value.values())
    return is_number(value)


def _divided(value: Any, by: Decimal) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _divided(each, by) for key, each in value.items()}
    return text(number(value) / by)


def _charges_amount(base: str, value: Json) -> bool:
    amount = ("charge", "fee", "base", "fixed", "rent", "rental", "amount", "service", "minimum", "meter", "standing")
    return _numbers(value) and base.endswith(amount)


def _limits_by_day(raw: Json) -> Json:
    """Read limits of a day: given in each block, by a key beside the blocks, or in the name of the list."""
    result: Json = {}
    by_day = False
    for key, value in raw.items():
        word = bare(key)
        if word in {"slabsunit", "tierbasis", "tiersbasis", "slabbasis", "limitsunit", "limitunit", "tierunit"}:
            if bare(value) not in _DAILY_BASIS:
                result[key] = value
            by_day = by_day or bare(value) in _DAILY_BASIS
        elif word in {"dailyslabs", "dailytiers", "dailyblocks", "slabsperday", "tiersperday", "blocksperday"}:
            result["slabs"], by_day = value, True
        else:
            result[key] = value
    for key, value in result.items():
        if isinstance(value, list) and any(isinstance(each, dict) and "limits_of_a_day" in each for each in value):
            plain = [{k: v for k, v in each.items() if k != "limits_of_a_day"} for each in value]
            result[key], by_day = plain, True
    if by_day:
        result["limits_per"] = "day"
    return result

"""Read one object of the collection by any usual spelling of its keys, and list the keys that nobody used."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.tools.tariff_reader.spellings import REMARKS, SPELLINGS

Json = dict[str, Any]

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def bare(name: object) -> str:
    """Take case and separators off a word, so that upTo, up_to and "Up to" are one."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def is_number(value: object) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, (dict, list)):
        return False
    try:
        Decimal(str(value).replace(",", "").rstrip("%").strip())
    except InvalidOperation:
        return False
    return True


def number(value: object) -> Decimal:
    """Read 1600, "1,600", "8%" and "PHP 22.50".

    :raises ValueError: for a text without a number.
    """
    found = _NUMBER.search(str(value))
    if found is None:
        raise ValueError(f"{value!r} is no number")
    return Decimal(found[0].replace(",", ""))


def text(value: object) -> str:
    return format(number(value) if not isinstance(value, Decimal) else value, "f")


def first(*values: Any) -> Any:  # noqa: ANN401
    """Return the first value that is not None."""
    return next((value for value in values if value is not None), None)


class LooseTariff:
    """One object of the collection, read by the words of SPELLINGS or by its own keys.

    Of a value given by class, season, meter size or another fact of the use, only that of the present use is returned.
    """

    def __init__(
        self, raw: Json, where: str, facts: frozenset[str] = frozenset(), chosen: set[str] | None = None
    ) -> None:
        self.raw = raw
        self.where = where
        self.facts = facts
        self.chosen: set[str] = set() if chosen is None else chosen
        self.asked: set[str] = set()
        self.inner: list[LooseTariff] = []
        self._keys = {bare(key): key for key in raw}

    def __contains__(self, word: str) -> bool:
        return any(spelling in self._keys for spelling in _spellings(word))

    def get(self, word: str, default: Any = None) -> Any:  # noqa: ANN401 - any JSON
        """Return the value of a word, under any of its spellings."""
        for spelling in _spellings(word):
            key = self._keys.get(spelling)
            if key is not None:
                self.asked.add(key)
                return self._of_facts(self.raw[key])
        return default

    def number(self, word: str) -> Decimal | None:
        value = self.get(word)
        return None if value is None or isinstance(value, (dict, list)) else number(value)

    def says(self, word: str) -> bool:
        """Return whether a word is answered with yes: true, "yes", or any text that is no denial."""
        value = self.get(word)
        return value is not None and bare(value) not in {"false", "no", "none", "0", ""}

    def child(self, raw: Json, name: str) -> "LooseTariff":
        inner = LooseTariff(raw, f"{self.where}.{name}", self.facts, self.chosen)
        self.inner.append(inner)
        return inner

    def children(self, word: str) -> list["LooseTariff"]:
        """Return a list of objects, from a list, objects by name, one object, or one number."""
        value = self.get(word)
        if value is None or value is False:
            return []
        if isinstance(value, list):
            entries = [entry if isinstance(entry, dict) else {"amount": entry} for entry in value]
        elif not isinstance(value, dict):
            entries = [{"name": word, "amount": value}]
        elif all(isinstance(entry, dict) or is_number(entry) for entry in value.values()) and not _SINGLE & {
            bare(key) for key in value
        }:
            entries = [{"name": k, **(e if isinstance(e, dict) else {"amount": e})} for k, e in value.items()]
        else:
            entries = [{"name": word, **value}]
        return [self.child(entry, f"{word}[{at}]") for at, entry in enumerate(entries)]

    def rest(self) -> Iterator[tuple[str, Any]]:
        """Return what nobody has asked for yet."""
        for key, value in self.raw.items():
            if key not in self.asked and bare(key) not in REMARKS:
                yield key, self._of_facts(value)

    def not_understood(self) -> list[str]:
        """Name every key, here and inside, that nobody asked for and that is no mere remark."""
        own = [f"{self.where}.{key}" for key, _ in self.rest()]
        return own + [name for inner in self.inner for name in inner.not_understood()]

    def _of_facts(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            chosen = [key for key in value if bare(key) in self.facts]
            if len(chosen) == 1:
                self.chosen.add(bare(chosen[0]))
                return value[chosen[0]]
        if isinstance(value, list) and len(value) > 1 and all(isinstance(each, dict) for each in value):
            return self._row_of_facts(value)
        return value

    def _row_of_facts(self, rows: list[Json]) -> list[Json]:
        """A table whose every row names a size, class or zone: the row of the fact at hand."""
        for word in _ROW_WORDS:
            named = [next((key for key in row if bare(key) == word), None) for row in rows]
            facts = [bare(row[key]) for row, key in zip(rows, named, strict=True) if key is not None]
            if len(facts) == len(rows) == len(set(facts)) and sum(fact in self.facts for fact in facts) == 1:
                at = next(at for at, fact in enumerate(facts) if fact in self.facts)
                self.chosen.add(facts[at])
                return [{key: value for key, value in rows[at].items() if key != named[at]}]
        return rows


_ROW_WORDS = (
    "metersize", "size", "diameter", "calibre", "class", "category", "customerclass", "consumerclass", "zone", "group",
    "stratum", "estrato", "band", "season", "phase", "container", "meter",
)  # fmt: skip
_SINGLE = {
    "charge",
    "fee",
    "included",
    "includes",
    "includedunits",
    "units",
    "gallons",
    "per",
    "flat",
    "amount",
    "percent",
    "percentage",
    "rate",
    "name",
    "slabs",
    "mode",
    "base",
}


def _spellings(word: str) -> tuple[str, ...]:
    return SPELLINGS.get(word, (bare(word),))


_MODES = (
    ("half up", "half-up"),
    ("half even", "half-even"),
    ("bank", "half-even"),
    ("even", "half-even"),
    ("floor", "floor"),
    ("down", "floor"),
    ("trunc", "floor"),
    ("lower", "floor"),
    ("discard", "floor"),
    ("ceil", "ceiling"),
    ("rounded up", "ceiling"),
    ("round up", "ceiling"),
    ("up to", "ceiling"),
    ("raise", "ceiling"),
    ("next", "ceiling"),
    ("thereof", "ceiling"),
    ("up", "ceiling"),
)
_NAMED_STEPS = {
    "yen": "1",
    "whole": "1",
    "integer": "1",
    "peso": "1",
    "rupee": "1",
    "dollar": "1",
    "cent": "0.01",
    "yuan": "1",
    "won": "1",
    "baht": "1",
    "ringgit": "1",
    "euro": "1",
    "pound": "1",
    "shilling": "1",
    "rand": "1",
    "cedi": "1",
    "naira": "1",
    "dong": "1",
    "rupiah": "1",
}


def rounding_of(stated: object, default_step: str = "0.01") -> Json:
    """Read "floor 1", "half up 10", "0.01 half up", "floor to 0.05", {"mode": "up", "step": 10}."""
    if isinstance(stated, dict):
        stated = " ".join(
            f"{value} decimals" if bare(key) in {"decimals", "places", "digits", "decimalplaces"} else str(value)
            for key, value in stated.items()
        )
    words = str(stated).lower().replace("-", " ").replace("_", " ")
    mode = next((ours for theirs, ours in _MODES if theirs in words), "half-up")
    places = re.search(r"(\d+) ?(?:decimals?|decimal places?|places|dp)\b", words)
    minor = re.search(r"(\d+) ?(?:cents?|c|paise|sen|centavos?|pence|p|rappen|rp|centimes?|ore|kobo|agorot)\b", words)
    if places or minor:
        size = Decimal(1).scaleb(-int(places[1])) if places else Decimal(minor[1] if minor else 1) / 100
        return {"mode": mode, "step": text(size)}
    step = _NUMBER.search(words)
    named = next((size for name, size in _NAMED_STEPS.items() if name in words), default_step)
    return {"mode": mode, "step": step[0] if step else named}

"""The facts in a line of a registry: what tariffs charge by besides use and class."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from chalicelib.connections.domain import RatingFacts
from chalicelib.connections.domain.facts import MAX_MEASURES, NO_FACTS
from chalicelib.connections.domain.walking import MAX_ORDER
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import parse_decimal

COLUMNS = {
    "meter_size": ("meter_size", "size"),
    "dwelling_units": ("dwelling_units", "dwellings"),
    "winter_average": ("winter_average",),
    "flags": ("flags", "holder_flags"),
    "persons": ("persons", "people", "household_size"),
    "place_flags": ("place_flags",),
    "measures": ("measures",),
    "walking_order": ("walking_order", "route_order", "sequence"),
}
# A fault of one of these is no number's.
TEXTS = {"meter_size", "flags", "place_flags", "measures"}
_FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}\Z", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}\Z", re.ASCII)
_MAX_FLAGS = 8
_OTHERWISE_KNOWN = {"use", "days", "months", "dwellingUnits", "winterAverage", "persons"}


def facts_of(cell: Mapping[str, str]) -> RatingFacts:
    """Return the facts of a line whose cells are valid."""
    return RatingFacts(
        meter_size=cell.get("meter_size") or None,
        dwelling_units=parse_decimal(cell.get("dwelling_units") or "1"),
        winter_average=parse_decimal(cell["winter_average"]) if cell.get("winter_average") else None,
        flags=_flags(cell.get("flags", "")),
        persons=int(cell["persons"]) if cell.get("persons") else None,
        place_flags=_flags(cell.get("place_flags", "")),
        measures=_measures(cell.get("measures", "")),
    )


def compared(said: RatingFacts, standing: RatingFacts) -> dict[str, tuple[object, object]]:
    """Return each fact that a line says with the one that stands, by column; what is left out is not compared."""
    names = [name for name in COLUMNS if name != "walking_order" and getattr(said, name) != getattr(NO_FACTS, name)]
    return {name: (getattr(said, name), getattr(standing, name)) for name in names}


def walking_order_of(cell: Mapping[str, str]) -> int | None:
    """Return the number of a line in the walking order of its area, if it has one."""
    return _order(cell["walking_order"]) if cell.get("walking_order") else None


def _flags(text: str) -> tuple[str, ...]:
    found = {part.strip() for part in re.split("[,;|]", text)} - {""}
    if len(found) > _MAX_FLAGS or not all(map(_FACT.match, found)):
        raise Invalid("bad-number", f"write up to {_MAX_FLAGS} flags as senior; lifeline")
    return tuple(sorted(found))


def _measures(text: str) -> dict[str, Decimal]:
    parts = [part.partition("=") for part in re.split("[;|]", text) if part.strip()]
    found = {name.strip(): _not_below_zero(value.strip()) for name, _, value in parts}
    if len(parts) > MAX_MEASURES or len(found) < len(parts) or not all(map(_FACT.match, found)):
        raise Invalid("bad-number", f"write up to {MAX_MEASURES} measures as contractedKw=5; stormArea=120.5")
    if named := sorted(_OTHERWISE_KNOWN & found.keys()):
        raise Invalid("bad-number", f"a tariff knows {named[0]} by itself; it is no measure")
    return found


def _not_below_zero(text: str) -> Decimal:
    number = parse_decimal(text)
    if number < 0:
        raise Invalid("bad-number", "give zero or more")
    return number


def _dwellings(text: str) -> Decimal:
    number = parse_decimal(text)
    if not 0 < number <= 100_000:
        raise Invalid("bad-number", "give a number of dwellings above zero")
    return number


def _whole(text: str) -> int:
    if not _WHOLE.match(text):
        raise Invalid("bad-number", "give a whole number")
    return int(text)


def _order(text: str) -> int:
    number = _whole(text)
    if not 1 <= number <= MAX_ORDER:
        raise Invalid("bad-number", f"number the way from 1 to {MAX_ORDER}")
    return number


def _size(text: str) -> str:
    if not _FACT.match(text):
        raise Invalid("bad-number", "write a meter size such as 5/8")
    return text


FORMS: Mapping[str, Callable[[str], object]] = {
    "meter_size": _size,
    "dwelling_units": _dwellings,
    "winter_average": _not_below_zero,
    "flags": _flags,
    "persons": _whole,
    "place_flags": _flags,
    "measures": _measures,
    "walking_order": _order,
}

"""Facts of a connection that tariffs may charge by, besides use and class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.kernel.quantity import plain

# More than any tariff known has, and few enough that a connection stays small.
MAX_MEASURES = 16
PERSONAL_FACTS = ("flags", "persons")
"""Facts of the holder, by their short names: they end when the connection is handed over."""

_MEASURE = "measures."


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """Facts that tariffs may charge by: of the place, and of its holder.

    The holder's are `flags` ("senior") and the number of `persons`. The place's are its meter size, number of
    dwellings, average use in winter, `place_flags` ("flood zone") and `measures`: further quantities by the names that
    tariffs declare ("contractedKw"). Bills keep the facts they were rated by in the traces of their lines.
    """

    meter_size: str | None = None
    dwelling_units: Decimal = Decimal(1)
    winter_average: Decimal | None = None
    flags: tuple[str, ...] = ()
    persons: int | None = None
    place_flags: tuple[str, ...] = ()
    measures: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def all_flags(self) -> frozenset[str]:
        """The flags that conditions of tariffs see: the holder's and the place's."""
        return frozenset(self.flags + self.place_flags)

    @property
    def all_measures(self) -> dict[str, Decimal]:
        """The measures that charges of tariffs see, with the number of persons where it is known."""
        persons = {} if self.persons is None else {"persons": Decimal(self.persons)}
        return {**self.measures, **persons}

    def audit_facts(self) -> dict[str, str]:
        """Return the facts that differ from the defaults, for the audit log; the measures together."""
        said = self.short()
        measures = [f"{name}={plain(value)}" for name, value in sorted(self.measures.items())]
        own = {name: text for name, text in said.items() if not name.startswith(_MEASURE)}
        return own | ({"measures": ", ".join(measures)} if measures else {})

    def short(self) -> dict[str, str]:
        """Return the facts that differ from the defaults as short texts by name: none for most connections."""
        said = {
            "meterSize": self.meter_size or "",
            "dwellingUnits": "" if self.dwelling_units == 1 else plain(self.dwelling_units),
            "winterAverage": "" if self.winter_average is None else plain(self.winter_average),
            "flags": ",".join(self.flags),
            "persons": "" if self.persons is None else str(self.persons),
            "placeFlags": ",".join(self.place_flags),
        }
        said |= {short_of_measure(name): plain(value) for name, value in sorted(self.measures.items())}
        return {name: text for name, text in said.items() if text}

    @classmethod
    def from_short(cls, said: Mapping[str, str]) -> "RatingFacts":
        """Parse what `short` returned; an empty text is the default."""
        winter, persons = said.get("winterAverage"), said.get("persons")
        return cls(
            meter_size=said.get("meterSize") or None,
            dwelling_units=Decimal(said.get("dwellingUnits") or "1"),
            winter_average=Decimal(winter) if winter else None,
            flags=_flags(said.get("flags")),
            persons=int(persons) if persons else None,
            place_flags=_flags(said.get("placeFlags")),
            measures={
                name.removeprefix(_MEASURE): Decimal(text)
                for name, text in said.items()
                if text and name.startswith(_MEASURE)
            },
        )


NO_FACTS = RatingFacts()


def short_of_measure(name: str) -> str:
    """Return the name of a measure among short texts."""
    return f"{_MEASURE}{name}"


def _flags(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()

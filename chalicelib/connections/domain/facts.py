"""Facts of a connection that tariffs may charge by, besides use and class."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.quantity import plain


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """Facts that tariffs may charge by: meter size, number of dwellings, average use in winter, and flags ("senior").

    They are effective from the next bill. Bills keep the facts they were rated by in the traces of their lines.
    """

    meter_size: str | None = None
    dwelling_units: Decimal = Decimal(1)
    winter_average: Decimal | None = None
    flags: tuple[str, ...] = ()

    def audit_facts(self) -> dict[str, str]:
        """Return the facts that differ from the defaults, for storage and the audit log: none for most connections."""
        said = {
            "meterSize": self.meter_size or "",
            "dwellingUnits": "" if self.dwelling_units == 1 else plain(self.dwelling_units),
            "winterAverage": "" if self.winter_average is None else plain(self.winter_average),
            "flags": ",".join(self.flags),
        }
        return {name: text for name, text in said.items() if text}

    @classmethod
    def from_short(cls, said: Mapping[str, str]) -> "RatingFacts":
        """Parse what `audit_facts` returned."""
        winter = said.get("winterAverage")
        return cls(
            meter_size=said.get("meterSize"),
            dwelling_units=Decimal(said.get("dwellingUnits", "1")),
            winter_average=Decimal(winter) if winter else None,
            flags=tuple(said["flags"].split(",")) if said.get("flags") else (),
        )


NO_FACTS = RatingFacts()

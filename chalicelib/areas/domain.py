"""What an area is: a barangay, a purok in it. Its code names it, and whatever it lies in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.tenancy.domain import Client

SEPARATOR = "."
_OWN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}\Z", re.ASCII)
_MAX_CODE = 60


@dataclass(frozen=True, slots=True)
class Area:
    """A place that connections lie in. `code` is that of the area it lies in, a dot and its own: Poblacion.P1.

    `uses` counts the connections and the smaller areas that name it; while there are any, it can't be deleted.
    """

    code: str
    name: str
    created_at: datetime
    uses: int = 0
    version: int = 0

    @property
    def parent(self) -> str | None:
        return self.code.rpartition(SEPARATOR)[0] or None

    @property
    def level(self) -> int:
        """1 for the largest."""
        return self.code.count(SEPARATOR) + 1

    def is_found_by(self, text: str) -> bool:
        """Return whether each word of a text begins a word of the name or a part of the code."""
        words = [*self.name.casefold().split(), *self.code.casefold().split(SEPARATOR)]
        return all(any(word.startswith(part) for word in words) for part in text.casefold().split())


def new_area(client: Client, *, code: str, name: str, created_at: datetime) -> Area:
    """Return a new area on one of the client's levels.

    :raises Invalid: for a code that can't be one, or that lies deeper than the client has levels.
    """
    levels = client.area_levels
    if not levels:
        raise Invalid(
            "no-areas", "this client keeps no list of areas; name its areaLevels in the settings first", field="code"
        )
    if not is_code(code):
        raise Invalid(
            "bad-area", "letters, digits and hyphens, up to 20; a dot after each area it lies in", field="code"
        )
    area = Area(code, name, created_at)
    if area.level > len(levels):
        raise Invalid("bad-area", f"an area here has up to {len(levels)} parts: {', '.join(levels)}", field="code")
    return area


def is_code(text: str) -> bool:
    """Return whether an area could have this code."""
    return len(text) <= _MAX_CODE and all(_OWN.match(part) for part in text.split(SEPARATOR))


def known_code(text: str) -> str:
    """Let a code from outside through if an area could have it.

    :raises NotFound: otherwise.
    """
    if not is_code(text):
        raise NotFound("not-found", "there is no area with this code")
    return text


def lies_in(area: str, outer: str) -> bool:
    """Return whether an area is another, or lies in it: Poblacion.P1 lies in Poblacion."""
    return area == outer or area.startswith(outer + SEPARATOR)


def outermost(codes: Iterable[str]) -> tuple[str, ...]:
    """Leave out areas that lie in others of them, and put the rest in order.

    Poblacion.P1, Bacong, Poblacion -> Bacong, Poblacion.
    """
    found: list[str] = []
    for area in sorted(set(codes), key=lambda area: area.split(SEPARATOR)):
        if not (found and lies_in(area, found[-1])):
            found.append(area)
    return tuple(found)


def reaches(actor: Actor, area: str) -> bool:
    """Return whether what lies in an area is the actor's business. Source: S3-012."""
    return is_among(actor.areas, area)


def is_among(areas: Iterable[str] | None, area: str) -> bool:
    """Return whether an area is one of some, or lies in one of them; None stands for all."""
    return areas is None or any(lies_in(area, outer) for outer in areas)


def part_within_reach(actor: Actor, asked: str | None) -> tuple[str, ...] | None:
    """Return which areas to look into for an actor who asks for one, or (None) for all.

    None: everywhere. Who has Poblacion.P1 and asks for Poblacion gets Poblacion.P1; who has another gets none.
    """
    if asked is None:
        return actor.areas
    if reaches(actor, asked):
        return (asked,)
    return tuple(area for area in actor.areas or () if lies_in(area, asked))

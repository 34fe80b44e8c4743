"""Areas, such as a barangay or a purok in it. An area's code includes that of the area around it."""

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
    """A place where connections are. `code` is the code of the area around it, a dot and its own: Poblacion.P1.

    `uses` counts the connections and smaller areas in it; while there are any, it can't be deleted.
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
        """The level: 1 for the largest areas."""
        return self.code.count(SEPARATOR) + 1

    def is_found_by(self, text: str) -> bool:
        """Return whether each word of a text is the beginning of a word of the name or of a part of the code."""
        words = [*self.name.casefold().split(), *self.code.casefold().split(SEPARATOR)]
        return all(any(word.startswith(part) for word in words) for part in text.casefold().split())


def new_area(client: Client, *, code: str, name: str, created_at: datetime) -> Area:
    """Return a new area on one of the client's levels.

    :raises Invalid: for an invalid code, or one with more levels than the client has.
    """
    levels = client.area_levels
    if not levels:
        raise Invalid(
            "no-areas", "this client has no list of areas; set areaLevels in its settings first", field="code"
        )
    if not is_code(code):
        raise Invalid(
            "bad-area", "use letters, digits and hyphens, up to 20 for each area, with dots between areas", field="code"
        )
    area = Area(code, name, created_at)
    if area.level > len(levels):
        raise Invalid("bad-area", f"an area here has up to {len(levels)} parts: {', '.join(levels)}", field="code")
    return area


def is_code(text: str) -> bool:
    """Return whether an area could have this code."""
    return len(text) <= _MAX_CODE and all(_OWN.match(part) for part in text.split(SEPARATOR))


def known_code(text: str) -> str:
    """Check that a code from outside could be an area's, and return it.

    :raises NotFound: otherwise.
    """
    if not is_code(text):
        raise NotFound("not-found", "there is no area with this code")
    return text


def lies_in(area: str, outer: str) -> bool:
    """Return whether an area is another one or inside it: Poblacion.P1 is inside Poblacion."""
    return area == outer or area.startswith(outer + SEPARATOR)


def outermost(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the areas, in order, without those that are inside another of them.

    Poblacion.P1, Bacong, Poblacion -> Bacong, Poblacion.
    """
    found: list[str] = []
    for area in sorted(set(codes), key=lambda area: area.split(SEPARATOR)):
        if not (found and lies_in(area, found[-1])):
            found.append(area)
    return tuple(found)


def reaches(actor: Actor, area: str) -> bool:
    """Return whether an area is within the actor's areas. Source: S3-012."""
    return is_among(actor.areas, area)


def is_among(areas: Iterable[str] | None, area: str) -> bool:
    """Return whether an area is one of several or inside one of them; None means all areas."""
    return areas is None or any(lies_in(area, outer) for outer in areas)


def part_within_reach(actor: Actor, asked: str | None) -> tuple[str, ...] | None:
    """Return the part of an area (None: of the whole tenant) that is within the actor's areas; None means everything.

    With Poblacion.P1, asking for Poblacion returns Poblacion.P1; with another area, it returns none.
    """
    if asked is None:
        return actor.areas
    if reaches(actor, asked):
        return (asked,)
    return tuple(area for area in actor.areas or () if lies_in(area, asked))

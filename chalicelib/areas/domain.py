"""What an area is: a barangay, a purok in it. Its code names it, and whatever it lies in."""

import re
from dataclasses import dataclass
from datetime import datetime

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
    def depth(self) -> int:
        return self.code.count(SEPARATOR)


def new_area(client: Client, *, code: str, name: str, created_at: datetime) -> Area:
    """This function will give a new area on one of the client's levels.

    :raises Invalid: for a code that can't be one, or that lies deeper than the client has levels.
    """
    levels = client.area_levels
    if not levels:
        raise Invalid("no-areas", "this client keeps no list of areas; name its areaLevels in the settings first")
    if not is_code(code):
        raise Invalid("bad-area", "code: letters, digits and hyphens, up to 20; a dot after each area it lies in")
    area = Area(code, name, created_at)
    if area.depth >= len(levels):
        raise Invalid("bad-area", f"code: an area here has up to {len(levels)} parts: {', '.join(levels)}")
    return area


def is_code(text: str) -> bool:
    """This function will say whether an area could have this code."""
    return len(text) <= _MAX_CODE and all(_OWN.match(part) for part in text.split(SEPARATOR))


def known_code(text: str) -> str:
    """This function will let a code from outside through if an area could have it.

    :raises NotFound: otherwise.
    """
    if not is_code(text):
        raise NotFound("not-found", "there is no area with this code")
    return text


def lies_in(area: str, outer: str) -> bool:
    """This function will say whether an area is another, or lies in it: Poblacion.P1 lies in Poblacion."""
    return area == outer or area.startswith(outer + SEPARATOR)

"""Areas as the API shows them."""

from typing import Annotated

from pydantic import Field

from chalicelib.areas.domain import Area
from chalicelib.platform.schema import Change, Instant, OutSchema, Schema, Shows, Text, Version, WholeList

AreaCode = Annotated[str, Field(max_length=60, examples=["Poblacion.P1"])]


class NewArea(Schema):
    """An area to add."""

    code: AreaCode = Field(description="The code of the area around it, a dot, and its own")
    name: Text = Field(examples=["Purok 1"])


class AreaChange(Change):
    """A new name for an area. Its code stays."""

    version: Version
    name: Text


class AreaOut(OutSchema, Shows[Area]):
    """An area."""

    code: str
    name: str
    parent: str | None = Field(description="The area around it")
    level: int = Field(description="1 for the largest; the client's areaLevels name the levels")
    uses: int = Field(description="The number of connections and smaller areas in it; it can be deleted at 0")
    version: int
    created_at: Instant


class AreaQuery(Schema):
    """The areas to list."""

    within: AreaCode | None = Field(default=None, description="Only this area and those inside it")
    q: Annotated[str, Field(min_length=1, max_length=120)] | None = Field(
        default=None, description="Only areas with words of the name or code that begin with this", examples=["pob"]
    )


class AreaList(WholeList):
    """Areas, in order of their codes."""

    items: tuple[AreaOut, ...]

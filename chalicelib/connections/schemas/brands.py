"""Meter brands as the API shows them."""

from pydantic import Field

from chalicelib.connections.domain.brands import MeterBrand
from chalicelib.platform.schema import BrandId, OutSchema, Schema, Shows, Text, WholeList


class BrandName(Schema):
    """A new name for a meter brand. Its id stays."""

    name: Text = Field(examples=["Itron"])


class NewBrand(BrandName):
    """A meter brand to add. Connections name it by its id."""

    id: BrandId


class BrandOut(NewBrand, OutSchema, Shows[MeterBrand]):
    """A meter brand."""

    connections: int = Field(description="The number of open connections with this brand; it can be deleted at 0")


class BrandList(WholeList):
    """All meter brands of a client."""

    items: tuple[BrandOut, ...]

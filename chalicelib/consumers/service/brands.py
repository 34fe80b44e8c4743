"""Keep the client's list of meter brands."""

from chalicelib.consumers.domain.people import MeterBrand
from chalicelib.consumers.repository import brands as repository
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import slug
from chalicelib.platform.transaction import Refused


def open_brand(ctx: Context, *, brand_id: str, name: str) -> MeterBrand:
    """This function will put a brand on the list.

    :raises Invalid: for an id that can't be one.
    :raises Conflict: if the id is taken.
    """
    brand = MeterBrand(slug(brand_id, "a brand's id"), name)
    try:
        repository.insert_brand(ctx.client, brand)
    except Refused:
        raise Conflict("brand-taken", f"there is a brand {brand_id} already; choose another id") from None
    return brand


def list_brands(ctx: Context) -> tuple[MeterBrand, ...]:
    """This function will list the client's meter brands."""
    return repository.all_brands(ctx.client)

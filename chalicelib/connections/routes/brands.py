"""Meter brands over HTTP."""

from chalicelib.connections import service
from chalicelib.connections.routes.common import blueprint
from chalicelib.connections.schemas.brands import BrandList, BrandName, BrandOut, NewBrand
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint

_BRANDS = "/api/clients/{clientId}/meter-brands"
_BRAND = _BRANDS + "/{brandId}"


@endpoint(blueprint, "GET", _BRANDS, permission="areas.read", returns=BrandList)
def list_brands(ctx: Context) -> BrandList:
    """List the client's meter brands."""
    return BrandList(items=tuple(BrandOut.of(brand) for brand in service.list_brands(ctx)))


@endpoint(
    blueprint,
    "POST",
    _BRANDS,
    permission="areas.manage",
    body=NewBrand,
    returns=BrandOut,
    status=201,
    location=_BRANDS + "/{id}",
    errors="bad-name brand-taken",
)
def open_brand(ctx: Context, *, body: NewBrand) -> BrandOut:
    """Add a meter brand."""
    return BrandOut.of(service.open_brand(ctx, brand_id=body.id, name=body.name))


@endpoint(blueprint, "GET", _BRAND, permission="areas.read", returns=BrandOut)
def get_brand(ctx: Context, *, brand_id: str) -> BrandOut:
    """Show a meter brand."""
    return BrandOut.of(service.get_brand(ctx, brand_id=brand_id))


@endpoint(blueprint, "PUT", _BRAND, permission="areas.manage", body=BrandName, returns=BrandOut)
def rename_brand(ctx: Context, *, brand_id: str, body: BrandName) -> BrandOut:
    """Rename a meter brand."""
    return BrandOut.of(service.rename_brand(ctx, brand_id=brand_id, name=body.name))


@endpoint(blueprint, "DELETE", _BRAND, permission="areas.manage", returns=BrandOut, errors="brand-used")
def delete_brand(ctx: Context, *, brand_id: str) -> BrandOut:
    """Delete a meter brand that no open connection has."""
    return BrandOut.of(service.delete_brand(ctx, brand_id=brand_id))

"""Meter brands over HTTP."""

from chalicelib.consumers import service
from chalicelib.consumers.routes.common import blueprint
from chalicelib.consumers.schemas.people import (
    BrandBody,
    BrandList,
)
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint

_BRANDS = "/api/clients/{client}/meter-brands"


@endpoint(blueprint, "GET", _BRANDS, permission="areas.read", returns=BrandList)
def list_brands(ctx: Context) -> BrandList:
    """List the client's meter brands."""
    return BrandList(items=tuple(BrandBody.of(brand) for brand in service.list_brands(ctx)))


@endpoint(blueprint, "POST", _BRANDS, permission="areas.manage", body=BrandBody, returns=BrandBody, status=201)
def open_brand(ctx: Context, *, body: BrandBody) -> BrandBody:
    """Put a meter brand on the list."""
    return BrandBody.of(service.open_brand(ctx, brand_id=body.id, name=body.name))

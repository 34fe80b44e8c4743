"""Areas over HTTP."""

from chalice.app import Blueprint

from chalicelib.areas import service
from chalicelib.areas.schemas import AreaChange, AreaList, AreaOut, AreaQuery, NewArea
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint

blueprint = Blueprint(__name__)

_AREAS = "/api/clients/{clientId}/areas"
_AREA = _AREAS + "/{area}"


@endpoint(blueprint, "GET", _AREAS, permission="areas.read", query=AreaQuery, returns=AreaList)
def list_areas(ctx: Context, *, query: AreaQuery) -> AreaList:
    """List the client's areas."""
    return AreaList(items=tuple(AreaOut.of(area) for area in service.list_areas(ctx, outer=query.within, text=query.q)))


@endpoint(
    blueprint,
    "POST",
    _AREAS,
    permission="areas.manage",
    body=NewArea,
    returns=AreaOut,
    status=201,
    location=_AREAS + "/{code}",
    errors="area-taken bad-area no-areas unknown-area",
)
def open_area(ctx: Context, *, body: NewArea) -> AreaOut:
    """Add an area."""
    return AreaOut.of(service.open_area(ctx, code=body.code, name=body.name))


@endpoint(blueprint, "GET", _AREA, permission="areas.read", returns=AreaOut)
def get_area(ctx: Context, *, area: str) -> AreaOut:
    """Show an area."""
    return AreaOut.of(service.get_area(ctx, code=area))


@endpoint(blueprint, "PATCH", _AREA, permission="areas.manage", body=AreaChange, returns=AreaOut, errors="changed")
def rename_area(ctx: Context, *, area: str, body: AreaChange) -> AreaOut:
    """Rename an area."""
    return AreaOut.of(service.rename_area(ctx, code=area, name=body.said().get("name"), version=body.version))


@endpoint(blueprint, "DELETE", _AREA, permission="areas.manage", returns=AreaOut, errors="area-used")
def delete_area(ctx: Context, *, area: str) -> AreaOut:
    """Delete an area that has no connections and no smaller areas."""
    return AreaOut.of(service.delete_area(ctx, code=area))

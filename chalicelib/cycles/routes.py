"""Billing cycles over HTTP."""

from chalice.app import Blueprint

from chalicelib.cycles import service
from chalicelib.cycles.schemas import CycleChange, CycleList, CycleOut, CycleQuery, NewCycle
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint

blueprint = Blueprint(__name__)

_CYCLES = "/api/clients/{clientId}/billing-cycles"
_CYCLE = _CYCLES + "/{cycleId}"


@endpoint(blueprint, "GET", _CYCLES, permission="cycles.read", query=CycleQuery, returns=CycleList)
def list_cycles(ctx: Context, *, query: CycleQuery) -> CycleList:
    """List the client's billing cycles, or those that make bills on a day."""
    found = service.list_cycles(ctx, generating_on=query.generating_on, active=query.active)
    return CycleList(items=tuple(CycleOut.of(cycle) for cycle in found))


@endpoint(
    blueprint,
    "POST",
    _CYCLES,
    permission="cycles.manage",
    body=NewCycle,
    returns=CycleOut,
    status=201,
    location=_CYCLES + "/{id}",
    errors="bad-cycle bad-name cycle-taken",
)
def open_cycle(ctx: Context, *, body: NewCycle) -> CycleOut:
    """Add a billing cycle."""
    return CycleOut.of(service.open_cycle(ctx, cycle=body.to_domain(body.id)))


@endpoint(blueprint, "GET", _CYCLE, permission="cycles.read", returns=CycleOut)
def get_cycle(ctx: Context, *, cycle_id: str) -> CycleOut:
    """Show a billing cycle."""
    return CycleOut.of(service.get_cycle(ctx, cycle_id=cycle_id))


@endpoint(
    blueprint,
    "PATCH",
    _CYCLE,
    permission="cycles.manage",
    body=CycleChange,
    returns=CycleOut,
    errors="bad-cycle changed",
)
def change_cycle(ctx: Context, *, cycle_id: str, body: CycleChange) -> CycleOut:
    """Change a billing cycle, effective from the next run."""
    return CycleOut.of(service.change_cycle(ctx, cycle_id=cycle_id, version=body.version, changes=body.said()))

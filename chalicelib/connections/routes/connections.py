"""Connections over HTTP."""

from chalicelib.connections import service
from chalicelib.connections.routes.common import blueprint
from chalicelib.connections.schemas.connections import (
    ChangeView,
    ConnectionChange,
    ConnectionChanged,
    ConnectionOut,
    ConnectionPage,
    ConnectionQuery,
    EventPage,
    MeterExchange,
    MyConnection,
    MyConnections,
    NewConnection,
    StatusChange,
    WalkingOrderBody,
    WalkingOrderOut,
)
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy.domain import ProjectContext

_CONNECTIONS = "/api/clients/{clientId}/projects/{projectId}/connections"
_CONNECTION = _CONNECTIONS + "/{accountNumber}"


@endpoint(
    blueprint,
    "POST",
    _CONNECTIONS,
    permission="connections.manage",
    body=NewConnection,
    returns=ConnectionOut,
    status=201,
    location=_CONNECTIONS + "/{account_number}",
    errors="account-given account-missing account-taken bad-number bad-register changed consumer-given "
    "consumer-missing consumer-not-active future-date impossible-reading meter-missing meter-taken project-closed "
    "tariff-missing undelivered-measure unknown-area unknown-brand unknown-class unknown-tariff",
)
def register_connection(ctx: ProjectContext, *, body: NewConnection) -> ConnectionOut:
    """Register a metered connection."""
    connection = service.register_connection(
        ctx,
        consumer_id=body.consumer_id,
        account=body.account_number,
        consumer_class=body.consumer_class,
        meter_number=body.meter_number or "",
        area=body.area,
        initial_reading=body.initial_reading,
        details=body.details(),
    )
    return ConnectionOut.of(connection)


@endpoint(
    blueprint,
    "GET",
    _CONNECTIONS,
    permission="connections.read",
    query=ConnectionQuery,
    returns=ConnectionPage,
)
def list_connections(ctx: ProjectContext, *, query: ConnectionQuery) -> ConnectionPage:
    """List a project's connections, all or those that match every filter."""
    page = service.list_connections(
        ctx,
        status=query.status,
        area=query.area,
        meter_number=query.meter_number,
        meter_brand=query.meter_brand,
        consumer_id=query.consumer_id,
        limit=query.limit,
        cursor=query.cursor,
    )
    return ConnectionPage.of(page)


@endpoint(blueprint, "GET", _CONNECTION, permission="connections.read", or_own=True, returns=ConnectionOut)
def get_connection(ctx: ProjectContext, *, account_number: str) -> ConnectionOut:
    """Show a connection."""
    return ConnectionOut.of(service.show_connection(ctx, account=account_number))


@endpoint(
    blueprint,
    "PATCH",
    _CONNECTION,
    permission="connections.manage",
    body=ConnectionChange,
    returns=ConnectionChanged,
    errors="bad-day bad-register changed future-date impossible-reading meter-taken tariff-missing too-many-changes "
    "too-many-measures undelivered-measure unknown-area unknown-brand unknown-class unknown-tariff use-unread "
    "wrong-status",
)
def change_connection(ctx: ProjectContext, *, account_number: str, body: ConnectionChange) -> ConnectionChanged:
    """Change a connection's class, tariff, area, meter details, or the facts that tariffs charge by."""
    changed = service.change_connection(
        ctx,
        account=account_number,
        version=body.version,
        changes=body.changes(),
        terms=body.terms(),
        facts=body.facts.changes(),
        since=body.from_,
        reason=body.reason,
    )
    today = local_day(ctx.now, ctx.project.settings.timezone)
    return ConnectionChanged.of(ChangeView(changed, ctx.project, body.from_, today), changed)


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/disconnection",
    permission="connections.manage",
    body=StatusChange,
    returns=ConnectionOut,
    errors="changed future-date wrong-order wrong-status",
)
def disconnect(ctx: ProjectContext, *, account_number: str, body: StatusChange) -> ConnectionOut:
    """Disconnect a connection."""
    return ConnectionOut.of(service.disconnect(ctx, account=account_number, reason=body.reason, on=body.on))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/reconnection",
    permission="connections.manage",
    body=StatusChange,
    returns=ConnectionOut,
    errors="changed consumer-not-active future-date wrong-order wrong-status",
)
def reconnect(ctx: ProjectContext, *, account_number: str, body: StatusChange) -> ConnectionOut:
    """Reconnect a connection."""
    return ConnectionOut.of(service.reconnect(ctx, account=account_number, reason=body.reason, on=body.on))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/meter-exchanges",
    permission="connections.manage",
    body=MeterExchange,
    returns=ConnectionOut,
    errors="bad-number bad-register below-previous changed future-date implausible-reading impossible-reading "
    "meter-taken no-meter "
    "register-missing same-meter undelivered-measure unknown-brand unknown-register wrong-order wrong-status",
)
def exchange_meter(ctx: ProjectContext, *, account_number: str, body: MeterExchange) -> ConnectionOut:
    """Exchange a connection's meter; the next bill includes the use of both meters."""
    exchanged = service.exchange_meter(ctx, account=account_number, exchange=body.to_domain(), reason=body.reason)
    return ConnectionOut.of(exchanged)


@endpoint(
    blueprint,
    "GET",
    _CONNECTION + "/history",
    permission="connections.read",
    or_own=True,
    query=PageQuery,
    returns=EventPage,
)
def list_events(ctx: ProjectContext, *, account_number: str, query: PageQuery) -> EventPage:
    """List a connection's history, newest first; a consumer sees only events of their own time."""
    page = service.list_events(ctx, account=account_number, limit=query.limit, cursor=query.cursor)
    return EventPage.of(page, names=user_names(ctx.client, [event.by for event in page.items]))


@endpoint(
    blueprint,
    "PUT",
    "/api/clients/{clientId}/projects/{projectId}/areas/{area}/walking-order",
    permission="connections.manage",
    body=WalkingOrderBody,
    returns=WalkingOrderOut,
    errors="changed not-in-area",
)
def set_walking_order(ctx: ProjectContext, *, area: str, body: WalkingOrderBody) -> WalkingOrderOut:
    """Set the order in which a reader walks through an area."""
    service.set_walking_order(ctx, area=area, accounts=body.account_numbers, first=body.first)
    return WalkingOrderOut(area=area, first=body.first, account_numbers=body.account_numbers)


@endpoint(blueprint, "GET", "/api/me/connections", permission="connections.read.own", returns=MyConnections)
def my_connections(ctx: Context) -> MyConnections:
    """List your connections, over all projects."""
    return MyConnections(
        items=tuple(
            MyConnection(
                project_id=project.id, project_label=project.settings.label, connection=ConnectionOut.of(connection)
            )
            for project, connection in service.my_connections(ctx)
        )
    )

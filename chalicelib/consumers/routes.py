"""Consumers and connections over HTTP."""

from chalice.app import Blueprint

from chalicelib.consumers import service
from chalicelib.consumers.schemas.connections import (
    ConnectionChange,
    ConnectionOut,
    ConnectionPage,
    ConnectionQuery,
    EventOut,
    EventPage,
    HandOver,
    MeterExchange,
    MyConnection,
    MyConnections,
    NewConnection,
    StatusChange,
)
from chalicelib.consumers.schemas.people import (
    BrandBody,
    BrandList,
    ConsumerChange,
    ConsumerOut,
    ConsumerPage,
    ConsumerQuery,
    LoginMade,
    NewConsumer,
    NewLogin,
    ProfileChange,
    Registered,
    Registration,
    UserDeleted,
)
from chalicelib.kernel.context import Context
from chalicelib.platform.http import PUBLIC, SIGNED_IN, endpoint
from chalicelib.platform.schema import PageQuery

blueprint = Blueprint(__name__)

_CONSUMERS = "/api/clients/{client}/consumers"
_CONSUMER = _CONSUMERS + "/{consumer}"
_USER = "/api/clients/{client}/users/{user}"
_BRANDS = "/api/clients/{client}/meter-brands"
_CONNECTIONS = "/api/clients/{client}/projects/{project}/connections"
_CONNECTION = _CONNECTIONS + "/{account}"


@endpoint(
    blueprint,
    "POST",
    _CONSUMERS,
    permission="consumers.manage",
    body=NewConsumer,
    returns=ConsumerOut,
    status=201,
    location=_CONSUMERS + "/{id}",
)
def register_consumer(ctx: Context, *, body: NewConsumer) -> ConsumerOut:
    """Register a consumer."""
    return ConsumerOut.of(service.register_consumer(ctx, **body.model_dump(by_alias=False)))


@endpoint(blueprint, "GET", _CONSUMERS, permission="consumers.read", query=ConsumerQuery, returns=ConsumerPage)
def list_consumers(ctx: Context, *, query: ConsumerQuery) -> ConsumerPage:
    """List the client's consumers, or find some by name."""
    if query.q:
        page = service.search_consumers(ctx, text=query.q, limit=query.limit, cursor=query.cursor)
    else:
        by_name = query.sort == "name"
        page = service.list_consumers(ctx, status=query.status, by_name=by_name, limit=query.limit, cursor=query.cursor)
    return ConsumerPage(items=tuple(ConsumerOut.of(consumer) for consumer in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", _CONSUMERS + "/{consumer}", permission="consumers.read", returns=ConsumerOut)
def get_consumer(ctx: Context, *, consumer: str) -> ConsumerOut:
    """Show a consumer."""
    return ConsumerOut.of(service.get_consumer(ctx, consumer_id=consumer))


@endpoint(blueprint, "PUT", _CONSUMER, permission="consumers.manage", body=ConsumerChange, returns=ConsumerOut)
def change_consumer(ctx: Context, *, consumer: str, body: ConsumerChange) -> ConsumerOut:
    """Change a consumer's name, contacts or status."""
    changed = service.change_consumer(ctx, consumer_id=consumer, version=body.version, changes=body.changes())
    return ConsumerOut.of(changed)


@endpoint(blueprint, "DELETE", _CONSUMER, permission="consumers.manage", returns=ConsumerOut)
def delete_consumer(ctx: Context, *, consumer: str) -> ConsumerOut:
    """Delete a consumer who has no active connection; they stay on record."""
    return ConsumerOut.of(service.delete_consumer(ctx, consumer_id=consumer))


@endpoint(blueprint, "GET", "/api/me/profile", permission=SIGNED_IN, returns=ConsumerOut)
def my_profile(ctx: Context) -> ConsumerOut:
    """Show the consumer who is signed in."""
    return ConsumerOut.of(service.get_own_profile(ctx))


@endpoint(blueprint, "PUT", "/api/me/profile", permission=SIGNED_IN, body=ProfileChange, returns=ConsumerOut)
def change_my_profile(ctx: Context, *, body: ProfileChange) -> ConsumerOut:
    """Change how you can be reached."""
    return ConsumerOut.of(service.change_own_profile(ctx, version=body.version, changes=body.changes()))


@endpoint(blueprint, "GET", _BRANDS, permission="areas.read", returns=BrandList)
def list_brands(ctx: Context) -> BrandList:
    """List the client's meter brands."""
    return BrandList(items=tuple(BrandBody.of(brand) for brand in service.list_brands(ctx)))


@endpoint(blueprint, "POST", _BRANDS, permission="areas.manage", body=BrandBody, returns=BrandBody, status=201)
def open_brand(ctx: Context, *, body: BrandBody) -> BrandBody:
    """Put a meter brand on the list."""
    return BrandBody.of(service.open_brand(ctx, brand_id=body.id, name=body.name))


@endpoint(
    blueprint, "POST", _CONSUMER + "/login", permission="consumers.manage", body=NewLogin, returns=LoginMade, status=201
)
def open_login(ctx: Context, *, consumer: str, body: NewLogin) -> LoginMade:
    """Let a consumer sign in."""
    user = service.open_login(ctx, consumer_id=consumer, login=body.login, password=body.password)
    return LoginMade(user_id=user.id, login=user.login)


@endpoint(blueprint, "POST", "/api/auth/register", permission=PUBLIC, body=Registration, returns=Registered, status=201)
def register_self(ctx: Context, *, body: Registration) -> Registered:
    """Register yourself as a consumer, where the utility allows it."""
    facts = body.model_dump(by_alias=False, exclude={"client"})
    consumer, user = service.register_self(ctx, client_id=body.client, **facts)
    shown = ConsumerOut.of(consumer)
    return Registered(consumer=shown, user_id=user.id, login=user.login, number=user.number, role=user.role)


@endpoint(blueprint, "DELETE", _USER, permission="users.manage", returns=UserDeleted)
def delete_user(ctx: Context, *, user: str) -> UserDeleted:
    """Delete a user: the record stays, and nobody signs in by it again."""
    return UserDeleted.of(service.delete_user(ctx, user_id=user))


@endpoint(
    blueprint,
    "POST",
    _CONNECTIONS,
    permission="connections.manage",
    body=NewConnection,
    returns=ConnectionOut,
    status=201,
    location=_CONNECTIONS + "/{account_number}",
)
def register_connection(ctx: Context, *, body: NewConnection) -> ConnectionOut:
    """Register a metered connection."""
    connection = service.register_connection(
        ctx,
        consumer_id=body.consumer_id,
        account=body.account_number,
        consumer_class=body.consumer_class,
        meter_number=body.meter_number,
        area=body.area,
        initial_reading=body.initial_reading,
        details=body.details(),
    )
    return ConnectionOut.of(connection)


@endpoint(blueprint, "GET", _CONNECTIONS, permission="connections.read", query=ConnectionQuery, returns=ConnectionPage)
def list_connections(ctx: Context, *, query: ConnectionQuery) -> ConnectionPage:
    """List a project's connections, or find some by meter, consumer, area or status."""
    if query.meter_number:
        page = service.list_by_meter(ctx, meter_number=query.meter_number)
    elif query.consumer_id:
        page = service.list_of_consumer(ctx, consumer_id=query.consumer_id)
    else:
        page = service.list_connections(
            ctx, status=query.status, area=query.area, limit=query.limit, cursor=query.cursor
        )
    return ConnectionPage(items=tuple(ConnectionOut.of(each) for each in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", _CONNECTION, permission="connections.read", or_own=True, returns=ConnectionOut)
def get_connection(ctx: Context, *, account: str) -> ConnectionOut:
    """Show a connection."""
    return ConnectionOut.of(service.get_connection(ctx, account=account))


@endpoint(blueprint, "PUT", _CONNECTION, permission="connections.manage", body=ConnectionChange, returns=ConnectionOut)
def change_connection(ctx: Context, *, account: str, body: ConnectionChange) -> ConnectionOut:
    """Change a connection's class, tariff, area, meter details, or what tariffs charge by."""
    changed = service.change_connection(
        ctx,
        account=account,
        version=body.version,
        changes=body.changes(),
        facts=body.facts.changes(),
        reason=body.reason,
    )
    return ConnectionOut.of(changed)


@endpoint(blueprint, "DELETE", _CONNECTION, permission="connections.manage", returns=ConnectionOut)
def delete_connection(ctx: Context, *, account: str) -> ConnectionOut:
    """Take away a connection that was never read."""
    return ConnectionOut.of(service.delete_connection(ctx, account=account))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/disconnection",
    permission="connections.manage",
    body=StatusChange,
    returns=ConnectionOut,
)
def disconnect(ctx: Context, *, account: str, body: StatusChange) -> ConnectionOut:
    """Cut a connection off, for a reason."""
    return ConnectionOut.of(service.disconnect(ctx, account=account, reason=body.reason, on=body.on))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/reconnection",
    permission="connections.manage",
    body=StatusChange,
    returns=ConnectionOut,
)
def reconnect(ctx: Context, *, account: str, body: StatusChange) -> ConnectionOut:
    """Supply a connection again."""
    return ConnectionOut.of(service.reconnect(ctx, account=account, reason=body.reason, on=body.on))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/closure",
    permission="connections.manage",
    body=StatusChange,
    returns=ConnectionOut,
)
def close_connection(ctx: Context, *, account: str, body: StatusChange) -> ConnectionOut:
    """Close a connection for good."""
    return ConnectionOut.of(service.close(ctx, account=account, reason=body.reason, on=body.on))


@endpoint(
    blueprint,
    "POST",
    _CONNECTION + "/meter-exchanges",
    permission="connections.manage",
    body=MeterExchange,
    returns=ConnectionOut,
)
def exchange_meter(ctx: Context, *, account: str, body: MeterExchange) -> ConnectionOut:
    """Put another meter on a connection; the next bill takes the use of both."""
    exchanged = service.exchange_meter(
        ctx,
        account=account,
        rolled_over=body.rolled_over,
        meter_number=body.meter_number,
        final=body.final_reading,
        first=body.first_reading,
        meter_brand=body.meter_brand,
        meter_digits=body.meter_digits,
        on=body.on,
        reason=body.reason,
    )
    return ConnectionOut.of(exchanged)


@endpoint(
    blueprint, "POST", _CONNECTION + "/handovers", permission="connections.manage", body=HandOver, returns=ConnectionOut
)
def hand_over(ctx: Context, *, account: str, body: HandOver) -> ConnectionOut:
    """Make a connection another consumer's."""
    handed = service.hand_over(ctx, account=account, consumer_id=body.consumer_id, on=body.on, reason=body.reason)
    return ConnectionOut.of(handed)


@endpoint(
    blueprint,
    "GET",
    _CONNECTION + "/history",
    permission="connections.read",
    or_own=True,
    query=PageQuery,
    returns=EventPage,
)
def list_events(ctx: Context, *, account: str, query: PageQuery) -> EventPage:
    """List what became of a connection and why, the newest first."""
    page = service.list_events(ctx, account=account, limit=query.limit, cursor=query.cursor)
    return EventPage(items=tuple(EventOut.of(event) for event in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", "/api/me/connections", permission=SIGNED_IN, returns=MyConnections)
def my_connections(ctx: Context) -> MyConnections:
    """List what is yours, over all projects."""
    return MyConnections(
        items=tuple(
            MyConnection(
                project=project.id, project_label=project.settings.label, connection=ConnectionOut.of(connection)
            )
            for project, connection in service.my_connections(ctx)
        )
    )

"""Consumers and connections over HTTP."""

from chalice.app import Blueprint

from chalicelib.consumers import service
from chalicelib.consumers.schemas import (
    ConnectionOut,
    ConnectionPage,
    ConsumerOut,
    ConsumerPage,
    LoginMade,
    MyConnection,
    MyConnections,
    NewConnection,
    NewConsumer,
    NewLogin,
)
from chalicelib.kernel.context import Context
from chalicelib.platform.http import SIGNED_IN, endpoint
from chalicelib.platform.schema import PageQuery

blueprint = Blueprint(__name__)

_CONSUMERS = "/api/clients/{client}/consumers"
_CONNECTIONS = "/api/clients/{client}/projects/{project}/connections"


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


@endpoint(blueprint, "GET", _CONSUMERS, permission="consumers.read", query=PageQuery, returns=ConsumerPage)
def list_consumers(ctx: Context, *, query: PageQuery) -> ConsumerPage:
    """List the client's consumers."""
    page = service.list_consumers(ctx, limit=query.limit, cursor=query.cursor)
    return ConsumerPage(items=tuple(ConsumerOut.of(consumer) for consumer in page.items), cursor=page.cursor)


@endpoint(blueprint, "GET", _CONSUMERS + "/{consumer}", permission="consumers.read", returns=ConsumerOut)
def get_consumer(ctx: Context, *, consumer: str) -> ConsumerOut:
    """Show a consumer."""
    return ConsumerOut.of(service.get_consumer(ctx, consumer_id=consumer))


@endpoint(
    blueprint,
    "POST",
    _CONSUMERS + "/{consumer}/login",
    permission="consumers.manage",
    body=NewLogin,
    returns=LoginMade,
    status=201,
)
def open_login(ctx: Context, *, consumer: str, body: NewLogin) -> LoginMade:
    """Let a consumer sign in."""
    user = service.open_login(ctx, consumer_id=consumer, login=body.login, password=body.password)
    return LoginMade(user_id=user.id, login=user.login)


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
    )
    return ConnectionOut.of(connection)


@endpoint(blueprint, "GET", _CONNECTIONS, permission="connections.read", query=PageQuery, returns=ConnectionPage)
def list_connections(ctx: Context, *, query: PageQuery) -> ConnectionPage:
    """List a project's connections."""
    page = service.list_connections(ctx, limit=query.limit, cursor=query.cursor)
    return ConnectionPage(items=tuple(ConnectionOut.of(each) for each in page.items), cursor=page.cursor)


@endpoint(
    blueprint,
    "GET",
    _CONNECTIONS + "/{account}",
    permission="connections.read",
    or_own=True,
    returns=ConnectionOut,
)
def get_connection(ctx: Context, *, account: str) -> ConnectionOut:
    """Show a connection."""
    return ConnectionOut.of(service.get_connection(ctx, account=account))


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

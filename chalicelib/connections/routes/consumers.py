"""Consumers over HTTP, where their connections matter: limited to areas, and renamed on their connections."""

from chalicelib.connections import service
from chalicelib.connections.routes.common import blueprint
from chalicelib.consumers.schemas import ConsumerChange, ConsumerOut, ConsumerPage, ConsumerQuery
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint

_CONSUMERS = "/api/clients/{clientId}/consumers"
_CONSUMER = _CONSUMERS + "/{consumerId}"


@endpoint(
    blueprint,
    "GET",
    _CONSUMERS,
    permission="consumers.read",
    query=ConsumerQuery,
    returns=ConsumerPage,
    errors="bad-filter nothing-to-find",
)
def list_consumers(ctx: Context, *, query: ConsumerQuery) -> ConsumerPage:
    """List or search the client's consumers."""
    if query.q:
        page = service.search_consumers(ctx, text=query.q, status=query.status, limit=query.limit, cursor=query.cursor)
    else:
        by_name = query.sort == "name"
        page = service.list_consumers(ctx, status=query.status, by_name=by_name, limit=query.limit, cursor=query.cursor)
    return ConsumerPage.of(page)


@endpoint(blueprint, "GET", _CONSUMER, permission="consumers.read", returns=ConsumerOut)
def get_consumer(ctx: Context, *, consumer_id: str) -> ConsumerOut:
    """Show a consumer."""
    return ConsumerOut.of(service.get_consumer_within_reach(ctx, consumer_id=consumer_id))


@endpoint(
    blueprint,
    "PATCH",
    _CONSUMER,
    permission="consumers.manage",
    body=ConsumerChange,
    returns=ConsumerOut,
    errors="bad-email changed consumer-connected consumer-deleted name-missing",
)
def change_consumer(ctx: Context, *, consumer_id: str, body: ConsumerChange) -> ConsumerOut:
    """Change a consumer's name, contacts or status."""
    changed = service.change_consumer(ctx, consumer_id=consumer_id, version=body.version, changes=body.changes())
    return ConsumerOut.of(changed)

"""Deleting consumers over HTTP, which depends on what they owe."""

from chalicelib.bills import service
from chalicelib.bills.routes.common import blueprint
from chalicelib.consumers.schemas import ConsumerOut
from chalicelib.kernel.context import Context
from chalicelib.platform.http import endpoint


@endpoint(
    blueprint,
    "DELETE",
    "/api/clients/{clientId}/consumers/{consumerId}",
    permission="consumers.manage",
    returns=ConsumerOut,
    errors="changed consumer-connected consumer-owes role-too-high",
)
def delete_consumer(ctx: Context, *, consumer_id: str) -> ConsumerOut:
    """Delete a consumer who has no active connection and owes nothing. The record stays.

    It is refused while a connection of theirs is active, a bill of theirs is not settled, or a reading of a day when a
    connection was theirs waits to be billed. Their login is deleted, too; bills go on naming them.
    """
    return ConsumerOut.of(service.delete_consumer(ctx, consumer_id=consumer_id))

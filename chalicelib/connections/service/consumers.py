"""Use cases of consumers that need their connections: limits by area, and copying a new name to connections."""

from collections.abc import Iterable

from chalicelib.connections.domain import Connection
from chalicelib.connections.repository import links, places
from chalicelib.connections.service.area_scope import consumers_of_areas, consumers_within_reach
from chalicelib.consumers import service as consumers
from chalicelib.consumers.domain import Consumer, ConsumerChanges, ConsumerStatus
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.page import Page
from chalicelib.platform.bulk import batches
from chalicelib.platform.transaction import Action

# The actions of a transaction that remain for connections, after those of the consumer, words, e-mail and login.
_AT_ONCE = 70


def get_consumer_within_reach(ctx: Context, *, consumer_id: str) -> Consumer:
    """Return a consumer of the client.

    :raises NotFound: if the client has no such consumer, or none of their connections is in the actor's areas.
    """
    consumer = consumers.get_consumer(ctx, consumer_id=consumer_id)
    if not consumers_within_reach(ctx, [consumer]):
        raise NotFound("not-found", "there is no consumer with this id", field="consumerId")
    return consumer


def get_consumer_to_connect(ctx: Context, *, consumer_id: str) -> Consumer:
    """Return a consumer who is to get a connection; a self-registered one is thereby confirmed.

    :raises NotFound: if the client has no such consumer, or none of their connections is in the actor's areas.
    :raises Conflict: if they registered themselves by an e-mail address that is another consumer's by now.
    """
    return consumers.vouch_for(ctx, get_consumer_within_reach(ctx, consumer_id=consumer_id))


def list_consumers(
    ctx: Context, *, status: ConsumerStatus | None, by_name: bool, limit: int, cursor: str | None
) -> Page[Consumer]:
    """List consumers, one page at a time: all, oldest first, or those of a status by name.

    An actor limited to areas gets only consumers with a connection there, in the order of the connections.

    :raises Invalid: if such an actor asks for a list by name.
    """
    if ctx.actor.areas is None:
        return consumers.list_consumers(ctx, status=status, by_name=by_name, limit=limit, cursor=cursor)
    if by_name:
        raise Invalid(
            "bad-filter", "the consumers of your areas are listed by place; find them by q instead", field="sort"
        )
    return consumers_of_areas(ctx, status=status, limit=limit, cursor=cursor)


def search_consumers(
    ctx: Context, *, text: str, status: ConsumerStatus | None, limit: int, cursor: str | None
) -> Page[Consumer]:
    """Find consumers within the actor's areas by beginnings of words of their names, with a status or any.

    :raises Invalid: if the text has no word to search for.
    """

    def only(found: Iterable[Consumer]) -> list[Consumer]:
        return consumers_within_reach(ctx, (each for each in found if status in {None, each.status}))

    return consumers.search_consumers(ctx, text=text, only=only, limit=limit, cursor=cursor)


def change_consumer(ctx: Context, *, consumer_id: str, version: int, changes: ConsumerChanges) -> Consumer:
    """Change a consumer; a new name is copied to their connections.

    Up to seventy connections fit into the transaction. Further ones are written before it, seventy at a time: if the
    request is interrupted there, the consumer is unchanged, and repeating the request completes it.

    :raises NotFound: if the client has no such consumer.
    :raises Conflict: if they were changed meanwhile, the e-mail address is another consumer's, or the status is not
        allowed.
    """
    before, after = consumers.changed_consumer(ctx, consumer_id=consumer_id, version=version, changes=changes)
    renamed = _rename_writes(ctx, before, after)
    earlier = tuple(batches(renamed[_AT_ONCE:], _AT_ONCE))
    return consumers.store_change(ctx, before, after, also=renamed[:_AT_ONCE], earlier=earlier)


def consumer_count_writes(ctx: Context, *, before: Connection | None, after: Connection | None) -> list[Action]:
    """Build the writes that keep each consumer's count of active connections.

    Label `consumer` is refused if the new one is unknown or not active.
    """
    was = before.consumer_id if before and before.status == "active" else None
    becomes = after.consumer_id if after and after.status == "active" else None
    if was == becomes:
        return []
    left = [consumers.connection_exit_write(ctx, consumer_id=was)] if was else []
    return [*left, consumers.connection_entry_write(ctx, consumer_id=becomes)] if becomes else left


def _rename_writes(ctx: Context, before: Consumer, after: Consumer) -> list[Action]:
    """Build the writes that copy a consumer's new name to all their connections, closed ones included."""
    if before.name == after.name:
        return []
    mine = links.places_of(ctx.client, after.id)
    return [places.consumer_name_write(ctx.client, place, consumer_id=after.id, name=after.name) for place in mine]

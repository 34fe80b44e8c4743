"""Consumers where their connections matter: who is seen within areas, and a new name that connections say too."""

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

# Of a hundred actions of a transaction, these are left beside the consumer, their words, e-mail address and login.
_AT_ONCE = 70


def get_consumer_within_reach(ctx: Context, *, consumer_id: str) -> Consumer:
    """Return a consumer of the client.

    :raises NotFound: if the client has no such consumer, or none of their connections lies in the actor's areas.
    """
    consumer = consumers.get_consumer(ctx, consumer_id=consumer_id)
    if not consumers_within_reach(ctx, [consumer]):
        raise NotFound("not-found", "there is no consumer with this id")
    return consumer


def get_consumer_to_connect(ctx: Context, *, consumer_id: str) -> Consumer:
    """Return a consumer who is to have a connection: whoever connects them vouches for who they are.

    :raises NotFound: if the client has no such consumer, or none of their connections lies in the actor's areas.
    :raises Conflict: if they registered themselves by an e-mail address that is another consumer's by now.
    """
    return consumers.vouch_for(ctx, get_consumer_within_reach(ctx, consumer_id=consumer_id))


def list_consumers(
    ctx: Context, *, status: ConsumerStatus | None, by_name: bool, limit: int, cursor: str | None
) -> Page[Consumer]:
    """List consumers, one page at a time: all, the oldest first, or those of a status by name.

    An actor whose role ends at areas gets only the consumers connected there, in the order of their connections.

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
    """Find consumers within the actor's areas by the beginnings of words of their names, of a status or of any.

    :raises Invalid: if the text has no word to look for.
    """

    def only(found: Iterable[Consumer]) -> list[Consumer]:
        return consumers_within_reach(ctx, (each for each in found if status in {None, each.status}))

    return consumers.search_consumers(ctx, text=text, only=only, limit=limit, cursor=cursor)


def change_consumer(ctx: Context, *, consumer_id: str, version: int, changes: ConsumerChanges) -> Consumer:
    """Change what is said of a consumer, and nothing else. Their connections say a new name too.

    All in one transaction up to seventy connections. Further ones go before it, seventy at a time: cut off there, the
    consumer is as they were, and the same request does the rest.

    :raises NotFound: if the client has no such consumer.
    :raises Conflict: if somebody changed them meanwhile, the e-mail address is another's, or the status can't be.
    """
    before, after = consumers.changed_consumer(ctx, consumer_id=consumer_id, version=version, changes=changes)
    renamed = _rename_writes(ctx, before, after)
    earlier = tuple(batches(renamed[_AT_ONCE:], _AT_ONCE))
    consumers.store_change(ctx, before, after, also=renamed[:_AT_ONCE], earlier=earlier)
    return after


def consumer_count_writes(ctx: Context, *, before: Connection | None, after: Connection | None) -> list[Action]:
    """Build the writes that keep each consumer's count of active connections.

    Label `consumer` is refused where the new one is unknown or not active.
    """
    was = before.consumer_id if before and before.status == "active" else None
    becomes = after.consumer_id if after and after.status == "active" else None
    if was == becomes:
        return []
    left = [consumers.connection_exit_write(ctx, consumer_id=was)] if was else []
    return [*left, consumers.connection_entry_write(ctx, consumer_id=becomes)] if becomes else left


def _rename_writes(ctx: Context, before: Consumer, after: Consumer) -> list[Action]:
    """Build the writes by which all that is a consumer's, closed or not, says their new name."""
    if before.name == after.name:
        return []
    mine = links.places_of(ctx.client, after.id)
    return [places.consumer_name_write(ctx.client, place, consumer_id=after.id, name=after.name) for place in mine]

"""The history of connections in the table."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.connections.domain import Connection, ConnectionEvent, EventKind
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import DayAttribute, InstantAttribute, JsonAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert
from chalicelib.tenancy.domain import Project

_RECENT = 25


class EventItem(TableItem):
    id = UnicodeAttribute(attr_name="event")
    kind = LiteralAttribute(EventKind)
    on = DayAttribute()
    reason = UnicodeAttribute()
    facts = JsonAttribute()
    by = UnicodeAttribute()
    at = InstantAttribute()
    consumer_id = UnicodeAttribute(null=True)


def event_insert_write(project: Project, account: str, event: ConnectionEvent) -> Action:
    """Build the write of an event. Two write units."""
    place = f"{event.at.isoformat()}#{event.id}"
    item = to_item(EventItem, keys.connection_event(project.client, project.id, account, place), event)
    return insert("event", item)


def events_page(
    project: Project, connection: Connection, *, of_consumer: str | None, limit: int, cursor: str | None
) -> Page[ConnectionEvent]:
    """Read one page of a connection's history, newest first; all of it, or only the time of one consumer.

    Events of an earlier connection with the same number, which was registered by mistake and deleted, are left out.
    """
    partition, prefix = keys.connection_event(project.client, project.id, connection.account, "")
    own = EventItem.at >= connection.created_at
    if of_consumer:
        own &= EventItem.consumer_id == of_consumer
    page = dynamo.page_of(EventItem, partition, prefix, limit=limit, cursor=cursor, newest_first=True, only=own)
    return Page(tuple(_event(item) for item in page.items), page.next_cursor)


def find_recent(project: Project, connection: Connection, event_id: str) -> ConnectionEvent | None:
    """Return an event with an id, if it is among the last 25: one request."""
    page = events_page(project, connection, of_consumer=None, limit=_RECENT, cursor=None)
    return next((event for event in page.items if event.id == event_id), None)


def _event(item: EventItem) -> ConnectionEvent:
    return to_entity(ConnectionEvent, item)

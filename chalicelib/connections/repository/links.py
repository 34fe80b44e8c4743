"""The present and former connections of consumers, over all projects of the client."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.connections.domain import Connection
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import Action, delete, insert, put
from chalicelib.tenancy.domain import Project

# The place of a connection: project, account number, and the project's number of shards.
Place = tuple[str, str, int]


class LinkItem(TableItem):
    """A present or former connection of a consumer; those of all projects are in one partition."""

    project = UnicodeAttribute()
    account = UnicodeAttribute()
    shards = IntAttribute()


def link_write(project: Project, connection: Connection) -> Action:
    """Build the write that links a connection to its consumer. Label: `link`."""
    return insert("link", _item(project, connection, keys.consumer_link(*_names(project, connection))))


def link_delete_write(project: Project, connection: Connection) -> Action:
    """Build the write that unlinks a connection from its consumer. Label: `link`."""
    return delete("link", keys.consumer_link(*_names(project, connection)), LinkItem.pk.exists())


def former_link_write(project: Project, connection: Connection) -> Action:
    """Build the write that records a former connection, so that the consumer still finds its bills. Label: `former`."""
    return put("former", _item(project, connection, keys.former_link(*_names(project, connection))))


def places_of(client_id: str, consumer_id: str) -> tuple[Place, ...]:
    """List the places of a consumer's connections, closed ones included."""
    return _places(client_id, consumer_id, "CONNECTION#")


def places_ever_of(client_id: str, consumer_id: str) -> tuple[Place, ...]:
    """List the places of a consumer's present and former connections, each once. One request."""
    return tuple(dict.fromkeys(_places(client_id, consumer_id, "CONNECTION")))


def _places(client_id: str, consumer_id: str, prefix: str) -> tuple[Place, ...]:
    partition, _ = keys.consumer(client_id, consumer_id)
    return tuple((item.project, item.account, item.shards) for item in dynamo.all_of(LinkItem, partition, prefix))


def _names(project: Project, connection: Connection) -> tuple[str, str, str, str]:
    return project.client, str(connection.consumer_id), project.id, connection.account


def _item(project: Project, connection: Connection, key: keys.Key) -> LinkItem:
    return LinkItem(*key, project=project.id, account=connection.account, shards=project.settings.shards)

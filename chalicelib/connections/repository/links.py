"""Which connections are a consumer's, in all projects of the client, and which were."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.connections.domain import Connection
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import IntAttribute, TableItem
from chalicelib.platform.transaction import Action, delete, insert, put
from chalicelib.tenancy.domain import Project

# Where a connection is kept: project, account, and the project's number of shards.
Place = tuple[str, str, int]


class LinkItem(TableItem):
    """That a connection is this consumer's, or was, for all projects of the client in one partition."""

    project = UnicodeAttribute()
    account = UnicodeAttribute()
    shards = IntAttribute()


def link_write(project: Project, connection: Connection) -> Action:
    """Build the write by which a connection is its consumer's. Label: `link`."""
    return insert("link", _item(project, connection, keys.consumer_link(*_names(project, connection))))


def link_delete_write(project: Project, connection: Connection) -> Action:
    """Build the write by which a connection is its consumer's no more. Label: `link`."""
    return delete("link", keys.consumer_link(*_names(project, connection)), LinkItem.pk.exists())


def former_link_write(project: Project, connection: Connection) -> Action:
    """Build the write by which a consumer still finds the bills of what they had. Label: `former`."""
    return put("former", _item(project, connection, keys.former_link(*_names(project, connection))))


def places_of(client_id: str, consumer_id: str) -> tuple[Place, ...]:
    """List the places of everything that is a consumer's, closed ones too."""
    return _places(client_id, consumer_id, "CONNECTION#")


def places_ever_of(client_id: str, consumer_id: str) -> tuple[Place, ...]:
    """List the places of everything that is a consumer's or was, each once. One request."""
    return tuple(dict.fromkeys(_places(client_id, consumer_id, "CONNECTION")))


def _places(client_id: str, consumer_id: str, prefix: str) -> tuple[Place, ...]:
    partition, _ = keys.consumer(client_id, consumer_id)
    return tuple((item.project, item.account, item.shards) for item in dynamo.all_of(LinkItem, partition, prefix))


def _names(project: Project, connection: Connection) -> tuple[str, str, str, str]:
    return project.client, str(connection.consumer_id), project.id, connection.account


def _item(project: Project, connection: Connection, key: keys.Key) -> LinkItem:
    return LinkItem(*key, project=project.id, account=connection.account, shards=project.settings.shards)

"""Places of connections: found by area, and updated without reading the connection."""

from collections.abc import Sequence

from chalicelib.connections.repository.connections import ConnectionItem, MeterItem
from chalicelib.connections.repository.links import Place
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.transaction import Action, update
from chalicelib.tenancy.domain import Project


def consumer_name_write(client_id: str, place: Place, *, consumer_id: str, name: str) -> Action:
    """Build the write of the consumer's new name on a connection. Label: `own connection`."""
    changes = [ConnectionItem.consumer_name.set(name), ConnectionItem.version.add(1)]
    theirs = ConnectionItem.consumer_id == consumer_id
    return update("own connection", keys.connection(client_id, *place), changes, theirs)


def numbered_accounts(project: Project, area: str) -> tuple[str, ...]:
    """Read the accounts that have a number in the walking order of an area, in order. Eventually consistent."""
    partition = keys.connections_by_area(project.client, project.id)
    found = dynamo.all_by_account(MeterItem, partition, keys.area_place(area, keys.WALKING))
    return tuple(item.account for item in found)


def areas_page(projects: Sequence[Project], areas: Sequence[str], *, limit: int, cursor: str | None) -> Page[Place]:
    """Read one page of the places of open connections in areas. Eventually consistent.

    No area may be inside another of them, or its connections are returned twice.
    """
    shards = {project.id: project.settings.shards for project in projects}
    partitions = [keys.connections_by_area(project.client, project.id) for project in projects]
    prefixes = [keys.area_place(area, "").removesuffix("#") for area in areas]
    page = dynamo.shards_page(MeterItem, partitions, prefixes, limit=limit, cursor=cursor, index="account")
    found = ((item.pk.split("#")[1], item.account) for item in page.items)
    return Page(tuple((project, account, shards[project]) for project, account in found), page.next_cursor)

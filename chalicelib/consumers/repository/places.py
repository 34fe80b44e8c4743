"""Where connections are found from the areas that they lie in."""

from collections.abc import Sequence

from chalicelib.consumers.repository.connections import MeterItem
from chalicelib.consumers.repository.links import Place
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.tenancy.domain import Project


def areas_page(projects: Sequence[Project], areas: Sequence[str], *, limit: int, cursor: str | None) -> Page[Place]:
    """This function will read one page of the places of what lies in areas and is not closed. A moment behind.

    None of the areas may lie in another of them, or what lies there is given twice.
    """
    shards = {project.id: project.settings.shards for project in projects}
    partitions = [keys.connections_by_area(project.client, project.id) for project in projects]
    prefixes = [keys.area_place(area, "").removesuffix("#") for area in areas]
    page = dynamo.shards_page(MeterItem, partitions, prefixes, limit=limit, cursor=cursor, index="account")
    found = ((item.pk.split("#")[1], item.account) for item in page.items)
    return Page(tuple((project, account, shards[project]) for project, account in found), page.cursor)

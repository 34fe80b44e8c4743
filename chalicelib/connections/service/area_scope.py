"""What users limited to areas can see: connections in their areas, and the consumers of these.

Users of the whole tenant see everything, and no reads are added for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from chalicelib.areas.domain import reaches
from chalicelib.connections.domain import Connection
from chalicelib.connections.repository import connections, links, places
from chalicelib.connections.repository.links import Place
from chalicelib.consumers import service as consumers
from chalicelib.consumers.domain import Consumer, ConsumerStatus
from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page, choose_page
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def may_see(ctx: Context, connection: Connection) -> bool:
    """Return whether the actor may see a connection: it is theirs, or in their areas."""
    if ctx.actor.owns(connection.consumer_id):
        return True
    # Permission to read bills includes their connections, because S2's billing officer may not list connections.
    sees = ctx.actor.may("connections.read") or ctx.actor.may("bills.read")
    return sees and reaches(ctx.actor, connection.area)


def within_reach(ctx: Context, found: Iterable[Connection]) -> Iterator[Connection]:
    """Leave out connections outside the actor's areas."""
    return (each for each in found if reaches(ctx.actor, each.area))


def accounts_within_reach(ctx: Context, project: Project, accounts: Iterable[str]) -> frozenset[str]:
    """Return the account numbers that are in the actor's areas. Strongly consistent."""
    wanted = frozenset(accounts)
    if ctx.actor.areas is None:
        return wanted
    return frozenset(each.account for each in within_reach(ctx, connections.connections_of(project, wanted).values()))


def connections_of_areas(
    ctx: Context, project: Project, areas: Sequence[str], *, limit: int, cursor: str | None
) -> Page[Connection]:
    """Read one page of the open connections in areas. Strongly consistent."""
    page = places.areas_page([project], areas, limit=limit, cursor=cursor)
    known = connections.connections_at(ctx.client, page.items)
    # The index is eventually consistent: a connection may have moved to another area.
    found = (known[place[:2]] for place in page.items if place[:2] in known)
    return Page(tuple(within_reach(ctx, found)), page.next_cursor)


def consumers_within_reach(ctx: Context, found: Iterable[Consumer]) -> list[Consumer]:
    """Leave out consumers without a connection in the actor's areas.

    A query for each consumer, and one read of all their connections.
    """
    asked = list(found)
    if ctx.actor.areas is None:
        return asked
    theirs = {each.id: links.places_of(ctx.client, each.id) for each in asked}
    known = connections.connections_at(ctx.client, (place for mine in theirs.values() for place in mine))
    seen = {key for key, connection in known.items() if reaches(ctx.actor, connection.area)}
    return [each for each in asked if any(place[:2] in seen for place in theirs[each.id])]


def consumers_of_areas(
    ctx: Context, *, status: ConsumerStatus | None, limit: int, cursor: str | None
) -> Page[Consumer]:
    """List the consumers with an open connection in the actor's areas, each once."""
    projects = tenancy.list_projects(ctx)
    areas = ctx.actor.areas or ()

    def read(some: int, at: str | None) -> Page[Place]:
        return places.areas_page(projects, areas, limit=some, cursor=at)

    page = choose_page(read, partial(_listed_at, ctx), limit=limit, cursor=cursor)
    return Page(tuple(each for each in page.items if status in {None, each.status}), page.next_cursor)


def _listed_at(ctx: Context, found: tuple[Place, ...]) -> list[Consumer]:
    """Return the consumers to list at these places: each consumer at one of their places only."""
    known = connections.connections_at(ctx.client, found)
    people = consumers.consumers_by_id(ctx, {each.consumer_id for each in known.values() if each.consumer_id})
    # A consumer whose only active connection this is, is listed here. For others, all their connections are read.
    several = {
        each.consumer_id
        for each in known.values()
        if each.consumer_id in people and (each.status != "active" or people[each.consumer_id].connections != 1)
    }
    others = {place for each in several if each for place in links.places_of(ctx.client, each)} - set(found)
    firsts: dict[str, tuple[bool, str, str]] = {}
    for key, each in (known | connections.connections_at(ctx.client, others)).items():
        if each.consumer_id and each.status != "closed" and reaches(ctx.actor, each.area):
            rank = (each.status != "active", *key)
            firsts[each.consumer_id] = min(rank, firsts.get(each.consumer_id, rank))
    listed = ((people.get(known[place[:2]].consumer_id or ""), place[:2]) for place in found if place[:2] in known)
    return [each for each, key in listed if each and each.id in firsts and firsts[each.id][1:] == key]

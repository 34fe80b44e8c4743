"""Number the connections of an area in the order in which a reader walks."""

from collections.abc import Sequence

from chalicelib.areas.domain import reaches
from chalicelib.audit import service as audit
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.walking import renumbered
from chalicelib.connections.repository import connections as repository
from chalicelib.connections.repository import places
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.platform.transaction import MAX_ACTIONS, Action, Refused
from chalicelib.tenancy.domain import ProjectContext

# Each connection takes two writes, and each transaction has an audit entry.
_AT_ONCE = (MAX_ACTIONS - 1) // 2


def set_walking_order(ctx: ProjectContext, *, area: str, accounts: Sequence[str], first: int) -> None:
    """Give connections of an area numbers in order, from `first` on; other ones lose a number that is not below.

    It writes only what changes, 49 connections at a time: interrupted, some are numbered, and the same request numbers
    the rest. One read unit for each connection, and six write units for each that changes.

    :raises NotFound: if the area is beyond the actor's reach.
    :raises Invalid: if one of them is not an open connection of the area.
    :raises Conflict: if one of them was changed meanwhile.
    """
    if not reaches(ctx.actor, area):
        raise NotFound("not-found", "there is no area with this code")
    project = ctx.project
    known = repository.connections_of(project, {*accounts, *places.numbered_accounts(project, area)})
    changes = renumbered(known.values(), accounts, area=area, first=first)
    for at in range(0, len(changes), _AT_ONCE):
        some = changes[at : at + _AT_ONCE]
        writes = [
            write for before, after in some for write in repository.connection_update_writes(project, before, after)
        ]
        try:
            repository.commit([*writes, _audit_write(ctx, area, some)])
        except Refused:
            raise Conflict("changed", "one of these connections was changed meanwhile; send the list again") from None


def _audit_write(ctx: ProjectContext, area: str, changes: Sequence[tuple[Connection, Connection]]) -> Action:
    said = [[f"{each.account}: {each.walking_order or '-'}" for each in pair] for pair in changes]
    return audit.entry_write(
        ctx,
        action="connections.numbered",
        subject=("area", f"{ctx.project_id}.{area}"),
        before={"walking_order": [was for was, _ in said]},
        after={"walking_order": [becomes for _, becomes in said]},
    )

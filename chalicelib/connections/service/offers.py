"""The tariffs that connections can name, and the counts of connections that do."""

from datetime import date

from chalicelib.connections.domain import Connection
from chalicelib.connections.repository import offers
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Context
from chalicelib.platform.transaction import Action
from chalicelib.tenancy.domain import Project


def tariff_offer_write(project: Project, *, tariff_id: str, until: date | None) -> Action:
    """Build the write that offers a tariff to connections, until a day if it ends.

    Label `offer` is refused if the tariff is to end while connections name it.
    """
    return offers.offer_write(project, tariff_id, until=until)


def tariff_withdrawal_write(project: Project, *, tariff_id: str) -> Action:
    """Build the write that withdraws a tariff. Label `offer`, refused while a connection names it."""
    return offers.offer_delete_write(project, tariff_id)


def tariff_count_writes(
    ctx: Context, project: Project, *, before: Connection | None, after: Connection | None
) -> list[Action]:
    """Build the writes that count a connection's change of tariff; a closed one does not count.

    Label `tariff` is refused if there is no such tariff, or it has ended.
    """
    was = before.tariff_id if before and before.status != "closed" else None
    becomes = after.tariff_id if after and after.status != "closed" else None
    if was == becomes:
        return []
    today = local_day(ctx.now, project.settings.timezone)
    left = [offers.offer_exit_write(project, was)] if was else []
    return [*left, offers.offer_entry_write(project, becomes, on=today)] if becomes else left


def tariff_offered_check(project: Project, tariff_id: str) -> Action:
    """Build the check that connections can name a tariff. Label `tariff`, refused if there is no such tariff."""
    return offers.offer_check(project, tariff_id)

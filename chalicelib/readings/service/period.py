"""A period as a whole: freeze it for a billing run, read it, and compare its sums."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal

from chalicelib.areas.domain import reaches
from chalicelib.connections import service as connections
from chalicelib.kernel.period import Period
from chalicelib.platform.cursors import decode_cursor, encode_cursor
from chalicelib.platform.transaction import Action
from chalicelib.readings import repository
from chalicelib.readings.domain.balance import WaterBalance, add_up, balance_of
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy.domain import Project, ProjectContext


def shard_readings(project: Project, period: Period, shard: int) -> Iterator[Reading]:
    """Read all readings of a period's shard. Strongly consistent."""
    return repository.shard_readings(project, period, shard)


# The most readings that one call adds up: far from the gateway's 29 seconds, and enough for a whole building.
_PAGE, _PAGES_PER_CALL = 1_000, 5


def readings_of(project: Project, period: Period, accounts: Iterable[str]) -> dict[str, list[Reading]]:
    """Read a period's readings of some connections; a unit for each, and a request for each that was read."""
    return repository.readings_of(project, period, accounts)


def billed_days(project: Project, period: Period, accounts: Collection[str], *, adjacent: bool) -> dict[str, date]:
    """Return the last day of reading that is billed of some connections for a period.

    A unit for eight that are `adjacent` in their shards, as those of a page of the period are; else one each.
    """
    return repository.billed_days(project, period, accounts, adjacent=adjacent)


def reading_change_write(project: Project, reading: Reading, *, before: Reading) -> Action:
    """Build the write of a changed reading, unless it was changed meanwhile. Label: `reading`."""
    return repository.reading_update_write(project, reading, before=before)


def round_of_account(project: Project, period: Period, account: str) -> list[Reading]:
    """Read all readings of a connection for a period, withdrawn ones included. One request, a unit."""
    return repository.round_of_account(project, period, account)


def readings_of_account(project: Project, periods: Iterable[Period], account: str) -> list[Reading]:
    """Read a connection's readings of some periods: a request and a unit for each."""
    return repository.readings_of_account(project, periods, account)


def get_balance(ctx: ProjectContext, *, period: Period, cursor: str | None) -> tuple[WaterBalance, str | None]:
    """Add up a period by units, common areas and building; for a user limited to areas, only those there.

    A call adds up to 5,000 readings, about a second's work and 480 read units. If there are more, it returns the sums
    so far with a cursor that contains them; a result without a cursor is the whole period's.

    :raises Invalid: for a cursor of another period or user.
    """
    place = f"balance|{ctx.client}|{ctx.project_id}|{period}|{ctx.actor.areas}"
    opened = decode_cursor(cursor, place) if cursor else {"at": None, "sums": {}}
    at, sums = opened["at"], {purpose: Decimal(total) for purpose, total in opened["sums"].items()}
    for _ in range(_PAGES_PER_CALL):
        page = repository.readings_page(ctx.project, period, limit=_PAGE, cursor=at)
        found = connections.connections_in_order(
            ctx.project, {reading.account for reading in page.items}, consistent=False
        )
        here = {each.account: each.purpose for each in found.values() if reaches(ctx.actor, each.area)}
        mine = [reading for reading in page.items if ctx.actor.areas is None or reading.account in here]
        sums = add_up(sums, mine, here)
        at = page.next_cursor
        if at is None:
            return balance_of(sums), None
    carried = {purpose: str(total) for purpose, total in sums.items()}
    return balance_of(sums), encode_cursor({"at": at, "sums": carried}, place)


def period_open_check(project: Project, period: Period) -> Action:
    """Build the check that no billing run works on a period. Label: `period`."""
    return repository.period_open_check(project, period)


def reading_unchanged_check(project: Project, reading: Reading) -> Action:
    """Build the check that a reading is unchanged. Label: `reading`."""
    return repository.reading_unchanged_check(project, reading)


def period_freeze_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write that gives a billing run a period, so that its readings can't change."""
    return repository.period_freeze_write(project, period, run_id)


def period_release_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write that releases a billing run's period."""
    return repository.period_release_write(project, period, run_id)


def find_run_of(project: Project, period: Period) -> str | None:
    """Return the id of the billing run that works on a period, or None."""
    return repository.find_run_of(project, period)

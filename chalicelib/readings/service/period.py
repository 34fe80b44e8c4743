"""A period as a whole: hold it still for a billing run, read it, compare what it adds up to."""

from collections.abc import Iterable, Iterator

from chalicelib.areas.domain import reaches
from chalicelib.connections import service as connections
from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action
from chalicelib.readings import repository
from chalicelib.readings.domain.balance import WaterBalance, balance_of
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy.domain import Project, ProjectContext


def shard_readings(project: Project, period: Period, shard: int) -> Iterator[Reading]:
    """Read all readings of a period's shard, as they are now."""
    return repository.shard_readings(project, period, shard)


def readings_of(project: Project, period: Period, accounts: Iterable[str]) -> dict[str, Reading]:
    """Read a period's readings of some connections, 100 to a request, one read unit each."""
    return repository.readings_of(project, period, accounts)


def get_balance(ctx: ProjectContext, *, period: Period) -> tuple[Project, WaterBalance]:
    """Add a period up by unit, common area and building. It reads all of it: made for a building.

    For a user limited to areas, only of those areas.
    """
    project = ctx.project
    here = (each for each in connections.all_connections(project) if reaches(ctx.actor, each.area))
    purposes = {each.account: each.purpose for each in here}
    shards = range(project.settings.shards)
    readings = (reading for shard in shards for reading in repository.shard_readings(project, period, shard))
    if ctx.actor.areas is not None:
        readings = (reading for reading in readings if reading.account in purposes)
    return project, balance_of(readings, purposes)


def period_open_check(project: Project, period: Period) -> Action:
    """Build the check that no billing run works on a period. Label: `period`."""
    return repository.period_open_check(project, period)


def reading_unchanged_check(project: Project, reading: Reading) -> Action:
    """Build the check that nobody changed a reading since. Label: `reading`."""
    return repository.reading_unchanged_check(project, reading)


def period_freeze_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write by which a billing run takes a period: its readings then stand still."""
    return repository.period_freeze_write(project, period, run_id)


def period_release_write(project: Project, period: Period, run_id: str) -> Action:
    """Build the write by which a billing run gives a period back."""
    return repository.period_release_write(project, period, run_id)


def find_run_of(project: Project, period: Period) -> str | None:
    """Name the billing run that works on a period, if one does."""
    return repository.find_run_of(project, period)

"""What a billing run asks of readings: hold a period still, and read it."""

from collections.abc import Iterator

from chalicelib.kernel.period import Period
from chalicelib.platform.transaction import Action
from chalicelib.readings import repository
from chalicelib.readings.domain.reading import Reading
from chalicelib.tenancy.domain import Project


def shard_readings(project: Project, period: Period, shard: int) -> Iterator[Reading]:
    """This function will read all readings of a period's shard, as they are now."""
    return repository.shard_readings(project, period, shard)


def freeze_period(project: Project, period: Period, run_id: str) -> Action:
    """This function will give the write by which a billing run takes a period: its readings then stand still."""
    return repository.freeze(project, period, run_id)


def release_period(project: Project, period: Period, run_id: str) -> Action:
    """This function will give the write by which a billing run gives a period back."""
    return repository.release(project, period, run_id)


def find_run_of(project: Project, period: Period) -> str | None:
    """This function will name the billing run that works on a period, if one does."""
    return repository.find_run_of(project, period)

"""What is usual in a class, where nothing is known of a connection itself."""

from collections.abc import Iterable
from decimal import Decimal

from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.kernel.ids import shard_of
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import median_of
from chalicelib.readings.domain.plausibility import needs_class
from chalicelib.tenancy.domain import Project


def usual_of_class(project: Project, connection: Connection, period: Period) -> Decimal | None:
    """Return the usual use of a connection's class in a round, if none is known of the connection itself.

    It is the median of the last uses of up to a hundred connections of the same shard. Two read units; nothing for a
    connection that was read in the year before.
    """
    if not needs_class(connection, period):
        return None
    sample = connections.some_of_shard(project, shard_of(connection.account, project.settings.shards))
    return median_of_class(sample, connection)


def median_of_class(known: Iterable[Connection], connection: Connection) -> Decimal | None:
    """Return the median of the last uses of connections of the same class as one; None if there are none."""
    return median_of(
        each.uses[-1].of_one_round
        for each in known
        if each.uses and each.consumer_class == connection.consumer_class and each.account != connection.account
    )

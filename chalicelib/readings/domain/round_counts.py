"""How far a round of readings is: counts of its connections by area."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chalicelib.connections.domain import Connection
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.recording import awaits
from chalicelib.tenancy.domain import Project


class RoundCounts(NamedTuple):
    """Connections of an area that are read for a round: all, `ready` to be billed, waiting for a person, not read.

    `not_updated` are those without any reading of the round. The three add up to `total`.
    """

    total: int = 0
    ready: int = 0
    waiting: int = 0
    not_updated: int = 0


def counted(
    project: Project,
    counts: Mapping[str, RoundCounts],
    connections: Iterable[Connection],
    taken: Mapping[str, Iterable[Reading]],
    period: Period,
) -> dict[str, RoundCounts]:
    """Return counts with some connections added, whose readings of the round are given by account."""
    added = dict(counts)
    for each in connections:
        states = {reading.state for reading in taken.get(each.account, ()) if reading.kind != "check"}
        waiting, ready = bool(states & {"pending", "held"}), "confirmed" in states
        not_updated = not waiting and not ready and awaits(project, each, period)
        if not (waiting or ready or not_updated):
            continue
        was = added.get(each.area, RoundCounts())
        added[each.area] = RoundCounts(
            was.total + 1,
            was.ready + (ready and not waiting),
            was.waiting + waiting,
            was.not_updated + not_updated,
        )
    return added

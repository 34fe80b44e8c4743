"""Crossed meters: two connections whose meters were taken for each other's since a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.connections.domain import Connection
from chalicelib.corrections.domain.correction import RecountedAccount
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.recording import withdraw
from chalicelib.readings.domain.recounting import CorrectionNote, Recounted, former_value


@dataclass(frozen=True, slots=True)
class Side:
    """One of two connections, with its readings since the round of the day from which their meters were crossed."""

    connection: Connection
    readings: Sequence[Reading]

    @property
    def counting(self) -> list[Reading]:
        return [each for each in self.readings if each.counts]


def crossed(
    first: Side, second: Side, *, since: date, note: CorrectionNote
) -> tuple[RecountedAccount, RecountedAccount]:
    """Return two connections with each other's meter and its readings from a day on; pending ones are withdrawn.

    What a meter showed stays with the meter; the days of service before stay with the connection.

    :raises Invalid: if it is one connection, or the day is within a round that was read before it.
    :raises Conflict: if they were not read for the same rounds, or their meters are not the same since.
    """
    _check_sides(first, second, since)
    return _with_other(first, second, since, note), _with_other(second, first, since, note)


def _check_sides(first: Side, second: Side, since: date) -> None:
    if first.connection.account == second.connection.account:
        raise Invalid("same-meter", "name two connections", field="accountNumbers")
    for side in (first, second):
        connection = side.connection
        if connection.status == "closed" or not connection.is_metered:
            message = f"connection {connection.account} is closed or has no meter"
            raise Conflict("wrong-status", message, field="accountNumbers")
        if early := [each for each in side.counting if each.read_on < since]:
            message = f"{since} is within a round that was read on {early[-1].read_on}: give the first day of a round"
            raise Invalid("bad-day", message, field="from")
        if any(each.meter_number != connection.meter_number for each in side.counting):
            message = f"the meter of {connection.account} was exchanged after {since}: correct its readings one by one"
            raise Conflict("meter-exchanged", message, field="from")
    rounds = [[(each.period, each.kind) for each in side.counting] for side in (first, second)]
    if rounds[0] != rounds[1] or first.connection.last_period != second.connection.last_period:
        message = f"the two were not read for the same rounds since {since}: correct their readings one by one"
        raise Conflict("rounds-differ", message, field="accountNumbers")


def _with_other(own: Side, other: Side, since: date, note: CorrectionNote) -> RecountedAccount:
    theirs = iter(other.counting)
    found: list[Recounted] = []
    is_first = True
    for reading in own.readings:
        if reading.counts:
            after = _reading_of(reading, next(theirs), note, keeps_since=is_first)
            is_first = False
        elif reading.state in {"pending", "held"} and reading.read_on >= since:
            after = withdraw(reading, by=note.by, at=note.at, reason=f"Crossed meters: {note.reason}")
        else:
            after = reading
        found.append(Recounted(reading, after))
    return RecountedAccount(own.connection, _connection_of(own, other), found)


def _reading_of(own: Reading, other: Reading, note: CorrectionNote, *, keeps_since: bool) -> Reading:
    """Return a reading of one connection as that of the other's meter."""
    return replace(
        own,
        read_on=other.read_on,
        value=other.value,
        previous=other.previous,
        usage=other.usage,
        use_brought_forward=other.use_brought_forward,
        use_carried_forward=other.use_carried_forward,
        flags=other.flags,
        source=other.source,
        meter_number=other.meter_number,
        since=own.since if keeps_since else other.since,
        multiplier=other.multiplier,
        measures=other.measures,
        registers=other.registers,
        reader_code=other.reader_code,
        photo=other.photo,
        former_values=(*own.former_values, former_value(own, note)),
        version=own.version + 1,
    )


def _connection_of(own: Side, other: Side) -> Connection:
    before, meter = own.connection, other.connection
    rounds = {each.period for each in other.counting}
    of_meter = {use.period: use for use in meter.uses if use.period in rounds}
    begins = bool(own.counting) and own.counting[0].previous == before.initial_reading
    return replace(
        before,
        meter_number=meter.meter_number,
        meter_brand=meter.meter_brand,
        meter_digits=meter.meter_digits,
        meter_wraps_at=meter.meter_wraps_at,
        multiplier=meter.multiplier,
        main_measure=meter.main_measure,
        registers=meter.registers,
        initial_reading=meter.initial_reading if begins or not before.last_period else before.initial_reading,
        last_value=meter.last_value,
        last_read_on=meter.last_read_on if own.counting else before.last_read_on,
        estimated=meter.estimated,
        use_brought_forward=meter.use_brought_forward,
        uses=tuple(of_meter.get(use.period, use) for use in before.uses),
        version=before.version + 1,
    )

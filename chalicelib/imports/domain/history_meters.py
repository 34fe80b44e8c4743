"""Meter changes and rollovers in a former system's history."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import continued_on
from chalicelib.files.domain.record import Refusal
from chalicelib.imports.domain.history_fields import EntryRefused
from chalicelib.imports.domain.history_file import Entry, StatedChange
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.quantity import plain

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class MeterChange:
    """A meter change between two readings; `stated` unless the readings only show it."""

    final: Decimal
    first: Decimal
    on: date
    old_meter: str | None
    rolled_over: bool
    stated: bool


def change_in(entry: Entry, connection: Connection) -> MeterChange | None:
    """Return the meter change of an entry: the stated one, or one that its readings show, or None.

    July ends at 1785; August is stated from 0 to 9 with a consumption of 9: a new meter, which started at zero.
    """
    if entry.change:
        return _stated(entry, entry.change, connection)
    read_before = connection.last_period is not None and connection.last_value > 0
    if not (read_before and entry.prior == 0 and entry.consumption == entry.current):
        return None
    return MeterChange(
        final=connection.last_value,
        first=_ZERO,
        on=entry.month.read_on,
        old_meter=None,
        rolled_over=False,
        stated=False,
    )


def _stated(entry: Entry, said: StatedChange, connection: Connection) -> MeterChange:
    """Return a stated change; what the file leaves out follows from the readings and the consumption."""
    last = connection.last_value
    first = said.first if said.first is not None else entry.prior if entry.prior != last else _ZERO
    final = said.final
    if final is None:
        on_old = _ZERO if entry.consumption is None else entry.consumption - (entry.current - first)
        final = last + max(on_old - (connection.use_brought_forward or _ZERO), _ZERO)
    on = said.on or entry.month.read_on
    if on > entry.month.read_on or (connection.last_read_on and on < connection.last_read_on):
        reason = f"a change on {on} is not between the readings of {connection.last_read_on} and {entry.month.read_on}"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.meterChange.changedOn", "wrong-order", reason))
    return MeterChange(final, first, on, said.old_meter, said.rolled_over, stated=True)


def after_change(entry: Entry, connection: Connection, change: MeterChange) -> Connection:
    """Return the connection with the new meter, not yet read; it keeps its number, which is the present meter's."""
    try:
        changed = continued_on(connection, final=change.final, first=change.first, said=change.rolled_over)
    except Invalid as error:
        place = f"{entry.place}.meterChange.{error.faults[0].field}"
        raise EntryRefused(Refusal(entry.line, place, error.code, str(error))) from None
    return replace(changed, installed_on=change.on if change.stated else connection.installed_on)


def check_prior(entry: Entry, before: Connection, change: MeterChange | None) -> None:
    """Check that an entry begins where the connection stands; with a new meter, it may begin at either meter's value.

    :raises EntryRefused: if it does not.
    """
    possible = {before.last_value, change.first} if change else {before.last_value}
    if entry.prior not in possible:
        stands = " or ".join(plain(value) for value in sorted(possible, reverse=True))
        hint = "" if change else "; if the meter was changed, say so with meterChange"
        reason = f"the file says {plain(entry.prior)} before, the connection stands at {stands}{hint}"
        raise EntryRefused(Refusal(entry.line, f"{entry.place}.prior", "prior-differs", reason))


def says_rolled_over(entry: Entry, connection: Connection) -> bool:
    """Return whether an entry says that the register rolled over, in words or by its consumption."""
    wraps_at = connection.register_range
    if entry.rolled_over or wraps_at is None or entry.consumption is None:
        return entry.rolled_over
    use = (entry.current + wraps_at - connection.last_value) * connection.multiplier
    return entry.consumption == use + (connection.use_brought_forward or _ZERO)

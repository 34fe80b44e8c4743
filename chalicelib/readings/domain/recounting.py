"""Count readings again after one of them was corrected: each counts on from the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from chalicelib.connections.domain import Connection, PastUse, Register, RegisterState
from chalicelib.connections.domain.meters import RegisterCount, count_up_to, span_of
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.quantity import divided, plain
from chalicelib.readings.domain.flags import NO_USE, ROLLOVER
from chalicelib.readings.domain.reading import FormerValue, Reading

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TrueValue:
    """What a reading should have said. Registers that are left out stay; `rolled_over`: one started again since."""

    value: Decimal
    registers: Mapping[str, Decimal] = field(default_factory=dict)
    rolled_over: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionNote:
    """Who corrects readings, when and why, and the id of the correction."""

    by: str
    at: datetime
    reason: str
    correction: str


class Recounted(NamedTuple):
    """A reading as it was, and as it is after a correction; the same, if it is not touched."""

    before: Reading
    after: Reading

    @property
    def changed(self) -> bool:
        return self.before != self.after


def recount(
    connection: Connection, taken: Sequence[Reading], said: Mapping[str, TrueValue], note: CorrectionNote
) -> list[Recounted]:
    """Return the counting readings of a connection, in order, as they are after a correction of some, by their ids.

    Those after them count on from the corrected values. An estimate keeps its use, and moves. `note` says who corrects
    it, and why. 1590 read as 1690, then 1700: 90 instead of 190, and 110 instead of 10.

    :raises Invalid: for a value below the one before.
    :raises Conflict: if a later value would be below a corrected one.
    """
    found: list[Recounted] = []
    for reading in taken:
        after = _counted_on(connection, reading, found[-1]) if found and found[-1].changed else reading
        if reading.id in said:
            after = _corrected(connection, after, said[reading.id], note)
        found.append(Recounted(reading, replace(after, version=reading.version + (after != reading))))
    return found


def connection_after(connection: Connection, found: Sequence[Recounted]) -> Connection:
    """Return a connection after a correction of its readings: what its next one counts from, and its past uses."""
    uses = connection.uses
    for each in found:
        uses = tuple(_use_after(use, each) if use.period == each.after.period else use for use in uses)
    after = replace(connection, uses=uses)
    last = found[-1]
    is_last = (connection.last_period, connection.last_read_on) == (last.before.period, last.before.read_on)
    if is_last and last.before.stand != last.after.stand:
        same = connection.meter_number == last.before.meter_number
        moved = _Moved(last.before.stand, last.after.stand, last.before.multiplier, same, connection.has_new_holder)
        opening = moved.opening(connection.last_value, connection.use_brought_forward)
        after = replace(
            after,
            last_value=opening.previous,
            use_brought_forward=opening.brought,
            estimated=last.after.stand.estimated if same else connection.estimated,
            registers=tuple(_register_after(each, last, moved) for each in connection.registers),
        )
    return after if after == connection else replace(after, version=connection.version + 1)


def _use_after(use: PastUse, counted: Recounted) -> PastUse:
    parts = dict(use.parts)
    for was, now in zip(counted.before.registers, counted.after.registers, strict=True):
        if was.code in parts:
            parts[was.code] += now.use - was.use
    return use._replace(use=use.use + counted.after.usage - counted.before.usage, parts=parts)


def _register_after(register: Register, last: Recounted, moved: "_Moved") -> Register:
    of = moved.of_register(register.code, last.before)
    if of is None:
        return register
    opening = of.opening(register.last_value, register.use_brought_forward)
    return replace(register, last_value=opening.previous, use_brought_forward=opening.brought or _ZERO)


class _Opening(NamedTuple):
    previous: Decimal
    brought: Decimal | None


@dataclass(frozen=True, slots=True)
class _Moved:
    """How what a register showed has moved, for what counts on from it: on the `same` meter, or on one put on since."""

    was: RegisterState
    now: RegisterState
    multiplier: Decimal
    same: bool
    handed_over: bool

    def opening(self, previous: Decimal, brought: Decimal | None) -> _Opening:
        """Return what the next count begins with, which began with `previous` and the use `brought` forward."""
        if self.same:
            carried = self.now.use_brought_forward if brought == self.was.use_brought_forward else brought
            if self.handed_over and self.now.estimated is None and (carried or _ZERO) < 0:
                carried = None  # what was billed ahead is the former holder's
            return _Opening(previous + self.now.value - self.was.value, carried)
        of_old_meter = (brought or _ZERO) - (self.was.use_brought_forward or _ZERO)
        used = of_old_meter + (self.was.value - self.now.value) * self.multiplier
        if used < 0:
            message = (
                f"{plain(self.now.value)} is above what the meter showed when it was exchanged, by "
                f"{plain(-used)} units; correct the final value first"
            )
            raise Conflict("below-previous", message, field="readings")
        return _Opening(previous, used + (self.now.use_brought_forward or _ZERO))

    def of_register(self, code: str, before: Reading) -> "_Moved | None":
        """Return the same of a further register; None if it was not read then."""
        was, now = self.was.values.get(code), self.now.values.get(code)
        if was is None or now is None:
            return None
        multiplier = next(each.multiplier for each in before.registers if each.code == code)
        states = [RegisterState(each.value, None, each.brought) for each in (was, now)]
        return _Moved(states[0], states[1], multiplier, self.same, self.handed_over)


def _counted_on(connection: Connection, reading: Reading, last: Recounted) -> Reading:
    """Return a reading as it counts on from a corrected one."""
    was, now = last.before.stand, last.after.stand
    if was == now:
        return reading
    same = reading.meter_number == last.before.meter_number
    handed = any(last.before.read_on <= each.until < reading.read_on for each in connection.former)
    moved = _Moved(was, now, last.before.multiplier, same, handed)
    opening = moved.opening(reading.previous, reading.use_brought_forward)
    registers = tuple(_register_counted_on(each, moved, last.before) for each in reading.registers)
    after = replace(reading, previous=opening.previous, use_brought_forward=opening.brought, registers=registers)
    if reading.estimated:
        counted = after.usage + (after.use_carried_forward or _ZERO) - (opening.brought or _ZERO)
        return replace(after, value=opening.previous + divided(counted, reading.multiplier))
    on_it = connection.meter_number == reading.meter_number
    return _counted(after, reading, said=False, wraps_at=connection.register_range if on_it else None)


def _register_counted_on(register: RegisterCount, moved: _Moved, before: Reading) -> RegisterCount:
    of = moved.of_register(register.code, before)
    if of is None:
        return register
    opening = of.opening(register.previous, register.use_brought_forward)
    shifted = replace(register, previous=opening.previous, use_brought_forward=opening.brought or _ZERO)
    if register.estimated:
        counted = register.use + register.use_carried_forward - shifted.use_brought_forward
        return replace(shifted, value=opening.previous + divided(counted, register.multiplier))
    return _register_counted(shifted, register, said=False)


def _corrected(connection: Connection, reading: Reading, true: TrueValue, note: CorrectionNote) -> Reading:
    """Return a reading with its true values; an estimate becomes a real reading."""
    values = {each.code: each.value for each in reading.registers}
    if unknown := sorted(true.registers.keys() - values.keys()):
        raise Invalid("unknown-register", f"reading {reading.id} has no register {unknown[0]}", field="readings")
    if not reading.estimated and (true.value, {**values, **true.registers}) == (reading.value, values):
        return reading
    registers = tuple(
        _register_counted(replace(each, value=true.registers[each.code], estimated=False), each, said=true.rolled_over)
        if each.code in true.registers
        else each
        for each in reading.registers
    )
    after = replace(
        reading,
        value=true.value,
        registers=registers,
        source="manual" if reading.estimated else reading.source,
        former_values=(*reading.former_values, former_value(reading, note)),
    )
    on_it = connection.meter_number == reading.meter_number
    return _counted(after, reading, said=true.rolled_over, wraps_at=connection.register_range if on_it else None)


def former_value(reading: Reading, note: CorrectionNote) -> FormerValue:
    """Return what a reading says, to keep it when it is corrected."""
    return FormerValue(
        value=reading.value,
        registers={each.code: each.value for each in reading.registers},
        meter_number=reading.meter_number,
        read_on=reading.read_on,
        by=note.by,
        at=note.at,
        reason=note.reason,
        correction=note.correction,
    )


def _counted(after: Reading, before: Reading, *, said: bool, wraps_at: Decimal | None = None) -> Reading:
    """Return a reading with its use counted from its values; its register ran over if it did before, or is said to."""
    wraps_at = wraps_at or _range_of(before.value, before.previous, before.counted, before.multiplier)
    count = count_up_to(
        after.value,
        previous=after.previous,
        use_brought_forward=after.use_brought_forward,
        wraps_at=wraps_at,
        multiplier=after.multiplier,
        said=said or before.rolled_over,
    )
    said_of_it = {NO_USE: count.usage == 0, ROLLOVER: count.rolled_over}
    others = [flag for flag in after.flags if flag not in said_of_it]
    flags = others + [flag for flag, is_so in said_of_it.items() if is_so]
    return replace(after, usage=count.usage, use_carried_forward=count.use_carried_forward, flags=tuple(flags))


def _register_counted(after: RegisterCount, before: RegisterCount, *, said: bool) -> RegisterCount:
    counted = before.use + before.use_carried_forward - before.use_brought_forward
    wraps_at = _range_of(before.value, before.previous, counted, before.multiplier)
    span = span_of(after.previous, after.value, wraps_at=wraps_at, said=said or wraps_at is not None, field="readings")
    use = span.use * after.multiplier + after.use_brought_forward
    return replace(after, use=max(use, _ZERO), use_carried_forward=min(use, _ZERO))


def _range_of(value: Decimal, previous: Decimal, counted: Decimal, multiplier: Decimal) -> Decimal | None:
    """Return the range of a register that ran over between two values; None if it did not."""
    return divided(counted, multiplier) - (value - previous) or None

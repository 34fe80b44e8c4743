"""Acts that end a holder's or a connection's time: a final reading, its bill and the act, all in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill
from chalicelib.bills.domain.unread import period_without_reading
from chalicelib.connections import service as connections
from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.connection import check_no_later, wrong_status
from chalicelib.connections.domain.meters import Exchange
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Fault, Invalid, MeterbookError
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.payments import service as payments
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.readings import service as readings
from chalicelib.readings.domain.reading import MeterValue, Reading
from chalicelib.tenancy.domain import ProjectContext


@dataclass(frozen=True, slots=True)
class FinalReading:
    """What the meter showed on the last day, or that nobody read it and it is to be estimated.

    `checked`: a person has looked at it, although it is implausible.
    """

    shown: MeterValue | None
    estimated: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class ClosingResult:
    """A connection after the act, with the final reading and bill; None if all was read and billed before."""

    connection: Connection
    reading: Reading | None
    bill: Bill | None


# Build the act itself: the connection as stored, as it is after the final reading, the day, and the event's id.
_Act = Callable[[Connection, Connection, date, str], tuple[Connection, list[Action]]]


def hand_over(
    ctx: ProjectContext, *, account: str, consumer_id: str, on: date | None, reason: str, final: FinalReading
) -> ClosingResult:
    """Hand a connection over to another consumer, with a final reading and bill for the former one.

    Readings up to the day `on` (today, if left out) are billed to the former consumer. About 34 write units.

    :raises NotFound: if there is no such connection or consumer.
    :raises Invalid: for a day in the future or before what it builds on, or if the final reading is missing.
    :raises Conflict: if they have it already or are not active, a reading waits, or a run is working on the period.
    """

    def act(before: Connection, read: Connection, day: date, event: str) -> tuple[Connection, list[Action]]:
        return connections.prepare_handover(
            ctx, before, read, consumer_id=consumer_id, reason=reason, on=day, event_id=event
        )

    return _closed(ctx, account, on, final, act)


def close(ctx: ProjectContext, *, account: str, on: date | None, reason: str, final: FinalReading) -> ClosingResult:
    """Close a connection for good, with a final reading and bill; its meter number is free. About 28 write units.

    :raises NotFound: if the project has no such connection.
    :raises Invalid: for a day in the future or before what it builds on, or if the final reading is missing.
    :raises Conflict: if it is closed, a reading waits, or a run is working on the period.
    """

    def act(before: Connection, read: Connection, day: date, event: str) -> tuple[Connection, list[Action]]:
        return connections.prepare_closure(ctx, before, read, reason=reason, on=day, event_id=event)

    return _closed(ctx, account, on, final, act)


def install_meter(ctx: ProjectContext, *, account: str, meter: Exchange, reason: str) -> ClosingResult:
    """Put the first meter on a connection that had none, and bill the days of the period without it.

    About 21 write units.

    :raises NotFound: if the project has no such connection.
    :raises Invalid: for impossible values or days, or if no tariff rates the days.
    :raises Conflict: if it is closed or has a meter, the number is taken, or a run is working on the period.
    """

    def carry_out(before: Connection, event: str) -> ClosingResult:
        day = meter.on or local_day(ctx.now, ctx.project.settings.timezone)
        billed_until = bills.billed_until_without_reading(ctx.project, before, on=day)
        after, writes = connections.prepare_installation(
            ctx, before, meter, reason=reason, billed_until=billed_until, event_id=event
        )
        bill, bill_writes = bills.closing_bill_without_reading(ctx, before, on=day, kind="regular")
        _commit(ctx, after, [*writes, *bill_writes], period_without_reading(ctx.project, before, day))
        return ClosingResult(after, None, bill)

    return _done_once(ctx, account, carry_out)


def _closed(ctx: ProjectContext, account: str, on: date | None, final: FinalReading, act: _Act) -> ClosingResult:
    return _done_once(ctx, account, lambda before, event: _carried_out(ctx, before, on, final, act, event))


def _done_once(
    ctx: ProjectContext, account: str, carry_out: Callable[[Connection, str], ClosingResult]
) -> ClosingResult:
    """Carry an act out, or return what the same request did before its answer was lost."""
    event_id = ctx.new_id()
    before = connections.get_connection(ctx, account=account)
    try:
        done = carry_out(before, event_id)
    except (Conflict, Invalid):
        found = _done_before(ctx, before, event_id) if ctx.request_key else None
        if found is None:
            raise
        done = found
    payments.after_billing(ctx, [done.bill] if done.bill else [])
    return done


def _done_before(ctx: ProjectContext, connection: Connection, event_id: str) -> ClosingResult | None:
    """Return what this request did before its answer was lost; None if it did nothing."""
    event = connections.find_event(ctx, connection, event_id)
    if event is None:
        return None
    last = readings.last_reading(ctx.project, connection)
    reading = last if last and last.kind == "final" and last.entered_at == event.at else None
    return ClosingResult(connection, reading, bills.bill_issued_at(ctx.project, connection, event.at, on=event.on))


def _carried_out(
    ctx: ProjectContext, before: Connection, on: date | None, final: FinalReading, act: _Act, event_id: str
) -> ClosingResult:
    today = local_day(ctx.now, ctx.project.settings.timezone)
    day = on or today
    check_no_later(day, today=today, where="on")
    if before.status == "closed":
        raise wrong_status(before)
    closing = _final_reading(ctx, before, day, final)
    read = readings.advanced(before, closing.reading) if closing and closing.is_new else before
    after, writes = act(before, read, day, event_id)
    if closing is None:
        bill, bill_writes = bills.closing_bill_without_reading(ctx, before, on=day)
        _commit(ctx, after, [*writes, *bill_writes], period_without_reading(ctx.project, before, day))
        return ClosingResult(after, None, bill)
    bill, bill_writes = None, list[Action]()
    if before.is_billed:
        bill, bill_writes = bills.closing_bill(ctx, closing.reading, after, is_new=closing.is_new)
    reading_writes = readings.final_reading_writes(ctx, ctx.project, closing.reading) if closing.is_new else []
    _commit(ctx, after, [*reading_writes, *writes, *bill_writes], closing.reading.period)
    return ClosingResult(after, closing.reading if closing.is_new else None, bill)


@dataclass(frozen=True, slots=True)
class _Closing:
    reading: Reading
    is_new: bool


def _final_reading(ctx: ProjectContext, connection: Connection, on: date, final: FinalReading) -> _Closing | None:
    """Return the reading that closes a connection's use: a new one, or the last one if that is of the day."""
    if not connection.is_metered:
        return None
    if connection.last_read_on == on and not connection.is_exchanged_since:
        last = readings.last_reading(ctx.project, connection)
        if last and final.shown:
            _check_same(last, final.shown)
        return _Closing(last, is_new=False) if last else None
    if final.shown is None and not final.estimated:
        if not connection.is_billed:
            return None  # a building's own meter is never billed
        raise Invalid(
            "reading-missing",
            f"give finalReading, what the meter showed on {on}, or estimateFinal if nobody could read it",
            field="finalReading",
        )
    shown = replace(final.shown, read_on=on, kind="final") if final.shown else None
    try:
        reading = readings.final_reading(ctx, connection, shown, on=on, checked=final.checked)
    except (Invalid, Conflict) as error:
        raise _of_final(error) from None
    return _Closing(reading, is_new=True)


def _check_same(last: Reading, shown: MeterValue) -> None:
    """Check that a final reading says what was read on its day before.

    :raises Conflict: otherwise.
    """
    read = {each.code: each.value for each in last.registers}
    if shown.value != last.value or any(read.get(code) != value for code, value in shown.registers.items()):
        message = f"reading {last.id} of that day says {plain(last.value)}; leave finalReading out, or correct that one"
        raise Conflict("already-read", message, field="finalReading")


def _of_final(error: Invalid | Conflict) -> MeterbookError:
    """Return an error about a reading with the fields that a final one has in a request."""
    faults = []
    for fault in error.faults:
        name, dot, rest = (fault.field or "").partition(".")
        faults.append(Fault(_FINAL.get(name, name) + dot + rest or None, fault.message))
    return type(error)(error.code, str(error), faults=tuple(faults))


_FINAL = {"reading": "finalReading", "readOn": "on", "registers": "finalRegisters"}


def _commit(ctx: ProjectContext, after: Connection, writes: list[Action], period: Period | None) -> None:
    checks = [readings.period_open_check(ctx.project, period)] if period else []
    try:
        transact([*checks, *writes])
    except Refused as refused:
        raise _explained(ctx, after, period, refused) from None


def _explained(ctx: ProjectContext, after: Connection, period: Period | None, refused: Refused) -> MeterbookError:
    if period and "period" in refused.labels:
        return readings.frozen(ctx.project, period)
    if {"reading", "bill", "other bill"} & set(refused.labels):
        return Conflict("changed", "this connection was read or billed meanwhile; reload and retry")
    return connections.explain_refusal(ctx, ctx.project, after, refused)

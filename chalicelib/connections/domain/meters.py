"""Meter values: the use between two of them, rollovers, estimates and meter exchanges."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.connections.domain.connection import (
    ESTIMATED_BY,
    Connection,
    check_no_later,
    normalised_meter,
    wrong_status,
)
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.kernel.register import average_use, check_shown, range_of, true_up

# A lower value counts as a rollover if the use is less than this share of the range: the first digit went from 9 to 0.
# A value with a digit left out (9551 for 95510) never gives so small a use.
_BELIEVED_SHARE = 10


@dataclass(frozen=True, slots=True)
class Span:
    """How far a register counted from one value to another, and whether it rolled over."""

    use: Decimal
    rolled_over: bool


def span_of(previous: Decimal, value: Decimal, *, digits: int | None, said: bool = False) -> Span:
    """Return how far a register counted; a lower value is a rollover if the use is small, or if a person `said` so.

    Five digits, 99990 and then 15: 25, a rollover. 500 and then 490: 99990, but only if a person says so.

    :raises Invalid: for a lower value that is not a rollover, or a value that the register can't show.
    """
    check_shown(value, _range(digits))
    if value >= previous:
        return Span(value - previous, rolled_over=False)
    below = f"{plain(value)} is below the previous reading {plain(previous)}"
    if digits is None:
        raise Invalid(
            "below-previous",
            f"{below}; correct it, or give the meterDigits if its register rolled over",
            field="reading",
        )
    use = value + range_of(digits) - previous
    if not said and use * _BELIEVED_SHARE >= range_of(digits):
        reason = f"had its register run over, it would have counted {plain(use)}"
        raise Invalid("below-previous", f"{below}; {reason}: correct it, or say rolledOver if it did", field="reading")
    return Span(use, rolled_over=True)


def _range(digits: int | None) -> Decimal | None:
    return None if digits is None else range_of(digits)


@dataclass(frozen=True, slots=True)
class Count:
    """The use to bill for a meter value; `use_carried_forward`, below zero, is use billed ahead that remains."""

    usage: Decimal
    use_carried_forward: Decimal | None
    rolled_over: bool


def count_up_to(
    value: Decimal, *, previous: Decimal, use_brought_forward: Decimal | None, digits: int | None, said: bool = False
) -> Count:
    """Return the use to bill: what the register counted, plus the use brought forward.

    140, then 158 with -10 brought forward (billed by an estimate): 8. With 145 instead: 0, and -5 carried forward.

    :raises Invalid: for a value that the register can't show, or a lower value that is not a rollover.
    """
    span = span_of(previous, value, digits=digits, said=said)
    settled = true_up(span.use, billed_ahead=-(use_brought_forward or Decimal(0)))
    return Count(settled.to_bill, -settled.credit if settled.credit else None, span.rolled_over)


def count_since(connection: Connection, value: Decimal, *, said: bool) -> Count:
    """Return the use to bill since a connection's last reading; see `count_up_to`.

    :raises Invalid: for a value that the register can't show, or a lower value that is not a rollover.
    """
    return count_up_to(
        value,
        previous=connection.last_value,
        use_brought_forward=connection.use_brought_forward,
        digits=connection.meter_digits,
        said=said,
    )


def estimate(connection: Connection, period: Period) -> tuple[Decimal, Count]:
    """Return an estimate of the meter's value, and the use to bill for it.

    The estimated use is the average of the last three, in whole units, and includes the use of a meter exchanged since
    the last reading. Estimates add up from the last real reading: after 140, two estimates of 10 give 160. After 140
    with 5 billed ahead, an estimate of 10 gives 150, and 5 are billed.

    :raises Invalid: if the connection was never read.
    """
    num, den = average_use(connection.uses_before(period), last=ESTIMATED_BY)
    usual = Decimal((2 * num + den) // (2 * den))
    use_brought_forward = connection.use_brought_forward or Decimal(0)
    ahead = (connection.estimated or Decimal(0)) + max(usual - max(use_brought_forward, Decimal(0)), Decimal(0))
    value = connection.last_value + ahead
    if connection.meter_digits is not None:
        value %= range_of(connection.meter_digits)
    return value, count_since(connection, value, said=True)


def check_digits(connection: Connection, digits: int | None) -> None:
    """Check that a register with `digits` digits can show the connection's last value.

    :raises Invalid: if it can't.
    """
    try:
        check_shown(connection.last_value, _range(digits))
    except Invalid as error:
        raise Invalid(error.code, f"{error}, which this meter showed", field="meterDigits") from None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A meter exchange.

    `final` is the old meter's last value, `first` the new meter's first one. `on` is today, if left out.
    """

    meter_number: str
    final: Decimal
    first: Decimal = Decimal(0)
    on: date | None = None
    brand: str | None = None
    digits: int | None = None
    rolled_over: bool = False


def with_meter(connection: Connection, exchange: Exchange, *, today: date) -> Connection:
    """Return the connection with a new meter; the old meter's use is brought forward to the next reading.

    The old meter's final value is a real reading, so it settles earlier estimates.
    100 read last, 130 at the exchange, the new meter starts at 5 and shows 25 when read: 30 + 20 = 50 are billed.

    :raises Invalid: for impossible values or an impossible day.
    :raises Conflict: if it is closed.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    number = normalised_meter(exchange.meter_number)
    if number == connection.meter_number:
        # Readings tell the old meter from the new one by this number, so not even another maker's may have it.
        raise Invalid("same-meter", "the connection has a meter of this number already", field="meterNumber")
    used = _use_up_to(exchange.final, connection, said=exchange.rolled_over)
    try:
        check_shown(exchange.first, _range(exchange.digits))
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="firstReading") from None
    on = exchange.on or today
    check_no_later(on, today=today, where="on")
    if connection.last_read_on and on < connection.last_read_on:
        raise Invalid("not-after-last", f"the last confirmed reading is of {connection.last_read_on}", field="on")
    return replace(
        connection,
        meter_number=number,
        last_value=exchange.first,
        estimated=None,
        use_brought_forward=(connection.use_brought_forward or Decimal(0)) + used,
        meter_brand=exchange.brand,
        meter_digits=exchange.digits,
        installed_on=on,
        version=connection.version + 1,
    )


def continued_on(connection: Connection, *, final: Decimal, first: Decimal, said: bool) -> Connection:
    """Return the connection as counting on from a new meter's first value, with the old meter's use brought forward.

    The version stays: the caller writes the connection together with the next reading.

    :raises Invalid: for impossible values.
    """
    try:
        check_shown(first, _range(connection.meter_digits))
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="firstReading") from None
    used = _use_up_to(final, connection, said=said)
    brought = (connection.use_brought_forward or Decimal(0)) + used
    return replace(connection, last_value=first, estimated=None, use_brought_forward=brought)


def _use_up_to(final: Decimal, connection: Connection, *, said: bool) -> Decimal:
    """Return the old meter's use from the last reading to its final value."""
    try:
        return span_of(connection.last_value, final, digits=connection.meter_digits, said=said).use
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="finalReading") from None

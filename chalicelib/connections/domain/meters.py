"""What a connection's meter shows: the use between two values, a register that ran over, and another meter."""

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

# A register is believed to have run over if it counted on by less than this share of its range: its first digit went
# from 9 to 0. A value with a digit left out (9551 for 95510) never seems to count on by less.
_BELIEVED_SHARE = 10


@dataclass(frozen=True, slots=True)
class Span:
    """How far a register counted from one value to another, and whether it ran over on the way."""

    use: Decimal
    rolled_over: bool


def span_of(previous: Decimal, value: Decimal, *, digits: int | None, said: bool = False) -> Span:
    """Return how far a register counted, and believe that it ran over if that is likely or `said`.

    Five digits, 99990 and then 15: 25, run over. 500 and then 490: counted on by 99990 only if somebody says so.

    :raises Invalid: for less than before where the register is not known to have run over, or what it can't show.
    """
    check_shown(value, digits)
    if value >= previous:
        return Span(value - previous, rolled_over=False)
    below = f"{plain(value)} is below the previous reading {plain(previous)}"
    if digits is None:
        raise Invalid(
            "below-previous", f"{below}; correct it, or give the meterDigits if its register ran over", field="reading"
        )
    use = value + range_of(digits) - previous
    if not said and use * _BELIEVED_SHARE >= range_of(digits):
        reason = f"had its register run over, it would have counted {plain(use)}"
        raise Invalid("below-previous", f"{below}; {reason}: correct it, or say rolledOver if it did", field="reading")
    return Span(use, rolled_over=True)


@dataclass(frozen=True, slots=True)
class Count:
    """The use that a value gives to be billed; `use_carried_forward`, below zero, is what was billed ahead."""

    usage: Decimal
    use_carried_forward: Decimal | None
    rolled_over: bool


def count_up_to(
    value: Decimal, *, previous: Decimal, use_brought_forward: Decimal | None, digits: int | None, said: bool = False
) -> Count:
    """Return the use to be billed of what the register counted and of the use brought forward.

    140, then 158 with -10 brought forward (billed by an estimate): 8. Then 145 instead: nothing, and -5 go forward.

    :raises Invalid: for a value that the register can't show or did not run over to.
    """
    span = span_of(previous, value, digits=digits, said=said)
    settled = true_up(span.use, billed_ahead=-(use_brought_forward or Decimal(0)))
    return Count(settled.to_bill, -settled.credit if settled.credit else None, span.rolled_over)


def count_since(connection: Connection, value: Decimal, *, said: bool) -> Count:
    """Return the use to be billed since a connection's last reading, as `count_up_to` has it.

    :raises Invalid: for a value that the register can't show or did not run over to.
    """
    return count_up_to(
        value,
        previous=connection.last_value,
        use_brought_forward=connection.use_brought_forward,
        digits=connection.meter_digits,
        said=said,
    )


def estimate(connection: Connection, period: Period) -> tuple[Decimal, Count]:
    """Estimate what the meter shows, and give the use that is billed by it.

    The use of the period is taken to be the average of the last three, in whole units; what an exchanged meter showed
    since the last reading is part of it. Estimates follow each other, from what was really read last: 140 read, 10 and
    10 estimated is 160. After 140 with 5 billed ahead, an estimate of 10 is 150, and 5 are billed.

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
    """Check that a meter said to have so many digits can show what it showed last.

    :raises Invalid: otherwise.
    """
    try:
        check_shown(connection.last_value, digits)
    except Invalid as error:
        raise Invalid(error.code, f"{error}, which this meter showed", field="meterDigits") from None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One meter taken off, and another put on.

    `final` is what the old one showed last, `first` what the new one did. `on` is today, if it is not said.
    """

    meter_number: str
    final: Decimal
    first: Decimal = Decimal(0)
    on: date | None = None
    brand: str | None = None
    digits: int | None = None
    rolled_over: bool = False


def with_meter(connection: Connection, exchange: Exchange, *, today: date) -> Connection:
    """Return the connection with another meter; the old one's use waits for the next reading.

    Its final reading is a real one: what was estimated since the last of these is settled by it.
    100 read last, 130 at the exchange, the new meter starts at 5 and shows 25 when read: 30 + 20 = 50 are billed.

    :raises Invalid: for readings or a day that can't be.
    :raises Conflict: if it is closed.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    number = normalised_meter(exchange.meter_number)
    used = _use_up_to(exchange.final, connection, said=exchange.rolled_over)
    try:
        check_shown(exchange.first, exchange.digits)
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="firstReading") from None
    on = exchange.on or today
    check_no_later(on, today=today, where="on")
    if connection.last_read_on and on < connection.last_read_on:
        raise Invalid("not-after-last", f"the last confirmed reading is of {connection.last_read_on}", field="on")
    if number == connection.meter_number:
        raise Invalid("same-meter", "the connection has this meter already", field="meterNumber")
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


def _use_up_to(final: Decimal, connection: Connection, *, said: bool) -> Decimal:
    """Return what the old meter counted since the last reading, up to its final one."""
    try:
        return span_of(connection.last_value, final, digits=connection.meter_digits, said=said).use
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="finalReading") from None

"""Meter values: the use between two of them, rollovers, estimates and meter exchanges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.connections.domain.connection import (
    Connection,
    check_no_later,
    check_order,
    normalised_meter,
    wrong_status,
)
from chalicelib.connections.domain.registers import Register, RegisterRole, check_registers
from chalicelib.connections.domain.uses import expected_use
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided, plain
from chalicelib.kernel.register import check_shown, range_of, true_up

# A lower value counts as a rollover if the use is less than this share of the range: the first digit went from 9 to 0.
# A value with a digit left out (9551 for 95510) never gives so small a use.
_BELIEVED_SHARE = 10

MOST_TIMES = 10
"""A use of more than so many times what is usual is implausible."""

SURELY_PLAUSIBLE = Decimal(20)
"""No use up to this is, in whatever unit: where a guest makes ten times what is usual, nothing is amiss."""

_ZERO, _ONE = Decimal(0), Decimal(1)
_STEP = Decimal("0.001")  # of a register that is estimated behind a multiplier


@dataclass(frozen=True, slots=True)
class Span:
    """How far a register counted from one value to another, and whether it rolled over.

    `unlikely`: a person said that it rolled over, and it counted a tenth of its range or more.
    """

    use: Decimal
    rolled_over: bool
    unlikely: bool = False


def span_of(
    previous: Decimal, value: Decimal, *, wraps_at: Decimal | None, said: bool = False, field: str = "reading"
) -> Span:
    """Return how far a register counted; a lower value is a rollover if the use is small, or if a person `said` so.

    A register of five digits, 99990 and then 15: 25, a rollover. 500 and then 490: 99990, but only if a person says so.

    :raises Invalid: for a lower value that is not a rollover, or a value that the register can't show.
    """
    try:
        check_shown(value, wraps_at)
    except Invalid as error:
        raise Invalid(error.code, str(error), field=field) from None
    if value >= previous:
        return Span(value - previous, rolled_over=False)
    below = f"{plain(value)} is below the previous reading {plain(previous)}"
    if wraps_at is None:
        raise Invalid(
            "below-previous",
            f"{below}; correct it, or give the meterDigits if its register rolled over",
            field=field,
        )
    use = value + wraps_at - previous
    unlikely = use * _BELIEVED_SHARE >= wraps_at
    if not said and unlikely:
        reason = f"had its register run over, it would have counted {plain(use)}"
        raise Invalid("below-previous", f"{below}; {reason}: correct it, or say rolledOver if it did", field=field)
    return Span(use, rolled_over=True, unlikely=unlikely)


@dataclass(frozen=True, slots=True)
class RegisterCount:
    """How far a further register counted, from one value to another, and the use that this is.

    As for the main register, use may be brought forward, and what was estimated in excess is carried forward.
    `estimated`: nobody read this register, though others were read.
    """

    code: str
    role: RegisterRole
    measure: str | None
    previous: Decimal
    value: Decimal
    use: Decimal
    use_brought_forward: Decimal = Decimal(0)
    use_carried_forward: Decimal = Decimal(0)
    estimated: bool = False
    multiplier: Decimal = Decimal(1)
    unlikely: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """The use to bill for the values of a meter's registers.

    `use_carried_forward`, below zero, is use billed ahead that remains. `unlikely`: see `Span`.
    """

    usage: Decimal
    use_carried_forward: Decimal | None
    rolled_over: bool
    unlikely: bool = False
    registers: tuple[RegisterCount, ...] = ()


def count_up_to(
    value: Decimal,
    *,
    previous: Decimal,
    use_brought_forward: Decimal | None,
    wraps_at: Decimal | None,
    multiplier: Decimal = _ONE,
    said: bool = False,
) -> Count:
    """Return the use to bill: what the register counted, times its multiplier, plus the use brought forward.

    140, then 158 with -10 brought forward (billed by an estimate): 8. With 145 instead: 0, and -5 carried forward.

    :raises Invalid: for a value that the register can't show, or a lower value that is not a rollover.
    """
    span = span_of(previous, value, wraps_at=wraps_at, said=said)
    settled = true_up(span.use * multiplier, billed_ahead=-(use_brought_forward or _ZERO))
    carried = -settled.credit if settled.credit else None
    return Count(settled.to_bill, carried, span.rolled_over, span.unlikely)


def count_since(
    connection: Connection, value: Decimal, *, said: bool, values: Mapping[str, Decimal] | None = None
) -> Count:
    """Return the use to bill since a connection's last reading, of its main register and of the `values` of others.

    :raises Invalid: for a value that a register can't show, or a lower value that is not a rollover.
    """
    main = count_up_to(
        value,
        previous=connection.last_value,
        use_brought_forward=connection.use_brought_forward,
        wraps_at=connection.register_range,
        multiplier=connection.multiplier,
        said=said,
    )
    given = values or {}
    others = tuple(count_of(each, given[each.code], said=said) for each in connection.registers if each.code in given)
    return replace(main, registers=others)


def count_of(register: Register, value: Decimal, *, said: bool, where: str = "registers") -> RegisterCount:
    """Return how far a further register counted since its last value; `where` is the field that has its value.

    :raises Invalid: for a value that it can't show, or a lower value that is not a rollover.
    """
    place = f"{where}.{register.code}"
    span = span_of(register.last_value, value, wraps_at=register.wraps_at, said=said, field=place)
    brought = register.use_brought_forward
    use = span.use * register.multiplier + brought
    return RegisterCount(
        register.code,
        register.role,
        register.measure,
        register.last_value,
        value,
        use=max(use, _ZERO),
        use_brought_forward=brought,
        use_carried_forward=min(use, _ZERO),
        multiplier=register.multiplier,
        unlikely=span.unlikely,
    )


def check_values(connection: Connection, values: Mapping[str, Decimal], *, where: str = "registers") -> None:
    """Check that values are of further registers that a connection has, and that no needed one is missing.

    `where` is the field that has them.

    :raises Invalid: naming the register.
    """
    known = {each.code: each for each in connection.registers}
    if unknown := sorted(values.keys() - known.keys()):
        has = f"it has {', '.join(known)}" if known else "it has only its main one"
        raise Invalid(
            "unknown-register",
            f"connection {connection.account} has no register {unknown[0]}: {has}",
            field=f"{where}.{unknown[0]}",
        )
    if missing := [code for code, each in known.items() if each.is_needed and code not in values]:
        raise Invalid(
            "register-missing",
            f"give the value of register {missing[0]} too: all registers of a bill close on one day",
            field=f"{where}.{missing[0]}",
        )


@dataclass(frozen=True, slots=True)
class EstimatedValues:
    """Estimated values of a meter's registers, and the use to bill for them."""

    value: Decimal
    values: Mapping[str, Decimal]
    count: Count


def estimate(connection: Connection, period: Period, *, read_on: date) -> EstimatedValues:
    """Return an estimate of the registers' values on a day, and the use to bill for them.

    See `expected_use`. It includes the use of a meter exchanged since the last reading. Estimates add up from the last
    real reading: after 140, two estimates of 10 give 160. After 140 with 5 billed ahead, an estimate of 10 gives 150,
    and 5 are billed.

    :raises Invalid: if the connection was never read.
    """
    since = connection.counts_from
    days = (read_on - since).days if since else None
    usual = expected_use(connection.uses, period, days)
    brought = max(connection.use_brought_forward or _ZERO, _ZERO)
    steps = _steps(max(usual - brought, _ZERO), connection.multiplier)
    value = _wrapped(connection.last_value + (connection.estimated or _ZERO) + steps, connection.register_range)
    values = {each.code: _expected_value(connection, each, period, days) for each in connection.registers}
    return EstimatedValues(value, values, count_since(connection, value, said=True, values=values))


def with_missing(
    connection: Connection, values: Mapping[str, Decimal], *, period: Period, read_on: date
) -> dict[str, Decimal]:
    """Return the values of registers with estimates for those that a bill needs and nobody read.

    :raises Invalid: if the connection was never read.
    """
    since = connection.counts_from
    days = (read_on - since).days if since else None
    missing = [each for each in connection.registers if each.is_needed and each.code not in values]
    return {**values, **{each.code: _expected_value(connection, each, period, days) for each in missing}}


def _expected_value(connection: Connection, register: Register, period: Period, days: int | None) -> Decimal:
    known = (each for each in connection.uses if register.code in each.parts)
    own = tuple(each._replace(use=each.parts[register.code]) for each in known)
    if not own and not register.is_needed:
        return register.last_value
    brought = register.use_brought_forward  # above zero: of the meter before; below: billed ahead
    expected = expected_use(own, period, days)
    steps = _steps(max(expected - max(brought, _ZERO), _ZERO) + max(-brought, _ZERO), register.multiplier)
    return _wrapped(register.last_value + steps, register.wraps_at)


def _steps(use: Decimal, multiplier: Decimal) -> Decimal:
    """Return how far a register counts for a use."""
    return use if multiplier == 1 else divided(use, multiplier).quantize(_STEP, ROUND_HALF_UP)


def _wrapped(value: Decimal, wraps_at: Decimal | None) -> Decimal:
    return value if wraps_at is None else value % wraps_at


def check_main_register(connection: Connection) -> None:
    """Check that the main register of a connection can show its last value.

    :raises Invalid: if it can't.
    """
    where = "meterDigits" if connection.meter_wraps_at is None else "meterWrapsAt"
    try:
        check_shown(connection.last_value, connection.register_range)
    except Invalid as error:
        raise Invalid(error.code, f"{error}, which this meter showed", field=where) from None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A meter exchange.

    `final` is the old meter's last value, `first` the new meter's first one, and `finals` are those of further
    registers. `on` is today, if left out. Without `registers` or a multiplier, the new meter has those of the old one,
    the registers from zero. `checked`: a person has looked at the final value, although it is implausible.
    """

    meter_number: str
    final: Decimal
    first: Decimal = _ZERO
    on: date | None = None
    brand: str | None = None
    digits: int | None = None
    rolled_over: bool = False
    wraps_at: Decimal | None = None
    multiplier: Decimal | None = None
    main_measure: str | None = None
    checked: bool = False
    finals: Mapping[str, Decimal] = field(default_factory=dict)
    registers: tuple[Register, ...] | None = None


def with_meter(connection: Connection, exchange: Exchange, *, today: date) -> Connection:
    """Return the connection with a new meter; the old meter's use is brought forward to the next reading.

    The old meter's final value is a real reading, so it settles earlier estimates.
    100 read last, 130 at the exchange, the new meter starts at 5 and shows 25 when read: 30 + 20 = 50 are billed.

    :raises Invalid: for impossible values or an impossible day.
    :raises Conflict: if it is closed or has no meter.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    if not connection.is_metered:
        raise Conflict("no-meter", f"connection {connection.account} has no meter; install one")
    number = normalised_meter(exchange.meter_number)
    if number == connection.meter_number:
        # Readings tell the old meter from the new one by this number, so not even another maker's may have it.
        raise Invalid("same-meter", "the connection has a meter of this number already", field="meterNumber")
    used = _use_up_to(exchange.final, connection, said=exchange.rolled_over)
    _check_first(exchange)
    _check_plausible(connection, exchange)
    on = exchange.on or today
    check_no_later(on, today=today, where="on")
    check_order(connection, on)
    return replace(
        connection,
        meter_number=number,
        last_value=exchange.first,
        estimated=None,
        use_brought_forward=(connection.use_brought_forward or _ZERO) + used,
        meter_brand=exchange.brand,
        meter_digits=exchange.digits,
        meter_wraps_at=exchange.wraps_at,
        multiplier=exchange.multiplier or connection.multiplier,
        main_measure=exchange.main_measure or connection.main_measure,
        registers=_registers_after(connection, exchange),
        installed_on=on,
        opened_on=connection.begins_on,
        version=connection.version + 1,
    )


def _check_plausible(connection: Connection, exchange: Exchange) -> None:
    """Check that final values give no use far above the usual, for nothing can take them back later.

    :raises Conflict: if a person must look at one.
    """
    if exchange.checked:
        return
    main = span_of(connection.last_value, exchange.final, wraps_at=connection.register_range, said=exchange.rolled_over)
    uses = [each.of_one_round for each in connection.uses]
    found = _doubt(main.use * connection.multiplier, uses, unlikely=main.unlikely)
    where = "finalReading"
    for each in _final_counts(connection, exchange):
        own = [use.parts[each.code] for use in connection.uses if each.code in use.parts]
        doubt = None if each.role == "check" else _doubt(each.use, own, unlikely=each.unlikely)
        found, where = (found, where) if found or not doubt else (doubt, f"finalRegisters.{each.code}")
    if found:
        raise Conflict("implausible-reading", f"{found}; correct it, or say checked", field=where)


def _doubt(used: Decimal, uses: Sequence[Decimal], *, unlikely: bool) -> str | None:
    if unlikely:
        return f"the register would have started again and counted {plain(used)}"
    usual = max(uses, default=_ZERO)
    if usual and used > max(MOST_TIMES * usual, SURELY_PLAUSIBLE):
        return f"{plain(used)} since the last reading is more than {MOST_TIMES} times what was ever used in a round"
    return None


def with_first_meter(
    connection: Connection, meter: Exchange, *, today: date, billed_until: date | None = None
) -> Connection:
    """Return a connection without a meter with its first one; its use counts from the day on which that was put on.

    If days from then on are billed already, up to `billed_until`, the bills of the meter begin with that day.

    :raises Invalid: for impossible values or an impossible day.
    :raises Conflict: if it is closed or has a meter.
    """
    if connection.status == "closed":
        raise wrong_status(connection)
    if connection.is_metered:
        raise Conflict("has-meter", f"connection {connection.account} has a meter; exchange it instead")
    _check_first(meter)
    on = meter.on or today
    check_no_later(on, today=today, where="on")
    check_order(connection, on)
    return replace(
        connection,
        meter_number=normalised_meter(meter.meter_number),
        initial_reading=meter.first,
        last_value=meter.first,
        meter_brand=meter.brand,
        meter_digits=meter.digits,
        meter_wraps_at=meter.wraps_at,
        multiplier=meter.multiplier or _ONE,
        main_measure=meter.main_measure,
        registers=meter.registers or (),
        installed_on=on,
        opened_on=connection.begins_on,
        metered_from=max(on, billed_until or on),
        version=connection.version + 1,
    )


def _registers_after(connection: Connection, exchange: Exchange) -> tuple[Register, ...]:
    """Return the further registers of the new meter; each brings the use of the old one with its code forward.

    Below zero, that is use billed ahead by estimates.
    """
    used = {each.code: each.use + each.use_carried_forward for each in _final_counts(connection, exchange)}
    if exchange.registers is None:
        new = tuple(replace(each, last_value=_ZERO) for each in connection.registers)
    else:
        new = exchange.registers
    if lost := sorted(code for code, use in used.items() if use > 0 and code not in {each.code for each in new}):
        raise Invalid(
            "register-missing",
            f"the new meter has no register {lost[0]}, so its use would be lost: read the old meter first",
            field="registers",
        )
    return tuple(replace(each, use_brought_forward=used.get(each.code, _ZERO)) for each in new)


def _final_counts(connection: Connection, exchange: Exchange) -> list[RegisterCount]:
    check_values(connection, exchange.finals, where="finalRegisters")
    return [
        count_of(each, exchange.finals[each.code], said=exchange.rolled_over, where="finalRegisters")
        for each in connection.registers
        if each.code in exchange.finals
    ]


def _check_first(exchange: Exchange) -> None:
    wraps_at = exchange.wraps_at
    if wraps_at is None and exchange.digits is not None:
        wraps_at = range_of(exchange.digits)
    try:
        check_shown(exchange.first, wraps_at)
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="firstReading") from None
    check_registers(exchange.registers or (), main_multiplier=exchange.multiplier or _ONE)


def continued_on(connection: Connection, *, final: Decimal, first: Decimal, said: bool) -> Connection:
    """Return the connection as counting on from a new meter's first value, with the old meter's use brought forward.

    The version stays: the caller writes the connection together with the next reading.

    :raises Invalid: for impossible values.
    """
    try:
        check_shown(first, connection.register_range)
    except Invalid as error:
        raise Invalid(error.code, f"{error}", field="firstReading") from None
    used = _use_up_to(final, connection, said=said)
    brought = (connection.use_brought_forward or _ZERO) + used
    return replace(connection, last_value=first, estimated=None, use_brought_forward=brought)


def _use_up_to(final: Decimal, connection: Connection, *, said: bool) -> Decimal:
    """Return the old meter's use from the last reading to its final value."""
    span = span_of(connection.last_value, final, wraps_at=connection.register_range, said=said, field="finalReading")
    return span.use * connection.multiplier

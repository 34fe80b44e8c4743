"""What no meter can show is refused; what it hardly ever shows is held until a person has looked at it."""

from decimal import Decimal

from chalicelib.connections.domain import Connection
from chalicelib.connections.domain.meters import MOST_TIMES, SURELY_PLAUSIBLE, Count, RegisterCount
from chalicelib.connections.domain.uses import usual_use
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided, plain

HELD_ABOVE = MOST_TIMES
"""A use of more than so many times what is usual is held."""

# Where nothing is known of a class, the first use of a month is held above this, many times what a household uses.
_FIRST_USE = {"m3": Decimal(1_000), "kWh": Decimal(20_000), "gal": Decimal(200_000), "kgal": Decimal(200)}
_FIRST_USE_OF_OTHERS = Decimal(100_000)

_ERROR_CODES = tuple(Decimal(2**bits - 1) for bits in (16, 24, 31, 32))


def doubt_about(
    connection: Connection,
    count: Count,
    value: Decimal,
    period: Period,
    *,
    rounds: int,
    of_class: Decimal | None,
    unit: str,
) -> str | None:
    """Return why a reading must be looked at before it counts, or None.

    `of_class` is the usual use of the connection's class in a round, if it is known and this connection's is not.
    6 m3 are usual: 60 pass, 61 are held. A first use of 16,677.215 m3 is held, and so is an unlikely rollover.
    """
    if count.unlikely:
        return f"its register would have started again and counted {plain(count.usage)}; that is hardly possible"
    usual, whose = usual_use(connection.uses, period), "of this connection in the year before"
    if not usual:
        usual, whose = of_class, f"of the class {connection.consumer_class}"
    doubt = _doubt_about_use(count.usage, value, usual, whose, rounds=rounds, unit=unit)
    others = (_doubt_about_register(connection, each, period, rounds=rounds, unit=unit) for each in count.registers)
    return doubt or next((found for found in others if found), None)


def _doubt_about_register(
    connection: Connection, counted: RegisterCount, period: Period, *, rounds: int, unit: str
) -> str | None:
    """Return why a further register must be looked at: it is compared with its own use of the year before."""
    if counted.role == "check" or counted.estimated:
        return None
    if counted.unlikely:
        return f"register {counted.code} would have started again and counted {plain(counted.use)}"
    own = tuple(each._replace(use=each.parts[counted.code]) for each in connection.uses if counted.code in each.parts)
    usual = usual_use(own, period)
    whose = f"of register {counted.code} in the year before"
    doubt = _doubt_about_use(counted.use, counted.value, usual, whose, rounds=rounds, unit=unit)
    return f"register {counted.code}: {doubt}" if doubt else None


def _doubt_about_use(
    counted: Decimal, value: Decimal, usual: Decimal | None, whose: str, *, rounds: int, unit: str
) -> str | None:
    use = divided(counted, max(rounds, 1))
    if use <= SURELY_PLAUSIBLE:
        return None
    if looks_like_error_code(value):
        return f"{plain(value)} is what meters and radio modules send when they can't read the register"
    said = f"{plain(counted)} {unit}"
    if not usual:
        most = _FIRST_USE.get(unit, _FIRST_USE_OF_OTHERS)
        return f"{said} is a lot for a first use: more than {plain(most)} a round" if use > most else None
    if use <= HELD_ABOVE * usual:
        return None
    return f"{said} is more than {HELD_ABOVE} times the usual use {whose}, {plain(_short(usual))} a round"


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01")).normalize()


def looks_like_error_code(value: Decimal) -> bool:
    """Return whether a value is the largest number of a counter (65535, 16777.215), or only nines (999999)."""
    digits = value.as_tuple().digits
    whole = Decimal((0, digits, 0))
    return whole in _ERROR_CODES or (len(digits) >= 6 and set(digits) == {9})


def needs_class(connection: Connection, period: Period) -> bool:
    """Return whether nothing, or no use, is known of a connection, so that its class is asked."""
    return not usual_use(connection.uses, period)

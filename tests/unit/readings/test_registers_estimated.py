"""A register that nobody read is estimated alone, and the next real value settles it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.connections.domain import Connection, PastUse, Register
from chalicelib.kernel.errors import Invalid
from chalicelib.readings.domain import recording as rules
from chalicelib.readings.domain.reading import MeterValue, Reading
from tests.support.examples import ENTRY, OCTOBER, WATERWORKS, connection, with_settings

PROJECT = with_settings(WATERWORKS, confirmation="none")
NIGHT = Register("night", measure="offpeak", last_value=Decimal(800))


def _with_night() -> Connection:
    used = PastUse(OCTOBER, Decimal(10), 31, parts={"night": Decimal(31)})
    return connection(registers=(NIGHT,), uses=(used,))


def _read(of: Connection, day: date, value: str, **more: object) -> tuple[Reading, Connection]:
    shown = replace(MeterValue(Decimal(value), day), **more)  # type: ignore[arg-type]
    reading = rules.record_reading(PROJECT, of, shown, today=day, entry=ENTRY)
    return reading, rules.advanced(of, reading)


def test_a_missing_register_is_refused_unless_it_is_to_be_estimated() -> None:
    with pytest.raises(Invalid, match="give the value of register night too"):
        _read(_with_night(), date(2025, 11, 5), "150")
    reading, after = _read(_with_night(), date(2025, 11, 5), "150", estimate_missing=True)
    (night,) = reading.registers
    assert (night.value, night.use, night.estimated) == (Decimal(831), Decimal(31), True), "31 days, as in October"
    assert (after.registers[0].last_value, after.registers[0].use_brought_forward) == (Decimal(800), Decimal(-31))


@pytest.mark.parametrize(("shown", "use", "left"), [("840", "9", "0"), ("820", "0", "-11")])
def test_the_next_real_value_settles_the_estimate(shown: str, use: str, left: str) -> None:
    _, after = _read(_with_night(), date(2025, 11, 5), "150", estimate_missing=True)
    reading, settled = _read(after, date(2025, 12, 5), "160", registers={"night": Decimal(shown)})
    (night,) = reading.registers
    assert (night.use, night.estimated) == (Decimal(use), False)
    assert (settled.registers[0].last_value, settled.registers[0].use_brought_forward) == (
        Decimal(shown),
        Decimal(left),
    )


def test_estimates_of_a_register_add_up_until_it_is_read() -> None:
    _, after = _read(_with_night(), date(2025, 11, 5), "150", estimate_missing=True)
    second, again = _read(after, date(2025, 12, 6), "160", estimate_missing=True)
    (night,) = second.registers
    assert (night.previous, night.value, night.use) == (Decimal(800), Decimal(862), Decimal(31))
    third, _ = _read(again, date(2026, 1, 5), "170", registers={"night": Decimal(870)})
    assert third.registers[0].use == Decimal(8)

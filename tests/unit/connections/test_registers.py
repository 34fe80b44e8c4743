"""Further registers of a meter: what may be said of them, how they count, and how they are estimated and exchanged."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections.domain import Connection, PastUse, Register
from chalicelib.connections.domain.meters import Exchange, check_values, count_since, estimate, with_meter
from chalicelib.connections.domain.registers import MAX_REGISTERS, check_registers
from chalicelib.kernel.errors import Invalid
from tests.support.examples import FIFTH, NOVEMBER, OCTOBER, connection

_NIGHT = Register("night", measure="offpeak", last_value=Decimal(800))
_CHECK = Register("pulse", role="check", last_value=Decimal(3))


def _two_rates(**changes: Any) -> Connection:  # noqa: ANN401
    return connection(**{"registers": (_NIGHT, _CHECK), **changes})


@pytest.mark.parametrize(
    ("register", "field"),
    [
        (replace(_NIGHT, code="main"), "registers.0.code"),
        (replace(_NIGHT, code="1night"), "registers.0.code"),
        (replace(_NIGHT, code="night rate"), "registers.0.code"),
        (replace(_NIGHT, code="n" * 21), "registers.0.code"),
        (replace(_NIGHT, role="measured", measure=None), "registers.0.measure"),
        (replace(_NIGHT, role="deduct", measure=None), "registers.0.measure"),
        (replace(_NIGHT, role="check"), "registers.0.measure"),
        (replace(_NIGHT, multiplier=Decimal(0)), "registers.0.multiplier"),
        (replace(_NIGHT, wraps_at=Decimal(1)), "registers.0.wrapsAt"),
        (replace(_NIGHT, wraps_at=Decimal(800)), "registers.0.initialReading"),
        (replace(_NIGHT, last_value=Decimal(-1)), "registers.0.initialReading"),
    ],
)
def test_a_register_that_can_not_be_is_refused_by_its_field(register: Register, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_registers([register])
    assert (refusal.value.code, [fault.field for fault in refusal.value.faults]) == ("bad-register", [field])


def test_each_register_has_its_own_code_and_there_are_eight_at_most() -> None:
    check_registers([Register(f"r{number}") for number in range(MAX_REGISTERS)])
    with pytest.raises(Invalid) as refusal:
        check_registers([Register("r0") for _ in range(MAX_REGISTERS + 1)])
    fields = [fault.field for fault in refusal.value.faults]
    assert fields == ["registers", *(f"registers.{at}.code" for at in range(1, MAX_REGISTERS + 1))]


def test_a_multiplier_of_the_main_register_is_above_zero() -> None:
    with pytest.raises(Invalid) as refusal:
        check_registers((), main_multiplier=Decimal(0))
    assert [fault.field for fault in refusal.value.faults] == ["multiplier"]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"day": Decimal(1), "night": Decimal(812)}, "unknown-register", "registers.day"),
        ({}, "register-missing", "registers.night"),
        ({"pulse": Decimal(4)}, "register-missing", "registers.night"),
    ],
)
def test_all_registers_of_a_bill_are_read_together_and_none_that_is_not_there(
    values: dict[str, Decimal], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_values(_two_rates(), values)
    assert (refusal.value.code, [fault.field for fault in refusal.value.faults]) == (code, [field])


def test_a_register_that_is_only_a_check_may_be_left_out() -> None:
    check_values(_two_rates(), {"night": Decimal(812)})


def test_each_register_counts_from_its_own_last_value_in_its_own_steps() -> None:
    night = replace(_NIGHT, multiplier=Decimal(60), wraps_at=Decimal(1000), last_value=Decimal(995))
    count = count_since(
        _two_rates(registers=(night, _CHECK)),
        Decimal(150),
        said=False,
        values={"night": Decimal(5), "pulse": Decimal(4)},
    )
    assert count.usage == Decimal(10)  # the main register's own
    assert [(each.code, each.previous, each.value, each.use) for each in count.registers] == [
        ("night", Decimal(995), Decimal(5), Decimal(600)),
        ("pulse", Decimal(3), Decimal(4), Decimal(1)),
    ]


def test_a_register_below_its_last_value_is_refused_by_its_name() -> None:
    with pytest.raises(Invalid, match="799 is below the previous reading 800") as refusal:
        count_since(_two_rates(), Decimal(150), said=False, values={"night": Decimal(799)})
    assert [fault.field for fault in refusal.value.faults] == ["registers.night"]


def test_registers_are_estimated_each_by_its_own_uses() -> None:
    uses = (PastUse(OCTOBER, Decimal(31), 31, 1, {"night": Decimal(62)}),)
    made = estimate(_two_rates(uses=uses), NOVEMBER, read_on=FIFTH)
    assert (made.value, made.count.usage) == (Decimal(171), Decimal(31))
    assert made.values == {"night": Decimal(862), "pulse": Decimal(3)}


def test_what_was_estimated_in_excess_is_carried_forward_by_each_register() -> None:
    ahead = replace(_NIGHT, use_brought_forward=Decimal(-10))
    count = count_since(_two_rates(registers=(ahead,)), Decimal(150), said=False, values={"night": Decimal(804)})
    (night,) = count.registers
    assert (night.use, night.use_brought_forward, night.use_carried_forward) == (Decimal(0), Decimal(-10), Decimal(-6))


def _exchanged(**changes: Any) -> Connection:  # noqa: ANN401
    exchange = Exchange("SM-2", Decimal(145), finals={"night": Decimal(812)}, on=FIFTH)
    return with_meter(_two_rates(), replace(exchange, **changes), today=FIFTH)


def test_a_new_meter_has_the_registers_of_the_old_one_from_zero_and_brings_their_use_forward() -> None:
    after = _exchanged()
    assert after.use_brought_forward == Decimal(5)
    assert [(each.code, each.last_value, each.use_brought_forward) for each in after.registers] == [
        ("night", Decimal(0), Decimal(12)),
        ("pulse", Decimal(0), Decimal(0)),
    ]
    count = count_since(after, Decimal(20), said=False, values={"night": Decimal(8)})
    assert (count.usage, count.registers[0].use) == (Decimal(25), Decimal(20))


def test_a_new_meter_may_have_other_registers_unless_use_of_an_old_one_would_be_lost() -> None:
    night = Register("night", multiplier=Decimal(10), last_value=Decimal(2))
    after = _exchanged(registers=(night, Register("export", role="measured", measure="export")))
    assert [(each.code, each.last_value, each.use_brought_forward) for each in after.registers] == [
        ("night", Decimal(2), Decimal(12)),
        ("export", Decimal(0), Decimal(0)),
    ]
    assert _exchanged(registers=(), finals={"night": Decimal(800)}).registers == ()
    with pytest.raises(Invalid) as refusal:
        _exchanged(registers=())
    assert (refusal.value.code, "night" in str(refusal.value)) == ("register-missing", True)
    with pytest.raises(Invalid) as refusal:
        _exchanged(finals={})
    assert refusal.value.code == "register-missing"

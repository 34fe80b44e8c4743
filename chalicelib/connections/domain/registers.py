"""Registers of a meter beside its main one: day and night, export, reactive energy, a garden meter, a check meter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.kernel.quantity import plain
from chalicelib.kernel.register import check_shown

RegisterRole = Literal["billed", "measured", "deduct", "check"]

MAIN = "main"
MAX_REGISTERS = 8
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Register:
    """A further register of a connection's meter, or a second meter that is read with it.

    - `billed`: its use is part of the connection's use, and of the measure that it feeds, if it feeds one.
    - `measured`: its use is only the measure that it feeds (export, reactive energy).
    - `deduct`: the measure that it feeds is the connection's use without this register's (sewer, less a garden meter).
    - `check`: it is recorded and never billed.

    `multiplier` is that of a transformer or pulse. The register starts again at `wraps_at`. `last_value` is the last
    value that was read; at first, the initial one. `use_brought_forward` is that of a meter exchanged since.
    """

    code: str
    role: RegisterRole = "billed"
    measure: str | None = None
    multiplier: Decimal = Decimal(1)
    wraps_at: Decimal | None = None
    last_value: Decimal = Decimal(0)
    use_brought_forward: Decimal = Decimal(0)

    @property
    def is_needed(self) -> bool:
        """Whether a bill needs its value."""
        return self.role != "check"

    def __str__(self) -> str:
        """Return the register in a few words, for the audit log."""
        feeds = f" feeds {self.measure}" if self.measure else ""
        times = "" if self.multiplier == 1 else f" x {plain(self.multiplier)}"
        wraps = "" if self.wraps_at is None else f", starts again at {plain(self.wraps_at)}"
        return f"{self.code} {self.role}{feeds}{times}{wraps}"


def check_registers(registers: Sequence[Register], *, main_multiplier: Decimal = Decimal(1)) -> None:
    """Check the further registers of a connection.

    :raises Invalid: naming each fault.
    """
    faults = list(_faults(registers))
    if main_multiplier <= 0:
        faults.append(Fault("multiplier", "above zero: how many units one step of the register is"))
    if faults:
        said = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Invalid("bad-register", said, faults=tuple(faults))


def _faults(registers: Sequence[Register]) -> list[Fault]:
    faults: list[Fault] = []
    if len(registers) > MAX_REGISTERS:
        faults.append(Fault("registers", f"{MAX_REGISTERS} beside the main one at most"))
    seen = {MAIN}
    for at, register in enumerate(registers):
        place = f"registers.{at}"
        if not _CODE.match(register.code):
            faults.append(Fault(f"{place}.code", "a short word of letters and digits, such as night"))
        if register.code in seen:
            faults.append(Fault(f"{place}.code", f"there is another register {register.code}"))
        seen.add(register.code)
        if register.role in {"measured", "deduct"} and not register.measure:
            faults.append(Fault(f"{place}.measure", f"a register that is {register.role} feeds a measure: name it"))
        if register.role == "check" and register.measure:
            faults.append(Fault(f"{place}.measure", "a check register feeds no measure: leave it out"))
        if register.multiplier <= 0:
            faults.append(Fault(f"{place}.multiplier", "above zero: how many units one step of the register is"))
        if register.wraps_at is not None and register.wraps_at <= 1:
            faults.append(Fault(f"{place}.wrapsAt", "above 1: the number at which the register starts again"))
            continue
        try:
            check_shown(register.last_value, register.wraps_at)
        except Invalid as error:
            faults.append(Fault(f"{place}.initialReading", str(error)))
    return faults

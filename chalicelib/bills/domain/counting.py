"""How a bill shows what was counted: from which value to which, for each register."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.bills.domain.consumption import Consumption
from chalicelib.connections.domain import RegisterRole
from chalicelib.kernel.quantity import plain


@dataclass(frozen=True, slots=True)
class BilledRegister:
    """A further register on a bill, and the use that it showed."""

    code: str
    role: RegisterRole
    measure: str | None
    previous: Decimal
    reading: Decimal
    use: Decimal
    multiplier: Decimal = Decimal(1)
    use_brought_forward: Decimal = Decimal(0)
    estimated: bool = False

    def explain(self, unit: str) -> str:
        """Return a sentence that explains its use: "night: (4 - 0) x 40 = 160 kWh"."""
        steps = f"{plain(self.reading)} - {plain(self.previous)}"
        if self.multiplier != 1:
            steps = f"({steps}) x {plain(self.multiplier)}"
        said = [f"{self.code}: {steps}"]
        if self.reading < self.previous:
            said.append("the register started again")
        if self.use_brought_forward > 0:
            said.append(f"{plain(self.use_brought_forward)} {unit} on the meter before")
        if self.use_brought_forward < 0:
            said.append(f"{plain(-self.use_brought_forward)} {unit} were billed before")
        if self.estimated:
            said.append("estimated, for nobody read it")
        ends = {"deduct": f", taken off {self.measure}", "check": ", not billed", "measured": f" of {self.measure}"}
        return f"{'; '.join(said)} = {plain(self.use)} {unit}{ends.get(self.role, '')}"


@dataclass(frozen=True, slots=True)
class CountShown:
    """From which value a bill counts, and the use that it adds to what the register counted since."""

    previous: Decimal
    use_brought_forward: Decimal | None


def count_shown(consumption: Consumption) -> CountShown:
    """Return from which value a bill of several readings counts.

    It is that of the first reading. If the meter was exchanged between them, it is that of the last one, and what was
    used before is brought forward. 100 to 101, 101 to 112, 112 to 125: 125 - 100.
    """
    first, *later = consumption.readings
    if not later:
        return CountShown(first.previous, first.use_brought_forward)
    joined = all(each.previous == before.value for before, each in zip(consumption.readings, later, strict=False))
    same = all(each.meter_number == first.meter_number and not each.use_brought_forward for each in later)
    if joined and same and not first.estimated:
        return CountShown(first.previous, first.use_brought_forward)
    closing = consumption.closing
    before = consumption.main_use - closing.usage
    return CountShown(closing.previous, before + (closing.use_brought_forward or 0) or None)


def registers_shown(consumption: Consumption) -> tuple[BilledRegister, ...]:
    """Return the further registers of a bill, each over all its readings.

    If the meter was exchanged between them, a register counts from the last one, and the use before is brought forward.
    """
    shown: dict[str, BilledRegister] = {}
    for each in (one for reading in consumption.readings for one in reading.registers):
        known = shown.get(each.code)
        joins = known is None or (known.reading == each.previous and not each.use_brought_forward)
        previous, brought = each.previous, each.use_brought_forward
        if known is not None:
            previous = known.previous if joins else each.previous
            brought = known.use_brought_forward if joins else known.use + each.use_brought_forward
        shown[each.code] = BilledRegister(
            each.code,
            each.role,
            each.measure,
            previous,
            each.value,
            each.use + (known.use if known else 0),
            each.multiplier,
            brought,
            each.estimated or bool(known and known.estimated),
        )
    return tuple(shown.values())

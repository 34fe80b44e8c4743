"""Readings."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.connections.domain import RegisterState
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.flags import ROLLOVER

ReadingState = Literal["pending", "confirmed"]
ReadingSource = Literal["manual", "device", "import", "estimated", "migrated"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter's value on a day, for one connection and period; `usage` is `value` minus `previous`.

    With the flag `rollover`, the register started again at zero, and its range is added. `usage` includes
    `use_brought_forward`: use of a meter exchanged since or, below zero, use billed ahead by estimates. If more was
    billed ahead than the meter showed, nothing is billed, and the rest is `use_carried_forward`, below zero, to the
    next reading. `origin` is the import or request that it came from. While pending, `previous` is that of when it was
    recorded.
    """

    account: str
    period: Period
    read_on: date
    value: Decimal
    previous: Decimal
    usage: Decimal
    state: ReadingState
    flags: tuple[str, ...]
    source: ReadingSource
    origin: str
    meter_number: str
    area: str
    entered_by: str
    entered_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    version: int
    use_brought_forward: Decimal | None = None
    use_carried_forward: Decimal | None = None

    @property
    def id(self) -> str:
        return f"{self.period}.{self.account}"

    @property
    def rolled_over(self) -> bool:
        return ROLLOVER in self.flags

    @property
    def estimated(self) -> bool:
        return self.source == "estimated"

    @property
    def counted(self) -> Decimal:
        """How far the register has counted since `previous`."""
        return self.usage + (self.use_carried_forward or 0) - (self.use_brought_forward or 0)

    @property
    def stand(self) -> RegisterState:
        """The state of the register once this reading is the last one; an estimate keeps the last real value."""
        if self.estimated:
            return RegisterState(self.previous, self.counted, (self.use_brought_forward or 0) - self.usage or None)
        return RegisterState(self.value, None, self.use_carried_forward)

    def is_same_as(self, other: "Reading") -> bool:
        """Return whether two readings have the same day and value."""
        return self.value == other.value and self.read_on == other.read_on


@dataclass(frozen=True, slots=True)
class MeterValue:
    """A meter's value on a day as entered, and whether the person says that the register rolled over."""

    value: Decimal
    read_on: date
    rolled_over: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who entered a reading, how and when."""

    by: str
    at: datetime
    source: ReadingSource
    origin: str


def parse_reading_id(text: str) -> tuple[Period, str]:
    """Split a reading's public id into period and account number: 2025-11.2025110001.

    :raises NotFound: if it is not a valid id.
    """
    period, _, account = text.partition(".")
    try:
        return Period.parse(period), code(account, "an account number")
    except Invalid:
        raise NotFound("not-found", "there is no reading with this id", field="readingId") from None

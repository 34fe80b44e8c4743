"""Readings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.connections.domain import RegisterStand, RegisterState
from chalicelib.connections.domain.meters import RegisterCount
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import code
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import divided
from chalicelib.readings.domain.flags import ROLLOVER

ReadingState = Literal["pending", "held", "confirmed", "withdrawn"]
ReadingKind = Literal["regular", "final", "check"]
ReadingSource = Literal["manual", "device", "import", "estimated", "migrated"]

# A reading each day of a period of a year.
MAX_NUMBER = 400
LAST_READ_NUMBER = 900
"""Bills have the number of the reading that they close with; 0 and those above this are bills without a reading."""

_NUMBER = re.compile(r"[1-9]\d{0,2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerValue:
    """What a reading said before a correction, made after it was billed; `correction` is its id."""

    value: Decimal
    registers: Mapping[str, Decimal] = field(default_factory=dict)
    meter_number: str
    read_on: date
    by: str
    at: datetime
    reason: str
    correction: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter's value on a day, for one connection, counted from the reading before; `usage` is `value` - `previous`.

    A meter may be read several times for a round, the period that the readings bill; `number` tells them apart. `since`
    is the day of the reading before, or on which the service began, if that is known; `rounds` is how many rounds have
    passed since, 0 if this round was read before. `registers` are further registers that were read with it, and
    `measures` what came with it, such as a peak.

    With the flag `rollover`, the register started again, and its range is added. The register counts `multiplier`
    units. `usage` includes `use_brought_forward`: use of a meter exchanged since or, below zero, use billed ahead by
    estimates. If more was billed ahead than the meter showed, nothing is billed, and the rest is `use_carried_forward`,
    below zero, to the next reading. `origin` is the import or request that it came from. Until it is confirmed,
    `previous` is that of when it was recorded. `reason` says why it is held or was withdrawn. `bills_voided` is how
    many bills that closed with it were voided: the next one is one revision later. `former_values` are what it said
    before corrections.
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
    number: int = 1
    kind: ReadingKind = "regular"
    since: date | None = None
    rounds: int = 1
    multiplier: Decimal = Decimal(1)
    measures: Mapping[str, Decimal] = field(default_factory=dict)
    registers: tuple[RegisterCount, ...] = ()
    reader_code: str | None = None
    photo: str | None = None
    reason: str | None = None
    bills_voided: int = 0
    former_values: tuple[FormerValue, ...] = ()

    @property
    def id(self) -> str:
        return reading_id(self.period, self.account, self.number)

    @property
    def rolled_over(self) -> bool:
        return ROLLOVER in self.flags

    @property
    def estimated(self) -> bool:
        return self.source == "estimated"

    @property
    def place(self) -> tuple[date, int]:
        """Its place among the readings of its round."""
        return self.read_on, self.number

    @property
    def is_live(self) -> bool:
        """Whether it was not withdrawn."""
        return self.state != "withdrawn"

    @property
    def counts(self) -> bool:
        """Whether it is confirmed and not only a check."""
        return self.state == "confirmed" and self.kind != "check"

    @property
    def counted(self) -> Decimal:
        """How far the register has counted since `previous`, in units of use."""
        return self.usage + (self.use_carried_forward or 0) - (self.use_brought_forward or 0)

    @property
    def days(self) -> int | None:
        """The days since the reading before; None if its day is not known."""
        return None if self.since is None else (self.read_on - self.since).days

    @property
    def parts(self) -> dict[str, Decimal]:
        """The uses of further registers, and the measures that came with it, by name."""
        return {**{each.code: each.use for each in self.registers}, **self.measures}

    @property
    def stand(self) -> RegisterState:
        """The state of the registers once this reading is the last one; an estimate keeps the last real value."""
        values = {each.code: self._register_stand(each) for each in self.registers}
        if self.estimated:
            brought = (self.use_brought_forward or 0) - self.usage or None
            return RegisterState(self.previous, divided(self.counted, self.multiplier), brought, values)
        return RegisterState(self.value, None, self.use_carried_forward, values)

    def _register_stand(self, counted: RegisterCount) -> RegisterStand:
        if self.estimated or counted.estimated:
            return RegisterStand(counted.previous, counted.use_brought_forward - counted.use)
        return RegisterStand(counted.value, counted.use_carried_forward)

    def is_same_as(self, shown: "MeterValue") -> bool:
        """Return whether it says the same as what is entered: day, values, measures, and a note if one is given."""
        values = {each.code: each.value for each in self.registers if not each.estimated}
        noted = shown.reader_code in {None, self.reader_code} and shown.photo in {None, self.photo}
        return noted and (self.value, self.read_on, values, dict(self.measures)) == (
            shown.value,
            shown.read_on,
            dict(shown.registers),
            dict(shown.measures),
        )


@dataclass(frozen=True, slots=True)
class MeterValue:
    """A meter's values on a day as entered, and whether the person says that a register rolled over.

    `registers` are the values of further registers by code, `measures` what else was read ("demandKw"). `period` is the
    round that it was taken for, if that does not follow from the day. `reader_code` and `photo` are the reader's note
    and picture. With `estimate_missing`, registers that nobody read are estimated.
    """

    value: Decimal
    read_on: date
    rolled_over: bool = False
    registers: Mapping[str, Decimal] = field(default_factory=dict)
    measures: Mapping[str, Decimal] = field(default_factory=dict)
    period: Period | None = None
    kind: ReadingKind = "regular"
    reader_code: str | None = None
    photo: str | None = None
    estimate_missing: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who entered a reading, how and when."""

    by: str
    at: datetime
    source: ReadingSource
    origin: str


def reading_id(period: Period, account: str, number: int) -> str:
    """Return a reading's public id: 2025-11.2025110001, or 2025-11.2025110001:2 for the second one of the round."""
    return f"{period}.{account}" if number == 1 else f"{period}.{account}:{number}"


def parse_reading_id(text: str) -> tuple[Period, str, int]:
    """Split a reading's public id into round, account number and number; see `reading_id`.

    :raises NotFound: if it is not a valid id.
    """
    period, _, rest = text.partition(".")
    account, colon, number = rest.partition(":")
    try:
        if colon and (not _NUMBER.match(number) or number == "1"):
            raise NotFound("not-found", "there is no reading with this id", field="readingId")
        return Period.parse(period), code(account, "an account number"), int(number or 1)
    except Invalid:
        raise NotFound("not-found", "there is no reading with this id", field="readingId") from None


def next_number(taken: Iterable[Reading]) -> int:
    """Return the number of the next reading of a connection's round, whose readings are given.

    :raises Conflict: if the round has as many as there may be.
    """
    number = max((each.number for each in taken), default=0) + 1
    if number > MAX_NUMBER:
        raise Conflict("too-many-readings", f"a round has at most {MAX_NUMBER} readings of a connection")
    return number


def in_order(readings: Iterable[Reading]) -> list[Reading]:
    """Return readings of one connection by the day on which they were taken."""
    return sorted(readings, key=lambda reading: reading.place)

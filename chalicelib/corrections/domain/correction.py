"""Corrections: what they change, and the record that they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.bills.domain import Bill
from chalicelib.connections.domain import Connection
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import fingerprint, known_ulid
from chalicelib.kernel.money import Money
from chalicelib.kernel.quantity import plain
from chalicelib.readings.domain.reading import Reading
from chalicelib.readings.domain.recounting import Recounted

CorrectionKind = Literal["readings", "crossed_meters", "misplaced_reading"]

MAX_BILLS = 20
"""The most bills that one correction issues again: each takes five actions of its transaction."""


@dataclass(frozen=True, slots=True)
class RecountedAccount:
    """A connection and its readings, as they were and as a correction makes them."""

    before: Connection
    after: Connection
    readings: Sequence[Recounted]

    @property
    def account(self) -> str:
        return self.before.account

    @property
    def changed(self) -> list[Recounted]:
        return [each for each in self.readings if each.changed]


@dataclass(frozen=True, slots=True)
class Reissue:
    """A bill that is wrong, and the one in its place, before any money moves; None: its reading is withdrawn."""

    old: Bill
    new: Bill | None

    @property
    def new_total(self) -> Money:
        return self.new.total if self.new else Money.zero(self.old.total.currency)

    @property
    def difference(self) -> Money:
        return self.new_total - self.old.total


@dataclass(frozen=True, slots=True)
class Entered:
    """A reading that a correction enters on a connection, which was on another one by mistake."""

    reading: Reading
    connection: Connection


@dataclass(frozen=True, slots=True)
class Plan:
    """What a correction would do. Its `digest` changes with everything that it was computed from.

    `since` is the day from which two meters were crossed, `entered` the reading that was on the wrong account.
    """

    kind: CorrectionKind
    accounts: Sequence[RecountedAccount]
    reissues: Sequence[Reissue]
    since: date | None = None
    entered: Entered | None = None

    @property
    def issued(self) -> list[Bill]:
        """The bills that it issues."""
        return [each.new for each in self.reissues if each.new]

    @property
    def digest(self) -> str:
        return fingerprint(
            f"{self.kind} {self.since}",
            *(part for each in self.accounts for part in _facts(each)),
            *map(_of, self.reissues),
            *(_fact_of(self.entered) if self.entered else ()),
        )

    @property
    def changed(self) -> list[Recounted]:
        return [reading for each in self.accounts for reading in each.changed]


def _facts(each: RecountedAccount) -> Iterable[str]:
    yield f"{each.account} {each.before.version}"
    for before, after in each.changed:
        yield f"{before.id} {before.version} {plain(after.value)} {plain(after.usage)} {after.meter_number}"


def _fact_of(entered: Entered) -> Iterable[str]:
    reading, on = entered.reading, entered.connection
    yield f"{on.account} {on.version} {reading.id} {plain(reading.usage)} {reading.state}"


def _of(each: Reissue) -> str:
    new = f"{each.new.digest} {each.new.total} {each.new.due_day}" if each.new else ""
    return f"{each.old.id} {each.old.balance} {new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBill:
    """A bill that a correction voided, and the one that it issued in its place, if there is one."""

    bill_id: str
    replaced_by: str | None
    old_total: Money
    new_total: Money

    @property
    def difference(self) -> Money:
        return self.new_total - self.old_total


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedReading:
    """A reading whose value a correction replaced."""

    reading_id: str
    was: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The record of a correction. Immutable. `entered` is the id of a reading that it moved to another connection."""

    id: str
    kind: CorrectionKind
    accounts: tuple[str, ...]
    readings: tuple[ChangedReading, ...]
    bills: tuple[ChangedBill, ...]
    entered: str | None = None
    currency: str
    reason: str
    by: str
    at: datetime

    @property
    def difference(self) -> Money:
        """By how much more is billed than before."""
        return Money(sum(each.difference.minor for each in self.bills), self.currency)


def check_plan(plan: Plan) -> None:
    """Check that a correction changes something, and not more than one transaction can hold.

    :raises Invalid: otherwise.
    """
    if not plan.changed and plan.kind == "readings":
        raise Invalid("nothing-to-correct", "these are the values that are recorded already", field="readings")
    if len(plan.reissues) > MAX_BILLS:
        raise too_many_bills(plan)


def too_many_bills(plan: Plan) -> Invalid:
    """Return the error for a correction that one transaction can't hold."""
    message = (
        f"this changes {len(plan.reissues)} bills, and a correction at most {MAX_BILLS}: correct a later reading, "
        "and credit or debit the earlier months by a note"
    )
    return Invalid("too-many-bills", message, field="readings")


def check_digest(plan: Plan, digest: str) -> None:
    """Check that a plan is the one that somebody has seen.

    :raises Conflict: if anything was changed since.
    """
    if plan.digest != digest:
        raise Conflict("changed", "the readings, bills or payments have changed: look at the preview again")


def parse_correction_id(text: str) -> str:
    """Return a correction's id.

    :raises NotFound: if it is not a valid one.
    """
    return known_ulid(text, "correction")

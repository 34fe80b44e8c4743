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
from chalicelib.readings.domain.recounting import Recounted

CorrectionKind = Literal["readings", "crossed_meters"]

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
    """A bill that is wrong, and the one in its place, before any money moves."""

    old: Bill
    new: Bill

    @property
    def difference(self) -> Money:
        return self.new.total - self.old.total


@dataclass(frozen=True, slots=True)
class Plan:
    """What a correction would do. Its `digest` changes with everything that it was computed from.

    `since` is the day from which two meters were crossed.
    """

    kind: CorrectionKind
    accounts: Sequence[RecountedAccount]
    reissues: Sequence[Reissue]
    since: date | None = None

    @property
    def digest(self) -> str:
        return fingerprint(
            f"{self.kind} {self.since}",
            *(part for each in self.accounts for part in _facts(each)),
            *map(_of, self.reissues),
        )

    @property
    def changed(self) -> list[Recounted]:
        return [reading for each in self.accounts for reading in each.changed]


def _facts(each: RecountedAccount) -> Iterable[str]:
    yield f"{each.account} {each.before.version}"
    for before, after in each.changed:
        yield f"{before.id} {before.version} {plain(after.value)} {plain(after.usage)} {after.meter_number}"


def _of(each: Reissue) -> str:
    return f"{each.old.id} {each.old.balance} {each.new.digest} {each.new.total} {each.new.due_day}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBill:
    """A bill that a correction voided, and the one that it issued in its place."""

    bill_id: str
    replaced_by: str
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
    """The record of a correction. Immutable."""

    id: str
    kind: CorrectionKind
    accounts: tuple[str, ...]
    readings: tuple[ChangedReading, ...]
    bills: tuple[ChangedBill, ...]
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

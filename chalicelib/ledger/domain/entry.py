"""Ledger entries: what happened to the money of a connection and its holder. Immutable."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal

from chalicelib.bills.domain import Balance

EntryKind = Literal[
    "payment",
    "advance",
    "credit_used",
    "credit_brought",
    "credit_moved",
    "deposit",
    "deposit_applied",
    "reversal",
    "late_charge",
    "late_charge_lowered",
    "waiver",
    "credit_note",
    "due_day",
    "write_off",
    "superseded",
    "refund",
    "opening",
    "voided",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """By how much an entry changes a bill's balance, in minor units; each field is that of Balance.

    `successor` is the bill that takes its dues over.
    """

    bill_id: str
    paid: int = 0
    late: int = 0
    late_paid: int = 0
    waived: int = 0
    credited: int = 0
    written_off: int = 0
    late_steps: int = 0
    moved_in: int = 0
    moved_out: int = 0
    late_moved: int = 0
    late_before: int = 0
    late_moved_in: int = 0
    successor: str | None = None

    @property
    def due(self) -> int:
        """By how much it changes what is due on the bill."""
        settled = self.waived + self.paid + self.credited + self.written_off
        return self.late - settled + self.moved_in - self.moved_out

    @property
    def principal_settled(self) -> int:
        """By how much it changes what is settled of the bill itself."""
        settled = self.paid - self.late_paid + self.credited + self.written_off
        return settled + self.moved_out - self.late_moved - (self.moved_in - self.late_moved_in)


_CHANGES = tuple(each.name for each in fields(Effect) if each.name not in {"bill_id", "successor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the money of a connection and its holder (None: a unit without a consumer).

    `value_on` is the day that counts for being late, `booked_on` the day it was entered. `credit_minor` changes the
    holder's credit, money that no bill has taken yet; `deposit_minor` what is held as security. `origin` is the payment
    or act that it belongs to, `reverses` the entry that it takes back. `due_on` is the due day that it gives its bills,
    if it changes that.
    """

    id: str
    account: str
    holder: str | None
    kind: EntryKind
    value_on: date
    booked_on: date
    currency: str
    effects: tuple[Effect, ...] = ()
    credit_minor: int = 0
    deposit_minor: int = 0
    origin: str | None = None
    reverses: str | None = None
    reason: str | None = None
    due_on: date | None = None
    recorded_by: str
    recorded_at: datetime

    @property
    def owed_minor(self) -> int:
        """By how much it changes what the holder owes: below zero, they owe less. A deposit is no part of it."""
        return sum(effect.due for effect in self.effects) - self.credit_minor

    def paid_on(self, bill_id: str) -> int:
        """By how much it changes what is paid on a bill."""
        return sum(effect.paid for effect in self.effects if effect.bill_id == bill_id)


def effect_between(bill_id: str, before: Balance, after: Balance) -> Effect:
    """Return the effect that turns one balance of a bill into another."""
    changes = {name: getattr(after, name) - getattr(before, name) for name in _CHANGES}
    return Effect(bill_id=bill_id, **changes)


def balance_after(balance: Balance, effects: Iterable[Effect]) -> Balance:
    """Return a bill's balance after some effects on it. Each counts as one change."""
    count, sums = 0, {name: getattr(balance, name) for name in _CHANGES}
    for effect in effects:
        count += 1
        for name in _CHANGES:
            sums[name] += getattr(effect, name)
    return Balance(version=balance.version + count, **sums)

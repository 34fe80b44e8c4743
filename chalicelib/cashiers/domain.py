"""The rules of cashier sessions: no clock, no table, no HTTP. Amounts are whole minor units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import LARGEST_MINOR, Money

CASH = "cash"
"""The method whose money lies in the drawer: the one of this name."""
MAX_DENOMINATIONS = 40
MAX_PIECES = 100_000

Flow = Literal["taken", "reversed", "refunded"]
SessionStatus = Literal["open", "closed", "handed_over", "accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that a cashier took, or gave back; `change` was given back at once and is not part of the amount."""

    flow: Flow
    method: str
    amount: int
    change: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTotals:
    """What went through a session by one method: how often, and how much."""

    method: str
    taken_count: int = 0
    taken: int = 0
    change: int = 0
    reversed_count: int = 0
    reversed: int = 0
    refunded_count: int = 0
    refunded: int = 0

    @property
    def kept(self) -> int:
        """What is left of it: taken, but not reversed or refunded."""
        return self.taken - self.reversed - self.refunded

    def with_movement(self, moved: Movement) -> "MethodTotals":
        """Return the totals after one more movement of the same method."""
        count = f"{moved.flow}_count"
        more = {count: getattr(self, count) + 1, moved.flow: getattr(self, moved.flow) + moved.amount}
        return replace(self, change=self.change + moved.change, **more)


def totals_of(movements: Iterable[Movement]) -> tuple[MethodTotals, ...]:
    """Add up movements by their methods."""
    totals: dict[str, MethodTotals] = {}
    for moved in movements:
        totals[moved.method] = totals.get(moved.method, MethodTotals(method=moved.method)).with_movement(moved)
    return tuple(totals[method] for method in sorted(totals))


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The totals of a cashier's open session. It is gone when the session is closed."""

    cashier: str
    session_id: str
    desk: str
    movements: int = 0
    totals: tuple[MethodTotals, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CashCount:
    """Cash as it was counted in an open session, by pieces of each value if they were given, and what was expected."""

    id: str
    cash: int
    expected: int
    denominations: tuple[tuple[int, int], ...] = ()
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of a session: what was counted, and why it is not what was expected."""

    id: str
    counted: int
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CashHandover:
    """Cash of a closed session on its way to another person, who accepts it."""

    id: str
    to: str
    amount: int
    by: str
    at: datetime
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierSession:
    """A cashier's time at a desk. While it is open, its totals are those of the till; then they stay."""

    id: str
    desk: str
    cashier: str
    currency: str
    float_minor: int
    opened_on: date
    opened_at: datetime
    totals: tuple[MethodTotals, ...] = ()
    last_count: CashCount | None = None
    closing: Closing | None = None
    handover: CashHandover | None = None
    version: int = 0

    @property
    def status(self) -> SessionStatus:
        if self.handover:
            return "accepted" if self.handover.accepted_at else "handed_over"
        return "closed" if self.closing else "open"

    @property
    def expected_minor(self) -> int:
        """The cash that must be in the drawer: the float, and what was taken in cash and kept."""
        return self.float_minor + sum(each.kept for each in self.totals if each.method == CASH)

    @property
    def difference_minor(self) -> int | None:
        """How much more was counted than expected; None while the session is open."""
        return self.closing.counted - self.expected_minor if self.closing else None

    def counted(self, count: CashCount) -> "CashierSession":
        """Return the session with a count of its cash.

        :raises Conflict: if it is closed.
        """
        self._check_open()
        return replace(self, last_count=count, version=self.version + 1)

    def closed(self, closing: Closing) -> "CashierSession":
        """Return the session closed. A difference has a reason.

        :raises Conflict: if it is closed.
        :raises Invalid: for a difference without a reason.
        """
        self._check_open()
        if closing.counted != self.expected_minor and closing.reason is None:
            counted, expected = Money(closing.counted, self.currency), Money(self.expected_minor, self.currency)
            message = f"{counted} was counted and {expected} is expected: give the reason"
            raise Invalid("reason-missing", message, field="reason")
        return replace(self, closing=closing, version=self.version + 1)

    def handed_over(self, handover: CashHandover) -> "CashierSession":
        """Return the session with its cash handed over; until it is accepted, it can be handed to another.

        :raises Conflict: while the session is open, or if the cash is accepted.
        :raises Invalid: for more than was counted, or to oneself.
        """
        if self.closing is None:
            raise Conflict("session-open", "close the session first, then hand its cash over")
        if self.handover and self.handover.accepted_at:
            raise Conflict("cash-accepted", "the cash of this session was handed over and accepted")
        if not 0 < handover.amount <= self.closing.counted:
            counted = Money(self.closing.counted, self.currency)
            raise Invalid("above-counted", f"more than zero, and no more than the {counted} counted", field="amount")
        if handover.to == self.cashier:
            raise Invalid("other-person", "hand the cash over to another person than the cashier", field="to")
        return replace(self, handover=handover, version=self.version + 1)

    def accepted(self, *, at: datetime) -> "CashierSession":
        """Return the session with its handed-over cash accepted."""
        if self.handover is None:
            raise AssertionError("nothing was handed over")
        return replace(self, handover=replace(self.handover, accepted_at=at), version=self.version + 1)

    def _check_open(self) -> None:
        if self.closing:
            raise Conflict("session-closed", f"cashier session {self.id} is closed")


def check_cash(minor: int, currency: str, *, field: str) -> None:
    """Check an amount of cash that somebody counted.

    :raises Invalid: below zero, or absurdly large.
    """
    if not 0 <= minor <= LARGEST_MINOR:
        raise Invalid("bad-amount", f"0 to {Money(LARGEST_MINOR, currency)}", field=field)


def sum_of_pieces(pieces: Mapping[int, int]) -> int:
    """Add up notes and coins: pieces by value. 2 of 1000.00 and 3 of 0.25 are 2000.75.

    :raises Invalid: for a value that is not more than zero.
    """
    if any(value <= 0 for value in pieces):
        raise Invalid("bad-amount", "the values of notes and coins are more than zero", field="denominations")
    return sum(value * number for value, number in pieces.items())


def parse_session_id(text: str) -> str:
    """Return a cashier session's id.

    :raises NotFound: if it is not a valid one.
    """
    return known_ulid(text, "cashier session")

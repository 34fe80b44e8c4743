"""Adjustments: acts that change what is owed without money changing hands at the counter, each with a reason."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.tenancy.domain import PaymentSettings

AdjustmentKind = Literal["waiver", "credit_note", "write_off", "due_day", "refund"]
AdjustmentState = Literal["pending", "posted", "rejected", "reversed"]
CreditReason = Literal["leak", "goodwill", "misread", "complaint", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided on an adjustment, when, and why; `id` is that of the act, so that a repeated one is known."""

    id: str
    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """How a leak allowance was computed: the use of the bill, the usual use, and the units that are allowed."""

    use: Decimal
    usual_use: Decimal
    units: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One adjustment, with its reason and whose it is.

    `bill_id` is None for a refund of credit. `amount` is None where there is none, as for a due day, and for a late
    charge or rest that is not stated: then it is all that is due when it is posted. A `pending` one changes nothing
    until somebody else decides; `decision` says who posted or rejected it, `reversal` who took it back.
    """

    id: str
    account: str
    holder: str | None
    kind: AdjustmentKind
    bill_id: str | None = None
    amount: Money | None = None
    reason_code: CreditReason | None = None
    reason: str
    method: str | None = None
    due_on: date | None = None
    former_due_on: date | None = None
    leak: Leak | None = None
    state: AdjustmentState
    asked_by: str
    asked_at: datetime
    decision: Decision | None = None
    reversal: Decision | None = None


def is_of_credit(adjustment: Adjustment) -> bool:
    """Return whether it gives money away, so that a second person may be needed."""
    return adjustment.kind in {"credit_note", "write_off", "refund"}


def needs_approval(adjustment: Adjustment, amount: Money, settings: PaymentSettings) -> bool:
    """Return whether a second person must approve it: money is given away, and more than the project's limit."""
    limit = settings.approval_above_minor
    return is_of_credit(adjustment) and 0 < limit < amount.minor


def check_undecided(adjustment: Adjustment) -> None:
    """Check that an adjustment waits for a decision.

    :raises Conflict: if not.
    """
    if adjustment.state != "pending":
        raise Conflict("already-decided", f"adjustment {adjustment.id} is {adjustment.state} already")


def check_second_person(adjustment: Adjustment, actor: Actor) -> None:
    """Check that who approves an adjustment did not ask for it.

    :raises Conflict: if they did.
    """
    if adjustment.asked_by == actor.id:
        raise Conflict("yourself", "you asked for this yourself; somebody else must approve it")


def check_reversible(adjustment: Adjustment) -> None:
    """Check that an adjustment can be taken back.

    :raises Conflict: if it is not posted, or taken back already.
    """
    if adjustment.state == "reversed":
        raise Conflict("already-reversed", f"adjustment {adjustment.id} was taken back already")
    if adjustment.state != "posted":
        raise Conflict("not-posted", f"adjustment {adjustment.id} is {adjustment.state}: there is nothing to take back")


def parse_adjustment_id(text: str) -> str:
    """Return an adjustment's id.

    :raises NotFound: if it is not a valid one.
    """
    return known_ulid(text, "adjustment")

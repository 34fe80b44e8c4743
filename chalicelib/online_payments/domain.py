"""Payment intents: what a consumer means to pay, and what became of it. No clock, no table, no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Conflict, Invalid, Unauthenticated
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.money import Money
from chalicelib.tenancy.domain import PaymentSettings

IntentKind = Literal["online", "announced"]
IntentStatus = Literal["pending", "completed", "failed"]
Attention = Literal["credit", "amount", "again"]
Outcome = Literal["completed", "failed"]

DESK = "ONLINE"
"""The channel whose series numbers the receipts of online payments, beside the project's desks."""

OPEN_FOR = timedelta(minutes=30)
"""So long an online payment is shown as open. A payer who is later than that has still paid."""

MAX_WRITES = 100
"""The most writes of one transaction: an intent that would need more could never be posted."""


@dataclass(frozen=True, slots=True)
class Part:
    """One bill of an intent, and how much of the amount is for it, in minor units."""

    bill_id: str
    account: str
    minor: int


@dataclass(frozen=True, slots=True)
class Review:
    """Who looked at an online payment that needed attention, when, and what they found."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a payer means to pay: at the gateway (`online`), or at the office (`announced`). Nothing is posted yet.

    `amount` was due when it began. It ends completed or failed; once completed it stays so. Its payment has the same
    id, so it can have only one. `attention` says why a person should look at it:

    - `credit`: the bills had no use for a part of the money, which is the payer's credit now
    - `amount`: another amount arrived than was asked for
    - `again`: the gateway reported a second, different payment, of which nothing is posted

    `decision` is the request that confirmed or rejected what was announced.
    """

    id: str
    kind: IntentKind
    account: str
    consumer_id: str | None
    consumer_name: str
    parts: tuple[Part, ...]
    amount: Money
    method: str
    upi_id: str | None = None
    check_number: str | None = None
    reference: str | None = None
    notes: str | None = None
    status: IntentStatus = "pending"
    gateway_reference: str | None = None
    pay_at: str | None = None
    transaction_id: str | None = None
    arrived_minor: int | None = None
    credit_minor: int = 0
    attention: Attention | None = None
    review: Review | None = None
    reason: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    decision: str | None = None
    started_by: str
    started_at: datetime
    version: int = 1

    @property
    def payment_id(self) -> str | None:
        return self.id if self.status == "completed" else None

    @property
    def needs_attention(self) -> bool:
        return self.attention is not None and self.review is None

    @property
    def state(self) -> str:
        """Where it is listed for staff."""
        return "attention" if self.needs_attention else self.status

    @property
    def expires_at(self) -> datetime:
        return self.started_at + OPEN_FOR

    def is_expired(self, now: datetime) -> bool:
        """Return whether it is shown as given up. Only shown: a callback still counts."""
        return self.kind == "online" and self.status == "pending" and now >= self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the gateway says of an online payment."""

    outcome: Outcome
    transaction_id: str
    amount: Money
    at: datetime
    reason: str | None = None


def check_method(name: str, settings: PaymentSettings, *, kind: IntentKind) -> None:
    """Check that a method is for paying online, or for paying what was announced.

    Source: S2-061. Unknown methods are refused like those of a counter.

    :raises Invalid: naming the methods that are.
    """
    online = kind == "online"
    if any(method.name == name for method in settings.methods if method.online == online):
        return
    named = " or ".join(method.name for method in settings.methods if method.online == online)
    how = "pay online" if online else "announce a payment"
    message = f"{how} by {named} here" if named else f"nobody can {how} here"
    raise Invalid("bad-method", message, field="method")


def check_size(parts: Sequence[Part]) -> None:
    """Check that one transaction can post the payment of these bills, whatever became of them meanwhile.

    A bill is one write; each account has three entries and a position; the payment, its number, the intent and the
    audit log have four more.

    :raises Invalid: if they are too many.
    """
    accounts = {part.account for part in parts}
    if len(parts) + 4 * len(accounts) + 4 > MAX_WRITES:
        raise Invalid("too-many-bills", "these are bills of too many accounts: pay them in two", field="bills")


def day_of(intent: Intent, at: datetime, *, now: datetime, timezone: str) -> date:
    """Return the local day on which money counts: when the gateway took it, within what can be.

    A gateway whose clock is wrong dates no money before the payer began, and none in the future.
    """
    return local_day(min(max(at, intent.started_at), now), timezone)


def completed(intent: Intent, heard: Heard, *, credit_minor: int, by: str, now: datetime) -> Intent:
    """Return an online payment whose money has arrived, also if it had failed before."""
    attention: Attention | None = "credit" if credit_minor else None
    if heard.amount != intent.amount:
        attention = "amount"
    return _next(
        replace(
            intent,
            status="completed",
            transaction_id=heard.transaction_id,
            arrived_minor=heard.amount.minor,
            credit_minor=credit_minor,
            attention=attention,
            reason=None,
            ended_at=now,
            ended_by=by,
        )
    )


def heard_again(intent: Intent, heard: Heard) -> Intent:
    """Return a completed payment of which the gateway says once more that it is: the same, unless the facts differ."""
    same = (heard.transaction_id, heard.amount.minor) == (intent.transaction_id, intent.arrived_minor)
    if same or intent.attention == "again":
        return intent
    return _next(replace(intent, attention="again", review=None, reason=_second(heard)))


def _second(heard: Heard) -> str:
    return f"{heard.amount} {heard.amount.currency} by transaction {heard.transaction_id}, too"


def failed(intent: Intent, reason: str | None, *, by: str, now: datetime) -> Intent:
    """Return an online payment that failed; one that ended already stays as it is."""
    if intent.status != "pending":
        return intent
    return _next(replace(intent, status="failed", reason=reason, ended_at=now, ended_by=by))


def confirmed(intent: Intent, amount: Money, *, decision: str, by: str, now: datetime) -> Intent:
    """Return an announced payment whose money was taken at the counter.

    :raises Conflict: if it was decided before.
    """
    check_pending(intent)
    return _next(
        replace(
            intent,
            status="completed",
            arrived_minor=amount.minor,
            decision=decision,
            ended_at=now,
            ended_by=by,
        )
    )


def rejected(intent: Intent, reason: str, *, decision: str, by: str, now: datetime) -> Intent:
    """Return an announced payment that nobody made.

    :raises Conflict: if it was decided before.
    """
    check_pending(intent)
    return _next(replace(intent, status="failed", reason=reason, decision=decision, ended_at=now, ended_by=by))


def check_pending(intent: Intent) -> None:
    """Check that nobody has decided on an announced payment.

    :raises Conflict: if somebody has.
    """
    if intent.status != "pending":
        raise Conflict("already-decided", f"this payment is {intent.status} already")


def reviewed(intent: Intent, review: Review) -> Intent:
    """Return an online payment that a person has looked at.

    :raises Conflict: if it needs no attention.
    """
    if not intent.needs_attention:
        raise Conflict("nothing-to-review", "nobody needs to look at this payment any more")
    return _next(replace(intent, review=review))


def _next(intent: Intent) -> Intent:
    return replace(intent, version=intent.version + 1)


def parse_intent_id(text: str) -> str:
    """Return an intent's id.

    :raises NotFound: if it is not a valid one.
    """
    return known_ulid(text, "payment")


def refusal() -> Unauthenticated:
    """Return the error for a callback that is not validly signed; always the same."""
    return Unauthenticated("bad-signature", "client, timestamp or signature is wrong; sign with the client's key")

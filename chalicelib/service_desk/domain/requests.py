"""Requests for connections, and decisions on them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import Conflict

RequestStatus = Literal["pending", "approved", "rejected", "withdrawn"]
REQUEST_STATUSES: tuple[RequestStatus, ...] = ("pending", "approved", "rejected", "withdrawn")


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided on a request, and when. `print` distinguishes a repeated decision from another one."""

    by: str
    at: datetime
    print: str


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """A consumer's request for a connection in one project. `account` is the connection created for it.

    `consumer_class` is the class that the consumer gave; the person who approves decides.
    """

    id: str
    project: str
    consumer_id: str
    consumer_name: str
    consumer_class: str | None
    address: str
    note: str | None
    status: RequestStatus
    asked_by: str
    asked_at: datetime
    decision: Decision | None
    reason: str | None
    account: str | None

    @property
    def decided_by(self) -> str | None:
        return self.decision.by if self.decision else None

    @property
    def decided_at(self) -> datetime | None:
        return self.decision.at if self.decision else None


def approve(request: ConnectionRequest, *, account: str, decision: Decision) -> ConnectionRequest:
    """Return a request as approved, with its connection.

    :raises Conflict: if it is decided or withdrawn. Source: S2-132.
    """
    check_pending(request)
    return replace(request, status="approved", account=account, decision=decision)


def reject(request: ConnectionRequest, *, reason: str, decision: Decision) -> ConnectionRequest:
    """Return a request as rejected, with a reason.

    :raises Conflict: if it is decided or withdrawn. Source: S2-132.
    """
    check_pending(request)
    return replace(request, status="rejected", reason=reason, decision=decision)


def withdraw(request: ConnectionRequest, *, decision: Decision) -> ConnectionRequest:
    """Return a request as withdrawn by its consumer.

    :raises Conflict: if it is decided.
    """
    check_pending(request)
    return replace(request, status="withdrawn", decision=decision)


def is_repeated(request: ConnectionRequest, decision: Decision) -> bool:
    """Return whether the request was decided by this same decision."""
    return request.decision is not None and request.decision.print == decision.print


def check_pending(request: ConnectionRequest) -> None:
    """Check that a request is pending.

    :raises Conflict: naming the present status.
    """
    if request.status != "pending":
        led_to = f", as connection {request.account}" if request.account else ""
        raise Conflict("already-decided", f"this request is {request.status} already{led_to}; it can't change any more")

"""Issue reports and their statuses."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import Conflict

IssueStatus = Literal["pending", "taking_action", "resolved"]
# In the order that an issue goes through, never back. Source: S0-034, S0-035.
ISSUE_STATUSES: tuple[IssueStatus, ...] = ("pending", "taking_action", "resolved")


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a consumer reports as broken, perhaps about one of their connections."""

    id: str
    consumer_id: str
    consumer_name: str
    project: str | None
    account: str | None
    title: str
    description: str
    status: IssueStatus
    reported_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """The utility's response to an issue, or a new status. Never changed."""

    id: str
    author_id: str
    author_name: str
    at: datetime
    text: str | None
    status: IssueStatus | None


def move_on(issue: Issue, status: IssueStatus, *, at: datetime) -> Issue:
    """Return an issue with its next status.

    :raises Conflict: for any status except the next one. Source: S0-035, pending -> taking_action -> resolved.
    """
    following = ISSUE_STATUSES[ISSUE_STATUSES.index(issue.status) + 1 :]
    if not following:
        raise Conflict("wrong-order", "this issue is resolved; report a new one if the problem is back")
    if status != following[0]:
        raise Conflict("wrong-order", f"this issue is {issue.status}: its next status is {following[0]}")
    return replace(issue, status=status, changed_at=at)

"""Requests are decided once; issues go one way."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.kernel.errors import Conflict
from chalicelib.service_desk.domain import issues, requests
from chalicelib.service_desk.domain.issues import ISSUE_STATUSES, Issue, IssueStatus
from chalicelib.service_desk.domain.requests import ConnectionRequest, Decision, RequestStatus

_NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
_DECISION = Decision(by="admin", at=_NOW, print="one")
_PENDING = ConnectionRequest(
    id="R1",
    project="waterworks",
    consumer_id="C1",
    consumer_name="Juan Dela Cruz",
    consumer_class="residential",
    address="Purok 2",
    note=None,
    status="pending",
    asked_by="U1",
    asked_at=_NOW,
    decision=None,
    reason=None,
    account=None,
)
_ISSUE = Issue(
    id="I1",
    consumer_id="C1",
    consumer_name="Juan Dela Cruz",
    project=None,
    account=None,
    title="Leaking pipe",
    description="Beside the meter.",
    status="pending",
    reported_at=_NOW,
    changed_at=_NOW,
)
_LATER = datetime(2025, 11, 6, 2, 30, tzinfo=UTC)


def test_an_approved_request_names_the_connection_and_who_decided() -> None:
    approved = requests.approve(_PENDING, account="2025110001", decision=_DECISION)
    assert (approved.status, approved.account, approved.decision) == ("approved", "2025110001", _DECISION)
    assert replace(approved, status="pending", account=None, decision=None) == _PENDING


def test_a_rejected_request_keeps_the_reason_and_has_no_connection() -> None:
    rejected = requests.reject(_PENDING, reason="outside the service area", decision=_DECISION)
    assert (rejected.status, rejected.reason, rejected.account) == ("rejected", "outside the service area", None)


@pytest.mark.covers("S2-132")
@pytest.mark.parametrize("status", ["approved", "rejected", "withdrawn"])
def test_a_decided_request_can_not_be_decided_again(status: RequestStatus) -> None:
    decided = replace(_PENDING, status=status, decision=_DECISION)
    with pytest.raises(Conflict, match=status):
        requests.approve(decided, account="1", decision=_DECISION)
    with pytest.raises(Conflict, match=status):
        requests.reject(decided, reason="no", decision=_DECISION)
    with pytest.raises(Conflict, match=status):
        requests.withdraw(decided, decision=_DECISION)


def test_a_decision_is_repeated_only_by_its_own_print() -> None:
    withdrawn = requests.withdraw(_PENDING, decision=_DECISION)
    assert requests.is_repeated(withdrawn, _DECISION)
    assert not requests.is_repeated(withdrawn, replace(_DECISION, print="another"))
    assert not requests.is_repeated(_PENDING, _DECISION)


@pytest.mark.covers("S0-035")
@pytest.mark.parametrize("standing", ISSUE_STATUSES)
@pytest.mark.parametrize("asked", ISSUE_STATUSES)
def test_an_issue_moves_to_the_next_status_and_to_no_other(standing: IssueStatus, asked: IssueStatus) -> None:
    issue = replace(_ISSUE, status=standing)
    if (standing, asked) in {("pending", "taking_action"), ("taking_action", "resolved")}:
        moved = issues.move_on(issue, asked, at=_LATER)
        assert moved == replace(issue, status=asked, changed_at=_LATER)
    else:
        with pytest.raises(Conflict):
            issues.move_on(issue, asked, at=_LATER)

"""The use cases of the service desk."""

from chalicelib.service_desk.service.issues import (
    IssueWithResponses,
    get_issue,
    list_issues,
    move_issue_on,
    my_issues,
    report_issue,
    respond_to_issue,
)
from chalicelib.service_desk.service.requests import (
    approve_request,
    ask_for_connection,
    find_request_for,
    get_request,
    list_requests,
    my_requests,
    reject_request,
    withdraw_request,
)

__all__ = [
    "IssueWithResponses",
    "approve_request",
    "ask_for_connection",
    "find_request_for",
    "get_issue",
    "get_request",
    "list_issues",
    "list_requests",
    "move_issue_on",
    "my_issues",
    "my_requests",
    "reject_request",
    "report_issue",
    "respond_to_issue",
    "withdraw_request",
]

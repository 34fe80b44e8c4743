"""Connection requests and issue reports over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.kernel.page import Page
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.platform.schema import PageQuery
from chalicelib.service_desk import service
from chalicelib.service_desk.domain.requests import ConnectionRequest
from chalicelib.service_desk.schemas import (
    Approval,
    IssueOut,
    IssuePage,
    IssuesQuery,
    MyNewRequest,
    NewIssue,
    NewRequest,
    NewResponse,
    NewStatus,
    Rejection,
    RequestOut,
    RequestPage,
    RequestsQuery,
)

blueprint = Blueprint(__name__)

_REQUESTS = "/api/clients/{clientId}/service-requests"
_ISSUES = "/api/clients/{clientId}/issues"
_MY_REQUESTS = "/api/me/service-requests"
_MY_ISSUES = "/api/me/issues"


@endpoint(
    blueprint,
    "POST",
    _MY_REQUESTS,
    permission="requests.create.own",
    body=MyNewRequest,
    returns=RequestOut,
    status=201,
    location=_REQUESTS + "/{id}",
    errors="no-consumer project-closed unknown-class unknown-project",
)
def ask_for_connection(ctx: Context, *, body: MyNewRequest) -> RequestOut:
    """Request a connection."""
    return _request(
        ctx,
        service.ask_for_connection(
            ctx,
            consumer_id=None,
            project_id=body.project_id,
            consumer_class=body.consumer_class,
            address=body.address,
            note=body.note,
        ),
    )


@endpoint(
    blueprint,
    "GET",
    _MY_REQUESTS,
    permission="requests.read.own",
    query=PageQuery,
    returns=RequestPage,
    errors="no-consumer",
)
def my_requests(ctx: Context, *, query: PageQuery) -> RequestPage:
    """List your requests for connections, newest first."""
    return _request_page(ctx, service.my_requests(ctx, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "POST",
    _MY_REQUESTS + "/{serviceRequestId}/withdrawal",
    permission="requests.create.own",
    returns=RequestOut,
    errors="already-decided",
)
def withdraw_request(ctx: Context, *, service_request_id: str) -> RequestOut:
    """Withdraw your request for a connection."""
    return _request(ctx, service.withdraw_request(ctx, request_id=service_request_id))


@endpoint(
    blueprint,
    "POST",
    _REQUESTS,
    permission="requests.create",
    body=NewRequest,
    returns=RequestOut,
    status=201,
    location=_REQUESTS + "/{id}",
    errors="project-closed unknown-class unknown-project",
)
def ask_for_consumer(ctx: Context, *, body: NewRequest) -> RequestOut:
    """Request a connection for a consumer."""
    return _request(
        ctx,
        service.ask_for_connection(
            ctx,
            consumer_id=body.consumer_id,
            project_id=body.project_id,
            consumer_class=body.consumer_class,
            address=body.address,
            note=body.note,
        ),
    )


@endpoint(blueprint, "GET", _REQUESTS, permission="requests.read", query=RequestsQuery, returns=RequestPage)
def list_requests(ctx: Context, *, query: RequestsQuery) -> RequestPage:
    """List requests for connections, oldest first."""
    return _request_page(ctx, service.list_requests(ctx, status=query.status, limit=query.limit, cursor=query.cursor))


@endpoint(
    blueprint,
    "GET",
    _REQUESTS + "/{serviceRequestId}",
    permission="requests.read",
    or_own=True,
    returns=RequestOut,
)
def get_request(ctx: Context, *, service_request_id: str) -> RequestOut:
    """Show a request for a connection."""
    return _request(ctx, service.get_request(ctx, request_id=service_request_id))


@endpoint(
    blueprint,
    "POST",
    _REQUESTS + "/{serviceRequestId}/approval",
    permission="requests.decide",
    body=Approval,
    returns=RequestOut,
    errors="account-given account-missing account-taken already-decided changed consumer-not-active "
    "bad-number impossible-reading "
    "meter-taken project-closed tariff-missing unknown-area unknown-brand unknown-class unknown-tariff",
)
def approve_request(ctx: Context, *, service_request_id: str, body: Approval) -> RequestOut:
    """Approve a request, which creates the connection."""
    approved = service.approve_request(
        ctx,
        request_id=service_request_id,
        account=body.account_number,
        consumer_class=body.consumer_class,
        meter_number=body.meter_number,
        meter_brand=body.meter_brand,
        area=body.area,
        initial_reading=body.initial_reading,
        tariff_id=body.tariff_id,
    )
    return _request(ctx, approved)


@endpoint(
    blueprint,
    "POST",
    _REQUESTS + "/{serviceRequestId}/rejection",
    permission="requests.decide",
    body=Rejection,
    returns=RequestOut,
    errors="already-decided",
)
def reject_request(ctx: Context, *, service_request_id: str, body: Rejection) -> RequestOut:
    """Reject a request for a connection, with a reason."""
    return _request(ctx, service.reject_request(ctx, request_id=service_request_id, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _MY_ISSUES,
    permission="issues.report.own",
    body=NewIssue,
    returns=IssueOut,
    status=201,
    location=_ISSUES + "/{id}",
    errors="no-consumer not-your-connection project-missing unknown-project",
)
def report_issue(ctx: Context, *, body: NewIssue) -> IssueOut:
    """Report an issue."""
    issue = service.report_issue(
        ctx,
        title=body.title,
        description=body.description,
        project_id=body.project_id,
        account=body.account_number,
    )
    return _shown(issue)


@endpoint(
    blueprint, "GET", _MY_ISSUES, permission="issues.read.own", query=PageQuery, returns=IssuePage, errors="no-consumer"
)
def my_issues(ctx: Context, *, query: PageQuery) -> IssuePage:
    """List your issue reports, newest first."""
    return IssuePage.of(service.my_issues(ctx, limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _ISSUES, permission="issues.read", query=IssuesQuery, returns=IssuePage)
def list_issues(ctx: Context, *, query: IssuesQuery) -> IssuePage:
    """List issue reports, oldest first."""
    return IssuePage.of(service.list_issues(ctx, status=query.status, limit=query.limit, cursor=query.cursor))


@endpoint(blueprint, "GET", _ISSUES + "/{issueId}", permission="issues.read", or_own=True, returns=IssueOut)
def get_issue(ctx: Context, *, issue_id: str) -> IssueOut:
    """Show an issue report with its responses."""
    return _shown(service.get_issue(ctx, issue_id=issue_id))


@endpoint(
    blueprint,
    "POST",
    _ISSUES + "/{issueId}/responses",
    permission="issues.respond",
    body=NewResponse,
    returns=IssueOut,
    status=201,
    location=_ISSUES + "/{issueId}",
)
def respond_to_issue(ctx: Context, *, issue_id: str, body: NewResponse) -> IssueOut:
    """Respond to an issue report."""
    return _shown(service.respond_to_issue(ctx, issue_id=issue_id, text=body.text))


@endpoint(
    blueprint,
    "PUT",
    _ISSUES + "/{issueId}/status",
    permission="issues.respond",
    body=NewStatus,
    returns=IssueOut,
    errors="changed wrong-order",
)
def move_issue_on(ctx: Context, *, issue_id: str, body: NewStatus) -> IssueOut:
    """Set an issue report to its next status."""
    return _shown(service.move_issue_on(ctx, issue_id=issue_id, status=body.status))


def _shown(found: service.IssueWithResponses) -> IssueOut:
    return IssueOut.of(found, found.issue)


def _request(ctx: Context, request: ConnectionRequest) -> RequestOut:
    return RequestOut.of(request, names=user_names(ctx.client, [request.asked_by, request.decided_by]))


def _request_page(ctx: Context, page: Page[ConnectionRequest]) -> RequestPage:
    people = [who for request in page.items for who in (request.asked_by, request.decided_by)]
    return RequestPage.of(page, names=user_names(ctx.client, people))

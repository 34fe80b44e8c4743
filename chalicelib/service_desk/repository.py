"""Connection requests, issue reports and responses in the table."""

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.clock import iso
from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import InstantAttribute, LiteralAttribute, TableItem
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, insert, put, transact
from chalicelib.service_desk.domain.issues import ISSUE_STATUSES, Issue, IssueStatus, Response
from chalicelib.service_desk.domain.requests import REQUEST_STATUSES, ConnectionRequest, Decision, RequestStatus


class RequestItem(TableItem):
    id = UnicodeAttribute(attr_name="request")
    project = UnicodeAttribute()
    consumer_id = UnicodeAttribute()
    consumer_name = UnicodeAttribute()
    consumer_class = UnicodeAttribute(null=True)
    address = UnicodeAttribute()
    note = UnicodeAttribute(null=True)
    status = LiteralAttribute(RequestStatus)
    asked_by = UnicodeAttribute()
    asked_at = InstantAttribute()
    decided_by = UnicodeAttribute(null=True)
    decided_at = InstantAttribute(null=True)
    decision_print = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    account = UnicodeAttribute(null=True)


class IssueItem(TableItem):
    id = UnicodeAttribute(attr_name="issue")
    consumer_id = UnicodeAttribute()
    consumer_name = UnicodeAttribute()
    project = UnicodeAttribute(null=True)
    account = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    description = UnicodeAttribute()
    status = LiteralAttribute(IssueStatus)
    reported_at = InstantAttribute()
    changed_at = InstantAttribute()


class ResponseItem(TableItem):
    id = UnicodeAttribute(attr_name="response")
    author_id = UnicodeAttribute()
    author_name = UnicodeAttribute()
    at = InstantAttribute()
    text = UnicodeAttribute(null=True)
    status = LiteralAttribute(IssueStatus, null=True)


def commit(actions: Sequence[Action]) -> None:
    """Execute the writes of the service desk, with others, in one transaction.

    :raises Refused: with the labels of the refused writes; then nothing is written.
    """
    transact(actions)


def request_insert_write(client_id: str, request: ConnectionRequest) -> Action:
    """Build the write of a new request. Label: `request`."""
    return insert("request", _request_item(client_id, request))


def request_close_write(client_id: str, closed: ConnectionRequest) -> Action:
    """Build the write that closes a pending request. Label: `request`, refused if it is not pending."""
    return put("request", _request_item(client_id, closed), RequestItem.status == "pending")


def find_request(client_id: str, request_id: str) -> ConnectionRequest | None:
    item = dynamo.find(RequestItem, keys.connection_request(client_id, request_id))
    return _request(item) if item else None


def requests_page(
    client_id: str, status: RequestStatus | None, *, limit: int, cursor: str | None
) -> Page[ConnectionRequest]:
    """Read one page of requests: of a status, or of all statuses in order. Eventually consistent."""
    partitions = [keys.connection_requests(client_id, one) for one in ([status] if status else REQUEST_STATUSES)]
    page = dynamo.shards_page(RequestItem, partitions, "", limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(_request(item) for item in page.items), page.next_cursor)


def first_request_for(client_id: str, project_id: str, status: RequestStatus | None) -> ConnectionRequest | None:
    """Return a request for a project, with a status or any, or None. Eventually consistent; may read all requests."""
    for each in [status] if status else REQUEST_STATUSES:
        partition, cursor = keys.connection_requests(client_id, each), None
        while True:
            only = RequestItem.project == project_id
            page = dynamo.page_of(RequestItem, partition, "", limit=1, cursor=cursor, index="worklist", only=only)
            if page.items:
                return _request(page.items[0])
            cursor = page.next_cursor
            if cursor is None:
                break
    return None


def requests_of_page(client_id: str, consumer_id: str, *, limit: int, cursor: str | None) -> Page[ConnectionRequest]:
    """Read one page of a consumer's requests, newest first. Eventually consistent."""
    partition = keys.connection_requests_of(client_id, consumer_id)
    page = dynamo.page_of(RequestItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    return Page(tuple(_request(item) for item in page.items), page.next_cursor)


def issue_insert_write(client_id: str, issue: Issue) -> Action:
    """Build the write of a new issue. Label: `issue`."""
    return insert("issue", _issue_item(client_id, issue))


def issue_update_write(client_id: str, issue: Issue, *, before: Issue) -> Action:
    """Build the write of an issue's next status, unless it changed meanwhile. Label: `issue`."""
    return put("issue", _issue_item(client_id, issue), IssueItem.status == before.status)


def response_insert_write(client_id: str, issue_id: str, response: Response) -> Action:
    """Build the write of a response. Label: `response`."""
    key = keys.issue_response(client_id, issue_id, response.id)
    return insert("response", to_item(ResponseItem, key, response))


def find_issue(client_id: str, issue_id: str) -> tuple[Issue, tuple[Response, ...]] | None:
    """Return an issue and its responses in order, or None."""
    item = dynamo.find(IssueItem, keys.issue(client_id, issue_id))
    if item is None:
        return None
    partition, _ = keys.issue(client_id, issue_id)
    responses = [_response(each) for each in dynamo.all_of(ResponseItem, partition, "RESPONSE#")]
    return _issue(item), tuple(sorted(responses, key=lambda one: (one.at, one.id)))


def issues_page(client_id: str, status: IssueStatus | None, *, limit: int, cursor: str | None) -> Page[Issue]:
    """Read one page of issues: of a status, or of all statuses in order. Eventually consistent."""
    partitions = [keys.issues(client_id, one) for one in ([status] if status else ISSUE_STATUSES)]
    page = dynamo.shards_page(IssueItem, partitions, "", limit=limit, cursor=cursor, index="worklist")
    return Page(tuple(_issue(item) for item in page.items), page.next_cursor)


def issues_of_page(client_id: str, consumer_id: str, *, limit: int, cursor: str | None) -> Page[Issue]:
    """Read one page of a consumer's issues, newest first. Eventually consistent."""
    partition = keys.issues_of(client_id, consumer_id)
    page = dynamo.page_of(IssueItem, partition, "", limit=limit, cursor=cursor, index="account", newest_first=True)
    return Page(tuple(_issue(item) for item in page.items), page.next_cursor)


def _request_item(client_id: str, request: ConnectionRequest) -> RequestItem:
    place = f"{iso(request.asked_at)}#{request.id}"
    return to_item(
        RequestItem,
        keys.connection_request(client_id, request.id),
        request,
        g1p=keys.connection_requests_of(client_id, request.consumer_id),
        g1s=place,
        g2p=keys.connection_requests(client_id, request.status),
        g2s=place,
        decision_print=request.decision.print if request.decision else None,
    )


def _request(item: RequestItem) -> ConnectionRequest:
    by, at, decision_print = item.decided_by, item.decided_at, item.decision_print
    decision = Decision(by, at, decision_print) if by and decision_print else None
    return to_entity(ConnectionRequest, item, decision=decision)


def _issue_item(client_id: str, issue: Issue) -> IssueItem:
    place = f"{iso(issue.reported_at)}#{issue.id}"
    return to_item(
        IssueItem,
        keys.issue(client_id, issue.id),
        issue,
        g1p=keys.issues_of(client_id, issue.consumer_id),
        g1s=place,
        g2p=keys.issues(client_id, issue.status),
        g2s=place,
    )


def _issue(item: IssueItem) -> Issue:
    return to_entity(Issue, item)


def _response(item: ResponseItem) -> Response:
    return to_entity(Response, item)

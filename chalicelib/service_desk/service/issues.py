"""Report issues, respond to them, and set their status."""

from dataclasses import dataclass

from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.consumers import service as consumers
from chalicelib.identity import service as identity
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.page import Page
from chalicelib.platform.transaction import Refused
from chalicelib.service_desk import repository
from chalicelib.service_desk.domain import issues as rules
from chalicelib.service_desk.domain.issues import Issue, IssueStatus, Response
from chalicelib.service_desk.service.common import own_consumer_id, project_named


@dataclass(frozen=True, slots=True)
class IssueWithResponses:
    """An issue with its responses, in order."""

    issue: Issue
    responses: tuple[Response, ...]


def report_issue(
    ctx: Context, *, title: str, description: str, project_id: str | None, account: str | None
) -> IssueWithResponses:
    """Record an issue of the signed-in consumer, perhaps about one of their connections.

    Seven write units, more with a long description.

    :raises Invalid: for an unknown project, or a connection that is not theirs. Source: S0-025.
    """
    consumer = consumers.get_consumer(ctx, consumer_id=own_consumer_id(ctx))
    if account is not None:
        _check_own_connection(ctx, project_id, account)
    elif project_id is not None:
        project_named(ctx, project_id)
    issue = Issue(
        id=ctx.new_id(),
        consumer_id=consumer.id,
        consumer_name=consumer.name,
        project=project_id,
        account=account,
        title=title,
        description=description,
        status="pending",
        reported_at=ctx.now,
        changed_at=ctx.now,
    )
    try:
        entry = audit.entry_write(ctx, action="issue.reported", subject=("issue", issue.id), after={"account": account})
        repository.commit([repository.issue_insert_write(ctx.client, issue), entry])
    except Refused:
        return get_issue(ctx, issue_id=issue.id)  # this request was repeated
    return IssueWithResponses(issue, ())


def get_issue(ctx: Context, *, issue_id: str) -> IssueWithResponses:
    """Return one issue with its responses; a consumer gets only their own.

    :raises NotFound: for any other.
    """
    found = repository.find_issue(ctx.client, known_ulid(issue_id, "issue"))
    if found is None or not (ctx.actor.may("issues.read") or ctx.actor.owns(found[0].consumer_id)):
        raise NotFound("not-found", "there is no issue with this id")
    return IssueWithResponses(*found)


def list_issues(ctx: Context, *, status: IssueStatus | None, limit: int, cursor: str | None) -> Page[Issue]:
    """List the client's issues, oldest first, unresolved ones before resolved ones."""
    return repository.issues_page(ctx.client, status, limit=limit, cursor=cursor)


def my_issues(ctx: Context, *, limit: int, cursor: str | None) -> Page[Issue]:
    """List the issues that the signed-in consumer reported, newest first.

    :raises Forbidden: if the caller is not a consumer.
    """
    return repository.issues_of_page(ctx.client, own_consumer_id(ctx), limit=limit, cursor=cursor)


def respond_to_issue(ctx: Context, *, issue_id: str, text: str) -> IssueWithResponses:
    """Add a response to an issue. Five write units.

    :raises NotFound: if there is no such issue.
    """
    standing = get_issue(ctx, issue_id=issue_id)
    response = _response(ctx, text=text, status=None)
    try:
        entry = audit.entry_write(
            ctx, action="issue.answered", subject=("issue", issue_id), after={"response": response.id}
        )
        repository.commit([repository.response_insert_write(ctx.client, standing.issue.id, response), entry])
    except Refused:
        return get_issue(ctx, issue_id=issue_id)  # this request was repeated
    return IssueWithResponses(standing.issue, (*standing.responses, response))


def move_issue_on(ctx: Context, *, issue_id: str, status: IssueStatus) -> IssueWithResponses:
    """Set an issue to its next status and record who did it; the present status again changes nothing.

    Ten write units.

    :raises NotFound: if there is no such issue.
    :raises Conflict: for any status except the next one, and if it was changed meanwhile.
    """
    standing = get_issue(ctx, issue_id=issue_id)
    if standing.issue.status == status:
        return standing
    moved = rules.move_on(standing.issue, status, at=ctx.now)
    response = _response(ctx, text=None, status=status)
    try:
        repository.commit(
            [
                repository.issue_update_write(ctx.client, moved, before=standing.issue),
                repository.response_insert_write(ctx.client, moved.id, response),
                audit.entry_write(
                    ctx,
                    action="issue.moved-on",
                    subject=("issue", moved.id),
                    before={"status": standing.issue.status},
                    after={"status": status},
                ),
            ]
        )
    except Refused:
        now = get_issue(ctx, issue_id=issue_id)
        if now.issue.status == status:
            return now
        raise Conflict("changed", "this issue was changed meanwhile; reload and retry") from None
    return IssueWithResponses(moved, (*standing.responses, response))


def _response(ctx: Context, *, text: str | None, status: IssueStatus | None) -> Response:
    author = identity.get_me(ctx)
    return Response(ctx.new_id(), author_id=author.id, author_name=author.name, at=ctx.now, text=text, status=status)


def _check_own_connection(ctx: Context, project_id: str | None, account: str) -> None:
    if project_id is None:
        raise Invalid("project-missing", "give the project of the account number", field="projectId")
    mine = {(project.id, connection.account) for project, connection in connections.my_connections(ctx)}
    if (project_id, account) not in mine:
        raise Invalid("not-your-connection", f"you have no connection {account} in {project_id}", field="accountNumber")

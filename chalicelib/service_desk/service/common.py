"""What requests and issues share: the consumer and the project."""

from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound
from chalicelib.kernel.ids import slug
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project


def own_consumer_id(ctx: Context) -> str:
    """Return the caller's consumer id.

    :raises Forbidden: if the caller is not a consumer.
    """
    if ctx.actor.consumer_id is None:
        raise Forbidden("no-consumer", "this is for consumers; sign in as one")
    return ctx.actor.consumer_id


def project_named(ctx: Context, project_id: str) -> Project:
    """Return the project that a request's body names.

    :raises Invalid: if the client has no such project.
    """
    try:
        return tenancy.enter_project(ctx.in_project(slug(project_id, "a project's id", field="projectId"))).project
    except NotFound:
        raise Invalid("unknown-project", f"there is no project {project_id} here", field="projectId") from None

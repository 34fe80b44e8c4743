"""Clients and projects over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import SIGNED_IN, endpoint, enter_projects_by
from chalicelib.platform.schema import PageQuery
from chalicelib.tenancy import service
from chalicelib.tenancy.domain import ProjectContext
from chalicelib.tenancy.schemas.clients import ClientChange, ClientOut, ClientSettings, ClientView, FormerClientPage
from chalicelib.tenancy.schemas.projects import (
    ClosedMonth,
    CycleGone,
    FormerPage,
    ListedProject,
    ListedView,
    NewProject,
    ProjectChange,
    ProjectList,
    ProjectOut,
)

blueprint = Blueprint(__name__)
enter_projects_by(service.enter_project_read)

_CYCLE = "/api/clients/{clientId}/billing-cycles/{cycleId}"


@endpoint(blueprint, "GET", "/api/clients/{clientId}", permission=SIGNED_IN, returns=ClientOut)
def get_client(ctx: Context) -> ClientOut:
    """Show the client you belong to."""
    return ClientOut.of(service.get_client(ctx))


@endpoint(blueprint, "GET", "/api/clients/{clientId}/projects", permission=SIGNED_IN, returns=ProjectList)
def list_projects(ctx: Context) -> ProjectList:
    """List the utility services of the client, with their settings for those who may read these."""
    sees = ctx.actor.may("settings.read")
    found = service.list_projects(ctx)
    return ProjectList(items=tuple(ListedProject.of(ListedView(project, sees), project) for project in found))


@endpoint(
    blueprint,
    "POST",
    "/api/clients/{clientId}/projects",
    permission="settings.manage",
    body=NewProject,
    returns=ProjectOut,
    status=201,
    location="/api/clients/{clientId}/projects/{id}",
    errors="bad-name bad-setting changed project-taken unknown-currency unknown-cycle",
)
def add_project(ctx: Context, *, body: NewProject) -> ProjectOut:
    """Add a utility service with settings of your own."""
    return ProjectOut.of(service.add_project(ctx, project_id=body.id, settings=body.settings.to_domain()))


@endpoint(
    blueprint, "GET", "/api/clients/{clientId}/projects/{projectId}", permission="settings.read", returns=ProjectOut
)
def get_project(ctx: ProjectContext) -> ProjectOut:
    """Show one utility service with its settings."""
    return ProjectOut.of(ctx.project)


@endpoint(blueprint, "GET", "/api/clients/{clientId}/settings", permission="settings.read", returns=ClientSettings)
def get_client_settings(ctx: Context) -> ClientSettings:
    """Show the client's settings."""
    return ClientSettings.of(ClientView(service.get_client(ctx)))


@endpoint(
    blueprint,
    "PATCH",
    "/api/clients/{clientId}/settings",
    permission="settings.manage",
    body=ClientChange,
    returns=ClientSettings,
    errors="bad-setting changed fixed-setting",
)
def change_client_settings(ctx: Context, *, body: ClientChange) -> ClientSettings:
    """Change the client's settings."""
    facts = body.settings
    changed = service.change_client(
        ctx, version=body.version, changes=facts.changes(), password_rule=facts.password_rule_changes()
    )
    return ClientSettings.of(ClientView(changed))


@endpoint(
    blueprint,
    "GET",
    "/api/clients/{clientId}/settings/history",
    permission="settings.read",
    query=PageQuery,
    returns=FormerClientPage,
)
def list_former_client_settings(ctx: Context, *, query: PageQuery) -> FormerClientPage:
    """List the client's former settings, newest first."""
    page = service.list_former(ctx, limit=query.limit, cursor=query.cursor)
    return FormerClientPage.of(page, names=user_names(ctx.client, [each.replaced_by for each in page.items]))


@endpoint(
    blueprint,
    "PATCH",
    "/api/clients/{clientId}/projects/{projectId}/settings",
    permission="settings.manage",
    body=ProjectChange,
    returns=ProjectOut,
    errors="bad-setting changed fixed-setting measure-needed unknown-currency unknown-cycle",
)
def change_project_settings(ctx: ProjectContext, *, body: ProjectChange) -> ProjectOut:
    """Change a utility service's settings from now on; existing bills stay as they are."""
    changes = body.settings.changes(ctx.project.settings)
    return ProjectOut.of(service.change_project(ctx, version=body.version, changes=changes))


@endpoint(
    blueprint,
    "POST",
    "/api/clients/{clientId}/projects/{projectId}/closed-months",
    permission="settings.manage",
    body=ClosedMonth,
    returns=ProjectOut,
    errors="month-not-over",
)
def close_month(ctx: ProjectContext, *, body: ClosedMonth) -> ProjectOut:
    """Close a month in the books, with all before it: no payment or other entry is dated into it from now on.

    It can't be opened again. Corrections of what was billed in it are of today.
    """
    return ProjectOut.of(service.close_books(ctx, month=body.month))


@endpoint(
    blueprint,
    "GET",
    "/api/clients/{clientId}/projects/{projectId}/settings",
    permission="settings.read",
    returns=ProjectOut,
)
def get_project_settings(ctx: ProjectContext) -> ProjectOut:
    """Show a utility service's settings."""
    return ProjectOut.of(ctx.project)


@endpoint(
    blueprint,
    "GET",
    "/api/clients/{clientId}/projects/{projectId}/settings/history",
    permission="settings.read",
    query=PageQuery,
    returns=FormerPage,
)
def list_former_project_settings(ctx: ProjectContext, *, query: PageQuery) -> FormerPage:
    """List a utility service's former settings, newest first."""
    page = service.list_former(ctx, limit=query.limit, cursor=query.cursor)
    return FormerPage.of(page, names=user_names(ctx.client, [each.replaced_by for each in page.items]))


@endpoint(
    blueprint, "DELETE", _CYCLE, permission="cycles.manage", returns=CycleGone, errors="changed cycle-named cycle-used"
)
def delete_cycle(ctx: Context, *, cycle_id: str) -> CycleGone:
    """Delete a billing cycle that no reading or run has used, and remove it from the projects that name it."""
    gone, projects = service.delete_cycle(ctx, cycle_id=cycle_id)
    return CycleGone(id=gone.id, project_ids=tuple(project.id for project in projects))

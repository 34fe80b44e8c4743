"""Presets, and opening and closing projects, over HTTP."""

from chalice.app import Blueprint

from chalicelib.kernel.context import Context
from chalicelib.onboarding import service
from chalicelib.onboarding.schemas import (
    ClientOpened,
    ClientOpening,
    PresetList,
    PresetOut,
    PresetView,
    ProjectAdoption,
    ProjectState,
)
from chalicelib.platform.http import PUBLIC, endpoint
from chalicelib.tenancy.domain import Project, ProjectContext

blueprint = Blueprint(__name__)

_PROJECTS = "/api/clients/{clientId}/projects"


@endpoint(blueprint, "GET", "/api/presets", permission="settings.read", returns=PresetList)
def list_presets(_ctx: Context) -> PresetList:
    """List the presets that a project can be opened from."""
    return PresetList(
        items=tuple(PresetOut.of(PresetView(name), preset) for name, preset in service.list_presets().items())
    )


@endpoint(
    blueprint,
    "POST",
    "/api/clients",
    permission=PUBLIC,
    body=ClientOpening,
    returns=ClientOpened,
    status=201,
    location="/api/clients/{id}",
    errors="bad-login bad-ticket changed client-taken login-taken not-found superuser-exists tariff-changed "
    "weak-password",
)
def open_client(ctx: Context, *, body: ClientOpening) -> ClientOpened:
    """Open a client from a preset, with its first administrator. Needs a ticket from the platform's operator."""
    first = body.administrator
    client, user = service.open_client_by_ticket(
        ctx,
        ticket=body.ticket,
        preset_id=body.preset_id,
        name=body.name,
        login=first.login,
        first_superuser=first.name,
        password=first.password,
        email=first.email,
    )
    projects = tuple(project.id for project in service.list_presets()[body.preset_id].projects)
    return ClientOpened(
        id=client.id, name=client.name, preset_id=body.preset_id, project_ids=projects, login=user.login
    )


@endpoint(
    blueprint,
    "POST",
    _PROJECTS + "/adoptions",
    permission="settings.manage",
    body=ProjectAdoption,
    returns=ProjectState,
    status=201,
    location=_PROJECTS + "/{id}",
    errors="bad-name changed not-found project-taken tariff-changed",
)
def adopt_project(ctx: Context, *, body: ProjectAdoption) -> ProjectState:
    """Add a utility service from a preset, with its settings and tariffs."""
    made = service.add_project(ctx, project_id=body.id, preset_id=body.preset_id, model_id=body.preset_project_id)
    return _shown(made)


@endpoint(
    blueprint,
    "POST",
    _PROJECTS + "/{projectId}/closure",
    permission="settings.manage",
    returns=ProjectState,
    errors="changed project-used",
)
def close_project(ctx: ProjectContext) -> ProjectState:
    """Close a utility service that has no active connections and no pending requests; its bills stay."""
    return _shown(service.close_project(ctx))


@endpoint(
    blueprint,
    "DELETE",
    _PROJECTS + "/{projectId}",
    permission="settings.manage",
    returns=ProjectState,
    errors="changed project-used",
)
def delete_project(ctx: ProjectContext) -> ProjectState:
    """Delete a utility service that has no tariffs, connections or requests."""
    return _shown(service.delete_project(ctx))


def _shown(project: Project) -> ProjectState:
    return ProjectState(id=project.id, label=project.settings.label, closed=project.closed)

"""Open a client from a preset, add projects to one, close a project."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.consumers import service as consumers
from chalicelib.cycles import service as cycles
from chalicelib.identity import service as identity
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.onboarding import repository
from chalicelib.onboarding.domain import Preset, PresetProject, project_of
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.schemas import library
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client, Project


def list_presets() -> Mapping[str, Preset]:
    """This function will list the ways of working that a client can begin with, by id."""
    return repository.all_presets()


def open_client(ctx: Context, *, preset_id: str, name: str | None) -> Client:
    """This function will open the client that `ctx` names, with all roles, cycles, projects and tariffs of a preset.

    It is the platform's own deed, done by its operator's command and by no request of a client. Repeated, it completes
    what was interrupted and makes nothing new.

    :raises NotFound: if there is no such preset.
    :raises Conflict: if there is such a client already and it works by other settings.
    """
    preset = repository.all_presets().get(preset_id)
    if preset is None:
        raise NotFound("not-found", f"there is no preset {preset_id}; there are {', '.join(repository.all_presets())}")
    client = replace(preset.client, id=ctx.client, name=name or preset.client.name)
    there = tenancy.find_client(client.id)
    if there is not None and there != client:
        raise Conflict("client-taken", f"there is a client {client.id} already; choose another id")
    tenancy.open_client(client=client)
    for role in preset.roles:
        identity.begin_with_role(ctx, role=role.as_role())
    for project in preset.projects:
        _add(ctx, preset, project, project.id)
    return client


def add_project(ctx: Context, *, project_id: str, preset_id: str, model_id: str) -> Project:
    """This function will add a utility service as a preset has it, with the preset's tariffs.

    :raises NotFound: if there is no such preset, or it has no such project.
    :raises Invalid: for an id that can't be.
    :raises Conflict: if the id is taken.
    """
    model = project_of(repository.all_presets(), preset_id, model_id)
    return _add(ctx, repository.all_presets()[preset_id], model, project_id)


def close_project(ctx: Context) -> Project:
    """This function will close a project for good. It is marked first, so that nobody connects while we look.

    :raises NotFound: if the client has no such project.
    :raises Conflict: while connections are active in it. Source: S2-370.
    """
    project = tenancy.close_project(ctx)
    active = next((each for each in consumers.all_connections(project) if each.status == "active"), None)
    if active:
        tenancy.reopen_project(ctx)
        raise Conflict("project-used", f"connection {active.account} is active; disconnect or close all of them first")
    return project


def _add(ctx: Context, preset: Preset, model: PresetProject, project_id: str) -> Project:
    for cycle in preset.cycles:
        # A client that has a cycle of this name keeps it as it is.
        if cycle.id == model.settings.billing_cycle and cycles.find_cycle(ctx.client, cycle.id) is None:
            cycles.open_cycle(ctx, cycle=cycle)
    project = tenancy.add_project(ctx, project_id=project_id, settings=model.settings)
    here = ctx.in_project(project.id)
    for tariff in model.tariffs:
        sheet = library()[tariff.library_id].model_copy(
            update={"valid_from": tariff.valid_from, "consumer_class": tariff.consumer_class}
        )
        tariffs.open_tariff(here, tariff=sheet.to_domain(tariff_id=tariff.id, version=1))
    return project

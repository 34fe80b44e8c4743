"""Open clients from presets, and add, close and delete projects."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.connections import service as connections
from chalicelib.connections.domain import ConnectionStatus
from chalicelib.cycles import service as cycles
from chalicelib.identity import service as identity
from chalicelib.identity.domain import User, check_login, check_password
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, NotFound, Unauthenticated
from chalicelib.kernel.ids import slug
from chalicelib.onboarding import repository
from chalicelib.onboarding.domain import Preset, PresetProject, project_of
from chalicelib.platform import auth
from chalicelib.platform.jobs import job_actor
from chalicelib.service_desk import service as service_desk
from chalicelib.service_desk.domain.requests import RequestStatus
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import Tariff
from chalicelib.tariffs.schemas import library
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Client, Project, ProjectContext

_LOOKED_AT_ONCE = 200
_TICKET_GOOD = timedelta(minutes=60)
_PURPOSE = "open-client"


def list_presets() -> Mapping[str, Preset]:
    """Return the presets by id."""
    return repository.all_presets()


def open_client(ctx: Context, *, preset_id: str, name: str | None) -> Client:
    """Open the client that `ctx` names, with all roles, cycles, projects and tariffs of a preset.

    Only the platform's operator does this, by command or by ticket. Repeat it to complete an interrupted call.

    :raises NotFound: if there is no such preset.
    :raises Conflict: if there is such a client already and it works by other settings.
    """
    preset = repository.all_presets().get(preset_id)
    if preset is None:
        known = ", ".join(repository.all_presets())
        raise NotFound("not-found", f"there is no preset {preset_id}; there are {known}", field="presetId")
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


def open_client_by_ticket(
    ctx: Context,
    *,
    ticket: str,
    preset_id: str,
    name: str | None,
    login: str,
    first_superuser: str,
    password: str,
    email: str | None,
) -> tuple[Client, User]:
    """Open the client that a ticket names, from a preset, and create its first superuser.

    `first_superuser` is that person's name. Login and password are checked before anything is written.

    :raises Unauthenticated: without a valid ticket.
    :raises NotFound: if there is no such preset.
    :raises Invalid: for a login name or password against the preset's rules.
    :raises Conflict: if there is such a client already and it works by other settings, or it has a superuser.
    """
    here = replace(ctx, client=_client_of(ticket, now=ctx.now), actor=job_actor("open_client"))
    if preset := repository.all_presets().get(preset_id):
        check_login(login, preset.client.login_names)
        check_password(password, preset.client.password_rule)
    client = open_client(here, preset_id=preset_id, name=name)
    user = identity.register_first_superuser(here, login=login, name=first_superuser, password=password, email=email)
    return client, user


def write_ticket(client: str, *, now: datetime) -> str:
    """Return a signed ticket with which a request may open a client with this id within an hour.

    It is signed with a key of its own, and not stored.

    :raises Invalid: for an invalid id.
    """
    until = str(int((now + _TICKET_GOOD).timestamp()))
    key_id, secret = auth.derived_key(_PURPOSE, slug(client, "a client's id"), until)
    return f"{client}.{until}.{secret.hex()}.{key_id}"


def add_project(ctx: Context, *, project_id: str, preset_id: str, model_id: str) -> Project:
    """Add a utility service from a preset, with the preset's tariffs.

    :raises NotFound: if there is no such preset, or it has no such project.
    :raises Invalid: for an invalid id.
    :raises Conflict: if the id is taken.
    """
    model = project_of(repository.all_presets(), preset_id, model_id)
    return _add(ctx, repository.all_presets()[preset_id], model, project_id)


def close_project(ctx: ProjectContext) -> Project:
    """Close a project for good. Additions are refused while it checks.

    :raises NotFound: if the client has no such project.
    :raises Conflict: while it has active connections or pending requests.
    """
    return tenancy.close_project(ctx, used_by=lambda: _active_connection(ctx) or _request(ctx, "pending"))


def delete_project(ctx: ProjectContext) -> Project:
    """Delete a project without tariffs, connections and requests: it is closed, and stays on record.

    Additions are refused while it checks; requests are found with a short delay.

    :raises NotFound: if the client has no such project.
    :raises Conflict: if it has tariffs, connections or requests. Source: S2-156, S2-369, S2-370, S2-371.
    """
    return tenancy.close_project(ctx, used_by=lambda: _connection(ctx) or _tariff(ctx) or _request(ctx, None))


def tariffs_of(model: PresetProject) -> tuple[Tariff, ...]:
    """Return the tariffs that a project of a preset gets."""
    return tuple(
        library()[one.library_id]
        .model_copy(update={"valid_from": one.valid_from, "consumer_class": one.consumer_class})
        .to_domain(tariff_id=one.id, version=1)
        for one in model.tariffs
    )


def _active_connection(ctx: ProjectContext) -> str | None:
    account = _first_account(ctx, "active")
    return f"connection {account} is active; disconnect or close all of them first" if account else None


def _connection(ctx: ProjectContext) -> str | None:
    account = _first_account(ctx, None)
    return f"connection {account} is in it; a project that was used is closed, not deleted" if account else None


def _first_account(ctx: ProjectContext, status: ConnectionStatus | None) -> str | None:
    cursor: str | None = None
    while True:
        page = connections.list_connections(ctx, status=status, limit=_LOOKED_AT_ONCE, cursor=cursor)
        if page.items or page.next_cursor is None:
            return page.items[0].account if page.items else None
        cursor = page.next_cursor


def _tariff(ctx: ProjectContext) -> str | None:
    known = tariffs.list_tariffs(ctx)
    return f"it has the tariff {known[0].tariff.id}; delete its tariffs first" if known else None


def _request(ctx: Context, status: RequestStatus | None) -> str | None:
    request = service_desk.find_request_for(ctx, project_id=ctx.project_id, status=status)
    what = "waits for a decision; approve or reject it first" if status else "names it; close the project instead"
    return f"request {request.id} {what}" if request else None


def _add(ctx: Context, preset: Preset, model: PresetProject, project_id: str) -> Project:
    for cycle in preset.cycles:
        # A client that already has a cycle with this id keeps it unchanged.
        if cycle.id == model.settings.billing_cycle and cycles.find_cycle(ctx.client, cycle.id) is None:
            cycles.open_cycle(ctx, cycle=cycle)
    project = tenancy.add_project(ctx, project_id=project_id, settings=model.settings)
    here = ProjectContext.of(ctx, project)
    for tariff in tariffs_of(model):
        tariffs.open_tariff(here, tariff=tariff)
    return project


def _client_of(ticket: str, *, now: datetime) -> str:
    """Return the id of the client that a ticket may open.

    :raises Unauthenticated: for an invalid ticket, or one older than an hour.
    """
    refusal = Unauthenticated(
        "bad-ticket", "this ticket is not valid, or has expired; ask the platform's operator for another"
    )
    client, _, rest = ticket.partition(".")
    until, _, rest = rest.partition(".")
    told, _, key_id = rest.partition(".")
    if not (until.isascii() and until.isdigit() and told.isascii()):
        raise refusal
    try:
        _, secret = auth.derived_key(_PURPOSE, client, until, key_id=key_id or "(none)")
    except KeyError:
        raise refusal from None
    if not hmac.compare_digest(told, secret.hex()) or now.timestamp() >= int(until[:20]):
        raise refusal
    return client

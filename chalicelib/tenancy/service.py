"""Open a client, open a project, look settings up."""

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import slug
from chalicelib.platform import keys
from chalicelib.platform.keys import Key
from chalicelib.platform.transaction import Refused
from chalicelib.tenancy import repository
from chalicelib.tenancy.domain import Client, Project, ProjectSettings, check_change, check_settings


def open_client(*, client: Client) -> Client:
    """This function will make a client known, or bring its facts up to date.

    :raises Invalid: if its id can't stand in keys and addresses.
    """
    slug(client.id, "a client's id")
    repository.store_client(client)
    return client


def open_project(*, client_id: str, project_id: str, settings: ProjectSettings) -> Project:
    """This function will make a project known, or bring its settings up to date.

    :raises Invalid: for an id or a setting that can't be.
    :raises Conflict: for a change of a setting that is fixed once a project exists.
    """
    check_settings(settings)
    project = Project(slug(client_id, "a client's id"), slug(project_id, "a project's id"), settings)
    try:
        repository.insert_project(project)
    except Refused:
        existing = repository.find_project(client_id, project_id)
        if existing:
            check_change(existing.settings, settings)
        repository.store_project(project)
    return project


def find_client(client_id: str) -> Client | None:
    """This function will give a client, or None. Half a read unit."""
    return repository.find_client(client_id)


def client_key(client_id: str) -> Key:
    """This function will name the item that `client_of` reads, for who reads it together with others."""
    return keys.client(client_id)


def client_of(raw: Mapping[str, Any] | None) -> Client | None:
    """This function will give the client of an item that was read together with others."""
    return repository.client_of(raw)


def get_client(ctx: Context) -> Client:
    """This function will give the client that the caller belongs to.

    :raises NotFound: if it is gone.
    """
    client = repository.find_client(ctx.client)
    if client is None:
        raise NotFound("not-found", "there is no such client")
    return client


def get_project(ctx: Context) -> Project:
    """This function will give the project that the request names, as it is now if it was read with the session.

    :raises NotFound: if the caller's client has no such project.
    """
    project = repository.find_project(ctx.client, ctx.project, ctx.read_along)
    if project is None:
        raise NotFound("no-such-project", f"there is no project {ctx.project} here")
    return project


def list_projects(ctx: Context) -> tuple[Project, ...]:
    """This function will list the client's projects."""
    return repository.all_projects(ctx.client)


def directory() -> tuple[tuple[str, str], ...]:
    """This function will list (client, project) of everybody, for schedules only."""
    return repository.directory()

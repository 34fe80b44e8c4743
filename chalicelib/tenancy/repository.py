"""Clients and projects in the table."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.context import ReadAlong
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import JsonAttribute, TableItem
from chalicelib.platform.transaction import insert, put, transact
from chalicelib.tenancy.domain import Client, Project, ProjectSettings

_CLIENT = TypeAdapter(Client)
_SETTINGS = TypeAdapter(ProjectSettings)


class ClientItem(TableItem):
    name = UnicodeAttribute()
    facts = JsonAttribute()


class ProjectItem(TableItem):
    project = UnicodeAttribute()
    settings = JsonAttribute()


class DirectoryItem(TableItem):
    client = UnicodeAttribute()
    project = UnicodeAttribute()


def store_client(client: Client) -> None:
    """This function will write a client, over an earlier state of it. Two write units."""
    facts = _CLIENT.dump_python(client, mode="json")
    transact([put("client", ClientItem(*keys.client(client.id), name=client.name, facts=facts))])


def find_client(client_id: str) -> Client | None:
    return _client(dynamo.find(ClientItem, keys.client(client_id), consistent=False))


def client_of(raw: Mapping[str, Any] | None) -> Client | None:
    """This function will give the client of an item that was read together with others."""
    return _client(dynamo.parsed(ClientItem, raw))


def _client(item: ClientItem | None) -> Client | None:
    return _CLIENT.validate_python(item.facts) if item else None


def insert_project(project: Project) -> None:
    """This function will write a new project and its line in the directory that schedules walk.

    :raises Refused: label `project`, if it exists.
    """
    transact(
        [
            insert("project", _project_item(project)),
            put(
                "directory",
                DirectoryItem(
                    *keys.directory_entry(project.client, project.id), client=project.client, project=project.id
                ),
            ),
        ]
    )


def store_project(project: Project) -> None:
    """This function will write the settings of an existing project."""
    transact([put("project", _project_item(project), ProjectItem.pk.exists())])


def find_project(client_id: str, project_id: str, read_along: ReadAlong | None = None) -> Project | None:
    """This function will give a project, or None; without a read of its own if it was read along."""
    key = keys.project(client_id, project_id)
    if read_along and key in read_along:
        item = dynamo.parsed(ProjectItem, read_along[key])
    else:
        item = dynamo.find(ProjectItem, key, consistent=False)
    return _project(client_id, item) if item else None


def all_projects(client_id: str) -> tuple[Project, ...]:
    partition, prefix = keys.project(client_id, "")
    return tuple(_project(client_id, item) for item in dynamo.all_of(ProjectItem, partition, prefix))


def directory() -> tuple[tuple[str, str], ...]:
    """This function will list (client, project) of every project of every client, for schedules only."""
    return tuple((item.client, item.project) for item in dynamo.all_of(DirectoryItem, keys.DIRECTORY, ""))


def _project_item(project: Project) -> ProjectItem:
    settings = _SETTINGS.dump_python(project.settings, mode="json")
    return ProjectItem(*keys.project(project.client, project.id), project=project.id, settings=settings)


def _project(client_id: str, item: ProjectItem) -> Project:
    return Project(client_id, item.project, _SETTINGS.validate_python(item.settings))

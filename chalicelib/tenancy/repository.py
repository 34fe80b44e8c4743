"""Clients and projects in the table."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.kernel.page import Page
from chalicelib.platform import dynamo, keys
from chalicelib.platform.dynamo import (
    DayAttribute,
    DocumentAttribute,
    FlagAttribute,
    InstantAttribute,
    IntAttribute,
    JsonAttribute,
    TableItem,
    WordsAttribute,
)
from chalicelib.platform.mapping import to_entity, to_item
from chalicelib.platform.transaction import Action, check, insert, put, transact, update, update_alone
from chalicelib.tenancy.domain import Client, FormerSettings, Project, ProjectSettings

_CLIENT = TypeAdapter(Client)
_SETTINGS = TypeAdapter(ProjectSettings)


class ClientItem(TableItem):
    name = UnicodeAttribute()
    facts = DocumentAttribute(Client)
    version = IntAttribute(default=0)


class ProjectItem(TableItem):
    id = UnicodeAttribute(attr_name="project")
    settings = DocumentAttribute(ProjectSettings, sparse=True)
    version = IntAttribute(default=0)
    closed = FlagAttribute(null=True)
    closing = UnicodeAttribute(null=True)  # an attempt to close the project that is still checking
    closing_until = InstantAttribute(null=True)
    under_cycle = FlagAttribute(null=True)
    needed_measures = WordsAttribute()
    books_closed_until = DayAttribute(null=True)


class FormerItem(TableItem):
    """Former settings of a client or project."""

    version = IntAttribute()
    facts = JsonAttribute()
    replaced_by = UnicodeAttribute()
    replaced_at = InstantAttribute()


class DirectoryItem(TableItem):
    client = UnicodeAttribute()
    project = UnicodeAttribute(null=True)  # absent: the entry of the client itself


def store_client(client: Client) -> None:
    """Write a client, replacing an earlier state, and its directory entry: four units."""
    line = DirectoryItem(*keys.directory_entry(client.id, ""), client=client.id)
    transact([put("client", _client_item(client)), put("directory", line)])


def change_client(before: Client, after: Client, *, by: str, at: datetime, also: Sequence[Action]) -> None:
    """Write a client's new settings and keep the former ones.

    :raises Refused: label `client`, if it was changed meanwhile.
    """
    former = FormerItem(
        *keys.former_settings(before.id, "", before.version),
        version=before.version,
        facts=_CLIENT.dump_python(before, mode="json"),
        replaced_by=by,
        replaced_at=at,
    )
    unchanged = ClientItem.version == before.version
    transact([put("client", _client_item(after), unchanged), insert("former", former), *also])


def find_client(client_id: str, *, consistent: bool = False) -> Client | None:
    return _client(dynamo.find(ClientItem, keys.client(client_id), consistent=consistent))


def client_exists_check(client_id: str) -> Action:
    return check("no client", keys.client(client_id), ClientItem.pk.exists())


def client_of(raw: Mapping[str, Any] | None) -> Client | None:
    """Convert a raw item to a client."""
    return _client(dynamo.parsed(ClientItem, raw))


def _client(item: ClientItem | None) -> Client | None:
    return item.facts if item else None


def insert_project(project: Project, *, also: Sequence[Action] = ()) -> None:
    """Write a new project and its entry in the directory that schedules read.

    :raises Refused: label `project`, if it exists, or the labels of the other writes.
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
            *also,
        ]
    )


def store_project(project: Project, *, also: Sequence[Action] = ()) -> None:
    """Write the settings of an existing project.

    :raises Refused: with the labels of the other writes.
    """
    transact([put("project", _project_item(project), ProjectItem.pk.exists()), *also])


def change_project(before: Project, after: Project, *, by: str, at: datetime, also: Sequence[Action]) -> None:
    """Write a project's new settings and keep the former ones.

    :raises Refused: label `project`, if it was changed meanwhile.
    """
    unchanged = _unchanged(before) & ProjectItem.closed.does_not_exist()
    transact([put("project", _project_item(after), unchanged), insert("former", _former(before, by, at)), *also])


def cycle_removal_writes(before: Project, after: Project, *, by: str, at: datetime) -> list[Action]:
    """Build the writes that remove a deleted cycle from a project. Label: `project`."""
    return [
        put("project", _project_item(after), _unchanged(before), subject=before.id),
        insert("former", _former(before, by, at)),
    ]


def _unchanged(before: Project) -> Condition:
    named = ProjectItem.needed_measures
    same = named == before.needed_measures if before.needed_measures else named.does_not_exist()
    closed = ProjectItem.books_closed_until
    as_closed = closed == before.books_closed_until if before.books_closed_until else closed.does_not_exist()
    unchanged: Condition = (ProjectItem.version == before.version) & same & as_closed
    return unchanged


def books_closing_write(project: Project, until: date) -> Action:
    """Build the write that closes a project's books, unless they are closed until a later day. Label: `project`."""
    closed = ProjectItem.books_closed_until
    earlier = ProjectItem.pk.exists() & (closed.does_not_exist() | (closed < until))
    return update("project", keys.project(project.client, project.id), [closed.set(until)], earlier)


def books_open_check(project: Project, day: date) -> Action:
    """Build the check that a project's books are open on a day. Label: `books`."""
    closed = ProjectItem.books_closed_until
    return check("books", keys.project(project.client, project.id), closed.does_not_exist() | (closed < day))


def needed_measures_write(project: Project, names: tuple[str, ...], now: datetime) -> Action:
    """Build the write of the measures that a project's tariffs need; its settings are as they were read.

    Label: `measures`, refused if they are not, or the project is closed or about to be.
    """
    changes = [ProjectItem.needed_measures.set(names) if names else ProjectItem.needed_measures.remove()]
    as_read = (ProjectItem.version == project.version) & _open_yet(now)
    return update("measures", keys.project(project.client, project.id), changes, as_read)


def cycle_mark_write(project: Project) -> Action:
    """Build the write that marks a project's cycle as used. Label: `project`, refused if it is marked already."""
    new = (ProjectItem.version == project.version) & ProjectItem.under_cycle.does_not_exist()
    return update("project", keys.project(project.client, project.id), [ProjectItem.under_cycle.set(True)], new)


def commit(actions: Sequence[Action]) -> None:
    """Execute the writes of projects, with others, in one transaction.

    :raises Refused: with the labels of the refused writes; then nothing is written.
    """
    transact(actions)


def begin_closing(project: Project, *, attempt: str, until: datetime) -> None:
    """Block additions to a project while an attempt to close it is checking. The later of two attempts counts.

    :raises Refused: label `project`, if it is closed.
    """
    changes = [ProjectItem.closing.set(attempt), ProjectItem.closing_until.set(until)]
    open_yet = ProjectItem.pk.exists() & ProjectItem.closed.does_not_exist()
    update_alone(update("project", keys.project(project.client, project.id), changes, open_yet))


def end_closing(project: Project, *, attempt: str, closed: bool, also: Sequence[Action] = ()) -> None:
    """End an attempt to close a project: close it, or accept additions again.

    :raises Refused: label `project`, if another attempt began meanwhile.
    """
    gone = [ProjectItem.closing.remove(), ProjectItem.closing_until.remove()]
    changes = [*gone, ProjectItem.closed.set(True)] if closed else gone
    mine = ProjectItem.closing == attempt
    transact([update("project", keys.project(project.client, project.id), changes, mine), *also])


def project_open_check(project: Project, now: datetime) -> Action:
    """Build the check that a project is not closed, and not about to be closed. Label: `project`."""
    return check("project", keys.project(project.client, project.id), _open_yet(now))


def _open_yet(now: datetime) -> Condition:
    going_on = ProjectItem.closing_until.does_not_exist() | (ProjectItem.closing_until < now)
    open_yet: Condition = ProjectItem.closed.does_not_exist() & going_on
    return open_yet


def former_page(client_id: str, project_id: str, *, limit: int, cursor: str | None) -> Page[FormerSettings]:
    """Read one page of former settings of a project or, without one, of the client, newest first."""
    partition, prefix = keys.former_settings(client_id, project_id, None)
    page = dynamo.page_of(FormerItem, partition, prefix, limit=limit, cursor=cursor, newest_first=True)
    known: TypeAdapter[ProjectSettings] | TypeAdapter[Client] = _SETTINGS if project_id else _CLIENT
    return Page(
        tuple(to_entity(FormerSettings, item, facts=known.validate_python(item.facts)) for item in page.items),
        page.next_cursor,
    )


def find_project(client_id: str, project_id: str, *, consistent: bool = False) -> Project | None:
    item = dynamo.find(ProjectItem, keys.project(client_id, project_id), consistent=consistent)
    return _project(client_id, item) if item else None


def project_of(client_id: str, raw: Mapping[str, Any] | None) -> Project | None:
    """Convert a raw item to a project."""
    item = dynamo.parsed(ProjectItem, raw)
    return _project(client_id, item) if item else None


def all_projects(client_id: str) -> tuple[Project, ...]:
    partition, prefix = keys.project(client_id, "")
    return tuple(_project(client_id, item) for item in dynamo.all_of(ProjectItem, partition, prefix))


def directory() -> tuple[tuple[str, str | None], ...]:
    """List (client, project) of every project, and (client, None) of every client, for schedules."""
    return tuple((item.client, item.project) for item in dynamo.all_of(DirectoryItem, keys.DIRECTORY, ""))


def _project_item(project: Project) -> ProjectItem:
    key = keys.project(project.client, project.id)
    return to_item(ProjectItem, key, project, closing=None, closing_until=None)


def _former(before: Project, by: str, at: datetime) -> FormerItem:
    return FormerItem(
        *keys.former_settings(before.client, before.id, before.version),
        version=before.version,
        facts=_SETTINGS.dump_python(before.settings, mode="json"),
        replaced_by=by,
        replaced_at=at,
    )


def _client_item(client: Client) -> ClientItem:
    return to_item(ClientItem, keys.client(client.id), client, facts=client)


def _project(client_id: str, item: ProjectItem) -> Project:
    return to_entity(Project, item, client=client_id)
